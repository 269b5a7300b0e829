//! Launches that end without a prompt, on a folder of recordings.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::time::Duration;

use crate::launch_support::STREAMS;
use crate::launches_support::{Cli, INITIALIZE, folder, launch, one_prompt, result, two};
use crate::replay_support::{control, recording, user};
use claude_wire::player::Replay;
use claude_wire::transport::Exit;

/// The events of a launch that ends without a prompt, with code 3.
fn quiet() -> String {
    format!(
        r#"{{"us":0,"in":{}}}
        {{"us":1,"out":{{"type":"control_response","response":{{"subtype":"success","request_id":"r"}}}}}}
        {{"us":1,"eof":"in"}}
        {{"us":1,"err":"bye"}}
        {{"us":1,"exit":{{"code":3}}}}"#,
        control("r", INITIALIZE)
    )
}

#[tokio::test(start_paused = true)]
async fn a_launch_without_a_prompt_is_the_first_recording_without_one() {
    let folder = folder(&[one_prompt(1, "one", "first"), quiet()]);
    let replay = Replay::open(folder.path()).unwrap();
    let (out, err, exit) = launch(&replay, &[control("i", INITIALIZE)]).await;
    assert_eq!((err.as_str(), exit), ("bye\n", Exit::from_code(3)));
    assert_eq!(out.lines().count(), 1, "{out}");
    launch(&replay, &[control("i", INITIALIZE), user("one")]).await;
    replay.assert_finished();
    let (_, err, exit) = launch(&replay, &[control("i", INITIALIZE)]).await;
    assert_eq!(exit, Exit::from_code(70));
    assert!(err.contains("002.jsonl: no prompt, used by another launch"), "{err}");
}

#[tokio::test(start_paused = true)]
async fn an_end_without_a_prompt_differs_where_every_recording_has_one() {
    let folder = two();
    let replay = Replay::open(folder.path()).unwrap();
    let (_, err, exit) = launch(&replay, &[control("i", INITIALIZE)]).await;
    assert_eq!(exit, Exit::from_code(70));
    assert!(
        err.contains("001.jsonl: end of input before the recording was over")
            && err.contains("expected: prompt \"one\"")
            && err.contains("other recording: 002.jsonl: prompt \"two\""),
        "{err}"
    );
    assert_eq!(replay.report().left().len(), 2, "{}", replay.report());
}

#[tokio::test(start_paused = true)]
async fn a_launch_that_fails_by_itself_uses_its_recording() {
    let crash = r#"{"us":0,"err":"no key"}
        {"us":1,"exit":{"code":1}}"#;
    let folder = folder(&[crash.to_owned(), one_prompt(2, "one", "first")]);
    let replay = Replay::open(folder.path()).unwrap();
    let cli = Cli::start(&replay).await;
    assert_eq!(cli.end().await, (String::new(), "no key\n".into(), Exit::from_code(1)));
    let lines = [control("i", INITIALIZE), user("one")];
    assert!(launch(&replay, &lines).await.0.contains("first"));
    replay.assert_finished();
}

/// A host that only waits is not at fault while a recording without a prompt is left.
#[tokio::test(start_paused = true)]
async fn a_launch_may_wait_where_one_of_its_recordings_waits_for_nothing() {
    let one = || one_prompt(1, "one", "first");
    for recordings in [vec![quiet(), one()], vec![one(), quiet()], vec![one(), one(), quiet()]] {
        let folder = folder(&recordings);
        let replay = Replay::open(folder.path()).unwrap().unverified();
        let mut cli = Cli::start(&replay).await;
        cli.write(&control("i", INITIALIZE)).await;
        cli.line().await;
        // Several times the idle timeout.
        tokio::time::sleep(Duration::from_secs(3600)).await;
        assert_eq!(cli.end().await, (String::new(), "bye\n".into(), Exit::from_code(3)));
        let report = replay.report();
        assert_eq!((report.divergences().len(), report.left().len()), (0, recordings.len() - 1));
    }
    // Then its prompt may still come.
    let folder = folder(&[quiet(), one()]);
    let replay = Replay::open(folder.path()).unwrap().unverified();
    let mut cli = Cli::start(&replay).await;
    cli.write(&control("i", INITIALIZE)).await;
    cli.line().await;
    tokio::time::sleep(Duration::from_secs(3600)).await;
    cli.write(&user("one")).await;
    assert_eq!(cli.line().await, result("first"));
    assert_eq!(cli.end().await.2, Exit::from_code(0));
}

#[tokio::test(start_paused = true)]
async fn a_launch_that_does_nothing_has_a_report_where_each_recording_has_a_prompt() {
    let folder = two();
    let replay = Replay::open(folder.path()).unwrap().unverified();
    let mut cli = Cli::start(&replay).await;
    cli.write(&control("i", INITIALIZE)).await;
    cli.line().await;
    let start = tokio::time::Instant::now();
    cli.line().await;
    assert_eq!(start.elapsed(), Duration::from_secs(600));
    let (_, err, exit) = cli.end().await;
    assert_eq!(exit, Exit::from_code(70));
    assert!(err.contains("no input for 600 s") && err.contains("prompt \"one\""), "{err}");
    assert!(err.contains("other recording: 002.jsonl"), "{err}");
    assert_eq!(replay.report().divergences().len(), 1);
}

/// A signal ends the CLI. It is a recording only if one is left that its launch may be.
#[tokio::test(start_paused = true)]
async fn a_signal_before_the_prompt_needs_a_recording_that_is_left() {
    fn args(model: &str) -> [&str; 5] {
        let [input, output, verbose] = STREAMS;
        [input, output, verbose, "--model", model]
    }
    let quiet = |model: &str| {
        let mut recording = recording(&quiet());
        recording.header.argv = Some(args(model).map(str::to_owned).to_vec());
        recording
    };
    let prompted = |model: &str| {
        let mut recording = recording(&one_prompt(2, "one", "first"));
        recording.header.argv = Some(args(model).map(str::to_owned).to_vec());
        recording
    };
    for (used, recorded) in [(true, "opus"), (false, "haiku")] {
        let folder = tempfile::tempdir().unwrap();
        quiet(recorded).save(folder.path().join("001.jsonl")).unwrap();
        prompted("opus").save(folder.path().join("002.jsonl")).unwrap();
        let replay = Replay::open(folder.path()).unwrap().unverified();
        let mut cli = Cli::start_with(&replay, &args("opus")).await;
        cli.write(&control("i", INITIALIZE)).await;
        cli.line().await;
        if used {
            let mut other = Cli::start_with(&replay, &args("opus")).await;
            other.write(&control("j", INITIALIZE)).await;
            assert_eq!(other.end().await.2, Exit::from_code(3));
        }
        cli.terminate().await;
        let (out, _, exit) = cli.end().await;
        assert_eq!((out.as_str(), exit), ("", Exit::from_code(143)), "{used}");
        let report = replay.report();
        assert!(report.divergences()[0].is_unrecorded(), "{report}");
        assert!(report.to_string().contains("ended without a prompt"), "{report}");
    }
}
