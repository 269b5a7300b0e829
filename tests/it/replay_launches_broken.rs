//! Recordings of a folder that cannot be played.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;

use crate::launches_support::{
    Cli, INITIALIZE, PRINT, folder, folder_of, launch, launch_with, one_prompt, result, two,
    with_a_request, with_args,
};
use crate::replay_support::{DIVERGED, control, user};
use claude_wire::player::{Replay, RunFolder};
use claude_wire::recording::{Header, Recording};
use claude_wire::transport::{Exit, Launch, Transport};

#[tokio::test(start_paused = true)]
async fn a_broken_recording_of_a_folder_is_named() {
    let folder = two();
    fs::write(folder.path().join("002.jsonl"), "not a recording\n").unwrap();
    let replay = Replay::open(folder.path()).unwrap().unverified();
    let (_, err, exit) = launch(&replay, &[control("i", INITIALIZE), user("two")]).await;
    assert_eq!(exit, Exit::from_code(70));
    assert!(err.contains("a recording cannot be played") && err.contains("002.jsonl:1:"), "{err}");

    let whole = fs::read(two().path().join("001.jsonl")).unwrap();
    let cut = whole.windows(6).position(|window| window == b"{\"end\"").unwrap();
    fs::write(folder.path().join("001.jsonl"), &whole[..cut]).unwrap();
    let replay = Replay::open(folder.path()).unwrap().unverified();
    let error = replay.open(Launch::default()).await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("001.jsonl") && source.contains("truncated"), "{source}");
}

/// The first recording differs from what the program does, and the next one cannot be read.
#[tokio::test(start_paused = true)]
async fn a_launch_has_one_report_also_where_two_recordings_fail() {
    let model = r#"{"subtype":"set_model","model":"opus"}"#;
    for cut in [r#"{"end""#, r#"{"us":1,"exit""#] {
        let folder = folder(&[
            one_prompt(1, "one", "first"),
            with_a_request(2, "two", model),
            with_a_request(3, "three", model),
        ]);
        let path = folder.path().join("002.jsonl");
        let whole = fs::read_to_string(&path).unwrap();
        fs::write(&path, &whole[..whole.find(cut).unwrap()]).unwrap();
        let replay = Replay::open(folder.path()).unwrap().unverified();
        let lines = [control("i", INITIALIZE), control("m", model), user("two")];
        let (out, err, exit) = launch(&replay, &lines).await;
        assert_eq!(exit, Exit::from_code(70));
        assert_eq!((out.matches(DIVERGED).count(), err.matches("hint: ").count()), (1, 1), "{err}");
        assert!(err.contains("a recording cannot be played") && err.contains("002.jsonl"), "{err}");
        assert!(out.contains("\"pid\":1"), "what was written before stays: {out}");
        assert_eq!(replay.report().divergences().len(), 1, "{}", replay.report());
    }
}

const JUNK: &str = "not a recording\n";

/// A recording up to its first prompt, to its last event, and to the line before its prompt.
fn cuts(whole: &str) -> [(&'static str, String); 4] {
    let until = |at: usize| whole[..at].to_owned();
    [
        ("junk", JUNK.to_owned()),
        ("no end", until(whole.find("{\"end\"").unwrap())),
        ("no result", until(whole.find("{\"us\":1,\"out\":{\"type\":\"result\"").unwrap())),
        ("no prompt", until(whole.find("{\"us\":1,\"in\":{\"type\":\"user\"").unwrap())),
    ]
}

/// A launch is played that is another one, by its first prompt.
#[tokio::test(start_paused = true)]
async fn a_broken_recording_does_not_refuse_the_launch_of_another() {
    for broken in ["001.jsonl", "002.jsonl", "003.jsonl"] {
        for index in 0..4 {
            let folder = folder(&["one", "two", "three"].map(|it| one_prompt(1, it, it)));
            let path = folder.path().join(broken);
            let (how, cut) =
                cuts(&fs::read_to_string(&path).unwrap()).into_iter().nth(index).unwrap();
            fs::write(&path, cut).unwrap();
            let prompts = ["one", "two", "three"].into_iter().enumerate();
            for (number, prompt) in prompts {
                let is_broken = broken == format!("{:03}.jsonl", number + 1);
                let replay = Replay::open(folder.path()).unwrap().unverified();
                let (out, err, exit) =
                    launch(&replay, &[control("i", INITIALIZE), user(prompt)]).await;
                let case = format!("{broken} {how}, {prompt}: {err}");
                assert_eq!(exit, Exit::from_code(if is_broken { 70 } else { 0 }), "{case}");
                assert_eq!(out.contains(&result(prompt)), !is_broken, "{case}");
                if is_broken {
                    assert!(err.contains("a recording cannot be played"), "{case}");
                    assert!(err.contains(broken), "{case}");
                    // What was played up to the prompt is another one, which has no report.
                    assert!(!err.contains("replay of") && !err.contains("left: "), "{case}");
                    assert!(out.contains("\"pid\":1"), "{case}: its lines stay: {out}");
                }
            }
            // No other one is it, so the broken one may be: of one with another prompt that is known
            // to be wrong.
            let replay = Replay::open(folder.path()).unwrap().unverified();
            let (_, err, exit) = launch(&replay, &[control("i", INITIALIZE), user("four")]).await;
            assert_eq!(exit, Exit::from_code(70));
            let is_known = ["no end", "no result"].contains(&how);
            let is_named = err.contains("a recording cannot be played");
            assert_eq!(is_named, !is_known, "{broken} {how}: {err}");
        }
    }
}

/// The same where the prompt is an argument, or the command line is another one.
#[tokio::test(start_paused = true)]
async fn a_broken_recording_is_ruled_out_by_the_command_line() {
    let args = |model, prompt| [&PRINT[..], &["--model", model, "--", prompt]].concat();
    let files = [("a", "one"), ("a", "two"), ("b", "three")];
    for (how, cut) in [("junk", None), ("no end", Some("{\"end\"")), ("no event", Some("{\"us\""))]
    {
        let recordings = files.map(|(model, prompt)| with_args(&args(model, prompt), prompt));
        let folder = folder_of(&recordings);
        let path = folder.path().join("1.jsonl");
        let whole = fs::read_to_string(&path).unwrap();
        let cut = cut.map_or(JUNK, |cut| &whole[..whole.find(cut).unwrap()]);
        fs::write(&path, cut).unwrap();
        let replay = Replay::open(folder.path()).unwrap().unverified();
        for (model, prompt) in &files[1..] {
            let (out, err, exit) = launch_with(&replay, &args(model, prompt)).await;
            assert_eq!(exit, Exit::from_code(0), "{how}: {err}");
            assert_eq!(out.trim_end(), result(prompt), "{how}");
        }
        let launch = |model, prompt| Launch {
            args: args(model, prompt).into_iter().map(Into::into).collect(),
            ..Launch::default()
        };
        let error = replay.open(launch("a", "one")).await.unwrap_err();
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains("1.jsonl"), "{how}: {source}");
        // With another model or prompt it is not the one that is truncated; junk may be anything.
        let replay = Replay::open(folder.path()).unwrap().unverified();
        for (model, prompt) in [("a", "four"), ("b", "one")] {
            let opened = replay.open(launch(model, prompt)).await;
            assert_eq!(opened.is_err(), how == "junk", "{how} {model} {prompt}");
        }
        let left = replay.report().to_string();
        assert!(left.contains("1.jsonl: "), "{how}: {left}");
    }
}

/// Each handle reads the recordings for itself, as a process does.
#[tokio::test(start_paused = true)]
async fn a_recording_that_another_launch_used_is_not_read_again() {
    let folder = folder(&["one", "two", "three"].map(|prompt| one_prompt(1, prompt, prompt)));
    let run = tempfile::tempdir().unwrap();
    let replay = || {
        let run = RunFolder::open(run.path()).unwrap();
        Replay::open(folder.path()).unwrap().in_run(run).unwrap().unverified()
    };
    let (one, other) = (replay(), replay());
    let mut waiting = Cli::start(&one).await;
    let lines = [control("i", INITIALIZE), user("two")];
    assert_eq!(launch(&other, &lines).await.2, Exit::from_code(0));
    fs::write(folder.path().join("002.jsonl"), "not a recording\n").unwrap();
    assert_eq!(waiting.ask("i", "three").await.1, result("three"));
    assert_eq!(waiting.end().await.2, Exit::from_code(0));
}

#[tokio::test(start_paused = true)]
async fn a_run_needs_recordings_that_other_launches_find() {
    let folder = two();
    let run = tempfile::tempdir().unwrap();
    let run = RunFolder::open(run.path()).unwrap();
    let recording = || Recording::new(Header::new());
    for replay in [Replay::new(recording()), Replay::sequence([recording(), recording()])] {
        let error = replay.in_run(run.clone()).unwrap_err();
        assert!(error.is_no_path() && !error.is_io(), "{error}");
        let text = error.to_string();
        assert!(text.contains("was not opened from a path") && text.contains("open"), "{text}");
    }
    // The run is not spoiled.
    let replay = Replay::open(folder.path()).unwrap().in_run(run.clone()).unwrap();
    for prompt in ["two", "one"] {
        launch(&replay, &[control("i", INITIALIZE), user(prompt)]).await;
    }
    replay.assert_finished();
    run.assert_finished();
}

/// The names of folders need not be UTF-8; the report of a run in one is whole.
#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn a_report_does_not_depend_on_the_name_of_the_run_folder() {
    use std::os::unix::ffi::OsStrExt as _;
    let name = std::ffi::OsStr::from_bytes(b"r\xfcn");
    let (folder, runs) = (two(), tempfile::tempdir().unwrap());
    let run = RunFolder::open(runs.path().join(name)).unwrap();
    let replay = Replay::open(folder.path()).unwrap().in_run(run.clone()).unwrap().unverified();
    let (out, ..) = launch(&replay, &[control("i", INITIALIZE), user("three")]).await;
    assert!(out.contains(r#""divergence":{"kind":"mismatch""#), "{out}");
    let launches = run.launches().unwrap();
    assert_eq!(launches[0].report().divergences().len(), 1);
    assert!(run.last_failure().unwrap().is_some());

    // That of the recordings is written into the run, and is refused.
    let named = runs.path().join(name).join("recordings");
    fs::rename(folder.path(), &named).unwrap();
    let run = RunFolder::open(runs.path().join("run")).unwrap();
    let error = Replay::open(&named).unwrap().in_run(run).unwrap_err();
    assert!(error.is_no_path() && error.to_string().contains("UTF-8"), "{error}");
}
