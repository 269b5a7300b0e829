//! All settings that last only as long as a process are repeated in the next one, except those that
//! its launch settles.

use super::*;

#[test]
fn process_settings_are_repeated_in_their_original_order() {
    let requests = [
        r#"{"subtype":"set_max_thinking_tokens","max_thinking_tokens":2048}"#,
        r#"{"subtype":"apply_flag_settings","settings":{"effortLevel":"low"}}"#,
        r#"{"subtype":"set_mcp_permission_mode_override","serverName":"ext","mode":"auto"}"#,
        r#"{"subtype":"set_mcp_permission_mode_override","serverName":"own","mode":"default"}"#,
        r#"{"subtype":"mcp_set_servers","servers":{"own":{"type":"sdk","name":"own"}}}"#,
        r#"{"subtype":"set_prompt_suggestions_paused","paused":true}"#,
        r#"{"subtype":"register_repo_root","directory":"/home/user/sub","reload_skills":true}"#,
        r#"{"subtype":"set_has_subscribers","has_subscribers":false}"#,
    ];
    let mut rig = Rig::ready();
    rig.control(
        0,
        r#"{"subtype":"mcp_set_servers","servers":{"old":{"type":"sdk","name":"old"}}}"#,
    );
    rig.line(&success(2, "{}"));
    grant(&mut rig, &requests, 3, "{}");
    rig.control(20, r#"{"subtype":"mcp_toggle","serverName":"ext","enabled":false}"#);
    rig.line(&success(11, "{}"));
    assert_eq!(made_again(&mut rig), requests);
}

#[test]
fn settings_with_launch_values_are_not_repeated() {
    let mut rig = Rig::ready();
    let requests = [
        r#"{"subtype":"mcp_set_servers","servers":{"own":{"type":"sdk","name":"own"}}}"#,
        r#"{"subtype":"mcp_set_servers","servers":{}}"#,
        r#"{"subtype":"set_mcp_permission_mode_override","serverName":"ext","mode":"auto"}"#,
        r#"{"subtype":"set_mcp_permission_mode_override","serverName":"ext","mode":null}"#,
        r#"{"subtype":"set_prompt_suggestions_paused","paused":true}"#,
        r#"{"subtype":"set_prompt_suggestions_paused","paused":false}"#,
        r#"{"subtype":"set_has_subscribers","has_subscribers":false}"#,
        r#"{"subtype":"set_has_subscribers","has_subscribers":true}"#,
        r#"{"subtype":"set_cwd","path":"sub"}"#,
    ];
    grant(&mut rig, &requests, 2, r#"{"status":"needs_trust","directory":"/home/user/sub"}"#);
    assert_eq!(made_again(&mut rig), [""; 0]);
}

#[test]
fn fields_that_a_later_request_omits_are_kept() {
    let mut rig = Rig::ready();
    let requests = [
        r#"{"subtype":"apply_flag_settings","settings":{"effortLevel":"low","language":"French","model":null}}"#,
        r#"{"subtype":"set_max_thinking_tokens","max_thinking_tokens":2048}"#,
        r#"{"subtype":"set_max_thinking_tokens","thinking_display":"omitted"}"#,
        r#"{"subtype":"apply_flag_settings","settings":{"language":null,"model":"opus"}}"#,
    ];
    grant(&mut rig, &requests, 2, "{}");
    let expected = [
        r#"{"subtype":"set_max_thinking_tokens","max_thinking_tokens":2048,"thinking_display":"omitted"}"#,
        r#"{"subtype":"apply_flag_settings","settings":{"effortLevel":"low","language":null,"model":"opus"}}"#,
    ];
    assert_eq!(made_again(&mut rig), expected);
}

#[test]
fn paths_are_repeated_as_the_cli_resolved_them() {
    let mut rig = Rig::ready();
    rig.control(2, r#"{"subtype":"set_cwd","path":"sub","trust_accepted":true}"#);
    rig.line(&success(2, r#"{"status":"ok","cwd":"/home/user/sub","changed":true}"#));
    rig.control(3, r#"{"subtype":"set_cwd","path":"gone"}"#);
    rig.line(&success(3, r#"{"status":"rejected"}"#));
    rig.control(4, r#"{"subtype":"register_repo_root","directory":"repo"}"#);
    rig.line(&success(4, r#"{"directory":"/home/user/sub/repo"}"#));
    let expected = [
        r#"{"subtype":"set_cwd","path":"/home/user/sub","trust_accepted":true}"#,
        r#"{"subtype":"register_repo_root","directory":"/home/user/sub/repo"}"#,
    ];
    assert_eq!(made_again(&mut rig), expected);
}

#[test]
fn settings_that_a_launch_settles_are_not_repeated() {
    let mut rig = Rig::ready();
    let requests = [
        r#"{"subtype":"set_max_thinking_tokens","max_thinking_tokens":2048}"#,
        r#"{"subtype":"apply_flag_settings","settings":{"effortLevel":"low","language":"French"}}"#,
    ];
    grant(&mut rig, &requests, 2, "{}");
    let settled = |request, key: Option<&str>| Settled { request, key: key.map(Into::into) };
    let own = vec![
        settled(RequestName::SetMaxThinkingTokens, None),
        settled(RequestName::ApplyFlagSettings, Some("effortLevel")),
    ];
    assert_eq!(
        rig.command(Command::Prompt(QueuedPrompt {
            profile: Profile(1),
            settled: own,
            ..prompt(1)
        })),
        ["close stdin"]
    );
    assert_eq!(rig.closed(), ["open 1, resume nothing"]);
    rig.opened();
    let rest = r#"{"subtype":"apply_flag_settings","settings":{"language":"French"}}"#;
    assert_eq!(rig.line(&success(4, "{}")), [request(5, rest)]);
    rig.line(&success(5, "{}"));
    run(&mut rig, 1);
    rig.prompt(2);
    rig.closed();
    rig.opened();
    assert_eq!(rig.line(&success(6, "{}")).len(), 2, "the next launch settles none of them");
    assert_eq!(rig.lines(&[&success(7, "{}"), &success(8, "{}")]), [written(2)]);
    run(&mut rig, 2);
}

#[test]
fn prompt_that_settles_the_session_value_overrides_a_manual_setting() {
    let mut rig = Rig::ready();
    let own = || {
        let request = RequestName::ApplyFlagSettings;
        vec![Settled { request, key: Some("effortLevel".into()) }]
    };
    let settling = |turn| Command::Prompt(QueuedPrompt { settled: own(), ..prompt(turn) });
    assert_eq!(rig.command(settling(1)), [written(1)], "the session already has this value");
    run(&mut rig, 1);
    let low = r#"{"subtype":"apply_flag_settings","settings":{"effortLevel":"low"}}"#;
    rig.control(2, low);
    rig.line(&success(2, "{}"));
    assert_eq!(rig.command(settling(2)), ["close stdin"]);
    assert_eq!(rig.closed(), ["open"]);
    rig.opened();
    assert_eq!(
        rig.line(&success(3, "{}")),
        [written(2)],
        "the new process has the session's value"
    );
    run(&mut rig, 2);
    assert_eq!(rig.command(settling(3)), [written(3)]);
    run(&mut rig, 3);
    assert_eq!(rig.prompt(4), ["close stdin"]);
    rig.closed();
    rig.opened();
    assert_eq!(rig.line(&success(4, "{}")), [request(5, low)]);
    assert_eq!(rig.line(&success(5, "{}")), [written(4)]);
    run(&mut rig, 4);
}

#[test]
fn repeated_requests_keep_their_time_limit() {
    let mut rig = Rig::ready();
    let servers = r#"{"subtype":"mcp_set_servers","servers":{"slow":{"command":"slow"}}}"#;
    rig.control_within(2, servers, Some(300));
    rig.line(&success(2, "{}"));
    rig.closed();
    rig.connect(3);
    rig.opened();
    assert_eq!(rig.line(&success(3, "{}"))[1], request(4, servers));
    assert_eq!(rig.due(), Some(300));
    rig.line(&success(4, "{}"));
}

/// The caller sends these requests in order, and the CLI accepts each with this reply.
fn grant(rig: &mut Rig, requests: &[&str], first: u64, reply: &str) {
    for (body, id) in requests.iter().zip(first..) {
        rig.control(id, body);
        rig.line(&success(id, reply));
    }
}

/// Returns the requests that are sent first to a new process; it accepts them.
fn made_again(rig: &mut Rig) -> Vec<String> {
    rig.closed();
    rig.connect(100);
    let handshake = rig.opened();
    let id = handshake[0].split('"').nth(7).unwrap().to_owned();
    let ready = rig.line(&format!(
        r#"{{"type":"control_response","response":{{"subtype":"success","request_id":"{id}"}}}}"#
    ));
    ready.iter().filter_map(|line| line.strip_prefix("> ")).map(|line| accept(rig, line)).collect()
}

/// Accepts a request of the host and returns its body.
fn accept(rig: &mut Rig, line: &str) -> String {
    let frame = Frame::parse(line.to_owned()).unwrap();
    let id = frame.field("request_id").unwrap().as_str().unwrap().into_owned();
    rig.line(&format!(
        r#"{{"type":"control_response","response":{{"subtype":"success","request_id":"{id}"}}}}"#
    ));
    frame.payload().unwrap().raw().text().into_owned()
}
