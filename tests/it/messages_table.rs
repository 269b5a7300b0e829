//! Every kind of message that the CLI declares or was seen to send has its own type.

use claude_wire::wire::stream::ApiEvent;
use claude_wire::wire::{Body, Frame, Message, System};

/// The rows of the CLI's table: `type`, `subtype` and the name of the type here.
const DECLARED: &[(&str, &str, &str)] = &[
    ("assistant", "", "Assistant"),
    ("user", "", "User"),
    ("user", "isReplay", "User"),
    ("result", "success", "Result"),
    ("result", "error_during_execution", "Result"),
    ("result", "error_max_turns", "Result"),
    ("result", "error_max_budget_usd", "Result"),
    ("result", "error_max_structured_output_retries", "Result"),
    ("system", "init", "Init"),
    ("stream_event", "", "StreamEvent"),
    ("system", "compact_boundary", "CompactBoundary"),
    ("system", "status", "Status"),
    ("system", "api_retry", "ApiRetry"),
    ("system", "control_request_progress", "ControlRequestProgress"),
    ("system", "model_refusal_fallback", "ModelRefusalFallback"),
    ("system", "model_refusal_no_fallback", "ModelRefusalNoFallback"),
    ("system", "local_command_output", "LocalCommandOutput"),
    ("system", "hook_started", "HookStarted"),
    ("system", "hook_progress", "HookProgress"),
    ("system", "hook_response", "HookResponse"),
    ("system", "plugin_install", "PluginInstall"),
    ("tool_progress", "", "ToolProgress"),
    ("auth_status", "", "AuthStatus"),
    ("system", "task_notification", "TaskNotification"),
    ("system", "task_started", "TaskStarted"),
    ("system", "task_updated", "TaskUpdated"),
    ("system", "task_progress", "TaskProgress"),
    ("system", "background_tasks_changed", "BackgroundTasksChanged"),
    ("system", "thinking_tokens", "ThinkingTokens"),
    ("system", "session_state_changed", "SessionStateChanged"),
    ("system", "worker_shutting_down", "WorkerShuttingDown"),
    ("system", "commands_changed", "CommandsChanged"),
    ("system", "notification", "Notification"),
    ("system", "files_persisted", "FilesPersisted"),
    ("tool_use_summary", "", "ToolUseSummary"),
    ("system", "memory_recall", "MemoryRecall"),
    ("rate_limit_event", "", "RateLimitEvent"),
    ("system", "elicitation_complete", "ElicitationComplete"),
    ("system", "permission_denied", "PermissionDenied"),
    ("prompt_suggestion", "", "PromptSuggestion"),
    ("system", "mirror_error", "MirrorError"),
    ("system", "informational", "Informational"),
    ("conversation_reset", "", "ConversationReset"),
    ("system", "session_writes_lost", "SessionWritesLost"),
    ("active_goal", "", "ActiveGoal"),
    ("control_request", "", "Request"),
    ("control_response", "", "Response"),
    ("control_cancel_request", "", "Cancel"),
    ("keep_alive", "", "KeepAlive"),
    ("transcript_mirror", "", "TranscriptMirror"),
    ("autocompact_state", "", "AutocompactState"),
    ("system", "post_turn_summary", "PostTurnSummary"),
    ("system", "task_summary", "TaskSummary"),
    ("system", "session_metadata", "SessionMetadata"),
    ("system", "session_title_changed", "SessionTitleChanged"),
    ("system", "ui_invalidate", "UiInvalidate"),
    ("command_lifecycle", "", "CommandLifecycle"),
    ("system", "task_list_statuses", "TaskListStatuses"),
    ("system", "vcs_state_changed", "VcsStateChanged"),
    ("system", "code_change_published", "CodeChangePublished"),
    ("system", "shell_cwd", "ShellCwd"),
    ("system", "dev_intent", "DevIntent"),
    ("system", "peer_message_hold", "PeerMessageHold"),
    ("system", "turn_preempted", "TurnPreempted"),
    ("system", "permission_check_status", "PermissionCheckStatus"),
    ("system", "per_turn_effort_changed", "PerTurnEffortChanged"),
    ("system", "instruction_size_warning", "InstructionSizeWarning"),
    ("system", "file_attachments_missing", "FileAttachmentsMissing"),
    ("system", "feedback_draft_queued", "FeedbackDraftQueued"),
    ("system", "cloud_session_delta", "CloudSessionDelta"),
    ("system", "inherited_asks_settled", "InheritedAsksSettled"),
    ("system", "late_allow_not_run", "LateAllowNotRun"),
    ("system", "turn_handoff_available", "TurnHandoffAvailable"),
    ("system", "ui_log", "UiLog"),
    ("system", "ui_status", "UiStatus"),
    ("system", "ui_toast", "UiToast"),
    ("system", "ui_notify", "UiNotify"),
    ("system", "ui_notify_cancel", "UiNotifyCancel"),
    ("system", "ui_panes", "UiPanes"),
    ("system", "ui_placed", "UiPlaced"),
    ("system", "ui_focus", "UiFocus"),
    ("system", "ui_scroll", "UiScroll"),
];

/// Kinds seen on the wire that the table does not declare.
const SEEN: &[(&str, &str, &str)] = &[("system", "model_fallback", "ModelFallback")];

#[test]
fn every_row_has_its_type() {
    assert_eq!(DECLARED.len(), 82);
    for (kind, subtype, expected) in DECLARED.iter().chain(SEEN) {
        let line = match *subtype {
            "" => format!(r#"{{"type":"{kind}"}}"#),
            "isReplay" => format!(
                r#"{{"type":"{kind}","isReplay":true,"message":{{"role":"user","content":"x"}}}}"#
            ),
            subtype => format!(r#"{{"subtype":"{subtype}","type":"{kind}"}}"#),
        };
        let message = Message::new(Frame::parse(line).unwrap());
        assert_eq!(variant(message.body()), *expected, "{kind} {subtype}");
        if let Some(system) = message.as_system() {
            assert_eq!(system.subtype(), Some(*subtype));
        }
    }
}

#[test]
fn every_stream_event_has_its_type() {
    for name in [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
        "ping",
    ] {
        let message = Message::new(
            Frame::parse(format!(r#"{{"type":"stream_event","event":{{"type":"{name}"}}}}"#))
                .unwrap(),
        );
        let event = &message.as_stream_event().unwrap().event;
        assert!(!matches!(event, ApiEvent::Unknown(_)), "{name}");
        assert_eq!(event.event_type(), name);
    }
}

#[test]
fn a_future_kind_is_kept() {
    for (line, expected) in [
        (r#"{"type":"hologram","depth":3}"#, "Unknown"),
        (r#"{"type":"system","subtype":"quantum_flux","depth":3}"#, "Unknown system"),
    ] {
        let message = Message::new(Frame::parse(line).unwrap());
        assert_eq!(variant(message.body()), expected);
        assert_eq!(message.frame().field("depth").unwrap().text(), "3");
        assert_eq!(message.defects(), []);
    }
}

/// The name of the variant, with which the `Debug` output begins.
fn variant(body: &Body) -> String {
    let debug = match body {
        Body::System(System::Unknown { .. }) => return "Unknown system".into(),
        Body::System(system) => format!("{system:?}"),
        Body::Control(control) => format!("{control:?}"),
        body => format!("{body:?}"),
    };
    debug.split(|char: char| !char.is_alphanumeric()).next().unwrap_or_default().into()
}
