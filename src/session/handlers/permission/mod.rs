//! Permission requests of the CLI (`can_use_tool`).

mod decision;
mod handler;
mod questions;
mod request;

pub use self::decision::{Decision, DecisionClassification};
pub(super) use self::handler::Permissions;
pub use self::handler::{Confirmer, PermissionHandler};
pub use self::questions::Answers;
pub use self::request::PermissionRequest;
