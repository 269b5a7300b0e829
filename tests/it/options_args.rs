//! The command line that each option writes, token by token.

#![cfg(feature = "session")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use claude_wire::session::Options;
use claude_wire::session::options::{
    FileOrJson, Plugin, SYSTEM_PROMPT_DYNAMIC_BOUNDARY, SettingSource, Thinking,
};
use claude_wire::wire::message::ThinkingDisplay;
use serde_json::json;

const PREFIX: [&str; 6] =
    ["--print", "--output-format", "stream-json", "--input-format", "stream-json", "--verbose"];
const ID: &str = "123e4567-e89b-42d3-a456-426614174000";

fn options() -> Options {
    Options::default()
}

fn args(options: &Options) -> Vec<String> {
    options.args().unwrap().into_iter().map(|arg| arg.into_string().unwrap()).collect()
}

/// The arguments after the fixed ones.
fn tail(options: &Options) -> Vec<String> {
    let args = args(options);
    assert_eq!(args[..6], PREFIX);
    args[6..].to_vec()
}

#[test]
fn no_option_writes_the_fixed_arguments_only() {
    assert_eq!(args(&options()), PREFIX);
}

/// The conversion printed in the architecture guide, with the permission mode that its output shows
/// but its input omits.
#[test]
fn the_conversion_of_the_guide_is_reproduced_literally() {
    let guide = options()
        .system_prompt("You are helpful")
        .allowed_tools(["View", "Bash(git:*)"])
        .max_turns(20);
    assert_eq!(
        tail(&guide.clone().permission_mode("acceptEdits")),
        [
            "--system-prompt",
            "You are helpful",
            "--allowed-tools",
            "View,Bash(git:*)",
            "--permission-mode",
            "acceptEdits",
            "--max-turns",
            "20",
        ]
    );
    assert!(!tail(&guide).contains(&"--permission-mode".to_owned()));
}

#[test]
fn each_option_writes_its_flag() {
    let table: &[(Options, &[&str])] = &[
        (options().model("opus"), &["--model", "opus"]),
        (options().fallback_model("sonnet,haiku"), &["--fallback-model", "sonnet,haiku"]),
        (options().system_prompt("S"), &["--system-prompt", "S"]),
        (options().append_system_prompt("A"), &["--append-system-prompt", "A"]),
        (options().system_prompt_file("/p.md"), &["--system-prompt-file", "/p.md"]),
        (options().allowed_tools(["Read", "Edit"]), &["--allowed-tools", "Read,Edit"]),
        (options().disallowed_tools(["Bash(rm:*)"]), &["--disallowed-tools", "Bash(rm:*)"]),
        (options().tools(["Bash", "Read"]), &["--tools", "Bash,Read"]),
        (options().max_turns(1), &["--max-turns", "1"]),
        (options().max_budget_usd(0.5), &["--max-budget-usd", "0.5"]),
        (options().permission_mode("plan"), &["--permission-mode", "plan"]),
        (options().permission_prompt_tool("mcp__a__b"), &["--permission-prompt-tool", "mcp__a__b"]),
        (options().resume(ID), &["--resume=123e4567-e89b-42d3-a456-426614174000"]),
        (options().continue_conversation(true), &["--continue"]),
        (
            options().continue_conversation(true).fork_session(true),
            &["--continue", "--fork-session"],
        ),
        (options().session_id(ID), &["--session-id", ID]),
        (options().no_session_persistence(true), &["--no-session-persistence"]),
        (options().add_dir("/a").add_dir("/b"), &["--add-dir", "/a", "--add-dir", "/b"]),
        (options().include_partial_messages(true), &["--include-partial-messages"]),
        (options().include_hook_events(true), &["--include-hook-events"]),
        (options().replay_user_messages(true), &["--replay-user-messages"]),
        (options().session_mirror(true), &["--session-mirror"]),
        (
            options()
                .mcp_config(FileOrJson::File("/m.json".into()))
                .mcp_config(FileOrJson::File("/n.json".into())),
            &["--mcp-config", "/m.json", "--mcp-config", "/n.json"],
        ),
        (options().strict_mcp_config(true), &["--strict-mcp-config"]),
        (options().settings(FileOrJson::File("/s.json".into())), &["--settings", "/s.json"]),
        (
            options().setting_sources([SettingSource::User, SettingSource::Local]),
            &["--setting-sources", "user,local"],
        ),
        (
            options().json_schema(json!({"type": "object"})),
            &["--json-schema", r#"{"type":"object"}"#],
        ),
        (options().effort("high"), &["--effort", "high"]),
        (options().thinking(Thinking::Adaptive), &["--thinking", "adaptive"]),
        (options().thinking(Thinking::Disabled), &["--thinking", "disabled"]),
        (options().thinking(Thinking::Budget(1024)), &["--max-thinking-tokens", "1024"]),
        (options().betas(["context-1m-2025-08-07"]), &["--betas", "context-1m-2025-08-07"]),
        (options().agent("reviewer"), &["--agent", "reviewer"]),
        (options().debug(true), &["--debug"]),
        (options().permission_prompts("none"), &["--permission-prompts", "none"]),
        (
            options().allow_dangerously_skip_permissions(true),
            &["--allow-dangerously-skip-permissions"],
        ),
        (options().task_budget(20_000), &["--task-budget", "20000"]),
        (options().thinking_display(ThinkingDisplay::Omitted), &["--thinking-display", "omitted"]),
        (
            options().resume(ID).resume_session_at(ID).resume_drops_turn(ID),
            &[
                "--resume=123e4567-e89b-42d3-a456-426614174000",
                "--resume-session-at=123e4567-e89b-42d3-a456-426614174000",
                "--resume-drops-turn=123e4567-e89b-42d3-a456-426614174000",
            ],
        ),
        (options().project_config_root("/r"), &["--project-config-root", "/r"]),
        (
            options().plugin(Plugin::new("/a")).plugin(Plugin::without_mcp("/b")),
            &["--plugin-dir", "/a", "--plugin-dir-no-mcp", "/b"],
        ),
        (options().debug(true).debug_file("/log"), &["--debug-file", "/log"]),
        (
            options().extra_arg("plugin-url", "/p").extra_flag("bare").extra_arg("x", ""),
            &["--plugin-url", "/p", "--bare", "--x="],
        ),
    ];
    for (options, expected) in table {
        assert_eq!(tail(options), *expected, "{options:?}");
    }
}

#[test]
fn an_option_that_is_off_writes_nothing() {
    let off = options()
        .continue_conversation(false)
        .fork_session(false)
        .no_session_persistence(false)
        .include_partial_messages(false)
        .include_hook_events(false)
        .replay_user_messages(false)
        .strict_mcp_config(false)
        .debug(false);
    assert_eq!(args(&off), PREFIX);
}

#[test]
fn an_empty_list_is_sent_where_it_differs_from_no_list() {
    assert_eq!(tail(&options().tools([""; 0])), ["--tools="]);
    assert_eq!(tail(&options().setting_sources([""; 0])), ["--setting-sources="]);
    let rest =
        options().allowed_tools([""; 0]).disallowed_tools([""; 0]).betas([""; 0]).add_dirs([""; 0]);
    assert_eq!(args(&rest), PREFIX);
}

#[test]
fn a_value_that_looks_like_a_flag_stays_a_value() {
    let hostile = options()
        .model("--dangerously-skip-permissions")
        .system_prompt("-p")
        .allowed_tools(["--resume", "Read"])
        .add_dir("--settings")
        .extra_arg("plugin-url", "--debug");
    assert_eq!(
        tail(&hostile),
        [
            "--system-prompt=-p",
            "--allowed-tools=--resume,Read",
            "--model=--dangerously-skip-permissions",
            "--add-dir=--settings",
            "--plugin-url=--debug",
        ]
    );
}

#[test]
fn shell_syntax_is_passed_verbatim() {
    for text in [
        r#"a "b" 'c'"#,
        "$(id)",
        "`id`; rm -rf /",
        "a\nb\\n",
        "a && b | c > d",
        "%PATH% ^",
        "ünï",
        "*",
    ] {
        assert_eq!(tail(&options().system_prompt(text)), ["--system-prompt", text]);
        let rule = format!("Bash({})", text.replace('\n', " "));
        assert_eq!(tail(&options().allowed_tools([&rule])), ["--allowed-tools", &rule]);
    }
    assert_eq!(tail(&options().system_prompt("")), ["--system-prompt="]);
}

#[test]
fn commas_inside_the_parentheses_of_a_rule_are_kept() {
    let rules = options().allowed_tools(["Bash(git log:*, git diff:*)", "Read"]);
    assert_eq!(tail(&rules), ["--allowed-tools", "Bash(git log:*, git diff:*),Read"]);
}

#[test]
fn a_budget_is_written_in_plain_digits() {
    for (usd, text) in
        [(0.0, "0"), (-0.0, "0"), (1e-7, "0.0000001"), (2.0, "2"), (1e9, "1000000000")]
    {
        assert_eq!(tail(&options().max_budget_usd(usd)), ["--max-budget-usd", text]);
    }
}

#[test]
fn a_long_prompt_goes_into_the_initialize_request_and_not_onto_the_command_line() {
    let (short, long) = ("s".repeat(8 * 1024), "l".repeat(8 * 1024 + 1));

    let replaced = options().system_prompt(&short);
    assert_eq!(tail(&replaced), ["--system-prompt", &short]);
    assert_eq!(json!(replaced.initialize()), json!({"systemPromptSnapshot": false}));

    let replaced = options().system_prompt(&long);
    assert_eq!(args(&replaced), PREFIX);
    assert_eq!(
        json!(replaced.initialize()),
        json!({"systemPromptSnapshot": false, "systemPrompt": [long]})
    );

    let appended = options().append_system_prompt(&long);
    assert_eq!(args(&appended), PREFIX);
    assert_eq!(
        json!(appended.initialize()),
        json!({"systemPromptSnapshot": false, "appendSystemPrompt": long})
    );

    assert!(options().initialize().is_empty(), "unset leaves the CLI its own prompt");
}

#[test]
fn a_prompt_in_blocks_goes_into_the_initialize_request() {
    for blocks in [
        &["one"][..],
        &["", "two"],
        &["rules", SYSTEM_PROMPT_DYNAMIC_BOUNDARY, "today"],
        &[SYSTEM_PROMPT_DYNAMIC_BOUNDARY],
    ] {
        let prompt =
            options().system_prompt("replaced").system_prompt_blocks(blocks.iter().copied());
        assert_eq!(args(&prompt), PREFIX);
        assert_eq!(
            json!(prompt.initialize()),
            json!({"systemPromptSnapshot": false, "systemPrompt": blocks})
        );
    }
    assert_eq!(SYSTEM_PROMPT_DYNAMIC_BOUNDARY, "__SYSTEM_PROMPT_DYNAMIC_BOUNDARY__");
    let none = options().system_prompt_blocks([""; 0]).validate().unwrap_err();
    assert_eq!(none.to_string(), "option `system_prompt`: expected at least one block, got none");
}

#[cfg(unix)]
#[test]
fn a_path_need_not_be_text() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let name = OsStr::from_bytes(b"-\xff");
    let args = options().add_dir(name).args().unwrap();
    assert_eq!(args[6].as_bytes(), b"--add-dir=-\xff");
}
