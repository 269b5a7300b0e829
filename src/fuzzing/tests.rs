use std::path::{Path, PathBuf};

use super::*;

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

#[test]
fn the_seeds_of_protocol_hold() {
    replay("protocol", protocol);
}

#[test]
fn the_seeds_of_recording_hold() {
    replay("recording", recording);
}

/// A fuzzer that starts from histories which end in the handshake does not get far.
#[test]
fn the_seeds_of_protocol_go_where_their_names_say() {
    for (seed, expected) in [
        ("two-turns", ["Ended(TurnId(1), Result)", "Ended(TurnId(7), Result)"]),
        ("questions", ["Reply(RequestId(10), Err(Refused(", "CallbackCancelled(CallbackId(1))"]),
        ("limits-and-drain", ["interrupt", "Terminate"]),
        ("dropped-inside-a-foreign-turn", ["cancel_async_message", "Ended(TurnId(10), Result)"]),
        ("interrupted-before-it-begins", ["Reply(RequestId(5), Ok(", r#"cw-4\",\"request\":{\"subtype\":\"interrupt"#]),
        ("settings-over-a-restart", ["could not be made again", r#"cw-9\",\"request\":{\"subtype\":\"set_model\",\"model\":\"n"#]),
    ] {
        let mut told = String::new();
        super::protocol::play(&std::fs::read(seeds("protocol").join(seed)).unwrap(), |output| told.push_str(&format!("{output:?}\n")));
        let at = expected.map(|what| told.find(what));
        assert!(at[0].is_some() && at[0] < at[1], "{seed}: {expected:?} are at {at:?} in\n{told}");
    }
}
