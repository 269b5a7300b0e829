//! The messages of the wire, typed when somebody looks.
//!
//! A [`Message`] is its line. [`Message::body`] decodes it, once, into [`Body`]: one variant per `type`, with [`System`] for the many subtypes
//! of `system`. Structs follow the wire field by field; every field's documentation names the wire's field and the version of the CLI that it
//! was seen in, or says that it is declared, not seen. A string out of a set is an enum with the arm `Other`; a type, subtype, content block, event
//! or delta that is not known is an arm `Unknown`; what may hold anything (tool inputs, tool results) stays [`RawJson`](super::RawJson).

mod account;
mod api_block;
mod api_error;
mod assistant;
mod block;
mod body;
mod lazy;
mod local_command;
mod measures;
mod origin;
mod outcome;
mod progress;
mod report;
mod result;
mod session;
mod stream;
mod system;
mod tool_result;
mod transcript;
mod usage;
mod user;
mod vocabulary;

pub use self::account::{
    AdminRequestOffer, AdminRequestState, AuthStatus, CreditOfferKind, LimitWindow, LimitWindows,
    MemberSpendLimit, OverageDisabledReason, RateLimitEvent, RateLimitInfo, RateLimitScope,
    RateLimitStatus, RateLimitType, SpendLimitPeriod, SpendPeriod, UsageCreditOffer,
};
pub use self::api_block::{
    Caller, CompactionBlock, ContainerUploadBlock, FallbackBlock, FallbackModel, FallbackTrigger,
    McpToolListingBlock, SearchResultBlock, ServerToolResultBlock, ServerToolUseBlock,
    ToolReferenceBlock,
};
pub use self::api_error::{ApiErrorOrigin, ApiErrorParams, HoldWording, OutputCut};
pub use self::assistant::{ApiMessage, AssistantMessage, BatchToolUse, NarrationHint, ToolUseMeta};
pub use self::block::{
    CacheControl, CitationsConfig, ContentBlock, MediaBlock, RedactedThinkingBlock, TextBlock,
    ThinkingBlock, ToolResultBlock, ToolUseBlock, UnknownBlock,
};
pub use self::body::Body;
pub use self::lazy::Message;
pub use self::local_command::{LocalCommandEnd, LocalCommandOutcome, LocalCommandRun};
pub use self::measures::{
    AttachmentsDetail, CollectionCount, GarbageCollections, MemoryCheck, MemoryHold, MemoryWait,
    NormalizationDetail, RequestBuildDetail, ResumeStoreConfirm, ToolHold, ToolHoldDetail,
    ToolHoldEnd, ToolSchemaDetail, TurnState,
};
pub use self::origin::{Origin, OriginKind, OriginMember};
pub use self::outcome::TurnOutcome;
pub use self::progress::{SubagentRetry, ToolProgress, ToolUseSummary};
pub use self::report::{
    ContextAgent, ContextCategory, ContextCategoryKind, ContextFile, ContextSkill, ContextTool,
    ContextUsage, ExtraUsage, LimitScope, OverLimit, OverLimitKind, PlanLimit, PlanLimits,
    ScopeName, SessionTotals, UsageReport,
};
pub use self::result::{
    DeferredToolUse, InvalidConfigFile, PermissionDenial, QueuedBehind, RestoredRewind,
    ResultMessage, ResultSubtype, RunnerExit, RunnerPhase, StartupFailureReason, SubagentStats,
    TerminalReason, Undelivered,
};
pub use self::session::{
    ActiveGoal, Autocompact, AutocompactSource, AutocompactState, CommandLifecycle, CommandState,
    ConversationReset, Goal, PromptSuggestion, ResetTrigger, WakeupSource,
};
pub use self::stream::{
    AbandonedBlocks, CitationsDelta, ContentBlockDelta, ContentBlockStart, ContentBlockStop, Delta,
    Event, InputJsonDelta, MessageChange, MessageDelta, MessageStart, SignatureDelta, StreamEvent,
    TextDelta, ThinkingDelta, UnknownEvent,
};
pub use self::system::*;
pub use self::tool_result::{
    AutoModeList, AutoModeRule, CallEnded, NonExecutionKind, PluginApproval, Remedy, RemedyKind,
    ToolPermissionDecision, ToolResultMeta,
};
pub use self::transcript::{ScheduledPrompt, TranscriptRow};
pub use self::usage::{
    CacheCreation, CostBasis, ModelUsage, OutputTokensDetails, ServerToolUsage, Usage,
};
pub use self::user::{
    McpMeta, PluginPrompt, SummarizeMetadata, SummaryDirection, UserApiMessage, UserContent,
    UserMessage,
};
pub use self::vocabulary::{
    ApiErrorKind, DecisionReasonCode, Effort, FastModeDisabledReason, FastModeState,
    PermissionMode, Priority, StopReason, ThinkingDisplay,
};
