//! In-process tools: any `rmcp` server, offered to the CLI by the session itself.
//!
//! A tool is an ordinary `#[tool]` of rmcp, with a schema from `schemars`. The CLI reaches the
//! server over the session's stdio, in `mcp_message` requests, so there is no other process and no
//! port. The model sees the tools as `mcp__<server>__<tool>`, and asks for permission to use them
//! unless [`allowed_tools`](crate::SessionBuilder::allowed_tools) names them.
//!
//! ```
//! use claude_wire::Session;
//! use claude_wire::mcp::rmcp::handler::server::wrapper::Parameters;
//! use claude_wire::mcp::rmcp::{self, ServerHandler, schemars, tool, tool_handler, tool_router};
//!
//! #[derive(serde::Deserialize, schemars::JsonSchema)]
//! struct Pair {
//!     a: f64,
//!     b: f64,
//! }
//!
//! struct Calculator;
//!
//! #[tool_router]
//! impl Calculator {
//!     /// Adds two numbers.
//!     #[tool]
//!     async fn add(&self, Parameters(Pair { a, b }): Parameters<Pair>) -> String {
//!         (a + b).to_string()
//!     }
//! }
//!
//! #[tool_handler]
//! impl ServerHandler for Calculator {}
//!
//! let builder = Session::builder().tool_server("calc", || Calculator).allowed_tools(["mcp__calc__add"]);
//! # let _ = builder;
//! ```
//!
//! The macros of rmcp generate `rmcp::...`, which `self` imports here;
//! `#[tool_router(server_handler)]`, which generates `::rmcp::...`, needs `rmcp` as a dependency of
//! your project.
//!
//! **One server per connection.** The closure creates a server when the CLI connects: at the start,
//! after a restart of the CLI, and when a server is [enabled](crate::session::control::Mcp::enable)
//! again. Sessions and forks share only the state that the closure shares.
//!
//! | event | effect |
//! |---|---|
//! | the CLI sends a request | the server answers in its own task: a slow tool blocks nothing; messages arrive in the order of the wire |
//! | a tool returns `Err`, or panics | a result with `isError`, which the model reads |
//! | the CLI cancels a call, or ends | the tool's `RequestContext::ct` is cancelled; five seconds later its future is dropped |
//! | the server sends a notification or a request | it goes to the CLI as an `mcp_message` request; the send completes when the CLI has acknowledged it |
//! | the CLI names an unknown server | an error, unless [`on_request`](crate::SessionBuilder::on_request) has a handler for `mcp_message` |
//!
//! To add and remove servers while the session runs, see
//! [`Mcp::in_process`](crate::session::control::Mcp::in_process).
//! [`Mcp::call`](crate::session::control::Mcp::call), which calls a tool without the model, does
//! not work for in-process servers.
//!
//! **The handshake is sent ahead** (`sdkMcpServerManifests`), so that the first turn does not wait
//! for it: while the CLI is being started, the session asks each server for its description and its
//! tools, and sends them in `initialize`. Servers that do not answer within 250 ms, and tool lists
//! in several pages, are left to the CLI. A CLI that ignores the manifest connects as usual, to a
//! new server.

mod bridge;
mod guard;
mod manifest;
mod pipe;
mod servers;

pub use rmcp;

pub(crate) use self::servers::McpServers;
