//! The messages of the wire, decoded on demand.
//!
//! A [`Message`] is its line. [`Message::body`] decodes it, once, into [`Body`]: one variant per
//! `type`. Structs follow the wire field by field; every field's documentation names the wire's
//! field and the version of the CLI that it was seen in, or says that it is declared, not seen. A
//! string out of a set is an enum with the arm `Other`; a type, subtype, content block, event or
//! delta that is not known is an arm `Unknown`; what may contain anything (tool inputs, tool
//! results) stays [`RawJson`](super::RawJson).
//!
//! This module has the two messages that carry the conversation, `assistant` and `user`, and the
//! values that several messages share. The other types of messages are in
//! [`result`](super::result), [`stream`](super::stream), [`system`](super::system),
//! [`progress`](super::progress) and [`usage`](super::usage).

mod assistant;
mod body;
mod lazy;
mod origin;
mod user;
mod vocabulary;

pub use self::assistant::{
    ApiErrorOrigin, ApiErrorParams, ApiMessage, AssistantMessage, BatchToolUse, HoldWording,
    InputTransformation, LocalCommandEnd, LocalCommandOutcome, LocalCommandRun, NarrationHint,
    OutputCut, ToolUseMeta,
};
pub use self::body::Body;
pub use self::lazy::Message;
pub(in crate::wire) use self::origin::stated_origin;
pub use self::origin::{Origin, OriginKind, OriginMember};
pub use self::user::{
    McpMeta, PluginPrompt, ScheduledPrompt, SummarizeMetadata, SummaryDirection, TranscriptRow,
    UserApiMessage, UserContent, UserMessage,
};
pub use self::vocabulary::{
    ApiErrorKind, Effort, FastModeDisabledReason, FastModeState, Priority, StopReason,
    ThinkingDisplay,
};
