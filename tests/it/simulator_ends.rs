//! The end of input, an interrupt and a signal while a simulated CLI waits for something: the host,
//! a hook, an in-process server, a command, a task.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::time::Duration;

use crate::replay_support::{Host, control, user};
use crate::simulator_support::{
    answer, host, initialize, line, request, rest, result, tool_results,
};
use claude_wire::Scenario;
use claude_wire::player::{ModelReply, Signal, reply};
use serde_json::{Value, json};

const NO_RESULT: &str = "The tool call was interrupted before a result was received.";

fn bash(command: &str) -> ModelReply {
    reply().run_tool("Bash", json!({"command": command, "description": "run"}))
}

fn calc() -> Value {
    let server = json!({
        "initializeResult": {"capabilities": {"tools": {}}, "serverInfo": {"name": "calc", "version": "1.0.0"}},
        "toolsListResult": {"tools": [{"name": "add", "inputSchema": {}}]},
    });
    json!({"sdkMcpServers": ["calc"], "sdkMcpServerManifests": {"calc": server}})
}

fn adds() -> Scenario {
    let turn = reply()
        .run_tool("mcp__calc__add", json!({"a": 1}))
        .run_tool("mcp__calc__add", json!({"a": 2}));
    Scenario::new().on_prompt("Add", turn.text("Nothing."))
}

fn kinds(lines: &[Value]) -> Vec<&Value> {
    let metas = lines.iter().filter(|line| line["tool_result_meta"].is_array());
    metas.map(|line| &line["tool_result_meta"][0]["non_execution_kind"]).collect()
}

/// The tool does not run, and is not one that was denied; later hooks are not called.
#[tokio::test(start_paused = true)]
async fn the_end_of_input_in_a_hook_before_a_tool_cancels_the_tool() {
    let turn = bash("ls").tool_result("a").run_tool("Read", json!({"file_path": "b"}));
    let scenario = Scenario::new().on_prompt("Go", turn.tool_result("b").text("Well."));
    let mut host = host(&scenario, &[]);
    let hook = json!([{"hookCallbackIds": ["hook"]}]);
    initialize(&mut host, json!({"hooks": {"PreToolUse": hook, "Stop": hook}})).await;
    host.write(user("Go")).await;
    request(&mut host, "hook_callback").await;
    let lines = rest(host).await;
    assert_eq!(kinds(&lines), [&json!("cancelled"), &json!("cancelled")]);
    let content = tool_results(&lines)[0]["content"].as_str().unwrap();
    assert!(
        content.starts_with("The user doesn't want to take this action right now."),
        "{content}"
    );
    assert!(lines.iter().all(|line| line["type"] != "control_request"), "a hook was called");
    let result = result(&lines);
    assert_eq!((&result["result"], &result["permission_denials"]), (&json!("Well."), &json!([])));
}

/// In these hooks the turn goes on as if they had said nothing.
#[tokio::test(start_paused = true)]
async fn the_end_of_input_in_another_hook_decides_nothing() {
    for event in ["UserPromptSubmit", "PostToolUse", "Stop"] {
        let turn = bash("ls").tool_result("a").text("Well.");
        let mut host = host(&Scenario::new().on_prompt("Go", turn), &[]);
        initialize(&mut host, json!({"hooks": {event: [{"hookCallbackIds": ["hook"]}]}})).await;
        host.write(user("Go")).await;
        request(&mut host, "hook_callback").await;
        let lines = rest(host).await;
        assert_eq!(result(&lines)["result"], "Well.", "{event}");
        assert!(kinds(&lines).iter().all(|kind| kind.is_null()), "{event}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_of_input_in_a_call_of_a_server_is_an_error_of_the_tool() {
    let mut host = host(&adds(), &[]);
    initialize(&mut host, calc()).await;
    host.write(user("Add")).await;
    request(&mut host, "mcp_message").await;
    let lines = rest(host).await;
    assert_eq!(kinds(&lines), [&json!("interrupted"), &json!("interrupted")]);
    for returned in tool_results(&lines) {
        assert!(returned["content"].as_str().unwrap().starts_with(NO_RESULT), "{returned}");
    }
    assert!(lines.iter().all(|line| line["type"] != "control_request"), "called after the end");
    assert_eq!(result(&lines)["result"], "Nothing.");
}

/// Without an answer to `initialize` there is no server, and no tool of it.
#[tokio::test(start_paused = true)]
async fn the_end_of_input_in_a_handshake_leaves_no_server() {
    let mut host = host(&adds(), &[]);
    initialize(&mut host, json!({"sdkMcpServers": ["calc"]})).await;
    host.write(user("Add")).await;
    request(&mut host, "mcp_message").await;
    let lines = rest(host).await;
    for returned in tool_results(&lines) {
        let expected =
            "<tool_use_error>Error: No such tool available: mcp__calc__add</tool_use_error>";
        assert_eq!(returned["content"], expected);
    }
    assert_eq!(result(&lines)["result"], "Nothing.");
}

#[tokio::test(start_paused = true)]
async fn a_task_in_the_background_ends_after_the_input() {
    let file = json!({"claude-wire": "scenario", "version": 2, "turns": [
        {"prompt": "Start", "reply": [
            {"run_tool": {"name": "Bash", "input": {"command": "make", "description": "make", "run_in_background": true}}},
            {"delay_ms": 3000}, {"tool_error": "Exit code 3\nno rule"}, {"text": "Started."}]},
        {"prompt_contains": "<status>failed</status>", "reply": "It failed."},
    ]});
    let scenario = Scenario::parse(&file.to_string()).unwrap();
    let mut host = host(&scenario, &[]);
    host.write(user("Start")).await;
    let lines = rest(host).await;
    let results: Vec<_> = lines.iter().filter(|line| line["type"] == "result").collect();
    assert_eq!(
        results.iter().map(|line| &line["result"]).collect::<Vec<_>>(),
        ["Started.", "It failed."]
    );
    let ended = lines.iter().find(|line| line["subtype"] == "task_notification").unwrap();
    assert_eq!(
        (&ended["status"], &ended["summary"]),
        (&json!("failed"), &json!("Background command \"make\" failed with exit code 3"))
    );
}

/// The server reads that its call is not awaited, before the host reads that the interrupt came.
#[tokio::test(start_paused = true)]
async fn an_interrupt_cancels_the_call_of_a_server() {
    let mut host = host(&adds(), &[]);
    initialize(&mut host, calc()).await;
    host.write(user("Add")).await;
    let call = request(&mut host, "mcp_message").await;
    host.write(control("stop", r#"{"subtype":"interrupt"}"#)).await;
    let cancelled = request(&mut host, "mcp_message").await;
    let message = &cancelled["request"]["message"];
    assert_eq!(message["method"], "notifications/cancelled");
    assert_eq!(message["params"]["requestId"], call["request"]["message"]["id"]);
    assert_eq!(message["params"]["reason"], "AbortError: remote-cancel");
    assert_eq!(line(&mut host).await["type"], "control_response");
    answer(
        &mut host,
        &cancelled,
        json!({"mcp_response": {"jsonrpc": "2.0", "result": {}, "id": 0}}),
    )
    .await;
    let lines = rest(host).await;
    assert_eq!(kinds(&lines), [&json!("user-rejected"), &json!("user-rejected")]);
    assert_eq!(result(&lines)["terminal_reason"], "aborted_tools");
}

fn now(text: &str) -> String {
    let line =
        json!({"type": "user", "message": {"role": "user", "content": text}, "priority": "now"});
    line.to_string()
}

#[tokio::test(start_paused = true)]
async fn a_prompt_with_priority_now_cancels_the_call_of_a_server() {
    let turn = reply().run_tool("mcp__calc__add", json!({"a": 1})).text("Nothing.");
    let scenario = Scenario::new().on_prompt("Add", turn).on_prompt("Stop", "Stopped.");
    let mut host = host(&scenario, &[]);
    initialize(&mut host, calc()).await;
    host.write(user("Add")).await;
    request(&mut host, "mcp_message").await;
    host.write(now("Stop")).await;
    let cancelled = request(&mut host, "mcp_message").await;
    let params = &cancelled["request"]["message"]["params"];
    assert_eq!(params["reason"], "AbortError: interrupt");
    let lines = rest(host).await;
    assert_eq!(kinds(&lines), [&json!("interrupted")]);
    let first = result(&lines);
    assert_eq!(
        (&first["terminal_reason"], &first["is_error"], &first["result"]),
        (&json!("aborted_tools"), &json!(false), &json!(""))
    );
    assert_eq!(lines.iter().rfind(|line| line["type"] == "result").unwrap()["result"], "Stopped.");
}

/// Each of them returns what it does; then the turn is over.
#[tokio::test(start_paused = true)]
async fn a_prompt_with_priority_now_lets_commands_end_first() {
    for tools in [1, 2] {
        let mut turn = bash("make").delay(Duration::from_secs(5)).tool_result("made");
        if tools == 2 {
            turn = reply()
                .run_tool("Bash", json!({"command": "make", "description": "one"}))
                .run_tool("Bash", json!({"command": "make", "description": "two"}))
                .delay(Duration::from_secs(5))
                .tool_result("made")
                .tool_result("made");
        }
        let scenario =
            Scenario::new().on_prompt("Go", turn.text("Never.")).on_prompt("Stop", "Stopped.");
        let mut host = host(&scenario, &[]);
        host.write(user("Go")).await;
        while line(&mut host).await["type"] != "assistant" {}
        // Virtual time: the command takes 5 s, and is in the middle of it.
        tokio::time::sleep(Duration::from_secs(1)).await;
        host.write(now("Stop")).await;
        let lines = rest(host).await;
        let returned = tool_results(&lines);
        assert!(returned.len() == tools && returned.iter().all(|block| block["content"] == "made"));
        let first = result(&lines);
        assert_eq!(
            (&first["terminal_reason"], &first["result"]),
            (&json!("aborted_tools"), &json!(""))
        );
        assert_eq!(
            lines.iter().rfind(|line| line["type"] == "result").unwrap()["result"],
            "Stopped."
        );
    }
}

/// Only a command is killed.
#[tokio::test(start_paused = true)]
async fn a_signal_kills_the_command_that_runs() {
    for (signal, code) in [(Signal::Terminate, 143), (Signal::Hangup, 129)] {
        for (tool, is_killed) in [("Bash", true), ("Read", false)] {
            let turn = reply().run_tool(tool, json!({"command": "sleep 9", "description": "wait"}));
            let scenario = Scenario::new().on_prompt("Go", turn.hang()).unverified();
            let mut host: Host = host(&scenario, &[]);
            host.write(user("Go")).await;
            while line(&mut host).await["type"] != "assistant" {}
            host.signal(signal).await;
            let end = host.end().await;
            let lines = end.lines();
            assert_eq!(
                (end.exit.code, lines.len()),
                (Some(code), usize::from(is_killed)),
                "{tool}"
            );
            if is_killed {
                assert_eq!(tool_results(&lines)[0]["content"], "Exit code 137");
            }
        }
    }
}
