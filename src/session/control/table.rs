//! The table of `docs/control-requests.md`: every request that a program may send, and the method that sends it.

use std::fmt::Write as _;
use std::path::Path;

use crate::CLI_VERSION;
use crate::wire::control::RequestName;

/// What the pinned CLI was seen to do with a request.
enum Seen {
    /// It answered with success.
    Answers,
    /// It knows the request; in the sessions that were tried it refused, for the reason that it gave.
    Refuses,
    /// `unsupported_request`.
    Unknown,
}

use Seen::{Answers, Refuses, Unknown};

/// Subtype, is it declared in the CLI's published types, what was seen, and the method or why there is none.
type Row = (&'static str, bool, Seen, Result<&'static str, &'static str>);

/// The reason for which a request has no method.
const NO_METHOD: &str = "not yet; `Session::control` sends it";

const TABLE: &[Row] = &[
    (
        "initialize",
        true,
        Answers,
        Ok("`connect`; sent at each handshake, its reply is `server_info`"),
    ),
    ("interrupt", true, Answers, Ok("`interrupt`")),
    ("set_model", true, Answers, Ok("`set_model`")),
    ("set_permission_mode", true, Answers, Ok("`set_permission_mode`")),
    ("set_max_thinking_tokens", true, Answers, Ok("`set_max_thinking_tokens`")),
    ("mcp_status", true, Answers, Ok("`mcp().status`")),
    ("mcp_set_servers", true, Answers, Ok("`mcp().set_servers`")),
    ("mcp_reconnect", true, Answers, Ok("`mcp().reconnect`")),
    ("mcp_toggle", true, Answers, Ok("`mcp().enable`, `mcp().disable`")),
    ("mcp_message", true, Answers, Ok("`mcp().send`")),
    ("mcp_call", true, Answers, Ok("`mcp().call`")),
    ("mcp_read_resource", true, Answers, Ok("`mcp().read_resource`")),
    ("set_mcp_permission_mode_override", false, Answers, Ok("`mcp().set_permission_mode`")),
    ("mcp_authenticate", false, Refuses, Ok("`mcp().authenticate`")),
    ("mcp_oauth_callback_url", false, Refuses, Ok("`mcp().finish_authentication`")),
    ("mcp_clear_auth", false, Refuses, Ok("`mcp().clear_authentication`")),
    ("channel_enable", false, Refuses, Ok("`mcp().enable_channel`")),
    ("read_file", true, Answers, Ok("`files().read`")),
    ("file_suggestions", true, Answers, Ok("`files().suggest`")),
    ("rewind_files", true, Answers, Ok("`files().rewind`")),
    ("seed_read_state", true, Answers, Ok("`files().seed_read_state`")),
    ("register_repo_root", true, Answers, Ok("`files().register_repo_root`")),
    ("set_cwd", false, Answers, Ok("`files().set_cwd`")),
    ("stop_task", true, Answers, Ok("`tasks().stop`")),
    ("background_tasks", true, Answers, Ok("`tasks().background`, `tasks().background_all`")),
    ("get_task_output", true, Answers, Ok("`tasks().output`")),
    ("get_settings", true, Answers, Ok("`settings().get`")),
    ("apply_flag_settings", true, Answers, Ok("`settings().apply`")),
    (
        "update_settings",
        true,
        Answers,
        Ok("`settings().save_output_style`, `settings().save_effort`"),
    ),
    ("get_context_usage", true, Answers, Ok("`usage().context`")),
    ("get_usage", true, Answers, Ok("`usage().details`")),
    ("get_session_cost", true, Answers, Ok("`usage().cost`")),
    ("side_question", false, Answers, Ok("`conversation().side_question`")),
    ("rename_session", true, Answers, Ok("`conversation().rename`, `conversation().rename_other`")),
    ("generate_session_title", false, Answers, Ok("`conversation().generate_title`")),
    ("cancel_async_message", true, Answers, Ok("`conversation().cancel_message`")),
    ("export_conversation", false, Answers, Ok("`conversation().export`")),
    ("set_prompt_suggestions_paused", false, Answers, Ok("`conversation().pause_suggestions`")),
    ("ultrareview_launch", false, Answers, Ok("`conversation().launch_review`")),
    ("get_binary_version", true, Answers, Ok("`inspect().version`")),
    ("list_models", true, Answers, Ok("`inspect().models`")),
    ("get_status", false, Answers, Ok("`inspect().status`")),
    ("get_plan", false, Answers, Ok("`inspect().plan`")),
    ("get_memory_dialog", false, Answers, Ok("`inspect().memories`")),
    ("get_skills_dialog", false, Answers, Ok("`inspect().skills`")),
    ("get_sandbox_dialog", false, Answers, Ok("`inspect().sandbox`")),
    ("get_hooks_listing", true, Answers, Ok("`inspect().hooks`")),
    ("list_permission_rules", true, Answers, Ok("`inspect().permission_rules`")),
    ("reload_plugins", true, Answers, Ok("`reload().plugins`")),
    ("reload_skills", true, Answers, Ok("`reload().skills`")),
    ("reload_output_styles", true, Answers, Ok("`reload().output_styles`")),
    ("claude_authenticate", false, Answers, Ok("`account().login`")),
    ("claude_oauth_callback", false, Refuses, Ok("`account().finish_login`")),
    ("claude_oauth_wait_for_completion", false, Refuses, Ok("`account().await_login`")),
    ("submit_feedback", false, Answers, Ok("`feedback().submit`")),
    ("submit_survey_feedback", false, Answers, Ok("`feedback().submit_survey`")),
    ("message_rated", false, Answers, Ok("`feedback().rate`, `feedback().clear_rating`")),
    ("remote_control", false, Answers, Ok("`remote().enable`, `remote().disable`")),
    ("set_has_subscribers", true, Answers, Ok("`remote().set_has_subscribers`")),
    ("get_chrome_dialog", false, Answers, Ok("`chrome().status`")),
    ("get_chrome_browsers", false, Refuses, Ok("`chrome().browsers`")),
    ("select_chrome_browser", false, Refuses, Ok("`chrome().select`")),
    ("set_color", true, Unknown, Err("the CLI knows no such request, although it is declared")),
    (
        "claim_session",
        false,
        Refuses,
        Err(
            "only for a process that waits unused (`--await-claim`), which this crate does not start",
        ),
    ),
    ("set_chrome_browser_hints", false, Refuses, Err("only for sessions that Anthropic hosts")),
    ("list_cloud_sessions", false, Answers, Err(NO_METHOD)),
    ("get_cloud_session", false, Refuses, Err(NO_METHOD)),
    ("get_cloud_session_transcript", false, Refuses, Err(NO_METHOD)),
    ("update_cloud_session", false, Refuses, Err(NO_METHOD)),
    ("log_host_events", false, Answers, Err(NO_METHOD)),
    (
        "list_directory",
        false,
        Unknown,
        Err("the CLI knows no such request, although its schema has it"),
    ),
    ("get_workspace_diff", false, Answers, Err(NO_METHOD)),
    ("reload_connectors", false, Refuses, Err(NO_METHOD)),
    ("set_message_waiting", false, Refuses, Err(NO_METHOD)),
    ("decide_held_peer_message", false, Refuses, Err(NO_METHOD)),
    ("set_peer_delivery", false, Answers, Err(NO_METHOD)),
    ("prompt_draft_activity", false, Answers, Err(NO_METHOD)),
    ("dictate", false, Unknown, Err("the CLI knows no such request, although its schema has it")),
    ("register_device_hooks", false, Refuses, Err(NO_METHOD)),
    ("upload_device_hook_template", false, Refuses, Err(NO_METHOD)),
    (
        "start_shell_task",
        false,
        Unknown,
        Err("the CLI knows no such request, although its schema has it"),
    ),
    ("remote_tools_announce", false, Refuses, Err(NO_METHOD)),
    ("ui_attach", false, Refuses, Err(NO_METHOD)),
    ("ui_detach", false, Refuses, Err(NO_METHOD)),
    ("ui_render", false, Refuses, Err(NO_METHOD)),
    ("ui_press", false, Refuses, Err(NO_METHOD)),
    ("ui_client_module", false, Refuses, Err(NO_METHOD)),
    ("ui_client_press", false, Refuses, Err(NO_METHOD)),
    ("ui_message", false, Refuses, Err(NO_METHOD)),
    ("ui_client_fault", false, Refuses, Err(NO_METHOD)),
    ("turn_handoff", false, Refuses, Err(NO_METHOD)),
    (
        "comparison_fork",
        false,
        Unknown,
        Err("the CLI knows no such request, although its schema has it"),
    ),
    ("ui_input", false, Refuses, Err(NO_METHOD)),
    ("ui_select", false, Refuses, Err(NO_METHOD)),
    ("ui_panes", false, Answers, Err(NO_METHOD)),
    ("ui_pane_show", false, Refuses, Err(NO_METHOD)),
    ("ui_pane_focus", false, Refuses, Err(NO_METHOD)),
    ("ui_close", false, Refuses, Err(NO_METHOD)),
    ("ui_scroll", false, Refuses, Err(NO_METHOD)),
    ("ui_focus", false, Refuses, Err(NO_METHOD)),
    ("ui_prompt_edit", false, Refuses, Err(NO_METHOD)),
    ("ui_prompt_autocomplete", false, Refuses, Err(NO_METHOD)),
];

const HEAD: &str = "# Control requests\n
<!-- Written by the test session::control::table::the_table_in_docs_is_up_to_date. Do not edit. -->\n
What your program may ask the CLI, and the method of `Session` for it. Any request, also one that is not in this table, can be sent with
`Session::control(subtype, fields)`.\n
\"Declared\": the request is in the types that the makers of the CLI publish. \"VERSION\": what that version did with the request, in a session with
no network and an API key. *Refuses* means that it knows the request and gave a reason, such as that no sign-in had begun.\n
| subtype | method | declared | VERSION |
|---|---|---|---|
";

fn render() -> String {
    let mut page = HEAD.replace("VERSION", CLI_VERSION);
    for (subtype, declared, seen, method) in TABLE {
        let method = match method {
            Ok(method) => (*method).to_owned(),
            Err(reason) => format!("none: {reason}"),
        };
        let declared = if *declared { "yes" } else { "no" };
        let seen = match seen {
            Answers => "answers",
            Refuses => "refuses",
            Unknown => "does not know it",
        };
        let _ = writeln!(page, "| `{subtype}` | {method} | {declared} | {seen} |");
    }
    page
}

/// Rewrites the page where `CLAUDE_WIRE_WRITE_DOCS` is set.
#[test]
fn the_table_in_docs_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/control-requests.md");
    if std::env::var_os("CLAUDE_WIRE_WRITE_DOCS").is_some() {
        std::fs::write(&path, render()).unwrap();
    }
    let page = std::fs::read_to_string(&path).unwrap();
    assert!(
        page == render(),
        "{} is out of date: run the test again with CLAUDE_WIRE_WRITE_DOCS=1",
        path.display()
    );
}

#[test]
fn no_request_is_listed_twice_and_every_method_is_in_the_sources() {
    let sources: String = [
        "account",
        "chrome",
        "conversation",
        "feedback",
        "files",
        "inspect",
        "live",
        "mcp",
        "reload",
        "remote",
        "settings",
    ]
    .into_iter()
    .chain(["tasks", "usage"])
    .map(|name| {
        std::fs::read_to_string(
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/session/control/{name}.rs")),
        )
        .unwrap()
    })
    .collect();
    let mut subtypes = std::collections::HashSet::new();
    for (subtype, _, _, method) in TABLE {
        assert!(subtypes.insert(subtype), "{subtype}");
        let sent = sources.contains(&format!("\"{subtype}\""));
        assert_eq!(sent, method.is_ok() && *subtype != "initialize", "{subtype}");
        for name in method.iter().flat_map(|text| text.split('`').skip(1).step_by(2)) {
            let name = name.rsplit('.').next().unwrap_or_default();
            assert!(
                matches!(name, "connect" | "server_info")
                    || sources.contains(&format!("pub fn {name}")),
                "{subtype}: {name}"
            );
        }
    }
    let known: std::collections::HashSet<_> = RequestName::KNOWN.iter().collect();
    assert_eq!(subtypes, known);
}
