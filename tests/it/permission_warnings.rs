//! A permission handler that will not be called causes a warning early.

use claude_wire::CLI_VERSION;
use claude_wire::session::Matcher;
use claude_wire::wire::hook::{PreToolUse, SessionStart, Setup};
use claude_wire::{Decision, Options, Session, SessionBuilder};

fn handled() -> SessionBuilder {
    Session::builder().on_permission(|_| async { Decision::allow() })
}

#[test]
fn a_rule_for_a_whole_tool_hides_it_from_the_handler() {
    let warnings = handled().allowed_tools(["Read", "Bash(git:*)"]).warnings();
    assert_eq!(
        warnings,
        ["`allowed_tools` has `Read`: the permission handler is never asked about Read"]
    );
}

#[test]
fn a_mode_that_never_asks_hides_everything() {
    let warnings =
        handled().options(Options::default().permission_mode("bypassPermissions")).warnings();
    assert_eq!(
        warnings,
        [
            "`permission_mode` bypassPermissions allows every tool: the permission handler is never asked"
        ]
    );
}

#[test]
fn without_a_handler_the_same_options_are_accepted() {
    assert!(
        Session::builder()
            .allowed_tools(["Read"])
            .permission_mode("bypassPermissions")
            .warnings()
            .is_empty()
    );
    assert!(handled().allowed_tools(["Bash(git:*)"]).warnings().is_empty());
}

#[test]
fn hooks_that_the_cli_rarely_calls_are_reported() {
    let builder = Session::builder()
        .on_hook(Matcher::all(), |_: SessionStart, _| async {})
        .on_hook(Matcher::all(), |_: Setup, _| async {})
        .on_hook(Matcher::all(), |_: PreToolUse, _| async {});
    let expected = [
        "SessionStart only after `/clear` and after a compaction, not at the start",
        "Setup never",
    ]
    .map(|when| format!("CLI {CLI_VERSION} calls a host's hook for {when}"));
    assert_eq!(builder.warnings(), expected);
    assert!(Session::builder().log_hooks().warnings().is_empty());
}
