//! What the simulated CLI does about what the host declared: hooks, servers, rules, limits.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use crate::replay_support::user;
use crate::simulator_support::{
    answer, host, initialize, line, request, rest, result, tool_results,
};
use claude_wire::Scenario;
use claude_wire::player::{ApiReply, Cut, PromptMatch, reply};
use serde_json::{Value, json};

#[tokio::test(start_paused = true)]
async fn a_guard_is_asked_and_obeyed() {
    for (decision, runs) in [("allow", true), ("deny", false)] {
        let scenario = Scenario::new().on_prompt(
            "Clean up",
            reply()
                .tool_use("Bash", json!({"command": "rm -rf x"}))
                .tool_result("gone")
                .text("Ok."),
        );
        let mut host = host(&scenario, &[]);
        let hooks = json!({"PreToolUse": [{"matcher": "Edit|Bash", "hookCallbackIds": ["guard"]},
            {"matcher": "Write", "hookCallbackIds": ["other"]}]});
        initialize(&mut host, json!({"hooks": hooks})).await;
        assert_eq!(line(&mut host).await["response"]["response"]["hooks_applied"], true);
        host.write(user("Clean up")).await;
        let asked = request(&mut host, "hook_callback").await;
        assert_eq!(asked["request"]["callback_id"], "guard");
        assert_eq!(asked["request"]["input"]["tool_input"], json!({"command": "rm -rf x"}));
        let output = json!({"hookEventName": "PreToolUse", "permissionDecision": decision, "permissionDecisionReason": "because"});
        answer(&mut host, &asked, json!({"hookSpecificOutput": output})).await;
        let lines = rest(host).await;
        let block = tool_results(&lines)[0];
        if runs {
            assert_eq!(block["content"], "gone");
        } else {
            assert_eq!(block["content"], "PreToolUse:Bash hook error: because");
        }
        let denials = result(&lines)["permission_denials"].as_array().unwrap().len();
        assert_eq!(denials, usize::from(!runs));
        assert_eq!(result(&lines)["result"], "Ok.");
    }
}

#[tokio::test(start_paused = true)]
async fn hooks_are_called_at_their_events_and_may_change_the_turn() {
    let scenario = Scenario::new()
        .on_prompt("Go", reply().tool_use("Read", json!({"file_path": "a"})).text("Too early."))
        .when(PromptMatch::Contains("look again".into()), reply().text("Now."));
    let mut host = host(&scenario, &[]);
    let one = |id: &str| json!([{"matcher": null, "hookCallbackIds": [id]}]);
    let hooks = json!({"UserPromptSubmit": one("a"), "PostToolUse": one("b"), "Stop": one("c")});
    initialize(&mut host, json!({"hooks": hooks})).await;
    host.write(user("Go")).await;
    let mut events = Vec::new();
    for stop in [false, false, true, false] {
        let asked = request(&mut host, "hook_callback").await;
        events.push(asked["request"]["input"]["hook_event_name"].as_str().unwrap().to_owned());
        let body =
            if stop { json!({"decision": "block", "reason": "look again"}) } else { json!({}) };
        answer(&mut host, &asked, body).await;
    }
    let lines = rest(host).await;
    assert_eq!(events, ["UserPromptSubmit", "PostToolUse", "Stop", "Stop"]);
    assert_eq!(
        (&result(&lines)["result"], &result(&lines)["num_turns"]),
        (&json!("Now."), &json!(3))
    );
}

#[tokio::test(start_paused = true)]
async fn a_tool_of_the_host_is_really_called() {
    let scenario = Scenario::new().on_prompt(
        "Add",
        reply().tool_use("mcp__calc__add", json!({"a": 1, "b": 2})).text("It is 3."),
    );
    let mut host = host(&scenario, &["--allowed-tools", "mcp__calc"]);
    initialize(&mut host, json!({"sdkMcpServers": ["calc"]})).await;
    let reply = |message: &Value, result: Value| json!({"mcp_response": {"jsonrpc": "2.0", "id": message["id"], "result": result}});
    for (method, result) in [
        (
            "initialize",
            json!({"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "c", "version": "1"}}),
        ),
        ("notifications/initialized", json!({})),
        ("tools/list", json!({"tools": [{"name": "add", "inputSchema": {"type": "object"}}]})),
    ] {
        let asked = request(&mut host, "mcp_message").await;
        let message = &asked["request"]["message"];
        assert_eq!(message["method"], method);
        answer(&mut host, &asked, reply(message, result)).await;
    }
    host.write(user("Add")).await;
    let asked = request(&mut host, "mcp_message").await;
    let message = &asked["request"]["message"];
    assert_eq!(
        (&message["method"], &message["params"]["name"], &message["params"]["arguments"]),
        (&json!("tools/call"), &json!("add"), &json!({"a": 1, "b": 2}))
    );
    let content = json!({"content": [{"type": "text", "text": "3"}]});
    answer(&mut host, &asked, reply(message, content)).await;
    let lines = rest(host).await;
    assert_eq!(tool_results(&lines)[0]["content"], json!([{"type": "text", "text": "3"}]));
    assert_eq!(result(&lines)["result"], "It is 3.");
}

#[tokio::test(start_paused = true)]
async fn rules_and_modes_decide_whether_the_host_is_asked() {
    let write = || {
        let turn = reply().tool_use("Write", json!({"file_path": "a", "content": ""}));
        Scenario::new().on_prompt("Go", turn.tool_result("written").text("Done."))
    };
    for args in [
        &["--allowed-tools", "Read,Write"][..],
        &["--permission-mode", "acceptEdits"],
        &["--dangerously-skip-permissions"],
    ] {
        let mut host = host(&write(), args);
        host.write(user("Go")).await;
        let lines = rest(host).await;
        assert_eq!(tool_results(&lines)[0]["content"], "written", "{args:?}");
    }
    for (args, denials) in
        [(&["--permission-mode", "dontAsk"][..], 1), (&["--disallowed-tools", "Write"], 0)]
    {
        let mut host = host(&write(), args);
        host.write(user("Go")).await;
        let lines = rest(host).await;
        assert_eq!(tool_results(&lines)[0]["is_error"], true, "{args:?}");
        let denied = result(&lines)["permission_denials"].as_array().unwrap();
        assert_eq!(denied.len(), denials, "{args:?}: a tool that is not there is not denied");
    }
    let mut host = host(&write(), &[]);
    host.write(user("Go")).await;
    let asked = request(&mut host, "can_use_tool").await;
    let allow = json!({"behavior": "allow", "updatedInput": asked["request"]["input"]});
    answer(&mut host, &asked, allow).await;
    assert_eq!(tool_results(&rest(host).await)[0]["content"], "written");
}

#[tokio::test(start_paused = true)]
async fn limits_end_a_turn() {
    let looping = || {
        let call =
            || ApiReply::tool_use("Bash", json!({"command": "ls"})).usage("input_tokens", 100_000);
        let turn = reply().message(call()).message(call()).message(call()).text("never");
        Scenario::new().on_prompt("Loop", turn)
    };
    for (args, subtype, rounds) in [
        (["--max-turns", "2"], "error_max_turns", 2),
        (["--max-budget-usd", "0.8"], "error_max_budget_usd", 2),
    ] {
        let mut host = host(&looping(), &args);
        host.write(user("Loop")).await;
        host.eof();
        let end = host.end().await;
        let lines = end.lines();
        let result = result(&lines);
        assert_eq!((&result["subtype"], &result["is_error"]), (&json!(subtype), &json!(true)));
        let said = lines.iter().filter(|line| line["type"] == "assistant").count();
        assert_eq!((said, end.exit.code), (rounds, Some(1)), "{subtype}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_schema_makes_the_answer_a_value() {
    let answer = json!({"name": "Ann"});
    let scenario =
        Scenario::new().on_prompt("Who?", reply().tool_use("StructuredOutput", answer.clone()));
    let mut host = host(&scenario, &["--json-schema", r#"{"type":"object"}"#]);
    host.write(user("Who?")).await;
    let lines = rest(host).await;
    assert_eq!(result(&lines)["structured_output"], answer);
    assert_eq!(result(&lines)["result"], r#"{"name":"Ann"}"#);
}

#[tokio::test(start_paused = true)]
async fn the_api_may_fail_and_recover() {
    let turn = reply()
        .message(ApiReply::error(529))
        .message(ApiReply::text("Half of it.").delta_chars(4).cut(4, Cut::Close))
        .message(ApiReply::text("All of it."));
    let mut host = host(&Scenario::new().on_prompt("Go", turn), &[]);
    host.write(user("Go")).await;
    let lines = rest(host).await;
    let retries = lines.iter().filter(|line| line["subtype"] == "api_retry");
    let status: Vec<_> = retries.map(|line| line["error_status"].clone()).collect();
    assert_eq!(status, [json!(529), Value::Null]);
    assert_eq!(result(&lines)["result"], "All of it.");

    let mut host =
        self::host(&Scenario::new().on_prompt("Go", reply().message(ApiReply::error(400))), &[]);
    host.write(user("Go")).await;
    host.eof();
    let end = host.end().await;
    assert_eq!(end.exit.code, Some(1));
    assert!(
        end.out.contains(r#""api_error_status":400"#) && !end.out.contains("api_retry"),
        "{}",
        end.out
    );
}

#[tokio::test(start_paused = true)]
async fn prompts_are_matched_as_often_and_in_the_order_that_is_asked_for() {
    let scenario = Scenario::new()
        .when(PromptMatch::Contains("weather".into()), reply().text("Sunny."))
        .times(2)
        .when(PromptMatch::Text("Hello".into()), reply().text("Hi!"))
        .when(PromptMatch::Any, reply().text("What?"))
        .always()
        .any_order();
    let scenario = Scenario::parse(&scenario.to_json()).unwrap().unverified();
    let mut host = host(&scenario, &[]);
    let mut said = Vec::new();
    for prompt in ["Hello", "the weather?", "Hm", "weather again", "Hello"] {
        host.write(user(prompt)).await;
        loop {
            let line = line(&mut host).await;
            if line["type"] == "result" {
                said.push(line["result"].as_str().unwrap().to_owned());
                break;
            }
        }
    }
    assert_eq!(said, ["Hi!", "Sunny.", "What?", "Sunny.", "What?"]);
    assert!(rest(host).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_not_simulated_is_reported() {
    let mut host = host(&Scenario::new().on_prompt("Go", reply().text("Ok.")), &["--chrome"]);
    let hooks =
        json!({"FileChanged": [{"matcher": null, "hookCallbackIds": ["f"]}], "SessionStart": []});
    initialize(&mut host, json!({"hooks": hooks})).await;
    host.write(
        r#"{"type":"control_request","request_id":"1","request":{"subtype":"file_suggestions"}}"#,
    )
    .await;
    host.write(user("Go")).await;
    host.eof();
    let report = host.end().await.report;
    assert_eq!(
        report.not_simulated(),
        ["flag --chrome", "hook FileChanged", "request file_suggestions"]
    );
    let text = report.to_string();
    assert!(text.contains("scenario: not simulated: flag --chrome, hook FileChanged"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_no_json_ends_the_cli() {
    let scenario = Scenario::new();
    for (line, says) in [
        ("no json", "Error parsing streaming input line (type=unknown, 7 chars): SyntaxError"),
        (r#"{"type":"control_request","request_id":"1"}"#, "control_request"),
    ] {
        let mut host = host(&scenario, &[]);
        host.write(line).await;
        let end = host.end().await;
        assert_eq!((end.exit.code, &*end.out), (Some(1), ""), "{line}");
        assert!(end.err.contains(says), "{line}: {}", end.err);
    }
    // These it ignores.
    let mut host = host(&scenario, &[]);
    for line in ["", "[]", r#"{"type":"future"}"#, r#"{"type":"keep_alive"}"#] {
        host.write(line).await;
    }
    assert!(rest(host).await.is_empty());
}
