//! `mock-claude` in place of the real CLI, which it runs and records.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{
    MOCK, STREAMS, corpus, crossed, from_the_cli, mock, run, text, to_the_cli, version_line,
};
use claude_wire::recording::{EventKind, Integrity, Recording};
use claude_wire::session::Session;
use claude_wire::{Replay, testing};

fn cli(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/cli").join(name)
}

/// The stand-in in front of another that plays a recording of the corpus.
fn recording(args: &[&str], to: &Path) -> Command {
    let mut command = mock(args);
    command.env("CLAUDE_WIRE_RECORD_TO", to).env("CLAUDE_WIRE_REAL_CLI", cli("replays"));
    command.env("TEST_MOCK", MOCK).env("TEST_REPLAY", corpus("one-shot.jsonl"));
    command
}

#[test]
fn the_host_sees_the_real_cli_and_the_recording_is_the_same_session() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    let original = Recording::open(corpus("one-shot.jsonl")).unwrap();
    let output = run(&mut recording(&STREAMS, &path), &crossed(&original, to_the_cli));
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
    assert!(output.stdout == crossed(&original, from_the_cli), "other bytes");

    let again = Recording::open(&path).unwrap();
    assert_eq!(again.integrity(), &Integrity::Sealed);
    assert_eq!(again.header.argv.as_deref().unwrap(), STREAMS);
    for pick in [to_the_cli as fn(&EventKind) -> bool, from_the_cli] {
        assert!(
            crossed(&again, pick) == crossed(&original, pick),
            "the recording says something else"
        );
    }
}

#[test]
fn a_full_disk_ends_the_recording_and_loses_no_output() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    let original = Recording::open(corpus("one-shot.jsonl")).unwrap();
    // No file may be longer than 8 blocks: a write beyond that fails as one to a full disk does.
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\"", MOCK]).args(STREAMS);
    for (name, value) in recording(&STREAMS, &path).get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let output = run(&mut command, &crossed(&original, to_the_cli));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(output.stdout == crossed(&original, from_the_cli), "other bytes");
    let recorded = Recording::open(&path).unwrap();
    assert!(
        matches!(recorded.integrity(), Integrity::Truncated { .. }),
        "{:?}",
        recorded.integrity()
    );
    assert!(!recorded.events.is_empty() && recorded.events.len() < original.events.len());
}

#[test]
fn redaction_can_be_turned_off() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    let echo = folder.path().join("claude");
    fs::write(&echo, "#!/bin/sh\ncat\n").unwrap();
    fs::set_permissions(&echo, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let line = r#"{"type":"user","text":"mail ann@mail.example.org, API_KEY=a1b2c3d4e5"}"#;
    let record = |redact: Option<&str>| {
        let mut command = mock(&STREAMS);
        command.env("CLAUDE_WIRE_RECORD_TO", &path).env("CLAUDE_WIRE_REAL_CLI", &echo);
        redact.map(|value| command.env("CLAUDE_WIRE_REDACT", value));
        run(&mut command, format!("{line}\n").as_bytes())
    };
    for (redact, is_redacted) in
        [(None, true), (Some("on"), true), (Some(""), true), (Some("off"), false)]
    {
        let _ = fs::remove_file(&path);
        record(redact);
        let recording = Recording::open(&path).unwrap();
        let said = text(&crossed(&recording, to_the_cli));
        let clean = r#"{"type":"user","text":"mail user1@redacted.invalid, API_KEY=<secret:1>"}"#;
        assert_eq!(said.trim_end(), if is_redacted { clean } else { line }, "{redact:?}");
        assert_eq!(recording.header.redactions.is_some(), is_redacted);
    }
    let _ = fs::remove_file(&path);
    let output = record(Some("false"));
    assert_eq!(output.status.code(), Some(78));
    assert!(text(&output.stderr).contains("CLAUDE_WIRE_REDACT must be on or off"), "{output:?}");
    assert!(!path.exists());
}

#[tokio::test]
async fn a_recorded_session_replays_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    let session = Session::builder()
        .cli_path(testing::mock_claude().unwrap())
        .env("CLAUDE_WIRE_RECORD_TO", path.to_str().unwrap())
        .env("CLAUDE_WIRE_REAL_CLI", cli("replays").to_str().unwrap())
        .env("TEST_MOCK", MOCK)
        .env("TEST_REPLAY", corpus("one-shot.jsonl").to_str().unwrap())
        .start()
        .unwrap();
    let live = session.query("What is 2 + 2?").text().await.unwrap();
    assert!(session.stop().await.unwrap().unwrap().success());

    let replay = Replay::open(&path).unwrap();
    let session = Session::builder().transport(replay.clone()).start().unwrap();
    assert_eq!(session.query("What is 2 + 2?").text().await.unwrap(), live);
    session.stop().await.unwrap();
    replay.assert_finished();
}

#[test]
fn the_real_cli_is_started_as_the_stand_in_was() {
    let folder = tempfile::tempdir().unwrap();
    let cwd = folder.path().canonicalize().unwrap();
    let start = |command: &mut Command| {
        let command = command.args(["--no-such-flag", "a b", ""]).current_dir(&cwd).env_clear();
        let command = command
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("CLAUDECODE", "1")
            .env("NODE_OPTIONS", "x");
        let command = command
            .env("CLAUDE_WIRE_RECORD_TO", cwd.join("x.jsonl"))
            .env("CLAUDE_WIRE_REAL_CLI", cli("tells"));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        text(&output.stdout)
    };
    let straight = start(&mut Command::new(cli("tells")));
    assert!(straight.contains("a b\n") && straight.contains("CLAUDECODE=1"), "{straight}");
    assert_eq!(start(&mut Command::new(MOCK)), straight);
}

#[test]
fn each_launch_has_its_own_file_or_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let original = Recording::open(corpus("one-shot.jsonl")).unwrap();
    let input = crossed(&original, to_the_cli);
    for _ in 0..2 {
        assert!(
            run(&mut recording(&STREAMS, &folder.path().join("{n}.jsonl")), &input)
                .status
                .success()
        );
    }
    let (one, two) = (folder.path().join("1.jsonl"), folder.path().join("2.jsonl"));
    Recording::open(&two).unwrap().require_whole().unwrap();

    let before = fs::read(&one).unwrap();
    let output = run(&mut recording(&STREAMS, &one), &input);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(78), 0));
    assert!(text(&output.stderr).contains("{n}"), "{output:?}");
    assert_eq!(fs::read(&one).unwrap(), before);
}

#[test]
fn a_question_is_answered_by_the_real_cli_and_not_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    let output = run(&mut recording(&["--version"], &path), b"");
    assert_eq!((text(&output.stdout).as_str(), output.status.code()), (&*version_line(), Some(0)));
    assert!(!path.exists());
    // A journal has it.
    let journal = folder.path().join("journal.jsonl");
    let mut question = recording(&["--version"], &path);
    let output = run(question.env("CLAUDE_WIRE_JOURNAL", &journal), b"");
    assert_eq!((text(&output.stdout).as_str(), output.status.code()), (&*version_line(), Some(0)));
    let journal = fs::read_to_string(&journal).unwrap();
    for part in
        [r#""start":{"argv":["--version"]"#, version_line().trim_end(), r#""exit":{"code":0}"#]
    {
        assert!(journal.contains(part), "{part}: {journal}");
    }
    assert!(!path.exists());
}

#[test]
fn a_launch_that_cannot_be_recorded_is_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let (path, missing) = (folder.path().join("x.jsonl"), folder.path().join("no/x.jsonl"));
    let cases: [(&[(&str, &Path)], &str); 10] = [
        (&[("RECORD_TO", &path)], "CLAUDE_WIRE_RECORD_TO needs CLAUDE_WIRE_REAL_CLI"),
        (
            &[("RECORD_TO", &path), ("REAL_CLI", Path::new(""))],
            "CLAUDE_WIRE_RECORD_TO needs CLAUDE_WIRE_REAL_CLI",
        ),
        (
            &[("RECORD_TO", &path), ("RECORD", Path::new("once"))],
            "CLAUDE_WIRE_RECORD and CLAUDE_WIRE_RECORD_TO are both set",
        ),
        (
            &[("RECORD_TO", &path), ("DIALECT", Path::new("legacy"))],
            "CLAUDE_WIRE_DIALECT is for scenarios",
        ),
        (&[("RECORD_TO", &path), ("SEED", Path::new("7"))], "CLAUDE_WIRE_SEED is for faults"),
        (
            &[("REPLAY", &corpus("one-shot.jsonl")), ("FAULT", Path::new("cut"))],
            "CLAUDE_WIRE_FAULT",
        ),
        (&[("RECORD_TO", &path), ("REAL_CLI", Path::new(MOCK))], "names mock-claude itself"),
        (&[("RECORD_TO", &path), ("REAL_CLI", Path::new("/no/such/claude"))], "/no/such/claude"),
        (&[("RECORD_TO", &missing), ("REAL_CLI", Path::new("/bin/true"))], "no/x.jsonl"),
        (
            &[("RECORD_TO", &path), ("REPLAY", &path)],
            "CLAUDE_WIRE_REPLAY and CLAUDE_WIRE_RECORD_TO are both set",
        ),
    ];
    for (vars, says) in cases {
        let mut command = mock(&STREAMS);
        command
            .env_remove("CLAUDE_WIRE_REAL_CLI")
            .envs(vars.iter().map(|(name, value)| (format!("CLAUDE_WIRE_{name}"), value)));
        let output = run(&mut command, b"");
        assert!(text(&output.stderr).contains(says), "{vars:?}: {output:?}");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(78), 0), "{vars:?}");
        assert!(!path.exists(), "{vars:?}");
    }
}
