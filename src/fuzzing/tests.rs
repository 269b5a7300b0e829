use super::*;

/// Runs a target over its seeds, and over every prefix of them.
fn replay(target: &str, run: fn(&[u8])) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
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
