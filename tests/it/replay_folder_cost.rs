//! What opening a folder of many recordings reads: nothing but what a launch needs.
#![cfg(feature = "session")]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::path::Path;

use claude_wire::Replay;

use crate::launch_support::{conversed, played};

const MANY: usize = 1000;
const ARGS: [&str; 2] = ["--model", "opus"];

fn prompt(number: usize) -> String {
    format!(r#"{{"type":"user","message":{{"role":"user","content":"question {number}"}}}}"#)
}

/// A recording of this prompt; `rest` is what follows the prompt in the file.
fn write(folder: &Path, number: usize, rest: Option<&str>) {
    let recording = conversed(&ARGS, None);
    let file = String::from_utf8(recording.to_bytes()).unwrap();
    let (before, after) = file.split_once("\"Hi\"").unwrap();
    let (end_of_line, after) = after.split_once('\n').unwrap();
    let file = match rest {
        Some(rest) => format!("{before}\"question {number}\"{end_of_line}\n{rest}"),
        // Without its footer, which is that of another prompt.
        None => format!("{before}\"question {number}\"{end_of_line}\n{after}"),
    };
    let path = folder.join(format!("{number:04}.jsonl"));
    fs::write(&path, file).unwrap();
    if rest.is_none() {
        // Seals it.
        let recording = claude_wire::recording::Recording::open(&path).unwrap();
        recording.save(&path).unwrap();
    }
}

#[test]
fn a_folder_is_opened_without_reading_its_recordings() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..MANY {
        fs::write(folder.path().join(format!("{number}.jsonl")), "no recording").unwrap();
    }
    drop(Replay::open(folder.path()).unwrap().unverified());
}

/// What follows the first prompt of another recording is not read: if it were, this would fail.
#[tokio::test(start_paused = true)]
async fn of_the_other_recordings_only_the_beginnings_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let chosen = MANY - 1;
    // The first is the one that is played until the prompt, so it must be whole.
    write(folder.path(), 0, None);
    write(folder.path(), chosen, None);
    for number in 1..chosen {
        write(folder.path(), number, Some("no event\n"));
    }
    let replay = Replay::open(folder.path()).unwrap().unverified();
    let run = played(&replay, &ARGS, &[prompt(chosen)]).await;
    assert_eq!(run.code, Some(0), "{}", run.report);
    // One whose rest is needed and cannot be read is named.
    let replay = Replay::open(folder.path()).unwrap().unverified();
    let run = played(&replay, &ARGS, &[prompt(7)]).await;
    assert_eq!(run.code, Some(70));
    assert!(run.report.contains("0007.jsonl:3:"), "{}", run.report);
}
