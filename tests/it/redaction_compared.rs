//! A recording that was redacted replays to the program that it was made of: what the recorder
//! replaces, a replay does not compare literally. What it keeps is compared.
#![cfg(feature = "session")]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use claude_wire::Replay;
use claude_wire::recording::{EventKind, Recording, scrub};
use serde_json::{Value, json};

use crate::launch_support::{Played, launched, played};

const RESULT: &str = r#"{"type":"result","subtype":"success","is_error":false}"#;

/// A host that writes these lines, each before an output, and then ends its input.
fn recorded(argv: &[&str], exchange: &[(String, Option<String>)]) -> Recording {
    let mut events = String::new();
    for (line, out) in exchange {
        events.push_str(&in_event(line));
        if let Some(out) = out {
            events.push_str(&format!("{{\"us\":1,\"out\":{out}}}\n"));
        }
    }
    events.push_str(r#"{"us":1,"eof":"in"}"#);
    events.push('\n');
    events
        .push_str(&format!("{{\"us\":1,\"out\":{RESULT}}}\n{{\"us\":1,\"exit\":{{\"code\":0}}}}"));
    launched(argv, &events)
}

fn in_event(line: &str) -> String {
    if serde_json::from_str::<Value>(line).is_ok_and(|line| line.is_object()) {
        format!("{{\"us\":1,\"in\":{line}}}\n")
    } else {
        format!("{}\n", json!({"us": 1, "in": line, "as": "text"}))
    }
}

/// Redacts the recording, and plays it to a host that launches and writes as given.
async fn replayed(mut recording: Recording, argv: &[&str], lines: &[String]) -> Played {
    let found = scrub(&mut recording, &[]);
    assert!(!found.is_empty(), "nothing was redacted");
    let secrets = ["ann@corp.example", "bob@corp.example", "ghp_a1B2c3D4e5F6g7H8i9J0"];
    let bytes = String::from_utf8(recording.to_bytes()).unwrap();
    assert!(!secrets.iter().any(|secret| bytes.contains(secret)), "{bytes}");
    played(&Replay::new(recording).unverified(), argv, lines).await
}

/// Plays the exchange to its own host, and to one for each change of a text, which is refused.
async fn check(argv: &[&str], exchange: &[(String, Option<String>)], changes: &[(&str, &str)]) {
    let lines: Vec<_> = exchange.iter().map(|(line, _)| line.clone()).collect();
    let same = replayed(recorded(argv, exchange), argv, &lines).await;
    assert_eq!(same.code, Some(0), "{argv:?} {lines:?}: {}", same.report);
    for (from, to) in changes {
        let changed: Vec<_> = lines.iter().map(|line| line.replace(from, to)).collect();
        let argv_changed: Vec<_> = argv.iter().map(|arg| arg.replace(from, to)).collect();
        let argv_changed: Vec<_> = argv_changed.iter().map(String::as_str).collect();
        assert!(changed != lines || argv_changed != argv, "{from} is not there");
        let other = replayed(recorded(argv, exchange), &argv_changed, &changed).await;
        assert_eq!(other.code, Some(70), "{from} -> {to}: {}", other.report);
    }
}

fn prompt(content: impl Into<Value>) -> String {
    json!({"type": "user", "message": {"role": "user", "content": content.into()}}).to_string()
}

#[tokio::test(start_paused = true)]
async fn redacted_prompts_replay() {
    for content in [
        json!("mail ann@corp.example, then bob@corp.example"),
        json!([{"type": "text", "text": "mail ann@corp.example, then bob@corp.example"}]),
        json!([{"type": "text", "text": "the key ghp_a1B2c3D4e5F6g7H8i9J0, then it is done"}]),
        json!([{"type": "document", "source": {"ann@corp.example": "then", "b": {"bob@corp.example": 1}}}]),
    ] {
        check(&[], &[(prompt(content), None)], &[("then", "before that")]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn redacted_text_on_stdin_replays() {
    for (text, change) in [
        ("mail ann@corp.example", ("mail", "call")),
        ("the key is ghp_a1B2c3D4e5F6g7H8i9J0.", ("is", "was")),
        (r#"["ann@corp.example", 2]"#, ("2", "3")),
    ] {
        let lines = [(text.to_owned(), None), ("and more".to_owned(), None)];
        check(&["--print"], &lines, &[change, ("more", "less")]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn redacted_arguments_replay() {
    for argv in [
        &["--print", "mail ann@corp.example now"][..],
        &["--append-system-prompt", "you are ann@corp.example now"],
        &["--agents", r#"{"ann@corp.example":{"description":"now","prompt":"p"}}"#],
        &["--settings", r#"{"env":{"API_KEY":"ghp_a1B2c3D4e5F6g7H8i9J0"},"now":1}"#],
        &["--allowedTools", "Bash(mail ann@corp.example now)", "Read(bob@corp.example)"],
        &["--add-dir", "/srv/ann@corp.example/now"],
    ] {
        let has_prompt = argv[0] == "--print";
        let lines = [(prompt("Hi"), None)];
        check(argv, if has_prompt { &[] } else { &lines }, &[("now", "later")]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn redacted_answers_replay() {
    let asks = |request: Value| {
        Some(json!({"type": "control_request", "request_id": "c1", "request": request}).to_string())
    };
    let answer = |body: Value| {
        json!({"type": "control_response", "response": {"subtype": "success", "request_id": "c1", "response": body}})
            .to_string()
    };
    for (request, body) in [
        (
            json!({"subtype": "can_use_tool", "tool_name": "Mail", "input": {"to": "x"}, "tool_use_id": "ghp_b1B2c3D4e5F6g7H8i9J0"}),
            json!({"behavior": "allow", "updatedInput": {"ann@corp.example": "now", "cc": ["bob@corp.example"]}, "toolUseID": "ghp_b1B2c3D4e5F6g7H8i9J0"}),
        ),
        (
            json!({"subtype": "hook_callback", "callback_id": "h", "input": {}}),
            json!({"hookSpecificOutput": {"hookEventName": "PreToolUse", "additionalContext": "now for ann@corp.example"}}),
        ),
        (
            json!({"subtype": "mcp_message", "server_name": "s", "message": {"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": "t"}}}),
            json!({"mcp_response": {"jsonrpc": "2.0", "id": 3, "result": {"content": [{"type": "text", "text": "now ann@corp.example"}], "structuredContent": {"ann@corp.example": {"is": "bob@corp.example"}}}}}),
        ),
    ] {
        check(&[], &[(prompt("Hi"), asks(request)), (answer(body), None)], &[("now", "later")])
            .await;
    }
}

/// In whatever order the members of a tool call come, its id stays, and so does every line that
/// names it.
#[test]
fn ids_of_tool_calls_stay_equal_on_both_sides() {
    let id = "ghp_c1B2c3D4e5F6g7H8i9J0";
    let call = json!({"type": "assistant", "message": {"content": [{"id": id, "input": {"a": "1", "b": ["2", "3"], "to": "ann@corp.example"}, "name": "Mail", "type": "tool_use"}]}}).to_string();
    let asks = json!({"type": "control_request", "request_id": "c1", "request": {"subtype": "can_use_tool", "tool_use_id": id}}).to_string();
    let denied = json!({"type": "control_response", "response": {"subtype": "success", "request_id": "c1", "response": {"behavior": "deny", "message": "ask bob@corp.example", "toolUseID": id}}}).to_string();
    let mut recording =
        recorded(&[], &[(prompt("Hi"), Some(call)), (prompt("So?"), Some(asks)), (denied, None)]);
    scrub(&mut recording, &[]);
    let has_id = |kind: &EventKind| match kind {
        EventKind::In(line) | EventKind::Out(line) => {
            String::from_utf8_lossy(line.bytes()).contains(id)
        }
        _ => false,
    };
    assert_eq!(recording.events.iter().filter(|event| has_id(&event.kind)).count(), 3);
    let bytes = String::from_utf8(recording.to_bytes()).unwrap();
    assert!(!bytes.contains("corp.example"), "{bytes}");
}
