//! Whether the stand-in replays or records the launches of a run.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::{TOOL, mock, run, text};
use claude_wire::recording::{Recording, recordings_in};

/// A CLI that answers text, and folders for a run.
struct Setup {
    folder: tempfile::TempDir,
}

impl Setup {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let setup = Self { folder };
        setup.answers("one");
        setup
    }

    /// From now on the CLI answers with this word.
    fn answers(&self, word: &str) {
        let cli = self.path("claude");
        fs::write(&cli, format!("#!/bin/sh\nread prompt\necho \"{word}: $prompt\"\n")).unwrap();
        fs::set_permissions(&cli, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A launch in this mode, of the run of this name.
    fn command(&self, mode: &str, run: &str) -> Command {
        let mut command = mock(&["-p"]);
        command.env_remove("CI");
        command.env("CLAUDE_WIRE_REPLAY", self.path("recordings"));
        command.env("CLAUDE_WIRE_REAL_CLI", self.path("claude"));
        command.env("CLAUDE_WIRE_RECORD", mode).env("CLAUDE_WIRE_RUN", self.path(run));
        command
    }

    fn ask(&self, mode: &str, run_folder: &str, prompt: &str) -> Output {
        run(&mut self.command(mode, run_folder), format!("{prompt}\n").as_bytes())
    }

    fn says(&self, mode: &str, run: &str, prompt: &str) -> String {
        let output = self.ask(mode, run, prompt);
        assert!(output.status.success(), "{output:?}");
        text(&output.stdout)
    }

    fn keep(&self, run: &str) -> Output {
        Command::new(TOOL).args(["report", "--keep"]).arg(self.path(run)).output().unwrap()
    }

    fn recordings(&self) -> Vec<String> {
        names(&self.path("recordings"))
    }
}

fn names(folder: &Path) -> Vec<String> {
    let found = recordings_in(folder).unwrap_or_default();
    found.iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn once_records_a_run_that_is_kept_and_then_replays() {
    let setup = Setup::new();
    assert_eq!(setup.says("once", "first", "a"), "one: a\n");
    assert_eq!(setup.says("once", "first", "b"), "one: b\n");
    assert!(!setup.path("recordings").exists(), "the test has not passed yet");
    assert_eq!(names(&setup.path("first/recordings")), ["001.jsonl", "002.jsonl"]);
    let kept = setup.keep("first");
    assert!(kept.status.success() && text(&kept.stdout).contains("kept "), "{kept:?}");
    assert_eq!(setup.recordings(), ["001.jsonl", "002.jsonl"]);
    assert_eq!(names(&setup.path("first/recordings")), [""; 0]);

    setup.answers("two");
    assert_eq!(setup.says("once", "second", "b"), "one: b\n");
    assert_eq!(setup.says("none", "third", "a"), "one: a\n");
    let output = setup.ask("once", "second", "c");
    assert_eq!(output.status.code(), Some(70), "no launch is added to a recorded run: {output:?}");
}

/// A recording that appears in the middle of the run does not change what its launches do.
#[test]
fn the_first_launch_of_a_run_decides() {
    let setup = Setup::new();
    setup.says("once", "run", "a");
    fs::create_dir(setup.path("recordings")).unwrap();
    fs::copy(setup.path("run/recordings/001.jsonl"), setup.path("recordings/001.jsonl")).unwrap();
    setup.answers("two");
    assert_eq!(setup.says("once", "run", "a"), "two: a\n", "recorded, too");
    assert_eq!(setup.says("once", "other", "a"), "one: a\n", "another run replays");
}

#[test]
fn rewrite_records_again_and_replaces_what_was_there() {
    let setup = Setup::new();
    for prompt in ["a", "b"] {
        setup.says("once", "first", prompt);
    }
    setup.keep("first");
    fs::write(setup.path("recordings/rules.json"), "{}").unwrap();
    setup.answers("two");
    assert_eq!(setup.says("rewrite", "second", "c"), "two: c\n");
    assert_eq!(setup.recordings(), ["001.jsonl", "002.jsonl"], "not before it is kept");
    assert!(setup.keep("second").status.success());
    assert_eq!(setup.recordings(), ["001.jsonl"]);
    assert!(setup.path("recordings/rules.json").exists(), "other files stay");
    assert_eq!(setup.says("none", "third", "c"), "two: c\n");
}

#[test]
fn passthrough_neither_replays_nor_records() {
    let setup = Setup::new();
    setup.says("once", "first", "a");
    setup.keep("first");
    setup.answers("two");
    let before = fs::read(setup.path("recordings/001.jsonl")).unwrap();
    assert_eq!(setup.says("passthrough", "second", "x"), "two: x\n");
    let mut command = setup.command("passthrough", "second");
    command.env_remove("CLAUDE_WIRE_RUN").env("CI", "1");
    assert_eq!(text(&run(&mut command, b"y\n").stdout), "two: y\n", "it needs no run");
    assert_eq!(fs::read(setup.path("recordings/001.jsonl")).unwrap(), before);
    assert_eq!(names(&setup.path("second/recordings")), [""; 0]);
}

#[test]
fn a_build_server_records_only_on_request() {
    let setup = Setup::new();
    for mode in ["once", "rewrite"] {
        let mut command = setup.command(mode, "run");
        command.env("CI", "true");
        let output = run(&mut command, b"a\n");
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(78), ""));
        assert!(text(&output.stderr).contains("CLAUDE_WIRE_RECORD_IN_CI=1"), "{output:?}");
        command.env("CLAUDE_WIRE_RECORD_IN_CI", "1");
        assert_eq!(text(&run(&mut command, b"a\n").stdout), "one: a\n", "{mode}");
    }
    // What is recorded by name is not refused.
    let mut command = setup.command("none", "run");
    command.env("CI", "true").env_remove("CLAUDE_WIRE_RECORD").env_remove("CLAUDE_WIRE_REPLAY");
    command.env("CLAUDE_WIRE_RECORD_TO", setup.path("to"));
    assert_eq!(text(&run(&mut command, b"a\n").stdout), "one: a\n");
}

#[test]
fn what_was_cut_off_is_not_kept() {
    let setup = Setup::new();
    setup.says("once", "run", "a");
    let path = setup.path("run/recordings/001.jsonl");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let output = setup.keep("run");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("001.jsonl"), "{output:?}");
    assert!(!setup.path("recordings").exists());
}

#[test]
fn a_folder_to_record_to_gets_one_recording_for_each_launch() {
    let setup = Setup::new();
    for prompt in ["a", "b"] {
        let mut command = setup.command("none", "run");
        command.env_remove("CLAUDE_WIRE_RECORD").env_remove("CLAUDE_WIRE_REPLAY");
        command.env_remove("CLAUDE_WIRE_RUN");
        command.env("CLAUDE_WIRE_RECORD_TO", setup.path("new/folder"));
        let output = run(&mut command, format!("{prompt}\n").as_bytes());
        assert_eq!(text(&output.stdout), format!("one: {prompt}\n"));
    }
    let folder = setup.path("new/folder");
    assert_eq!(names(&folder), ["001.jsonl", "002.jsonl"]);
    for name in names(&folder) {
        Recording::open(folder.join(name)).unwrap().require_whole().unwrap();
    }
}

#[test]
fn the_journal_works_while_the_real_cli_runs() {
    let setup = Setup::new();
    for (mode, folder) in [("once", "a"), ("passthrough", "b")] {
        let journal = setup.path(&format!("{mode}.journal"));
        let mut command = setup.command(mode, folder);
        command.env("CLAUDE_WIRE_JOURNAL", &journal);
        assert_eq!(text(&run(&mut command, b"secret\n").stdout), "one: secret\n");
        let journal = fs::read_to_string(&journal).unwrap();
        for part in [
            r#""start":{"argv":["-p"]"#,
            r#""in":"secret","as":"text""#,
            r#""out":"one: secret","as":"text""#,
            r#""eof":"in""#,
            r#""exit":{"code":0}"#,
        ] {
            assert!(journal.contains(part), "{mode}: {part}: {journal}");
        }
    }
}
