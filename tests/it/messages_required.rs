//! A missing field that the published types always have is listed, for every kind of message.

use claude_wire::wire::{Frame, Message};
use serde_json::{Value, json};

/// Each kind with all its required fields, as paths, except `uuid` and `session_id`, which belong
/// to the frame.
///
/// Also excluded, because lines without them always counted as complete: what a `result` adds to
/// its outcome (`result`, `usage`, `permission_denials` ...), the description of a `task_started`,
/// the usage of a `task_progress`, the counts of a `usage`.
fn kinds() -> Vec<(Value, Vec<&'static str>)> {
    let system = |subtype: &str, mut fields: Value| {
        let object = fields.as_object_mut().unwrap();
        object.insert("type".into(), "system".into());
        object.insert("subtype".into(), subtype.into());
        fields
    };
    let message = json!({"model": "m", "content": [{"type": "text", "text": "a"}], "usage": {}});
    vec![
        (
            json!({"type": "assistant", "message": message}),
            vec!["message", "message/model", "message/content", "message/content/0/text"],
        ),
        (
            json!({"type": "user", "message": {"role": "user", "content": "a"}}),
            vec!["message", "message/content"],
        ),
        (
            json!({"type": "result", "subtype": "success", "is_error": false, "duration_ms": 1, "duration_api_ms": 1, "num_turns": 1,
                "session_id": "s"}),
            vec!["is_error", "duration_ms", "duration_api_ms", "num_turns", "session_id"],
        ),
        (
            json!({"type": "stream_event", "event": {"type": "message_start", "message": {"model": "m", "content": []}}}),
            vec!["event", "event/message", "event/message/model", "event/message/content"],
        ),
        (
            json!({"type": "stream_event", "event": {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "a"}}}),
            vec!["event/index", "event/delta", "event/delta/text"],
        ),
        (
            json!({"type": "tool_progress", "tool_use_id": "t", "tool_name": "Bash", "elapsed_time_seconds": 1}),
            vec!["tool_use_id", "tool_name", "elapsed_time_seconds"],
        ),
        (
            json!({"type": "tool_use_summary", "summary": "a", "preceding_tool_use_ids": []}),
            vec!["summary", "preceding_tool_use_ids"],
        ),
        (
            json!({"type": "auth_status", "isAuthenticating": true, "output": []}),
            vec!["isAuthenticating", "output"],
        ),
        (json!({"type": "prompt_suggestion", "suggestion": "a"}), vec!["suggestion"]),
        (
            json!({"type": "rate_limit_event", "rate_limit_info": {"status": "allowed"}}),
            vec!["rate_limit_info", "rate_limit_info/status"],
        ),
        (
            json!({"type": "conversation_reset", "new_conversation_id": "i"}),
            vec!["new_conversation_id"],
        ),
        (
            json!({"type": "active_goal", "value": {"condition": "c", "iterations": 1, "set_at": 1, "tokens_at_start": 1}}),
            vec!["value/condition", "value/iterations", "value/set_at", "value/tokens_at_start"],
        ),
        (
            json!({"type": "command_lifecycle", "command_uuid": "u", "state": "queued"}),
            vec!["command_uuid", "state"],
        ),
        (
            json!({"type": "transcript_mirror", "filePath": "/f", "entries": []}),
            vec!["filePath", "entries"],
        ),
        (
            system(
                "init",
                json!({"apiKeySource": "none", "claude_code_version": "2.1.332", "cwd": "/w", "tools": [],
                "mcp_servers": [{"name": "s", "status": "connected"}], "model": "m", "permissionMode": "default", "slash_commands": [],
                "output_style": "default", "skills": [], "plugins": [{"name": "p", "path": "/p"}]}),
            ),
            vec![
                "apiKeySource",
                "claude_code_version",
                "cwd",
                "tools",
                "mcp_servers",
                "mcp_servers/0/name",
                "mcp_servers/0/status",
                "model",
                "permissionMode",
                "slash_commands",
                "output_style",
                "skills",
                "plugins",
                "plugins/0/name",
                "plugins/0/path",
            ],
        ),
        (
            system(
                "compact_boundary",
                json!({"compact_metadata": {"trigger": "auto", "pre_tokens": 1}}),
            ),
            vec!["compact_metadata", "compact_metadata/trigger", "compact_metadata/pre_tokens"],
        ),
        (
            system(
                "api_retry",
                json!({"attempt": 1, "max_retries": 2, "retry_delay_ms": 3, "error_status": null, "error": "unknown"}),
            ),
            vec!["attempt", "max_retries", "retry_delay_ms", "error"],
        ),
        (
            system("control_request_progress", json!({"request_id": "r", "status": "started"})),
            vec!["request_id", "status"],
        ),
        (
            system(
                "model_refusal_fallback",
                json!({"trigger": "refusal", "direction": "retry", "original_model": "a", "fallback_model": "b",
                "request_id": null, "content": "c"}),
            ),
            vec!["trigger", "direction", "original_model", "fallback_model", "content"],
        ),
        (
            system(
                "model_refusal_no_fallback",
                json!({"original_model": "a", "request_id": null, "content": "c"}),
            ),
            vec!["original_model", "content"],
        ),
        (system("local_command_output", json!({"content": "c"})), vec!["content"]),
        (
            system("hook_started", json!({"hook_id": "h", "hook_name": "n", "hook_event": "Stop"})),
            vec!["hook_id", "hook_name", "hook_event"],
        ),
        (
            system(
                "hook_progress",
                json!({"hook_id": "h", "hook_name": "n", "hook_event": "Stop", "stdout": "", "stderr": "", "output": ""}),
            ),
            vec!["hook_id", "hook_name", "hook_event", "stdout", "stderr", "output"],
        ),
        (
            system(
                "hook_response",
                json!({"hook_id": "h", "hook_name": "n", "hook_event": "Stop", "stdout": "", "stderr": "", "output": "",
                "outcome": "success"}),
            ),
            vec!["hook_id", "hook_name", "hook_event", "stdout", "stderr", "output", "outcome"],
        ),
        (system("plugin_install", json!({"status": "started"})), vec!["status"]),
        (
            system(
                "task_notification",
                json!({"task_id": "t", "status": "completed", "output_file": "", "summary": ""}),
            ),
            vec!["task_id", "status", "output_file", "summary"],
        ),
        (system("task_started", json!({"task_id": "t"})), vec!["task_id"]),
        (system("task_updated", json!({"task_id": "t", "patch": {}})), vec!["task_id", "patch"]),
        (
            system("task_progress", json!({"task_id": "t", "description": "d"})),
            vec!["task_id", "description"],
        ),
        (
            system(
                "background_tasks_changed",
                json!({"tasks": [{"task_id": "t", "task_type": "local_bash", "description": "d"}]}),
            ),
            vec!["tasks", "tasks/0/task_id", "tasks/0/task_type", "tasks/0/description"],
        ),
        (
            system("thinking_tokens", json!({"estimated_tokens": 1, "estimated_tokens_delta": 1})),
            vec!["estimated_tokens", "estimated_tokens_delta"],
        ),
        (system("session_state_changed", json!({"state": "idle"})), vec!["state"]),
        (system("worker_shutting_down", json!({"reason": "host_exit"})), vec!["reason"]),
        (
            system(
                "commands_changed",
                json!({"commands": [{"name": "c", "description": "d", "argumentHint": ""}]}),
            ),
            vec!["commands", "commands/0/name"],
        ),
        (
            system("notification", json!({"key": "k", "text": "t", "priority": "low"})),
            vec!["key", "text", "priority"],
        ),
        (
            system(
                "files_persisted",
                json!({"files": [{"filename": "f", "file_id": "i"}], "failed": [{"filename": "f", "error": "e"}],
                "processed_at": "now"}),
            ),
            vec![
                "files",
                "files/0/filename",
                "files/0/file_id",
                "failed",
                "failed/0/filename",
                "failed/0/error",
                "processed_at",
            ],
        ),
        (
            system(
                "memory_recall",
                json!({"mode": "select", "memories": [{"path": "/p", "scope": "personal"}]}),
            ),
            vec!["mode", "memories", "memories/0/path", "memories/0/scope"],
        ),
        (
            system("elicitation_complete", json!({"mcp_server_name": "s", "elicitation_id": "e"})),
            vec!["mcp_server_name", "elicitation_id"],
        ),
        (
            system(
                "permission_denied",
                json!({"tool_name": "Bash", "tool_use_id": "t", "message": "m"}),
            ),
            vec!["tool_name", "tool_use_id", "message"],
        ),
        (
            system(
                "mirror_error",
                json!({"error": "e", "key": {"projectKey": "p", "sessionId": "s"}}),
            ),
            vec!["error", "key", "key/projectKey", "key/sessionId"],
        ),
        (
            system("informational", json!({"content": "c", "level": "info"})),
            vec!["content", "level"],
        ),
        (
            system("session_writes_lost", json!({"error_code": "ENOSPC", "lost": ["transcript"]})),
            vec!["error_code", "lost"],
        ),
    ]
}

fn defects(line: &Value) -> Vec<String> {
    let message = Message::new(Frame::parse(line.to_string()).unwrap());
    message.defects().iter().map(|defect| defect.path().to_owned()).collect()
}

/// `message/content/0/text` in the notation of defects.
fn shown(path: &str) -> String {
    let mut shown = String::new();
    for part in path.split('/') {
        match part.parse::<usize>() {
            Ok(index) => shown.push_str(&format!("[{index}]")),
            Err(_) if shown.is_empty() => shown.push_str(part),
            Err(_) => shown.push_str(&format!(".{part}")),
        }
    }
    shown
}

#[test]
fn a_complete_line_has_no_defect() {
    for (line, _) in kinds() {
        assert_eq!(defects(&line), [""; 0], "{line}");
    }
}

#[test]
fn each_required_field_is_listed_when_it_is_missing_or_null() {
    let mut failures = Vec::new();
    for (line, paths) in kinds() {
        for path in paths {
            let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
            let parent = if parent.is_empty() { String::new() } else { format!("/{parent}") };
            let mut without = line.clone();
            without.pointer_mut(&parent).unwrap().as_object_mut().unwrap().remove(name).unwrap();
            let mut null = line.clone();
            null.pointer_mut(&parent).unwrap()[name] = Value::Null;
            for changed in [without, null] {
                let found = defects(&changed);
                if found != [shown(path)] {
                    failures.push(format!("{path}: {found:?} in {changed}"));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn optional_fields_are_not_listed() {
    for line in [
        json!({"type": "assistant", "message": {"model": "m", "content": []}}),
        json!({"type": "result", "subtype": "success", "is_error": false, "duration_ms": 1, "duration_api_ms": 1, "num_turns": 1,
            "session_id": "s", "usage": {}, "modelUsage": {}}),
        json!({"type": "stream_event", "event": {"type": "message_stop"}}),
        json!({"type": "system", "subtype": "status", "status": null}),
        json!({"type": "active_goal", "value": null}),
        json!({"type": "autocompact_state"}),
        json!({"type": "keep_alive"}),
        json!({"type": "a_future_type"}),
        json!({"type": "system", "subtype": "a_future_subtype"}),
    ] {
        assert_eq!(defects(&line), [""; 0], "{line}");
    }
}
