//! Entries in the log of the application.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use crate::support::ask::{answers, ask};
use crate::support::cli::Log;
use crate::support::log::Logged;
use claude_wire::{Decision, Session};

#[tokio::test(start_paused = true)]
async fn an_event_is_logged_in_full() {
    let log = Log::default();
    let _recording = tracing::subscriber::set_default(Logged(log.clone()));
    let input = r#"{"hook_event_name":"PreToolUse","session_id":"s","tool_name":"Bash"}"#;
    let call = ask(
        "h",
        &format!(
            r#"{{"subtype":"hook_callback","callback_id":"hook_0","input":{input},"tool_use_id":"t1"}}"#
        ),
    );
    answers(Session::builder().log_hooks(), &[call]).await;
    let hooks: Vec<_> =
        log.all().into_iter().filter(|entry| entry.contains("claude_wire::hooks")).collect();
    let expected = format!(
        r#"DEBUG claude_wire::hooks message=hook event="PreToolUse" session_id="s" tool_use_id="t1" input={input}"#
    );
    assert_eq!(hooks, [expected]);
}

#[test]
fn a_handler_that_is_never_called_causes_a_warning_at_the_start() {
    let log = Log::default();
    let _recording = tracing::subscriber::set_default(Logged(log.clone()));
    let builder =
        Session::builder().allowed_tools(["Read"]).on_permission(|_| async { Decision::allow() });
    builder.start().unwrap();
    let warnings: Vec<_> =
        log.all().into_iter().filter(|entry| entry.starts_with("WARN")).collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].ends_with(
            "`allowed_tools` has `Read`: the permission handler is never asked about Read"
        ),
        "{warnings:?}"
    );
}
