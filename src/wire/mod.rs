//! The line codec and the vocabulary of the wire.
//!
//! To read bytes into a [`Message`] without a session: the [`LineCodec`] splits bytes into lines,
//! [`classify`] identifies each line, and a [`Message`] decodes its fields when you ask for them.
//!
//! ```
//! use bytes::BytesMut;
//! use claude_wire::wire::{Body, Item, LineCodec, Message, Outcome, classify};
//! use tokio_util::codec::Decoder;
//!
//! // One read from the CLI's stdout: half a line is kept for the next read.
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
//! The names that most programs need are re-exported here. The others are in modules, by subject:
//!
//! | module | contents |
//! |---|---|
//! | [`message`] | the messages that carry the conversation: `assistant`, `user`, and their parts |
//! | [`content`] | content blocks: text, thinking, tool calls, tool results |
//! | [`stream`] | a reply while it is streamed: events and deltas |
//! | [`result`] | the end of a turn: its outcome, its cost, its timings |
//! | [`system`] | messages about the session, by subtype |
//! | [`progress`] | running tools, prompts in the queue, goals, resets |
//! | [`usage`] | tokens, cost, the context window, the limits of the plan |
//! | [`control`] | the control protocol: the CLI's requests, and the lines that a host writes |
//! | [`permission`] | permission modes, rules and updates |
//! | [`hook`] | hooks: their inputs and their outputs |
//! | [`tools`] | the CLI's built-in tools: their names, their inputs and their outputs |
//! | [`replies`] | the CLI's replies to control requests |
//! | [`declared`] | what this version of the crate declares of the wire |

#[macro_use]
mod decode;

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod agree;
mod classify;
mod codec;
pub mod content;
pub mod control;
pub mod declared;
mod delta;
mod frame;
pub mod hook;
mod json;
mod kind;
mod line;
pub mod message;
mod peek;
pub mod permission;
pub mod progress;
pub mod replies;
#[macro_use]
mod requests;
pub mod result;
mod spans;
pub mod stream;
pub mod system;
mod terminal;
pub mod tools;
pub mod usage;

pub use self::classify::{LostMessages, Malformed, Outcome, classify};
pub use self::codec::{DEFAULT_MAX_LINE, LineCodec};
#[doc(inline)]
pub use self::content::ContentBlock;
pub use self::decode::Defect;
pub use self::frame::Frame;
pub(crate) use self::json::Cursor;
pub use self::json::{JsonError, RawJson};
pub use self::kind::FrameKind;
pub use self::line::{Item, Line, TooLong};
#[doc(inline)]
pub use self::message::{AssistantMessage, Body, Effort, Message, UserMessage};
#[doc(inline)]
pub use self::permission::PermissionMode;
#[cfg(feature = "recording")]
pub(crate) use self::requests::unknown_of;
pub(crate) use self::requests::{Effect, Lasting};
#[doc(inline)]
pub use self::result::{ResultMessage, TurnOutcome};
#[doc(inline)]
pub use self::stream::StreamEvent;
#[doc(inline)]
pub use self::system::System;
