//! What a program reads when it differs from the recording: many drop stderr.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::{Arc, Mutex};

use crate::launch_support::launched;
use crate::replay_support::{control, recording, user};
use claude_wire::Session;
use claude_wire::player::{Replay, Report, Scenario, reply};
use claude_wire::recording::Recording;
use claude_wire::transport::{Exit, Launch, Transport};
use claude_wire::wire::{Frame, Message};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// A launch that names its session in its second answer only.
fn two_turns() -> Recording {
    let recording = recording(
        r#"
        {"us":0,"in":{"type":"user","message":{"role":"user","content":"one"}}}
        {"us":1,"out":{"type":"system","subtype":"init","session_id":"s-1"}}
        {"us":1,"out":{"type":"result","subtype":"success","is_error":false,"session_id":"s-2"}}
        {"us":1,"in":{"type":"user","message":{"role":"user","content":"two"}}}
        {"us":1,"out":{"type":"result","subtype":"success","is_error":false,"session_id":"s-3"}}
        {"us":1,"eof":"in"}
        {"us":1,"exit":{"code":0}}"#,
    );
    Recording::from_bytes(&recording.to_bytes()).unwrap()
}

/// All of stdout of a launch with these arguments and lines.
async fn stdout(replay: &Replay, args: &[&str], lines: &[String]) -> (Vec<String>, Exit) {
    let args = args.iter().map(Into::into).collect();
    let mut cli = replay.open(Launch { args, ..Launch::default() }).await.unwrap();
    for line in lines {
        // A replay that has ended does not read.
        let _ = cli.stdin.write_all(format!("{line}\n").as_bytes()).await;
    }
    drop(cli.stdin);
    let (mut out, mut err) = (String::new(), String::new());
    tokio::try_join!(cli.stdout.read_to_string(&mut out), cli.stderr.read_to_string(&mut err))
        .unwrap();
    assert!(err.contains("replay: played="), "{err}");
    (out.lines().map(str::to_owned).collect(), cli.control.wait().await.unwrap())
}

fn json(line: &str) -> Value {
    serde_json::from_str(line).unwrap()
}

const STREAM: [&str; 3] = ["--print", "--output-format", "stream-json"];

#[tokio::test(start_paused = true)]
async fn a_stream_ends_with_a_result_that_has_the_divergence() {
    let mut wrong: Value = json(&user("three"));
    wrong["uuid"] = "0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f".into();
    let lines = [user("one"), wrong.to_string()];
    let (out, exit) = stdout(&Replay::new(two_turns()).unverified(), &STREAM, &lines).await;
    assert_eq!((out.len(), exit), (3, Exit::from_code(70)), "{out:?}");
    let last = json(&out[2]);
    for (pointer, expected) in [
        ("/type", "result"),
        ("/subtype", "error_during_execution"),
        ("/session_id", "s-2"),
        ("/user_message_uuid", "0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f"),
        ("/user_message_uuids/0", "0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f"),
        ("/claude_wire/divergence/kind", "mismatch"),
        ("/claude_wire/divergence/arrived", "prompt \"three\""),
        ("/claude_wire/divergence/expected", "prompt \"two\" (event 4)"),
        ("/claude_wire/divergence/differences/0/actual", "three"),
    ] {
        assert_eq!(last.pointer(pointer), Some(&expected.into()), "{pointer}: {last}");
    }
    assert_eq!(last["is_error"], true);
    let text = last["errors"][0].as_str().unwrap();
    assert!(text.starts_with("claude-wire: replay: input differs"), "{text}");
    assert!(
        text.contains("expected \"two\", actual \"three\"") && text.contains("hint: "),
        "{text}"
    );
    // SDKs read it as a result.
    let message = Message::new(Frame::parse(out[2].clone()).unwrap());
    assert!(message.as_result().is_some_and(|result| result.failed()), "{message:?}");
}

#[tokio::test(start_paused = true)]
async fn the_form_is_the_one_that_was_asked_for() {
    let lines = [user("other")];
    for (args, array) in [
        (&["-p", "--output-format", "json"][..], false),
        (&["-p", "--output-format=json", "--verbose"], true),
    ] {
        let (out, exit) = stdout(&Replay::new(two_turns()).unverified(), args, &lines).await;
        assert_eq!((out.len(), exit), (1, Exit::from_code(70)), "{out:?}");
        let said = json(&out[0]);
        assert_eq!(said.is_array(), array, "{said}");
        let last = if array { &said[0] } else { &said };
        assert_eq!(last["claude_wire"]["divergence"]["kind"], "mismatch", "{last}");
        assert_eq!(last["session_id"], "s-1", "the first that would have come");
    }
    for args in [&["-p", "--output-format", "text"][..]] {
        let (out, exit) = stdout(&Replay::new(two_turns()).unverified(), args, &lines).await;
        assert_eq!(exit, Exit::from_code(70));
        assert!(out[0].starts_with("claude-wire: replay: input differs"), "{out:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn text_is_answered_with_text() {
    let text = r#"
        {"us":0,"in":"one","as":"text"}
        {"us":0,"eof":"in"}
        {"us":1,"out":"First.","as":"text"}
        {"us":1,"exit":{"code":0}}"#;
    let replay =
        Replay::new(Recording::from_bytes(&recording(text).to_bytes()).unwrap()).unverified();
    let (out, exit) = stdout(&replay, &["-p"], &["two".to_owned()]).await;
    assert_eq!(exit, Exit::from_code(70));
    assert!(out[0].starts_with("claude-wire: ") && !out.concat().contains("First"), "{out:?}");
}

/// Without `--output-format` the CLI prints text, also where a host of the recording asked for more.
#[tokio::test(start_paused = true)]
async fn print_mode_is_answered_with_text() {
    let folder = tempfile::tempdir().unwrap();
    two_turns().save(folder.path().join("1.jsonl")).unwrap();
    let one = || Replay::new(two_turns()).unverified();
    let used = Replay::open(folder.path()).unwrap().unverified();
    stdout_clean(&used).await;
    for args in [&["-p"][..], &["--print"], &["-p", "Q"], &["-p", "--", "Q"], &["Q", "-p"], &["Q"]]
    {
        // One that is compared, and one that no recording is left for.
        for replay in [&one(), &used] {
            let (out, exit) = stdout(replay, args, &[user("other")]).await;
            assert_eq!(exit, Exit::from_code(70), "{args:?}");
            assert!(out[0].starts_with("claude-wire: replay"), "{args:?}: {out:?}");
        }
    }
    for args in [&["-p", "Q", "--output-format", "stream-json", "--verbose"][..], &["--verbose"]] {
        for replay in [&one(), &used] {
            let (out, _) = stdout(replay, args, &[user("other")]).await;
            assert_eq!(json(out.last().unwrap())["type"], "result", "{args:?}: {out:?}");
        }
    }
}

/// The id that the host knows, and not the one of the recording.
#[tokio::test(start_paused = true)]
async fn the_session_is_that_of_this_run() {
    const RECORDED: &str = "aaaaaaaa-0000-4000-8000-000000000001";
    const LIVE: &str = "bbbbbbbb-0000-4000-8000-000000000002";
    let recorded = |argv: &[&str]| {
        let events = format!(
            r#"
            {{"us":0,"in":{}}}
            {{"us":1,"out":{{"type":"system","subtype":"init","session_id":"{RECORDED}"}}}}
            {{"us":1,"out":{{"type":"result","subtype":"success","is_error":false,"session_id":"{RECORDED}"}}}}
            {{"us":1,"in":{}}}
            {{"us":1,"out":{{"type":"result","subtype":"success","is_error":false,"session_id":"{RECORDED}"}}}}
            {{"us":1,"eof":"in"}}
            {{"us":1,"exit":{{"code":0}}}}"#,
            user("one"),
            user("two")
        );
        launched(argv, &events)
    };
    let args = |more: &[&'static str]| [&STREAM[..], &["--verbose"], more].concat();
    let named = |id: &'static str| args(&["--session-id", id]);
    let wrong = [user("one"), user("three")];
    for (argv, args, lines, session) in [
        (named(RECORDED), named(LIVE), &wrong[..], LIVE),
        (args(&[]), named(LIVE), &wrong, LIVE),
        (named(RECORDED), named(LIVE), &wrong[1..], LIVE),
        (args(&[]), named(LIVE), &wrong[1..], LIVE),
        (args(&[]), args(&[]), &wrong, RECORDED),
        // A launch that differs before anything is played.
        (args(&[]), [&named(LIVE)[..], &["--model", "m"]].concat(), &[], LIVE),
        (args(&[]), args(&["--resume", LIVE]), &[], LIVE),
        (args(&[]), args(&["-r", LIVE, "--fork-session"]), &[], RECORDED),
    ] {
        let replay = Replay::new(recorded(&argv)).unverified();
        let (out, exit) = stdout(&replay, &args, lines).await;
        assert_eq!(exit, Exit::from_code(70));
        for line in &out {
            assert_eq!(json(line)["session_id"], session, "{argv:?}, {args:?}: {out:?}");
        }
    }
    // No recording is left for it.
    let folder = tempfile::tempdir().unwrap();
    two_turns().save(folder.path().join("1.jsonl")).unwrap();
    let replay = Replay::open(folder.path()).unwrap().unverified();
    stdout_clean(&replay).await;
    let (out, _) = stdout(&replay, &named(LIVE), &[user("one")]).await;
    assert_eq!(json(&out[0])["session_id"], LIVE, "{out:?}");
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_divergence_is_said() {
    let cases: [(&[String], &str); 4] = [
        (&[user("one"), user("two"), user("three")], "extra"),
        (&[user("one")], "early_end"),
        (&[user("one"), control("x", r#"{"subtype":"interrupt"}"#)], "extra"),
        (&["broken".to_owned()], "extra"),
    ];
    for (lines, kind) in cases {
        let (out, exit) = stdout(&Replay::new(two_turns()).unverified(), &STREAM, lines).await;
        assert_eq!(exit, Exit::from_code(70), "{kind}");
        assert_eq!(json(out.last().unwrap())["claude_wire"]["divergence"]["kind"], kind);
    }
    let folder = tempfile::tempdir().unwrap();
    two_turns().save(folder.path().join("1.jsonl")).unwrap();
    let replay = Replay::open(folder.path()).unwrap().unverified();
    stdout_clean(&replay).await;
    let (out, exit) = stdout(&replay, &STREAM, &[user("one")]).await;
    assert_eq!((out.len(), exit), (1, Exit::from_code(70)));
    assert_eq!(json(&out[0])["claude_wire"]["divergence"]["kind"], "unrecorded");
}

/// Plays the whole recording.
async fn stdout_clean(replay: &Replay) {
    let mut cli = replay.open(Launch::default()).await.unwrap();
    for line in [user("one"), user("two")] {
        cli.stdin.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }
    drop(cli.stdin);
    let mut out = String::new();
    cli.stdout.read_to_string(&mut out).await.unwrap();
    assert!(out.contains("s-3") && !out.contains("claude_wire"), "{out}");
}

#[tokio::test(start_paused = true)]
async fn a_session_gets_it_as_the_error_of_its_turn() {
    let scenario = Scenario::new().on_prompt("Hello", reply().text("Hi!")).unverified();
    let session = Session::builder().transport(scenario.clone()).start().unwrap();
    let error = session.query("Goodbye").text().await.unwrap_err();
    assert!(error.is_divergence() && error.is_result(), "{error}");
    let text = error.to_string();
    assert!(text.starts_with("the replay diverged:\nreplay: input differs"), "{text}");
    assert!(text.contains("actual \"Goodbye\"") && !text.contains("claude-wire: "), "{text}");
}

/// Before its host can read about it: a host may end the launch then.
#[tokio::test(start_paused = true)]
async fn an_observer_is_called_before_the_host_reads_a_divergence() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let watch = || {
        let seen = Arc::clone(&seen);
        move |report: &Report| seen.lock().unwrap().push(report.to_string())
    };
    let replay = Replay::new(two_turns()).on_divergence(watch()).unverified();
    let scenario = Scenario::new().on_prompt("one", reply().text("Hi!")).on_divergence(watch());
    let scenario = scenario.next_launch().on_prompt("two", reply().text("Hi!")).unverified();
    // A replay of one recording plays it each time; the scenario has two launches.
    let (replay, scenario): (&dyn Transport, &dyn Transport) = (&replay, &scenario);
    for (transport, prompts, differs) in [
        (replay, &["one", "two"][..], false),
        (replay, &["one", "three"], true),
        (replay, &["three"], true),
        (scenario, &["one"], false),
        (scenario, &["one"], true),
        (scenario, &["one"], true),
    ] {
        let known = seen.lock().unwrap().len();
        let mut cli = transport.open(Launch::default()).await.unwrap();
        for prompt in prompts {
            cli.stdin.write_all(format!("{}\n", user(prompt)).as_bytes()).await.unwrap();
        }
        drop(cli.stdin);
        let mut said = Vec::new();
        while let Ok(byte) = cli.stdout.read_u8().await {
            said.push(byte);
            if said.ends_with(b"claude_wire") {
                break;
            }
        }
        assert_eq!(said.ends_with(b"claude_wire"), differs, "{prompts:?}");
        let seen = seen.lock().unwrap();
        assert_eq!(seen.len(), known + usize::from(differs), "{prompts:?}");
        assert!(!differs || seen[known].contains("divergences=1 "), "{seen:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_result_that_only_fails_is_not_a_divergence() {
    let scenario =
        Scenario::new().on_prompt("Hello", reply().error(529, "Overloaded")).unverified();
    let session = Session::builder().transport(scenario.clone()).start().unwrap();
    let error = session.query("Hello").text().await.unwrap_err();
    assert!(error.is_result() && !error.is_divergence(), "{error}");
}
