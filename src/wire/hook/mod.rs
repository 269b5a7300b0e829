//! Hooks: what the CLI reports at each event, and what a hook may answer.
//!
//! There is a struct for each event, named as the event is: its fields are those of the event, and `raw` is the whole input as it stood on
//! the wire. What every event has besides is in [`HookBase`]. [`HookInput`] is the sum of all events, with an arm for future ones.
//!
//! A hook answers with a [`HookOutput`] of its event: what every event may answer, and what only this
//! one may ([`PreToolUseOutput`](tool::PreToolUseOutput) and so on, in the module of the event). Input
//! fields are in snake case on the wire, output fields in camel case.
//!
//! CLI 2.1.329 never calls a host's hook for `Setup`, nor one for `SessionStart` at the start or for `SessionEnd` at the end: the first two are
//! over before the host's hooks are known, the other one comes after the host has closed the CLI's input. At `/clear` it calls both, and after
//! a compaction the one for `SessionStart`.

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

#[doc(inline)]
pub use self::conversation::{
    Elicitation, ElicitationResult, MessageDisplay, Notification, UserPromptExpansion,
    UserPromptSubmit,
};
pub use self::event::{HookBase, HookData, HookEffort, HookEvent, HookEventName, HookInput};
#[doc(inline)]
pub use self::files::{CwdChanged, DirectoryAdded, FileChanged, WorktreeCreate, WorktreeRemove};
#[doc(inline)]
pub use self::model::{PostModelSwitch, PreModelSwitch};
pub(in crate::wire) use self::output::declared_for_every_event;
pub use self::output::{AddsContext, Decides, HookDecision, HookOutput, HookSpecific, NoOutput};
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
    PostToolBatch, PostToolUse, PostToolUseFailure, PreSkillShellCommand, PreToolUse,
};
