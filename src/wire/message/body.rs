//! The sum of all messages.

use super::result::ResultMessage;
use crate::wire::decode::{At, Decode, Sink};
use crate::wire::frame::{Frame, FrameKind};

/// A message, typed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Body {
    /// `result`: the end of a turn.
    Result(Box<ResultMessage>),
    /// A type that this version of the crate does not know; the frame has it all.
    Unknown,
}

impl Body {
    pub(super) fn decode(frame: &Frame, at: &At<'_>, sink: &mut Sink) -> Self {
        match frame.kind() {
            FrameKind::Result => Self::Result(Box::new(ResultMessage::decode(frame.root(), at, sink).unwrap_or_default())),
            _ => Self::Unknown,
        }
    }
}
