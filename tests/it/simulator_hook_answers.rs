//! What a simulated CLI does about the answers of hooks: failures, messages, the end of the turn; and
//! the hooks at the start and the end of a session.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::time::Duration;

use crate::replay_support::{Host, user};
use crate::simulator_support::{
    answer, host, initialize, line, request, rest, result, tool_results,
};
use claude_wire::Scenario;
use claude_wire::player::{ShellHook, reply};
use serde_json::{Value, json};

fn echo() -> Scenario {
    let turn = reply().tool_use("Bash", json!({"command": "echo hi", "description": "d"}));
    Scenario::new().on_prompt("Go", turn.tool_result("hi").text("Done."))
}

/// A host with one hook, whose turn has begun.
async fn hooked(scenario: &Scenario, args: &[&str], event: &str, fields: Value) -> Host {
    let mut host = host(scenario, args);
    let mut matcher = json!({"matcher": null, "hookCallbackIds": ["cb"]});
    matcher.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    initialize(&mut host, json!({"hooks": {event: [matcher]}})).await;
    host.write(user("Go")).await;
    host
}

async fn fail(host: &mut Host, request: &Value) {
    let id = &request["request_id"];
    let response = json!({"subtype": "error", "request_id": id, "error": "out of order"});
    host.write(json!({"type": "control_response", "response": response}).to_string()).await;
}

fn informational(lines: &[Value]) -> Vec<&str> {
    let lines = lines.iter().filter(|line| line["subtype"] == "informational");
    lines.filter_map(|line| line["content"].as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_fails_blocks_the_tool_only_if_it_must_not() {
    for (fields, runs) in [
        (json!({"onFailure": "block"}), false),
        (json!({"onFailure": "continue"}), true),
        (json!({}), true),
    ] {
        let mut host = hooked(&echo(), &[], "PreToolUse", fields.clone()).await;
        let hook = request(&mut host, "hook_callback").await;
        fail(&mut host, &hook).await;
        let lines = rest(host).await;
        let content = tool_results(&lines)[0]["content"].as_str().unwrap();
        let said = informational(&lines);
        assert_eq!(content == "hi", runs, "{fields}: {content}");
        assert!(
            said[0].starts_with("PreToolUse: Hook callback cb failed: the SDK host"),
            "{said:?}"
        );
        if !runs {
            assert!(
                content.starts_with(
                    "PreToolUse:Bash hook error: [callback]: failed; blocking because onFailure is \"block\"\nHook callback cb"
                ),
                "{content}"
            );
            assert_eq!(result(&lines)["permission_denials"].as_array().unwrap().len(), 1);
        }
        assert_eq!(result(&lines)["result"], "Done.");
    }
}

#[tokio::test(start_paused = true)]
async fn a_prompt_is_blocked_about_which_its_guard_failed() {
    let blocks = json!({"onFailure": "block"});
    let mut host = hooked(&echo(), &[], "UserPromptSubmit", blocks).await;
    let hook = request(&mut host, "hook_callback").await;
    fail(&mut host, &hook).await;
    let lines = rest(host).await;
    let why = "UserPromptSubmit operation blocked by hook:\n[callback]: failed;";
    let said = informational(&lines);
    assert_eq!(said.len(), 2);
    assert!(said[1].starts_with(why), "{said:?}");
    let ended = result(&lines);
    assert!(ended["result"].as_str().unwrap().starts_with(why), "{ended}");
    assert_eq!((&ended["num_turns"], &ended["is_error"]), (&json!(0), &json!(false)));
}

#[tokio::test(start_paused = true)]
async fn a_tool_does_not_run_whose_hook_is_too_late() {
    for fields in [json!({"timeout": 0.3}), json!({"timeout": 2, "onFailure": "block"})] {
        let mut host = hooked(&echo(), &[], "PreToolUse", fields).await;
        let hook = request(&mut host, "hook_callback").await;
        tokio::time::advance(Duration::from_secs(3)).await;
        let cancelled = line(&mut host).await;
        assert_eq!(cancelled["request_id"], hook["request_id"]);
        let lines = rest(host).await;
        let content = tool_results(&lines)[0]["content"].as_str().unwrap();
        assert!(
            content.starts_with("PreToolUse hook did not respond before its timeout"),
            "{content}"
        );
        assert_eq!(result(&lines)["permission_denials"], json!([]));
    }
}

#[tokio::test(start_paused = true)]
async fn a_hook_may_end_the_turn_after_the_tool() {
    let stops = json!({"continue": false, "stopReason": "no more"});
    for event in ["PreToolUse", "PostToolUse"] {
        let mut host = hooked(&echo(), &[], event, json!({})).await;
        let hook = request(&mut host, "hook_callback").await;
        answer(&mut host, &hook, stops.clone()).await;
        let lines = rest(host).await;
        assert_eq!(tool_results(&lines)[0]["content"], "hi", "{event}");
        let ended = result(&lines);
        assert_eq!(
            (&ended["terminal_reason"], &ended["result"], &ended["is_error"]),
            (&json!("hook_stopped"), &json!(""), &json!(false)),
            "{event}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_denies_counts_for_more_than_a_hook_that_allows() {
    let allows = json!({"hookSpecificOutput": {"hookEventName": "PreToolUse", "permissionDecision": "allow"}});
    for (args, content) in [
        (
            &["--disallowed-tools", "Bash(echo:*)"][..],
            "Permission to use Bash with command echo hi has been denied.",
        ),
        (
            &["--settings", r#"{"permissions":{"deny":["Bash(echo hi)"]}}"#],
            "Permission to use Bash with command echo hi has been denied.",
        ),
        (&["--disallowed-tools", "Bash(rm:*)"], "hi"),
    ] {
        let mut host = hooked(&echo(), args, "PreToolUse", json!({})).await;
        let hook = request(&mut host, "hook_callback").await;
        answer(&mut host, &hook, allows.clone()).await;
        let lines = rest(host).await;
        assert_eq!(tool_results(&lines)[0]["content"], content, "{args:?}");
        assert!(!lines.iter().any(|line| line["subtype"] == "permission_denied"));
    }
}

#[tokio::test(start_paused = true)]
async fn messages_of_hooks_are_shown_to_the_user() {
    for (event, says, before) in [
        ("PreToolUse", "PreToolUse:Bash says: look", "user"),
        ("PostToolUse", "PostToolUse:Bash says: look", "assistant"),
        ("UserPromptSubmit", "UserPromptSubmit says: look", "assistant"),
        ("Stop", "Stop says: look", "result"),
    ] {
        let mut host = hooked(&echo(), &[], event, json!({})).await;
        let hook = request(&mut host, "hook_callback").await;
        answer(&mut host, &hook, json!({"systemMessage": "look"})).await;
        let lines = rest(host).await;
        assert_eq!(informational(&lines), [says]);
        let place = lines.iter().position(|line| line["subtype"] == "informational").unwrap();
        assert_eq!(lines[place + 1]["type"], before, "{event}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_deferred_tool_ends_the_turn() {
    let defers = json!({"hookSpecificOutput": {"hookEventName": "PreToolUse", "permissionDecision": "defer"}});
    let mut host = hooked(&echo(), &[], "PreToolUse", json!({})).await;
    let hook = request(&mut host, "hook_callback").await;
    answer(&mut host, &hook, defers).await;
    host.eof();
    let end = host.end().await;
    let lines = end.lines();
    assert!(tool_results(&lines).is_empty());
    let ended = result(&lines);
    assert_eq!(ended["terminal_reason"], "tool_deferred");
    assert_eq!(ended["stop_reason"], "tool_deferred");
    assert_eq!(ended["deferred_tool_use"]["name"], "Bash");
    assert!(end.report.to_string().contains("deferred tool use"), "{}", end.report);
}

/// The hooks that are called, by what they read.
async fn called(host: &mut Host, count: usize) -> Vec<(String, Value, Value)> {
    let mut called = Vec::new();
    while called.len() < count {
        let hook = request(host, "hook_callback").await;
        let input = &hook["request"]["input"];
        let name = input["hook_event_name"].as_str().unwrap().to_owned();
        let detail = input.get("source").or(input.get("reason")).or(input.get("trigger"));
        called.push((name, detail.cloned().unwrap_or_default(), input.clone()));
        answer(host, &hook, json!({})).await;
    }
    called
}

#[tokio::test(start_paused = true)]
async fn a_session_begins_again_after_a_compaction_and_after_clear() {
    let scenario = Scenario::new().on_prompt("Hello", reply().text("Hi!")).when(
        claude_wire::player::PromptMatch::Contains("create a detailed summary".into()),
        reply().text("Nothing much."),
    );
    let mut host = host(&scenario, &[]);
    let events = ["SessionStart", "SessionEnd", "PreCompact", "PostCompact"];
    let hooks: serde_json::Map<_, _> = events
        .iter()
        .map(|event| ((*event).to_owned(), json!([{"hookCallbackIds": [event]}])))
        .collect();
    initialize(&mut host, json!({"hooks": hooks})).await;
    host.write(user("Hello")).await;
    loop {
        if line(&mut host).await["type"] == "result" {
            break;
        }
    }
    host.write(user("/compact")).await;
    let compacted = called(&mut host, 3).await;
    let names: Vec<_> = compacted.iter().map(|(name, detail, _)| (&**name, detail)).collect();
    let (manual, compact) = (json!("manual"), json!("compact"));
    assert_eq!(
        names,
        [("PreCompact", &manual), ("SessionStart", &compact), ("PostCompact", &manual)]
    );
    assert!(compacted[1].2["model"].is_string());
    loop {
        if line(&mut host).await["type"] == "result" {
            break;
        }
    }
    host.write(user("/clear")).await;
    let cleared = called(&mut host, 2).await;
    let names: Vec<_> = cleared.iter().map(|(name, detail, _)| (&**name, detail)).collect();
    let clear = json!("clear");
    assert_eq!(names, [("SessionEnd", &clear), ("SessionStart", &clear)]);
    assert_ne!(cleared[0].2["session_id"], cleared[1].2["session_id"]);
    assert_eq!(cleared[1].2.get("prompt_id"), None);
    assert!(cleared[0].2["prompt_id"].is_string());
    let lines = rest(host).await;
    assert_eq!(result(&lines)["local_command"], "clear");
}

#[tokio::test(start_paused = true)]
async fn hooks_of_the_settings_run_when_a_session_begins() {
    let hooked =
        |turns: Scenario| turns.settings_hook(ShellHook::new("SessionStart").stdout("ran\n"));
    for (args, name) in [
        (&[][..], "SessionStart:startup"),
        (&["--resume", "11111111-2222-4333-8444-555555555555"], "SessionStart:resume"),
        (
            &["--resume", "11111111-2222-4333-8444-555555555555", "--fork-session"],
            "SessionStart:fork",
        ),
    ] {
        let scenario = Scenario::new().on_prompt("Hello", reply().text("Hi!")).any_session();
        let mut host = host(&hooked(scenario), args);
        host.write(user("Hello")).await;
        host.write(user("/clear")).await;
        host.eof();
        let end = host.end().await;
        assert!(end.report.not_simulated().is_empty(), "{}", end.report);
        let lines = end.lines();
        let hooks = lines.iter().filter_map(|line| line["hook_name"].as_str());
        assert_eq!(
            hooks.collect::<Vec<_>>(),
            [name, name, "SessionStart:clear", "SessionStart:clear"]
        );
        assert_eq!(lines[0]["subtype"], "hook_started");
    }
}
