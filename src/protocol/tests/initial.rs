//! Turns that the CLI starts by itself before it has read the first prompt: the `initialPrompt` of
//! an agent.

use super::*;

/// As CLI 2.1.332 opens a turn by itself. Seen: no line of such a turn has an `origin`.
const OWN_INIT: &str = r#"{"type":"system","subtype":"init","capabilities":["interrupt_receipt_v1","msg_lifecycle_v1"],"uuid":"u"}"#;
const STATUS: &str = r#"{"type":"system","subtype":"status","status":"requesting"}"#;
const RESULT: &str =
    r#"{"type":"result","subtype":"success","num_turns":1,"result":"from the CLI"}"#;
const NONE: [&str; 0] = [];

/// The lines with which a CLI of today shows that it has prompt 1 and has not begun it.
fn first_names() -> [Vec<String>; 4] {
    let (queued, started) = (lifecycle(1, "queued"), lifecycle(1, "started"));
    [vec![queued.clone()], vec![queued, started.clone()], vec![started], vec![init(1)]]
}

/// Runs turn 1 to its end, as far as it has not come.
fn ends(rig: &mut Rig) {
    assert_eq!(rig.line(&init(1)), [turn(1, &init(1))]);
    assert_eq!(rig.line(TEXT), [turn(1, TEXT)]);
    assert_eq!(rig.line(&result(1)), [turn(1, &result(1)), "turn 1 ended".into()]);
}

#[test]
fn own_turn_before_the_first_named_line_belongs_to_no_turn() {
    for own_turns in 1..4 {
        for names in first_names() {
            let mut rig = Rig::ready();
            rig.prompt(1);
            let own = [OWN_INIT, STATUS, TEXT, RESULT].repeat(own_turns);
            let mut seen = rig.lines(&own);
            for line in &names {
                seen.extend(rig.line(line));
            }
            let mut expected: Vec<_> = own.into_iter().map(event).collect();
            expected.extend(names.iter().map(|line| turn(1, line)));
            assert_eq!(seen, expected, "{own_turns} {names:?}");
            ends(&mut rig);
        }
    }
}

#[test]
fn prompt_may_be_named_at_any_place_within_the_own_turn() {
    let own = [OWN_INIT, STATUS, TEXT, RESULT];
    for place in 0..=own.len() {
        let mut rig = Rig::ready();
        rig.prompt(1);
        let queued = lifecycle(1, "queued");
        let (before, after) = own.split_at(place);
        let mut seen = rig.lines(before);
        seen.extend(rig.line(&queued));
        seen.extend(rig.lines(after));
        let mut expected: Vec<_> = own.into_iter().map(event).collect();
        expected.insert(place, turn(1, &queued));
        assert_eq!(seen, expected, "{place}");
        ends(&mut rig);
    }
}

#[test]
fn own_turns_on_both_sides_of_the_first_named_line_belong_to_no_turn() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.prompt(2);
    let own = [OWN_INIT, TEXT, RESULT];
    assert_eq!(rig.lines(&own), NONE);
    let seen = rig.line(&lifecycle(1, "queued"));
    assert_eq!(seen.len(), 4);
    assert_eq!(rig.lines(&own), own.map(event));
    rig.lines(&[&lifecycle(1, "started"), &init(1), TEXT]);
    let end = rig.line(&result(1));
    assert_eq!(end, [turn(1, &result(1)), "turn 1 ended".into(), written(2)]);
    run(&mut rig, 2);
}

/// CLI 2.1.206 to 2.1.243 does not say that it writes these lines.
#[test]
fn queued_shows_that_the_open_turn_is_not_the_prompts() {
    for said in [&[][..], &[TEXT], &[STATUS, TEXT]] {
        let mut rig = Rig::ready();
        rig.prompt(1);
        rig.line(PLAIN_INIT);
        rig.lines(said);
        let queued = lifecycle(1, "queued");
        let seen = rig.line(&queued);
        let warning = "warning: the CLI has not begun prompt p-1: what came of this turn until now is of a turn that it started itself";
        assert_eq!(seen, [warning.into(), turn(1, &queued)]);
        assert_eq!(rig.lines(&[TEXT, RESULT]), [event(TEXT), event(RESULT)]);
        rig.line(&lifecycle(1, "started"));
        ends(&mut rig);
    }
}

#[test]
fn named_init_is_not_the_end_of_an_own_turn() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.lines(&[OWN_INIT, TEXT]);
    assert_eq!(rig.line(&init(1)), [event(OWN_INIT), event(TEXT), turn(1, &init(1))]);
    assert_eq!(rig.line(&result(1))[1], "turn 1 ended");
}

#[test]
fn limit_for_a_name_is_a_second_and_holds_once() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    assert_eq!(rig.lines(&[OWN_INIT, TEXT]), NONE);
    assert_eq!(rig.due(), Some(1));
    assert_eq!(rig.tick_after(1), [turn(1, OWN_INIT), turn(1, TEXT)]);
    assert_eq!(rig.line(RESULT), [turn(1, RESULT), "turn 1 ended".into()]);
    rig.prompt(2);
    assert_eq!(rig.line(OWN_INIT), [turn(2, OWN_INIT)], "this CLI names nothing");
    assert_eq!(rig.line(RESULT)[1], "turn 2 ended");
}

#[test]
fn limit_for_a_name_counts_again_from_the_result() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    assert_eq!(rig.lines(&[OWN_INIT, TEXT, RESULT]), NONE);
    assert_eq!(rig.due(), Some(1));
    let all = [turn(1, OWN_INIT), turn(1, TEXT), turn(1, RESULT), "turn 1 ended".into()];
    assert_eq!(rig.tick_after(1), all);
}

#[test]
fn name_after_the_limit_still_counts() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.line(OWN_INIT);
    rig.tick_after(1);
    assert_eq!(rig.line(&lifecycle(1, "queued")).len(), 2, "a warning");
    assert_eq!(rig.lines(&[TEXT, RESULT]), [event(TEXT), event(RESULT)]);
    ends(&mut rig);
}

#[test]
fn held_lines_are_the_turns_if_the_cli_exits() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.lines(&[OWN_INIT, TEXT, RESULT]);
    let all = [turn(1, OWN_INIT), turn(1, TEXT), turn(1, RESULT), "turn 1 ended".into()];
    assert_eq!(rig.closed(), all);
}

#[test]
fn interrupt_during_an_own_turn_is_repeated_for_the_prompt() {
    for opens in [OWN_INIT, PLAIN_INIT] {
        let mut rig = Rig::ready();
        rig.prompt(1);
        rig.line(opens);
        rig.control(7, r#"{"subtype":"interrupt"}"#);
        rig.line(&success(2, r#"{"still_queued":["p-1"]}"#));
        rig.line(&lifecycle(1, "queued"));
        assert_eq!(rig.line(RESULT), [event(RESULT)]);
        let started = lifecycle(1, "started");
        assert_eq!(rig.line(&started), [turn(1, &started), interrupt(3)], "{opens}");
        rig.lines(&[&init(1), &result(1)]);
    }
}

#[test]
fn prompt_dropped_during_an_own_turn_is_ended_when_it_begins() {
    for opens in [OWN_INIT, PLAIN_INIT] {
        let mut rig = Rig::ready();
        rig.prompt(1);
        rig.line(opens);
        assert_eq!(rig.abandon(1), [interrupt(2)]);
        rig.lines(&[&lifecycle(1, "queued"), RESULT]);
        assert_eq!(rig.line(&lifecycle(1, "started")), [interrupt(3)], "{opens}");
        rig.prompt(2);
        assert_eq!(rig.lines(&[&init(1), &result(1)]).pop(), Some(written(2)));
        run(&mut rig, 2);
    }
}
