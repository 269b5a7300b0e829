//! What tests of the real CLI need: a Messages API on loopback, and a closed place to run the CLI in.
//!
//! * [`FakeApi`] plays the model's side from an [`ApiScript`].
//! * [`Hermetic`] runs the real CLI in front of it, where nothing of the machine reaches the CLI and nothing of it reaches the network.
//!
//! # The API
//!
//! An [`ApiScript`] says what the model's side does: rules that match on the shape of the conversation ([`When`]), never on the bytes of a
//! body, each with the [replies](Reply) that it gives one after another. A [`FakeApi`] serves it: `ANTHROPIC_BASE_URL` is its
//! [`url`](FakeApi::url).
//!
//! ```
//! use claude_wire::lab::{ApiScript, FakeApi, Reply};
//! use serde_json::json;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let script = ApiScript::new()
//!     .on_prompt("Hello", [Reply::error(529), Reply::text("Hi!")])
//!     .on_prompt("List the files", [Reply::tool_use("Bash", json!({"command": "ls"})), Reply::text("There are two.")]);
//! let api = FakeApi::start(script).await?;
//! println!("ANTHROPIC_BASE_URL={}", api.url());
//! # api.forget();
//! # Ok(())
//! # }
//! ```
//!
//! * **Strict.** A request that no rule matches, or that the real API would refuse ([broken pairs of calls and
//!   results](ApiRequest::violations), roles out of order), gets an error that says so, under the one status for which CLI 2.1.329 fails a turn
//!   at once and shows the text: 418. (A 400 it does not retry, but asks five times more in other shapes.) The API remembers the failure too,
//!   and a reply that was never fetched: [`finish`](FakeApi::finish) returns them, and dropping the API panics with them.
//! * **Paced.** A reply can be late, slow, cut off, garbled, or [held](Reply::hold) until the test releases it: no test needs to sleep. So the
//!   server is the crate's own, down to HTTP's chunks: an event is one write, and a connection ends exactly after it, by FIN or by RST.
#![cfg_attr(
    feature = "wiremock",
    doc = "* **In your own server.** [`ApiScript::mount`] puts a script into a `wiremock` server, next to your other mocks; whole responses only."
)]
//!
//! # The real CLI
//!
//! A [`Hermetic`] is a place for one conversation, or several: its own directory for home, configuration, temporary files and work; an
//! environment that holds nothing else; a made-up key; and a [`FakeApi`] that speaks for the model.
//!
//! ```no_run
//! use claude_wire::lab::{ApiScript, Hermetic, Reply, real_cli};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let Some(cli) = real_cli() else { return Ok(()) };
//! let place = Hermetic::start(cli, ApiScript::new().on_prompt("Hello", [Reply::text("Hi!")])).await?;
//! let session = place.session().start()?;
//! assert_eq!(session.query("Hello").text().await?, "Hi!");
//! session.stop().await;
//! place.finish()?;
//! # Ok(())
//! # }
//! ```
//!
//! The program that does this runs in a network namespace in which loopback is the only interface:
//!
//! ```text
//! unshare --net -- sh -c 'ip link set lo up && exec "$@"' sh cargo test ...
//! ```
//!
//! (without root: `unshare --map-root-user --net`). [`Hermetic::start`] verifies that, and refuses otherwise: so nothing can leave. And
//! [`Hermetic::finish`] asks the kernel whether anything has tried: it counts the packets of the namespace for which there was no route.

mod api;
mod hermetic;

#[cfg(feature = "wiremock")]
pub use self::api::MountedScript;
pub use self::api::{
    ApiReport, ApiRequest, ApiScript, Block, Cut, FakeApi, Reply, ScriptError, ToolResult, When,
};
pub use self::hermetic::{Hermetic, HermeticError, Network, real_cli};
