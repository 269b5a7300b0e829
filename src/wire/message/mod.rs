//! The messages of the wire, typed when somebody looks.
//!
//! A [`Message`] is its line. [`Message::body`] decodes it, once, into [`Body`]: one variant per `type`, with [`System`] for the many subtypes
//! of `system`. Structs follow the wire field by field; every field's documentation names the wire's field and the version of the CLI that it
//! was seen in, or says that it is declared only. A string out of a set is an enum with the arm `Other`; a type, subtype, content block, event
//! or delta that is not known is an arm `Unknown`; what may hold anything (tool inputs, tool results) stays [`RawJson`](super::RawJson).

mod account;
mod assistant;
mod block;
mod body;
mod lazy;
mod origin;
mod outcome;
mod progress;
mod report;
mod result;
mod session;
mod stream;
mod system;
mod usage;
mod user;
mod vocabulary;

pub use self::account::{
    AuthStatus, OverageDisabledReason, RateLimitEvent, RateLimitInfo, RateLimitScope,
    RateLimitStatus, RateLimitType,
};
pub use self::assistant::{ApiMessage, AssistantMessage, ToolUseMeta};
pub use self::block::{
    ContentBlock, MediaBlock, RedactedThinkingBlock, ServerToolResultBlock, ServerToolUseBlock,
    TextBlock, ThinkingBlock, ToolResultBlock, ToolUseBlock, UnknownBlock,
};
pub use self::body::Body;
pub use self::lazy::Message;
pub use self::origin::{Origin, OriginKind};
pub use self::outcome::TurnOutcome;
pub use self::progress::{SubagentRetry, ToolProgress, ToolUseSummary};
pub use self::report::{
    ContextCategory, ContextCategoryKind, ContextUsage, ExtraUsage, PlanLimit, PlanLimits,
    SessionTotals, UsageReport,
};
pub use self::result::{
    DeferredToolUse, InvalidConfigFile, PermissionDenial, QueuedBehind, ResultMessage,
    ResultSubtype, StartupFailureReason, SubagentStats, TerminalReason,
};
pub use self::session::{
    ActiveGoal, AutocompactState, CommandLifecycle, CommandState, ConversationReset, Goal,
    PromptSuggestion, ResetTrigger,
};
pub use self::stream::{
    AbandonedBlocks, CitationsDelta, ContentBlockDelta, ContentBlockStart, ContentBlockStop, Delta,
    Event, InputJsonDelta, MessageChange, MessageDelta, MessageStart, SignatureDelta, StreamEvent,
    TextDelta, ThinkingDelta, UnknownEvent,
};
pub use self::system::*;
pub use self::usage::{
    CacheCreation, CostBasis, ModelUsage, OutputTokensDetails, ServerToolUsage, Usage,
};
pub use self::user::{
    NonExecutionKind, ToolPermissionDecision, ToolResultMeta, UserApiMessage, UserContent,
    UserMessage,
};
pub use self::vocabulary::{
    ApiErrorKind, Effort, FastModeDisabledReason, FastModeState, PermissionMode, Priority,
    StopReason, ThinkingDisplay,
};
