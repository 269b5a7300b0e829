//! A program that launches the stand-in more than once, on a folder of recordings.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::support::{STREAMS, TOOL, mock, read_lines, run, spawn, text};
use claude_wire::player::RunFolder;
use claude_wire::recording::{Event, EventKind, Header, RecordedExit, Recording, Stream};

fn user(prompt: &str) -> String {
    serde_json::json!({"type": "user", "message": {"role": "user", "content": prompt}}).to_string()
}

fn result(answer: &str) -> String {
    format!(r#"{{"type":"result","subtype":"success","is_error":false,"result":"{answer}"}}"#)
}

fn recording(kinds: impl IntoIterator<Item = EventKind>) -> Recording {
    let mut recording = Recording::new(Header::new());
    recording.events = kinds.into_iter().map(|kind| Event::new(1, kind)).collect();
    recording
}

/// A launch with one prompt.
fn one_prompt(prompt: &str, answer: &str) -> Recording {
    recording([
        EventKind::In(user(prompt).as_str().into()),
        EventKind::Out(result(answer).as_str().into()),
        EventKind::Eof(Stream::In),
        EventKind::Exit(RecordedExit::code(0)),
    ])
}

/// A folder with these recordings, and a folder for the run.
struct Setup {
    folder: tempfile::TempDir,
}

impl Setup {
    fn new(recordings: &[Recording]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("recordings")).unwrap();
        for (number, recording) in (1..).zip(recordings) {
            let name = format!("recordings/{number:03}.jsonl");
            recording.save(folder.path().join(name)).unwrap();
        }
        Self { folder }
    }

    fn two() -> Self {
        Self::new(&[one_prompt("one", "first"), one_prompt("two", "second")])
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// A launch that shares nothing.
    fn alone(&self) -> Command {
        let mut command = mock(&STREAMS);
        command.env("CLAUDE_WIRE_REPLAY", self.path("recordings"));
        command
    }

    /// A launch of the run.
    fn launch(&self) -> Command {
        let mut command = self.alone();
        command.env("CLAUDE_WIRE_RUN", self.path("run"));
        command
    }

    fn ask(&self, prompt: &str) -> Output {
        run(&mut self.launch(), format!("{}\n", user(prompt)).as_bytes())
    }

    fn report(&self) -> Output {
        report(&self.path("run"))
    }
}

fn report(run: &Path) -> Output {
    Command::new(TOOL).arg("report").arg(run).output().unwrap()
}

#[test]
fn each_launch_of_a_run_gets_the_recording_with_its_prompt() {
    for order in [["one", "two"], ["two", "one"]] {
        let setup = Setup::two();
        for prompt in order {
            let output = setup.ask(prompt);
            let answer = if prompt == "one" { "first" } else { "second" };
            assert_eq!(text(&output.stdout), format!("{}\n", result(answer)));
            assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
        }
        let report = setup.report();
        let says = text(&report.stdout);
        assert_eq!(report.status.code(), Some(0), "{says}");
        let first = if order[0] == "one" { "001" } else { "002" };
        assert!(
            says.starts_with(&format!(
                "launch 1: {first}.jsonl, played=2 matched=2, exit code 0\n"
            )),
            "{says}"
        );
        assert!(says.contains("divergences=0 left=0"), "{says}");
        RunFolder::open(setup.path("run")).unwrap().assert_finished();
    }
}

#[test]
fn a_replay_only_reads_the_recordings() {
    let setup = Setup::two();
    let before = listing(&setup.path("recordings"));
    setup.ask("one");
    setup.ask("three");
    assert_eq!(listing(&setup.path("recordings")), before);
}

/// The files of a folder with their contents.
fn listing(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.display().to_string(), fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn a_launch_without_a_recording_differs() {
    let setup = Setup::two();
    assert_eq!(setup.ask("one").status.code(), Some(0));
    for (prompt, says) in [
        ("one", "001.jsonl: prompt \"one\", used by another launch"),
        ("three", "expected: prompt \"two\""),
    ] {
        let output = setup.ask(prompt);
        assert_eq!(output.status.code(), Some(70));
        assert!(text(&output.stderr).contains(says), "{output:?}");
    }
    let report = setup.report();
    let shown = text(&report.stdout);
    assert_eq!(report.status.code(), Some(1), "{shown}");
    for part in [
        "launch 1: 001.jsonl",
        "launch 2: no recording",
        "exit code 70",
        "expected: prompt \"two\"",
        "divergences=2 left=1",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn a_recording_that_no_launch_used_is_left() {
    let setup = Setup::two();
    setup.ask("one");
    let report = setup.report();
    assert_eq!(report.status.code(), Some(1));
    assert!(text(&report.stdout).contains("left: 002.jsonl: prompt \"two\""), "{report:?}");
}

#[test]
fn without_a_run_every_launch_may_use_every_recording() {
    let setup = Setup::two();
    for prompt in ["two", "one", "two", "two"] {
        let input = format!("{}\n", user(prompt));
        let output = run(&mut setup.alone(), input.as_bytes());
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    let input = format!("{}\n", user("three"));
    assert_eq!(run(&mut setup.alone(), input.as_bytes()).status.code(), Some(70));
    assert!(!setup.path("run").exists());
}

#[test]
fn one_recording_is_a_run_of_one_launch() {
    let setup = Setup::two();
    let ask = |shared: bool| {
        let mut command = if shared { setup.launch() } else { setup.alone() };
        command.env("CLAUDE_WIRE_REPLAY", setup.path("recordings/001.jsonl"));
        run(&mut command, format!("{}\n", user("one")).as_bytes()).status.code()
    };
    assert_eq!([ask(false), ask(false)], [Some(0); 2], "nothing is shared");
    assert_eq!([ask(true), ask(true)], [Some(0), Some(70)]);
}

#[test]
fn launches_at_the_same_time_never_share_a_recording() {
    let recordings: Vec<_> = (0..5).map(|n| one_prompt("same", &format!("answer {n}"))).collect();
    let setup = Setup::new(&recordings);
    let mut launches: Vec<_> = (0..8).map(|_| spawn(&mut setup.launch())).collect();
    // All of them have started before the first prompt.
    for launch in &mut launches {
        let input = format!("{}\n", user("same"));
        launch.stdin.as_mut().unwrap().write_all(input.as_bytes()).unwrap();
    }
    let outputs: Vec<_> =
        launches.into_iter().map(|launch| launch.wait_with_output().unwrap()).collect();
    let mut answers: Vec<_> = outputs
        .iter()
        .filter(|output| output.status.code() == Some(0))
        .map(|output| text(&output.stdout))
        .collect();
    answers.sort();
    let expected: Vec<_> =
        (0..5).map(|n| format!("{}\n", result(&format!("answer {n}")))).collect();
    assert_eq!(answers, expected);
    let refused = outputs.iter().filter(|output| output.status.code() == Some(70));
    assert_eq!(refused.count(), 3);
    assert_eq!(RunFolder::open(setup.path("run")).unwrap().launches().unwrap().len(), 8);
}

#[test]
fn a_launch_that_was_killed_is_left() {
    let long = recording([
        EventKind::In(user("one").as_str().into()),
        EventKind::Out(result("first").as_str().into()),
        EventKind::In(user("more").as_str().into()),
        EventKind::Out(result("second").as_str().into()),
        EventKind::Eof(Stream::In),
        EventKind::Exit(RecordedExit::code(0)),
    ]);
    let setup = Setup::new(&[long]);
    let mut child = spawn(&mut setup.launch());
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    writeln!(stdin, "{}", user("one")).unwrap();
    read_lines(&mut stdout, 1);
    child.kill().unwrap();
    child.wait().unwrap();
    let report = setup.report();
    let says = text(&report.stdout);
    assert_eq!(report.status.code(), Some(1));
    assert!(says.contains("launch 1 of 001.jsonl has not ended"), "{says}");
}

/// As a session ends a CLI that does not end by itself: nothing of the recording is left.
#[test]
fn a_launch_that_is_killed_when_it_is_done_is_whole() {
    let killed = recording([
        EventKind::In(user("one").as_str().into()),
        EventKind::Out(result("first").as_str().into()),
        EventKind::Signal("SIGKILL".into()),
        EventKind::Exit(RecordedExit::signal("SIGKILL")),
    ]);
    let setup = Setup::new(&[killed]);
    let mut child = spawn(&mut setup.launch());
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    writeln!(stdin, "{}", user("one")).unwrap();
    read_lines(&mut stdout, 1);
    child.kill().unwrap();
    child.wait().unwrap();
    let report = setup.report();
    assert_eq!(report.status.code(), Some(0), "{}", text(&report.stdout));
}

/// The lines after the last result come a minute later, so that none of them is written before.
#[test]
fn a_launch_that_is_killed_after_its_last_result_is_whole() {
    let state = r#"{"type":"command_lifecycle","command_uuid":"u","state":"completed"}"#;
    let (first, said) = (result("first"), r#"{"type":"assistant"}"#);
    let (after, before) = ([first.as_str(), state], [said, first.as_str()]);
    for (lines, code) in [(after, 0), (before, 1)] {
        let mut long = recording([
            EventKind::In(user("one").as_str().into()),
            EventKind::Out(lines[0].into()),
            EventKind::Out(lines[1].into()),
            EventKind::Err("a warning".into()),
            EventKind::Eof(Stream::In),
            EventKind::Exit(RecordedExit::code(0)),
        ]);
        long.events[2].us = 60_000_000;
        let setup = Setup::new(&[long]);
        let mut child = spawn(setup.launch().env("CLAUDE_WIRE_SPEED", "1"));
        let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        writeln!(stdin, "{}", user("one")).unwrap();
        read_lines(&mut stdout, 1);
        child.kill().unwrap();
        child.wait().unwrap();
        let report = setup.report();
        assert_eq!(report.status.code(), Some(code), "{lines:?}: {}", text(&report.stdout));
    }
}

#[test]
fn a_run_plays_one_folder() {
    let setup = Setup::two();
    setup.ask("one");
    let other = Setup::two();
    let mut command = setup.launch();
    command.env("CLAUDE_WIRE_REPLAY", other.path("recordings"));
    let output = run(&mut command, b"");
    assert_eq!(output.status.code(), Some(78));
    assert!(text(&output.stderr).contains("use another run folder"), "{output:?}");
}

#[test]
fn a_run_of_rust_is_that_of_its_child_processes() {
    let setup = Setup::two();
    let folder = RunFolder::temporary(setup.path("recordings")).unwrap();
    let path = folder.path().to_owned();
    for prompt in ["two", "one"] {
        let mut command = mock(&STREAMS);
        command.envs(folder.env());
        let output = run(&mut command, format!("{}\n", user(prompt)).as_bytes());
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    folder.assert_finished();
    drop(folder);
    assert!(!path.exists(), "it is removed with its last handle");
}

#[test]
fn what_is_wrong_with_the_folders_is_named() {
    let setup = Setup::new(&[]);
    let output = run(&mut setup.launch(), b"");
    assert_eq!(output.status.code(), Some(78));
    assert!(text(&output.stderr).contains("no recording in this folder"), "{output:?}");

    let setup = Setup::two();
    fs::write(setup.path("run"), "a file").unwrap();
    let output = run(&mut setup.launch(), b"");
    assert_eq!(output.status.code(), Some(78));
    assert!(text(&output.stderr).contains("CLAUDE_WIRE_RUN: "), "{output:?}");
    assert_eq!(report(&setup.path("run")).status.code(), Some(2));

    let setup = Setup::two();
    fs::write(setup.path("recordings/001.jsonl"), "broken\n").unwrap();
    // The other one is played up to its prompt, which it is not.
    for (wrote, code) in [(String::new(), 70), (user("one"), 70), (user("two"), 0)] {
        let output = run(&mut setup.launch(), format!("{wrote}\n").as_bytes());
        assert_eq!(output.status.code(), Some(code), "{wrote}: {output:?}");
        let is_named = text(&output.stderr).contains("001.jsonl:1:");
        assert_eq!(is_named, code == 70, "{wrote}: {output:?}");
    }
    fs::write(setup.path("recordings/002.jsonl"), "broken\n").unwrap();
    let output = run(&mut setup.launch(), b"");
    assert_eq!(output.status.code(), Some(78));
    assert!(text(&output.stderr).contains("001.jsonl:1:"), "{output:?}");
}

#[test]
fn a_question_for_the_version_is_not_a_launch() {
    let setup = Setup::two();
    let mut command = mock(&["--version"]);
    command.env("CLAUDE_WIRE_REPLAY", setup.path("recordings"));
    command.env("CLAUDE_WIRE_RUN", setup.path("run"));
    assert!(command.stdin(Stdio::null()).output().unwrap().status.success());
    assert!(RunFolder::open(setup.path("run")).unwrap().launches().unwrap().is_empty());
}

#[test]
fn the_first_line_on_stderr_says_what_to_do() {
    let setup = Setup::two();
    let output = setup.ask("three");
    let stderr = text(&output.stderr);
    let first = stderr.lines().next().unwrap();
    assert!(
        first.starts_with("mock-claude: input differs from the recording; ")
            && first.ends_with("or record again"),
        "{stderr}"
    );
    let stdout = text(&output.stdout);
    assert!(stdout.contains(r#""claude_wire":{"divergence":{"kind":"mismatch""#), "{stdout}");
}

#[test]
fn the_report_of_each_launch_goes_to_a_file() {
    let setup = Setup::two();
    for prompt in ["one", "three"] {
        let mut command = setup.launch();
        command.env("CLAUDE_WIRE_REPORT", setup.path("report.txt"));
        run(&mut command, format!("{}\n", user(prompt)).as_bytes());
    }
    let reports = fs::read_to_string(setup.path("report.txt")).unwrap();
    assert!(reports.starts_with("replay: played=2 matched=2 divergences=0"), "{reports}");
    assert!(reports.contains("arrived: prompt \"three\""), "{reports}");
}

#[test]
fn the_last_launch_that_differed_is_explained() {
    let setup = Setup::two();
    let why = || Command::new(TOOL).arg("why").arg(setup.path("run")).output().unwrap();
    assert_eq!(why().status.code(), Some(2), "there is no run yet");
    setup.ask("one");
    assert_eq!(why().status.code(), Some(0));
    for prompt in ["three", "four"] {
        setup.ask(prompt);
    }
    let output = why();
    assert_eq!(output.status.code(), Some(1));
    let says = text(&output.stdout);
    for part in [
        "arguments: --print",
        "used: none of them",
        "arrived: prompt \"four\"",
        "expected: prompt \"two\"",
        "other recording: 001.jsonl: prompt \"one\", used by another launch",
    ] {
        assert!(says.contains(part), "{part}: {says}");
    }
}

/// A scenario whose turns go on in the launches of a run.
#[test]
fn the_turns_of_a_scenario_go_on_over_the_launches_of_a_run() {
    let setup = Setup::new(&[]);
    let scenario = r#"{"claude-wire":"scenario","version":1,"turns":[
        {"prompt":"one","reply":[{"text":"first"}]},{"prompt":"two","reply":[{"text":"second"}]}]}"#;
    fs::write(setup.path("scenario.json"), scenario).unwrap();
    let launch = |shared: bool, args: &[&str], prompt: &str| {
        let mut command = mock(&[&STREAMS[..], args].concat());
        command.env("CLAUDE_WIRE_SCENARIO", setup.path("scenario.json"));
        if shared {
            command.env("CLAUDE_WIRE_RUN", setup.path("run"));
        }
        run(&mut command, format!("{}\n", user(prompt)).as_bytes())
    };
    let session = |output: &Output| {
        let line = text(&output.stdout)
            .lines()
            .find(|line| line.contains("\"result\""))
            .unwrap()
            .to_owned();
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        line["session_id"].as_str().unwrap().to_owned()
    };
    let first = launch(true, &[], "one");
    assert_eq!(first.status.code(), Some(0), "{first:?}");
    assert!(text(&first.stdout).contains("first"));
    assert_eq!(setup.report().status.code(), Some(1), "a turn is left");
    let second = launch(true, &["--continue"], "two");
    assert!(text(&second.stdout).contains("second"), "{second:?}");
    assert_eq!(session(&first), session(&second));
    assert_eq!(setup.report().status.code(), Some(0), "{:?}", setup.report());
    let third = launch(true, &[], "three");
    assert_eq!(third.status.code(), Some(70), "only two turns are scripted");
    assert_eq!(setup.report().status.code(), Some(1));

    let alone = launch(false, &[], "one");
    assert_eq!(alone.status.code(), Some(70), "without a run all turns are this launch's");
    assert!(text(&alone.stdout).contains("first"), "{alone:?}");
    // The second launch of a program, and what to do.
    let second = launch(false, &[], "two");
    assert_eq!(second.status.code(), Some(70));
    assert!(!text(&second.stdout).contains("second"), "{second:?}");
    for output in [&alone, &second] {
        assert!(text(&output.stderr).contains("set CLAUDE_WIRE_RUN to a new folder"), "{output:?}");
    }
}

#[test]
fn without_a_run_each_launch_has_all_turns() {
    let setup = Setup::new(&[]);
    let turns = r#"{"prompt":"one","reply":[{"text":"first"}]},{"prompt":"two","reply":[{"text":"second"}]}"#;
    let scenario = |turns: String| {
        let scenario = format!(r#"{{"claude-wire":"scenario","version":1,{turns}}}"#);
        fs::write(setup.path("scenario.json"), scenario).unwrap();
    };
    let launch = || {
        let mut command = mock(&STREAMS);
        command.env("CLAUDE_WIRE_SCENARIO", setup.path("scenario.json"));
        run(&mut command, format!("{}\n{}\n", user("one"), user("two")).as_bytes())
    };
    scenario(format!(r#""turns":[{turns}]"#));
    for _ in 0..2 {
        let output = launch();
        let said = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert!(said.contains("first") && said.contains("second"), "{said}");
    }
    // Turns of launches cannot be those of one.
    scenario(format!(r#""launches":[[{turns}],[{turns}]]"#));
    let output = launch();
    assert_eq!(output.status.code(), Some(78), "{output:?}");
    let why = text(&output.stderr);
    assert!(why.contains("turns for 2 launches") && why.contains("set CLAUDE_WIRE_RUN"), "{why}");
    scenario(format!(r#""launches":[[{turns}]]"#));
    assert_eq!(launch().status.code(), Some(0));
}
