//! Turns run one after the other.

use super::*;

#[test]
fn three_prompts_run_one_after_the_other() {
    let mut rig = Rig::ready();
    assert_eq!(rig.prompt(1), [written(1)]);
    assert!(rig.prompt(2).is_empty());
    assert!(rig.prompt(3).is_empty());
    assert_eq!(rig.machine().queue_len(), 2);
    for n in 1..=3 {
        assert_eq!(rig.line(&init(n)), [turn(n, &init(n))]);
        assert_eq!(rig.line(TEXT), [turn(n, TEXT)]);
        let mut expected = vec![turn(n, &result(n)), format!("turn {n} ended")];
        expected.extend((n < 3).then(|| written(n + 1)));
        assert_eq!(rig.line(&result(n)), expected);
    }
    assert!(rig.machine().is_idle());
}

#[test]
fn a_queued_prompt_that_is_dropped_is_never_written() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.prompt(2);
    rig.prompt(3);
    assert!(rig.abandon(2).is_empty());
    assert_eq!(rig.line(&result(1)), [turn(1, &result(1)), "turn 1 ended".into(), written(3)]);
}

#[test]
fn a_full_queue_rejects_at_once() {
    let mut rig = Rig::ready_with(Config { max_queue: 1, ..Config::default() });
    rig.prompt(1);
    rig.prompt(2);
    assert_eq!(rig.prompt(3), ["turn 3 failed: QueueFull(1)"]);
    assert_eq!(rig.line(&result(1))[2], written(2));
    assert!(rig.prompt(4).is_empty());
}

#[test]
fn content_is_sent_verbatim_on_one_line() {
    let mut rig = Rig::ready();
    let content = json("[{\"type\":\"text\",\n \"text\":\"a\\nb\\u00e9 \u{2028}\"}]");
    let wrote = rig.command(Command::Prompt(QueuedPrompt {
        content,
        uuid: "quote\"d".into(),
        ..prompt(1)
    }));
    assert_eq!(
        wrote,
        [
            "> {\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":[{\"type\":\"text\",  \"text\":\"a\\nb\\u00e9 \u{2028}\"}]},\"parent_tool_use_id\":null,\"session_id\":\"\",\"uuid\":\"quote\\\"d\"}"
        ]
    );
}

#[test]
fn a_verbatim_prompt_is_marked() {
    let mut rig = Rig::ready();
    assert_eq!(
        rig.command(Command::Prompt(QueuedPrompt { verbatim: true, ..prompt(1) })),
        [written(1).replace(r#""p-1"}"#, r#""p-1","client_composed":true}"#)]
    );
}

#[test]
fn dropping_a_turn_that_has_ended_does_nothing() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.line(&result(1));
    assert!(rig.abandon(1).is_empty());
    assert!(rig.machine().is_idle());
}

#[test]
fn a_queue_limit_of_zero_still_lets_one_turn_run() {
    let config = Config { max_queue: 0, ..Config::default() };
    let mut rig = Rig::with(config);
    assert_eq!(
        rig.prompt(1),
        ["open"],
        "a prompt that waits for the handshake does not count as queued"
    );
    assert_eq!(rig.prompt(2), ["turn 2 failed: QueueFull(0)"]);
    rig.opened();
    assert_eq!(rig.line(INITIALIZED), [written(1)]);
    assert_eq!(rig.prompt(3), ["turn 3 failed: QueueFull(0)"]);
}
