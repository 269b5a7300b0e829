//! Hooks of settings and MCP servers that a scenario has.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use crate::scenario_tasks::Reader;
use claude_wire::player::{Scenario, ScriptedServer, ShellHook, reply};
use serde_json::json;

use crate::replay_support::{control, user};

fn shell() -> Scenario {
    let turn =
        reply().tool_use("Bash", json!({"command": "ls"})).tool_result("a.txt").text("Seen.");
    Scenario::new().on_prompt("Go", turn)
}

#[tokio::test(start_paused = true)]
async fn a_hook_of_the_settings_decides_by_its_exit_code_and_its_output() {
    let deny = json!({"hookSpecificOutput": {"permissionDecision": "deny", "permissionDecisionReason": "no"}});
    for (hook, content) in [
        (ShellHook::new("PreToolUse"), "a.txt"),
        (ShellHook::new("PreToolUse").matcher("Write").exit_code(2), "a.txt"),
        (ShellHook::new("PreToolUse").stderr("broken\n").exit_code(1), "a.txt"),
        (
            ShellHook::new("PreToolUse").matcher("Bash").stderr("not here\n").exit_code(2),
            "PreToolUse:Bash hook error: not here",
        ),
        (ShellHook::new("PreToolUse").stdout(deny.to_string()), "PreToolUse:Bash hook error: no"),
        (
            ShellHook::new("PreToolUse").stdout(deny.to_string()).exit_code(200),
            "PreToolUse:Bash hook error: no",
        ),
        (ShellHook::new("PreToolUse").stdout(deny.to_string()).exit_code(1), "a.txt"),
    ] {
        let scenario = shell().settings_hook(hook.clone());
        // It means the same in a file.
        let scenario = Scenario::parse(&scenario.unverified().to_json()).unwrap();
        let mut host = Reader::of(&scenario, &[]);
        host.host.write(user("Go")).await;
        host.result().await;
        let result = host.seen.iter().find_map(|line| line.pointer("/message/content/0/content"));
        assert_eq!(result, Some(&json!(content)), "{hook:?}");
        assert!(!host.seen.iter().any(|line| line["subtype"] == "hook_response"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_that_asks_for_hook_events_sees_those_of_the_settings() {
    let scenario = shell()
        .settings_hook(ShellHook::new("Stop").stdout("ok\n"))
        .settings_hook(ShellHook::new("Stop").stderr("oh").exit_code(7))
        .settings_hook(ShellHook::new("FileChanged"));
    let mut host = Reader::of(&scenario, &["--include-hook-events"]);
    host.host.write(user("Go")).await;
    host.result().await;
    let (lines, report) = host.rest().await;
    let ended: Vec<_> = lines
        .iter()
        .filter(|line| line["subtype"] == "hook_response")
        .map(|line| {
            (
                line["output"].as_str().unwrap(),
                line["exit_code"].clone(),
                line["outcome"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(ended, [("ok\n", json!(0), "success"), ("oh", json!(7), "error")]);
    let started = lines.iter().filter(|line| line["subtype"] == "hook_started").count();
    assert_eq!(started, 2);
    assert!(lines.iter().any(|line| line["key"] == "stop-hook-error"));
    assert!(report.contains("not simulated: hook FileChanged of the settings"), "{report}");
}

fn bench() -> ScriptedServer {
    let result = |text: &str| json!({"content": [{"type": "text", "text": text}]});
    ScriptedServer::new()
        .info(json!({"name": "bench", "version": "1.0.0"}))
        .tool(json!({"name": "subtract", "result": result("1")}))
        .tool(json!({"name": "add", "annotations": {"readOnlyHint": true}}))
}

#[tokio::test(start_paused = true)]
async fn a_server_of_the_scenario_is_there_if_the_host_names_it() {
    let turn = reply()
        .tool_use("mcp__bench__add", json!({}))
        .elicit(
            "bench",
            json!({"message": "Which?", "requested_schema": {"properties": {"b": {}, "a": {}}}}),
        )
        .tool_result("3")
        .tool_use("mcp__bench__subtract", json!({}))
        .text("Done.");
    let config =
        json!({"mcpServers": {"bench": {"type": "stdio", "command": "bench"}}}).to_string();
    let initialize = json!({"subtype": "initialize", "mcpServers": {"bench": {"type": "stdio", "command": "bench"}}});
    for (args, source) in [(vec!["--mcp-config", &*config], "command-line"), (vec![], "dynamic")] {
        let scenario = Scenario::new().on_prompt("Go", turn.clone()).mcp_server("bench", bench());
        let scenario = Scenario::parse(&scenario.unverified().to_json()).unwrap();
        let allowed = ["--allowedTools", "mcp__bench"];
        let mut host = Reader::of(&scenario, &[&args[..], &allowed].concat());
        if args.is_empty() {
            host.host.write(control("c1", &initialize.to_string())).await;
        }
        host.host.write(user("Go")).await;
        let init = host.subtype("init").await;
        assert_eq!(
            init["mcp_servers"],
            json!([{"name": "bench", "status": "connected", "source": source}])
        );
        let tools: Vec<_> = init["tools"].as_array().unwrap().iter().rev().take(2).collect();
        assert_eq!(tools, ["mcp__bench__subtract", "mcp__bench__add"]);
        let asked = host.until(|line| line["type"] == "control_request").await;
        assert_eq!(asked["request"]["property_order"], json!(["b", "a"]));
        host.answer(&asked, json!({"action": "decline"})).await;
        host.result().await;
        let results: Vec<_> = host
            .seen
            .iter()
            .filter_map(|line| line.pointer("/message/content/0/content/0/text")?.as_str())
            .collect();
        assert_eq!(results, ["3", "1"]);
        host.host.write(control("c2", r#"{"subtype": "mcp_status"}"#)).await;
        let reply = host.until(|line| line["type"] == "control_response").await;
        let server = reply.pointer("/response/response/mcpServers/0").unwrap();
        assert_eq!((&server["transport"], &server["source"]), (&json!("stdio"), &json!(source)));
        assert_eq!(server["tools"][1]["annotations"], json!({"readOnly": true}));
        let call = json!({"subtype": "mcp_call", "server": "bench", "tool": "mcp__bench__subtract", "arguments": {}});
        host.host.write(control("c3", &call.to_string())).await;
        let reply = host.until(|line| line["type"] == "control_response").await;
        assert_eq!(reply.pointer("/response/response/content/0/text"), Some(&json!("1")));
        let (_, report) = host.rest().await;
        assert!(!report.contains("not simulated"), "{report}");
    }
    let scenario = Scenario::new().on_prompt("Go", turn).mcp_server("bench", bench()).unverified();
    let mut host = Reader::of(&scenario, &[]);
    host.host.write(user("Go")).await;
    assert_eq!(host.subtype("init").await["mcp_servers"], json!([]));
}

#[test]
fn what_is_outside_is_checked_in_a_file() {
    for (field, value, error) in [
        ("settings_hooks", json!([{"event": "Stop", "exitcode": 2}]), "exitcode"),
        ("settings_hooks", json!([{"stdout": ""}]), "event"),
        ("mcp_servers", json!({"a": {"tools": [{"title": "x"}]}}), "name"),
        ("mcp_servers", json!({"a": {"command": "x"}}), "command"),
    ] {
        let mut file = json!({"claude-wire": "scenario", "version": 2, "turns": []});
        file[field] = value;
        let refused = Scenario::parse(&file.to_string()).unwrap_err().to_string();
        assert!(refused.contains(error), "{refused}");
    }
}

/// The reply to a request in a session that has had one turn.
async fn replies(
    scenario: &Scenario,
    args: &[&str],
    requests: &[serde_json::Value],
) -> Vec<serde_json::Value> {
    let mut host = Reader::of(scenario, args);
    host.host.write(user("Hello")).await;
    host.result().await;
    let mut replies = Vec::new();
    for (number, request) in requests.iter().enumerate() {
        host.host.write(control(&number.to_string(), &request.to_string())).await;
        let reply = host.until(|line| line["type"] == "control_response").await;
        assert_eq!(reply["response"]["request_id"], number.to_string());
        replies.push(reply["response"].clone());
    }
    replies
}

#[tokio::test(start_paused = true)]
async fn requests_show_the_state_of_the_session() {
    let scenario = Scenario::new()
        .on_prompt("Hello", reply().text("Hi!"))
        .on_prompt("Why?", reply().text("Because."));
    let asked = [
        json!({"subtype": "export_conversation"}),
        json!({"subtype": "set_model", "model": "sonnet"}),
        json!({"subtype": "get_settings"}),
        json!({"subtype": "get_context_usage"}),
        json!({"subtype": "list_permission_rules"}),
        json!({"subtype": "side_question", "question": "Why?"}),
        json!({"subtype": "get_usage"}),
    ];
    let replies = replies(&scenario, &["--allowedTools", "Bash(ls)"], &asked).await;
    let expected = [
        ("/response/text", json!("\n\u{276f} Hello\n\n\u{25cf} Hi!")),
        ("/response/model", json!("claude-sonnet-5-5")),
        ("/response/applied/model", json!("claude-sonnet-5-5")),
        ("/response/apiUsage/output_tokens", json!(20)),
        ("/response/state/rules/0/rule", json!("Bash(ls)")),
        ("/response/response", json!("Because.")),
        ("/response/session/model_usage/claude-sonnet-5-5/outputTokens", json!(20)),
    ];
    for (reply, (place, value)) in replies.iter().zip(expected) {
        assert_eq!(reply.pointer(place), Some(&value), "{reply}");
    }
}

#[tokio::test(start_paused = true)]
async fn requests_are_refused_as_the_cli_refuses_them() {
    let scenario = || Scenario::new().on_prompt("Hello", reply().text("Hi!"));
    for (request, error) in [
        (
            json!({"subtype": "mcp_toggle", "serverName": "a", "enabled": true}),
            "Server not found: a",
        ),
        (json!({"subtype": "mcp_reconnect", "serverName": "b c"}), "Server not found: b c"),
        (json!({"subtype": "claim_session"}), "not_a_spare"),
        (json!({"subtype": "update_settings", "settings": {}}), "at least one key"),
        (json!({"subtype": "get_task_output", "task_id": "x"}), "no shell or Monitor task"),
        (
            json!({"subtype": "set_permission_mode", "mode": "bypassPermissions"}),
            "was not launched with",
        ),
        (json!({"subtype": "update_environment_variables"}), "Unsupported control request"),
    ] {
        let reply = &replies(&scenario(), &[], std::slice::from_ref(&request)).await[0];
        assert!(reply["error"].as_str().unwrap().contains(error), "{request}: {reply}");
    }
    let bypass = json!({"subtype": "set_permission_mode", "mode": "bypassPermissions"});
    for flag in ["--dangerously-skip-permissions", "--allow-dangerously-skip-permissions"] {
        let reply = &replies(&scenario(), &[flag], std::slice::from_ref(&bypass)).await[0];
        assert_eq!(reply["subtype"], "success", "{flag}");
    }
}
