//! The real CLI where nothing of the machine reaches it and nothing of it reaches the network.
//!
//! A [`Hermetic`] is a place for one conversation, or several: a directory of its own for home, configuration, temporary files and work; an
//! environment that holds nothing else; a made-up key; and a [`FakeApi`](crate::fake_api::FakeApi) that speaks for the model.
//!
//! ```no_run
//! use claude_wire::fake_api::{ApiScript, Reply};
//! use claude_wire::hermetic::{Hermetic, real_cli};
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
//! # The network
//!
//! The program that does this runs in a network namespace in which loopback is the only interface:
//!
//! ```text
//! unshare --net -- sh -c 'ip link set lo up && exec "$@"' sh cargo test ...
//! ```
//!
//! (without root: `unshare --map-root-user --net`). [`Hermetic::start`] verifies that, and refuses otherwise: so nothing can leave. And
//! [`Hermetic::finish`] asks the kernel whether anything has tried: it counts the packets of the namespace for which there was no route.

mod error;
mod network;
mod place;

pub use self::error::HermeticError;
pub use self::network::Network;
pub use self::place::{Hermetic, real_cli};
