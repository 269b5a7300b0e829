//! Launches that their command line decides, on a folder of recordings.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use crate::launches_support::{PRINT, folder_of, launch_with, result, with_args};
use claude_wire::player::Replay;
use claude_wire::recording::{Event, EventKind, Stream};
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

/// The nearest is the one whose prompt has the most words in common; the others are named with theirs.
#[tokio::test(start_paused = true)]
async fn a_prompt_among_the_arguments_is_compared_with_the_nearest() {
    let args = |prompt| [&PRINT[..], &["--", prompt]].concat();
    let prompts = ["What is 2 + 2?", "Name a colour.", "Name a large animal.", "What is it?"];
    let folder = folder_of(&prompts.map(|prompt| with_args(&args(prompt), "answer")));
    for (live, nearest) in [
        ("What is 2 + 3?", 0),
        ("Name a nice colour.", 1),
        ("Name a large plant.", 2),
        ("Name an animal.", 2),
        ("What was it?", 3),
        // Of equally near ones, the first.
        ("Something else", 0),
    ] {
        let replay = Replay::open(folder.path()).unwrap().unverified();
        let (_, err, exit) = launch_with(&replay, &args(live)).await;
        assert_eq!(exit, Exit::from_code(70), "{live}");
        assert!(err.contains("differs at prompt[0]"), "{live}: {err}");
        assert!(err.contains(&format!("replay of {}", name(folder.path(), nearest))), "{err}");
        for (index, prompt) in prompts.iter().enumerate() {
            let named = format!("{}.jsonl: prompt {prompt:?}", index + 1);
            assert_eq!(err.contains(&named), index != nearest, "{live}: {err}");
        }
    }
}

fn name(folder: &std::path::Path, index: usize) -> String {
    folder.join(format!("{}.jsonl", index + 1)).display().to_string()
}

/// A prompt has two forms, and may be near in the other one.
#[tokio::test(start_paused = true)]
async fn the_nearest_prompt_may_have_another_form() {
    let text = |text: &str| {
        let mut recording = with_args(&PRINT, "answer");
        let asked = [EventKind::In(text.into()), EventKind::Eof(Stream::In)];
        recording.events.splice(0..0, asked.map(|kind| Event::new(1, kind)));
        recording
    };
    let argument = with_args(&[&PRINT[..], &["--", "Name a colour."]].concat(), "answer");
    let folder = folder_of(&[argument, text("Add 1 and 2.")]);
    let replay = Replay::open(folder.path()).unwrap().unverified();
    let (_, err, exit) =
        launch_with(&replay, &[&PRINT[..], &["--", "Add 1 and 3."]].concat()).await;
    assert_eq!(exit, Exit::from_code(70));
    assert!(err.contains(&format!("replay of {}", name(folder.path(), 1))), "{err}");
    assert!(err.contains("1.jsonl: prompt \"Name a colour.\""), "{err}");
}

/// Where no command line fits, the nearest has the fewest differences, and then the nearest prompt.
#[tokio::test(start_paused = true)]
async fn of_command_lines_that_differ_alike_the_one_with_the_nearest_prompt_is_compared() {
    let args = |model, prompt| [&PRINT[..], &["--model", model, "--", prompt]].concat();
    let folder = folder_of(&[
        with_args(&args("opus", "Name a colour."), "answer"),
        with_args(&args("opus", "Add 1 and 2."), "answer"),
    ]);
    let replay = Replay::open(folder.path()).unwrap().unverified();
    let (_, err, exit) = launch_with(&replay, &args("haiku", "Add 1 and 3.")).await;
    assert_eq!(exit, Exit::from_code(70));
    assert!(err.contains(&format!("replay of {}", name(folder.path(), 1))), "{err}");
}
