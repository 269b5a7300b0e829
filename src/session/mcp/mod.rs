//! In-process tools: any `rmcp` server, offered to the CLI by the session itself.
//!
//! A tool is an ordinary `#[tool]` of rmcp, with a schema from `schemars`. The CLI reaches the server over the session's own stdio, in
//! `mcp_message` requests, so there is no further process and no port. The model sees the tools as `mcp__<server>__<tool>`, and asks for
//! permission to use them unless [`allowed_tools`](crate::SessionBuilder::allowed_tools) names them.
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
//! The macros of rmcp write `rmcp::...`, which is what `self` imports here; `#[tool_router(server_handler)]`, which writes `::rmcp::...`, needs
//! `rmcp` as a dependency of the project that uses it.
//!
//! **One server for each connection.** The closure makes a server when the CLI connects: at the start, after a restart of the CLI, and when a
//! server is [enabled](crate::session::Mcp::enable) again. Sessions share no state that the closure does not share, and neither do forks.
//!
//! | what happens | what comes of it |
//! |---|---|
//! | the CLI asks | the server answers, in a task of its own: a slow tool holds up nothing; messages arrive in the order of the wire |
//! | a tool gives `Err`, or panics | a result with `isError`, which the model reads |
//! | the CLI cancels a call, or ends | the tool's `RequestContext::ct` is cancelled; five seconds later its future is dropped |
//! | the server sends a notification or a request | it goes to the CLI as an `mcp_message` request; sending is done when the CLI has acknowledged it |
//! | the CLI asks for a server that is not there | an error, unless [`on_request`](crate::SessionBuilder::on_request) has a handler for `mcp_message` |
//!
//! Servers that come and go while the session runs: [`Mcp::in_process`](crate::session::Mcp::in_process). What an in-process server may
//! not be sent past the model is said at [`Mcp::call`](crate::session::Mcp::call).
//!
//! **The handshake is sent ahead** (`sdkMcpServerManifests`), so that the first turn does not wait for it: while the CLI is being started, the
//! session asks each server what it is and which tools it has, and says so in `initialize`. What is not there within 250 ms, and a list of
//! tools in several pages, is left to the CLI to ask for. A CLI that does not take the manifest connects as ever, to a server made anew.

mod bridge;
mod guard;
mod manifest;
mod pipe;
mod servers;

pub use rmcp;

pub(crate) use self::servers::McpServers;
