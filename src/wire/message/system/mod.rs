//! `system`: everything about the session that nobody says.

mod hooks;
mod init;
mod models;
mod notices;
mod status;
mod tasks;
mod upkeep;

pub use self::hooks::{HookOutcome, HookProgress, HookResponse, HookStarted};
pub use self::init::{
    ApiKeySource, Init, ManagedLock, McpServer, MemoryPaths, Plugin, PluginError, SlashCommand,
    ViewMode,
};
pub use self::models::{
    ModelFallback, ModelRefusalFallback, ModelRefusalNoFallback, RefusalDirection, RefusalScope,
};
pub use self::notices::{
    CommandsChanged, ElicitationComplete, Informational, InformationalLevel, LocalCommandOutput,
    Notification, NotificationPriority, PermissionDenied, UiInvalidate,
};
pub use self::status::{
    ApiRetry, CompactBoundary, CompactMetadata, CompactResult, CompactTrigger,
    ControlRequestProgress, ControlRequestStatus, NoResponse, PreservedMessages, PreservedSegment,
    SessionState, SessionStateChanged, Status, StatusKind, ThinkingTokens,
};
pub use self::tasks::{
    BackgroundTask, BackgroundTasksChanged, ResourceLink, TaskNotification, TaskPatch,
    TaskProgress, TaskStarted, TaskStatus, TaskUpdated, TaskUsage,
};
pub use self::upkeep::{
    FailedFile, FilesPersisted, MemoryMode, MemoryRecall, MemoryScope, MirrorError, MirrorKey,
    PersistedFile, PluginInstall, PluginInstallStatus, RecalledMemory, SessionTitleChanged,
    SessionWritesLost, WorkerShuttingDown,
};

use std::collections::BTreeMap;

use crate::wire::decode::{At, Decode, Shape, Sink, declared};
use crate::wire::frame::Frame;
use crate::wire::json::RawJson;

/// Declares the subtypes of `system`: one variant each.
macro_rules! subtypes {
    ($($(#[$meta:meta])* $variant:ident($body:ty) = $wire:literal,)*) => {
        /// A message about the session (`system`), by its subtype.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum System {
            $($(#[$meta])* #[doc = ""] #[doc = concat!("Subtype `", $wire, "`.")] $variant($body),)*
            /// A subtype that this version of the crate does not know, or none at all; the frame has the rest.
            Unknown {
                /// The subtype, when it is a string.
                subtype: Option<String>,
            },
        }

        impl System {
            /// The subtype as it stands on the wire; `None` when it has no string there.
            pub fn subtype(&self) -> Option<&str> {
                match self {
                    $(Self::$variant(_) => Some($wire),)*
                    Self::Unknown { subtype } => subtype.as_deref(),
                }
            }

            fn known(subtype: &str, frame: &Frame, at: &At<'_>, sink: &mut Sink) -> Option<Self> {
                match subtype {
                    $($wire => Some(Self::$variant(<$body as Decode>::decode(&mut frame.root().reader(), at, sink)?)),)*
                    _ => None,
                }
            }

            /// The fields of each subtype.
            pub(in crate::wire) fn declared() -> BTreeMap<String, Shape> {
                BTreeMap::from([$((concat!("system/", $wire).to_owned(), declared::<$body>("subtype"))),*])
            }

            #[cfg(any(test, feature = "fuzzing"))]
            pub(crate) fn agrees(&self, value: &serde_json::Value) -> bool {
                use crate::fuzzing::agree::Agree;
                let subtype = value["subtype"].as_str();
                match self {
                    $(Self::$variant(body) => subtype == Some($wire) && body.agrees(value),)*
                    Self::Unknown { subtype: ours } => ours.as_deref() == subtype && ![$($wire),*].contains(&subtype.unwrap_or_default()),
                }
            }
        }
    };
}

subtypes! {
    /// A turn begins, and this is what it has at hand. Sent at the start of every turn.
    Init(Box<Init>) = "init",
    /// What the session does, or a new permission mode.
    Status(Status) = "status",
    /// The conversation was compacted here.
    CompactBoundary(Box<CompactBoundary>) = "compact_boundary",
    /// An API call failed and will be repeated.
    ApiRetry(ApiRetry) = "api_retry",
    /// A control request of the host is still worked on.
    ControlRequestProgress(ControlRequestProgress) = "control_request_progress",
    /// An estimate of the tokens of thinking so far.
    ThinkingTokens(ThinkingTokens) = "thinking_tokens",
    /// Idle, running, or waiting for the host. Sent only where the host asked for it.
    SessionStateChanged(SessionStateChanged) = "session_state_changed",
    /// A hook started.
    HookStarted(HookStarted) = "hook_started",
    /// A hook wrote something.
    HookProgress(HookProgress) = "hook_progress",
    /// A hook ended.
    HookResponse(HookResponse) = "hook_response",
    /// A task started: a sub-agent, or a tool in the background.
    TaskStarted(Box<TaskStarted>) = "task_started",
    /// Something about a task changed.
    TaskUpdated(TaskUpdated) = "task_updated",
    /// A task is at work.
    TaskProgress(Box<TaskProgress>) = "task_progress",
    /// A task ended.
    TaskNotification(Box<TaskNotification>) = "task_notification",
    /// All tasks that now run in the background.
    BackgroundTasksChanged(BackgroundTasksChanged) = "background_tasks_changed",
    /// The model refused, and another one is asked.
    ModelRefusalFallback(Box<ModelRefusalFallback>) = "model_refusal_fallback",
    /// The model refused, and no other one is asked.
    ModelRefusalNoFallback(Box<ModelRefusalNoFallback>) = "model_refusal_no_fallback",
    /// The model cannot be reached, and another one is asked.
    ModelFallback(ModelFallback) = "model_fallback",
    /// Output of a local command.
    LocalCommandOutput(LocalCommandOutput) = "local_command_output",
    /// A text for the user.
    Informational(Box<Informational>) = "informational",
    /// A short text for the user's screen.
    Notification(Notification) = "notification",
    /// A tool call was refused without asking anybody.
    PermissionDenied(Box<PermissionDenied>) = "permission_denied",
    /// The slash commands are now these.
    CommandsChanged(CommandsChanged) = "commands_changed",
    /// The user is through with an elicitation at a URL.
    ElicitationComplete(ElicitationComplete) = "elicitation_complete",
    /// A part of a screen is out of date.
    UiInvalidate(UiInvalidate) = "ui_invalidate",
    /// The title of the session changed.
    SessionTitleChanged(SessionTitleChanged) = "session_title_changed",
    /// A plugin is being installed.
    PluginInstall(PluginInstall) = "plugin_install",
    /// Files were stored at the host's side.
    FilesPersisted(FilesPersisted) = "files_persisted",
    /// Memories were recalled.
    MemoryRecall(MemoryRecall) = "memory_recall",
    /// The disk was full and something was not written. At most once, after the last result.
    SessionWritesLost(SessionWritesLost) = "session_writes_lost",
    /// The worker of a remote session ends.
    WorkerShuttingDown(WorkerShuttingDown) = "worker_shutting_down",
    /// The session store of an SDK failed. Made by SDKs; the CLI never sends it.
    MirrorError(MirrorError) = "mirror_error",
    /// A summary after a turn. CLI 2.1.329, declared only; its shape is not documented.
    PostTurnSummary(RawJson) = "post_turn_summary",
    /// A summary of a task. CLI 2.1.329, declared only; its shape is not documented.
    TaskSummary(RawJson) = "task_summary",
    /// Facts about the session. CLI 2.1.329, declared only; its shape is not documented.
    SessionMetadata(RawJson) = "session_metadata",
}

impl System {
    pub(super) fn decode(frame: &Frame, at: &At<'_>, sink: &mut Sink) -> Self {
        let Some(subtype) = frame.subtype() else {
            match frame.root().get("subtype").filter(|value| !value.is_null()) {
                Some(other) => sink
                    .wrong(&at.key("subtype"), "a string", &mut other.reader())
                    .unwrap_or_default(),
                None => sink.missing(&at.key("subtype"), "a string"),
            }
            return Self::Unknown { subtype: None };
        };
        Self::known(&subtype, frame, at, sink).unwrap_or_else(|| {
            sink.unknown_word(&at.key("subtype"), &subtype);
            Self::Unknown { subtype: Some(subtype.into_owned()) }
        })
    }
}
