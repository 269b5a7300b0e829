//! The end of the session, from every state.

use super::*;

fn is_over(rig: &mut Rig) {
    assert!(rig.machine().is_stopped() && rig.machine().is_idle());
    assert_eq!(rig.prompt(90), ["turn 90 failed: Stopped"]);
    assert_eq!(rig.control(91, r#"{"subtype":"interrupt"}"#), ["reply 91 failed: Stopped"]);
    assert_eq!(rig.connect(92), ["reply 92 failed: Stopped"]);
    assert!(rig.stop().is_empty() && rig.closed().is_empty());
}

#[test]
fn at_rest() {
    let mut rig = Rig::idle();
    assert!(rig.stop().is_empty());
    is_over(&mut rig);
}

#[test]
fn while_the_transport_opens() {
    let mut rig = Rig::idle();
    rig.prompt(1);
    assert_eq!(rig.stop(), ["turn 1 failed: Stopped", "close stdin"]);
    assert!(rig.opened().is_empty());
    assert!(rig.closed().is_empty());
    is_over(&mut rig);
}

#[test]
fn during_the_handshake() {
    let mut rig = Rig::idle();
    rig.prompt(1);
    rig.control(2, r#"{"subtype":"get_usage"}"#);
    rig.opened();
    assert_eq!(rig.stop(), ["turn 1 failed: Stopped", "reply 2 failed: Stopped", "close stdin"]);
    assert!(rig.line(INITIALIZED).is_empty());
    assert!(rig.closed().is_empty());
    is_over(&mut rig);
}

#[test]
fn between_turns() {
    let mut rig = Rig::ready();
    assert_eq!(rig.stop(), ["close stdin"]);
    assert!(rig.stop().is_empty());
    assert!(!rig.machine().is_stopped());
    rig.closed();
    is_over(&mut rig);
}

#[test]
fn within_a_turn_which_is_interrupted_first() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.line(&init(1));
    rig.prompt(2);
    assert_eq!(rig.stop(), ["turn 2 failed: Stopped".into(), interrupt(2), "close stdin".into()]);
    assert_eq!(
        rig.lines(&[TEXT, &result(1)]),
        [turn(1, TEXT), turn(1, &result(1)), "turn 1 ended, interrupted".into()]
    );
    rig.closed();
    is_over(&mut rig);
}

#[test]
fn within_a_turn_that_never_gets_its_result() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.line(&init(1));
    rig.stop();
    assert_eq!(rig.closed(), ["turn 1 failed: Stopped"]);
    is_over(&mut rig);
}

#[test]
fn while_a_dropped_turn_drains() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.line(&init(1));
    rig.abandon(1);
    assert_eq!(rig.stop(), ["close stdin"]);
    assert_eq!(rig.tick_after(30), ["terminate"]);
    rig.closed();
    is_over(&mut rig);
}

#[test]
fn while_a_process_is_being_ended() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.abandon(1);
    rig.tick_after(30);
    rig.prompt(2);
    assert_eq!(rig.stop()[0], "turn 2 failed: Stopped");
    assert!(rig.closed().is_empty(), "no further connection is opened");
    is_over(&mut rig);
}

#[test]
fn nothing_is_written_after_a_stop() {
    let mut rig = Rig::ready();
    let asked = |id: u64| {
        format!(
            r#"{{"type":"control_request","request_id":{id},"request":{{"subtype":"hook_callback"}}}}"#
        )
    };
    rig.prompt(1);
    rig.control(5, r#"{"subtype":"get_usage"}"#);
    rig.control_within(6, r#"{"subtype":"get_usage"}"#, Some(1));
    rig.line(&asked(1));
    assert_eq!(rig.stop(), [interrupt(4), "close stdin".into()]);
    assert!(rig.answer(1, "{}").is_empty());
    assert_eq!(rig.line(&asked(2)), [format!("control event < {}", asked(2))]);
    let broken = r#"{"type":"control_request","request_id":3}"#;
    assert_eq!(rig.line(broken), [format!("control event < {broken}")]);
    assert_eq!(rig.tick_after(1), ["reply 6 failed: Timeout(1s)"]);
    assert!(rig.cancel(5).is_empty());
    assert_eq!(rig.line(&init(1)), [turn(1, &init(1))], "the interrupt is not repeated");
    assert_eq!(rig.closed(), ["turn 1 failed: Stopped"]);
}
