//! Messages for a running turn, as CLI 2.1.332 takes them.

use super::*;

impl Rig {
    /// Message `message` for turn `turn`, with the uuid `p-<message>` and the content
    /// `"<message>"`.
    fn steer(&mut self, message: u64, turn: u64) -> Vec<String> {
        self.command(Command::Steer(Steer {
            id: SteerId(message),
            turn: TurnId(turn),
            uuid: format!("p-{message}"),
            content: json(&format!("\"{message}\"")),
            fields: PromptFields::default(),
        }))
    }

    /// Turn 1 has begun, and message 2 was written into it.
    fn steered() -> Self {
        let mut rig = Self::ready();
        rig.prompt(1);
        rig.lines(&[&lifecycle(1, "queued"), &lifecycle(1, "started"), &init(1)]);
        assert_eq!(rig.steer(2, 1), [written(2), "message 2 Written".into()]);
        rig
    }
}

/// A line that names several prompts.
fn naming(line: &str, turns: &[u64]) -> String {
    let names: Vec<_> = turns.iter().map(|turn| format!(r#""p-{turn}""#)).collect();
    line.replacen('{', &format!(r#"{{"user_message_uuids":[{}],"#, names.join(",")), 1)
}

#[test]
fn a_message_is_added_to_the_running_turn() {
    let mut rig = Rig::steered();
    for line in [lifecycle(2, "queued"), TEXT.into()] {
        assert_eq!(rig.line(&line), [turn(1, &line)]);
    }
    let started = lifecycle(2, "started");
    assert_eq!(rig.line(&started), [turn(1, &started), "message 2 Added".into()]);
    assert_eq!(rig.line(TEXT), [turn(1, TEXT)]);
    let completed = lifecycle(2, "completed");
    assert_eq!(rig.line(&completed), [turn(1, &completed)]);
    let result = naming(PLAIN_RESULT, &[1, 2]);
    assert_eq!(rig.line(&result), [turn(1, &result), "turn 1 ended".into()]);
    let late = lifecycle(1, "completed");
    assert_eq!(rig.line(&late), [event(&late)]);
    assert!(rig.machine().is_idle());
}

#[test]
fn a_message_after_the_last_tool_call_has_its_own_result_in_the_same_turn() {
    let mut rig = Rig::steered();
    rig.prompt(3);
    rig.line(&lifecycle(2, "queued"));
    assert_eq!(rig.line(&result(1)), [turn(1, &result(1))], "the turn goes on");
    let late = lifecycle(1, "completed");
    assert_eq!(rig.line(&late), [turn(1, &late)]);
    let started = lifecycle(2, "started");
    assert_eq!(rig.line(&started), [turn(1, &started), "message 2 Follows".into()]);
    assert_eq!(rig.line(&init(2)), [turn(1, &init(2))]);
    assert_eq!(rig.line(TEXT), [turn(1, TEXT)]);
    assert_eq!(rig.line(&result(2)), [turn(1, &result(2)), "turn 1 ended".into(), written(3)]);
}

#[test]
fn a_message_that_aborts_the_turn_goes_on_in_it() {
    let mut rig = Rig::steered();
    rig.line(&lifecycle(2, "queued"));
    rig.line(&result(1));
    let cancelled = lifecycle(1, "cancelled");
    assert_eq!(rig.line(&cancelled), [turn(1, &cancelled)], "not the end of the turn");
    rig.lines(&[&lifecycle(2, "started"), &init(2)]);
    assert_eq!(rig.line(&result(2)), [turn(1, &result(2)), "turn 1 ended".into()]);
}

#[test]
fn several_messages_are_answered_by_one_result_or_by_several() {
    let mut rig = Rig::steered();
    for message in 3..=5 {
        assert_eq!(rig.steer(message, 1).len(), 2);
    }
    rig.line(&result(1));
    // Two are merged, and one has a turn after that.
    assert_eq!(rig.line(&lifecycle(3, "started"))[1], "message 3 Follows");
    assert_eq!(rig.line(&lifecycle(4, "started"))[1], "message 4 Added");
    rig.line(&naming(PLAIN_INIT, &[3, 4]));
    let both = naming(PLAIN_RESULT, &[3, 4]);
    assert_eq!(rig.line(&both), [turn(1, &both)]);
    rig.lines(&[&lifecycle(3, "completed"), &lifecycle(4, "completed")]);
    assert_eq!(rig.line(&lifecycle(2, "started"))[1], "message 2 Follows");
    assert_eq!(rig.line(&lifecycle(5, "started"))[1], "message 5 Added");
    let last = naming(PLAIN_RESULT, &[2, 5]);
    assert_eq!(rig.line(&last), [turn(1, &last), "turn 1 ended".into()]);
}

#[test]
fn a_turn_that_the_cli_starts_between_two_results_stays_apart() {
    let mut rig = Rig::steered();
    rig.line(&result(1));
    assert_eq!(rig.line(PLAIN_INIT), [event(PLAIN_INIT)]);
    assert_eq!(rig.line(TEXT), [event(TEXT)]);
    assert_eq!(rig.line(FOREIGN_RESULT), [event(FOREIGN_RESULT)]);
    rig.line(&lifecycle(2, "started"));
    assert_eq!(rig.line(TEXT), [turn(1, TEXT)]);
    assert_eq!(rig.line(&result(2))[1], "turn 1 ended");
}

#[test]
fn a_message_that_is_cancelled_is_lost_and_the_turn_ends_without_it() {
    for before_the_result in [false, true] {
        let mut rig = Rig::steered();
        let cancelled = lifecycle(2, "cancelled");
        let lost = [turn(1, &cancelled), "message 2 lost: Withdrawn".into()];
        let ended = "turn 1 ended".to_owned();
        if before_the_result {
            assert_eq!(rig.line(&cancelled), lost);
            assert_eq!(rig.line(&result(1)), [turn(1, &result(1)), ended]);
        } else {
            rig.line(&result(1));
            assert_eq!(rig.line(&cancelled), [&lost[..], &[ended]].concat());
        }
    }
}

#[test]
fn a_message_for_a_turn_that_waits_is_written_after_its_prompt() {
    let mut rig = Rig::idle();
    rig.prompt(1);
    rig.prompt(2);
    assert!(rig.steer(3, 2).is_empty());
    assert!(rig.steer(4, 1).is_empty());
    rig.opened();
    let wrote = rig.line(INITIALIZED);
    assert_eq!(wrote, [written(1), written(4), "message 4 Written".into()]);
    rig.line(&init(1));
    let end = naming(PLAIN_RESULT, &[1, 4]);
    assert_eq!(
        rig.line(&end),
        [
            turn(1, &end),
            "message 4 Added".into(),
            "turn 1 ended".into(),
            written(2),
            written(3),
            "message 3 Written".into()
        ]
    );
}

#[test]
fn a_message_for_no_turn_is_refused() {
    let mut rig = Rig::ready();
    assert_eq!(rig.steer(9, 1), ["message 9 lost: TurnOver"], "not sent yet");
    rig.prompt(1);
    rig.prompt(2);
    rig.steer(3, 2);
    assert_eq!(rig.abandon(2), ["message 3 lost: TurnOver"], "its turn will not run");
    run(&mut rig, 1);
    assert_eq!(rig.steer(4, 1), ["message 4 lost: TurnOver"], "over");
    rig.prompt(5);
    rig.line(&init(5));
    rig.abandon(5);
    assert_eq!(rig.steer(6, 5), ["message 6 lost: TurnOver"], "being drained");
    rig.line(&result(5));
    rig.stop();
    assert_eq!(rig.steer(7, 5), ["message 7 lost: Stopped"]);
}

#[test]
fn a_turn_that_is_dropped_takes_its_messages_along() {
    let mut rig = Rig::steered();
    rig.line(&lifecycle(2, "queued"));
    rig.prompt(3);
    assert_eq!(
        rig.abandon(1),
        [request(2, r#"{"subtype":"interrupt","cancel_queued":true}"#)],
        "the message would run after the interrupted turn"
    );
    assert_eq!(rig.line(&lifecycle(2, "cancelled")), ["message 2 lost: Withdrawn"]);
    assert_eq!(rig.line(&result(1)), [written(3)]);
}

#[test]
fn a_message_that_runs_although_it_was_cancelled_is_interrupted_too() {
    let mut rig = Rig::steered();
    rig.prompt(3);
    rig.abandon(1);
    // A CLI that does not know `cancel_queued`.
    assert!(rig.line(&result(1)).is_empty());
    assert_eq!(rig.line(&lifecycle(2, "started")), ["message 2 Follows".into(), interrupt(3)]);
    assert_eq!(rig.line(&init(2)), [interrupt(4)]);
    assert_eq!(rig.line(&result(2)), [written(3)]);
}

#[test]
fn messages_behind_a_turn_of_the_cli_are_withdrawn_with_the_prompt() {
    let mut rig = Rig::ready();
    run_named(&mut rig);
    rig.line(PLAIN_INIT);
    rig.prompt(1);
    rig.steer(2, 1);
    let withdraw = |id: u64, uuid: &str| {
        request(id, &format!(r#"{{"subtype":"cancel_async_message","message_uuid":"{uuid}"}}"#))
    };
    assert_eq!(rig.abandon(1), [withdraw(2, "p-1"), withdraw(3, "p-2")]);
    assert!(rig.line(&success(2, r#"{"cancelled":true}"#)).is_empty());
    assert_eq!(rig.line(&success(3, r#"{"cancelled":true}"#)), ["message 2 lost: Withdrawn"]);
    assert!(rig.machine().is_idle());
    rig.line(FOREIGN_RESULT);
}

/// A whole turn of a CLI that names prompts.
fn run_named(rig: &mut Rig) {
    rig.prompt(9);
    run(rig, 9);
}

#[test]
fn a_message_is_lost_with_its_process() {
    let mut rig = Rig::steered();
    assert_eq!(
        rig.closed(),
        ["message 2 lost: Closed", "turn 1 failed: Closed"],
        "it was not taken"
    );
    let mut rig = Rig::steered();
    rig.line(&result(1));
    assert_eq!(rig.closed(), ["message 2 lost: Closed", "turn 1 failed: Closed"]);
}

#[test]
fn messages_are_repeated_with_a_prompt_that_was_not_read() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.steer(2, 1);
    let opened = rig.closed_without(&written(1));
    assert_eq!(opened.last().map(String::as_str), Some("open"));
    rig.opened();
    let wrote = rig.line(&INITIALIZED.replace("cw-1", "cw-2"));
    assert_eq!(wrote, [written(1), written(2), "message 2 Written".into()]);
    rig.line(&init(1));
    rig.line(&naming(PLAIN_RESULT, &[1, 2]));
}

#[test]
fn a_time_limit_counts_for_the_turn_with_its_messages() {
    let mut rig = Rig::ready();
    rig.prompt_within(1, Some(10), None);
    rig.line(&init(1));
    rig.steer(2, 1);
    rig.line(&result(1));
    assert_eq!(rig.due(), Some(10));
    assert_eq!(
        rig.tick_after(10),
        [
            "turn 1 failed: Timeout(10s)".into(),
            request(2, r#"{"subtype":"interrupt","cancel_queued":true}"#)
        ]
    );
    assert_eq!(rig.line(&lifecycle(2, "cancelled")), ["message 2 lost: Withdrawn"]);
    rig.line(&success(2, r#"{"still_queued":[],"cancelled":["p-2"]}"#));
    assert!(rig.machine().is_idle());
}

#[test]
fn an_interrupt_of_the_caller_ends_the_first_result_only() {
    let mut rig = Rig::steered();
    rig.control(7, r#"{"subtype":"interrupt"}"#);
    rig.line(&success(2, r#"{"still_queued":["p-2"]}"#));
    rig.line(&result(1));
    rig.lines(&[&lifecycle(2, "started"), &init(2)]);
    assert_eq!(rig.line(&result(2)), [turn(1, &result(2)), "turn 1 ended".into()]);
}

#[test]
fn the_messages_of_a_verbatim_turn_are_verbatim() {
    let mut rig = Rig::ready();
    rig.command(Command::Prompt(QueuedPrompt { verbatim: true, ..prompt(1) }));
    let wrote = rig.steer(2, 1);
    assert_eq!(wrote[0], written(2).replace(r#""p-2"}"#, r#""p-2","client_composed":true}"#));
    rig.line(&naming(PLAIN_RESULT, &[1, 2]));
}

/// As the result of a local command of CLI 2.1.247, or one that is not the turn's.
#[test]
fn a_result_without_a_name_is_of_the_message_that_the_cli_is_done_with() {
    let kept = || {
        let mut rig = Rig::steered();
        rig.lines(&[&result(1), &lifecycle(2, "started"), &init(2)]);
        assert!(rig.line(PLAIN_RESULT).iter().all(|out| out.starts_with("warning")));
        rig
    };
    let mut rig = kept();
    let done = lifecycle(2, "completed");
    assert_eq!(rig.line(&done), [turn(1, PLAIN_RESULT), "turn 1 ended".into(), event(&done)]);
    let mut rig = kept();
    let late = lifecycle(1, "completed");
    assert_eq!(rig.line(&late), [turn(1, &late)], "the prompt was answered before");
    assert_eq!(rig.line(TEXT), [event(PLAIN_RESULT), turn(1, TEXT)]);
    assert_eq!(rig.line(&result(2)), [turn(1, &result(2)), "turn 1 ended".into()]);
}

/// CLI 2.1.200 and older.
#[test]
fn a_turn_for_messages_after_the_report_of_a_task_ends_with_its_result() {
    let report = r#"{"type":"system","subtype":"task_notification","output_file":"f"}"#;
    let held = || {
        let mut rig = Rig::ready();
        rig.prompt(1);
        rig.lines(&[PLAIN_INIT, report]);
        rig.steer(2, 1);
        rig.line(PLAIN_RESULT);
        assert!(rig.line(PLAIN_INIT).is_empty(), "it may be for the task");
        assert_eq!(rig.due(), None, "until its result");
        rig
    };
    let mut rig = held();
    assert_eq!(
        rig.line(PLAIN_RESULT),
        [
            turn(1, PLAIN_INIT),
            "message 2 Follows".into(),
            turn(1, PLAIN_RESULT),
            "turn 1 ended".into()
        ]
    );
    let mut rig = held();
    assert_eq!(rig.line(FOREIGN_RESULT), [event(PLAIN_INIT), event(FOREIGN_RESULT)]);
    assert_eq!(rig.tick_after(1), ["message 2 Added", "turn 1 ended"]);
}

/// CLI 2.1.200 and older.
#[test]
fn a_cli_that_names_nothing_has_added_a_message_if_it_opens_no_turn() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.line(PLAIN_INIT);
    rig.steer(2, 1);
    rig.line(TEXT);
    assert_eq!(rig.line(PLAIN_RESULT), [turn(1, PLAIN_RESULT)]);
    assert_eq!(rig.due(), Some(1));
    assert_eq!(rig.tick_after(1), ["message 2 Added", "turn 1 ended"]);
}

#[test]
fn a_cli_that_names_nothing_opens_a_turn_for_its_messages() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.line(PLAIN_INIT);
    rig.steer(2, 1);
    rig.steer(3, 1);
    rig.lines(&[TEXT, PLAIN_RESULT]);
    assert_eq!(
        rig.line(PLAIN_INIT),
        [turn(1, PLAIN_INIT), "message 2 Follows".into(), "message 3 Follows".into()]
    );
    rig.line(TEXT);
    assert_eq!(rig.line(PLAIN_RESULT), [turn(1, PLAIN_RESULT), "turn 1 ended".into()]);
}

fn no_query(turn: u64) -> QueuedPrompt {
    let mut prompt = prompt(turn);
    prompt.fields.should_query = Some(false);
    prompt
}

/// As CLI 2.1.332 writes it, a result without a model request; or nothing but that it is done.
#[test]
fn a_prompt_that_asks_for_no_answer_ends_with_its_result_or_when_the_cli_is_done() {
    let mut rig = Rig::ready();
    let wrote = rig.command(Command::Prompt(no_query(1)));
    assert_eq!(wrote, [written(1).replace(r#""p-1"}"#, r#""p-1","shouldQuery":false}"#)]);
    rig.lines(&[&lifecycle(1, "queued"), &lifecycle(1, "started"), &init(1)]);
    assert_eq!(rig.line(&result(1))[1], "turn 1 ended");

    rig.command(Command::Prompt(no_query(2)));
    rig.lines(&[&lifecycle(2, "queued"), &lifecycle(2, "started")]);
    let completed = lifecycle(2, "completed");
    assert_eq!(rig.line(&completed), [turn(2, &completed), "turn 2 ended".into()]);

    rig.command(Command::Prompt(no_query(3)));
    let cancelled = lifecycle(3, "cancelled");
    assert_eq!(rig.line(&cancelled)[1], "turn 3 failed: Withdrawn");
}

#[test]
fn a_completed_prompt_still_waits_for_its_result_if_it_asks() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.lines(&[&lifecycle(1, "started"), &init(1)]);
    let completed = lifecycle(1, "completed");
    assert_eq!(rig.line(&completed), [turn(1, &completed)]);
    assert_eq!(rig.line(&result(1))[1], "turn 1 ended");
}

/// The CLI opens a turn for a message that asks for no answer: it ends when the CLI is done, with a
/// result or without one.
#[test]
fn a_message_that_asks_for_no_answer_ends_when_the_cli_is_done_with_it() {
    let no_query = |message: u64| Steer {
        id: SteerId(message),
        turn: TurnId(1),
        uuid: format!("p-{message}"),
        content: json("\"note\""),
        fields: PromptFields { should_query: Some(false), ..PromptFields::default() },
    };
    for (opens, has_result) in [(false, false), (true, false), (true, true)] {
        let mut rig = Rig::ready();
        rig.prompt(1);
        rig.lines(&[&lifecycle(1, "started"), &init(1)]);
        rig.command(Command::Steer(no_query(2)));
        assert_eq!(rig.line(&result(1)), [turn(1, &result(1))], "a message is left");
        let follows = rig.line(&lifecycle(2, "started"));
        assert_eq!(follows[1], "message 2 Follows", "{follows:?}");
        if opens {
            rig.line(&init(2));
        }
        let last = if has_result { result(2) } else { lifecycle(2, "completed") };
        assert_eq!(rig.line(&last), [turn(1, &last), "turn 1 ended".into()], "{opens}");
    }
}

#[test]
fn a_message_of_a_waiting_turn_is_lost_for_the_reason_of_the_turn() {
    let lost = |out: &[String]| -> Vec<String> {
        out.iter().filter(|line| line.starts_with("message")).cloned().collect()
    };
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.prompt(2);
    rig.prompt(3);
    rig.steer(4, 2);
    rig.steer(5, 3);
    assert_eq!(lost(&rig.stop()), ["message 4 lost: Stopped", "message 5 lost: Stopped"]);

    let mut rig = Rig::idle();
    rig.prompt(1);
    rig.prompt(2);
    rig.steer(3, 1);
    rig.steer(4, 2);
    assert_eq!(lost(&rig.closed()), ["message 3 lost: Closed"], "the next one has another start");
    assert_eq!(lost(&rig.stop()), ["message 4 lost: Stopped"]);
}
