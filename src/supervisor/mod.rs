//! Many named sessions, kept alive: a supervisor in the sense of OTP, in tokio's terms.
//!
//! A [`Supervisor`] starts sessions from [specifications](ChildSpec), restarts those that crash, and
//! gives up when that happens too often. A session is used by its key, from anywhere in the program:
//! a [`SessionRef`] survives restarts.
//!
//! | term | here |
//! |---|---|
//! | child specification | [`ChildSpec`]: key, how it is made, [`RestartType`], time limits, budgets |
//! | strategy | [`Strategy`]: one for one, one for all, rest for one |
//! | intensity | [`Intensity`]: 3 restarts within 5 s by default, then [`OnLimit`] |
//! | escalation | [`ExitReason`]; a supervisor can be a child of another one |
//! | registration | [`SessionRegistry`]; [`SessionRef::via`] looks a key up at each call |
//!
//! A [`Pool`] is a fixed number of supervised sessions that serve many requests; with the feature
//! `tower` it is a service.
//!
//! What a supervisor does about an end:
//!
//! | the child | what happens |
//! |---|---|
//! | crashes, is killed, hangs in the handshake, does not answer two probes | it is restarted after a delay, which counts |
//! | exits with code 0, or is stopped by its user | it is restarted if it is [`Permanent`](RestartType::Permanent) |
//! | refuses its options; its CLI cannot be found or executed, or does not support what the session requires; a guard that is required is not possible | [`ChildState::Failed`]: not tried again until [`restart_session`](Supervisor::restart_session) |
//! | has a key or a login that the API refuses | [`ChildState::Degraded`]: it is not restarted for that; the next query starts it if it has ended |
//! | cannot find the conversation to resume | it starts a new one, and says so: [`SupervisorEvent::HistoryLost`] |
//!
//! Prompts that wait in the session of a child are asked after the restart that succeeds. If it is
//! not known whether there will be one (the child or its supervisor is given up, it has failed, its
//! key is refused and its CLI has ended), they fail ([`is_stopped`](crate::session::Error::is_stopped)).
//!
//! What may be spent is limited for each session ([`ChildSpec::max_usd`],
//! [`SupervisorBuilder::max_usd_each`]), for a group ([`Budget`]), and for a supervisor with all below
//! it ([`SupervisorBuilder::max_usd`]).
//!
//! ```
//! use claude_wire::supervisor::{ChildSpec, Supervisor};
//! use claude_wire::{Scenario, Session, reply};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let cli = Scenario::new().on_prompt("Hello", reply().text("Hi!"));
//! let supervisor = Supervisor::builder()
//!     .child(ChildSpec::new(("user", 42), move || Session::builder().transport(cli.clone())))
//!     .start()
//!     .await?;
//!
//! // Anywhere else in the program:
//! let user = supervisor.session(&("user", 42))?;
//! assert_eq!(user.query("Hello").await?.text().await?, "Hi!");
//!
//! assert_eq!(supervisor.count().active, 1);
//! supervisor.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! A supervisor costs one task, and one for each child; a [`Session`](crate::Session) has one itself.

mod budget;
mod builder;
mod error;
mod handle;
mod health;
mod info;
mod key;
mod list;
mod memory;
mod policy;
mod pool;
mod pool_inner;
mod pool_members;
#[cfg(feature = "tower")]
mod pool_service;
mod reference;
mod registry;
mod report;
mod service;
mod settings;
mod shared;
mod slot;
mod snapshot;
mod spec;
mod tree;
mod watcher;
mod worker;

pub use self::budget::Budget;
pub use self::builder::SupervisorBuilder;
pub use self::error::SupervisorError;
pub use self::handle::Supervisor;
pub use self::health::Health;
pub use self::info::{
    ChildKind, ChildState, Counts, Degradation, ExitReason, SupervisorEvent, SupervisorHealth,
};
pub use self::key::Key;
pub use self::list::ChildInfo;
pub use self::policy::{Backoff, Intensity, OnLimit, RestartType, Strategy};
pub use self::pool::{Pool, PoolBuilder, Pooled};
pub use self::pool_inner::Reset;
pub use self::pool_members::Pick;
#[cfg(feature = "tower")]
pub use self::pool_service::{PoolRequest, PoolService};
pub use self::reference::{SessionRef, SessionRegistry};
pub use self::registry::LocalRegistry;
pub use self::snapshot::Snapshot;
pub use self::spec::ChildSpec;
