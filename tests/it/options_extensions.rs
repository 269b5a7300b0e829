//! Options that extend a session: where each one goes, byte by byte, and what is rejected.

#![cfg(feature = "session")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeSet;
use std::time::Duration;

use claude_wire::session::Options;
use claude_wire::session::options::{
    AgentDefinition, AgentMcpServer, FileOrJson, McpServer, McpToolPermission, McpToolPolicy,
    Plugin, SandboxNetwork, SandboxSettings, Skills, Thinking, ToolServerConfig,
};
use claude_wire::wire::message::ThinkingDisplay;
use serde_json::{Value, json};

const ID: &str = "123e4567-e89b-42d3-a456-426614174000";

fn options() -> Options {
    Options::default()
}

fn initialize(options: &Options) -> String {
    Value::Object(options.initialize()).to_string()
}

/// The arguments after the fixed ones.
fn tail(options: &Options) -> Vec<String> {
    options.args().unwrap().into_iter().skip(6).map(|arg| arg.into_string().unwrap()).collect()
}

#[test]
fn unset_options_send_nothing() {
    assert_eq!(initialize(&options()), "{}");
    assert_eq!(initialize(&options().agents(Vec::<(String, _)>::new())), "{}");
}

#[test]
fn each_option_of_the_handshake_has_its_field() {
    let table = [
        (options().system_prompt_snapshot(true), r#"{"systemPromptSnapshot":true}"#),
        (options().system_prompt_file("/f"), r#"{"systemPromptSnapshot":false}"#),
        (
            options().system_prompt("s").system_prompt_snapshot(true),
            r#"{"systemPromptSnapshot":true}"#,
        ),
        (options().exclude_dynamic_sections(false), r#"{"excludeDynamicSections":false}"#),
        (options().plan_mode_instructions("Plan."), r#"{"planModeInstructions":"Plan."}"#),
        (options().tool_aliases([("a", "b")]), r#"{"toolAliases":{"a":"b"}}"#),
        (options().title("T"), r#"{"title":"T"}"#),
        (options().prompt_suggestions(true), r#"{"promptSuggestions":true}"#),
        (options().agent_progress_summaries(true), r#"{"agentProgressSummaries":true}"#),
        (options().forward_subagent_text(false), r#"{"forwardSubagentText":false}"#),
        (options().per_task_stop_affordance(true), r#"{"perTaskStopAffordance":true}"#),
        (options().skills(["a"].into_iter().collect()), r#"{"skills":["a"]}"#),
        (options().skills(Skills::Named(Vec::new())), r#"{"skills":[]}"#),
        (options().skills(Skills::All), "{}"),
    ];
    for (options, expected) in table {
        assert_eq!(initialize(&options), expected, "{options:?}");
    }
}

#[test]
fn an_agent_contains_only_what_is_set() {
    assert_eq!(
        initialize(&options().agents([("a", AgentDefinition::new("d", "p"))])),
        r#"{"agents":{"a":{"description":"d","prompt":"p"}}}"#
    );
    let mut full = AgentDefinition::new("d", "p");
    full.tools = Some(Vec::new());
    full.disallowed_tools = vec!["Bash".into()];
    full.model = Some("inherit".into());
    full.mcp_servers = vec![
        AgentMcpServer::Named("s".into()),
        AgentMcpServer::Own("o".into(), McpServer::http("https://h/")),
    ];
    full.skills = vec!["k".into()];
    full.initial_prompt = Some("go".into());
    full.max_turns = Some(3);
    full.background = Some(true);
    full.memory = Some("user".into());
    full.effort = Some("low".into());
    full.permission_mode = Some("plan".into());
    full.omit_claude_md = Some(true);
    full.critical_system_reminder = Some("r".into());
    full.auto_compact_window = Some(9);
    full.observer = Some("o".into());
    full.observer_message = Some("m".into());
    full.extra.insert("new".into(), json!(true));
    assert_eq!(
        initialize(&options().agents([("a", full)])),
        concat!(
            r#"{"agents":{"a":{"description":"d","prompt":"p","tools":[],"disallowedTools":["Bash"],"model":"inherit","#,
            r#""mcpServers":["s",{"o":{"type":"http","url":"https://h/"}}],"criticalSystemReminder_EXPERIMENTAL":"r","#,
            r#""skills":["k"],"initialPrompt":"go","maxTurns":3,"autoCompactWindow":9,"background":true,"omitClaudeMd":true,"#,
            r#""memory":"user","effort":"low","permissionMode":"plan","observer":"o","observerMessage":"m","new":true}}}"#
        )
    );
}

#[test]
fn servers_and_their_secrets_stay_off_the_command_line() {
    let options = options()
        .external_mcp_server("s", McpServer::stdio("c", ["CANARY"]).env("K", "CANARY"))
        .external_mcp_server(
            "h",
            McpServer::http("https://h/?CANARY").header("Authorization", "CANARY"),
        );
    assert_eq!(tail(&options), ["--await-initialize"]);
    assert_eq!(
        initialize(&options),
        concat!(
            r#"{"mcpServers":{"h":{"type":"http","url":"https://h/?CANARY","headers":{"Authorization":"CANARY"}},"#,
            r#""s":{"type":"stdio","command":"c","args":["CANARY"],"env":{"K":"CANARY"}}}}"#
        )
    );
    assert!(!format!("{options:?}").contains("CANARY"));
}

#[test]
fn skills_become_rules_and_none_is_listed_twice() {
    let named =
        options().skills(["a", "p:b"].into_iter().collect()).allowed_tools(["Skill(a)", "Read"]);
    assert_eq!(tail(&named), ["--allowed-tools", "Skill(a),Read,Skill(p:b)"]);
    assert_eq!(tail(&options().skills(Skills::All)), ["--allowed-tools", "Skill"]);
    assert!(tail(&options().skills(Skills::Named(Vec::new()))).is_empty());
}

#[test]
fn a_sandbox_is_a_part_of_the_settings_and_fails_closed() {
    let settings = |options: &Options| {
        assert_eq!(tail(options), ["--await-initialize", "--initialize-fields", "settings"]);
        options.initialize()["settings"].to_string()
    };
    let on = options().sandbox(json!({"enabled": true}));
    assert_eq!(settings(&on), r#"{"sandbox":{"enabled":true,"failIfUnavailable":true}}"#);
    let chosen = options().sandbox(json!({"enabled": true, "failIfUnavailable": false}));
    assert_eq!(settings(&chosen), r#"{"sandbox":{"enabled":true,"failIfUnavailable":false}}"#);
    let typed = SandboxSettings::default()
        .enabled(true)
        .network(SandboxNetwork::default().allowed_domains(vec!["d".to_owned()]));
    assert_eq!(
        settings(&options().sandbox(typed)),
        r#"{"sandbox":{"enabled":true,"network":{"allowedDomains":["d"]},"failIfUnavailable":true}}"#
    );
    let merged = options()
        .sandbox(json!({"enabled": false}))
        .settings(json!({"sandbox": {"old": 1}, "model": "m"}));
    assert_eq!(settings(&merged), r#"{"sandbox":{"enabled":false},"model":"m"}"#);
}

#[test]
fn a_server_in_this_process_has_its_settings_in_the_handshake() {
    let ask = McpToolPolicy::new("add", McpToolPermission::AlwaysAsk);
    let config = ToolServerConfig::default().timeout(Duration::from_secs(2)).tools(vec![ask]);
    let options = options().tool_server_configs([("calc", config)]);
    assert_eq!(tail(&options), [""; 0]);
    assert_eq!(
        initialize(&options),
        concat!(
            r#"{"sdkMcpServerConfigs":{"calc":{"timeout":2000,"#,
            r#""tools":[{"name":"add","permission_policy":"always_ask"}]}}}"#
        )
    );
}

#[test]
fn what_the_cli_ignores_of_a_server_in_this_process_is_reported() {
    let warnings = |config: ToolServerConfig, name: &str| {
        claude_wire::Session::builder()
            .initialize_field("sdkMcpServers", json!(["calc"]))
            .tool_server_configs([(name, config)])
            .warnings()
    };
    let policy = |word: &str| McpToolPolicy::new("add", word.into());
    let asks = || ToolServerConfig::default().tools(vec![policy("always_ask"), policy("new")]);
    assert_eq!(warnings(asks(), "calc"), [""; 0]);
    let [unknown] = &warnings(asks(), "clac")[..] else { panic!("one warning") };
    assert!(unknown.contains("`clac`"), "{unknown}");
    let [allowed, capped] = &warnings(
        ToolServerConfig::default().tools(vec![
            policy("always_allow"),
            policy("always_deny").org_max_permission(Some("ask".into())),
        ]),
        "calc",
    )[..] else {
        panic!("two warnings")
    };
    assert!(allowed.contains("`mcp__calc__add` to `allowed_tools`"), "{allowed}");
    assert!(capped.contains("org_max_permission"), "{capped}");
}

#[test]
fn each_rejection_names_the_option() {
    let server = |server| options().external_mcp_server("s", server);
    let with_server = |server| {
        let mut agent = AgentDefinition::new("d", "p");
        agent.mcp_servers = vec![AgentMcpServer::Own("o".into(), server)];
        agent
    };
    let table = [
        ("sandbox", options().sandbox(json!(true))),
        ("sandbox", options().sandbox(json!({})).settings(std::path::Path::new("/s.json"))),
        ("settings", options().sandbox(json!({})).settings(json!([]))),
        ("skills", options().skills(["a,b"].into_iter().collect())),
        ("skills", options().skills(["a(b)"].into_iter().collect())),
        ("skills", options().skills(["/a"].into_iter().collect())),
        ("skills", options().skills([" a"].into_iter().collect())),
        ("skills", options().skills([""].into_iter().collect())),
        ("skills", options().skills([r"a\"].into_iter().collect())),
        ("skills", options().skills(["*"].into_iter().collect())),
        ("mcp_servers", server(McpServer::stdio("", [""; 0]))),
        ("mcp_servers", server(McpServer::http("file:///x"))),
        ("mcp_servers", server(McpServer::sse("https://h").timeout(Duration::from_millis(10)))),
        ("mcp_servers", server(McpServer::http("https://h/").header("X\nY", "CANARY"))),
        ("mcp_servers", server(McpServer::sse("https://h/").header("X", "CANARY\r\nY: z"))),
        ("mcp_servers", server(McpServer::stdio("c", [""; 0]).env("A\0", "CANARY"))),
        ("mcp_servers", server(McpServer::stdio("c", [""; 0]).env("A\n", "CANARY"))),
        (
            "mcp_servers",
            options()
                .agents([("a", with_server(McpServer::http("https://h/").header("\0", "CANARY")))]),
        ),
        ("agents", options().agents([("", AgentDefinition::default())])),
        ("tool_server_configs", options().tool_server_configs([("", ToolServerConfig::default())])),
        (
            "tool_server_configs",
            options().tool_server_configs([(
                "s",
                ToolServerConfig::default().timeout(Duration::from_millis(999)),
            )]),
        ),
        (
            "tool_server_configs",
            options().tool_server_configs([(
                "s",
                ToolServerConfig::default()
                    .tools(vec![McpToolPolicy::new("", McpToolPermission::AlwaysDeny)]),
            )]),
        ),
        ("tool_aliases", options().tool_aliases([("a", "")])),
        ("title", options().title("")),
        ("client_app", options().client_app("a\nb")),
        ("plugins", options().plugin(Plugin::new(""))),
        ("debug_file", options().debug_file("")),
        ("project_config_root", options().project_config_root("")),
        ("managed_settings", options().managed_settings(json!(1))),
        ("task_budget", options().task_budget(0)),
        (
            "thinking_display",
            options().thinking(Thinking::Disabled).thinking_display(ThinkingDisplay::Omitted),
        ),
        (
            "permission_prompts",
            options().permission_prompts("none").permission_prompt_tool("mcp__a__b"),
        ),
        ("resume_session_at", options().resume_session_at(ID)),
        ("resume_session_at", options().resume(ID).resume_session_at("x")),
        ("resume_drops_turn", options().resume(ID).resume_drops_turn(ID)),
        ("max_retries", options().max_retries(1).env("CLAUDE_CODE_MAX_RETRIES", "2")),
        (
            "file_checkpointing",
            options()
                .file_checkpointing(false)
                .env_remove("CLAUDE_CODE_ENABLE_SDK_FILE_CHECKPOINTING"),
        ),
    ];
    for (field, options) in table {
        assert_eq!(options.validate().expect_err(field).field(), field, "{options:?}");
    }
}

#[test]
fn skipping_permissions_must_be_asked_for_by_name() {
    let session = claude_wire::Session::builder().permission_mode("bypassPermissions").start();
    assert!(session.is_ok());
    let args = tail(&options().permission_mode("bypassPermissions"));
    assert_eq!(args, ["--permission-mode", "bypassPermissions"]);
}

#[test]
fn a_field_of_the_handshake_is_set_in_only_one_way() {
    let error = claude_wire::Session::builder()
        .title("t")
        .initialize_field("title", json!("u"))
        .start()
        .unwrap_err();
    assert!(
        error.to_string().contains(
            "option `initialize_field`: expected no field that an option sets as well, got title"
        ),
        "{error}"
    );
}

/// `cargo xtask docs` writes the page in `docs/`.
#[test]
fn the_page_of_options_is_the_table() {
    let page = include_str!("../../docs/options.md");
    let rows: Vec<_> = page.lines().filter(|line| line.starts_with("| `")).collect();
    let table = Options::table();
    assert_eq!(rows.len(), table.len());
    for (line, row) in rows.iter().zip(table) {
        assert!(
            line.starts_with(&format!("| `{}` |", row.name))
                && line.ends_with(&format!("| {} |", row.default)),
            "{line}"
        );
    }
}

/// An option writes only what its row names.
#[test]
fn an_option_writes_what_its_row_names() {
    let mut agent = AgentDefinition::new("d", "p");
    agent.tools = Some(vec!["Read".into()]);
    let layers = [
        options()
            .model("m")
            .fallback_model("f")
            .system_prompt("s")
            .allowed_tools(["A"])
            .disallowed_tools(["B"])
            .tools(["C"])
            .max_turns(1)
            .max_budget_usd(1.0)
            .permission_mode("plan")
            .permission_prompt_tool("t")
            .resume(ID)
            .fork_session(true)
            .session_id(ID)
            .resume_session_at(ID)
            .resume_drops_turn(ID)
            .no_session_persistence(true)
            .add_dir("/a"),
        options()
            .append_system_prompt("s".repeat(9000))
            .continue_conversation(true)
            .include_partial_messages(true)
            .include_hook_events(true)
            .replay_user_messages(true)
            .session_mirror(true)
            .mcp_config(FileOrJson::File("/m".into()))
            .strict_mcp_config(true)
            .settings(FileOrJson::File("/s".into()))
            .setting_sources(["user"])
            .json_schema(json!({}))
            .effort("low")
            .thinking(Thinking::Adaptive)
            .thinking_display(ThinkingDisplay::Summarized)
            .betas(["b"])
            .agent("a")
            .debug(true),
        options()
            .thinking(Thinking::Budget(1))
            .system_prompt("s".repeat(9000))
            .system_prompt_snapshot(true)
            .exclude_dynamic_sections(true)
            .plan_mode_instructions("p")
            .agents([("a", agent)])
            .skills(["k"].into_iter().collect())
            .plugin(Plugin::new("/p"))
            .plugin(Plugin::without_mcp("/p"))
            .external_mcp_server("s", McpServer::stdio("c", [""; 0]))
            .tool_server_configs([("t", ToolServerConfig::default())])
            .tool_aliases([("a", "b")])
            .sandbox(json!({}))
            .managed_settings(json!({}))
            .project_config_root("/r")
            .task_budget(1)
            .permission_prompts("host")
            .allow_dangerously_skip_permissions(true)
            .title("t")
            .prompt_suggestions(true)
            .agent_progress_summaries(true)
            .forward_subagent_text(true)
            .per_task_stop_affordance(true)
            .file_checkpointing(true)
            .question_preview("html")
            .max_retries(1)
            .client_app("c")
            .trace_parent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
            .trace_state("a=b")
            .debug_file("/d"),
        options().append_system_prompt("s"),
        options().system_prompt_file("/f"),
    ];
    let mut written = BTreeSet::new();
    for options in &layers {
        let flags = tail(options)
            .into_iter()
            .filter(|arg| arg.starts_with("--"))
            .map(|arg| arg.split('=').next().unwrap().to_owned());
        written.extend(flags);
        written.extend(options.initialize().into_iter().map(|(name, _)| name));
        let launch = options.launch().unwrap();
        written.extend(launch.env.overrides().map(|(name, _)| name.to_str().unwrap().to_owned()));
    }
    let aliases = ["--allowedTools", "--disallowedTools", "ANTHROPIC_API_KEY"];
    let named: BTreeSet<String> = Options::table()
        .iter()
        .flat_map(|row| [row.flags, row.initialize, row.env].concat())
        .filter(|name| !aliases.contains(name))
        .map(str::to_owned)
        .collect();
    assert_eq!(written, named);
}

#[test]
fn options_that_may_contain_secrets_go_into_the_handshake_and_not_onto_the_command_line() {
    let config = json!({"mcpServers": {"inline": {"command": "c", "env": {"TOKEN": "CANARY"}}}});
    let options = options()
        .mcp_config(config)
        .external_mcp_server(
            "typed",
            McpServer::http("https://h/").header("Authorization", "CANARY"),
        )
        .settings(json!({"env": {"TOKEN": "CANARY"}}))
        .sandbox(json!({"enabled": false}))
        .managed_settings(json!({"env": {"OTHER": "CANARY"}}))
        .api_key("CANARY");
    let launch = options.launch().unwrap();
    assert_eq!(
        tail(&options),
        [
            "--await-initialize",
            "--initialize-fields",
            "settings",
            "--managed-settings-in-initialize"
        ]
    );
    assert!(!format!("{:?}", launch.args).contains("CANARY"), "{:?}", launch.args);
    let expected = json!({
        "mcpServers": {
            "inline": {"command": "c", "env": {"TOKEN": "CANARY"}},
            "typed": {"type": "http", "url": "https://h/", "headers": {"Authorization": "CANARY"}},
        },
        "settings": {"env": {"TOKEN": "CANARY"}, "sandbox": {"enabled": false}},
        "managedSettings": {"env": {"OTHER": "CANARY"}},
    });
    assert_eq!(serde_json::Value::Object(options.initialize()), expected);
}

#[test]
fn a_server_is_configured_only_once() {
    let one = json!({"mcpServers": {"a": {"command": "c"}}});
    let twice = options().mcp_config(one.clone()).mcp_config(one.clone());
    let typed = options().mcp_config(one).external_mcp_server("a", McpServer::stdio("c", [""; 0]));
    for options in [twice, typed] {
        let error = options.validate().unwrap_err();
        let expected = r#"option `mcp_config`: expected each server once, here and in `mcp_servers`, got "a" twice"#;
        assert_eq!(error.to_string(), expected);
    }
}
