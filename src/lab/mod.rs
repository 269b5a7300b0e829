//! Tools for tests of the real CLI: a Messages API on loopback, and an isolated environment for the
//! CLI.
//!
//! * [`FakeApi`] plays the model's side from an [`ApiScript`].
//! * [`Hermetic`] runs the real CLI with it, isolated from the machine and from the network.
//!
//! # The API
//!
//! An [`ApiScript`] describes the model's side: rules that match the shape of the conversation
//! ([`When`]), not the bytes of a body, each with its [replies](ApiReply) in order. A [`FakeApi`]
//! serves it: its [`url`](FakeApi::url) is the value for `ANTHROPIC_BASE_URL`.
//!
//! ```
//! use claude_wire::lab::{ApiScript, FakeApi, ApiReply};
//! use serde_json::json;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let script = ApiScript::new()
//!     .on_prompt("Hello", [ApiReply::error(529), ApiReply::text("Hi!")])
//!     .on_prompt("List the files", [ApiReply::tool_use("Bash", json!({"command": "ls"})), ApiReply::text("There are two.")]);
//! let api = FakeApi::start(script).await?;
//! println!("ANTHROPIC_BASE_URL={}", api.url());
//! # api.forget();
//! # Ok(())
//! # }
//! ```
//!
//! * **Strict.** A request that no rule matches, or that the real API would refuse ([calls without
//!   results, results without calls](ApiRequest::violations), roles out of order), gets an error
//!   that says so, with the one status for which CLI 2.1.329 fails a turn at once and shows the
//!   text: 418. (On a 400 it does not retry, but sends five more requests of other shapes.) The API
//!   also logs the failure, and any reply that was not fetched: [`finish`](FakeApi::finish) returns
//!   them, and dropping the API panics with them.
//! * **Paced.** A reply can be late, slow, cut off, garbled, or [paused](ApiReply::hold) until the
//!   test releases it, so tests need not sleep. The crate has its own server for that, including
//!   HTTP's chunks: an event is one write, and a connection ends exactly after it, by FIN or by
//!   RST.
#![cfg_attr(
    feature = "wiremock",
    doc = "* **In your own server.** [`ApiScript::mount`] puts a script into a `wiremock` server, next to your other mocks; whole responses only."
)]
//!
//! # The real CLI
//!
//! A [`Hermetic`] is an environment for one or more conversations: separate directories for home,
//! configuration, temporary files and work; only its own environment variables; a made-up key; and
//! a [`FakeApi`] as the model.
//!
//! ```no_run
//! use claude_wire::lab::{ApiScript, Hermetic, ApiReply, real_cli};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let Some(cli) = real_cli() else { return Ok(()) };
//! let place = Hermetic::start(cli, ApiScript::new().on_prompt("Hello", [ApiReply::text("Hi!")])).await?;
//! let session = place.session().start()?;
//! assert_eq!(session.query("Hello").text().await?, "Hi!");
//! session.stop().await.unwrap();
//! place.finish()?;
//! # Ok(())
//! # }
//! ```
//!
//! Run such a program in a network namespace in which loopback is the only interface:
//!
//! ```text
//! unshare --net -- sh -c 'ip link set lo up && exec "$@"' sh cargo test ...
//! ```
//!
//! (without root: `unshare --map-root-user --net`). [`Hermetic::start`] checks that, and refuses to
//! start otherwise, so nothing can reach the network. [`Hermetic::finish`] asks the kernel whether
//! anything has tried: it counts the namespace's packets without a route.

mod api;
mod hermetic;

#[cfg(feature = "wiremock")]
pub use self::api::MountedScript;
pub use self::api::{
    ApiReply, ApiReport, ApiRequest, ApiScript, Block, Cut, FakeApi, ScriptError, ToolResult, When,
};
pub use self::hermetic::{Hermetic, HermeticError, Network, real_cli};
