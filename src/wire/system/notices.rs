//! Texts for the user, with their meaning for a program.

use super::init::SlashCommand;
use crate::wire::permission::DecisionReasonCode;

object! {
    /// A text for the user (`system` / `informational`, CLI 2.1.329).
    pub struct Informational {
        /// The text.
        pub content: String = "content",
        /// How important it is.
        pub level: InformationalLevel = "level",
        /// The tool call that it is about.
        pub tool_use_id: Option<String> = "tool_use_id" declared,
        /// True if the turn does not continue.
        pub prevent_continuation: Option<bool> = "prevent_continuation",
        /// What kind of text it is, such as `hook_callback_failed`.
        pub tag: Option<String> = "tag",
        /// How a prompt ended before the model saw it.
        pub prompt_submit_outcome: Option<PromptSubmitOutcome> = "prompt_submit_outcome",
        /// A note that a plugin left for an agent.
        pub agent_note: Option<AgentNote> = "agent_note" v2_1_332 declared,
        /// The hook that returned no verdict.
        pub hook_no_verdict: Option<HookNoVerdict> = "hook_no_verdict" v2_1_332,
        /// The requested model, and the current one.
        pub model_restriction: Option<ModelRestriction> = "model_restriction" declared,
        /// Files of a connector that were saved.
        pub saved_files: Vec<SavedFile> = "saved_files" declared,
        /// How many there are, and where they came from.
        pub saved_from: Option<SavedFrom> = "saved_from" v2_1_332 declared,
        /// True if no user caused it.
        pub is_meta: Option<bool> = "isMeta" v2_1_332,
        /// When it was made, ISO 8601.
        pub timestamp: Option<String> = "timestamp" v2_1_332,
    }
}

open_enum! {
    /// How important a text is (`level`).
    pub enum InformationalLevel {
        Info = "info",
        Notice = "notice",
        Suggestion = "suggestion",
        Warning = "warning",
    }
}

object! {
    /// How a prompt ended before the model saw it (`prompt_submit_outcome`, CLI 2.1.329, declared,
    /// not seen).
    pub struct PromptSubmitOutcome {
        /// How.
        pub kind: Option<PromptEnd> = "kind" declared,
        /// Why a hook returned no verdict.
        pub no_verdict_kind: Option<NoVerdictKind> = "no_verdict_kind" declared,
        /// True if the prompt stays in the conversation.
        pub prompt_kept: bool = "prompt_kept" declared,
        /// Why, in the hook's words.
        pub reason: Option<String> = "reason" declared,
    }
}

open_enum! {
    /// How a prompt ended before the model saw it (`kind` of a `prompt_submit_outcome`).
    pub enum PromptEnd {
        BlockedByHook = "blocked_by_hook",
        StoppedByHook = "stopped_by_hook",
        DroppedByHook = "dropped_by_hook",
        NotPassedOn = "not_passed_on",
        NoVerdict = "no_verdict",
    }
}

open_enum! {
    /// Why a hook returned no verdict (`no_verdict_kind`).
    pub enum NoVerdictKind {
        RemoteRunFailed = "remote_run_failed",
        RemoteRunTimedOut = "remote_run_timed_out",
        Interrupted = "interrupted",
        RemoteRunnerRefused = "remote_runner_refused",
        UnsupportedInCloudSession = "unsupported_in_cloud_session",
        OutputDistrusted = "output_distrusted",
        CallbackTimedOut = "callback_timed_out",
        HookFailed = "hook_failed",
        HookTimedOut = "hook_timed_out",
        HooksNeverRan = "hooks_never_ran",
        PersonalConfigRefused = "personal_config_refused",
        RewriteUnplaceable = "rewrite_unplaceable",
    }
}

object! {
    /// A note that a plugin left for an agent (`agent_note`, CLI 2.1.332, declared, not seen).
    pub struct AgentNote {
        /// The recipient.
        pub to: AgentRef = "to" v2_1_332 declared,
        /// The subject.
        pub about: AgentRef = "about" v2_1_332 declared,
        /// The note.
        pub text: String = "text" v2_1_332 declared,
        /// The plugin.
        pub source: String = "source" v2_1_332 declared,
    }
}

object! {
    /// An agent, as a note names it (`to` and `about` of an `agent_note`, CLI 2.1.332, declared,
    /// not seen).
    pub struct AgentRef {
        /// What kind of agent.
        pub kind: AgentRefKind = "kind" v2_1_332 declared,
        /// What it does.
        pub description: Option<String> = "description" v2_1_332 declared,
        /// The call that started it.
        pub tool_use_id: Option<String> = "tool_use_id" v2_1_332 declared,
    }
}

open_enum! {
    /// What kind of agent a note names (`kind`).
    pub enum AgentRefKind {
        Main = "main",
        Agent = "agent",
        Session = "session",
    }
}

object! {
    /// A hook that returned no verdict (`hook_no_verdict`, CLI 2.1.332).
    pub struct HookNoVerdict {
        /// The event.
        pub hook_event: String = "hook_event" v2_1_332,
        /// The call.
        pub tool_use_id: String = "tool_use_id" v2_1_332,
        /// True if it took too long.
        pub timed_out: bool = "timed_out" v2_1_332,
        /// The plugin that it is from.
        pub plugin_id: Option<String> = "plugin_id" declared,
        /// Where the plugin is.
        pub plugin_root: Option<String> = "plugin_root" declared,
    }
}

object! {
    /// A model that was refused (`model_restriction`, CLI 2.1.329, declared, not seen).
    pub struct ModelRestriction {
        /// The requested model.
        pub requested_model: String = "requested_model" declared,
        /// The current model.
        pub effective_model: String = "effective_model" declared,
        /// When it was refused.
        pub at: Option<RestrictedAt> = "at" declared,
    }
}

open_enum! {
    /// When a model was refused (`at` of a `model_restriction`).
    pub enum RestrictedAt {
        Start = "start",
        Switch = "switch",
        Resume = "resume",
    }
}

object! {
    /// A file that was saved (an item of `saved_files`, CLI 2.1.329, declared, not seen).
    pub struct SavedFile {
        /// The line of the text that names it.
        pub line: u64 = "line" declared,
        /// Where it is.
        pub path: String = "path" declared,
        /// How the text names it.
        pub shown: String = "shown" declared,
    }
}

object! {
    /// Files that were saved (`saved_from`, CLI 2.1.332, declared, not seen).
    pub struct SavedFrom {
        /// How many.
        pub files: u64 = "files" v2_1_332 declared,
        /// The file, if it is the only one.
        pub file: Option<String> = "file" v2_1_332 declared,
        /// The app that they came from.
        pub app: Option<String> = "app" v2_1_332 declared,
    }
}

object! {
    /// Output of a local command (`system` / `local_command_output`, CLI 2.1.329, declared, not
    /// seen).
    pub struct LocalCommandOutput {
        /// The output.
        pub content: String = "content" declared,
    }
}

object! {
    /// A short text for the user's screen (`system` / `notification`, CLI 2.1.329).
    pub struct ScreenNotification {
        /// Identifies the text; a new one with the same key replaces it.
        pub key: String = "key",
        /// The text.
        pub text: String = "text",
        /// How urgent it is.
        pub priority: NotificationPriority = "priority",
        /// The colour to show it in.
        pub color: Option<String> = "color" declared,
        /// How long to show it, in milliseconds.
        pub timeout_ms: Option<f64> = "timeout_ms" declared,
    }
}

open_enum! {
    /// How urgent a notification is (`priority` of a notification).
    pub enum NotificationPriority {
        Low = "low",
        Medium = "medium",
        High = "high",
        Immediate = "immediate",
    }
}

object! {
    /// A tool call was denied without a question (`system` / `permission_denied`, CLI 2.1.329). Not
    /// sent for every denial; the list of `permission_denials` in the result is complete.
    pub struct PermissionDeniedNotice {
        /// The tool.
        pub tool_name: String = "tool_name",
        /// The call.
        pub tool_use_id: String = "tool_use_id",
        /// The sub-agent.
        pub agent_id: Option<String> = "agent_id" declared,
        /// The kind of reason, an open set.
        pub decision_reason_type: Option<String> = "decision_reason_type" v2_1_332,
        /// The reason.
        pub decision_reason: Option<String> = "decision_reason" v2_1_332,
        /// The text that the model received.
        pub message: String = "message",
        /// A code for the reason.
        pub decision_reason_code: Option<DecisionReasonCode> = "decision_reason_code" v2_1_332,
    }
}

object! {
    /// The new list of slash commands (`system` / `commands_changed`, CLI 2.1.329, declared, not
    /// seen).
    pub struct CommandsChanged {
        /// The whole list.
        pub commands: Vec<SlashCommand> = "commands" required declared,
    }
}

object! {
    /// The user has finished an elicitation at a URL (`system` / `elicitation_complete`, CLI
    /// 2.1.329, declared, not seen).
    pub struct ElicitationComplete {
        /// The MCP server that asked.
        pub mcp_server_name: String = "mcp_server_name" declared,
        /// The elicitation.
        pub elicitation_id: String = "elicitation_id" declared,
    }
}

object! {
    /// The CLI stopped the turn for a prompt that came right after it (`system` / `turn_preempted`,
    /// CLI 2.1.329, declared, not seen). Comes before the result of the stopped turn.
    pub struct TurnPreempted {
        /// Why, such as `rapid_followup`; an open set.
        pub reason: String = "reason" declared,
        /// The prompt that runs next, by the uuid its sender gave it.
        pub preempted_by_uuid: String = "preempted_by_uuid" declared,
        /// The prompts of the stopped turn, by the uuids their sender gave them.
        pub preempted_message_uuids: Vec<String> = "preempted_message_uuids" required declared,
    }
}

object! {
    /// A tool call waits for its automatic check (`system` / `permission_check_status`, CLI
    /// 2.1.329, declared, not seen).
    pub struct PermissionCheckStatus {
        /// The call.
        pub tool_use_id: String = "tool_use_id" declared,
        /// The sub-agent that called.
        pub agent_id: Option<String> = "agent_id" declared,
        /// Whether it is still waiting.
        pub status: PermissionCheck = "status" declared,
    }
}

open_enum! {
    /// Whether a call waits for its check (`status` of a `permission_check_status`).
    pub enum PermissionCheck {
        Checking = "checking",
        Done = "done",
    }
}

object! {
    /// The effort is not sent with each turn any more (`system` / `per_turn_effort_changed`, CLI
    /// 2.1.329, declared, not seen).
    pub struct PerTurnEffortChanged {
        /// Always false; only `init` reports that it is on.
        pub per_turn_effort_active: bool = "per_turn_effort_active" declared,
    }
}

object! {
    /// The files of instructions are longer than recommended (`system` /
    /// `instruction_size_warning`, CLI 2.1.329, declared, not seen).
    pub struct InstructionSizeWarning {
        /// How long they are together, in characters.
        pub total_chars: u64 = "total_chars" declared,
        /// The recommended limit, in characters.
        pub total_limit_chars: u64 = "total_limit_chars" declared,
        /// How many files that is.
        pub file_count: u64 = "file_count" declared,
        /// The length of the largest, in characters, if it alone is over the limit.
        pub largest_chars: Option<u64> = "largest_chars" declared,
    }
}

object! {
    /// Files of a prompt did not arrive (`system` / `file_attachments_missing`, CLI 2.1.329,
    /// declared, not seen). The turn continues without them.
    pub struct FileAttachmentsMissing {
        /// The prompt, by the uuid its sender gave it.
        pub message_uuid: String = "message_uuid" declared,
        /// How many files the prompt named.
        pub sent_count: u64 = "sent_count" declared,
        /// The files that did not arrive.
        pub missing: Vec<MissingFile> = "missing" required declared,
    }
}

object! {
    /// A file that did not arrive (an item of `missing`, CLI 2.1.329, declared, not seen).
    pub struct MissingFile {
        /// The file.
        pub file_uuid: String = "file_uuid" declared,
        /// Why, such as `download` or `too_large`; an open set.
        pub reason: String = "reason" declared,
    }
}

object! {
    /// A draft of feedback was written to disk (`system` / `feedback_draft_queued`, CLI 2.1.329,
    /// declared, not seen). Nothing is sent without the user's consent.
    pub struct FeedbackDraftQueued {
        /// The draft.
        pub draft_id: String = "draft_id" declared,
        /// Its category.
        pub draft_type: FeedbackDraft = "draft_type" declared,
        /// Its title.
        pub title: String = "title" declared,
        /// The beginning of its text.
        pub details_preview: String = "details_preview" declared,
    }
}

open_enum! {
    /// The category of a draft of feedback (`draft_type`).
    pub enum FeedbackDraft {
        Bug = "bug",
        Idea = "idea",
        MissingCapability = "missing_capability",
    }
}
