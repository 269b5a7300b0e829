//! The caller's side of a recording, and whether a session could have been the caller.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use crate::replay_support::recording;
use crate::support::project;
use claude_wire::player::{AnswerTo, HostAction, HostScript, Position};
use claude_wire::recording::Recording;

const INITIALIZE: &str = r#"{"us":0,"in":{"type":"control_request","request_id":"1","request":{"subtype":"initialize"}}}"#;

fn script(events: &str) -> HostScript {
    HostScript::from_recording(&recording(events))
}

/// A step in short form, with its position.
fn steps(script: &HostScript) -> Vec<(String, (usize, usize))> {
    let name = |action: &HostAction| match action {
        HostAction::Prompt { content, uuid } => format!("prompt {content} {uuid:?}"),
        HostAction::Control { subtype, request } => format!("{subtype} {request}"),
        HostAction::Answer { to: AnswerTo { subtype, about, nth, .. }, response } => {
            format!("answer {subtype} {about} {nth} {response}")
        }
        HostAction::Raw(line) => format!("raw {}", String::from_utf8_lossy(line.bytes())),
        HostAction::Signal(name) => name.clone(),
        HostAction::Eof => "eof".to_owned(),
        other => panic!("{other:?}"),
    };
    script
        .steps()
        .iter()
        .map(|step| (name(&step.action), (step.position.results, step.position.lines)))
        .collect()
}

#[test]
fn each_step_has_its_position_and_exact_bytes() {
    let script = script(
        r#"
        {"us":0,"in":{"type":"control_request","request_id":"1","request":{"subtype":"initialize", "hooks":null}}}
        {"us":0,"out":{"type":"control_response","response":{"subtype":"success","request_id":"1"}}}
        {"us":0,"in":{"type":"keep_alive"}}
        {"us":0,"in":{"type":"user","uuid":"u","message":{"role":"user","content":"Hi"}}}
        {"us":0,"out":{"type":"system","subtype":"init"}}
        {"us":0,"out":{"type":"control_request","request_id":"c1","request":{"subtype":"hook_callback","callback_id":"h"}}}
        {"us":0,"out":{"type":"control_request","request_id":"c2","request":{"subtype":"hook_callback","callback_id":"h"}}}
        {"us":0,"in":{"type":"control_response","response":{"subtype":"success","request_id":"c2","response":{ }}}}
        {"us":0,"in":{"type":"control_request","request_id":"2","request":{"subtype":"interrupt"}}}
        {"us":0,"out":{"type":"result"}}
        {"us":0,"in":"nonsense","as":"text"}
        {"us":0,"signal":"SIGTERM"}
        {"us":0,"eof":"in"}
        {"us":0,"eof":"in"}
        {"us":0,"exit":{"code":0}}"#,
    );
    assert_eq!(
        steps(&script),
        [
            (r#"initialize {"subtype":"initialize", "hooks":null}"#.to_owned(), (0, 0)),
            (r#"prompt "Hi" Some("u")"#.to_owned(), (0, 0)),
            (r#"answer hook_callback h 1 {"subtype":"success","request_id":"c2","response":{ }}"#.to_owned(), (0, 3)),
            (r#"interrupt {"subtype":"interrupt"}"#.to_owned(), (0, 3)),
            ("raw nonsense".to_owned(), (1, 0)),
            ("SIGTERM".to_owned(), (1, 0)),
            ("eof".to_owned(), (1, 0)),
        ]
    );
    assert_eq!(script.steps()[2].event, 7);
    assert!(Position::default() < script.steps()[2].position);
}

#[test]
fn lines_that_no_session_writes_are_named() {
    let user = r#"{"us":0,"in":{"type":"user","message":{"role":"user","content":"Hi"}}}"#;
    let result = r#"{"us":0,"out":{"type":"result"}}"#;
    for (events, why) in [
        (
            vec![user, INITIALIZE],
            Some("event 1: the first thing written is not an initialize request"),
        ),
        (vec![], Some("event 1: the first thing written is not an initialize request")),
        (
            vec![INITIALIZE, user, user],
            Some("event 3: a prompt before the result of the one before it"),
        ),
        (vec![INITIALIZE, user, result, user, result], None),
        (
            vec![INITIALIZE, r#"{"us":0,"in":"nonsense","as":"text"}"#],
            Some("event 2: not a line that a session writes: nonsense"),
        ),
        (
            vec![INITIALIZE, r#"{"us":0,"in":{"type":"user"}}"#],
            Some("event 2: a prompt without content"),
        ),
        (vec![INITIALIZE, r#"{"us":0,"signal":"SIGINT"}"#], None),
        (
            vec![
                INITIALIZE,
                r#"{"us":0,"in":{"type":"control_response","response":{"request_id":"?"}}}"#,
            ],
            Some("event 2: an answer without a request"),
        ),
    ] {
        let actual = script(&events.join("\n")).writable_by_session();
        assert_eq!(actual.err().map(|why| why.to_string()).as_deref(), why, "{events:?}");
    }
}

#[test]
fn a_session_writes_only_stream_json() {
    let with_argv = |argv: &str| {
        let file = format!(
            "{{\"claude-wire\":\"recording\",\"version\":1,\"argv\":{argv}}}\n{INITIALIZE}\n"
        );
        HostScript::from_recording(&Recording::from_bytes(file.as_bytes()).unwrap())
            .writable_by_session()
    };
    assert!(with_argv(r#"["--input-format","stream-json","--output-format=stream-json"]"#).is_ok());
    let error = with_argv(r#"["-p","--output-format","stream-json"]"#).unwrap_err();
    assert_eq!(error.to_string(), "the launch has no --input-format stream-json");
}

#[test]
fn all_recordings_but_eleven_are_writable() {
    let mut not = Vec::new();
    for path in project::files(&project::recordings()) {
        let script = HostScript::from_recording(&Recording::open(&path).unwrap());
        if let Err(why) = script.writable_by_session() {
            not.push(format!("{}: {why}", path.file_stem().unwrap().to_string_lossy()));
        }
    }
    not.sort();
    assert_eq!(
        not,
        [
            "eof-mid-turn: event 1: the first thing written is not an initialize request",
            "mcp-cancelled: event 29: a prompt before the result of the one before it",
            "queued-prompts: event 11: a prompt before the result of the one before it",
            "rate-limits: event 1: the first thing written is not an initialize request",
            "sigterm: event 1: the first thing written is not an initialize request",
            "steer-early: event 7: a prompt before the result of the one before it",
            "steer-interrupt: event 8: a prompt before the result of the one before it",
            "steer-now: event 7: a prompt before the result of the one before it",
            "steer-question: event 9: a prompt before the result of the one before it",
            "steer-text: event 7: a prompt before the result of the one before it",
            "steer-tool: event 8: a prompt before the result of the one before it",
        ]
    );
}
