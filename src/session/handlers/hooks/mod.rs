//! The host's hooks. Their inputs and answers are in [`wire::hook`](crate::wire::hook).

mod handler;
mod matcher;
mod registered;

pub use self::handler::{HookContext, HookHandler, IntoHookOutput};
pub use self::matcher::Matcher;
pub(super) use self::registered::{Hooks, seldom_called};
