//! The enum of all subtypes of `system`.

use std::collections::BTreeMap;

use super::cloud::{
    CloudSessionDelta, InheritedAsksSettled, LateAllowNotRun, SessionMetadata, TurnHandoffAvailable,
};
use super::hooks::{HookProgress, HookResponse, HookStarted};
use super::init::Init;
use super::notices::{
    CommandsChanged, ElicitationComplete, FeedbackDraftQueued, FileAttachmentsMissing,
    Informational, InstructionSizeWarning, LocalCommandOutput, PerTurnEffortChanged,
    PermissionCheckStatus, PermissionDeniedNotice, ScreenNotification, TurnPreempted,
};
use super::peers::PeerMessageHold;
use super::status::{
    ApiRetry, CompactBoundary, ControlRequestProgress, ModelFallback, ModelRefusalFallback,
    ModelRefusalNoFallback, SessionStateChanged, Status, ThinkingTokens,
};
use super::tasks::{
    BackgroundTasksChanged, TaskListStatuses, TaskNotification, TaskProgress, TaskStarted,
    TaskSummary, TaskUpdated,
};
use super::ui::{
    UiFocus, UiInvalidate, UiLog, UiNotify, UiNotifyCancel, UiPanes, UiPlaced, UiScroll, UiStatus,
    UiToast,
};
use super::upkeep::{
    FilesPersisted, MemoryRecall, MirrorError, PluginInstall, PostTurnSummary, SessionTitleChanged,
    SessionWritesLost, WorkerShuttingDown,
};
use super::work::{CodeChangePublished, DevIntent, ShellCwd, VcsStateChanged};
use crate::wire::decode::{At, Decode, Shape, Sink, declared};
use crate::wire::frame::Frame;

/// Declares the subtypes of `system`: one variant each.
macro_rules! subtypes {
    ($($(#[$meta:meta])* $variant:ident($body:ty) = $wire:literal,)*) => {
        /// A message about the session (`system`), by its subtype.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum System {
            $($(#[$meta])* #[doc = ""] #[doc = concat!("Subtype `", $wire, "`.")] $variant($body),)*
            /// An unknown subtype, or none at all; the frame has the rest.
            Unknown {
                /// The subtype, when it is a string.
                subtype: Option<String>,
            },
        }

        impl System {
            /// The subtype as it is on the wire; `None` if it is not a string.
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
                use crate::wire::agree::Agree;
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
    /// A turn begins, with its tools, servers and settings. Sent at the start of every turn.
    Init(Box<Init>) = "init",
    /// The activity of the session, or a new permission mode.
    Status(Status) = "status",
    /// The conversation was compacted here.
    CompactBoundary(Box<CompactBoundary>) = "compact_boundary",
    /// An API call failed and will be retried.
    ApiRetry(ApiRetry) = "api_retry",
    /// A control request of the host is still in progress.
    ControlRequestProgress(ControlRequestProgress) = "control_request_progress",
    /// An estimate of the tokens of thinking so far.
    ThinkingTokens(ThinkingTokens) = "thinking_tokens",
    /// Idle, running, or waiting for the host. Only sent if the host requests it.
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
    /// A task made progress.
    TaskProgress(Box<TaskProgress>) = "task_progress",
    /// A task ended.
    TaskNotification(Box<TaskNotification>) = "task_notification",
    /// All current background tasks.
    BackgroundTasksChanged(BackgroundTasksChanged) = "background_tasks_changed",
    /// The model refused, and another one is used.
    ModelRefusalFallback(Box<ModelRefusalFallback>) = "model_refusal_fallback",
    /// The model refused, and there is no fallback.
    ModelRefusalNoFallback(Box<ModelRefusalNoFallback>) = "model_refusal_no_fallback",
    /// The model is unavailable, and another one is used.
    ModelFallback(ModelFallback) = "model_fallback",
    /// Output of a local command.
    LocalCommandOutput(LocalCommandOutput) = "local_command_output",
    /// A text for the user.
    Informational(Box<Informational>) = "informational",
    /// A short text for the user's screen.
    Notification(ScreenNotification) = "notification",
    /// A tool call was denied without a question.
    PermissionDenied(Box<PermissionDeniedNotice>) = "permission_denied",
    /// The new list of slash commands.
    CommandsChanged(CommandsChanged) = "commands_changed",
    /// The user has finished an elicitation at a URL.
    ElicitationComplete(ElicitationComplete) = "elicitation_complete",
    /// A part of a screen is out of date.
    UiInvalidate(UiInvalidate) = "ui_invalidate",
    /// The title of the session changed.
    SessionTitleChanged(SessionTitleChanged) = "session_title_changed",
    /// A plugin is being installed.
    PluginInstall(PluginInstall) = "plugin_install",
    /// Files were stored on the host's side.
    FilesPersisted(FilesPersisted) = "files_persisted",
    /// Memories were recalled.
    MemoryRecall(MemoryRecall) = "memory_recall",
    /// The disk was full and something was not written. At most once, after the last result.
    SessionWritesLost(SessionWritesLost) = "session_writes_lost",
    /// The worker of a remote session ends.
    WorkerShuttingDown(WorkerShuttingDown) = "worker_shutting_down",
    /// The session store of an SDK failed. Made by SDKs; the CLI never sends it.
    MirrorError(MirrorError) = "mirror_error",
    /// A summary after a turn.
    PostTurnSummary(Box<PostTurnSummary>) = "post_turn_summary",
    /// What the turn is doing, in a line.
    TaskSummary(TaskSummary) = "task_summary",
    /// States of tasks of the task list.
    TaskListStatuses(TaskListStatuses) = "task_list_statuses",
    /// A shell command changed a repository.
    VcsStateChanged(VcsStateChanged) = "vcs_state_changed",
    /// A change went out for review.
    CodeChangePublished(Box<CodeChangePublished>) = "code_change_published",
    /// The folder that a shell call ended in.
    ShellCwd(ShellCwd) = "shell_cwd",
    /// The work is of a known kind.
    DevIntent(DevIntent) = "dev_intent",
    /// A message from another session is held back, or was released.
    PeerMessageHold(Box<PeerMessageHold>) = "peer_message_hold",
    /// The CLI stopped the turn for a prompt that came right after it.
    TurnPreempted(TurnPreempted) = "turn_preempted",
    /// A tool call waits for its automatic check.
    PermissionCheckStatus(PermissionCheckStatus) = "permission_check_status",
    /// The effort is not sent with each turn any more.
    PerTurnEffortChanged(PerTurnEffortChanged) = "per_turn_effort_changed",
    /// The files of instructions are longer than recommended.
    InstructionSizeWarning(InstructionSizeWarning) = "instruction_size_warning",
    /// Files of a prompt did not arrive.
    FileAttachmentsMissing(FileAttachmentsMissing) = "file_attachments_missing",
    /// A draft of feedback was written to disk.
    FeedbackDraftQueued(FeedbackDraftQueued) = "feedback_draft_queued",
    /// The state of a session in the cloud changed.
    CloudSessionDelta(CloudSessionDelta) = "cloud_session_delta",
    /// Facts about a session in the cloud.
    SessionMetadata(SessionMetadata) = "session_metadata",
    /// Which questions of an earlier worker are still open.
    InheritedAsksSettled(InheritedAsksSettled) = "inherited_asks_settled",
    /// A call that was allowed too late will not run.
    LateAllowNotRun(LateAllowNotRun) = "late_allow_not_run",
    /// A worker in the cloud accepts turns that a client started.
    TurnHandoffAvailable(Box<TurnHandoffAvailable>) = "turn_handoff_available",
    /// A plugin wrote a line below the conversation.
    UiLog(UiLog) = "ui_log",
    /// A plugin pinned a line.
    UiStatus(UiStatus) = "ui_status",
    /// A plugin shows a line for some seconds.
    UiToast(UiToast) = "ui_toast",
    /// A plugin wants a notification.
    UiNotify(Box<UiNotify>) = "ui_notify",
    /// A plugin withdraws a notification.
    UiNotifyCancel(UiNotifyCancel) = "ui_notify_cancel",
    /// The panes that plugins have open.
    UiPanes(Box<UiPanes>) = "ui_panes",
    /// A plugin placed rows in the conversation.
    UiPlaced(UiPlaced) = "ui_placed",
    /// A plugin moved the focus.
    UiFocus(Box<UiFocus>) = "ui_focus",
    /// A plugin scrolled.
    UiScroll(UiScroll) = "ui_scroll",
}

impl System {
    pub(in crate::wire) fn decode(frame: &Frame, at: &At<'_>, sink: &mut Sink) -> Self {
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
