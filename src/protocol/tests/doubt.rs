//! Results that belong to no turn, or to another one, while a turn waits for its own.

use super::*;

/// Results that name no prompt, observed and possible ones.
const UNNAMED: [&str; 7] = [
    r#"{"type":"result","subtype":"error_during_execution","is_error":true,"num_turns":0,"errors":["stale"]}"#,
    r#"{"type":"result","subtype":"success","is_error":false,"num_turns":0,"result":""}"#,
    r#"{"type":"result","subtype":"success","is_error":false,"num_turns":1,"result":"stale text"}"#,
    r#"{"type":"result","subtype":"success","is_error":false,"num_turns":3,"result":"stale","origin":null}"#,
    r#"{"type":"result","subtype":"success","is_error":false,"num_turns":1,"result":"stale","origin":{"kind":"human"}}"#,
    r#"{"type":"result","subtype":"success","num_turns":1,"result":"stale","user_message_uuid":null,"user_message_uuids":null}"#,
    r#"{"type":"result","subtype":"error_of_a_future_cli"}"#,
];
const NOTIFICATION: &str = r#"{"type":"system","subtype":"task_notification","task_id":"b1","status":"completed","output_file":"/tmp/x"}"#;
const OWN_RESULT: &str = r#"{"type":"result","subtype":"success","num_turns":1,"result":"note","origin":{"kind":"task-notification"}}"#;
const EMPTY: &str = UNNAMED[1];
const RESULT: &str = UNNAMED[2];
const STATUS: &str = r#"{"type":"system","subtype":"status","status":"requesting"}"#;

fn stray(turn: u64) -> String {
    format!("{}: it belongs to no turn", unnamed(turn))
}

fn kept(turn: u64) -> String {
    format!("{}: it is kept until the CLI goes on", unnamed(turn))
}

fn unnamed(turn: u64) -> String {
    format!(
        "warning: a result that names no prompt came while the turn of prompt p-{turn} waits for its own"
    )
}

/// A CLI of 2.1.329 that has run turn 1 and has received prompt 2.
fn naming() -> Rig {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.lines(&[&lifecycle(1, "queued"), &lifecycle(1, "started"), &init(1), TEXT, &result(1)]);
    rig.line(&lifecycle(1, "completed"));
    rig.prompt(2);
    rig
}

/// A CLI of 2.1.200 that has run turn 1 and has received prompt 2.
fn silent() -> Rig {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.lines(&[PLAIN_INIT, TEXT, RESULT]);
    rig.prompt(2);
    rig
}

#[test]
fn unnamed_result_does_not_end_a_turn_that_a_naming_cli_has_not_begun() {
    for unnamed in UNNAMED {
        let mut rig = naming();
        assert_eq!(rig.line(unnamed), [stray(2), event(unnamed)]);
        assert_eq!(rig.line(&lifecycle(2, "queued")), [turn(2, &lifecycle(2, "queued"))]);
        for _ in 0..2 {
            assert_eq!(rig.line(unnamed), [stray(2), event(unnamed)]);
        }
        rig.lines(&[&lifecycle(2, "started"), &init(2), TEXT]);
        rig.prompt(3);
        assert_eq!(rig.line(&result(2))[1..], ["turn 2 ended".to_owned(), written(3)]);
        run(&mut rig, 3);
    }
}

#[test]
fn unnamed_result_does_not_end_the_first_turn_of_a_naming_cli() {
    for unnamed in UNNAMED {
        let mut rig = Rig::ready();
        rig.prompt(1);
        rig.line(&lifecycle(1, "queued"));
        assert_eq!(rig.line(unnamed), [stray(1), event(unnamed)]);
        run(&mut rig, 1);
    }
}

#[test]
fn unnamed_result_is_held_within_a_turn_of_a_naming_cli() {
    for unnamed in UNNAMED {
        for goes_on in [&named_text(2), TEXT, &result(2)] {
            let mut rig = naming();
            rig.lines(&[&lifecycle(2, "queued"), &lifecycle(2, "started"), &init(2), TEXT]);
            assert_eq!(rig.line(unnamed), [kept(2)]);
            assert_eq!(rig.line(STATUS), [""; 0]);
            assert_eq!(rig.due(), None);
            let settled = rig.line(goes_on);
            assert_eq!(settled[..3], [event(unnamed), turn(2, STATUS), turn(2, goes_on)]);
            if goes_on != result(2) {
                rig.line(&result(2));
            }
        }
    }
}

/// A failing CLI may no longer know which prompt it was processing.
#[test]
fn held_result_ends_the_turn_if_nothing_else_comes() {
    for unnamed in UNNAMED {
        let end = [turn(2, unnamed), "turn 2 ended".into()];
        for over in ["completed", "cancelled"] {
            let mut rig = naming();
            rig.line(&init(2));
            rig.line(unnamed);
            let settled = rig.line(&lifecycle(2, over));
            assert_eq!(settled[..2], end);
            assert_eq!(settled[2..], [event(&lifecycle(2, over))]);
        }
        let mut rig = naming();
        rig.line(&init(2));
        rig.line(unnamed);
        assert_eq!(rig.closed(), end);
    }
}

#[test]
fn turn_started_by_the_cli_confirms_the_held_result() {
    let mut rig = naming();
    rig.lines(&[&init(2), RESULT]);
    let settled = rig.lines(&[PLAIN_INIT, FOREIGN_RESULT]);
    let ended = [turn(2, RESULT), "turn 2 ended".into()];
    assert_eq!(settled, [&ended[..], &[event(PLAIN_INIT), event(FOREIGN_RESULT)]].concat());
}

#[test]
fn late_lines_of_another_prompt_settle_nothing() {
    let mut rig = naming();
    rig.lines(&[&init(2), RESULT]);
    assert_eq!(rig.line(&lifecycle(1, "completed")), [event(&lifecycle(1, "completed"))]);
    let other = rig.line(&result(1));
    assert!(other[0].contains("a result for another prompt (p-1) came"), "{other:?}");
    assert_eq!(rig.line(&result(2))[2], "turn 2 ended");
}

/// A second error result of a slash command that comes after the next prompt was written.
#[test]
fn result_before_its_turn_was_opened_is_not_its_result() {
    for unnamed in UNNAMED {
        let mut rig = silent();
        rig.prompt(3);
        assert_eq!(rig.line(unnamed), [""; 0]);
        assert_eq!(rig.line(PLAIN_INIT), [stray(2), event(unnamed), turn(2, PLAIN_INIT)]);
        assert_eq!(rig.line(TEXT), [turn(2, TEXT)]);
        assert_eq!(rig.line(RESULT), [turn(2, RESULT), "turn 2 ended".into(), written(3)]);
        assert_eq!(rig.lines(&[PLAIN_INIT, TEXT]).len(), 2);
        assert_eq!(rig.line(RESULT), [turn(3, RESULT), "turn 3 ended".into()]);
    }
}

#[test]
fn two_results_before_a_turn_was_opened_both_belong_to_no_turn() {
    let mut rig = silent();
    rig.line(UNNAMED[0]);
    assert_eq!(rig.line(UNNAMED[4]), [stray(2), event(UNNAMED[0])]);
    let settled = rig.lines(&[STATUS, PLAIN_INIT]);
    assert_eq!(settled, [stray(2), event(UNNAMED[4]), turn(2, STATUS), turn(2, PLAIN_INIT)]);
    rig.line(PLAIN_RESULT);
}

#[test]
fn result_without_an_opened_turn_ends_the_turn_after_a_second() {
    for unnamed in UNNAMED {
        let mut rig = silent();
        rig.prompt(3);
        rig.lines(&[unnamed, STATUS]);
        assert_eq!(rig.due(), Some(1));
        let ended = [turn(2, unnamed), "turn 2 ended".into(), event(STATUS), written(3)];
        assert_eq!(rig.tick_after(1), ended);
        rig.lines(&[PLAIN_INIT, PLAIN_RESULT]);
    }
}

#[test]
fn results_of_a_cli_that_never_opens_turns_are_not_delayed() {
    let mut rig = Rig::ready();
    for turn in 1..3 {
        rig.prompt(turn);
        assert_eq!(rig.line(RESULT), [super::turn(turn, RESULT), format!("turn {turn} ended")]);
    }
}

/// A resumed CLI first runs an empty turn for a task that ended in the meantime.
#[test]
fn empty_turn_after_the_report_of_a_task_was_started_by_the_cli() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.lines(&[NOTIFICATION, PLAIN_INIT, EMPTY]);
    assert_eq!(
        rig.line(PLAIN_INIT),
        [event(PLAIN_INIT), stray(1), event(EMPTY), turn(1, PLAIN_INIT)]
    );
    rig.line(TEXT);
    assert_eq!(rig.line(RESULT), [turn(1, RESULT), "turn 1 ended".into()]);
}

#[test]
fn empty_turn_was_started_by_the_cli_if_it_opens_another_at_once() {
    let mut rig = silent();
    assert_eq!(rig.lines(&[PLAIN_INIT, EMPTY]), [turn(2, PLAIN_INIT)]);
    assert_eq!(rig.line(PLAIN_INIT), [stray(2), event(EMPTY), turn(2, PLAIN_INIT)]);
    rig.line(TEXT);
    assert_eq!(
        rig.line(EMPTY),
        [turn(2, EMPTY), "turn 2 ended".into()],
        "the model had produced output"
    );
}

#[test]
fn empty_turn_is_ours_if_nothing_follows_or_a_task_ended_first() {
    let ended = [turn(2, EMPTY), "turn 2 ended".into()];
    let mut rig = silent();
    rig.lines(&[PLAIN_INIT, EMPTY]);
    assert_eq!(rig.tick_after(1), ended);

    let mut rig = silent();
    rig.lines(&[PLAIN_INIT, EMPTY, NOTIFICATION]);
    let settled = rig.lines(&[PLAIN_INIT, OWN_RESULT]);
    let own = [event(NOTIFICATION), event(PLAIN_INIT), event(OWN_RESULT)];
    assert_eq!(settled, [&ended[..], &own].concat());
}

/// CLIs before 2.1.206 name no prompt, and only the result distinguishes such a turn from ours.
#[test]
fn turn_opened_after_the_report_of_a_task_is_held_until_its_result() {
    let mut rig = silent();
    assert_eq!(rig.line(NOTIFICATION), [turn(2, NOTIFICATION)]);
    rig.line(NOTIFICATION);
    assert_eq!(rig.lines(&[PLAIN_INIT, TEXT, STATUS]), [""; 0]);
    let all = [PLAIN_INIT, TEXT, STATUS, OWN_RESULT].map(event);
    assert_eq!(rig.line(OWN_RESULT), all);
    assert_eq!(rig.lines(&[PLAIN_INIT, TEXT]), [turn(2, PLAIN_INIT), turn(2, TEXT)]);
    assert_eq!(rig.line(RESULT), [turn(2, RESULT), "turn 2 ended".into()]);
}

#[test]
fn a_task_that_ended_before_the_prompt_was_written_also_counts() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.lines(&[PLAIN_INIT, TEXT, RESULT, NOTIFICATION]);
    rig.prompt(2);
    rig.lines(&[PLAIN_INIT, TEXT]);
    assert_eq!(rig.line(OWN_RESULT), [PLAIN_INIT, TEXT, OWN_RESULT].map(event));
    rig.line(PLAIN_INIT);
    assert_eq!(rig.line(PLAIN_RESULT)[1], "turn 2 ended");
}

#[test]
fn result_without_origin_shows_that_the_turn_is_ours() {
    let mut rig = silent();
    rig.line(NOTIFICATION);
    rig.lines(&[PLAIN_INIT, TEXT]);
    let all = [turn(2, PLAIN_INIT), turn(2, TEXT), turn(2, RESULT), "turn 2 ended".into()];
    assert_eq!(rig.line(RESULT), all);
}

#[test]
fn a_task_in_the_foreground_and_one_that_ends_within_our_turn_are_distinguished() {
    let foreground = NOTIFICATION.replace("/tmp/x", "");
    for (reported, held) in [(&*foreground, false), (NOTIFICATION, true)] {
        let mut rig = Rig::ready();
        rig.prompt(1);
        rig.lines(&[PLAIN_INIT, TEXT, reported, RESULT]);
        rig.prompt(2);
        assert_eq!(rig.line(PLAIN_INIT).is_empty(), held, "{reported}");
        rig.lines(&[TEXT, RESULT]);
    }
}

/// Observed with CLI 2.1.247 in the first turn of a resumed session.
#[test]
fn first_line_that_names_the_prompt_settles_the_held_lines() {
    let named = named_text(1);
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.lines(&[NOTIFICATION, PLAIN_INIT]);
    assert_eq!(rig.line(&named), [turn(1, PLAIN_INIT), turn(1, &named)]);
    rig.line(&result(1));

    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.lines(&[NOTIFICATION, PLAIN_INIT, TEXT]);
    let queued = lifecycle(1, "queued");
    assert_eq!(rig.line(&queued), [event(PLAIN_INIT), event(TEXT), turn(1, &queued)]);
    rig.lines(&[&lifecycle(1, "started"), PLAIN_INIT, &result(1)]);
}

#[test]
fn held_lines_of_a_dropped_turn_are_counted() {
    let mut rig = silent();
    rig.lines(&[NOTIFICATION, PLAIN_INIT, TEXT]);
    let before = rig.machine().counters().drained;
    assert_eq!(rig.abandon(2), [interrupt(2)]);
    rig.line(RESULT);
    assert_eq!(rig.machine().counters().drained - before, 3);
}

#[test]
fn held_lines_are_drained_after_a_time_limit_and_delivered_after_an_exit() {
    let mut rig = Rig::ready();
    rig.prompt_within(1, Some(5), None);
    rig.lines(&[NOTIFICATION, PLAIN_INIT, TEXT]);
    assert_eq!(rig.tick_after(5), ["turn 1 failed: Timeout(5s)".into(), interrupt(2)]);
    assert_eq!(rig.tick_after(10), ["terminate"]);
    assert_eq!(rig.machine().counters().drained, 2);

    let mut rig = silent();
    rig.lines(&[NOTIFICATION, PLAIN_INIT, TEXT]);
    let end = [turn(2, PLAIN_INIT), turn(2, TEXT), "turn 2 failed: Closed".into()];
    assert_eq!(rig.closed(), end);
}

#[test]
fn the_size_of_held_lines_is_limited() {
    let mut rig = silent();
    rig.lines(&[NOTIFICATION, PLAIN_INIT]);
    let long = TEXT.replace("hi", &"x".repeat(1 << 20));
    let delivered: usize = (0..20).map(|_| rig.line(&long).len()).sum();
    assert_eq!(delivered, 21, "all of them, and then without delay");
    assert_eq!(rig.line(OWN_RESULT), [event(OWN_RESULT)]);
    rig.lines(&[PLAIN_INIT, PLAIN_RESULT]);
}

#[test]
fn held_lines_do_not_belong_to_a_withdrawn_prompt() {
    let mut rig = Rig::ready();
    rig.line(PLAIN_INIT);
    rig.prompt(1);
    rig.abandon(1);
    rig.line(OWN_RESULT);
    rig.line(UNNAMED[0]);
    let withdrawn = success(2, r#"{"cancelled":true}"#);
    assert_eq!(rig.line(&withdrawn), [stray(1), event(UNNAMED[0])]);
    assert!(rig.machine().is_idle());
}

fn named_text(turn: u64) -> String {
    TEXT.replacen('{', &format!(r#"{{"user_message_uuid":"p-{turn}","#), 1)
}
