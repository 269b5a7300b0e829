//! Launches that their command line decides, on a folder of recordings.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use crate::launches_support::{PRINT, folder_of, launch_with, result, with_args};
use claude_wire::player::Replay;
use claude_wire::transport::Exit;

#[tokio::test(start_paused = true)]
async fn a_prompt_among_the_arguments_decides_at_once() {
    let args = |prompt| [&PRINT[..], &[prompt]].concat();
    let folder = folder_of(&[
        with_args(&args("one"), "first"),
        with_args(&args("two"), "second"),
        with_args(&args("one"), "third"),
    ]);
    let replay = Replay::open(folder.path()).unwrap();
    for (prompt, answer) in [("two", "second"), ("one", "first"), ("one", "third")] {
        let (out, err, exit) = launch_with(&replay, &args(prompt)).await;
        assert_eq!((out.trim_end(), exit), (result(answer).as_str(), Exit::from_code(0)), "{err}");
    }
    replay.assert_finished();
    let (out, err, exit) = launch_with(&replay, &args("one")).await;
    assert_eq!(exit, Exit::from_code(70));
    assert!(err.contains("a launch that no recording is left for"), "{err}");
    assert!(out.contains("claude_wire") && !out.contains("first"), "{out}");
}

#[tokio::test(start_paused = true)]
async fn a_launch_is_a_recording_that_its_command_line_does_not_contradict() {
    let args = |model| [&PRINT[..], &["--model", model, "same"]].concat();
    let folder = folder_of(&[with_args(&args("opus"), "big"), with_args(&args("haiku"), "small")]);
    let replay = Replay::open(folder.path()).unwrap();
    let (_, err, exit) = launch_with(&replay, &args("sonnet")).await;
    assert_eq!(exit, Exit::from_code(70));
    assert!(err.contains("differs at --model: expected \"opus\", actual \"sonnet\""), "{err}");
    assert!(err.contains("other recording: 2.jsonl"), "{err}");
    for (model, answer) in [("haiku", "small"), ("opus", "big")] {
        let (out, err, exit) = launch_with(&replay, &args(model)).await;
        assert_eq!((out.trim_end(), exit), (result(answer).as_str(), Exit::from_code(0)), "{err}");
    }
    assert!(replay.report().left().is_empty(), "{}", replay.report());
}
