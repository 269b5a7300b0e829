//! The dialects in which CLIs name the prompts that they answer, oldest first. The lines are those
//! of each version, shortened to what the tests need.

use super::*;

const SAID: &str = r#"{"type":"assistant","message":{"content":[{"type":"text","text":"two"}]},"parent_tool_use_id":null}"#;
const RESULT: &str =
    r#"{"type":"result","subtype":"success","is_error":false,"num_turns":1,"result":"two"}"#;
const LOCAL: &str = r#"{"type":"result","subtype":"success","is_error":false,"num_turns":0,"result":"Total cost: $0"}"#;

/// 2.1.150 and 2.1.200: no line names a prompt, and every turn is opened by `init`.
#[test]
fn a_cli_that_names_no_prompts_ends_each_turn_with_its_result() {
    let mut rig = Rig::ready();
    for turn in 1..4 {
        rig.prompt(turn);
        let result = if turn == 2 { RESULT } else { LOCAL };
        assert_eq!(
            rig.lines(&[PLAIN_INIT, SAID, result]),
            [
                super::turn(turn, PLAIN_INIT),
                super::turn(turn, SAID),
                super::turn(turn, result),
                format!("turn {turn} ended"),
            ]
        );
        assert_eq!(rig.due(), None);
    }
}

/// Not seen of any CLI: a field that could name prompts, and names none.
#[test]
fn an_empty_name_is_no_name() {
    let mut rig = Rig::ready();
    let mut number = 0;
    for field in ["user_message_uuids", "user_message_uuid"] {
        for value in ["[]", "[5]", r#"[""]"#, r#""""#, "5", "{}", "null"] {
            for place in 0..4 {
                number += 1;
                rig.prompt(number);
                let delta =
                    r#"{"type":"stream_event","event":{"type":"ping"},"parent_tool_use_id":null}"#;
                let mut lines = [PLAIN_INIT, delta, SAID, RESULT].map(str::to_owned);
                lines[place] = lines[place].replacen('{', &format!(r#"{{"{field}":{value},"#), 1);
                let mut expected: Vec<_> =
                    lines.iter().map(|line| super::turn(number, line)).collect();
                expected.push(format!("turn {number} ended"));
                let lines = lines.each_ref().map(String::as_str);
                assert_eq!(rig.lines(&lines), expected, "{field}: {value} in line {place}");
            }
        }
    }
}

/// 2.1.206 to 2.1.243: only `command_lifecycle` names prompts, before the turn is opened and after
/// its result.
#[test]
fn a_cli_that_names_prompts_only_in_lifecycles_ends_each_turn_with_its_result() {
    for (over, result) in [("completed", LOCAL), ("cancelled", RESULT), ("completed", RESULT)] {
        let mut rig = Rig::ready();
        for turn in 1..4 {
            rig.prompt(turn);
            rig.lines(&[&lifecycle(turn, "queued"), &lifecycle(turn, "started")]);
            rig.lines(&[PLAIN_INIT, SAID]);
            let ended = [super::turn(turn, result), format!("turn {turn} ended")];
            assert_eq!(rig.line(result), ended);
            assert_eq!(rig.line(&lifecycle(turn, over)), [event(&lifecycle(turn, over))]);
        }
    }
}

/// If such a CLI folds a prompt into a turn that it started itself, the prompt ends with that turn.
#[test]
fn lifecycle_shows_that_a_prompt_was_folded_into_an_unnamed_turn() {
    let mut rig = Rig::ready();
    rig.line(PLAIN_INIT);
    rig.prompt(1);
    rig.line(&lifecycle(1, "queued"));
    assert_eq!(rig.line(SAID), [event(SAID)]);
    rig.lines(&[&lifecycle(1, "started"), SAID]);
    assert_eq!(rig.line(FOREIGN_RESULT), [turn(1, FOREIGN_RESULT), "turn 1 ended".into()]);
}

/// 2.1.247: the model's messages and results also name it, but not the line that opens a turn, nor
/// the result of a local command.
#[test]
fn the_result_of_a_local_command_need_not_name_it() {
    let mut rig = Rig::ready();
    for turn in 1..4 {
        rig.prompt(turn);
        rig.lines(&[&lifecycle(turn, "queued"), &lifecycle(turn, "started"), PLAIN_INIT]);
        if turn == 2 {
            rig.line(SAID);
            assert_eq!(rig.line(LOCAL), [""; 0], "another result may follow");
            assert_eq!(
                rig.line(&lifecycle(turn, "completed")),
                [
                    super::turn(turn, LOCAL),
                    "turn 2 ended".into(),
                    event(&lifecycle(turn, "completed"))
                ]
            );
        } else {
            let said = named(SAID, turn);
            assert_eq!(rig.line(&said), [super::turn(turn, &said)]);
            assert_eq!(rig.line(&result(turn))[1], format!("turn {turn} ended"));
        }
    }
}

#[test]
fn local_command_result_without_lifecycle_ends_its_turn_after_a_second() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.lines(&[&lifecycle(1, "started"), PLAIN_INIT, &named(SAID, 1), &result(1)]);
    rig.prompt(2);
    rig.lines(&[&lifecycle(2, "started"), PLAIN_INIT, SAID, LOCAL]);
    assert_eq!(rig.due(), Some(1));
    assert_eq!(rig.tick_after(1), [turn(2, LOCAL), "turn 2 ended".into()]);
}

/// If the first model message of a turn names the prompt, the CLI has begun with it.
#[test]
fn a_message_that_names_a_prompt_begins_its_turn() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.lines(&[PLAIN_INIT, &named(SAID, 1), &result(1)]);
    rig.prompt(2);
    assert_eq!(
        rig.line(PLAIN_INIT),
        [event(PLAIN_INIT)],
        "the CLI may have started this turn itself"
    );
    assert_eq!(rig.lines(&[&named(SAID, 2), SAID]), [turn(2, &named(SAID, 2)), turn(2, SAID)]);
    assert_eq!(rig.line(&result(2))[1], "turn 2 ended");
}

fn named(line: &str, turn: u64) -> String {
    line.replacen('{', &format!(r#"{{"user_message_uuid":"p-{turn}","#), 1)
}
