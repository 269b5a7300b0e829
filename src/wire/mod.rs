//! The line codec and the vocabulary of the wire.

mod classify;
mod codec;
#[macro_use]
mod decode;
mod control;
pub mod declared;
mod frame;
pub mod hook;
mod json;
mod line;
mod message;
mod permission;
pub mod replies;
mod terminal;

pub use self::classify::{LostMessages, Malformed, Outcome, classify};
pub use self::codec::{DEFAULT_MAX_LINE, LineCodec};
pub use self::control::*;
pub use self::decode::Defect;
pub use self::frame::{Frame, FrameKind};
#[cfg(feature = "session")]
pub(crate) use self::json::Cursor;
pub use self::json::{JsonError, RawJson};
pub use self::line::{Item, Line, TooLong};
pub use self::message::*;
pub use self::permission::{
    PermissionBehavior, PermissionDestination, PermissionRule, PermissionUpdate,
};
