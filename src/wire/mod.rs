//! The line codec and the vocabulary of the wire.
//!
//! From bytes to a [`Message`], without a session: the [`LineCodec`] cuts bytes into lines, [`classify`] says what a line is, and a [`Message`]
//! reads its fields when you ask for them.
//!
//! ```
//! use bytes::BytesMut;
//! use claude_wire::wire::{Body, Item, LineCodec, Message, Outcome, classify};
//! use tokio_util::codec::Decoder;
//!
//! // What a read from the CLI's stdout may bring: half a line is kept for the next read.
//! let mut bytes = BytesMut::from(
//!     "Debugger attached.\n{\"type\":\"result\",\"subtype\":\"success\",\"result\":\"4\"}\n{\"type\":",
//! );
//! let mut codec = LineCodec::new();
//! let mut results = Vec::new();
//! while let Some(item) = codec.decode(&mut bytes)? {
//!     let Item::Line(line) = item else { continue }; // a line over the limit: its length is known
//!     match classify(line) {
//!         Outcome::Message(frame) => {
//!             let message = Message::new(frame);
//!             if let Body::Result(result) = message.body() {
//!                 results.push(result.result.clone());
//!             }
//!         }
//!         other => println!("not a message: {other:?}"),
//!     }
//! }
//! assert_eq!(results, [Some("4".to_owned())]);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # The types
//!
//! | group | types |
//! |---|---|
//! | lines | [`LineCodec`], [`Item`], [`Line`], [`TooLong`] |
//! | what a line is | [`classify`], [`Outcome`], [`Malformed`], [`Frame`], [`FrameKind`] |
//! | messages | [`Message`], [`Body`], [`System`], [`AssistantMessage`], [`UserMessage`], [`ResultMessage`], [`StreamEvent`] |
//! | content | [`ContentBlock`] and the blocks, [`Delta`] |
//! | how a turn ended | [`TurnOutcome`], [`ApiErrorKind`], [`TerminalReason`] |
//! | requests | [`ControlRequest`], [`ControlResponse`], [`CanUseTool`]; hooks in [`hook`]; replies in [`replies`] |
//! | JSON as it came | [`RawJson`], [`JsonError`], [`Defect`] |

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod agree;
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
pub(crate) use self::json::Cursor;
pub use self::json::{JsonError, RawJson};
pub use self::line::{Item, Line, TooLong};
pub use self::message::*;
pub use self::permission::{
    PermissionBehavior, PermissionDestination, PermissionRule, PermissionUpdate,
};
