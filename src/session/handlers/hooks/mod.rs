//! The host's hooks. What they are told and may answer is in [`wire::hook`](crate::wire::hook).

mod context;
mod handler;
mod log;
mod matcher;
mod registered;

pub use self::context::HookContext;
pub use self::handler::{HookHandler, IntoHookOutput};
pub(super) use self::log::{events_to_log, log};
pub use self::matcher::Matcher;
pub(super) use self::registered::{Hooks, never_called};
