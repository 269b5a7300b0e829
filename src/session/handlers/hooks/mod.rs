//! The host's hooks. What they are told and may answer is in [`wire::hook`](crate::wire::hook).

mod context;
mod handler;
mod log;
mod matcher;
mod registered;

pub use self::context::HookContext;
pub use self::handler::{HookHandler, IntoHookOutput};
pub use self::matcher::Matcher;
pub(super) use self::registered::{Hooks, seldom_called};
