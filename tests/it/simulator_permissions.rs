//! Who is asked about a tool of a simulated CLI: the host, its hooks, both side by side, or no one.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use crate::replay_support::{Host, user};
use crate::simulator_support::{
    answer, host, initialize, line, request, rest, result, tool_results,
};
use claude_wire::Scenario;
use claude_wire::player::reply;
use serde_json::{Value, json};

/// A host that cannot be asked.
const ALONE: [&str; 4] =
    ["--print", "--input-format=stream-json", "--output-format=stream-json", "--verbose"];

fn alone(scenario: &Scenario, args: &[&str]) -> Host {
    Host::with(scenario.script(ALONE.iter().chain(args)), 256 * 1024)
}

fn makes(tool: &str, input: &Value) -> Scenario {
    let turn = reply().tool_use(tool, input.clone()).tool_result("Made.").text("Done.");
    Scenario::new().on_prompt("Go", turn)
}

fn touch() -> Scenario {
    makes("Bash", &json!({"command": "touch a.txt", "description": "make"}))
}

fn hooks(event: &str) -> Value {
    json!({"hooks": {event: [{"matcher": null, "hookCallbackIds": ["hook"]}]}})
}

fn decides(decision: Value) -> Value {
    json!({"hookSpecificOutput": {"hookEventName": "PermissionRequest", "decision": decision}})
}

fn denied(lines: &[Value]) -> Vec<&Value> {
    lines.iter().filter(|line| line["subtype"] == "permission_denied").collect()
}

/// The source of the decision about the first tool.
fn source(lines: &[Value]) -> &Value {
    let result = lines.iter().find(|line| line["tool_result_meta"].is_array()).unwrap();
    &result["tool_result_meta"][0]["permission_decision"]["source"]
}

#[tokio::test(start_paused = true)]
async fn a_hook_may_decide_before_the_host_does() {
    for (decision, text) in [
        (json!({"behavior": "allow"}), "Made."),
        (json!({"behavior": "deny", "message": "not here"}), "not here"),
    ] {
        let mut host = host(&touch(), &[]);
        initialize(&mut host, hooks("PermissionRequest")).await;
        host.write(user("Go")).await;
        let question = request(&mut host, "can_use_tool").await;
        let hook = request(&mut host, "hook_callback").await;
        assert_eq!(
            hook["request"]["input"]["permission_suggestions"],
            question["request"]["permission_suggestions"]
        );
        answer(&mut host, &hook, decides(decision)).await;
        let cancelled = line(&mut host).await;
        assert_eq!(
            (&cancelled["type"], &cancelled["request_id"]),
            (&json!("control_cancel_request"), &question["request_id"])
        );
        let lines = rest(host).await;
        assert_eq!(
            (tool_results(&lines)[0]["content"].as_str(), source(&lines)),
            (Some(text), &json!("hook"))
        );
        assert!(denied(&lines).is_empty(), "the host was asked");
    }
}

#[tokio::test(start_paused = true)]
async fn the_host_decides_where_a_hook_does_not() {
    for hook_answers in [true, false] {
        let mut host = host(&touch(), &[]);
        initialize(&mut host, hooks("PermissionRequest")).await;
        host.write(user("Go")).await;
        let question = request(&mut host, "can_use_tool").await;
        let hook = request(&mut host, "hook_callback").await;
        if hook_answers {
            answer(&mut host, &hook, json!({})).await;
        }
        answer(&mut host, &question, json!({"behavior": "allow"})).await;
        let result_line = line(&mut host).await;
        assert_eq!(source(&[result_line]), "user_temporary");
        if !hook_answers {
            answer(&mut host, &hook, decides(json!({"behavior": "deny"}))).await;
        }
        assert_eq!(result(&rest(host).await)["result"], "Done.");
    }
}

#[tokio::test(start_paused = true)]
async fn a_denial_of_a_hook_may_end_the_turn() {
    let mut host = host(&touch(), &[]);
    initialize(&mut host, hooks("PermissionRequest")).await;
    host.write(user("Go")).await;
    let hook = request(&mut host, "hook_callback").await;
    let decision = json!({"behavior": "deny", "message": "stop", "interrupt": true});
    answer(&mut host, &hook, decides(decision)).await;
    let lines = rest(host).await;
    assert_eq!(lines[0]["type"], "control_cancel_request");
    assert_eq!(result(&lines)["terminal_reason"], "aborted_tools");
}

#[tokio::test(start_paused = true)]
async fn what_no_one_is_asked_about_is_denied_with_its_reason() {
    let file = "needs approval. The path is";
    for (tool, input, kind, message) in [
        (
            "Write",
            json!({"file_path": "a.txt", "content": ""}),
            None,
            "to write to ${cwd}/a.txt, but",
        ),
        ("Edit", json!({"file_path": "/x/b"}), None, "to write to /x/b, but"),
        ("WebFetch", json!({"url": "https://a.example"}), None, "to use WebFetch, but"),
        ("Bash", json!({"command": "touch a.txt"}), None, file),
        ("Bash", json!({"command": "mkdir -p /x/y"}), None, "outside the working directories"),
        (
            "Bash",
            json!({"command": "echo a > b.txt"}),
            None,
            "Output redirection to '${cwd}/b.txt'",
        ),
        ("Bash", json!({"command": "git push"}), Some("other"), "This command requires approval"),
        (
            "Bash",
            json!({"command": "make; cargo build && ls"}),
            Some("subcommandResults"),
            "parts require approval: make, cargo build",
        ),
    ] {
        let mut host = alone(&makes(tool, &input), &[]);
        host.write(user("Go")).await;
        let lines = rest(host).await;
        let denied = denied(&lines);
        assert_eq!(denied.len(), 1, "{input}");
        assert_eq!(denied[0]["decision_reason_type"].as_str(), kind, "{input}");
        let said = denied[0]["message"].as_str().unwrap();
        let init = lines.iter().find(|line| line["subtype"] == "init").unwrap();
        let message = message.replace("${cwd}", init["cwd"].as_str().unwrap());
        assert!(said.contains(&message), "{input}: {said}");
        assert_eq!(tool_results(&lines)[0]["content"], said);
        let meta = lines.iter().find(|line| line["tool_result_meta"].is_array()).unwrap();
        assert_eq!(meta["tool_result_meta"][0]["non_execution_kind"], "user-rejected");
        assert_eq!(result(&lines)["permission_denials"][0]["tool_name"], tool);
    }
}

#[tokio::test(start_paused = true)]
async fn a_mode_a_rule_and_a_hook_deny_with_their_reasons() {
    let command = json!({"command": "curl a"});
    for (args, hook, reason) in [
        (&["--permission-mode", "dontAsk"][..], None, "mode"),
        (&["--disallowed-tools", "Bash(curl:*)"], None, "subcommandResults"),
        (&[], Some(decides(json!({"behavior": "deny", "message": "no"}))), "hook"),
    ] {
        let mut host = alone(&makes("Bash", &command), args);
        if hook.is_some() {
            initialize(&mut host, hooks("PermissionRequest")).await;
        }
        host.write(user("Go")).await;
        if let Some(decision) = hook {
            let asked = request(&mut host, "hook_callback").await;
            answer(&mut host, &asked, decision).await;
        }
        let lines = rest(host).await;
        assert_eq!(denied(&lines)[0]["decision_reason_type"], reason, "{args:?}");
        let meta = lines.iter().find(|line| line["tool_result_meta"].is_array()).unwrap();
        let meta = &meta["tool_result_meta"][0];
        assert_eq!(meta["non_execution_kind"], "permission-rule");
        assert_eq!(meta["permission_decision"]["reason_type"], reason);
    }
}

#[tokio::test(start_paused = true)]
async fn a_hook_may_allow_where_the_host_is_not_asked() {
    let mut host = alone(&touch(), &[]);
    initialize(&mut host, hooks("PermissionRequest")).await;
    host.write(user("Go")).await;
    let hook = request(&mut host, "hook_callback").await;
    let suggested = hook["request"]["input"]["permission_suggestions"].as_array().unwrap();
    assert!(suggested.iter().all(|update| update["type"] != "addRules"), "{suggested:?}");
    answer(&mut host, &hook, decides(json!({"behavior": "allow"}))).await;
    let lines = rest(host).await;
    assert_eq!(
        (tool_results(&lines)[0]["content"].as_str(), denied(&lines).len()),
        (Some("Made."), 0)
    );
}

#[tokio::test(start_paused = true)]
async fn a_tool_that_is_not_there_is_an_error_of_the_model() {
    let question = json!({"questions": []});
    for (tool, input, args) in [
        ("Write", json!({}), &["--disallowed-tools", "Write"][..]),
        ("AskUserQuestion", question, &[]),
    ] {
        let mut host = alone(&makes(tool, &input), args);
        host.write(user("Go")).await;
        let lines = rest(host).await;
        let content = tool_results(&lines)[0]["content"].as_str().unwrap();
        let expected = format!("<tool_use_error>Error: No such tool available: {tool}. ");
        assert!(content.starts_with(&expected), "{content}");
        assert_eq!((denied(&lines).len(), &result(&lines)["permission_denials"]), (0, &json!([])));
    }
}

/// The hooks for notifications are called once a question has been open for 6 s.
#[tokio::test(start_paused = true)]
async fn a_question_that_stays_open_is_a_notification() {
    for (matcher, waits, is_called) in [
        (Value::Null, 7, true),
        (json!("permission_prompt"), 7, true),
        (json!("idle_prompt"), 7, false),
        (Value::Null, 5, false),
    ] {
        let mut host = host(&touch(), &[]);
        let declared = json!({"Notification": [{"matcher": matcher, "hookCallbackIds": ["hook"]}]});
        initialize(&mut host, json!({"hooks": declared})).await;
        host.write(user("Go")).await;
        let question = request(&mut host, "can_use_tool").await;
        // Virtual time: how long the host thinks is what is tested.
        tokio::time::sleep(std::time::Duration::from_secs(waits)).await;
        answer(&mut host, &question, json!({"behavior": "allow"})).await;
        let mut notified = false;
        loop {
            let line = line(&mut host).await;
            if line["request"]["subtype"] == "hook_callback" {
                notified = true;
                let input = &line["request"]["input"];
                assert_eq!(input["message"], "Claude needs your permission to use Bash");
                assert_eq!(input["notification_type"], "permission_prompt");
                answer(&mut host, &line, json!({})).await;
            }
            if line["type"] == "result" {
                assert_eq!(line["result"], "Done.");
                break;
            }
        }
        assert_eq!(notified, is_called, "{matcher}, {waits} s");
        rest(host).await;
    }
}

/// A hook that answers `async` decides nothing, at each event.
#[tokio::test(start_paused = true)]
async fn hooks_that_go_on_by_themselves_decide_nothing() {
    let events = ["UserPromptSubmit", "PreToolUse", "PermissionRequest", "PostToolUse", "Stop"];
    let declared: serde_json::Map<_, _> = events
        .iter()
        .map(|event| ((*event).to_owned(), json!([{"hookCallbackIds": [event]}])))
        .collect();
    let mut host = host(&touch(), &[]);
    initialize(&mut host, json!({"hooks": declared})).await;
    host.write(user("Go")).await;
    let mut called = Vec::new();
    loop {
        let line = line(&mut host).await;
        match line["request"]["subtype"].as_str() {
            Some("hook_callback") => {
                called.push(line["request"]["callback_id"].as_str().unwrap().to_owned());
                let specific =
                    json!({"permissionDecision": "deny", "decision": {"behavior": "deny"}});
                let output = json!({"async": true, "decision": "block", "continue": false, "hookSpecificOutput": specific});
                answer(&mut host, &line, output).await;
            }
            Some(_) => answer(&mut host, &line, json!({"behavior": "allow"})).await,
            None if line["type"] == "result" => {
                assert_eq!(line["result"], "Done.");
                break;
            }
            None => {}
        }
    }
    assert_eq!(called, events);
    rest(host).await;
}
