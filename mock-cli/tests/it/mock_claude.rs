//! `mock-claude` as a process: what it accepts, what it plays, how it ends.

use crate::support::{
    STREAMS, TOOL, corpus, crossed, from_the_cli, mock, read_lines, replaying, run, spawn, text,
    to_the_cli, version_line,
};
use claude_wire::recording::Recording;

#[test]
fn prints_its_version_without_a_recording_and_without_stdin() {
    for flag in ["--version", "-v", "-V"] {
        let output = mock(&[flag]).stdin(std::process::Stdio::null()).output().unwrap();
        assert_eq!(
            (text(&output.stdout).as_str(), output.status.code()),
            (&*version_line(), Some(0)),
            "{flag}"
        );
    }
}

#[test]
fn prints_the_version_of_its_recording() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.jsonl");
    let mut recording = Recording::open(corpus("one-shot.jsonl")).unwrap();
    recording.header.cli = Some("2.0.1".to_owned());
    recording.save(&path).unwrap();
    let output = mock(&["--version"]).env("CLAUDE_WIRE_REPLAY", &path).output().unwrap();
    assert_eq!(text(&output.stdout), "2.0.1 (Claude Code)\n");
    let output = mock(&["--version"]).env("CLAUDE_WIRE_REPLAY", "/no/such/file").output().unwrap();
    assert_eq!(text(&output.stdout), version_line());
}

/// A stream whose reader has gone.
fn closed() -> std::io::PipeWriter {
    let (_, writer) = std::io::pipe().unwrap();
    writer
}

#[test]
fn a_reader_that_has_gone_changes_no_exit_code() {
    let code = |command: &mut std::process::Command| {
        command.stdin(std::process::Stdio::null()).stderr(closed()).status().unwrap().code()
    };
    assert_eq!(code(mock(&STREAMS).stdout(closed())), Some(78));
    assert_eq!(code(mock(&["--no-such-flag"]).stdout(closed())), Some(1));
    for flag in ["--version", "--help"] {
        assert_eq!(code(mock(&[flag]).stdout(closed())), Some(0), "{flag}");
    }
    let recording = corpus("one-shot.jsonl");
    for (command, path, expected) in [
        ("show", "/no/such.jsonl", 2),
        ("verify", "/no/such.jsonl", 2),
        ("lint", recording.to_str().unwrap(), 0),
    ] {
        let mut tool = std::process::Command::new(TOOL);
        assert_eq!(code(tool.args([command, path]).stdout(closed())), Some(expected), "{command}");
    }
}

#[test]
fn plays_a_recording_byte_for_byte() {
    for name in ["one-shot.jsonl", "large-read.jsonl", "partial-messages.jsonl"] {
        let recording = Recording::open(corpus(name)).unwrap();
        let output = run(&mut replaying(name), &crossed(&recording, to_the_cli));
        assert_eq!(text(&output.stderr), "", "{name}");
        assert_eq!(output.status.code(), Some(0), "{name}");
        assert!(output.stdout == crossed(&recording, from_the_cli), "{name}: other bytes");
        assert!(
            text(&output.stdout).contains(std::env::current_dir().unwrap().to_str().unwrap()),
            "{name}: the live folder"
        );
    }
}

/// By default a program has time to handle the messages before a result.
#[test]
fn a_pause_comes_before_the_result() {
    let recording = Recording::open(corpus("one-shot.jsonl")).unwrap();
    let input = crossed(&recording, to_the_cli);
    for (pause, at_least) in [(None, 20), (Some("300"), 300)] {
        let mut command = mock(&STREAMS);
        command.env("CLAUDE_WIRE_REPLAY", corpus("one-shot.jsonl"));
        match pause {
            Some(pause) => command.env("CLAUDE_WIRE_PAUSE", pause),
            None => command.env_remove("CLAUDE_WIRE_PAUSE"),
        };
        let start = std::time::Instant::now();
        let output = run(&mut command, &input);
        assert!(start.elapsed() >= std::time::Duration::from_millis(at_least));
        assert!(output.stdout == crossed(&recording, from_the_cli), "{pause:?}: other bytes");
    }
    let output = run(mock(&STREAMS).env("CLAUDE_WIRE_PAUSE", "soon"), b"");
    assert_eq!(output.status.code(), Some(78));
    assert!(text(&output.stderr).contains("CLAUDE_WIRE_PAUSE must be"), "{}", text(&output.stderr));
}

#[test]
fn refuses_flags_of_the_sdk_and_unknown_ones_as_the_cli_does() {
    // The CLI knows no --cwd and no --timeout: they are options of SDKs.
    for (args, text_of) in [
        (["--cwd", "/tmp"], "error: unknown option '--cwd'\n"),
        (["--timeout", "5"], "error: unknown option '--timeout'\n"),
        (["--no-such-flag", ""], "error: unknown option '--no-such-flag'\n"),
        (["--modle", "opus"], "error: unknown option '--modle'\n(Did you mean --model?)\n"),
    ] {
        let output = run(
            mock(&STREAMS).args(args).env("CLAUDE_WIRE_REPLAY", corpus("one-shot.jsonl")),
            b"{}\n",
        );
        assert_eq!((text(&output.stderr).as_str(), output.status.code()), (text_of, Some(1)));
        assert_eq!(text(&output.stdout), "");
    }
    let recording = Recording::open(corpus("one-shot.jsonl")).unwrap();
    let mut lenient = mock(&STREAMS);
    lenient
        .args(["--cwd", "/tmp"])
        .env("CLAUDE_WIRE_LENIENT", "1")
        .env("CLAUDE_WIRE_REPLAY", corpus("one-shot.jsonl"));
    assert_eq!(run(&mut lenient, &crossed(&recording, to_the_cli)).status.code(), Some(0));
}

#[test]
fn ends_as_it_was_recorded() {
    for (name, code) in
        [("early-exit.jsonl", 1), ("api-error-401.jsonl", 1), ("three-turns.jsonl", 0)]
    {
        let recording = Recording::open(corpus(name)).unwrap();
        let output = run(&mut replaying(name), &crossed(&recording, to_the_cli));
        assert_eq!(output.status.code(), Some(code), "{name}: {}", text(&output.stderr));
    }
}

#[test]
fn different_input_ends_with_a_report_and_exit_code_70() {
    let recording = Recording::open(corpus("one-shot.jsonl")).unwrap();
    let input = text(&crossed(&recording, to_the_cli)).replace("2 + 2", "2 + 3");
    let output =
        run(mock(&STREAMS).env("CLAUDE_WIRE_REPLAY", corpus("one-shot.jsonl")), input.as_bytes());
    assert_eq!(output.status.code(), Some(70));
    let report = text(&output.stderr);
    assert!(
        report.contains("2 + 2") && report.contains("2 + 3") && report.contains("one-shot.jsonl"),
        "{report}"
    );
}

#[test]
fn missing_input_ends_with_a_report_and_exit_code_70() {
    let mut child = spawn(
        mock(&STREAMS)
            .env("CLAUDE_WIRE_REPLAY", corpus("one-shot.jsonl"))
            .env("CLAUDE_WIRE_IDLE_TIMEOUT", "0.1"),
    );
    // Its input stays open.
    let stdin = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    assert_eq!((output.status.code(), text(&output.stdout).lines().count()), (Some(70), 1));
    assert!(text(&output.stdout).contains(r#""claude_wire":{"divergence":{"kind":"stalled""#));
    let report = text(&output.stderr);
    assert!(
        report.contains("no input for 0.1 s")
            && report.contains("expected: control_request initialize"),
        "{report}"
    );
}

#[test]
fn with_nothing_to_play_it_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let (cut, other) = (folder.path().join("cut.jsonl"), folder.path().join("other.jsonl"));
    let whole = std::fs::read(corpus("one-shot.jsonl")).unwrap();
    std::fs::write(&cut, &whole[..whole.len() / 2]).unwrap();
    std::fs::write(&other, "{\"type\":\"user\"}\n").unwrap();
    let missing = folder.path().join("missing.jsonl");
    for (vars, says) in [
        (vec![], "set CLAUDE_WIRE_REPLAY"),
        (vec![("CLAUDE_WIRE_REPLAY", missing.as_path())], "missing.jsonl: No such file"),
        (vec![("CLAUDE_WIRE_REPLAY", cut.as_path())], "cut.jsonl: the recording is truncated"),
        (
            vec![("CLAUDE_WIRE_REPLAY", other.as_path())],
            "other.jsonl:1: not a claude-wire recording",
        ),
        (
            vec![("CLAUDE_WIRE_REPLAY", cut.as_path()), ("CLAUDE_WIRE_SCENARIO", cut.as_path())],
            "CLAUDE_WIRE_REPLAY and CLAUDE_WIRE_SCENARIO are both set",
        ),
        (vec![("CLAUDE_WIRE_SPEED", cut.as_path())], "CLAUDE_WIRE_SPEED must be a number"),
    ] {
        let output = run(mock(&STREAMS).envs(vars.clone()), b"");
        let stderr = text(&output.stderr);
        assert!(stderr.contains(says), "{vars:?}: {stderr}");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(78), 0), "{vars:?}");
    }
}

#[cfg(unix)]
#[test]
fn sigterm_ends_it_as_it_ends_the_cli() {
    use std::io::Write as _;

    let recording = Recording::open(corpus("three-turns.jsonl")).unwrap();
    let input = crossed(&recording, to_the_cli);
    let first = input.split_inclusive(|byte| *byte == b'\n').next().unwrap();
    let mut child = spawn(mock(&STREAMS).env("CLAUDE_WIRE_REPLAY", corpus("three-turns.jsonl")));
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    stdin.write_all(first).unwrap();
    assert!(read_lines(&mut stdout, 1).contains("control_response"));
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(143));
}

#[cfg(unix)]
#[test]
fn plays_a_death_by_signal() {
    use claude_wire::recording::{Event, EventKind, Header, RecordedExit, Recording};
    use std::os::unix::process::ExitStatusExt as _;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("killed.jsonl");
    let mut recording = Recording::new(Header::new());
    recording.events.push(Event::new(0, EventKind::Out("{\"type\":\"system\"}".into())));
    recording.events.push(Event::new(0, EventKind::Exit(RecordedExit::signal("SIGKILL"))));
    recording.save(&path).unwrap();
    let output = run(mock(&STREAMS).env("CLAUDE_WIRE_REPLAY", &path), b"");
    assert_eq!(text(&output.stdout), "{\"type\":\"system\"}\n");
    assert_eq!(output.status.signal(), Some(9));
}

#[test]
fn it_does_not_outlive_its_host() {
    // The host goes away in the middle: its ends of the pipes are closed, and no one is left to
    // kill anything.
    let mut child = spawn(mock(&STREAMS).env("CLAUDE_WIRE_REPLAY", corpus("three-turns.jsonl")));
    drop((child.stdin.take(), child.stdout.take(), child.stderr.take()));
    assert_eq!(child.wait().unwrap().code(), Some(70), "the recorded host went on");
}
