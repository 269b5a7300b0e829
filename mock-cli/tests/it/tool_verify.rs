//! `claude-wire verify`: recordings play to their end, or it says where not.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::captures::captures;
use crate::support::{TOOL, corpus, folder, text};
use claude_wire::recording::{Event, EventKind, Header, Payload, Recording};

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

/// Saves a recording of these lines, `<` for stdout and `>` for stdin.
fn recorded(path: &Path, lines: &[&str]) {
    let mut recording = Recording::new(Header::new());
    for line in lines {
        let (way, line) = line.split_at(1);
        let payload = Payload::from(line);
        let kind = if way == "<" { EventKind::Out(payload) } else { EventKind::In(payload) };
        recording.events.push(Event::new(1, kind));
    }
    recording.save(path).unwrap();
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
    let killed = [
        "early-exit",
        "eof-mid-turn",
        "killed-mid-tool",
        "queued-prompts",
        "resume-after-kill",
        "sigterm",
    ];
    assert_eq!(bare.collect::<Vec<_>>(), killed, "the others go through a session");
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
fn a_file_that_is_not_whole_is_found() {
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
fn says_why_a_session_could_not_have_written_it() {
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
fn a_file_that_cannot_be_read_does_not_keep_the_others() {
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
