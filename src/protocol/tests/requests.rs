//! Requests from the host.

use super::*;
use crate::wire::control::ControlFrame;

const SET_MODEL: &str = r#"{"subtype":"set_model","model":"opus"}"#;

#[test]
fn replies_may_come_in_any_order() {
    let mut rig = Rig::ready();
    assert_eq!(rig.control(1, SET_MODEL), [request(2, SET_MODEL)]);
    assert_eq!(rig.control(2, r#"{"subtype":"interrupt"}"#), [interrupt(3)]);
    assert_eq!(
        rig.line(&success(3, r#"{"still_queued":[]}"#)),
        [r#"reply 2: {"still_queued":[]}"#]
    );
    assert_eq!(rig.line(&success(2, r#"{"model":"m"}"#)), [r#"reply 1: {"model":"m"}"#]);
}

#[test]
fn a_reply_may_have_no_body() {
    let mut rig = Rig::ready();
    rig.control(1, SET_MODEL);
    rig.control(2, SET_MODEL);
    assert_eq!(
        rig.line(
            r#"{"type":"control_response","response":{"subtype":"success","request_id":"cw-2"}}"#
        ),
        ["reply 1"]
    );
    assert_eq!(rig.line(&success(3, "null")), ["reply 2"]);
}

#[test]
fn an_error_reply_carries_text_and_code() {
    let mut rig = Rig::ready();
    rig.control(1, SET_MODEL);
    rig.control(2, SET_MODEL);
    let line = r#"{"type":"control_response","response":{"subtype":"error","request_id":"cw-2","error":"no such mode","error_code":"invalid_mode"}}"#;
    assert_eq!(
        rig.line(line),
        [
            r#"reply 1 failed: Refused(Refusal { error: "no such mode", code: Some("invalid_mode") })"#
        ]
    );
    let line = r#"{"response":{"request_id":"cw-3","subtype":"error"},"type":"control_response"}"#;
    assert_eq!(
        rig.line(line),
        [r#"reply 2 failed: Refused(Refusal { error: "no reason given", code: None })"#]
    );
}

#[test]
fn a_reply_with_an_error_fails_unless_it_is_called_a_success() {
    let subtypes = ["", r#""subtype":null,"#, r#""subtype":5,"#, r#""subtype":"","#]
        .into_iter()
        .chain([r#""subtype":"failure","#, r#""subtype":"error","#, r#""subtype":"success","#]);
    for subtype in subtypes {
        for error in ["", r#","error":"no such model""#, r#","error":null"#, r#","error":{}"#] {
            let reply = |id: u64| {
                let id = format!(r#""request_id":"cw-{id}""#);
                format!(r#"{{"type":"control_response","response":{{{subtype}{id}{error}}}}}"#)
            };
            let frame = Frame::parse(reply(2)).unwrap();
            let Some(ControlFrame::Response(typed)) = ControlFrame::of(&frame) else { panic!() };
            let fails = subtype.contains("error")
                || (error.contains("no such") && !subtype.contains("success"));
            assert_eq!(typed.result.is_err(), fails, "{subtype}{error}");

            let mut rig = Rig::ready();
            rig.control(1, SET_MODEL);
            let answer = rig.line(&reply(2));
            assert_eq!(answer[0].starts_with("reply 1 failed"), fails, "{subtype}{error}");
            assert_eq!(answer[0].contains("no such model"), fails && error.contains("no such"));

            let mut rig = Rig::idle();
            rig.prompt(1);
            rig.opened();
            let answer = rig.line(&reply(1));
            assert_eq!(answer[0].starts_with("turn 1 failed"), fails, "{subtype}{error}");
        }
    }
}

#[test]
fn an_unanswered_request_times_out_and_is_cancelled() {
    let mut rig = Rig::ready();
    rig.control(1, SET_MODEL);
    rig.control_within(2, SET_MODEL, Some(5));
    assert_eq!(rig.due(), Some(5));
    let cancelled =
        |id: u64| format!(r#"> {{"type":"control_cancel_request","request_id":"cw-{id}"}}"#);
    assert_eq!(rig.tick_after(5), [cancelled(3), "reply 2 failed: Timeout(5s)".into()]);
    assert_eq!(rig.tick_after(55), [cancelled(2), "reply 1 failed: Timeout(60s)".into()]);
    let late = success(2, "{}");
    assert_eq!(rig.line(&late), [format!("stray < {late}")]);
    assert_eq!(rig.machine().counters().stray_replies, 1);
}

#[test]
fn a_cancelled_request_is_cancelled_on_the_wire_and_gets_no_reply() {
    let mut rig = Rig::ready();
    rig.control(1, SET_MODEL);
    assert_eq!(rig.cancel(1), [r#"> {"type":"control_cancel_request","request_id":"cw-2"}"#]);
    let late = success(2, "{}");
    assert_eq!(rig.line(&late), [format!("stray < {late}")]);
    assert!(rig.cancel(1).is_empty());
}

#[test]
fn a_request_cancelled_during_the_handshake_is_never_written() {
    let mut rig = Rig::idle();
    rig.control(1, SET_MODEL);
    rig.connect(2);
    rig.opened();
    assert!(rig.cancel(1).is_empty());
    assert!(rig.cancel(2).is_empty());
    assert!(rig.line(INITIALIZED).is_empty());
}

#[test]
fn a_reply_is_delivered_once() {
    let mut rig = Rig::ready();
    rig.control(1, SET_MODEL);
    rig.line(&success(2, "{}"));
    assert_eq!(rig.line(&success(2, "{}")), [format!("stray < {}", success(2, "{}"))]);
}

#[test]
fn a_reply_to_no_request_is_stray() {
    let mut rig = Rig::ready();
    for stray in [
        r#"{"type":"control_response","response":{"subtype":"success","request_id":"theirs"}}"#,
        r#"{"type":"control_response","response":{"subtype":"success","request_id":2}}"#,
        r#"{"type":"control_response","response":{"subtype":"success"}}"#,
        r#"{"type":"control_response","response":"garbage"}"#,
        r#"{"type":"control_response"}"#,
        r#"{"type":"control_response","request_id":"cw-2"}"#,
    ] {
        assert_eq!(rig.line(stray), [format!("stray < {stray}")]);
    }
    assert_eq!(rig.machine().counters().stray_replies, 6);
}

#[test]
fn awaits_reply_is_true_while_a_reply_is_pending() {
    let mut rig = Rig::ready();
    assert!(!rig.machine().awaits_reply());
    rig.control(1, SET_MODEL);
    assert!(rig.machine().awaits_reply());
    rig.line(&success(2, "{}"));
    assert!(!rig.machine().awaits_reply());
}

#[test]
fn the_end_of_the_connection_fails_every_request_in_order() {
    let mut rig = Rig::ready();
    (1..=12).for_each(|n| drop(rig.control(n, SET_MODEL)));
    assert_eq!(
        rig.closed(),
        (1..=12).map(|n| format!("reply {n} failed: Closed")).collect::<Vec<_>>()
    );
}
