//! The CLI accepts every option: its flags are known, its handshake fields applied.

use claude_wire::lab::{ApiReply, ApiScript, real_cli};
use claude_wire::session::Options;
use claude_wire::session::options::{AgentDefinition, McpServer, Plugin, Thinking};
use claude_wire::wire::System;
use claude_wire::wire::message::ThinkingDisplay;
use serde_json::json;
use tokio::process::Command;

use crate::support::{finish, place};

/// Flags that CLI 2.1.329 accepts but does not list in `--help`.
const HIDDEN: [&str; 15] = [
    "--await-initialize",
    "--initialize-fields",
    "--managed-settings-in-initialize",
    "--max-thinking-tokens",
    "--max-turns",
    "--permission-prompt-tool",
    "--plugin-dir-no-mcp",
    "--project-config-root",
    "--resume-drops-turn",
    "--resume-session-at",
    "--session-mirror",
    "--system-prompt-file",
    "--task-budget",
    "--thinking",
    "--thinking-display",
];

pub(crate) async fn run() {
    let place = place(
        ApiScript::new()
            .on_prompt("Hello", [ApiReply::text("Hi")])
            .on_prompt("Again", [ApiReply::text("Ho")]),
    )
    .await;
    let help = Command::new(real_cli().unwrap()).arg("--help").output().await.unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let is_listed = |flag: &str| help.split([' ', ',', '\n', '=']).any(|word| word == flag);
    for flag in Options::table().iter().flat_map(|row| row.flags) {
        assert_ne!(is_listed(flag), HIDDEN.contains(flag), "{flag}");
    }

    let dir = place.cwd();
    let plugin = dir.join("plugin");
    std::fs::create_dir_all(plugin.join(".claude-plugin")).unwrap();
    std::fs::write(
        plugin.join(".claude-plugin/plugin.json"),
        r#"{"name":"tried","version":"1.0.0","description":"d"}"#,
    )
    .unwrap();
    let log = dir.join("debug.log");
    let mut reviewer = AgentDefinition::new("Reviews", "Review.");
    reviewer.tools = Some(vec!["Read".into()]);
    reviewer.effort = Some("low".into());
    let session = place
        .session()
        .model("sonnet")
        .fallback_model("haiku")
        .append_system_prompt("Be brief.")
        .system_prompt_snapshot(false)
        .exclude_dynamic_sections(false)
        .allowed_tools(["Read"])
        .disallowed_tools(["WebFetch"])
        .tools(["Read", "Bash", "Skill"])
        .max_turns(5)
        .max_budget_usd(10.0)
        .task_budget(30_000)
        .permission_mode("default")
        .permission_prompts("host")
        .session_id("7f1a3e52-0000-4000-8000-000000000001")
        .add_dir(&dir)
        .include_partial_messages(true)
        .include_hook_events(true)
        .replay_user_messages(true)
        .session_mirror(true)
        .mcp_config(json!({"mcpServers": {"inline": {"command": "false"}}}))
        .external_mcp_server("mine", McpServer::stdio("false", [""; 0]).env("TOKEN", "made-up"))
        .strict_mcp_config(true)
        .settings(json!({"includeCoAuthoredBy": false}))
        .sandbox(json!({"enabled": false}))
        .managed_settings(json!({"cleanupPeriodDays": 30}))
        .project_config_root(&dir)
        .setting_sources(["user"])
        .effort("high")
        .thinking(Thinking::Adaptive)
        .thinking_display(ThinkingDisplay::Summarized)
        .agents([("reviewer", reviewer)])
        .plugin(Plugin::new(&plugin))
        .skills(["made-up"].into_iter().collect())
        .tool_aliases([("Look", "Read")])
        .plan_mode_instructions("Plan.")
        .title("Every option")
        .prompt_suggestions(false)
        .agent_progress_summaries(false)
        .forward_subagent_text(true)
        .per_task_stop_affordance(true)
        .verbatim_prompts(true)
        .file_checkpointing(true)
        .question_preview("markdown")
        .max_retries(1)
        .client_app("claude-wire-tests")
        .trace_parent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        .trace_state("vendor=value")
        .debug_file(&log)
        .start()
        .unwrap();
    let info = session.connect().await.unwrap();
    assert_eq!(info.mcp_servers_applied, Some(true));
    for applied in ["/settings_applied", "/managed_settings_applied"] {
        assert_eq!(info.raw().unwrap().pointer(applied).unwrap().as_bytes(), b"true", "{applied}");
    }
    let settings = session.settings().get().await.unwrap().raw().unwrap().to_string();
    assert!(
        settings.contains(r#""includeCoAuthoredBy":false"#)
            && settings.contains(r#""sandbox":{"enabled":false}"#),
        "{settings}"
    );
    assert!(info.agents.iter().any(|agent| agent.name == "reviewer"), "{:?}", info.agents);
    let mut turn = session.query("Hello");
    let mut servers = None;
    while let Some(message) = turn.next().await {
        let message = message.unwrap();
        if let Some(System::Init(init)) = message.as_system() {
            servers =
                Some(init.mcp_servers.iter().map(|server| server.name.clone()).collect::<Vec<_>>());
            assert!(init.plugins.iter().any(|plugin| plugin.name == "tried"), "{init:?}");
        }
    }
    assert_eq!(
        servers.unwrap(),
        ["inline", "mine"],
        "strict_mcp_config leaves these and no others"
    );
    assert!(log.exists(), "the debug file is written");
    assert_eq!(session.query("Again").text().await.unwrap(), "Ho");
    assert!(finish(session, place).await.success());
}
