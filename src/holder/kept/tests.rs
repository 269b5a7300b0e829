//! Which lines are kept, repeated and dropped.

use super::*;

const PROMPT: &str = r#"{"type":"user","uuid":"u-1","message":{"role":"user","content":"go"}}"#;
const RESULT: &str = r#"{"type":"result","subtype":"success"}"#;
const INITIALIZE: &str =
    r#"{"type":"control_request","request_id":"cw-1","request":{"subtype":"initialize"}}"#;

fn kept(limit: usize) -> Kept {
    let mut kept = Kept::new(limit);
    kept.attach();
    kept
}

fn to_cli(kept: &mut Kept, line: &str) -> String {
    match kept.asked(line.to_owned().into()) {
        Goes::ToCli(line) => String::from_utf8(line.into()).unwrap(),
        Goes::Nowhere => "nowhere".into(),
    }
}

fn read(kept: &mut Kept) -> Vec<String> {
    std::iter::from_fn(|| kept.next())
        .map(|(tag, line)| format!("{}{}", char::from(tag), String::from_utf8_lossy(&line)))
        .collect()
}

fn assistant(number: usize) -> String {
    format!(r#"{{"type":"assistant","number":{number}}}"#)
}

fn request(id: &str) -> String {
    format!(
        r#"{{"type":"control_request","request_id":"{id}","request":{{"subtype":"can_use_tool"}}}}"#
    )
}

fn answer(id: &str) -> String {
    format!(
        r#"{{"type":"control_response","response":{{"subtype":"success","request_id":"{id}"}}}}"#
    )
}

#[test]
fn the_next_owner_gets_the_turn_from_its_start() {
    let mut kept = kept(10_000);
    kept.written(assistant(0).into());
    assert_eq!(read(&mut kept), [format!("o{}", assistant(0))]);
    assert_eq!(to_cli(&mut kept, PROMPT), PROMPT);
    kept.written(assistant(1).into());
    assert_eq!(read(&mut kept).len(), 1);
    // Without an owner.
    kept.written(assistant(2).into());
    kept.attach();
    assert_eq!(read(&mut kept), [1, 2].map(|number| format!("o{}", assistant(number))));
    assert!(!kept.turn().unwrap().ended);
    kept.written(RESULT.into());
    let turn = kept.turn().unwrap();
    assert_eq!((turn.uuid.as_str(), turn.ended, turn.missing), ("u-1", true, 0));
    // The next prompt leaves it behind, but for what was not read.
    kept.written(assistant(3).into());
    assert_eq!(kept.next().unwrap().1, RESULT);
    to_cli(&mut kept, &PROMPT.replace("u-1", "u-2"));
    kept.attach();
    assert_eq!(read(&mut kept), [format!("o{}", assistant(3))]);
    assert_eq!(kept.turn().unwrap().uuid, "u-2");
}

#[test]
fn a_message_for_a_running_turn_begins_none() {
    let mut kept = kept(10_000);
    to_cli(&mut kept, PROMPT);
    kept.written(assistant(1).into());
    read(&mut kept);
    to_cli(&mut kept, &PROMPT.replace("u-1", "u-2"));
    kept.attach();
    assert_eq!(read(&mut kept).len(), 1);
    assert_eq!(kept.turn().unwrap().uuid, "u-1");
}

#[test]
fn results_of_others_do_not_end_the_turn() {
    let mut kept = kept(10_000);
    to_cli(&mut kept, PROMPT);
    for other in [
        r#"{"type":"result","subtype":"success","user_message_uuid":"u-0"}"#,
        r#"{"type":"result","subtype":"success","origin":{"kind":"task-notification"}}"#,
    ] {
        kept.written(other.into());
        assert!(!kept.turn().unwrap().ended, "{other}");
    }
    kept.written(r#"{"type":"result","subtype":"success","user_message_uuids":["u-1"]}"#.into());
    assert!(kept.turn().unwrap().ended);
}

#[test]
fn only_open_requests_are_repeated() {
    let mut kept = kept(10_000);
    for id in ["r-1", "r-2", "r-3"] {
        kept.written(request(id).into());
    }
    kept.written(r#"{"type":"control_cancel_request","request_id":"r-3"}"#.into());
    to_cli(&mut kept, &answer("r-1"));
    for _ in 0..2 {
        kept.attach();
        assert_eq!(read(&mut kept), [format!("o{}", request("r-2"))]);
    }
    assert_eq!(to_cli(&mut kept, &answer("r-2")), answer("r-2"), "the CLI's own id");
    kept.attach();
    assert!(read(&mut kept).is_empty());
}

#[test]
fn replies_reach_the_owner_that_asked() {
    let mut kept = kept(10_000);
    let ask = |kept: &mut Kept| to_cli(kept, &request("cw-2"));
    assert_eq!(ask(&mut kept), request("cw-2"));
    kept.attach();
    assert_eq!(ask(&mut kept), request("cw-2/2"));
    kept.written(answer("cw-2").into());
    assert!(read(&mut kept).is_empty(), "a reply to the former owner");
    kept.written(answer("cw-2/2").into());
    assert_eq!(read(&mut kept), [format!("o{}", answer("cw-2"))]);
    let cancel = r#"{"type":"control_cancel_request","request_id":"cw-2"}"#;
    assert_eq!(to_cli(&mut kept, cancel), cancel.replace("cw-2", "cw-2/2"));
    kept.attach();
    assert!(read(&mut kept).is_empty(), "replies are not repeated");
}

#[test]
fn an_equal_handshake_is_answered_here() {
    let mut kept = kept(10_000);
    assert_eq!(to_cli(&mut kept, INITIALIZE), INITIALIZE);
    kept.written(answer("cw-1").into());
    read(&mut kept);
    for id in ["cw-1", "cw-7"] {
        kept.attach();
        assert_eq!(to_cli(&mut kept, &INITIALIZE.replace("cw-1", id)), "nowhere");
        assert_eq!(read(&mut kept), [format!("o{}", answer(id))]);
    }
    let other = INITIALIZE.replace("\"}}", "\",\"hooks\":{}}}");
    assert_eq!(to_cli(&mut kept, &other), other.replace("cw-1", "cw-1/3"));
    // Its reply has not come: the next owner asks again.
    kept.attach();
    assert_eq!(to_cli(&mut kept, &other), other.replace("cw-1", "cw-1/4"));
}

#[test]
fn what_was_read_is_dropped_first_and_counted() {
    let line = assistant(1);
    let mut kept = kept(10 * (line.len() + OVERHEAD));
    to_cli(&mut kept, PROMPT);
    for _ in 0..10 {
        assert!(kept.has_room());
        kept.written(line.clone().into());
    }
    assert!(!kept.has_room(), "nothing was read, so nothing can be dropped");
    kept.written(line.clone().into());
    assert_eq!(read(&mut kept).len(), 11);
    assert!(kept.has_room());
    kept.attach();
    assert_eq!(kept.turn().unwrap().missing, 1);
    assert_eq!(read(&mut kept).len(), 10);
}

#[test]
fn an_exit_comes_last() {
    let mut kept = kept(10_000);
    kept.written(request("r-1").into());
    kept.push(b'x', "{}".into());
    kept.attach();
    assert_eq!(read(&mut kept), [format!("o{}", request("r-1")), "x{}".into()]);
    assert!(kept.is_sent());
}

#[test]
fn other_lines_pass_unchanged() {
    let mut kept = kept(10_000);
    kept.attach();
    for line in ["", "not json", r#"{"type":"control_request"}"#, r#"{"request_id":"cw-1"}"#, "[1]"]
    {
        assert_eq!(to_cli(&mut kept, line), line);
        kept.written(line.to_owned().into());
        assert_eq!(read(&mut kept), [format!("o{line}")]);
    }
}

#[test]
fn what_belongs_to_no_turn_is_not_repeated() {
    let mut kept = kept(10_000);
    kept.written(assistant(0).into());
    kept.written(RESULT.into());
    kept.push(b'r', "a complaint".into());
    assert_eq!(read(&mut kept).len(), 3);
    kept.written(assistant(1).into());
    kept.attach();
    assert_eq!(read(&mut kept), [format!("o{}", assistant(1))]);
    // How the CLI is doing concerns each owner.
    for tag in [b'b', b'O', b'c', b'x'] {
        kept.push(tag, "{}".into());
    }
    assert_eq!(read(&mut kept), ["b{}", "O{}", "c{}", "x{}"]);
    for _ in 0..2 {
        kept.attach();
        assert_eq!(read(&mut kept), ["b{}", "c{}", "x{}"]);
    }
    assert!(kept.is_sent());
}

#[test]
fn a_cli_runs_once_it_has_answered() {
    let refusal = r#"{"type":"control_response","response":{"subtype":"error","request_id":"cw-1","error":"no"}}"#;
    for reply in [answer("cw-1"), answer("cw-9"), refusal.to_owned()] {
        for owners in 0..2 {
            let mut kept = kept(10_000);
            to_cli(&mut kept, INITIALIZE);
            // Both may come before: a request to a server of the program, and why it will not start.
            kept.written(request("r-1").into());
            kept.written(RESULT.into());
            (0..owners).for_each(|_| kept.attach());
            assert!(!kept.has_run(), "{reply} {owners}");
            kept.written(reply.clone().into());
            assert!(kept.has_run(), "{reply} {owners}");
            kept.attach();
            assert!(kept.has_run(), "{reply} {owners}");
        }
    }
}

#[test]
fn a_cached_handshake_names_no_requests() {
    const LISTS: [&str; 3] = [
        "pending_permission_requests",
        "pending_user_dialog_requests",
        "pending_elicitation_requests",
    ];
    // Each list, and all of them.
    let full = (0..3).map(|number| [number == 0, number == 1, number == 2]).chain([[true; 3]]);
    for (full, is_answered) in full.flat_map(|full| [(full, true), (full, false)]) {
        let reply = |id: &str, is_open: bool| {
            let lists: String = (LISTS.iter().zip(full))
                .map(|(list, full)| {
                    let open = [request("r-1"), request("r-2")].join(",");
                    format!(r#","{list}":[{}]"#, if is_open && full { &*open } else { "" })
                })
                .collect();
            format!(
                r#"{{"type":"control_response","response":{{"subtype":"success","request_id":"{id}","response":{{"pid":1,"pending_permission_requests":[2]}}{lists}}},"uuid":"u"}}"#
            )
        };
        let mut kept = kept(100_000);
        kept.written(request("r-1").into());
        kept.written(request("r-2").into());
        kept.attach();
        assert_eq!(read(&mut kept).len(), 2);
        to_cli(&mut kept, INITIALIZE);
        if is_answered {
            to_cli(&mut kept, &answer("r-1"));
        }
        kept.written(reply("cw-1/2", true).into());
        assert_eq!(read(&mut kept), [format!("o{}", reply("cw-1", false))]);
        to_cli(&mut kept, &answer("r-1"));
        kept.attach();
        assert_eq!(to_cli(&mut kept, &INITIALIZE.replace("cw-1", "cw-7")), "nowhere");
        let expected = [request("r-2"), reply("cw-7", false)].map(|line| format!("o{line}"));
        assert_eq!(read(&mut kept), expected, "{full:?} {is_answered}");
    }
}

#[test]
fn a_withdrawn_prompt_is_no_turn() {
    const WITHDRAW: &str = r#"{"type":"control_request","request_id":"cw-5","request":{"subtype":"cancel_async_message","message_uuid":"u-1"}}"#;
    const OVER: &str = r#"{"type":"command_lifecycle","command_uuid":"u-1","state":"cancelled"}"#;
    const REPLY: &str = r#"{"type":"control_response","response":{"subtype":"success","request_id":"cw-5","response":{"cancelled":true}}}"#;
    let refused = REPLY.replace("true", "false");
    let of_another = OVER.replace("u-1", "u-0");
    let begun = OVER.replace("cancelled", "started");
    let cases: [(&[&str], bool); 9] = [
        (&[OVER], true),
        (&[REPLY], true),
        (&[OVER, REPLY], true),
        (&[REPLY, OVER], true),
        (&[&refused], false),
        (&[&of_another, &begun], false),
        (&[&refused, RESULT, OVER], false),
        (&[RESULT, REPLY], false),
        (&[], false),
    ];
    for (lines, is_withdrawn) in cases {
        // With the next owner before the lines, behind them, or without one; with a next prompt.
        for (owner, asks_again) in (0..3).flat_map(|owner| [(owner, false), (owner, true)]) {
            let case = format!("{lines:?} {owner} {asks_again}");
            let mut kept = kept(10_000);
            to_cli(&mut kept, PROMPT);
            to_cli(&mut kept, WITHDRAW);
            if owner == 0 {
                kept.attach();
            }
            lines.iter().for_each(|line| kept.written((*line).to_owned().into()));
            if owner == 1 {
                kept.attach();
            }
            let turn = kept.turn().map(|turn| turn.uuid.clone());
            assert_eq!(turn.as_deref(), (!is_withdrawn).then_some("u-1"), "{case}");
            if !asks_again {
                continue;
            }
            let has_ended = is_withdrawn || lines.contains(&RESULT);
            to_cli(&mut kept, &PROMPT.replace("u-1", "u-2"));
            let turn = kept.turn().map(|turn| turn.uuid.clone());
            assert_eq!(turn.as_deref(), Some(if has_ended { "u-2" } else { "u-1" }), "{case}");
            // Late lines for the former prompt.
            kept.written(OVER.into());
            kept.written(REPLY.into());
            let turn = kept.turn().map(|turn| turn.uuid.clone());
            let expected = has_ended.then_some("u-2");
            assert_eq!(turn.as_deref(), expected, "{case}");
        }
    }
}

#[test]
fn an_owner_that_repeats_its_handshake_reaches_the_cli() {
    let mut kept = kept(10_000);
    let reply = |id: &str, number: u64| {
        answer(id).replace("\"}}", &format!("\",\"response\":{{\"number\":{number}}}}}}}"))
    };
    for owner in 1..4 {
        // The first of the later owners is answered here, with the last reply.
        for number in 1..4 {
            let id = format!("cw-{number}");
            let line = INITIALIZE.replace("cw-1", &id);
            let heard = 10 * owner + number;
            if owner > 1 && number == 1 {
                assert_eq!(to_cli(&mut kept, &line), "nowhere");
                assert_eq!(read(&mut kept), [format!("o{}", reply(&id, 10 * (owner - 1) + 3))]);
                continue;
            }
            let wire_id = if owner == 1 { id.clone() } else { format!("{id}/{owner}") };
            assert_eq!(to_cli(&mut kept, &line), INITIALIZE.replace("cw-1", &wire_id));
            assert!(read(&mut kept).is_empty());
            kept.written(reply(&wire_id, heard).into());
            assert_eq!(read(&mut kept), [format!("o{}", reply(&id, heard))]);
        }
        kept.attach();
    }
}

#[test]
fn what_an_owner_did_not_get_is_for_the_next_one() {
    for (lines, lost) in [(3, 0), (3, 1), (3, 3), (3, 4), (0, 1)] {
        for prompt in [None, Some(PROMPT)] {
            let mut kept = kept(10_000);
            prompt.iter().for_each(|prompt| drop(to_cli(&mut kept, prompt)));
            (0..lines).for_each(|number| kept.written(assistant(number).into()));
            assert_eq!(read(&mut kept).len(), lines);
            kept.take_back(lost);
            assert_eq!(kept.is_sent(), lost == 0 || lines == 0);
            kept.attach();
            let first = if prompt.is_some() { 0 } else { lines.saturating_sub(lost) };
            let expected: Vec<_> =
                (first..lines).map(|number| format!("o{}", assistant(number))).collect();
            assert_eq!(read(&mut kept), expected, "{lines} {lost} {prompt:?}");
        }
    }
    // It waits again.
    let mut kept = kept(2 * (assistant(0).len() + OVERHEAD));
    kept.written(assistant(0).into());
    kept.written(assistant(1).into());
    assert!(!kept.has_room());
    read(&mut kept);
    assert!(kept.has_room());
    kept.take_back(1);
    assert!(kept.has_room());
    kept.take_back(1);
    assert!(!kept.has_room());
}
