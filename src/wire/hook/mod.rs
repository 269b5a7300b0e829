//! Hooks: what the CLI tells one at each event, and what one may answer.
//!
//! There is a struct for each event, named as the event is: its fields are those of the event, and `raw` is the whole input as it stood on
//! the wire. What every event has besides is in [`HookBase`]. [`HookInput`] is the sum of all events, with an arm for those of tomorrow.
//!
//! A hook answers with a [`HookOutput`] of its event: what every event may answer, and what only this one may (`PreToolUseOutput` and so
//! on). Input fields are in snake case on the wire, output fields in camel case.
//!
//! CLI 2.1.329 never calls a host's hook for `Setup`, nor one for `SessionStart` at the start or for `SessionEnd` at the end: the first two are
//! over before the host's hooks are known, the other one comes after the host has closed the CLI's input. At `/clear` it calls both, and after
//! a compaction the one for `SessionStart`.

#[macro_use]
mod macros;
mod base;
mod conversation;
mod elicitation;
mod event;
mod files;
mod model;
mod output;
mod permission;
mod session;
mod skill;
mod stop;
#[cfg(test)]
mod tests;
mod tool;

pub use self::base::{HookBase, HookEffort};
pub use self::conversation::{
    ExpansionKind, MessageDisplay, MessageDisplayOutput, Notification, NotificationOutput,
    PromptSource, UserPromptExpansion, UserPromptExpansionOutput, UserPromptSubmit,
    UserPromptSubmitOutput,
};
pub use self::elicitation::{
    Elicitation, ElicitationAction, ElicitationOutput, ElicitationResult, ElicitationResultOutput,
};
pub use self::event::{HookData, HookEvent, HookEventName, HookInput};
pub use self::files::{
    CwdChanged, CwdChangedOutput, DirectoryAdded, DirectorySource, FileChange, FileChanged,
    FileChangedOutput, WorktreeCreate, WorktreeCreateOutput, WorktreeRemove,
};
pub use self::model::{
    CacheTtl, ModelPricing, ModelSwitchSource, PostModelSwitch, PostModelSwitchOutput,
    PreModelSwitch, PreModelSwitchOutput,
};
pub(in crate::wire) use self::output::declared_for_every_event;
pub use self::output::{AddsContext, Decides, HookDecision, HookOutput, HookSpecific, NoOutput};
pub use self::permission::{
    PermissionDenied, PermissionDeniedOutput, PermissionRequest, PermissionRequestOutput,
};
pub use self::session::{
    ConfigChange, ConfigSource, EndReason, InstructionsLoaded, LoadReason, MemoryKind, PostCompact,
    PreCompact, SessionEnd, SessionStart, SessionStartOutput, Setup, SetupOutput, SetupTrigger,
    StartSource,
};
pub use self::skill::{
    InvokedBy, PreSkillShellCommand, PreSkillShellCommandOutput, SkillShellInput,
};
pub use self::stop::{
    BackgroundTaskSummary, SessionCron, Stop, StopFailure, StopOutput, SubagentStart,
    SubagentStartOutput, SubagentStop, SubagentStopOutput, TaskCompleted, TaskCreated,
    TeammateIdle,
};
pub use self::tool::{
    BatchedCall, PermissionDecision, PermissionDisplay, PostToolBatch, PostToolBatchOutput,
    PostToolUse, PostToolUseFailure, PostToolUseFailureOutput, PostToolUseOutput, PreToolUse,
    PreToolUseOutput,
};
