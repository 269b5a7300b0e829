//! The neutral view used by conformance checks, built from this crate's types.

use claude_wire::wire::control::ControlFrame;
use claude_wire::wire::message::UserContent;
use claude_wire::wire::system::tasks::TaskStatus;
use claude_wire::wire::{Body, ContentBlock, Frame, Message, RawJson, System};
use serde_json::{Map, Value, json};

/// The view of a message.
pub fn message(message: &Message) -> Value {
    let mut view = match message.body() {
        Body::Assistant(body) => json!({
            "kind": "assistant",
            "content": body.message.content.iter().map(block).collect::<Vec<_>>(),
            "model": body.message.model,
            "message_id": body.message.id,
            "stop_reason": body.message.stop_reason.as_ref().map(|reason| reason.as_str()),
            "usage": body.message.usage.as_ref().map(|usage| raw(&usage.raw)),
            "error": body.error.as_ref().map(|error| error.as_str()),
            "parent_tool_use_id": body.parent_tool_use_id,
            "request_id": body.request_id,
            "aborted": body.aborted,
            "supersedes": body.supersedes,
            "user_message_uuid": body.user_message_uuid,
            "user_message_uuids": body.user_message_uuids,
        }),
        Body::User(body) => json!({
            "kind": "user",
            "content": match &body.message.content {
                UserContent::Blocks(blocks) => Some(blocks.iter().map(block).collect::<Vec<_>>()),
                _ => None,
            },
            "content_text": match &body.message.content {
                UserContent::Text(text) => Some(text),
                _ => None,
            },
            "parent_tool_use_id": body.parent_tool_use_id,
            "tool_use_result": body.tool_use_result.as_ref().map(raw),
            "origin": body.origin.as_ref().map(|origin| raw(&origin.raw)),
            "is_replay": body.is_replay,
            "is_synthetic": body.is_synthetic,
        }),
        Body::System(body) => system(body),
        Body::Result(body) => json!({
            "kind": "result",
            "subtype": word(body.subtype.as_str()),
            "is_error": body.is_error,
            "failed": body.failed(),
            "error_text": body.error_text(),
            "duration_ms": body.duration_ms,
            "duration_api_ms": body.duration_api_ms,
            "num_turns": body.num_turns,
            "result": body.result,
            "stop_reason": body.stop_reason.as_ref().map(|reason| reason.as_str()),
            "total_cost_usd": body.total_cost_usd,
            "usage": body.usage.as_ref().map(|usage| raw(&usage.raw)),
            "model_usage": body.model_usage.iter().map(|(model, usage)| (model.clone(), raw(&usage.raw))).collect::<Map<_, _>>(),
            "permission_denials": body.permission_denials.iter().map(|denial| raw(&denial.raw)).collect::<Vec<_>>(),
            "structured_output": body.structured_output.as_ref().map(raw),
            "errors": body.errors.iter().filter(|error| !error.trim().is_empty()).collect::<Vec<_>>(),
            "api_error_status": body.api_error_status,
            "terminal_reason": body.terminal_reason.as_ref().map(|reason| reason.as_str()),
            "origin": body.origin.as_ref().map(|origin| raw(&origin.raw)),
            "user_message_uuid": body.user_message_uuid,
            "user_message_uuids": body.user_message_uuids,
            "deferred_tool_use": body.deferred_tool_use.as_ref().map(|deferred| raw(&deferred.raw)),
        }),
        Body::StreamEvent(body) => json!({
            "kind": "stream_event",
            "event": message.frame().field("event").as_ref().map(raw),
            "event_type": word(body.event.event_type()),
            "parent_tool_use_id": body.parent_tool_use_id,
        }),
        Body::RateLimitEvent(body) => json!({
            "kind": "rate_limit_event",
            "status": word(body.info.status.as_str()),
            "resets_at": body.info.resets_at,
            "rate_limit_type": body.info.rate_limit_type.as_ref().map(|kind| kind.as_str()),
            "utilization": body.info.utilization,
            "overage_status": body.info.overage_status.as_ref().map(|status| status.as_str()),
            "overage_resets_at": body.info.overage_resets_at,
            "overage_disabled_reason": body.info.overage_disabled_reason.as_ref().map(|reason| reason.as_str()),
            "info": raw(&body.info.raw),
        }),
        Body::ConversationReset(body) => json!({
            "kind": "conversation_reset",
            "new_conversation_id": word(&body.new_conversation_id),
            "trigger": body.trigger.as_ref().map(|trigger| trigger.as_str()),
            "user_message_uuid": body.user_message_uuid,
        }),
        Body::ToolProgress(body) => json!({
            "kind": "tool_progress",
            "tool_use_id": word(&body.tool_use_id),
            "tool_name": word(&body.tool_name),
            "elapsed_time_seconds": body.elapsed_time_seconds,
            "parent_tool_use_id": body.parent_tool_use_id,
        }),
        Body::ToolUseSummary(body) => json!({
            "kind": "tool_use_summary",
            "summary": body.summary,
            "preceding_tool_use_ids": body.preceding_tool_use_ids,
        }),
        Body::AuthStatus(body) => json!({
            "kind": "auth_status",
            "is_authenticating": body.is_authenticating,
            "output": body.output,
            "error": body.error,
        }),
        Body::PromptSuggestion(body) => {
            json!({ "kind": "prompt_suggestion", "suggestion": body.suggestion })
        }
        Body::ActiveGoal(body) => {
            json!({ "kind": "active_goal", "value": body.value.as_ref().map(|goal| raw(&goal.raw)) })
        }
        _ => json!({ "kind": "unknown", "type": message.frame().kind_name() }),
    };
    view["raw"] = raw(&message.frame().json());
    view["uuid"] = json!(message.uuid());
    view["session_id"] = json!(message.session_id());
    view
}

/// The view of a control frame.
pub fn control(control: &ControlFrame, frame: &Frame) -> Value {
    let mut view = match control {
        ControlFrame::Request(request) => json!({
            "kind": "control_request",
            "request_id": request.request_id.as_ref().map(raw),
            "subtype": word(&request.subtype),
            "request": raw(&request.request),
        }),
        ControlFrame::Response(response) => json!({
            "kind": "control_response",
            "request_id": response.request_id.as_ref().map(raw),
            "ok": response.result.is_ok(),
            "response": response.result.as_ref().ok().and_then(|body| body.as_ref().map(raw)),
            "error": response.result.as_ref().err().map(|failure| &failure.error),
        }),
        ControlFrame::Cancel(cancel) => {
            json!({ "kind": "control_cancel_request", "request_id": cancel.request_id.as_ref().map(raw) })
        }
        ControlFrame::KeepAlive(_) => json!({ "kind": "keep_alive" }),
        ControlFrame::TranscriptMirror(mirror) => json!({
            "kind": "transcript_mirror",
            "file_path": word(&mirror.file_path),
            "entries": mirror.entries.iter().map(raw).collect::<Vec<_>>(),
        }),
        _ => json!({}),
    };
    view["raw"] = raw(&frame.json());
    view
}

fn system(body: &System) -> Value {
    let mut view = match body {
        System::Init(init) => json!({
            "model": word(&init.model),
            "cwd": word(&init.cwd),
            "tools": init.tools,
            "mcp_servers": init.mcp_servers.iter().map(|server| raw(&server.raw)).collect::<Vec<_>>(),
            "permission_mode": word(init.permission_mode.as_str()),
            "claude_code_version": word(&init.claude_code_version),
            "capabilities": init.capabilities,
        }),
        System::TaskStarted(started) => json!({
            "task_id": word(&started.task_id),
            "description": started.description,
            "tool_use_id": started.tool_use_id,
            "task_type": started.task_type,
            "terminal": false,
        }),
        System::TaskProgress(progress) => json!({
            "task_id": word(&progress.task_id),
            "description": progress.description,
            "tool_use_id": progress.tool_use_id,
            "usage": progress.usage.as_ref().map(|usage| raw(&usage.raw)),
            "last_tool_name": progress.last_tool_name,
            "summary": progress.summary,
            "terminal": false,
        }),
        System::TaskNotification(notification) => {
            let (status, terminal) = task(Some(&notification.status));
            json!({
                "task_id": word(&notification.task_id),
                "tool_use_id": notification.tool_use_id,
                "status": status,
                "terminal": terminal,
                "output_file": notification.output_file,
                "summary": notification.summary,
                "usage": notification.usage.as_ref().map(|usage| raw(&usage.raw)),
            })
        }
        System::TaskUpdated(updated) => {
            let (status, terminal) = task(updated.patch.status.as_ref());
            json!({ "task_id": word(&updated.task_id), "patch": raw(&updated.patch.raw), "status": status, "terminal": terminal })
        }
        System::HookStarted(hook) => hook_view(&hook.hook_event, &hook.hook_name, &hook.hook_id),
        System::HookProgress(hook) => hook_view(&hook.hook_event, &hook.hook_name, &hook.hook_id),
        System::HookResponse(hook) => {
            let mut view = hook_view(&hook.hook_event, &hook.hook_name, &hook.hook_id);
            view["hook_outcome"] = json!(word(hook.outcome.as_str()));
            view["exit_code"] = json!(hook.exit_code);
            view
        }
        System::SessionStateChanged(changed) => {
            json!({ "state": word(changed.state.as_str()), "host_only": changed.sdk_host_only })
        }
        System::ApiRetry(retry) => json!({
            "attempt": retry.attempt,
            "max_retries": retry.max_retries,
            "retry_delay_ms": retry.retry_delay_ms,
            "error_status": retry.error_status,
            "error": word(retry.error.as_str()),
        }),
        _ => json!({}),
    };
    view["kind"] = json!("system");
    view["subtype"] = json!(body.subtype());
    view
}

fn task(status: Option<&TaskStatus>) -> (Option<&str>, bool) {
    (status.map(TaskStatus::as_str).and_then(word), status.is_some_and(TaskStatus::is_terminal))
}

fn hook_view(event: &str, name: &str, id: &str) -> Value {
    json!({ "hook_event": word(event), "hook_name": word(name), "hook_id": word(id) })
}

fn block(block: &ContentBlock) -> Value {
    let mut view = match block {
        ContentBlock::Text(block) => json!({ "kind": "text", "text": block.text }),
        ContentBlock::Thinking(block) => {
            json!({ "kind": "thinking", "thinking": block.thinking, "signature": block.signature })
        }
        ContentBlock::RedactedThinking(block) => {
            json!({ "kind": "redacted_thinking", "data": block.data })
        }
        ContentBlock::ToolUse(block) => {
            json!({ "kind": "tool_use", "id": word(&block.id), "name": word(&block.name), "input": block.input.as_ref().map(raw) })
        }
        ContentBlock::ToolResult(block) => json!({
            "kind": "tool_result",
            "tool_use_id": word(&block.tool_use_id),
            "content": block.content.as_ref().map(raw),
            "is_error": block.is_error,
        }),
        ContentBlock::ServerToolUse(block) => json!({
            "kind": "server_tool_use",
            "id": word(&block.id),
            "name": word(&block.name),
            "server_name": block.server_name,
            "input": block.input.as_ref().map(raw),
        }),
        ContentBlock::ServerToolResult(block) => json!({
            "kind": "server_tool_result",
            "result_type": block.result_type,
            "tool_use_id": word(&block.tool_use_id),
            "content": block.content.as_ref().map(raw),
            "is_error": block.is_error,
        }),
        ContentBlock::Image(block) => {
            json!({ "kind": "image", "source": block.source.as_ref().map(raw) })
        }
        ContentBlock::Document(block) => {
            json!({ "kind": "document", "source": block.source.as_ref().map(raw) })
        }
        ContentBlock::Unknown(block) => {
            json!({ "kind": "unknown", "block_type": block.block_type })
        }
        _ => json!({ "kind": "invalid" }),
    };
    view["raw"] = raw(block.raw());
    view
}

/// `null` for input that `serde_json` does not parse, such as a nesting deeper than 127.
fn raw(value: &RawJson) -> Value {
    value.to_value().unwrap_or_default()
}

/// An identifier that is missing on the wire is empty in the typed layer and absent in the view.
fn word(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}
