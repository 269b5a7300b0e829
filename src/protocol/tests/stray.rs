//! Lines that belong to no turn, and lines that are not frames.

use super::*;

#[test]
fn malformed_lines_never_end_a_turn() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.line(&init(1));
    let out = rig.bytes(24, b"[warn] x\n\r\n  \n[1]\n{\"type\":\"result\"\n{\"type\":5}\n{\"type\":\"result\",\"x\":\"far too long\"}\n\xff\xfe\n{\"type\":\"resu");
    assert_eq!(
        out,
        [
            "noise < [warn] x",
            "noise < [1]",
            "malformed: line of 16 bytes at byte 18 of the stream: not JSON, it ends inside a value",
            "malformed: line of 10 bytes at byte 35 of the stream: no usable `type`, which must be a string that is not empty",
            "malformed: line of 36 bytes at byte 46 of the stream: over the line limit, dropped",
            "noise < \u{fffd}\u{fffd}",
            r#"truncated < {"type":"resu"#,
        ]
    );
    let counters = rig.machine().counters();
    assert_eq!((counters.noise, counters.malformed), (3, 4));
    assert_eq!(rig.line(&result(1))[1], "turn 1 ended");
}

#[test]
fn a_keep_alive_is_counted_and_reported_only_if_it_has_content() {
    let mut rig = Rig::ready();
    assert!(rig.line(r#"{"type":"keep_alive"}"#).is_empty());
    let mark = r#"{"type":"keep_alive","startup_mark":"first_api_call"}"#;
    assert_eq!(rig.line(mark), [format!("control event < {mark}")]);
    assert_eq!(rig.machine().counters().keep_alives, 2);
}

#[test]
fn a_transcript_mirror_goes_to_the_events_and_not_to_the_turn() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    let mirror = r#"{"type":"transcript_mirror","filePath":"f","entries":[]}"#;
    assert_eq!(rig.line(mirror), [format!("control event < {mirror}")]);
    rig.line(PLAIN_RESULT);
}

#[test]
fn a_message_of_an_unknown_type_goes_to_its_turn() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    let unknown = r#"{"type":"a_future_type","x":[1]}"#;
    assert_eq!(rig.line(unknown), [turn(1, unknown)]);
}
