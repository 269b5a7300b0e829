//! `claude-wire verify`: recordings play to their end, or it says where they do not.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::captures::captures;
use crate::support::{TOOL, corpus, folder, text};
use claude_wire::recording::{Event, EventKind, Header, Payload, RecordedExit, Recording, Stream};

fn verify(args: &[&str], files: &[PathBuf]) -> Output {
    Command::new(TOOL).arg("verify").args(args).args(files).output().unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    files
}

fn count(stdout: &str, start: &str) -> usize {
    stdout.lines().filter(|line| line.starts_with(start)).count()
}

/// Saves a recording of these lines, `<` for stdout, `>` for stdin and `!` for a signal, or for the
/// end of input.
fn recorded(path: &Path, lines: &[&str]) {
    let mut recording = Recording::new(Header::new());
    for line in lines {
        let (way, line) = line.split_at(1);
        let kinds = match (way, line) {
            ("<", line) => vec![EventKind::Out(Payload::from(line))],
            (">", line) => vec![EventKind::In(Payload::from(line))],
            (_, "EOF") => vec![EventKind::Eof(Stream::In)],
            (_, signal) => {
                vec![
                    EventKind::Signal(signal.into()),
                    EventKind::Exit(RecordedExit::signal(signal)),
                ]
            }
        };
        recording.events.extend(kinds.into_iter().map(|kind| Event::new(1, kind)));
    }
    recording.save(path).unwrap();
}

const INITIALIZE: &str = r#">{"type":"control_request","request_id":"1","request":{"subtype":"initialize","hooks":{"PreToolUse":[{"hookCallbackIds":["cb"]}]}}}"#;
const READY: &str = r#"<{"type":"control_response","response":{"subtype":"success","request_id":"1","response":{"hooks_applied":true}}}"#;
const INIT: &str = r#"<{"type":"system","subtype":"init"}"#;
const SAID: &str =
    r#"<{"type":"assistant","message":{"content":[{"type":"text","text":"Hello"}]}}"#;
const RESULT: &str = r#"<{"type":"result","subtype":"success","num_turns":1,"result":"Hello"}"#;
const EMPTY: &str = r#"<{"type":"result","subtype":"success","num_turns":0,"result":""}"#;
const REPORT: &str =
    r#"<{"type":"system","subtype":"task_notification","task_id":"b","output_file":"/tmp/b"}"#;
const OWN: &str = r#"<{"type":"result","subtype":"success","num_turns":1,"result":"Note","origin":{"kind":"task-notification"}}"#;
const SET: &str =
    r#">{"type":"control_request","request_id":"2","request":{"subtype":"set_model","model":"m"}}"#;
const SET_DONE: &str =
    r#"<{"type":"control_response","response":{"subtype":"success","request_id":"2"}}"#;

fn prompt(text: &str) -> String {
    format!(r#">{{"type":"user","message":{{"role":"user","content":"{text}"}}}}"#)
}

fn hook(id: &str) -> String {
    format!(
        r#"<{{"type":"control_request","request_id":"{id}","request":{{"subtype":"hook_callback","callback_id":"cb","tool_use_id":"t","input":{{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{{}}}}}}}}"#
    )
}

fn cancel(id: &str) -> String {
    format!(r#"<{{"type":"control_cancel_request","request_id":"{id}"}}"#)
}

fn answer(id: &str) -> String {
    format!(
        r#">{{"type":"control_response","response":{{"subtype":"success","request_id":"{id}","response":{{}}}}}}"#
    )
}

/// Each of these is a good recording, and goes through a session within a second or two.
fn verify_all(cases: &[(&str, Vec<&str>)]) {
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<PathBuf> = cases
        .iter()
        .map(|(name, lines)| {
            let path = folder.path().join(format!("{name}.jsonl"));
            // No two lines of a CLI are equal: each has an id.
            let number = |(number, line): (usize, &&str)| match line.starts_with('<') {
                true => line.replacen('{', &format!(r#"{{"uuid":"{number}","#), 1),
                false => line.to_string(),
            };
            let lines: Vec<_> = lines.iter().enumerate().map(number).collect();
            let lines = [INITIALIZE, READY].into_iter().chain(lines.iter().map(|line| &**line));
            recorded(&path, &lines.collect::<Vec<_>>());
            path
        })
        .collect();
    let output = verify(&["--timeout", "20"], &files);
    let stdout = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{stdout}");
    assert_eq!(count(&stdout, "ok  session"), files.len(), "{stdout}");
}

#[test]
fn a_turn_without_a_prompt_is_not_the_result_of_one() {
    let (one, two, three, four) = (&*prompt("1"), &*prompt("2"), &*prompt("3"), &*prompt("4"));
    let turn = [INIT, SAID, RESULT];
    let own = [INIT, SAID, OWN];
    let first = [&[one], &turn[..], &[REPORT]].concat();
    let cases = [
        // The host took the result for that of its prompt, and wrote the next one.
        ("notice", [&first[..], &[two], &own[..], &[three], &turn, &turn].concat()),
        ("notice-alone", [&first[..], &own[..], &[two], &turn].concat()),
        ("two-notices", [&first[..], &[two], &own[..], &own, &[three], &turn, &turn].concat()),
        ("before-the-first", [&[REPORT, one], &own[..], &[two], &turn, &turn].concat()),
        (
            "three-behind",
            [&first[..], &[two], &own[..], &[three], &turn, &[four, INIT, EMPTY], &turn].concat(),
        ),
        (
            "a-setting-behind",
            [
                &first[..],
                &[two],
                &own[..],
                &[three, INIT, EMPTY, SET, SET_DONE],
                &turn,
                &[four],
                &turn,
            ]
            .concat(),
        ),
        ("empty", [&[one][..], &[INIT, EMPTY, two], &turn].concat()),
    ];
    verify_all(&cases);
}

#[test]
fn a_question_that_the_cli_cancels_needs_no_answer() {
    let (one, two) = (&*prompt("1"), &*prompt("2"));
    let (ask, cancelled) = ([hook("a"), hook("b"), hook("c")], [cancel("a"), cancel("b")]);
    let [a, b, c] = [&*ask[0], &*ask[1], &*ask[2]];
    let [not_a, not_b] = [&*cancelled[0], &*cancelled[1]];
    let (to_a, to_b, to_c) = (&*answer("a"), &*answer("b"), &*answer("c"));
    let end = [SAID, RESULT, two, INIT, SAID, RESULT];
    verify_all(&[
        ("cancelled", [&[one, INIT, a, not_a][..], &end].concat()),
        ("twice", [&[one, INIT, a, b, not_a, not_b][..], &end].concat()),
        ("answered-late", [&[one, INIT, a, not_a, to_a][..], &end].concat()),
        ("asked-again", [&[one, INIT, a, not_a, b, to_b][..], &end].concat()),
        ("the-second", [&[one, INIT, a, to_a, b, not_b, c, to_c][..], &end].concat()),
        ("between-turns", [&[one, INIT, SAID, RESULT, a, not_a, two][..], &end[3..]].concat()),
        ("before-its-turn", [&[one, a, not_a, INIT][..], &end].concat()),
        ("never-cancelled", [&[one, INIT, a][..], &end].concat()),
    ]);
}

#[test]
fn the_end_of_a_cli_is_played_through_a_session() {
    let one = &*prompt("1");
    let asks = hook("a");
    verify_all(&[
        ("killed", vec![one, INIT, SAID, "!SIGKILL"]),
        ("terminated", vec![one, INIT, "!SIGTERM"]),
        ("hung-up", vec![one, INIT, SAID, RESULT, "!SIGHUP"]),
        ("crashed", vec![one, "!SIGSEGV"]),
        ("while-it-asks", vec![one, INIT, &asks, "!SIGKILL"]),
        ("end-of-input", vec![one, "!EOF", INIT, SAID, RESULT]),
        ("end-of-input-in-its-midst", vec![one, INIT, "!EOF", SAID, RESULT]),
        ("end-of-input-while-it-asks", vec![one, INIT, &asks, "!EOF", SAID, RESULT]),
    ]);
}

#[test]
fn prompts_with_a_uuid_and_without_go_over_the_bare_streams() {
    let folder = tempfile::tempdir().unwrap();
    let named = |line: &str| line.replacen('{', r#"{"uuid":"p","#, 1);
    let (one, two) = (prompt("1"), prompt("2"));
    let (named_one, named_two) = (named(&one), named(&two));
    let turn = [INIT, SAID, RESULT];
    let cases = [(&*named_one, &*two, "first"), (&*one, &*named_two, "second")];
    let files: Vec<PathBuf> = cases
        .iter()
        .map(|(first, second, name)| {
            let path = folder.path().join(format!("{name}.jsonl"));
            let lines = [&[INITIALIZE, READY, first], &turn[..], &[second], &turn].concat();
            recorded(&path, &lines);
            path
        })
        .collect();
    let output = verify(&["--timeout", "20"], &files);
    let stdout = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{stdout}");
    assert_eq!(count(&stdout, "ok  streams"), 2, "{stdout}");
    assert!(stdout.contains("some prompts have a uuid and some have none"), "{stdout}");
}

#[test]
fn every_recording_of_the_project_verifies() {
    let files = files(&folder());
    let output = verify(&[], &files);
    let stdout = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{stdout}{}", text(&output.stderr));
    assert_eq!(count(&stdout, "ok  "), files.len(), "{stdout}");
    let bare = stdout.lines().filter_map(|line| {
        line.strip_prefix("ok  streams  ")?.rsplit('/').next()?.split('.').next()
    });
    let bare = bare.collect::<Vec<_>>();
    assert_eq!(
        bare,
        [
            "eof-mid-turn",
            "mcp-cancelled",
            "prompt-fields",
            "queued-prompts",
            "rate-limits",
            "sigterm",
            "steer-early",
            "steer-interrupt",
            "steer-now",
            "steer-question",
            "steer-text",
            "steer-tool"
        ],
        "the others go through a session"
    );
    assert!(stdout.contains("one-shot.jsonl  11 events, 1 turn\n"), "{stdout}");
}

#[test]
fn every_capture_imports_decodes_and_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let captures = captures();
    let mut recordings = Vec::new();
    for (number, capture) in captures.iter().enumerate() {
        let recording = folder.path().join(format!("{number}.jsonl"));
        let output = Command::new(TOOL)
            .arg("import")
            .arg(capture)
            .arg("-o")
            .arg(&recording)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}: {}", capture.display(), text(&output.stderr));
        recordings.push(recording);
    }
    let output = verify(&[], &recordings);
    let stdout = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{stdout}");
    let sessions = count(&stdout, "ok  session");
    assert!(sessions * 169 >= recordings.len() * 100, "too few go through a session: {stdout}");
}

#[test]
fn an_incomplete_file_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (edited, cut) = (folder.path().join("edited.jsonl"), folder.path().join("cut.jsonl"));
    let bytes = fs::read(corpus("one-shot.jsonl")).unwrap();
    fs::write(&edited, text(&bytes).replace("2 + 2", "2 + 3")).unwrap();
    fs::write(&cut, &bytes[..bytes.len() - 200]).unwrap();
    let output = verify(&[], &[edited, cut, corpus("one-shot.jsonl")]);
    let stdout = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{stdout}");
    assert!(
        stdout.contains("edited.jsonl") && stdout.contains("edited since it was sealed"),
        "{stdout}"
    );
    assert!(stdout.contains("truncated: no footer"), "{stdout}");
    assert_eq!((count(&stdout, "FAIL  file"), count(&stdout, "ok  session")), (2, 1), "{stdout}");
}

#[test]
fn a_wait_that_does_not_end_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("endless.jsonl");
    // The turn has no result, and the CLI no exit.
    recorded(
        &path,
        &[
            r#">{"type":"control_request","request_id":"1","request":{"subtype":"initialize"}}"#,
            r#"<{"type":"control_response","response":{"subtype":"success","request_id":"1"}}"#,
            r#">{"type":"user","message":{"role":"user","content":"Hi"}}"#,
            r#"<{"type":"system","subtype":"init"}"#,
        ],
    );
    let output = verify(&["--timeout", "0.2"], &[path]);
    let stdout = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{stdout}");
    assert!(
        stdout.contains("FAIL  session") && stdout.contains("hung: not at its end after 0.2 s"),
        "{stdout}"
    );
}

#[test]
fn reports_why_a_session_could_not_have_written_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bare.jsonl");
    recorded(
        &path,
        &[
            r#">{"type":"user","message":{"role":"user","content":"Hi"}}"#,
            r#"<{"type":"result"}"#,
            "<not json",
            "<{\"type\":",
        ],
    );
    let output = verify(&[], &[path]);
    let stdout = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{stdout}");
    assert!(
        stdout.contains("ok  streams") && stdout.contains("4 events, 1 turn, 1 broken line ("),
        "{stdout}"
    );
    assert!(stdout.contains("not an initialize request"), "{stdout}");
}

#[test]
fn an_unreadable_file_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let output = verify(&[], &[folder.path().join("missing.jsonl"), corpus("one-shot.jsonl")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stdout).starts_with("ok  session"));
    assert!(text(&output.stderr).contains("missing.jsonl: No such file"), "{output:?}");
    for timeout in ["0", "-1", "soon"] {
        assert_eq!(
            verify(&[&format!("--timeout={timeout}")], &[corpus("one-shot.jsonl")]).status.code(),
            Some(2)
        );
    }
}
