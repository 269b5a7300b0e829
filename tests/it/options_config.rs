//! The application's layer of options: a file, then the environment.

#![cfg(feature = "session")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::time::Duration;

use claude_wire::session::options::{
    ConfigError, FileOrJson, SettingSource, SystemPrompt, Thinking,
};
use claude_wire::session::{AppConfig, Options, PermissionMode};

const NO_VARS: [(&str, &str); 0] = [];

fn vars<const N: usize>(vars: [(&str, &str); N]) -> Result<AppConfig, ConfigError> {
    AppConfig::from_vars(vars)
}

#[test]
fn every_variable_sets_its_option() {
    let config = vars([
        ("CLAUDE_WIRE_MODEL", "opus"),
        ("CLAUDE_WIRE_FALLBACK_MODEL", "sonnet"),
        ("CLAUDE_WIRE_SYSTEM_PROMPT", "Be brief, be kind"),
        ("CLAUDE_WIRE_ALLOWED_TOOLS", "Read, Bash(git log:*, git diff:*)"),
        ("CLAUDE_WIRE_DISALLOWED_TOOLS", "WebFetch"),
        ("CLAUDE_WIRE_TOOLS", "Read,Bash"),
        ("CLAUDE_WIRE_MAX_TURNS", "7"),
        ("CLAUDE_WIRE_MAX_BUDGET_USD", "1.5"),
        ("CLAUDE_WIRE_PERMISSION_MODE", "plan"),
        ("CLAUDE_WIRE_PERMISSION_PROMPT_TOOL", "mcp__a__b"),
        ("CLAUDE_WIRE_CWD", "/work dir"),
        ("CLAUDE_WIRE_ADD_DIRS", "/a,/b"),
        ("CLAUDE_WIRE_MCP_CONFIG", "/m.json"),
        ("CLAUDE_WIRE_STRICT_MCP_CONFIG", "true"),
        ("CLAUDE_WIRE_SETTINGS", "/s.json"),
        ("CLAUDE_WIRE_SETTING_SOURCES", "user,project"),
        ("CLAUDE_WIRE_EFFORT", "max"),
        ("CLAUDE_WIRE_THINKING", "2048"),
        ("CLAUDE_WIRE_BETAS", "b1,b2"),
        ("CLAUDE_WIRE_AGENT", "reviewer"),
        ("CLAUDE_WIRE_INCLUDE_PARTIAL_MESSAGES", "1"),
        ("CLAUDE_WIRE_INCLUDE_HOOK_EVENTS", "1"),
        ("CLAUDE_WIRE_REPLAY_USER_MESSAGES", "0"),
        ("CLAUDE_WIRE_NO_SESSION_PERSISTENCE", "false"),
        ("CLAUDE_WIRE_DEBUG", "true"),
        ("CLAUDE_WIRE_TIMEOUT_MS", "180000"),
        ("CLAUDE_WIRE_IDLE_TIMEOUT_MS", "off"),
        ("CLAUDE_WIRE_CONTROL_TIMEOUT_MS", "1"),
        ("CLAUDE_WIRE_INITIALIZE_TIMEOUT_MS", "2"),
        ("CLAUDE_WIRE_DRAIN_TIMEOUT_MS", "3"),
        ("ANTHROPIC_API_KEY", "sk-test"),
    ]);
    let expected = Options::default()
        .model("opus")
        .fallback_model("sonnet")
        .system_prompt("Be brief, be kind")
        .allowed_tools(["Read", "Bash(git log:*, git diff:*)"])
        .disallowed_tools(["WebFetch"])
        .tools(["Read", "Bash"])
        .max_turns(7)
        .max_budget_usd(1.5)
        .permission_mode(PermissionMode::Plan)
        .permission_prompt_tool("mcp__a__b")
        .cwd("/work dir")
        .add_dirs(["/a", "/b"])
        .mcp_config(FileOrJson::File("/m.json".into()))
        .strict_mcp_config(true)
        .settings(FileOrJson::File("/s.json".into()))
        .setting_sources([SettingSource::User, SettingSource::Project])
        .effort("max")
        .thinking(Thinking::Budget(2048))
        .betas(["b1", "b2"])
        .agent("reviewer")
        .include_partial_messages(true)
        .include_hook_events(true)
        .replay_user_messages(false)
        .no_session_persistence(false)
        .debug(true)
        .timeout(Duration::from_secs(180))
        .no_idle_timeout()
        .control_timeout(Duration::from_millis(1))
        .initialize_timeout(Duration::from_millis(2))
        .drain_timeout(Duration::from_millis(3))
        .api_key("sk-test");
    assert_eq!(config.unwrap().options(), expected);
}

#[test]
fn the_other_forms_of_prompt_and_thinking_have_variables() {
    let prompt = |name, text| vars([(name, text)]).unwrap().options().system_prompt;
    assert_eq!(
        prompt("CLAUDE_WIRE_APPEND_SYSTEM_PROMPT", "x"),
        Some(SystemPrompt::Append("x".to_owned()))
    );
    assert_eq!(
        prompt("CLAUDE_WIRE_SYSTEM_PROMPT_FILE", "/x"),
        Some(SystemPrompt::File("/x".into()))
    );
    let thinking = |text| vars([("CLAUDE_WIRE_THINKING", text)]).unwrap().options().thinking;
    assert_eq!(thinking("adaptive"), Some(Thinking::Adaptive));
    assert_eq!(thinking("disabled"), Some(Thinking::Disabled));
}

#[test]
fn our_variable_for_the_model_overrides_the_common_one() {
    let model =
        |vars: &[(&str, &str)]| AppConfig::from_vars(vars.iter().copied()).unwrap().options().model;
    assert_eq!(model(&[("CLAUDE_MODEL", "opus")]).as_deref(), Some("opus"));
    let both = [("CLAUDE_MODEL", "opus"), ("CLAUDE_WIRE_MODEL", "haiku")];
    assert_eq!(model(&both).as_deref(), Some("haiku"));
    let emptied = [("CLAUDE_MODEL", "opus"), ("CLAUDE_WIRE_MODEL", "")];
    assert_eq!(model(&emptied).as_deref(), Some("opus"));
}

#[test]
fn empty_and_foreign_variables_are_ignored() {
    let config = vars([
        ("CLAUDE_WIRE_MAX_TURNS", ""),
        ("ANTHROPIC_API_KEY", ""),
        ("CLAUDE_WIRE_REPLAY", "session.jsonl"),
        ("MAX_TURNS", "3"),
    ]);
    assert_eq!(config.unwrap(), AppConfig::default());
    assert_eq!(vars(NO_VARS).unwrap().options(), Options::default());
}

#[test]
fn a_bad_variable_is_reported_with_the_expected_value() {
    let table = [
        (
            "CLAUDE_WIRE_MAX_TURNS",
            "many",
            "option `max_turns`: expected a whole number up to 4294967295, got \"many\"",
        ),
        ("CLAUDE_WIRE_MAX_TURNS", "0", "option `max_turns`: expected a number from 1 up, got 0"),
        (
            "CLAUDE_WIRE_MAX_BUDGET_USD",
            "$5",
            "option `max_budget_usd`: expected a number, got \"$5\"",
        ),
        (
            "CLAUDE_WIRE_MAX_BUDGET_USD",
            "NaN",
            "option `max_budget_usd`: expected a finite number of dollars from 0 up, got NaN",
        ),
        ("CLAUDE_WIRE_DEBUG", "yes", "option `debug`: expected true, 1, false or 0, got \"yes\""),
        (
            "CLAUDE_WIRE_TIMEOUT_MS",
            "5s",
            "option `timeout`: expected a whole number of milliseconds, or off, got \"5s\"",
        ),
        (
            "CLAUDE_WIRE_TIMEOUT_MS",
            "0",
            "option `timeout`: expected a duration longer than zero, got 0 s",
        ),
        (
            "CLAUDE_WIRE_THINKING",
            "hard",
            "option `thinking`: expected adaptive, disabled, or a number of tokens, got \"hard\"",
        ),
        (
            "CLAUDE_WIRE_ALLOWED_TOOLS",
            "Bash(a",
            "option `allowed_tools`: expected rules with balanced parentheses, got \"Bash(a\"",
        ),
        (
            "ANTHROPIC_API_KEY",
            "a b",
            "option `api_key`: expected a key without blanks and control characters, got one with them",
        ),
    ];
    for (name, value, text) in table {
        let error = vars([(name, value)]).unwrap_err();
        assert_eq!(error.to_string(), format!("environment variable {name}: {text}"));
        assert!(error.option_error().is_some());
    }
    let two = [("CLAUDE_WIRE_SYSTEM_PROMPT", "a"), ("CLAUDE_WIRE_APPEND_SYSTEM_PROMPT", "b")];
    assert_eq!(
        vars(two).unwrap_err().to_string(),
        "environment variable CLAUDE_WIRE_APPEND_SYSTEM_PROMPT: option `system_prompt`: expected one of \
         `system_prompt`, `append_system_prompt`, `system_prompt_file`, got more than one"
    );
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_text_is_an_error_and_not_skipped() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let error =
        AppConfig::from_vars([("CLAUDE_WIRE_MODEL", OsStr::from_bytes(b"\xff"))]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "environment variable CLAUDE_WIRE_MODEL: option `model`: expected UTF-8, got other bytes"
    );
}

#[test]
fn the_guide_s_configuration_is_sonnet_and_five_minutes() {
    let guide = AppConfig::guide();
    assert_eq!(guide.options().model.as_deref(), Some("sonnet"));
    assert_eq!(guide.options().timeout, Some(Duration::from_secs(300)));

    let model = |config: AppConfig| config.over(&guide).options().model;
    assert_eq!(model(vars(NO_VARS).unwrap()).as_deref(), Some("sonnet"));
    assert_eq!(model(vars([("CLAUDE_MODEL", "opus")]).unwrap()).as_deref(), Some("opus"));
    assert_eq!(AppConfig::default().options().model, None, "the CLI's own default");
}

#[test]
fn a_missing_required_key_is_reported_by_its_name() {
    let error = vars(NO_VARS).unwrap().require_api_key().unwrap_err();
    assert!(error.is_missing());
    assert_eq!(
        error.to_string(),
        "the environment variable ANTHROPIC_API_KEY is not set; it must hold the API key"
    );
    let config = vars([("ANTHROPIC_API_KEY", "sk-CANARY")]).unwrap().require_api_key().unwrap();
    assert_eq!(config.options().api_key.as_ref().map(|key| key.expose()), Some("sk-CANARY"));
    assert!(!format!("{config:?}").contains("CANARY"));
}

#[test]
fn session_and_query_override_the_application() {
    let app =
        vars([("CLAUDE_WIRE_TIMEOUT_MS", "180000"), ("CLAUDE_WIRE_SYSTEM_PROMPT", "app")]).unwrap();
    let session = Options::default().system_prompt("session").max_turns(5);
    let query = Options::default().max_turns(1);

    let resolved = Options::resolve(&[&query, &session, &app.options()]);
    let expected =
        Options::default().max_turns(1).system_prompt("session").timeout(Duration::from_secs(180));
    assert_eq!(resolved, expected);
}

#[cfg(feature = "config")]
mod file {
    use std::fs;

    use super::*;

    /// Reads a file with this text; removes its directory from errors.
    fn read(text: &str) -> Result<Options, (String, ConfigError)> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("app.toml");
        fs::write(&path, text).unwrap();
        let prefix = format!("{}/", dir.path().display());
        AppConfig::from_file(&path)
            .map(|config| config.options())
            .map_err(|error| (error.to_string().replace(&prefix, ""), error))
    }

    #[test]
    fn a_file_sets_the_options_that_it_names() {
        let options = read(
            r#"
            model = "opus"              # text
            allowed_tools = ["Read", "Bash(git log:*, git diff:*)"]
            tools = []
            max_turns = 7
            max_budget_usd = 2
            thinking = 1024
            debug = true
            timeout_ms = 180_000
            idle_timeout_ms = "off"
            add_dirs = ["/a"]
            settings = "/s.json"
            "#,
        );
        let expected = Options::default()
            .model("opus")
            .allowed_tools(["Read", "Bash(git log:*, git diff:*)"])
            .tools([""; 0])
            .max_turns(7)
            .max_budget_usd(2.0)
            .thinking(Thinking::Budget(1024))
            .debug(true)
            .timeout(Duration::from_secs(180))
            .no_idle_timeout()
            .add_dir("/a")
            .settings(FileOrJson::File("/s.json".into()));
        assert_eq!(options.unwrap(), expected);
        assert_eq!(read("").unwrap(), Options::default());
    }

    #[test]
    fn an_unknown_key_is_named_with_its_file() {
        for (text, key) in [
            ("modle = \"opus\"", "modle"),
            ("[claude]\nmodel = \"opus\"", "claude"),
            ("api_key = \"sk-CANARY\"", "api_key"),
            ("resume = \"x\"", "resume"),
        ] {
            let (shown, error) = read(text).unwrap_err();
            let start = format!(
                "unknown key `{key}` in the configuration app.toml; known are system_prompt, "
            );
            assert!(shown.starts_with(&start), "{shown}");
            assert!(error.is_unknown_key());
            assert!(!shown.contains("CANARY"));
        }
    }

    #[test]
    fn a_bad_value_is_named_with_its_file_and_key() {
        let max_turns = "configuration app.toml, key `max_turns`: option `max_turns`: expected";
        let table = [
            ("max_turns = \"7\"", format!("{max_turns} a whole number up to 4294967295, got \"7\"")),
            ("max_turns = 1.5", format!("{max_turns} a whole number up to 4294967295, got 1.5")),
            ("max_turns = -1", format!("{max_turns} a whole number up to 4294967295, got -1")),
            ("max_turns = 0", format!("{max_turns} a number from 1 up, got 0")),
            ("debug = 1", "configuration app.toml, key `debug`: option `debug`: expected true or false, got 1".to_owned()),
            (
                "allowed_tools = \"Read\"",
                "configuration app.toml, key `allowed_tools`: option `allowed_tools`: expected a list of \
                 texts, got \"Read\""
                    .to_owned(),
            ),
            ("model = { name = \"opus\" }", "configuration app.toml, key `model`: option `model`: expected a text, got a table".to_owned()),
        ];
        for (text, expected) in table {
            let (shown, error) = read(text).unwrap_err();
            assert_eq!(shown, expected);
            assert!(error.option_error().is_some());
        }
    }

    #[test]
    fn a_missing_file_and_invalid_toml_are_different_errors() {
        let (shown, error) = read("model = ").unwrap_err();
        assert!(error.is_syntax(), "{shown}");
        assert!(shown.starts_with("the configuration app.toml is not TOML: "), "{shown}");

        let dir = tempfile::tempdir().unwrap();
        let error = AppConfig::from_file(dir.path().join("absent.toml")).unwrap_err();
        assert!(error.is_unreadable());
        assert!(error.to_string().contains("absent.toml"), "{error}");
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let file = AppConfig::from(read("model = \"opus\"\nmax_turns = 7").unwrap());
        let environment = vars([("CLAUDE_WIRE_MAX_TURNS", "9")]).unwrap();
        let expected = Options::default().model("opus").max_turns(9);
        assert_eq!(environment.over(&file).options(), expected);
    }
}
