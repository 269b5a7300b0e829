//! What is rejected before anything is spawned, with the exact error texts.

#![cfg(feature = "session")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::time::Duration;

use claude_wire::session::options::{FileOrJson, Thinking};
use claude_wire::session::{Options, PermissionMode};
use serde_json::json;

const ID: &str = "123e4567-e89b-42d3-a456-426614174000";

fn options() -> Options {
    Options::default()
}

fn refusal(options: &Options) -> String {
    let error = options.validate().expect_err("must be refused");
    assert_eq!(options.args().unwrap_err(), error, "`args` refuses what `validate` refuses");
    error.to_string()
}

#[test]
fn each_refusal_names_the_option_what_was_expected_and_what_came() {
    let name = "a text that is not empty and has no control characters";
    let uuid = "a UUID such as 123e4567-e89b-42d3-a456-426614174000";
    let one_rule = "one rule in each item, no comma or blank outside its parentheses";
    let extra = "names of flags without leading dashes, of letters, digits and `-`";
    let table = [
        (options().max_turns(0), "max_turns", "a number from 1 up", "0"),
        (
            options().max_budget_usd(-0.01),
            "max_budget_usd",
            "a finite number of dollars from 0 up",
            "-0.01",
        ),
        (
            options().max_budget_usd(f64::NAN),
            "max_budget_usd",
            "a finite number of dollars from 0 up",
            "NaN",
        ),
        (
            options().max_budget_usd(f64::INFINITY),
            "max_budget_usd",
            "a finite number of dollars from 0 up",
            "inf",
        ),
        (options().model(""), "model", name, r#""""#),
        (options().agent("a\nb"), "agent", name, r#""a\nb""#),
        (options().effort(""), "effort", name, r#""""#),
        (options().permission_mode(""), "permission_mode", name, r#""""#),
        (
            options().model("opus").fallback_model("opus"),
            "fallback_model",
            "another model than `model`",
            r#""opus""#,
        ),
        (options().system_prompt("a\0b"), "system_prompt", "a text without NUL", "one with it"),
        (options().system_prompt_file(""), "system_prompt", "a path", "an empty one"),
        (options().tools([""]), "tools", "rules that are not empty", r#""""#),
        (
            options().allowed_tools(["Bash(git:*"]),
            "allowed_tools",
            "rules with balanced parentheses",
            r#""Bash(git:*""#,
        ),
        (options().allowed_tools(["Read, Edit"]), "allowed_tools", one_rule, r#""Read, Edit""#),
        (
            options().disallowed_tools(["Read", "Bash(a\nb)"]),
            "disallowed_tools",
            "rules without line breaks and control characters",
            r#""Bash(a\nb)""#,
        ),
        (options().betas(["a,b"]), "betas", "items without a comma", r#""a,b""#),
        (options().setting_sources([""]), "setting_sources", name, r#""""#),
        (
            options().thinking(Thinking::Budget(0)),
            "thinking",
            "a budget from 1 token up, or `Thinking::Disabled`",
            "a budget of 0",
        ),
        (options().timeout(Duration::ZERO), "timeout", "a duration longer than zero", "0 s"),
        (
            options().drain_timeout(Duration::ZERO),
            "drain_timeout",
            "a duration longer than zero",
            "0 s",
        ),
        (options().resume("my-session"), "resume", uuid, r#""my-session""#),
        (options().resume("--x"), "resume", uuid, r#""--x""#),
        (
            options().session_id("123e4567e89b42d3a456426614174000"),
            "session_id",
            uuid,
            r#""123e4567e89b42d3a456426614174000""#,
        ),
        (
            options().resume(ID).continue_conversation(true),
            "resume",
            "no `continue_conversation` together with it",
            "both",
        ),
        (
            options().fork_session(true),
            "fork_session",
            "`resume` or `continue_conversation` together with it",
            "neither",
        ),
        (
            options().session_id(ID).continue_conversation(true),
            "session_id",
            "`fork_session` together with it when a conversation is resumed",
            "none",
        ),
        (options().settings(json!("{}")), "settings", "a JSON object", "a string"),
        (options().settings(FileOrJson::File("".into())), "settings", "a path", "an empty one"),
        (
            options().mcp_config(json!({"my-server": {}})),
            "mcp_config",
            "a JSON object with the object `mcpServers`",
            "an object without it",
        ),
        (options().json_schema(json!([])), "json_schema", "a JSON object", "an array"),
        (options().extra_flag("--bare"), "extra_args", extra, r#""--bare""#),
        (options().extra_flag("bare=x"), "extra_args", extra, r#""bare=x""#),
        (options().extra_flag(""), "extra_args", extra, r#""""#),
        (options().extra_arg("x", "a\0"), "extra_args", "a text without NUL", "one with it"),
        (options().cwd(""), "cwd", "a path", "an empty one"),
        (options().add_dir(""), "add_dirs", "a path", "an empty one"),
        (
            options().env("A=B", "c"),
            "env",
            "names of variables that are not empty, without `=` and control characters",
            r#""A=B""#,
        ),
        (options().env("A", "secret\0"), "env", "values without NUL", "one in the value of A"),
        (options().api_key(""), "api_key", "a key", "an empty one"),
        (
            options().api_key("sk-secret\n"),
            "api_key",
            "a key without blanks and control characters",
            "one with them",
        ),
    ];
    for (options, field, expected, got) in table {
        assert_eq!(refusal(&options), format!("option `{field}`: expected {expected}, got {got}"));
        let error = options.validate().unwrap_err();
        assert_eq!((error.field(), error.expected(), error.got()), (field, expected, got));
    }
}

#[test]
fn values_at_the_edge_of_a_range_are_accepted() {
    let edges = [
        options().max_turns(u32::MAX).max_budget_usd(0.0).thinking(Thinking::Budget(1)),
        options().timeout(Duration::from_nanos(1)).no_idle_timeout(),
        options().resume(ID.to_uppercase()).fork_session(true).session_id(ID),
        options().continue_conversation(true).fork_session(true),
        options().resume(ID).continue_conversation(false),
        options().permission_mode(PermissionMode::BypassPermissions),
        options().system_prompt("").append_system_prompt(""),
        options().env("A", "").env_remove("B").settings(json!({})),
    ];
    for options in edges {
        assert_eq!(options.validate(), Ok(()), "{options:?}");
    }
}

#[test]
fn a_value_too_long_for_an_argument_is_rejected_before_the_spawn() {
    let limit = 128 * 1024 - 64;
    let exact = options().allowed_tools(["r".repeat(limit)]);
    assert_eq!(exact.validate(), Ok(()));

    let over = options().allowed_tools(["r".repeat(limit / 2), "r".repeat(limit / 2)]);
    assert_eq!(
        refusal(&over),
        "option `allowed_tools`: expected at most 131008 bytes in one argument, got 131009 bytes"
    );
    let schema = options().json_schema(json!({"d": "x".repeat(limit)}));
    assert_eq!(schema.validate().unwrap_err().field(), "json_schema");
}

#[test]
fn a_flag_that_the_sdk_sets_is_rejected_in_extra_args() {
    for flag in [
        "print",
        "output-format",
        "input-format",
        "verbose",
        "model",
        "allowedTools",
        "allowed-tools",
        "disallowedTools",
        "resume",
        "permission-prompt-tool",
        "settings",
        "cwd",
        "timeout",
    ] {
        let error = options().extra_arg(flag, "x").validate().unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "option `extra_args`: expected flags that the SDK does not set itself; use its option, \
                 got {flag:?}"
            )
        );
    }
}

#[test]
fn secrets_do_not_appear_in_debug_or_errors() {
    let canary = "CANARY-7731";
    let secrets = options()
        .api_key(canary)
        .env("TOKEN", canary)
        .mcp_config(json!({"mcpServers": {"a": {"headers": {"Authorization": canary}}}}))
        .settings(json!({"env": {"A": canary}}))
        .extra_arg("token", canary)
        .model("opus");
    let shown = format!("{secrets:?} {secrets:#?}");
    assert!(!shown.contains(canary), "{shown}");
    assert_eq!(
        format!("{secrets:?}"),
        "Options { model: \"opus\", mcp_config: [Json(..)], settings: Json(..), \
         extra_args: [\"token\"], env: [\"TOKEN\"], api_key: [redacted] }"
    );

    let wrong = [
        options().api_key(format!("{canary} ")),
        options().env("A", format!("{canary}\0")),
        options().settings(json!([canary])),
        options().mcp_config(json!({"token": canary})),
    ];
    for options in wrong {
        let refusal = refusal(&options);
        assert!(!refusal.contains(canary), "{refusal}");
    }
}
