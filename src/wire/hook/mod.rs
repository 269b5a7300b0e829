//! Hooks: what the CLI reports at each event, and what a hook may answer.
//!
//! Each event has a struct of the same name. Its fields are those of the event, and `raw` is the
//! whole input as it was on the wire. The fields that every event has are in [`HookBase`].
//! [`HookInput`] is an enum of all events, with a variant for future ones.
//!
//! A hook answers with a [`HookOutput`] of its event: the fields for every event, and those for
//! this event only ([`PreToolUseOutput`] and so on, in the module of the
//! event). Input fields are in snake case on the wire, output fields in camel case.
//!
//! CLI 2.1.329 never calls a host's hook for `Setup`, nor for `SessionStart` at the start or
//! `SessionEnd` at the end: the first two happen before the host's hooks are known, the last after
//! the host has closed the CLI's input. It calls both at `/clear`, and `SessionStart` after a
//! compaction.

#[macro_use]
mod macros;
pub mod conversation;
mod event;
pub mod files;
pub mod model;
mod output;
pub mod permission;
pub mod session;
pub mod stop;
#[cfg(test)]
mod tests;
pub mod tool;
mod traits;

#[doc(inline)]
pub use self::conversation::{
    Elicitation, ElicitationResult, MessageDisplay, Notification, UserPromptExpansion,
    UserPromptSubmit,
};
pub use self::event::{HookBase, HookEffort, HookEventName, HookInput};
#[doc(inline)]
pub use self::files::{CwdChanged, DirectoryAdded, FileChanged, WorktreeCreate, WorktreeRemove};
#[doc(inline)]
pub use self::model::{PostModelSwitch, PreModelSwitch};
pub(in crate::wire) use self::output::declared_for_every_event;
pub use self::output::{HookDecision, HookOutput};
#[doc(inline)]
pub use self::permission::{PermissionDenied, PermissionRequest};
#[doc(inline)]
pub use self::session::{
    ConfigChange, InstructionsLoaded, PostCompact, PreCompact, SessionEnd, SessionStart, Setup,
};
#[doc(inline)]
pub use self::stop::{
    Stop, StopFailure, SubagentStart, SubagentStop, TaskCompleted, TaskCreated, TeammateIdle,
};
#[doc(inline)]
pub use self::tool::{
    PermissionDecision, PostToolBatch, PostToolUse, PostToolUseFailure, PreSkillShellCommand,
    PreToolUse, PreToolUseOutput,
};
pub use self::traits::{AddsContext, Decides, HookData, HookEvent, HookSpecific, NoOutput};
