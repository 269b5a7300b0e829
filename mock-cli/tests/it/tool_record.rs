//! `claude-wire record`: a tee between a host and a program, byte for byte, and what happens when
//! things break.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use crate::support::{TOOL, read_lines, run, spawn, text};
use claude_wire::recording::{EventKind, Integrity, RecordedExit, Recording, Stream};
use tempfile::TempDir;

fn setup() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    (folder, path)
}

fn record(path: &Path, options: &[&str], command: &[&str]) -> Command {
    let mut tool = Command::new(TOOL);
    tool.arg("record").arg("-o").arg(path).args(options).arg("--").args(command);
    tool
}

fn sealed(path: &Path) -> Recording {
    let recording = Recording::open(path).unwrap();
    assert_eq!(recording.integrity(), &Integrity::Sealed);
    recording
}

/// All bytes of one stream.
fn bytes(recording: &Recording, stream: Stream) -> Vec<u8> {
    let lines = recording.events.iter().filter_map(|event| match (&event.kind, stream) {
        (EventKind::In(line), Stream::In)
        | (EventKind::Out(line), Stream::Out)
        | (EventKind::Err(line), Stream::Err) => Some(line.wire()),
        _ => None,
    });
    lines.flatten().collect()
}

fn last(recording: &Recording) -> &EventKind {
    &recording.events.last().unwrap().kind
}

fn signal(child: &Child, name: &str) {
    assert!(
        Command::new("kill")
            .args([&format!("-{name}"), &child.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
}

#[test]
fn the_help_shows_how_files_are_numbered() {
    let output = run(Command::new(TOOL).args(["record", "--help"]), b"");
    let help = text(&output.stdout);
    assert!(
        help.contains("to write; {n} in its name becomes")
            && help.contains("'runs/{n}.jsonl'")
            && !help.contains('\u{1b}'),
        "{help}"
    );
}

#[test]
fn every_byte_goes_through_and_into_the_recording() {
    let (_folder, path) = setup();
    let mut input = b"{\"type\":\"user\"}\r\n\n\xff\xfe \x00\n".to_vec();
    input.extend(std::iter::repeat_n(b"0123456789abcdef\n", 8_000).flatten());
    input.extend_from_slice(b"no end");
    let output = run(&mut record(&path, &[], &["sh", "-c", "tee /dev/stderr"]), &input);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        text(&output.stderr[..output.stderr.len().min(400)])
    );
    assert!(output.stdout == input && output.stderr == input, "other bytes");
    let recording = sealed(&path);
    for stream in [Stream::In, Stream::Out, Stream::Err] {
        assert!(bytes(&recording, stream) == input, "{stream:?}");
    }
    assert_eq!(last(&recording), &EventKind::Exit(RecordedExit::code(0)));
    assert_eq!(
        recording.header.argv.as_deref(),
        Some(&["-c".to_owned(), "tee /dev/stderr".to_owned()][..])
    );
}

#[test]
fn nothing_waits_for_the_end_of_a_line() {
    let (_folder, path) = setup();
    let mut child = spawn(&mut record(&path, &[], &["cat"]));
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    for piece in [&b"{\"half"[..], b"\xe2", b"\x82\xac", b" a line"] {
        stdin.write_all(piece).unwrap();
        let mut echo = vec![0; piece.len()];
        stdout.read_exact(&mut echo).unwrap();
        assert_eq!(echo, piece);
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
    assert_eq!(bytes(&sealed(&path), Stream::Out), "{\"half€ a line".as_bytes());
}

#[test]
fn secrets_do_not_reach_the_disk_by_default() {
    let (_folder, path) = setup();
    let said = b"ask ann@x.io about kolibri77 and swordfish7\n";
    let mut tool = record(&path, &["--secret-env", "A_PHRASE", "--cli", "2.1.329"], &["cat"]);
    let output = run(tool.env("A_PHRASE", "kolibri77").env("MY_TOKEN", "swordfish7"), said);
    assert_eq!(output.stdout, said, "the host sees what was said");
    let recording = sealed(&path);
    assert_eq!(
        text(&bytes(&recording, Stream::Out)),
        "ask user1@redacted.invalid about <secret:1> and <secret:2>\n"
    );
    assert_eq!(
        (recording.header.redactions, recording.header.cli.as_deref()),
        (Some(6), Some("2.1.329"))
    );
    let output = run(&mut record(&path, &["--force", "--no-scrub"], &["cat"]), said);
    assert!(output.status.success());
    assert_eq!(bytes(&sealed(&path), Stream::Out), said);
}

#[test]
fn it_ends_as_the_program_ended() {
    let (_folder, path) = setup();
    for (script, code, signal, exit) in [
        ("exit 7", Some(7), None, RecordedExit::code(7)),
        ("kill -KILL $$", None, Some(9), RecordedExit::signal("SIGKILL")),
        ("kill -TERM $$", Some(143), None, RecordedExit::signal("SIGTERM")),
        ("kill -ABRT $$", Some(134), None, RecordedExit::signal("SIGABRT")),
    ] {
        let output = run(&mut record(&path, &["--force"], &["sh", "-c", script]), b"");
        assert_eq!((output.status.code(), output.status.signal()), (code, signal), "{script}");
        assert_eq!(last(&sealed(&path)), &EventKind::Exit(exit), "{script}");
    }
}

#[test]
fn signals_are_passed_on_and_recorded() {
    for (name, number) in
        [("TERM", 15), ("INT", 2), ("HUP", 1), ("QUIT", 3), ("USR1", 10), ("USR2", 12)]
    {
        let (_folder, path) = setup();
        // `read` is a builtin, so the trap runs at once; stdin stays open.
        let script = format!(
            "trap 'echo {name}; exit $((40+{number}))' {name}; echo ready; while :; do read line || exit 1; done"
        );
        let mut child = spawn(&mut record(&path, &[], &["sh", "-c", &script]));
        let (stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        assert_eq!(read_lines(&mut stdout, 1), "ready\n");
        signal(&child, name);
        assert_eq!(read_lines(&mut stdout, 1), format!("{name}\n"));
        assert_eq!(child.wait().unwrap().code(), Some(40 + number), "{name}");
        drop(stdin);
        let recording = sealed(&path);
        let expected = EventKind::Signal(format!("SIG{name}"));
        assert_eq!(
            recording.events.iter().filter(|event| event.kind == expected).count(),
            1,
            "{name}"
        );
        assert_eq!(last(&recording), &EventKind::Exit(RecordedExit::code(40 + number)));
    }
}

#[test]
#[cfg(target_os = "linux")] // It has /dev/full.
fn a_full_disk_only_ends_the_recording() {
    let input = "a line\n".repeat(100_000);
    let output = run(
        &mut record(
            Path::new("/dev/full"),
            &["--force"],
            &["sh", "-c", "cat; echo bye >&2; exit 3"],
        ),
        input.as_bytes(),
    );
    assert_eq!(output.status.code(), Some(3), "the host must not notice");
    assert!(output.stdout == input.as_bytes());
    let stderr = text(&output.stderr);
    assert!(
        stderr.starts_with("bye\n")
            && stderr.contains("/dev/full: not recorded: ")
            && stderr.contains("No space left"),
        "{stderr}"
    );
}

#[test]
fn a_killed_recorder_leaves_a_readable_file_and_no_orphan() {
    let (_folder, path) = setup();
    let mut child = spawn(&mut record(&path, &[], &["sh", "-c", "echo $$; cat"]));
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let pid = read_lines(&mut stdout, 1).trim().to_owned();
    stdin.write_all(b"{\"a\":1}\n{\"b\":2}\n{\"cut").unwrap();
    assert_eq!(read_lines(&mut stdout, 2), "{\"a\":1}\n{\"b\":2}\n");
    // The disk is behind the streams; the event to wait for is in the file.
    while !fs::read_to_string(&path).unwrap().contains("\"out\":{\"b\":2}") {
        std::thread::yield_now();
    }
    signal(&child, "KILL");
    assert_eq!(child.wait().unwrap().signal(), Some(9));
    let mut rest = Vec::new();
    stdout.read_to_end(&mut rest).unwrap();
    while Path::new("/proc").join(&pid).exists() {
        std::thread::yield_now();
    }
    let recording = Recording::open(&path).unwrap();
    assert!(
        matches!(recording.integrity(), Integrity::Truncated { .. }),
        "{:?}",
        recording.integrity()
    );
    assert_eq!(bytes(&recording, Stream::In), b"{\"a\":1}\n{\"b\":2}\n");
    assert_eq!(recording.header.redactions, None);
}

#[test]
fn the_program_sees_that_its_host_closed_the_pipe() {
    let (_folder, path) = setup();
    let mut child = spawn(&mut record(&path, &[], &["sh", "-c", "while echo y; do :; done"]));
    let mut stdout = child.stdout.take().unwrap();
    assert_eq!(read_lines(&mut stdout, 2), "y\ny\n");
    drop(stdout);
    // SIGPIPE ended it: nothing else would.
    assert_eq!(child.wait().unwrap().code(), Some(141));
    assert_eq!(last(&sealed(&path)), &EventKind::Exit(RecordedExit::signal("SIGPIPE")));
}

#[test]
fn the_host_sees_that_the_program_closed_its_output() {
    let (_folder, path) = setup();
    let mut child =
        spawn(&mut record(&path, &[], &["sh", "-c", "echo last; exec >&-; read line; exit 5"]));
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut said = String::new();
    stdout.read_to_string(&mut said).unwrap();
    assert_eq!(said, "last\n");
    stdin.write_all(b"go\n").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(5));
    let recording = sealed(&path);
    let kinds: Vec<_> = recording.events.iter().map(|event| &event.kind).collect();
    assert!(kinds.contains(&&EventKind::Eof(Stream::Out)), "{kinds:?}");
}

#[test]
fn a_process_left_behind_does_not_delay_the_end() {
    let (_folder, path) = setup();
    // In its own session it outlives the program, and keeps both streams open.
    let mut child =
        spawn(&mut record(&path, &[], &["sh", "-c", "setsid sleep 60 & echo $!; exit 6"]));
    let pid = read_lines(child.stdout.as_mut().unwrap(), 1);
    assert_eq!(child.wait().unwrap().code(), Some(6));
    assert_eq!(last(&sealed(&path)), &EventKind::Exit(RecordedExit::code(6)));
    assert!(
        Command::new("kill").arg(pid.trim()).status().unwrap().success(),
        "it was there all the time"
    );
}

#[test]
fn nothing_is_overwritten_and_nothing_runs_that_cannot_be_recorded() {
    let (folder, path) = setup();
    let mark = folder.path().join("ran");
    let script = format!("touch {}", mark.display());
    fs::write(&path, "precious").unwrap();
    let output = run(&mut record(&path, &[], &["sh", "-c", &script]), b"");
    assert_eq!(
        (output.status.code(), fs::read_to_string(&path).unwrap().as_str()),
        (Some(2), "precious")
    );
    assert!(text(&output.stderr).contains("--force"), "{output:?}");
    let output =
        run(&mut record(&folder.path().join("no/x.jsonl"), &[], &["sh", "-c", &script]), b"");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("no/x.jsonl"), "{output:?}");
    assert!(!mark.exists(), "it was run all the same");
    assert!(run(&mut record(&path, &["--force"], &["sh", "-c", &script]), b"").status.success());
    sealed(&path);
}

#[test]
fn a_program_that_cannot_be_started_leaves_no_file() {
    let (folder, path) = setup();
    for program in ["no-such-program", "/no/such/program"] {
        let output = run(&mut record(&path, &[], &[program]), b"");
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(program), "{output:?}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn numbered_names_go_on() {
    let (folder, _) = setup();
    for _ in 0..3 {
        assert!(
            run(&mut record(&folder.path().join("{n}.jsonl"), &[], &["true"]), b"")
                .status
                .success()
        );
    }
    ["1.jsonl", "2.jsonl", "3.jsonl"]
        .iter()
        .for_each(|name| drop(sealed(&folder.path().join(name))));
}

#[test]
fn remaining_folders_of_the_host_are_warned_of_at_the_end() {
    let (folder, path) = setup();
    let project = folder.path().join("project");
    fs::create_dir(&project).unwrap();
    let project = project.canonicalize().unwrap();
    let said = |text: &str| {
        let command = format!("echo '{text}'; echo \"$PWD/a $HOME/b\" >&2");
        let mut tool = record(&path, &["--force"], &["sh", "-c", &command]);
        tool.current_dir(&project).env("HOME", "/srv/me/home").env("PWD", &project);
        let output = run(&mut tool, b"");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert_eq!(text.to_owned() + "\n", crate::support::text(&output.stdout));
        sealed(&path);
        crate::support::text(&output.stderr)
    };
    let own = format!("{}/a /srv/me/home/b\n", project.display());
    assert_eq!(said("in the folders of the launch"), own, "which are variables");
    let warned = said(r#"{"type":"result","result":"read /srv/other/secret/x and /data/y/z"}"#);
    let warning = format!(
        "{own}claude-wire: warning: {}: folders of the host are still in it: /data/y, /srv/other; `claude-wire scrub",
        path.display()
    );
    assert!(warned.starts_with(&warning), "{warned}");
}
