//! Hooks of four kinds are called in order, and their answers take effect.

use std::sync::{Arc, Mutex};

use claude_wire::lab::{ApiReply, ApiScript};
use serde_json::{Value, json};

use crate::support::{finish, place};

pub(crate) async fn run() {
    let script = ApiScript::new()
        .on_prompt(
            "List",
            [ApiReply::tool_use("Bash", json!({"command": "echo hi"})), ApiReply::text("Listed.")],
        )
        .on_prompt(
            "Remove",
            [
                ApiReply::tool_use("Bash", json!({"command": "rm -rf nope"})),
                ApiReply::text("I was kept from it."),
            ],
        );
    let place = place(script).await;
    let events = ["PreToolUse", "PostToolUse", "UserPromptSubmit", "Stop"];
    let hooks: Value = events
        .iter()
        .map(|event| (event.to_string(), json!([{"hookCallbackIds": [event]}])))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let called = Arc::new(Mutex::new(Vec::new()));
    let seen = called.clone();
    let session = place
        .session()
        .allowed_tools(["Bash"])
        .initialize_field("hooks", hooks)
        .on_request("hook_callback", move |request| {
            let body = request.body().to_value().unwrap();
            let event = body["input"]["hook_event_name"].as_str().unwrap().to_owned();
            assert_eq!(body["callback_id"], *event);
            let forbidden = body["input"]["tool_input"]["command"].as_str().is_some_and(|command| command.contains("nope"));
            let answer = match &*event {
                "PreToolUse" if forbidden => json!({"hookSpecificOutput": {"hookEventName": "PreToolUse", "permissionDecision": "deny",
                    "permissionDecisionReason": "too dangerous"}}),
                "UserPromptSubmit" => json!({"hookSpecificOutput": {"hookEventName": "UserPromptSubmit", "additionalContext": "The host was here."}}),
                _ => json!({}),
            };
            seen.lock().unwrap().push(event);
            async { Ok(answer) }
        })
        .start()
        .unwrap();
    assert_eq!(session.query("List").text().await.unwrap(), "Listed.");
    assert_eq!(
        std::mem::take(&mut *called.lock().unwrap()),
        ["UserPromptSubmit", "PreToolUse", "PostToolUse", "Stop"]
    );

    let summary = session.query("Remove").collect_summary().await.unwrap();
    assert_eq!(summary.text(), "I was kept from it.");
    assert_eq!(*called.lock().unwrap(), ["UserPromptSubmit", "PreToolUse", "Stop"]);
    assert_eq!(summary.result.permission_denials.len(), 1);

    let requests = place.api().requests();
    assert!(requests[0].body().to_string().contains("The host was here."));
    let refused = &requests[3].tool_results()[0];
    assert!(refused.is_error && refused.text.contains("too dangerous"), "{refused:?}");
    assert!(finish(session, place).await.success());
}
