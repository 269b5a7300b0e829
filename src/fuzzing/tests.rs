//! The bodies of the fuzz targets accept what is right and refuse what is wrong.

#[cfg(feature = "recording")]
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::*;
#[cfg(feature = "recording")]
use crate::recording::{Event, Recording};
use crate::wire::{Frame, Message, agree};

fn seeds(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target)
}

/// Runs a target over its seeds, and over every prefix of them.
fn replay(target: &str, run: fn(&[u8])) {
    let folder = seeds(target);
    let mut seeds = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let seed = std::fs::read(entry.unwrap().path()).unwrap();
        for end in 0..=seed.len() {
            run(&seed[..end]);
        }
        seeds += 1;
    }
    assert!(seeds > 0, "no seeds in {}", folder.display());
}

#[test]
fn the_seeds_of_codec_hold() {
    replay("codec", codec);
}

#[test]
fn the_seeds_of_message_hold() {
    replay("message", message);
}

#[cfg(feature = "recording")]
#[test]
fn the_lines_of_the_recordings_hold_as_messages() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("recordings").join(crate::CLI_VERSION);
    let mut kinds = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let Ok(recording) = Recording::from_bytes(&std::fs::read(&path).unwrap()) else { continue };
        for payload in recording.events.iter().filter_map(Event::payload) {
            message(payload.bytes());
            kinds.extend(
                Frame::parse(payload.bytes().clone()).map(|frame| frame.kind_name().into_owned()),
            );
        }
    }
    assert!(kinds.len() >= 9, "only {kinds:?}");
}

#[test]
fn the_seeds_of_protocol_hold() {
    replay("protocol", protocol);
}

#[cfg(feature = "recording")]
#[test]
fn the_seeds_of_recording_hold() {
    replay("recording", recording);
}

/// A fuzzer whose seeds end in the handshake does not get far.
#[test]
fn protocol_seeds_reach_their_named_states() {
    for (seed, expected) in [
        ("two-turns", ["Ended(TurnId(1), Result)", "Ended(TurnId(7), Result)"]),
        ("unnamed-results", ["it is kept until the CLI goes on", "Ended(TurnId(1), Result)"]),
        ("questions", ["Reply(RequestId(10), Err(Refused(", "CallbackCancelled(CallbackId(1))"]),
        ("limits-and-drain", ["interrupt", "Terminate"]),
        ("dropped-inside-a-foreign-turn", ["cancel_async_message", "Ended(TurnId(10), Result)"]),
        (
            "interrupted-before-it-begins",
            ["Reply(RequestId(5), Ok(", r#"cw-4\",\"request\":{\"subtype\":\"interrupt"#],
        ),
        (
            "settings-over-a-restart",
            [
                "could not be repeated after",
                r#"cw-9\",\"request\":{\"subtype\":\"set_model\",\"model\":\"n"#,
            ],
        ),
    ] {
        let mut outputs = String::new();
        super::protocol::play(&std::fs::read(seeds("protocol").join(seed)).unwrap(), |output| {
            outputs.push_str(&format!("{output:?}\n"))
        });
        let at = expected.map(|what| outputs.find(what));
        assert!(
            at[0].is_some() && at[0] < at[1],
            "{seed}: {expected:?} are at {at:?} in\n{outputs}"
        );
    }
}

#[test]
fn every_changed_field_is_detected() {
    let seeds = seeds("message");
    for (seed, pointer) in [
        ("assistant", "/message/content/0/type"),
        ("assistant", "/message/usage/output_tokens"),
        ("user", "/message/content"),
        ("result", "/num_turns"),
        ("result", "/total_cost_usd"),
        ("stream_event-content_block_delta", "/event/index"),
        ("stream_event-content_block_delta", "/event/delta/text"),
        ("system-status", "/subtype"),
        ("system-task_started", "/task_id"),
        ("command_lifecycle", "/state"),
        ("control_request-can_use_tool", "/request/tool_name"),
        ("control_response-success", "/response/request_id"),
        ("keys-twice", "/subagent_stats/by_type/a"),
        ("permission-updates", "/request/permission_suggestions/1/mode"),
    ] {
        let line = std::fs::read(seeds.join(seed)).unwrap();
        let read = Message::new(Frame::parse(line.clone()).unwrap());
        let mut value: Value = serde_json::from_slice(&line).unwrap();
        agree::body(&read, &value);
        *value.pointer_mut(pointer).unwrap_or_else(|| panic!("{seed} has no {pointer}")) =
            Value::from("something else");
        let compared = std::panic::catch_unwind(|| agree::body(&read, &value));
        assert!(compared.is_err(), "{seed}: a difference in {pointer} was not detected");
    }
}

#[cfg(feature = "session")]
#[test]
fn the_seeds_of_session_hold() {
    replay("session", session);
}

#[cfg(feature = "session")]
proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(100))]

    #[test]
    fn the_sizes_of_reads_and_writes_change_nothing(
        sizes in proptest::collection::vec(proptest::prop_oneof![0..4_u8, 0..=255_u8], 1..20),
        buffer: u8,
        script in proptest::collection::vec(proptest::prop_oneof![0..12_u8, 0..=255_u8], 0..200),
    ) {
        session(&[&[u8::try_from(sizes.len()).unwrap(), buffer], &sizes[..], &script[..]].concat());
    }
}
