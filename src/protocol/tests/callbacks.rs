//! Requests from the CLI.

use super::*;

fn asked(id: &str) -> String {
    format!(
        r#"{{"type":"control_request","request_id":{id},"request":{{"subtype":"can_use_tool","tool_name":"Bash"}}}}"#
    )
}

fn answered(id: &str) -> String {
    format!(
        r#"> {{"type":"control_response","response":{{"subtype":"success","request_id":{id},"response":{{}}}}}}"#
    )
}

#[test]
fn answers_may_come_in_any_order() {
    let mut rig = Rig::ready();
    assert_eq!(rig.line(&asked("\"a\"")), [format!("callback 1 < {}", asked("\"a\""))]);
    assert_eq!(rig.line(&asked("\"b\"")), [format!("callback 2 < {}", asked("\"b\""))]);
    assert_eq!(rig.answer(2, "{}"), [answered("\"b\"")]);
    assert_eq!(rig.answer(1, "{}"), [answered("\"a\"")]);
}

#[test]
fn request_id_is_echoed_verbatim() {
    let mut rig = Rig::ready();
    for (callback, id) in [(1, "7"), (2, r#""a\u0062""#), (3, "null"), (4, "1.50e3")] {
        rig.line(&asked(id));
        assert_eq!(rig.answer(callback, "{}"), [answered(id)]);
    }
    rig.line(r#"{"type":"control_request","request":{"subtype":"can_use_tool"}}"#);
    assert_eq!(rig.answer(5, "{}"), [answered("null")]);
}

#[test]
fn an_error_carries_its_code() {
    let mut rig = Rig::ready();
    rig.line(&asked("1"));
    rig.line(&asked("2"));
    let error = |text: &str, code: Option<&str>| Answer::Error(text.into(), code.map(Into::into));
    assert_eq!(
        rig.input(Input::Answered(
            CallbackId(1),
            error("no \"such\" hook", Some("unsupported_request"))
        )),
        [
            r#"> {"type":"control_response","response":{"subtype":"error","request_id":1,"error":"no \"such\" hook","error_code":"unsupported_request"}}"#
        ]
    );
    assert_eq!(
        rig.input(Input::Answered(CallbackId(2), error("no", None))),
        [
            r#"> {"type":"control_response","response":{"subtype":"error","request_id":2,"error":"no"}}"#
        ]
    );
}

#[test]
fn silence_writes_nothing_and_closes_the_callback() {
    let mut rig = Rig::ready();
    rig.line(&asked("1"));
    assert!(rig.input(Input::Answered(CallbackId(1), Answer::Silence)).is_empty());
    assert!(rig.answer(1, "{}").is_empty());
}

#[test]
fn a_request_that_is_repeated_while_it_is_served_is_served_once() {
    let mut rig = Rig::ready();
    rig.line(&asked("1"));
    assert!(rig.line(&asked("1")).is_empty());
    assert_eq!(rig.machine().counters().repeated_requests, 1);
    assert_eq!(rig.answer(1, "{}"), [answered("1")]);
    assert_eq!(
        rig.line(&asked("1")),
        [format!("callback 2 < {}", asked("1"))],
        "after the answer it is a new request"
    );
}

#[test]
fn the_number_of_open_requests_is_limited() {
    let mut rig = Rig::ready();
    for id in 1..=1024 {
        assert_eq!(rig.line(&asked(&id.to_string())).len(), 1);
    }
    let refused = rig.line(&asked("\"one more\""));
    assert_eq!(
        refused[0],
        r#"> {"type":"control_response","response":{"subtype":"error","request_id":"one more","error":"the host has too many open requests"}}"#
    );
    assert!(
        refused.len() == 2 && refused[1].contains("1024 open requests"),
        "reported once: {refused:?}"
    );
    assert_eq!(rig.line(&asked("\"another\"")).len(), 1, "later refusals are not reported");
    assert!(rig.line(&asked("1")).is_empty(), "an open request is a repetition, not refused");
    assert_eq!(
        (rig.machine().counters().refused_requests, rig.machine().counters().repeated_requests),
        (2, 1)
    );
    assert_eq!(rig.answer(7, "{}"), [answered("7")]);
    assert_eq!(
        rig.line(&asked("\"one more\"")),
        [format!("callback 1025 < {}", asked("\"one more\""))],
        "there is room again"
    );
}

#[test]
fn unparsable_request_is_answered_by_the_machine() {
    let mut rig = Rig::ready();
    let error = |id: &str| {
        format!(
            r#"> {{"type":"control_response","response":{{"subtype":"error","request_id":{id},"error":"control_request without a request.subtype","error_code":"unsupported_request"}}}}"#
        )
    };
    assert_eq!(rig.line(r#"{"type":"control_request","request_id":"x"}"#), [error("\"x\"")]);
    assert_eq!(
        rig.line(r#"{"type":"control_request","request_id":"x","request":{"subtype":5}}"#),
        [error("\"x\"")]
    );
    assert_eq!(rig.line(r#"{"type":"control_request","request":[]}"#), [error("null")]);
}

#[test]
fn cancelled_request_reports_it_and_its_answer_is_not_written() {
    let mut rig = Rig::ready();
    rig.line(&asked("\"a\""));
    assert_eq!(
        rig.line(r#"{"type":"control_cancel_request","request_id":"a"}"#),
        ["callback 1 cancelled"]
    );
    assert!(rig.answer(1, "{}").is_empty());
}

#[test]
fn redelivered_requests_are_delivered_once() {
    let mut rig = Rig::idle();
    rig.connect(0);
    rig.opened();
    rig.line(&asked("\"a\""));
    let reply = format!(
        r#"{{"type":"control_response","response":{{"subtype":"success","request_id":"cw-1","response":{{}},"pending_permission_requests":[{}, {}, {{"type":"user"}}, 5],"pending_user_dialog_requests":[{}]}}}}"#,
        asked("\"a\""),
        asked("\"b\""),
        asked("\"c\""),
    );
    assert_eq!(
        rig.line(&reply),
        [
            format!("callback 2 < {}", asked("\"b\"")),
            format!("callback 3 < {}", asked("\"c\"")),
            "reply 0: {}".into()
        ]
    );
    assert_eq!(rig.machine().counters().repeated_requests, 1);
}

#[test]
fn the_end_of_the_connection_cancels_open_callbacks() {
    let mut rig = Rig::ready();
    rig.line(&asked("1"));
    rig.line(&asked("2"));
    assert_eq!(rig.closed(), ["callback 1 cancelled", "callback 2 cancelled"]);
    assert!(rig.answer(1, "{}").is_empty());
}

#[test]
fn callback_ids_are_unique_across_connections() {
    let mut rig = Rig::ready();
    rig.line(&asked("1"));
    rig.closed();
    rig.connect(1);
    rig.opened();
    assert_eq!(rig.line(&asked("1")), [format!("callback 2 < {}", asked("1"))]);
    assert!(rig.answer(1, "{}").is_empty());
}

#[test]
fn stray_cancellation_is_counted() {
    let mut rig = Rig::ready();
    rig.line(&asked("\"a\""));
    rig.answer(1, "{}");
    assert!(rig.line(r#"{"type":"control_cancel_request","request_id":"a"}"#).is_empty());
    assert!(rig.line(r#"{"type":"control_cancel_request"}"#).is_empty());
    assert_eq!(rig.machine().counters().stray_cancels, 2);
}
