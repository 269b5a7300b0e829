//! Options of a single turn: another launch, or a switched setting.

use super::*;

const HAIKU: &str = r#"{"subtype":"set_model","model":"haiku"}"#;
const BACK: &str = r#"{"subtype":"set_model","model":null}"#;

fn launched(turn: u64, profile: u64) -> Command {
    Command::Prompt(QueuedPrompt { profile: Profile(profile), ..prompt(turn) })
}

fn switched(turn: u64) -> Command {
    Command::Prompt(QueuedPrompt {
        switches: vec![Switch { apply: parsed(HAIKU), restore: parsed(BACK) }],
        ..prompt(turn)
    })
}

fn refusal(id: u64) -> String {
    format!(
        r#"{{"type":"control_response","response":{{"subtype":"error","request_id":"cw-{id}","error":"no such model"}}}}"#
    )
}

#[test]
fn another_launch_shuts_down_the_process_and_resumes_the_conversation() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    assert!(rig.command(launched(2, 7)).is_empty());
    rig.line(r#"{"type":"system","subtype":"init","session_id":"s","user_message_uuids":["p-1"]}"#);
    assert_eq!(
        rig.line(&result(1)),
        [turn(1, &result(1)), "turn 1 ended".into(), "close stdin".into()]
    );
    assert_eq!(rig.closed(), ["open 7, resume s"]);
    rig.opened();
    assert_eq!(rig.line(&success(2, "{}")), [written(2)]);
    rig.line(&init(2));
    rig.prompt(3);
    assert_eq!(rig.line(&result(2)).last().unwrap(), "close stdin");
    assert_eq!(rig.closed(), ["open, resume s"]);
}

/// What is launched as one process was may not be what the next one is launched with.
#[test]
fn profiles_that_are_launched_alike_share_a_process() {
    let mut rig = Rig::ready();
    rig.observed.machine_mut().set_profiles(vec![Profile(6), Profile(7)]);
    assert_eq!(rig.command(launched(1, 7)), [written(1)]);
    rig.lines(&[&init(1), &result(1)]);
    assert_eq!(rig.command(launched(2, 8)), ["close stdin"]);
    assert!(rig.closed()[0].starts_with("open 8"));
    rig.opened();
    assert_eq!(rig.line(&success(2, "{}")), [written(2)]);
    rig.lines(&[&init(2), &result(2)]);
    assert_eq!(rig.command(launched(3, 7)), ["close stdin"]);
}

#[test]
fn first_launch_uses_the_profile_of_the_first_prompt() {
    assert_eq!(Rig::idle().command(launched(1, 7)), ["open 7, resume nothing"]);
}

#[test]
fn relaunch_waits_for_a_pending_request() {
    let mut rig = Rig::ready();
    rig.control(5, r#"{"subtype":"get_usage"}"#);
    assert!(rig.command(launched(1, 7)).is_empty());
    assert_eq!(rig.line(&success(2, "{}")), ["reply 5: {}", "close stdin"]);
}

#[test]
fn a_switch_is_applied_before_the_prompt_and_restored_after_the_turn() {
    let mut rig = Rig::ready();
    assert_eq!(rig.command(switched(1)), [request(2, HAIKU)]);
    rig.prompt(2);
    assert_eq!(rig.line(&success(2, "{}")), [written(1)]);
    rig.line(&init(1));
    assert_eq!(
        rig.line(&result(1)),
        [turn(1, &result(1)), "turn 1 ended".into(), request(3, BACK)]
    );
    assert_eq!(rig.line(&success(3, "{}")), [written(2)]);
}

#[test]
fn a_refused_switch_fails_the_turn_and_other_switches_are_restored() {
    let mut rig = Rig::ready();
    rig.command(switched(1));
    let outputs = rig.line(&refusal(2));
    assert!(
        outputs[0].starts_with("turn 1 failed: Refused") && outputs[0].contains("no such model"),
        "{outputs:?}"
    );
    assert_eq!(outputs[1..], [request(3, BACK)]);
}

#[test]
fn an_unanswered_switch_times_out() {
    let mut rig = Rig::ready();
    rig.command(switched(1));
    let limit = rig.due().unwrap();
    assert_eq!(rig.tick_after(limit)[0], "turn 1 failed: Timeout(60s)");
}

#[test]
fn a_turn_dropped_while_its_switch_is_applied_is_never_written() {
    let mut rig = Rig::ready();
    rig.command(switched(1));
    assert!(rig.abandon(1).is_empty());
    assert_eq!(rig.line(&success(2, "{}")), [request(3, BACK)]);
}

#[test]
fn a_prompt_survives_the_end_of_the_process_while_its_switch_is_applied() {
    let mut rig = Rig::ready();
    rig.command(switched(1));
    assert_eq!(rig.closed(), ["open"]);
    rig.opened();
    assert_eq!(rig.line(&success(3, "{}")), [request(4, HAIKU)]);
    assert_eq!(rig.line(&success(4, "{}")), [written(1)]);
}

#[test]
fn a_switched_turn_can_be_stopped() {
    let mut rig = Rig::ready();
    rig.command(switched(1));
    assert_eq!(rig.stop(), ["turn 1 failed: Stopped", "close stdin"]);
}

#[test]
fn prompts_behind_a_prompt_that_waits_for_its_switch_are_queued() {
    let mut rig = Rig::ready_with(Config { max_queue: 1, ..Config::default() });
    rig.command(switched(1));
    assert!(rig.prompt(2).is_empty());
    assert_eq!(rig.prompt(3), ["turn 3 failed: QueueFull(1)"]);
}

#[test]
fn a_switch_applied_while_the_process_is_ended_writes_nothing_and_the_prompt_survives() {
    let mut rig = Rig::ready();
    rig.command(switched(1));
    rig.command(Command::Forget);
    assert!(rig.line(&success(2, "{}")).is_empty());
    assert_eq!(rig.closed(), ["open"]);
    rig.opened();
    assert_eq!(rig.line(&success(3, "{}")), [request(4, HAIKU)]);
    assert_eq!(rig.line(&success(4, "{}")), [written(1)]);
}
