//! The end of a turn (`result`): how it ended, what it cost, how long its phases took.

mod measures;
mod message;
mod outcome;

pub use self::measures::{
    AttachmentsDetail, CollectionCount, GarbageCollections, MemoryCheck, MemoryHold, MemoryWait,
    NormalizationDetail, RequestBuildDetail, ResumeStoreConfirm, ToolHold, ToolHoldDetail,
    ToolHoldEnd, ToolSchemaDetail, TurnState,
};
pub use self::message::{
    DeferredToolUse, InvalidConfigFile, PermissionDenial, QueuedBehind, RestoredRewind,
    ResultMessage, ResultSubtype, RunnerExit, RunnerPhase, StartupFailureReason, SubagentStats,
    TerminalReason, Undelivered,
};
pub use self::outcome::TurnOutcome;

/// The field of a result that a replay or the stand-in wrote about itself. No CLI writes it.
#[cfg(feature = "recording")]
pub(crate) const OWN_FIELD: &str = "claude_wire";
