//! The model's side: what the Messages API answers.
//!
//! The lab's [`ApiScript`](crate::lab::ApiScript) serves these replies to a real CLI, and a
//! [`Scenario`](super::Scenario) plays a CLI that got them.

mod events;
mod faulty;
mod filled;
mod reply;

pub(crate) use self::events::OutMessage;
#[cfg(feature = "lab")]
pub(crate) use self::events::{SseEvent, error_body, last_words};
pub(crate) use self::faulty::{Faulted, next_faulted};
pub(crate) use self::reply::Raw;
#[cfg(feature = "lab")]
pub(crate) use self::reply::Refusal;
pub use self::reply::{ApiReply, Block, Cut};
