//! A Messages API on 127.0.0.1 for tests that run the real CLI.
//!
//! An [`ApiScript`] says what the model's side does: rules that match on the shape of the conversation ([`When`]), never on the bytes of a
//! body, each with the [replies](Reply) that it gives one after another. A [`FakeApi`] serves it: `ANTHROPIC_BASE_URL` is its
//! [`url`](FakeApi::url).
//!
//! ```
//! use claude_wire::fake_api::{ApiScript, FakeApi, Reply};
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
//!   at once and shows the text: 418. (A 400 it does not retry, but asks five times more in other shapes.) The API remembers the failure too, and so it does a reply that nobody fetched: [`finish`](FakeApi::finish) returns them, and
//!   dropping the API panics with them.
//! * **Paced.** A reply can be late, slow, cut off, garbled, or [held](Reply::hold) until the test releases it: no test needs to sleep.
//!
//! Two servers stand behind the one address. Where every reply of the script is a whole body, late at most, it is `wiremock`'s. Where one is
//! paced, held or cut off it is one of the API's own, written out down to HTTP's chunks, because those faults live at that level: an event is
//! one write, and a connection ends exactly behind it, by FIN or by RST. `wiremock` answers with whole bodies only. What is answered is
//! decided in one place for both, so a script means the same in front of either.

mod check;
mod desk;
mod events;
mod file;
mod gated;
mod gates;
mod http;
mod ledger;
mod reply;
mod request;
mod script;
mod server;
mod whole;

pub use self::file::ScriptError;
pub use self::ledger::ApiReport;
pub use self::reply::{Block, Cut, Reply};
pub use self::request::{ApiRequest, ToolResult};
pub use self::script::{ApiScript, When};
pub use self::server::FakeApi;
