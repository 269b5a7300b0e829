//! A replay ends as the recorded CLI ended, even if the host does not end it.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::replay_support::{Host, INIT, RESULT, recording, user};
use crate::support::read::{begin, read};
use claude_wire::player::{HostAction, HostScript, Replay, Signal};
use claude_wire::recording::{EventKind, ImportOptions, Recording, import};
use claude_wire::transport::Exit;
use claude_wire::{Decision, PermissionRequest, Session};
use tokio::time::Instant;

/// Far below every time limit of a session.
const SOON: Duration = Duration::from_secs(1);

const HANDSHAKE: &str = r#"
    {"us":0,"in":{"type":"control_request","request_id":"r1","request":{"subtype":"initialize"}}}
    {"us":9,"out":{"type":"control_response","response":{"subtype":"success","request_id":"r1"}}}"#;
const PROMPT: &str =
    r#"{"us":1,"in":{"type":"user","message":{"role":"user","content":"Hi"},"uuid":"p"}}"#;
const TAKEN_UP: &str = r#"
    {"us":9,"out":{"type":"command_lifecycle","command_uuid":"p","state":"queued"}}
    {"us":9,"out":{"type":"command_lifecycle","command_uuid":"p","state":"started"}}"#;
const OPENED: &str =
    r#"{"us":9,"out":{"type":"system","subtype":"init","user_message_uuids":["p"]}}"#;
const TOOL: &str = r#"{"us":9,"out":{"type":"assistant","message":{"content":[{"type":"tool_use","id":"t","name":"Bash","input":{}}]},"user_message_uuid":"p"}}"#;
const ASKS: &str = r#"{"us":9,"out":{"type":"control_request","request_id":"c1","request":{"subtype":"can_use_tool","tool_name":"Bash","input":{},"tool_use_id":"t"}}}"#;
const ENDED: &str = r#"{"us":9,"out":{"type":"result","subtype":"success","user_message_uuid":"p","result":"Hello"}}"#;

/// The ways in which a CLI is killed: the recorded events, and its exit.
fn forces() -> Vec<(String, Exit)> {
    let mut forces = Vec::new();
    for (name, exit, ended) in [
        ("SIGKILL", r#"{"signal":"SIGKILL"}"#, Exit::from_signal(9)),
        ("SIGTERM", r#"{"code":143}"#, Exit::from_code(143)),
        ("SIGTERM", r#"{"signal":"SIGTERM"}"#, Exit::from_signal(15)),
        ("SIGHUP", r#"{"code":129}"#, Exit::from_code(129)),
        ("SIGINT", r#"{"code":0}"#, Exit::from_code(0)),
        ("SIGSEGV", r#"{"signal":"SIGSEGV"}"#, Exit::from_signal(11)),
        ("SIGQUIT", r#"{"signal":"SIGQUIT"}"#, Exit::from_signal(3)),
    ] {
        let signal = format!(r#"{{"us":5000000,"signal":"{name}"}}"#);
        let streams = r#"
            {"us":1,"eof":"err"}
            {"us":1,"eof":"out"}
            {"us":1,"eof":"in"}"#;
        for between in ["", streams, r#"{"us":1,"eof":"in"}"#, r#"{"us":1,"err":"terminated"}"#] {
            let exit = format!(r#"{{"us":1,"exit":{exit}}}"#);
            forces.push((format!("{signal}\n{between}\n{exit}"), ended));
        }
    }
    for exit in ["3", "0"] {
        let ended = Exit::from_code(exit.parse().unwrap());
        let exit = format!(r#"{{"us":1,"exit":{{"code":{exit}}}}}"#);
        forces.push((exit.clone(), ended));
        forces.push((format!("{{\"us\":9,\"eof\":\"in\"}}\n{exit}"), ended));
        forces.push((format!("{{\"us\":9,\"eof\":\"out\"}}\n{exit}"), ended));
    }
    forces
}

fn replay(events: &str) -> Replay {
    Replay::new(recording(events)).allow_truncated()
}

#[tokio::test(start_paused = true)]
async fn a_session_sees_the_cli_exit_anywhere_within_a_turn() {
    let lines = [TAKEN_UP, OPENED, TOOL, ASKS];
    for (force, exit) in forces() {
        for count in 0..=lines.len() {
            let before = [&[HANDSHAKE, PROMPT], &lines[..count]].concat().join("\n");
            let replay = replay(&format!("{before}\n{force}"));
            let session = Session::builder()
                .transport(replay.clone())
                .on_permission(|_: PermissionRequest| std::future::pending::<Decision>())
                .start()
                .unwrap();
            let start = Instant::now();
            let turn = read(session.query("Hi")).await;
            let error = turn.error();
            assert!(start.elapsed() < SOON, "{:?}: {before}\n{force}", start.elapsed());
            assert!(error.is_closed(), "{error}: {before}\n{force}");
            assert_eq!(error.exit(), Some(&exit), "{before}\n{force}");
            replay.assert_finished();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_sees_the_cli_exit_between_turns() {
    for (force, exit) in forces().into_iter().filter(|(force, _)| force.contains("signal\":\"SIG"))
    {
        let turn = [HANDSHAKE, PROMPT, TAKEN_UP, OPENED, ENDED].join("\n");
        let again = turn.replace("\"Hi\"", "\"Again\"");
        let replay = Replay::sequence([recording(&format!("{turn}\n{force}")), recording(&again)])
            .allow_truncated();
        let session = Session::builder().transport(replay.clone()).start().unwrap();
        let start = Instant::now();
        assert_eq!(session.query("Hi").text().await.unwrap(), "Hello");
        assert_eq!(session.query("Again").text().await.unwrap(), "Hello", "{force}");
        assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
        assert!(session.stop().await.unwrap().unwrap().success());
        replay.assert_finished();
        assert_ne!(exit, Exit::from_code(1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_signal_after_the_end_of_input_waits_for_that_of_the_session() {
    let end = r#"
        {"us":9,"eof":"in"}
        {"us":9,"signal":"SIGTERM"}
        {"us":9,"exit":{"code":143}}"#;
    let turn = [HANDSHAKE, PROMPT, TAKEN_UP, OPENED, ENDED, end].join("\n");
    let replay = replay(&turn);
    let session = Session::builder().transport(replay.clone()).start().unwrap();
    assert_eq!(session.query("Hi").text().await.unwrap(), "Hello");
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(session.exit(), None);
    let start = Instant::now();
    assert_eq!(session.stop().await.unwrap(), Some(Exit::from_code(143)));
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    replay.assert_finished();
}

/// A session must write what the recorded host wrote before the CLI exited.
#[tokio::test(start_paused = true)]
async fn a_signal_does_not_come_before_what_was_written_before_it() {
    let asks = r#"
        {"us":9,"in":{"type":"control_request","request_id":"r2","request":{"subtype":"mcp_status"}}}
        {"us":9,"out":{"type":"control_response","response":{"subtype":"success","request_id":"r2"}}}
        {"us":9,"signal":"SIGKILL"}
        {"us":9,"exit":{"signal":"SIGKILL"}}"#;
    let replay = replay(&[HANDSHAKE, PROMPT, OPENED, asks].join("\n"));
    let session = Session::builder().transport(replay.clone()).start().unwrap();
    let mut turn = session.query("Hi");
    begin(&mut turn);
    let wait = tokio::time::timeout(Duration::from_secs(60), async {
        while turn.next().await.is_some() {}
    });
    assert!(wait.await.is_err(), "the host had sent it before the CLI was killed");
    session.mcp().status().await.unwrap();
    let error = turn.next().await.unwrap().unwrap_err();
    assert_eq!(error.exit(), Some(&Exit::from_signal(9)));
    replay.assert_finished();
}

/// The recorded host closed its input, and the CLI continued.
#[tokio::test(start_paused = true)]
async fn a_session_gets_the_rest_of_a_turn_whose_input_had_ended() {
    let eof = r#"{"us":9,"eof":"in"}"#;
    let exit = r#"{"us":9,"exit":{"code":0}}"#;
    for at in 0..4 {
        let mut lines = vec![TAKEN_UP, OPENED, TOOL, ENDED];
        lines.insert(at, eof);
        let lines = [&[HANDSHAKE, PROMPT], &lines[..], &[exit]].concat().join("\n");
        let replay = replay(&lines);
        let session = Session::builder().transport(replay.clone()).start().unwrap();
        assert_eq!(session.query("Hi").text().await.unwrap(), "Hello", "{lines}");
        assert!(session.stop().await.unwrap().unwrap().success());
        replay.assert_finished();
    }
}

/// A CLI that waits for an answer continues when its input ends.
#[tokio::test(start_paused = true)]
async fn the_end_of_input_releases_a_waiting_cli() {
    let denied = r#"
        {"us":9,"eof":"in"}
        {"us":9,"out":{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"t","content":"Tool permission stream closed"}]}}}"#;
    let exit = r#"{"us":9,"exit":{"code":0}}"#;
    let lines = [HANDSHAKE, PROMPT, OPENED, TOOL, ASKS, denied, ENDED, exit].join("\n");
    let replay = replay(&lines);
    let session = Session::builder()
        .transport(replay.clone())
        .on_permission(|_: PermissionRequest| std::future::pending::<Decision>())
        .start()
        .unwrap();
    assert_eq!(session.query("Hi").text().await.unwrap(), "Hello");
    replay.assert_finished();
}

/// Covers every recording and capture in the repository whose CLI was killed or ended by itself.
#[tokio::test(start_paused = true)]
async fn each_recorded_end_is_the_end_of_a_session() {
    let mut seen = Vec::new();
    for path in recorded() {
        let bytes = std::fs::read(&path).unwrap();
        let recording = match bytes.starts_with(b"{\"claude-wire\"") {
            true => Recording::from_bytes(&bytes).unwrap(),
            false => import(&bytes, &ImportOptions::default()).unwrap(),
        };
        let is_forced =
            recording.events.iter().any(|event| matches!(event.kind, EventKind::Signal(_)));
        let exit = recording.events.iter().find_map(|event| match &event.kind {
            EventKind::Exit(exit) => Some(exit.clone()),
            _ => None,
        });
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let early = exit.as_ref().is_some_and(|exit| exit.code != Some(0));
        // The host below writes only prompts, one after another, and has no hooks.
        let script = HostScript::from_recording(&recording);
        if !(is_forced || early) || script.writable_by_session().is_err() || has_hooks(&script) {
            continue;
        }
        let prompts = prompts(&script);
        // The host below has its own launch.
        let mut recording = recording.clone();
        recording.header.argv = None;
        let replay = Replay::new(recording);
        let session = Session::builder().transport(replay.clone()).start().unwrap();
        let start = Instant::now();
        // A CLI that failed to start received no prompt.
        let _ = session.connect().await;
        for prompt in prompts {
            read(session.query(claude_wire::session::Prompt::raw(prompt)).no_timeout()).await;
        }
        if name.starts_with("resume-after-kill") {
            session.mcp().status().await.unwrap();
        }
        session.stop().await.unwrap();
        assert!(start.elapsed() < SOON, "{name}: {:?}", start.elapsed());
        let exit = exit.unwrap();
        let ended = session.exit().unwrap_or_else(|| panic!("{name}: {}", replay.report()));
        assert_eq!(
            (exit.code, exit.signal.as_deref()),
            (ended.code, ended.signal_name()),
            "{name}"
        );
        replay.assert_finished();
        seen.push(name);
    }
    for name in ["killed-mid-tool", "resume-after-kill", "early-exit", "sigterm-mid-stream"] {
        assert!(seen.iter().any(|seen| seen == name), "{name} is not among {seen:?}");
    }
}

/// The recordings and captures of this repository.
fn recorded() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let within = |folder: PathBuf| {
        std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path())
    };
    let versions =
        [root.join("recordings"), root.join("tests/captures")].into_iter().flat_map(within);
    let files = versions.flat_map(within);
    files.filter(|path| path.extension().is_some_and(|end| end == "jsonl")).collect()
}

fn has_hooks(script: &HostScript) -> bool {
    script.steps().iter().any(|step| match &step.action {
        HostAction::Control { subtype, request } if subtype == "initialize" => {
            request.pointer("/hooks").is_some_and(|hooks| hooks.as_bytes() != b"null")
        }
        _ => false,
    })
}

fn prompts(script: &HostScript) -> Vec<claude_wire::wire::RawJson> {
    let prompt = |action: &HostAction| match action {
        HostAction::Prompt { content, .. } => Some(content.clone()),
        _ => None,
    };
    script.steps().iter().filter_map(|step| prompt(&step.action)).collect()
}

const KILLED: &str = r#"
    {"us":0,"in":{"type":"user","message":{"role":"user","content":"Hi"}}}
    {"us":1,"out":{"type":"system","subtype":"init"}}
    {"us":3000000,"signal":"SIGKILL"}
    {"us":1,"exit":{"signal":"SIGKILL"}}"#;

/// The `mock-claude` process does this, because its host may be the one that sends the signal.
#[tokio::test(start_paused = true)]
async fn a_process_gives_its_host_two_seconds_more_than_recorded_to_send_a_signal() {
    for (name, exit) in [
        ("SIGKILL", Exit::from_signal(9)),
        ("SIGTERM", Exit::from_signal(15)),
        ("SIGHUP", Exit::from_signal(1)),
    ] {
        let mut host = Host::of(&KILLED.replace("SIGKILL", name));
        let start = Instant::now();
        host.write(user("Hi")).await;
        host.expect(&[INIT]).await;
        let end = host.end().await;
        assert_eq!((end.exit, start.elapsed()), (exit, Duration::from_secs(5)));
        assert!(end.report.is_clean(), "{}", end.report);
    }
    let mut host = Host::of(&KILLED.replace("SIGKILL", "SIGTERM"));
    host.write(user("Hi")).await;
    host.expect(&[INIT]).await;
    tokio::time::sleep(Duration::from_millis(4900)).await;
    host.signal(Signal::Terminate).await;
    assert_eq!(host.end().await.exit, Exit::from_signal(15));
}

#[tokio::test(start_paused = true)]
async fn between_turns_a_process_waits_for_its_host_unless_the_cli_was_killed() {
    let ended = KILLED.replace(
        r#"{"us":3000000"#,
        r#"{"us":1,"out":{"type":"result","subtype":"success","is_error":false}}
        {"us":3000000"#,
    );
    let mut host = Host::of(&ended.replace("SIGKILL", "SIGTERM"));
    host.write(user("Hi")).await;
    host.expect(&[INIT, RESULT]).await;
    host.expect_silence().await;
    host.signal(Signal::Terminate).await;
    assert_eq!(host.end().await.exit, Exit::from_signal(15));

    let mut host = Host::of(&ended);
    host.write(user("Hi")).await;
    host.expect(&[INIT, RESULT]).await;
    assert_eq!(host.end().await.exit, Exit::from_signal(9));
}

/// A host that ends the CLI by a signal often closes its input right after it: lines count first, then
/// signals, then the end of the input.
#[tokio::test(start_paused = true)]
async fn a_signal_that_was_sent_before_the_end_of_input_comes_before_it() {
    let asked = [HANDSHAKE, PROMPT, TAKEN_UP, OPENED, TOOL, ASKS].join("\n");
    let answered = r#"
        {"us":9,"in":{"type":"control_response","response":{"subtype":"success","request_id":"c1","response":{"behavior":"allow"}}}}"#;
    let events = format!("{asked}\n{answered}\n{ENDED}\n{{\"us\":9,\"eof\":\"in\"}}");
    for (signal, code) in [(Signal::Terminate, 143), (Signal::Hangup, 129), (Signal::Interrupt, 0)]
    {
        for is_last_line_written in [false, true] {
            let mut host = Host::of(&events);
            host.write(r#"{"type":"control_request","request_id":"r1","request":{"subtype":"initialize"}}"#).await;
            host.write(r#"{"type":"user","message":{"role":"user","content":"Hi"},"uuid":"p"}"#)
                .await;
            while !host.line().await.unwrap().contains("can_use_tool") {}
            if is_last_line_written {
                let answer: serde_json::Value = serde_json::from_str(answered.trim()).unwrap();
                host.write(answer["in"].to_string()).await;
            }
            host.signal(signal).await;
            host.eof();
            let end = host.end().await;
            assert_eq!(end.exit, Exit::from_code(code), "{signal:?}: {}", end.report);
            assert_eq!(end.out.contains("Hello"), is_last_line_written, "{signal:?}: {}", end.out);
        }
    }
}
