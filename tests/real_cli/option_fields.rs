//! The fields of agents, servers and the sandbox: what the CLI does with each that shows in a
//! closed network.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use claude_wire::lab::{ApiReply, ApiRequest, ApiScript, When};
use claude_wire::session::options::{
    AgentDefinition, McpServer, McpToolPermission, McpToolPolicy, SandboxSettings, ToolServerConfig,
};
use claude_wire::session::{Decision, PermissionMode, SessionEvent};
use claude_wire::wire::System;
use serde_json::{Value, json};

use crate::in_process_tool::serve;
use crate::support::{close, finish, place};

pub(crate) async fn run() {
    sandbox().await;
    agents().await;
    agents_at_work().await;
    servers().await;
}

/// Every field of the published types, and one that no type has.
fn every_field() -> Value {
    json!({
        "enabled": false, "failIfUnavailable": false, "autoAllowBashIfSandboxed": true,
        "allowUnsandboxedCommands": false,
        "network": {
            "allowedDomains": ["a.example"], "deniedDomains": [], "strictAllowlist": true,
            "allowManagedDomainsOnly": false, "allowUnixSockets": ["/s"], "allowAllUnixSockets": false,
            "allowLocalBinding": true, "allowMachLookup": ["m.*"], "httpProxyPort": 8001, "socksProxyPort": 65535,
            "tlsTerminate": {"caCertPath": "/c", "caKeyPath": "/k"}
        },
        "filesystem": {
            "allowWrite": ["/w"], "denyWrite": ["/d"], "denyRead": ["/x"], "allowRead": ["/r"],
            "allowManagedReadPathsOnly": true, "disabled": false
        },
        "credentials": {
            "files": [
                {
                    "path": "/f", "mode": "mask", "extract": "e(.*)", "onExtractNoMatch": "warn", "decode": "jwt",
                    "maskClaims": ["c"], "maskDuplicates": true, "injectHosts": ["h.example"]
                }
            ],
            "envVars": [{
                "name": "V", "mode": "mask", "decode": "jwt", "maskClaims": ["c"], "injectHosts": ["h.example"]
            }, {
                "name": "W", "mode": "mask", "extract": "e(.*)", "onExtractNoMatch": "error"
            }],
            "allowPlaintextInject": false,
            "awsPairs": [{"accessKeyIdVar": "A", "secretAccessKeyVar": "B", "sessionTokenVar": "C"}],
            "sigv4": {"streaming": "deny", "presigned": "passthrough", "sigv4a": "deny"}
        },
        "ignoreViolations": {"*": ["v"], "git": []}, "enableWeakerNestedSandbox": false,
        "allowNestedUserNamespaces": false, "enableWeakerNetworkIsolation": false, "allowAppleEvents": false,
        "excludedCommands": ["docker"], "ripgrep": {"command": "rg", "args": ["-u"]},
        "bwrapPath": "/b", "socatPath": "/s", "new": 1
    })
}

async fn sandbox() {
    let script = ApiScript::new().on_prompt("Hello", [ApiReply::text("Hi")]);
    let place = place(script).await;
    let typed: SandboxSettings = serde_json::from_value(every_field()).unwrap();
    let session = place.session().sandbox(typed).permission_mode("manual").start().unwrap();
    let settings = session.settings().get().await.unwrap();
    assert_eq!(settings.effective.to_value().unwrap()["sandbox"], every_field());
    let mut turn = session.query("Hello");
    let mut mode = None;
    while let Some(message) = turn.next().await {
        if let Some(System::Init(init)) = message.unwrap().as_system() {
            mode = Some(init.permission_mode.clone());
        }
    }
    assert_eq!(mode, Some(PermissionMode::Default), "`manual` is another name");
    session.stop().await.unwrap();

    // One field that the CLI rejects: no setting is in effect, and the CLI says so.
    let mut wrong = every_field();
    wrong["credentials"]["envVars"][0]["extract"] = json!("e(.*)");
    let session = place.session().sandbox(wrong).start().unwrap();
    session.connect().await.unwrap();
    let settings = session.settings().get().await.unwrap();
    assert_eq!(settings.effective.text(), "{}");
    assert_eq!(settings.errors[0].path, "sandbox.credentials.envVars.0.extract");
    assert!(finish(session, place).await.success());
}

async fn agents() {
    let call = json!({
        "description": "look", "prompt": "Look around", "subagent_type": "looker", "run_in_background": false
    });
    let script = ApiScript::new()
        .when(
            When::prompt("Delegate"),
            [ApiReply::tool_use("Agent", call), ApiReply::text("Done.")],
        )
        .on_prompt("Look around", [ApiReply::text("Nothing to see.")])
        .when(When::prompt("First this.").turn(1), [ApiReply::text("First.")])
        .when(When::prompt("Then that.").turn(2), [ApiReply::text("Second.")]);
    let place = place(script).await;
    std::fs::write(place.cwd().join("CLAUDE.md"), "The instruction of the project.").unwrap();
    let mut looker = AgentDefinition::new("Looks", "Full.");
    looker.tools = Some(vec!["Read".into(), "Bash".into()]);
    looker.disallowed_tools = vec!["Bash".into()];
    looker.model = Some("haiku".into());
    looker.critical_system_reminder = Some("The reminder.".into());
    looker.skills = vec!["made-up".into()];
    looker.max_turns = Some(3);
    looker.auto_compact_window = Some(100_000);
    looker.background = Some(false);
    looker.omit_claude_md = Some(true);
    looker.memory = Some("local".into());
    looker.effort = Some(7.into());
    looker.permission_mode = Some("plan".into());
    let mut lead = AgentDefinition::new("Leads", "Lead.");
    lead.initial_prompt = Some("First this.".into());
    let session = place
        .session()
        .agents([("looker", looker), ("lead", lead.clone())])
        .allowed_tools(["Agent"])
        .start()
        .unwrap();
    assert_eq!(session.query("Delegate").text().await.unwrap(), "Done.");
    session.stop().await.unwrap();
    let requests = place.api().requests();
    let has_instruction = |request: &ApiRequest| {
        request.body().to_string().contains("The instruction of the project.")
    };
    let looker = requests.iter().find(|request| request.prompts() == ["Look around"]).unwrap();
    assert!(looker.model().contains("haiku"), "`model`: {}", looker.model());
    // `memory` adds the tools that write it.
    assert_eq!(looker.tools(), ["Read", "Write", "Edit"], "`tools` without `disallowedTools`");
    assert!(!has_instruction(looker) && has_instruction(&requests[0]), "`omitClaudeMd`");

    let session = place.session().agents([("lead", lead)]).agent("lead").start().unwrap();
    // The first prompt is a turn that the CLI starts: its result is an event.
    let mut events = session.events();
    session.connect().await.unwrap();
    let first = loop {
        if let SessionEvent::Message(message) = events.next().await.unwrap()
            && let Some(result) = message.as_result()
        {
            break result.result.clone();
        }
    };
    assert_eq!(first.as_deref(), Some("First."));
    assert_eq!(session.query("Then that.").text().await.unwrap(), "Second.");
    session.stop().await.unwrap();
    close(place);
}

/// What a sub-agent with these fields does.
async fn agents_at_work() {
    let mut script = ApiScript::new();
    let mut definitions = Vec::new();
    let mut add = |name: &str, replies: Vec<ApiReply>, set: &dyn Fn(&mut AgentDefinition)| {
        let input = json!({
            "description": "look", "prompt": format!("Look {name}"), "subagent_type": name, "run_in_background": false,
        });
        let delegates = [ApiReply::tool_use("Agent", input), ApiReply::text("Done.")];
        let delegate = When::prompt_contains(format!("Delegate {name}"));
        script = std::mem::take(&mut script).when(delegate, delegates);
        if !replies.is_empty() {
            let look = When::prompt_contains(format!("Look {name}"));
            script = std::mem::take(&mut script).when(look, replies);
        }
        let mut definition = AgentDefinition::new("Looks", "You look.");
        set(&mut definition);
        definitions.push((name.to_owned(), definition));
    };
    let ls = |flag| ApiReply::tool_use("Bash", json!({"command": format!("ls {flag}")}));
    add("few", vec![ls("-a"), ls("-l")], &|agent| agent.max_turns = Some(2));
    add("skilled", vec![], &|agent| agent.skills = vec!["made-up".into()]);
    add("soft", vec![], &|agent| agent.effort = Some("low".into()));
    add("numbered", vec![], &|agent| agent.effort = Some(7.into()));
    for mode in ["acceptEdits", "plan"] {
        let input = json!({"file_path": format!("{mode}.txt"), "content": "a"});
        let write = vec![ApiReply::tool_use("Write", input)];
        add(mode, write, &|agent| agent.permission_mode = Some(mode.into()));
    }
    let full = |flag| ls(flag).usage("input_tokens", 150_000);
    add("small", vec![full("-a"), full("-l")], &|agent| {
        agent.auto_compact_window = Some(100_000);
    });
    for place in ["user", "project", "local"] {
        add(place, vec![], &|agent| agent.memory = Some(place.into()));
    }
    // The last one, because the CLI begins a turn by itself when it is done.
    add("aside", vec![], &|agent| agent.background = Some(true));
    let script = script.always(When::any(), [ApiReply::text("Seen.")]);
    let place = place(script).await;
    let skill = place.cwd().join(".claude/skills/made-up");
    std::fs::create_dir_all(&skill).unwrap();
    let text = "---\nname: made-up\ndescription: Made up.\n---\nThe text of the skill.\n";
    std::fs::write(skill.join("SKILL.md"), text).unwrap();
    let questions = Arc::new(Mutex::new(Vec::new()));
    let asks = Arc::clone(&questions);
    let names: Vec<_> = definitions.iter().map(|(name, _)| name.clone()).collect();
    let session = place
        .session()
        .agents(definitions)
        .allowed_tools(["Agent", "Bash"])
        .on_permission(move |request| {
            asks.lock().unwrap().push(request.tool_name().to_string());
            async { Decision::allow() }
        })
        .start()
        .unwrap();
    let mut asked = Vec::new();
    let mut results = Vec::new();
    for name in &names {
        let summary = session.query(format!("Delegate {name}")).collect_summary().await.unwrap();
        let call = summary.tool_calls.first().unwrap_or_else(|| panic!("{name}: {summary:?}"));
        results.push(call.result.as_ref().unwrap().text().to_string());
        asked.push(std::mem::take(&mut *questions.lock().unwrap()));
    }
    session.stop().await.unwrap();
    let at = |name: &str| names.iter().position(|known| known == name).unwrap();
    let requests = place.api().requests();
    let of = |name: &str| {
        let prompt = format!("Look {name}");
        let own = |request: &&ApiRequest| {
            request.body()["messages"][0]["content"].to_string().contains(&prompt)
        };
        requests.iter().filter(own).collect::<Vec<_>>()
    };
    assert_eq!(of("few").len(), 2, "`maxTurns`");
    assert!(of("skilled")[0].body().to_string().contains("The text of the skill."), "`skills`");
    assert_eq!(of("soft")[0].body()["output_config"]["effort"], "low");
    assert_eq!(of("numbered")[0].body().get("output_config"), None, "a number");
    assert!(results[at("aside")].contains("Async agent launched"), "`background`");
    assert_eq!(asked[at("acceptEdits")], [""; 0], "`permissionMode`");
    assert_eq!(asked[at("plan")], ["Write"], "`permissionMode`");
    let summed_up = |request: &ApiRequest| request.body().to_string().contains("detailed summary");
    assert!(requests.iter().any(summed_up), "`autoCompactWindow`");
    for (name, folder) in [
        ("user", place.config_dir().join("agent-memory/user")),
        ("project", place.cwd().join(".claude/agent-memory/project")),
        ("local", place.cwd().join(".claude/agent-memory-local/local")),
    ] {
        let body = of(name)[0].body().to_string();
        let folder = folder.canonicalize().unwrap();
        assert!(body.contains(folder.to_str().unwrap()), "`memory`: {name}");
    }
    close(place);
}

async fn servers() {
    let add = || ApiReply::tool_use("mcp__calc__add", json!({"a": 1, "b": 2}));
    let script = ApiScript::new()
        .on_prompt("Asked", [add(), ApiReply::text("It was asked.")])
        .on_prompt("Denied", [add(), ApiReply::text("It was denied.")]);
    let place = place(script).await;
    for (prompt, policy, asked, result) in [
        ("Asked", McpToolPermission::AlwaysAsk, 1, "3"),
        ("Denied", McpToolPermission::AlwaysDeny, 0, "No such tool available"),
    ] {
        let questions = Arc::new(Mutex::new(Vec::new()));
        let asks = Arc::clone(&questions);
        let policy = McpToolPolicy::new("add", policy);
        let config =
            ToolServerConfig::default().timeout(Duration::from_secs(30)).tools(vec![policy]);
        let session = place
            .session()
            .initialize_field("sdkMcpServers", json!(["calc"]))
            .tool_server_configs([("calc", config)])
            .allowed_tools(["mcp__calc__add"])
            .on_permission(move |request| {
                asks.lock().unwrap().push(request.tool_name().to_string());
                async { Decision::allow() }
            })
            .on_request("mcp_message", |request| {
                let body = request.body().to_value().unwrap();
                async move { Ok(json!({"mcp_response": serve(&body["message"])})) }
            })
            .external_mcp_server("program", McpServer::stdio("false", ["a"]).env("K", "v"))
            .external_mcp_server("http", McpServer::http("http://127.0.0.1:9/").header("A", "b"))
            .external_mcp_server("sse", McpServer::sse("http://127.0.0.1:9/").always_load(false))
            .start()
            .unwrap();
        let summary = session.query(prompt).collect_summary().await.unwrap();
        let text = summary.tool_calls[0].result.as_ref().unwrap().text();
        assert!(text.contains(result), "{prompt}: {text}");
        assert_eq!(questions.lock().unwrap().len(), asked, "{prompt}");
        let status = session.mcp().status().await.unwrap();
        for (name, expected) in [
            ("program", json!({"type": "stdio", "command": "false", "args": ["a"]})),
            ("http", json!({"type": "http", "url": "http://127.0.0.1:9/", "headers": {"A": "b"}})),
            ("sse", json!({"type": "sse", "url": "http://127.0.0.1:9/"})),
        ] {
            let server = status.servers.iter().find(|server| server.name == name).unwrap();
            let config = server.config.as_ref().unwrap().to_value().unwrap();
            assert_eq!(config, expected);
            let read: McpServer = serde_json::from_value(config).unwrap();
            assert_eq!(read.transport.unwrap().as_str(), expected["type"]);
        }
        session.stop().await.unwrap();
    }
    close(place);
}
