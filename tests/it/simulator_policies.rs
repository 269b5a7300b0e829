//! What options in the handshake decide in a simulated CLI: policies for the tools of servers,
//! settings, the models of agents, and the mode `manual`.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use crate::replay_support::{Host, user};
use crate::simulator_support::{answer, host, initialize, line, rest};
use claude_wire::Scenario;
use claude_wire::player::{PromptMatch, reply};
use serde_json::{Value, json};

/// The fields of a handshake with a server in this process that has these tools.
fn server(policies: &Value) -> Value {
    let tools =
        ["add", "look_up"].map(|name| json!({"name": name, "inputSchema": {"type": "object"}}));
    let info = json!({"capabilities": {"tools": {}}, "serverInfo": {"name": "rmcp"}});
    json!({
        "sdkMcpServerManifests": {"calc": {"initializeResult": info, "toolsListResult": {"tools": tools}}},
        "sdkMcpServerConfigs": {"calc": {"tools": policies}},
    })
}

/// The lines of a turn, in which the host allows what it is asked about, and its server says 42.
async fn played(host: &mut Host) -> Vec<Value> {
    host.write(user("Go")).await;
    let mut lines = Vec::new();
    loop {
        let line = line(host).await;
        match line["request"]["subtype"].as_str() {
            Some("can_use_tool") => {
                let input = line["request"]["input"].clone();
                answer(host, &line, json!({"behavior": "allow", "updatedInput": input})).await;
            }
            Some("mcp_message") => {
                let id = &line["request"]["message"]["id"];
                let result = json!({"content": [{"type": "text", "text": "42"}]});
                let response = json!({"jsonrpc": "2.0", "id": id, "result": result});
                answer(host, &line, json!({"mcp_response": response})).await;
            }
            _ => {}
        }
        lines.push(line);
        if lines.last().unwrap()["type"] == "result" {
            return lines;
        }
    }
}

fn find<'a>(lines: &'a [Value], field: &str) -> Option<&'a Value> {
    lines.iter().find(|line| line.pointer(field).is_some_and(|value| !value.is_null()))
}

fn tools(lines: &[Value]) -> Vec<&str> {
    let init = lines.iter().find(|line| line["subtype"] == "init").unwrap();
    let tools = init["tools"].as_array().unwrap().iter().filter_map(Value::as_str);
    tools.filter_map(|tool| tool.strip_prefix("mcp__calc__")).collect()
}

#[tokio::test(start_paused = true)]
async fn the_policy_for_a_tool_counts_for_more_than_rules_and_modes() {
    const RULE: &[&str] = &["--allowed-tools", "mcp__calc__look_up"];
    const BYPASS: &[&str] = &["--permission-mode", "bypassPermissions"];
    for (policy, args, asked, text) in [
        (Value::Null, RULE, false, "42"),
        (Value::Null, BYPASS, false, "42"),
        (Value::Null, &[], true, "42"),
        (json!("always_ask"), RULE, true, "42"),
        (json!("always_ask"), BYPASS, true, "42"),
        (json!("always_ask"), &["--permission-mode", "dontAsk"], false, "don't ask mode"),
        (json!("always_allow"), &[], true, "42"),
        (json!("always_deny"), RULE, false, "Error: No such tool available: mcp__calc__look_up"),
    ] {
        let uses = reply().tool_use("mcp__calc__look_up", json!({"a": 1})).tool_result("42");
        let scenario = Scenario::new().on_prompt("Go", uses.text("Done."));
        let mut host = host(&scenario, args);
        let policies = json!([{"name": "look_up", "permission_policy": policy}]);
        initialize(&mut host, server(&policies)).await;
        let lines = played(&mut host).await;
        let case = format!("{policy} {args:?}");
        let question = find(&lines, "/request/tool_name");
        assert_eq!(question.is_some(), asked, "{case}");
        if let Some(question) = question {
            let question = &question["request"];
            let by_policy = policy == "always_ask";
            assert_eq!(question["display_name"], "Look Up");
            assert_eq!(question["server_policy_ask_only"], true);
            assert_eq!(question.get("permission_suggestions").is_none(), by_policy, "{case}");
            let source = question.get("decision_reason_rule_source");
            assert_eq!(source, by_policy.then(|| json!("mcpServerPolicy")).as_ref(), "{case}");
        }
        let returned = find(&lines, "/tool_use_result").unwrap();
        assert!(returned["message"]["content"][0]["content"].to_string().contains(text), "{case}");
        let is_denied = policy == "always_deny";
        let listed: &[&str] = if is_denied { &["add"] } else { &["add", "look_up"] };
        assert_eq!(tools(&lines), listed, "{case}");
        if is_denied {
            assert_eq!(returned["tool_use_result"], text);
            let meta = &find(&lines, "/tool_use_meta").unwrap()["tool_use_meta"][0];
            assert_eq!(meta["display_name"], "Look Up");
            assert!(meta.get("tool_name").is_none(), "{meta}");
        }
        rest(host).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_tool_of_a_server_that_a_rule_denies_is_not_listed() {
    for (rule, listed) in [
        ("mcp__calc__add", &["look_up"][..]),
        ("mcp__calc", &[]),
        ("mcp__calc__*", &[]),
        ("mcp__*", &[]),
        ("mcp__other", &["add", "look_up"]),
    ] {
        let scenario = Scenario::new().on_prompt("Go", reply().text("Done."));
        let mut host = host(&scenario, &["--disallowed-tools", rule]);
        initialize(&mut host, server(&Value::Null)).await;
        assert_eq!(tools(&played(&mut host).await), listed, "{rule}");
        rest(host).await;
    }
}

#[tokio::test(start_paused = true)]
async fn settings_of_the_handshake_count_if_they_are_announced() {
    let settings = json!({
        "permissions": {"allow": ["mcp__calc__look_up"], "deny": ["mcp__calc__add"], "defaultMode": "acceptEdits"},
        "sandbox": {"enabled": false},
    });
    const ANNOUNCED: &[&str] = &["--initialize-fields", "agents,settings"];
    for (args, counts, mode) in [
        (ANNOUNCED, true, "acceptEdits"),
        (&["--initialize-fields", "settings", "--permission-mode", "manual"], true, "default"),
        (&["--initialize-fields", "agents"], false, "default"),
        (&[], false, "default"),
    ] {
        let uses = reply().tool_use("mcp__calc__look_up", json!({})).tool_result("42");
        let scenario = Scenario::new().on_prompt("Go", uses.text("Done."));
        let mut host = host(&scenario, args);
        let mut fields = server(&Value::Null);
        fields["settings"] = settings.clone();
        initialize(&mut host, fields).await;
        let lines = played(&mut host).await;
        assert_eq!(find(&lines, "/request/tool_name").is_none(), counts, "{args:?}");
        assert_eq!(tools(&lines).contains(&"add"), !counts, "{args:?}");
        assert_eq!(find(&lines, "/permissionMode").unwrap()["permissionMode"], mode, "{args:?}");
        let reply = find(&lines, "/response/response/current_permission_mode").unwrap();
        let applied = reply["response"]["response"].get("settings_applied");
        assert_eq!(applied, counts.then_some(&json!(true)), "{args:?}");
        let request = json!({"subtype": "get_settings"});
        let request = json!({"type": "control_request", "request_id": "s", "request": request});
        host.write(request.to_string()).await;
        let lines = rest(host).await;
        let shown = find(&lines, "/response/response/effective").unwrap();
        let expected = if counts { settings.clone() } else { json!({}) };
        assert_eq!(shown["response"]["response"]["effective"], expected, "{args:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_sub_agent_asks_the_model_of_its_use_or_of_its_definition() {
    let agents = json!({
        "small": {"description": "d", "prompt": "p", "model": "haiku"},
        "same": {"description": "d", "prompt": "p", "model": "inherit"},
        "plain": {"description": "d", "prompt": "p"},
    });
    for (agent, wanted, model) in [
        ("small", None, "claude-haiku-5-5"),
        ("small", Some("sonnet"), "claude-sonnet-5-5"),
        ("same", None, "claude-opus-5-5"),
        ("plain", None, "claude-opus-5-5"),
        ("plain", Some("haiku"), "claude-haiku-5-5"),
    ] {
        let mut input = json!({
            "description": "look", "prompt": "Look around", "subagent_type": agent, "run_in_background": false,
        });
        if let Some(wanted) = wanted {
            input["model"] = wanted.into();
        }
        let scenario = Scenario::new()
            .on_prompt("Look around", reply().text("Nothing."))
            .on_prompt("Go", reply().tool_use("Agent", input).text("Done."));
        let mut host = host(&scenario, &[]);
        initialize(&mut host, json!({"agents": agents})).await;
        let lines = played(&mut host).await;
        let returned = find(&lines, "/tool_use_result/resolvedModel").unwrap();
        assert_eq!(returned["tool_use_result"]["resolvedModel"], model, "{agent} {wanted:?}");
        let started = lines.iter().find(|line| line["subtype"] == "task_started").unwrap();
        assert_eq!(started["is_backgrounded"], false, "{agent}");
        let usage = lines.last().unwrap()["modelUsage"].as_object().unwrap().clone();
        assert!(usage.contains_key(model) && usage.contains_key("claude-opus-5-5"), "{usage:?}");
        rest(host).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_is_declared_so_works_in_the_background() {
    for (background, expected) in [(json!(true), true), (json!(false), false), (json!(null), false)]
    {
        let agents = json!({"x": {"description": "d", "prompt": "p", "background": background}});
        let input = json!({
            "description": "look", "prompt": "Look around", "subagent_type": "x", "run_in_background": false,
        });
        let scenario = Scenario::new()
            .on_prompt("Look around", reply().text("Nothing."))
            .on_prompt("Go", reply().tool_use("Agent", input).text("Done."))
            .when(
                PromptMatch::Contains("<task-notification>".into()),
                reply().text("It reported."),
            );
        let mut host = host(&scenario, &[]);
        initialize(&mut host, json!({"agents": agents})).await;
        let lines = played(&mut host).await;
        let started = lines.iter().find(|line| line["subtype"] == "task_started").unwrap();
        assert_eq!(started["is_backgrounded"], expected, "{background}");
        host.eof();
        host.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn policies_of_a_server_that_is_added_count_and_those_of_the_handshake_do_not() {
    let server = json!({"type": "http", "url": "http://127.0.0.1/", "tools": [
        {"name": "one", "permission_policy": "always_ask"}, {"name": "two", "permission_policy": "always_deny"},
        {"name": "three", "permission_policy": "always_allow"},
    ]});
    let scenario = json!({
        "claude-wire": "scenario", "version": 2,
        "mcp_servers": {"h": {"info": {"name": "h", "version": "1"}, "tools": [
            {"name": "one", "result": {"content": []}}, {"name": "two", "result": {"content": []}},
            {"name": "three", "result": {"content": []}},
        ]}},
        "turns": [{"prompt": "Go", "reply": [
            {"tool_use": {"name": "mcp__h__one", "input": {}}}, {"tool_use": {"name": "mcp__h__two", "input": {}}},
            {"tool_use": {"name": "mcp__h__three", "input": {}}}, {"text": "Done."},
        ]}],
    });
    let scenario = Scenario::parse(&scenario.to_string()).unwrap();
    for (is_added, expected) in [(true, "mcp__h__one"), (false, "mcp__h__three")] {
        let mut host = host(&scenario, &["--allowed-tools", "mcp__h__one,mcp__h__two"]);
        let servers = json!({"h": server});
        if is_added {
            initialize(&mut host, json!({})).await;
            let request = json!({"subtype": "mcp_set_servers", "servers": servers});
            let request = json!({"type": "control_request", "request_id": "s", "request": request});
            host.write(request.to_string()).await;
        } else {
            initialize(&mut host, json!({"mcpServers": servers})).await;
        }
        let lines = played(&mut host).await;
        let asked = lines.iter().filter_map(|line| line["request"]["tool_name"].as_str());
        assert_eq!(asked.collect::<Vec<_>>(), [expected]);
        let results = lines.iter().filter(|line| line["type"] == "user");
        let missing = results.filter(|line| line.to_string().contains("No such tool available"));
        assert_eq!(missing.count(), usize::from(is_added));
        rest(host).await;
    }
}
