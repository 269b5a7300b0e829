//! From no connection to one that takes prompts.

use super::*;

const INITIALIZE: &str =
    r#"> {"type":"control_request","request_id":"cw-1","request":{"subtype":"initialize"}}"#;
const REFUSED: &str = r#"{"type":"control_response","response":{"subtype":"error","request_id":"cw-1","error":"no","error_code":"bad_options"}}"#;

#[test]
fn a_prompt_opens_the_connection_and_waits_for_the_reply_to_initialize() {
    let mut rig = Rig::idle();
    assert_eq!(rig.prompt(1), ["open"]);
    assert_eq!(rig.opened(), [INITIALIZE]);
    assert_eq!(rig.line(INITIALIZED), [written(1)]);
}

#[test]
fn a_control_request_opens_the_connection_and_waits_too() {
    let mut rig = Rig::idle();
    assert_eq!(rig.control(5, r#"{"subtype":"get_settings"}"#), ["open"]);
    assert_eq!(rig.opened(), [INITIALIZE]);
    assert_eq!(rig.line(INITIALIZED), [request(2, r#"{"subtype":"get_settings"}"#)]);
}

#[test]
fn initialize_of_the_host_is_sent_verbatim() {
    let initialize =
        parsed(r#"{"subtype":"initialize","hooks":{"Stop":[{"hookCallbackIds":["h0"]}]}}"#);
    let mut rig = Rig::with(Config { initialize, ..Config::default() });
    rig.connect(1);
    assert_eq!(
        rig.opened(),
        [request(1, r#"{"subtype":"initialize","hooks":{"Stop":[{"hookCallbackIds":["h0"]}]}}"#)]
    );
}

#[test]
fn every_connect_request_gets_the_reply() {
    let mut rig = Rig::idle();
    assert_eq!(rig.connect(1), ["open"]);
    assert!(rig.connect(2).is_empty());
    rig.opened();
    assert_eq!(rig.line(INITIALIZED), [r#"reply 1: {"pid":7}"#, r#"reply 2: {"pid":7}"#]);
    assert_eq!(rig.connect(3), ["reply 3"]);
}

#[test]
fn requests_of_the_cli_are_answered_before_its_reply_to_initialize() {
    let mut rig = Rig::idle();
    rig.prompt(1);
    rig.opened();
    let asked = r#"{"type":"control_request","request_id":"m-1","request":{"subtype":"mcp_message","server_name":"calc","message":{"jsonrpc":"2.0","id":0,"method":"initialize"}}}"#;
    assert_eq!(rig.line(asked), [format!("callback 1 < {asked}")]);
    let asked = r#"{"type":"control_request","request_id":"m-2","request":{"subtype":"can_use_tool","tool_name":"Bash","input":{}}}"#;
    assert_eq!(rig.line(asked), [format!("callback 2 < {asked}")]);
    assert_eq!(
        rig.answer(1, r#"{"mcp_response":{}}"#),
        [
            r#"> {"type":"control_response","response":{"subtype":"success","request_id":"m-1","response":{"mcp_response":{}}}}"#
        ]
    );
    assert_eq!(rig.line(INITIALIZED), [written(1)]);
    assert_eq!(
        rig.answer(2, r#"{"behavior":"allow"}"#),
        [
            r#"> {"type":"control_response","response":{"subtype":"success","request_id":"m-2","response":{"behavior":"allow"}}}"#
        ]
    );
}

#[test]
fn a_pipe_closed_during_the_handshake_fails_the_first_waiters_and_ends_the_process() {
    let mut rig = Rig::idle();
    rig.prompt(1);
    rig.prompt(2);
    rig.connect(3);
    rig.opened();
    assert_eq!(
        rig.input(Input::HungUp("standard input")),
        [
            "reply 3 failed: HungUp(\"standard input\")",
            "turn 1 failed: HungUp(\"standard input\")",
            "terminate"
        ]
    );
    assert_eq!(rig.closed(), ["open"], "the second prompt gets its own start");
    assert!(Rig::ready().input(Input::HungUp("standard output")).is_empty());
}

#[test]
fn messages_before_the_reply_belong_to_no_turn() {
    let mut rig = Rig::idle();
    rig.prompt(1);
    rig.opened();
    let hook = r#"{"type":"system","subtype":"hook_started","hook_name":"SessionStart:startup"}"#;
    assert_eq!(rig.line(hook), [event(hook)]);
}

#[test]
fn a_silent_cli_is_terminated_after_the_limit() {
    let mut rig = Rig::idle();
    rig.prompt(1);
    rig.prompt(2);
    rig.connect(3);
    rig.opened();
    assert_eq!(rig.due(), Some(60));
    assert!(rig.tick_after(59).is_empty());
    assert_eq!(
        rig.tick_after(1),
        [
            "reply 3 failed: HandshakeTimeout(60s)",
            "turn 1 failed: HandshakeTimeout(60s)",
            "terminate"
        ]
    );
    assert_eq!(rig.closed(), ["open"], "the second prompt gets its own start");
}

#[test]
fn a_refused_handshake_fails_the_first_prompt_with_the_text_of_the_cli() {
    let mut rig = Rig::idle();
    rig.prompt(1);
    rig.prompt(2);
    rig.opened();
    let failed = rig.line(REFUSED);
    assert_eq!(
        failed,
        [
            r#"turn 1 failed: Refused(Refusal { error: "no", code: Some("bad_options") })"#,
            "terminate"
        ]
    );
    assert_eq!(rig.closed(), ["open"]);
}

#[test]
fn an_exit_during_the_handshake_fails_the_first_prompt_only() {
    let mut rig = Rig::idle();
    rig.prompt(1);
    rig.prompt(2);
    rig.connect(3);
    rig.control(4, r#"{"subtype":"interrupt"}"#);
    rig.opened();
    assert_eq!(
        rig.closed(),
        ["reply 3 failed: Closed", "reply 4 failed: Closed", "turn 1 failed: Closed", "open"]
    );
    rig.opened();
    assert_eq!(rig.line(&success(2, "{}")), [written(2)]);
}

#[test]
fn a_transport_that_cannot_be_opened_fails_the_first_prompt() {
    let mut rig = Rig::idle();
    rig.prompt(1);
    assert_eq!(rig.closed(), ["turn 1 failed: Closed"]);
    assert_eq!(rig.prompt(2), ["open"]);
}

#[test]
fn a_result_before_the_reply_is_the_startup_failure_of_the_first_prompt() {
    let mut rig = Rig::idle();
    rig.prompt(1);
    rig.opened();
    let failure = r#"{"type":"result","subtype":"error_during_execution","is_error":true,"errors":["no such session"]}"#;
    assert_eq!(rig.line(failure)[..2], [turn(1, failure), "turn 1 ended".into()]);
}

#[test]
fn a_prompt_dropped_during_the_handshake_is_never_written() {
    let mut rig = Rig::idle();
    rig.prompt(1);
    rig.opened();
    assert!(rig.abandon(1).is_empty());
    assert!(rig.line(INITIALIZED).is_empty());
}

#[test]
fn a_startup_failure_fails_one_prompt_only() {
    let mut rig = Rig::idle();
    rig.prompt(1);
    rig.prompt(2);
    rig.connect(3);
    rig.opened();
    let failure = r#"{"type":"result","subtype":"error_during_execution","is_error":true}"#;
    assert_eq!(
        rig.line(failure),
        [
            turn(1, failure),
            "turn 1 ended".into(),
            "reply 3 failed: Closed".into(),
            "close stdin".into()
        ]
    );
    assert_eq!(rig.line(failure), [event(failure)]);
    assert_eq!(rig.tick_after(60), ["terminate"], "if it does not exit by itself");
    assert_eq!(rig.closed(), ["open"], "the second prompt gets its own start");
}

#[test]
fn a_line_of_the_old_dialect_is_not_a_startup_failure() {
    let mut rig = Rig::idle();
    rig.prompt(1);
    rig.opened();
    let legacy = r#"{"type":"result","tool_use_id":"toolu_1","content":"42"}"#;
    assert_eq!(rig.line(legacy), [event(legacy)]);
    assert_eq!(rig.line(INITIALIZED), [written(1)]);
}

/// Answers `initialize` with this hook registered.
fn with_hook(matcher: &str, reply: &str) -> Vec<String> {
    let initialize = parsed(&format!(
        r#"{{"subtype":"initialize","hooks":{{"Stop":[{{"hookCallbackIds":["a"]}}],"PreToolUse":[{matcher}]}}}}"#
    ));
    let mut rig = Rig::with(Config { initialize, ..Config::default() });
    rig.connect(1);
    rig.prompt(2);
    rig.opened();
    rig.line(&format!(r#"{{"type":"control_response","response":{{"subtype":"success","request_id":"cw-1","response":{reply}}}}}"#))
}

#[test]
fn a_cli_that_ignores_a_blocking_hook_is_refused() {
    let guard = r#"{"hookCallbackIds":["h"],"onFailure":"block"}"#;
    const ON_FAILURE: &str = "hooks that block when they fail (`hook_on_failure_supported`)";
    for (reply, what) in [
        (r#"{"hook_on_failure_supported":false,"hooks_applied":true}"#, ON_FAILURE),
        (r#"{"hooks_applied":true}"#, ON_FAILURE),
        ("null", ON_FAILURE),
        (
            r#"{"hook_on_failure_supported":true,"hooks_applied":false}"#,
            "hooks of a host (`hooks_applied`)",
        ),
    ] {
        let failure = format!("failed: Unsupported({what:?})");
        assert_eq!(
            with_hook(guard, reply),
            [format!("reply 1 {failure}"), "terminate".into()],
            "{reply}"
        );
    }
}

#[test]
fn hooks_that_need_not_block_work_with_any_cli() {
    for (matcher, reply) in [
        (
            r#"{"hookCallbackIds":["h"],"onFailure":"block"}"#,
            r#"{"hook_on_failure_supported":true,"hooks_applied":true}"#,
        ),
        (
            r#"{"hookCallbackIds":["h"],"onFailure":"block"}"#,
            r#"{"hook_on_failure_supported":true}"#,
        ),
        (r#"{"hookCallbackIds":["h"],"onFailure":"continue"}"#, "{}"),
    ] {
        assert_eq!(with_hook(matcher, reply), [format!("reply 1: {reply}"), written(2)], "{reply}");
    }
}

#[test]
fn warns_if_the_cli_ignores_the_hooks() {
    let warning = "warning: the CLI has taken none of the hooks (`hooks_applied` is false): they will not be called";
    let reply = r#"{"hooks_applied":false}"#;
    assert_eq!(
        with_hook(r#"{"hookCallbackIds":["h"]}"#, reply),
        [warning.to_owned(), format!("reply 1: {reply}"), written(2)]
    );
    let mut rig = Rig::idle();
    rig.connect(1);
    rig.opened();
    assert_eq!(rig.line(&success(1, reply)), [format!("reply 1: {reply}")], "there is none");
}

#[test]
fn a_cli_that_ignores_initialize_fields_is_refused() {
    for (field, applied) in [
        ("settings", "settings_applied"),
        ("managedSettings", "managed_settings_applied"),
        ("mcpServers", "mcp_servers_applied"),
    ] {
        for (answer, is_taken) in [("false", false), ("true", true), ("null", true)] {
            let initialize = parsed(&format!(r#"{{"subtype":"initialize","{field}":{{}}}}"#));
            let mut rig = Rig::with(Config { initialize, ..Config::default() });
            rig.connect(1);
            rig.opened();
            let outputs = rig.line(&success(1, &format!(r#"{{"{applied}":{answer}}}"#)));
            assert_eq!(outputs[0].starts_with("reply 1: "), is_taken, "{outputs:?}");
            assert!(outputs[0].contains(applied), "{outputs:?}");
        }
    }
}

#[test]
fn a_result_of_a_cli_that_ran_before_is_an_event() {
    // Also one that a CLI writes which will not start.
    for result in [
        r#"{"type":"result","subtype":"success","session_id":"s","result":"own"}"#,
        r#"{"type":"result","subtype":"error_during_execution","is_error":true,"errors":["No conversation found"]}"#,
    ] {
        for asks in [false, true] {
            let mut rig = Rig::idle();
            if asks {
                rig.prompt(2);
            } else {
                rig.connect(2);
            }
            rig.opened();
            assert!(rig.command(Command::RanBefore).is_empty());
            let outputs = rig.line(result);
            assert!(outputs.contains(&event(result)), "{outputs:?}");
            assert!(!outputs.iter().any(|it| it == "close stdin"), "{outputs:?}");
            let reply = if asks { written(2) } else { "reply 2: {}".into() };
            assert_eq!(rig.line(&success(1, "{}")), [reply]);
        }
    }
}

#[test]
fn a_startup_result_fails_a_caller_that_only_connects() {
    let mut rig = Rig::idle();
    rig.connect(5);
    rig.opened();
    let result = r#"{"type":"result","subtype":"error_during_execution","is_error":true,"errors":["No conversation found"]}"#;
    let outputs = rig.line(result);
    assert_eq!(outputs[0], event(result));
    assert!(
        outputs[1].starts_with("reply 5 failed: Refused")
            && outputs[1].contains("No conversation found"),
        "{outputs:?}"
    );
    assert_eq!(outputs[2], "close stdin");
}
