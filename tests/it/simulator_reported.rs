//! Settings, flags, servers and tools of a simulated CLI: each has its effect, or is reported.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use crate::replay_support::{Host, control, user};
use crate::simulator_support::{
    answer, host, initialize, line, request, rest, result, tool_results,
};
use claude_wire::Scenario;
use claude_wire::player::reply;
use serde_json::{Value, json};

fn uses(tool: &str, input: Value) -> Scenario {
    let turn = reply().tool_use(tool, input).tool_result("Made.").text("Done.");
    Scenario::new().on_prompt("Go", turn)
}

fn bash(command: &str) -> Scenario {
    uses("Bash", json!({"command": command, "description": "d"}))
}

/// The lines of the turn, what is not simulated, and what is on stderr. No one is asked.
async fn played(
    scenario: &Scenario,
    args: &[&str],
    fields: Value,
) -> (Vec<Value>, Vec<String>, String) {
    let flags = ["-p", "--input-format=stream-json", "--output-format=stream-json", "--verbose"];
    let mut host = Host::with(scenario.script(flags.iter().chain(args)), 256 * 1024);
    initialize(&mut host, fields).await;
    host.write(user("Go")).await;
    host.eof();
    let end = host.end().await;
    (end.lines(), end.report.not_simulated().to_vec(), end.err.clone())
}

fn content(lines: &[Value]) -> &str {
    tool_results(lines)[0]["content"].as_str().unwrap()
}

#[tokio::test(start_paused = true)]
async fn permissions_of_the_settings_have_their_effect() {
    for (settings, command, expected) in [
        (
            r#"{"permissions":{"deny":["Bash"]}}"#,
            "ls",
            "<tool_use_error>Error: No such tool available: Bash. Bash is disabled",
        ),
        (
            r#"{"permissions":{"deny":["Bash(rm:*)"]}}"#,
            "rm a",
            "Permission to use Bash with command rm a has been denied.",
        ),
        (r#"{"permissions":{"allow":["Bash(rm:*)"]}}"#, "rm a", "Made."),
        (r#"{"permissions":{"allow":["Bash(mv:*)"]}}"#, "rm a", "rm in "),
        (r#"{"permissions":{"defaultMode":"acceptEdits"}}"#, "touch a", "Made."),
    ] {
        let (lines, reported, _) =
            played(&bash(command), &["--settings", settings], json!({})).await;
        assert!(content(&lines).starts_with(expected), "{settings}: {}", content(&lines));
        assert!(reported.is_empty(), "{reported:?}");
    }
    let settings = r#"{"permissions":{"ask":["Bash"]},"hooks":{},"outputStyle":"x"}"#;
    let (_, mut reported, _) = played(&bash("ls"), &["--settings", settings], json!({})).await;
    reported.sort();
    assert_eq!(reported, ["setting hooks", "setting outputStyle", "setting permissions.ask"]);
}

#[tokio::test(start_paused = true)]
async fn hooks_read_the_effort_and_an_unknown_one_is_a_warning() {
    for (args, level, warns) in [
        (&[][..], "medium", false),
        (&["--effort", "high"], "high", false),
        (&["--effort", "bogus"], "medium", true),
    ] {
        let mut host = host(&bash("ls"), args);
        initialize(&mut host, json!({"hooks": {"PreToolUse": [{"hookCallbackIds": ["h"]}]}})).await;
        host.write(user("Go")).await;
        let hook = request(&mut host, "hook_callback").await;
        assert_eq!(hook["request"]["input"]["effort"]["level"], level, "{args:?}");
        answer(&mut host, &hook, json!({})).await;
        host.eof();
        let err = host.end().await.err;
        assert_eq!(
            err.contains("Warning: Unknown --effort value 'bogus' — ignoring it"),
            warns,
            "{err}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_has_no_effect_is_reported() {
    for (args, fields, what) in [
        (
            &["--permission-mode", "auto"][..],
            json!({}),
            "the safety check of the permission mode auto",
        ),
        (
            &["--permission-prompt-tool", "mcp__x__y"],
            json!({}),
            "flag --permission-prompt-tool mcp__x__y: the tool is not called",
        ),
        (
            &[],
            json!({"hooks": {"Stop": [{"hookCallbackIds": [], "whenUnanswered": "continue"}]}}),
            "whenUnanswered of a hook",
        ),
    ] {
        let (_, reported, _) = played(&bash("ls"), args, fields).await;
        assert_eq!(reported, [what], "{args:?}");
    }
    for (update, what) in [
        (
            json!({"type": "addRules", "behavior": "deny", "rules": []}),
            "updatedPermissions: addRules deny",
        ),
        (
            json!({"type": "addDirectories", "directories": ["/a"]}),
            "updatedPermissions: addDirectories",
        ),
    ] {
        let mut host = host(&bash("rm a"), &[]);
        host.write(user("Go")).await;
        let question = request(&mut host, "can_use_tool").await;
        answer(&mut host, &question, json!({"behavior": "allow", "updatedPermissions": [update]}))
            .await;
        host.eof();
        assert_eq!(host.end().await.report.not_simulated(), [what]);
    }
    for (asked, what) in [
        (
            json!({"subtype": "apply_flag_settings", "settings": {"model": "haiku"}}),
            "apply_flag_settings: setting model",
        ),
        (
            json!({"subtype": "update_settings", "settings": {"theme": "dark"}}),
            "update_settings: setting theme",
        ),
        (
            json!({"subtype": "set_permission_mode", "mode": "auto"}),
            "the safety check of the permission mode auto",
        ),
    ] {
        let mut host = host(&Scenario::new(), &[]);
        host.write(control("c", &asked.to_string())).await;
        host.eof();
        assert_eq!(host.end().await.report.not_simulated(), [what]);
    }
}

#[tokio::test(start_paused = true)]
async fn commands_of_the_cli_that_go_to_the_model_are_reported() {
    for (prompt, is_reported) in [
        ("/context", true),
        ("/help", true),
        ("/model haiku", true),
        ("/foo", false),
        ("a /help", false),
    ] {
        let mut host = host(&Scenario::new().on_any_prompt("What?"), &[]);
        host.write(user(prompt)).await;
        host.eof();
        let report = host.end().await.report;
        assert_eq!(report.not_simulated().len(), usize::from(is_reported), "{prompt}: {report}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_tool_that_the_launch_has_not_does_not_run() {
    let disabled = ". Bash is disabled for this session, in subagents as well as here.";
    let bypass = "--dangerously-skip-permissions";
    for (tool, args, more) in [
        ("NoSuchTool", &[bypass][..], ""),
        ("Bash", &[bypass, "--tools", "Read"], disabled),
        ("Bash", &["--disallowed-tools", "Bash"], disabled),
        ("Grep", &["--tools", "Read"], ". Grep is disabled for this session."),
        ("mcp__calc__nope", &[bypass], ""),
        ("TaskOutput", &[bypass], ""),
    ] {
        let (lines, reported, _) =
            played(&uses(tool, json!({"command": "ls"})), args, json!({})).await;
        let expected =
            format!("<tool_use_error>Error: No such tool available: {tool}{more}</tool_use_error>");
        assert_eq!(content(&lines), expected);
        assert!(reported.is_empty(), "{reported:?}");
    }
    for (tool, args) in [
        ("Grep", &[bypass, "--tools", "Grep,Read"][..]),
        ("Glob", &["--allowed-tools", "Glob"]),
        ("Grep", &["--disallowed-tools", "Bash"]),
    ] {
        let (lines, _, _) = played(&uses(tool, json!({"pattern": "x"})), args, json!({})).await;
        assert_eq!(content(&lines), "Made.", "{tool} {args:?}");
    }
    // What a scenario runs by its own word runs, and is reported.
    let turn = reply().run_tool("NoSuchTool", json!({})).tool_result("Made.").text("Done.");
    let (lines, reported, _) = played(&Scenario::new().on_prompt("Go", turn), &[], json!({})).await;
    assert_eq!(content(&lines), "Made.");
    assert_eq!(reported, ["that the CLI has no tool NoSuchTool, which the scenario runs"]);
}

/// Answers the handshake of an in-process server with these tools, up to its list.
async fn handshake(host: &mut Host, tools: &[&str]) {
    loop {
        let asked = request(host, "mcp_message").await;
        let message = &asked["request"]["message"];
        let method = message["method"].as_str().unwrap().to_owned();
        let tools: Vec<_> = tools
            .iter()
            .map(|name| json!({"name": name, "inputSchema": {"type": "object"}}))
            .collect();
        let body = match method.as_str() {
            "initialize" => json!({"serverInfo": {"name": "calc", "version": "1"}}),
            "tools/list" => json!({"tools": tools}),
            _ => json!({}),
        };
        let reply = json!({"jsonrpc": "2.0", "id": message["id"], "result": body});
        answer(host, &asked, json!({"mcp_response": reply})).await;
        if method == "tools/list" {
            return;
        }
    }
}

async fn reply_to(host: &mut Host, asked: Value) -> Value {
    host.write(control("c", &asked.to_string())).await;
    loop {
        let line = line(host).await;
        if line["response"]["request_id"] == "c" {
            return line["response"]["response"].clone();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn servers_are_added_changed_and_removed() {
    let turn = reply().tool_use("mcp__calc__add", json!({})).text("Three.");
    let late = reply().tool_use("mcp__calc__sub", json!({})).text("One.");
    let scenario = Scenario::new().on_prompt("Add", turn).on_prompt("Subtract", late);
    let mut host = host(&scenario, &["--allowed-tools", "mcp__calc"]);
    initialize(&mut host, json!({})).await;
    let set = |servers: Value| json!({"subtype": "mcp_set_servers", "servers": servers});
    let calc = json!({"calc": {"type": "sdk", "name": "calc"}});
    let added = reply_to(&mut host, set(calc.clone())).await;
    assert_eq!(added, json!({"added": ["calc"], "removed": [], "errors": {}}));
    handshake(&mut host, &["add"]).await;
    host.write(user("Add")).await;
    let call = request(&mut host, "mcp_message").await;
    assert_eq!(call["request"]["message"]["params"]["name"], "add");
    let three = json!({"content": [{"type": "text", "text": "3"}]});
    let body = |call: &Value| json!({"mcp_response": {"jsonrpc": "2.0", "id": call["request"]["message"]["id"], "result": three}});
    answer(&mut host, &call, body(&call)).await;
    while line(&mut host).await["type"] != "result" {}
    // Another tool.
    let changed = json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"});
    host.write(control(
        "n",
        &json!({"subtype": "mcp_message", "server_name": "calc", "message": changed}).to_string(),
    ))
    .await;
    handshake(&mut host, &["add", "sub"]).await;
    host.write(user("Subtract")).await;
    let call = request(&mut host, "mcp_message").await;
    assert_eq!(call["request"]["message"]["params"]["name"], "sub");
    answer(&mut host, &call, body(&call)).await;
    while line(&mut host).await["type"] != "result" {}
    let same = reply_to(&mut host, set(calc)).await;
    assert_eq!(same, json!({"added": [], "removed": [], "errors": {}}));
    let removed = reply_to(&mut host, set(json!({}))).await;
    assert_eq!(removed, json!({"added": [], "removed": ["calc"], "errors": {}}));
    let status = reply_to(&mut host, json!({"subtype": "mcp_status"})).await;
    assert_eq!(status["mcpServers"], json!([]));
    rest(host).await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_silent_is_given_up_after_a_minute() {
    let scenario = Scenario::new().on_prompt("Go", reply().text("Done."));
    let mut host = host(&scenario, &[]);
    let began = tokio::time::Instant::now();
    initialize(&mut host, json!({"sdkMcpServers": ["calc"]})).await;
    host.write(user("Go")).await;
    let first = request(&mut host, "mcp_message").await;
    let reply = line(&mut host).await;
    assert_eq!(reply["response"]["request_id"], "i", "the reply waits for no server: {reply}");
    let second = request(&mut host, "mcp_message").await;
    assert_eq!(began.elapsed().as_secs(), 30);
    assert_ne!(second["request_id"], first["request_id"]);
    assert_eq!(second["request"]["message"]["id"], 1_048_576);
    let init = loop {
        let line = line(&mut host).await;
        if line["subtype"] == "init" {
            break line;
        }
    };
    assert_eq!(began.elapsed().as_secs(), 60);
    assert_eq!(init["mcp_servers"][0]["status"], "failed");
    let lines = rest(host).await;
    assert_eq!(result(&lines)["result"], "Done.");
}

#[tokio::test(start_paused = true)]
async fn files_are_rewound_only_where_they_are_kept() {
    for (dry_run, error) in [(true, None), (false, Some("File rewinding is not enabled."))] {
        let mut host = host(&Scenario::new(), &[]);
        let asked = json!({"subtype": "rewind_files", "user_message_id": "x", "dry_run": dry_run});
        host.write(control("c", &asked.to_string())).await;
        let reply = line(&mut host).await;
        assert_eq!(reply["response"]["error"].as_str(), error);
        if dry_run {
            let body = json!({"canRewind": false, "error": "File rewinding is not enabled."});
            assert_eq!(reply["response"]["response"], body);
        }
        rest(host).await;
    }
}

#[tokio::test(start_paused = true)]
async fn tools_that_only_read_and_run_side_by_side_are_reported() {
    let hooks = json!({"hooks": {"PreToolUse": [{"hookCallbackIds": ["h"]}]}});
    for (second, is_reported) in [("cat b", true), ("rm b", false)] {
        let tool = |turn: claude_wire::player::ModelReply, command: &str| {
            turn.tool_use("Bash", json!({"command": command, "description": "d"}))
        };
        let turn =
            tool(tool(reply(), "cat a"), second).tool_result("").tool_result("").text("Done.");
        let mut host = host(&Scenario::new().on_prompt("Go", turn), &["--allowed-tools", "Bash"]);
        initialize(&mut host, hooks.clone()).await;
        host.write(user("Go")).await;
        for _ in 0..2 {
            let hook = request(&mut host, "hook_callback").await;
            answer(&mut host, &hook, json!({})).await;
        }
        host.eof();
        let report = host.end().await.report;
        assert_eq!(!report.not_simulated().is_empty(), is_reported, "{second}: {report}");
    }
}
