//! A session with a whole process in place of the CLI, and the recorder between them.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::{Arc, Mutex};

use crate::support::corpus;
use claude_wire::player::{HostAction, HostScript};
use claude_wire::recorder::Recorder;
use claude_wire::recording::{EventKind, Recording};
use claude_wire::session::{Prompt, Session, SessionBuilder};
use claude_wire::testing::mock_claude;
use claude_wire::transport::{CliPath, Process};

fn session(recording: &str) -> SessionBuilder {
    // The stand-in was built with this test, and is next to it.
    let builder = Session::builder().cli_path(mock_claude().unwrap());
    builder.env("CLAUDE_WIRE_REPLAY", corpus(recording).to_str().unwrap())
}

fn prompts(recording: &Recording) -> Vec<Prompt> {
    let script = HostScript::from_recording(recording);
    let prompts = script.steps().iter().filter_map(|step| match &step.action {
        HostAction::Prompt { content, .. } => Some(Prompt::raw(content.clone())),
        _ => None,
    });
    prompts.collect()
}

/// The ids of its prompts.
fn ids(recording: &Recording) -> Vec<String> {
    let script = HostScript::from_recording(recording);
    let ids = script.steps().iter().filter_map(|step| match &step.action {
        HostAction::Prompt { uuid, .. } => uuid.clone(),
        _ => None,
    });
    ids.collect()
}

/// All turns of a recording; in the texts of their messages, `prompt N` replaces the ids that this
/// session gave its prompts.
async fn converse(session: &Session, recording: &Recording) -> Vec<String> {
    let (mut lines, mut ids) = (Vec::new(), Vec::new());
    for prompt in prompts(recording) {
        let mut turn = session.query(prompt);
        let mut id = None;
        while let Some(message) = turn.next().await {
            id = turn.uuid().map(str::to_owned).or(id);
            lines.push(message.unwrap().line_text().into_owned());
        }
        ids.extend(id);
    }
    let named = |line: String| {
        (1..)
            .zip(&ids)
            .fold(line, |line, (number, id)| line.replace(id, &format!("prompt {number}")))
    };
    lines.into_iter().map(named).collect()
}

#[tokio::test]
async fn three_turns() {
    let recording = Recording::open(corpus("three-turns.jsonl")).unwrap();
    let session = session("three-turns.jsonl").start().unwrap();
    let lines = converse(&session, &recording).await;
    let results = lines.iter().filter(|line| line.contains(r#""type":"result""#)).count();
    assert_eq!(results, 3, "{lines:?}");
    assert!(session.stop().await.unwrap().unwrap().success());
}

#[tokio::test]
async fn an_sdk_option_never_becomes_a_flag() {
    // `--cwd` and `--timeout` would end the CLI, and the stand-in: the CLI does not have these
    // flags.
    let folder = tempfile::tempdir().unwrap();
    let recording = Recording::open(corpus("one-shot.jsonl")).unwrap();
    let session = session("one-shot.jsonl")
        .cwd(folder.path())
        .timeout(std::time::Duration::from_secs(60))
        .model("opus")
        .env("CLAUDE_WIRE_IGNORE", "--model")
        .start()
        .unwrap();
    let lines = converse(&session, &recording).await;
    let cwd = folder.path().canonicalize().unwrap();
    assert!(
        lines.iter().any(|line| line.contains(cwd.to_str().unwrap())),
        "the folder of the session is the recorded one's: {lines:?}"
    );
    assert!(session.stop().await.unwrap().unwrap().success());
}

#[tokio::test]
async fn a_difference_fails_the_turn_and_says_what_was_expected() {
    let session = session("one-shot.jsonl").start().unwrap();
    let mut turn = session.query("something else");
    let mut failed = None;
    while let Some(message) = turn.next().await {
        failed = message.err();
    }
    let error = failed.unwrap();
    assert!(error.is_divergence(), "{error}");
    let text = error.to_string();
    assert!(text.contains("something else") && text.contains("2 + 2"), "{text}");
    session.stop().await.unwrap();
}

#[tokio::test]
async fn recording_a_replay_gives_the_same_recording() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("again.jsonl");
    let original = Recording::open(corpus("three-turns.jsonl")).unwrap();
    let recorder = Recorder::new(Process::new(CliPath::Explicit(mock_claude().unwrap())), &path)
        .cli_version("2.1.329");
    let stderr = Arc::new(Mutex::new(String::new()));
    let heard = stderr.clone();
    let session = Session::builder()
        .transport(recorder.clone())
        .env("CLAUDE_WIRE_REPLAY", corpus("three-turns.jsonl").to_str().unwrap())
        .on_stderr(move |line| heard.lock().unwrap().push_str(line))
        .start()
        .unwrap();
    let lines = converse(&session, &original).await;
    assert!(session.stop().await.unwrap().unwrap().success());
    recorder.flush().await.unwrap();
    assert_eq!(stderr.lock().unwrap().as_str(), "");

    let again = Recording::open(&path).unwrap();
    again.require_whole().unwrap();
    // Except for the ids of prompts, which the live session chose, every line of the CLI is the
    // recorded one.
    let outs = |recording: &Recording| {
        let recording = recording.expand(&[("cwd".to_owned(), "/w".to_owned())].into()).unwrap();
        let out = recording.events.iter().filter(|event| matches!(event.kind, EventKind::Out(_)));
        out.filter_map(|event| event.payload())
            .map(|line| String::from_utf8_lossy(line.bytes()).into_owned())
            .collect::<Vec<_>>()
    };
    let ids: Vec<_> = ids(&again).into_iter().zip(ids(&original)).collect();
    assert_eq!(ids.len(), 3);
    let recorded = |line: &String| {
        ids.iter().fold(line.clone(), |line, (live, recorded)| line.replace(live, recorded))
    };
    let here: Vec<_> = outs(&again).iter().map(recorded).collect();
    assert_eq!(here, outs(&original));
    assert_eq!(again.events.last().unwrap().kind, original.events.last().unwrap().kind);

    // And it plays: the same messages come, now from memory.
    let replay = claude_wire::Replay::open(&path).unwrap();
    let session = Session::builder().transport(replay.clone()).start().unwrap();
    assert_eq!(converse(&session, &again).await, lines);
    session.stop().await.unwrap();
    replay.assert_finished();
}

/// The stand-in waits a little for a host that sends the signal itself, and then dies as recorded.
#[tokio::test]
async fn a_session_sees_the_stand_in_die_as_recorded() {
    let session = session("killed-mid-tool.jsonl").allowed_tools(["Bash"]).start().unwrap();
    let begun = std::time::Instant::now();
    let mut turn = session.query("Sleep");
    let error = loop {
        match turn.next().await {
            Some(Ok(_)) => {}
            Some(Err(error)) => break error,
            None => panic!("the CLI was killed within the turn"),
        }
    };
    assert_eq!(error.exit().and_then(|exit| exit.signal_name()), Some("SIGKILL"), "{error}");
    assert!(begun.elapsed() < std::time::Duration::from_secs(30), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_divergence_of_the_stand_in_is_recognised() {
    let session = session("three-turns.jsonl").start().unwrap();
    let error = session.query("Something else").text().await.unwrap_err();
    assert!(error.is_divergence(), "{error}");
    assert!(error.to_string().contains("to record again: "), "{error}");
}
