//! What is known of a launch afterwards: also where it was killed for its answer, had nothing to play, or
//! was one too many; and of a folder that is not that of a run.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use claude_wire::player::RunFolder;
use claude_wire::recording::{Event, EventKind, Header, RecordedExit, Recording, Stream};
use serde_json::json;

use crate::support::{STREAMS, TOOL, mock, run, spawn, text};

fn user(prompt: &str) -> String {
    json!({"type": "user", "message": {"role": "user", "content": prompt}}).to_string()
}

fn one_prompt(prompt: &str) -> Recording {
    let result = r#"{"type":"result","subtype":"success","is_error":false,"result":"done"}"#;
    let mut recording = Recording::new(Header::new());
    for kind in [
        EventKind::In(user(prompt).as_str().into()),
        EventKind::Out(result.into()),
        EventKind::Eof(Stream::In),
        EventKind::Exit(RecordedExit::code(0)),
    ] {
        recording.events.push(Event::new(1, kind));
    }
    recording
}

/// What a test plays, and its run folder.
struct Setup {
    folder: tempfile::TempDir,
    /// The variable that names what is played.
    plays: (&'static str, &'static str),
}

impl Setup {
    /// A folder with a recording for each prompt.
    fn recorded(prompts: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("recordings")).unwrap();
        for (number, prompt) in (1..).zip(prompts) {
            let name = format!("recordings/{number:03}.jsonl");
            one_prompt(prompt).save(folder.path().join(name)).unwrap();
        }
        Self { folder, plays: ("CLAUDE_WIRE_REPLAY", "recordings") }
    }

    /// One of these recordings alone.
    fn one_of(self, name: &'static str) -> Self {
        Self { plays: ("CLAUDE_WIRE_REPLAY", name), ..self }
    }

    /// A scenario with turns for each launch, one prompt each; with one launch, for all launches.
    fn scripted(prompts: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let turn = |prompt: &&str| json!([{"prompt": prompt, "reply": "done"}]);
        let turns: Vec<_> = prompts.iter().map(turn).collect();
        let key = if turns.len() == 1 { "turns" } else { "launches" };
        let value = if turns.len() == 1 { turns[0].clone() } else { json!(turns) };
        let scenario = json!({"claude-wire": "scenario", "version": 2, key: value});
        fs::write(folder.path().join("scenario.json"), scenario.to_string()).unwrap();
        Self { folder, plays: ("CLAUDE_WIRE_SCENARIO", "scenario.json") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn launch(&self, args: &[&str]) -> Command {
        let mut command = mock(args);
        command.env(self.plays.0, self.path(self.plays.1));
        command.env("CLAUDE_WIRE_RUN", self.path("run"));
        command
    }

    fn ask(&self, prompt: &str) -> Output {
        run(&mut self.launch(&STREAMS), format!("{}\n", user(prompt)).as_bytes())
    }

    /// What a command says about the run, and its exit code.
    fn says(&self, command: &str) -> (String, Option<i32>) {
        let output = tool(command, &self.path("run"));
        (text(&output.stdout) + &text(&output.stderr), output.status.code())
    }
}

fn tool(command: &str, folder: &Path) -> Output {
    Command::new(TOOL).arg(command).arg(folder).output().unwrap()
}

/// Many programs kill the CLI as soon as it reports an error.
#[test]
fn a_launch_that_is_killed_for_its_divergence_is_reported() {
    for setup in [
        || Setup::recorded(&["one", "two"]),
        || Setup::recorded(&["one"]).one_of("recordings/001.jsonl"),
        || Setup::recorded(&[]).one_of("recordings"),
        || Setup::scripted(&["one"]),
        || Setup::scripted(&["one", "two"]),
    ] {
        for _ in 0..4 {
            let setup = setup();
            let empty =
                setup.plays.1 == "recordings" && !setup.path("recordings/001.jsonl").exists();
            if empty {
                // Its recording is used by another launch.
                one_prompt("one").save(setup.path("recordings/001.jsonl")).unwrap();
                assert_eq!(setup.ask("one").status.code(), Some(0));
            }
            let mut command = setup.launch(&STREAMS);
            let mut child = spawn(command.env("CLAUDE_WIRE_REPORT", setup.path("report.txt")));
            // One that is refused at its start need not read it.
            let _ = writeln!(child.stdin.as_mut().unwrap(), "{}", user("nope"));
            let lines = BufReader::new(child.stdout.take().unwrap()).lines();
            let said = lines.map(Result::unwrap).find(|line| line.contains("\"claude_wire\""));
            child.kill().unwrap();
            child.wait().unwrap();
            assert!(said.is_some());
            let (report, code) = setup.says("report");
            assert_eq!(code, Some(1));
            assert!(report.contains("divergences=1 "), "{report}");
            assert!(!report.contains("has not ended"), "{report}");
            let (why, code) = setup.says("why");
            let arrived = if empty { "a launch that no recording is left for" } else { "\"nope\"" };
            assert!(code == Some(1) && why.contains(arrived), "{why}");
            let kept = fs::read_to_string(setup.path("report.txt")).unwrap();
            assert_eq!(kept.matches("divergences=1 ").count(), 1, "{kept}");
        }
    }
}

#[test]
fn a_report_is_in_its_file_once_and_as_a_whole() {
    let setup = Setup::recorded(&["one", "two"]);
    for (prompt, fault) in [("one", ""), ("nope", ""), ("other", "crlf"), ("two", "crlf")] {
        let mut command = setup.launch(&STREAMS);
        command.env("CLAUDE_WIRE_REPORT", setup.path("report.txt"));
        command.env("CLAUDE_WIRE_FAULT", fault);
        run(&mut command, format!("{}\n", user(prompt)).as_bytes());
    }
    let kept = fs::read_to_string(setup.path("report.txt")).unwrap();
    let ends: Vec<_> = kept.lines().filter(|line| line.starts_with("replay: played=")).collect();
    assert_eq!(ends.len(), 4, "{kept}");
    for (end, diverged) in ends.iter().zip([0, 1, 1, 0]) {
        assert!(end.contains(&format!("divergences={diverged} ")), "{kept}");
    }
    assert!(ends[2].contains("injected=") && ends[3].contains("injected="), "{kept}");
}

/// A folder that no launch used, such as one of recordings.
#[test]
fn a_folder_that_is_not_of_a_run_is_refused_and_stays_as_it_is() {
    let setup = Setup::recorded(&["one"]);
    fs::create_dir(setup.path("empty")).unwrap();
    fs::create_dir_all(setup.path("other/launches")).unwrap();
    fs::write(setup.path("other/launches/notes.txt"), "").unwrap();
    for folder in ["empty", "recordings", "other"] {
        let files = || {
            let mut files: Vec<_> =
                fs::read_dir(setup.path(folder)).unwrap().map(|one| one.unwrap().path()).collect();
            files.sort();
            files
        };
        let before = files();
        for command in ["report", "why", "accept"] {
            let output = tool(command, &setup.path(folder));
            assert_eq!(output.status.code(), Some(2), "{command} {folder}: {output:?}");
            let why = text(&output.stderr);
            assert!(why.contains("no run: ") && why.contains("CLAUDE_WIRE_RUN"), "{why}");
            assert_eq!(files(), before, "{command} {folder}");
        }
    }
    // The stand-in made it, but was not launched to play.
    assert!(setup.launch(&["--help"]).output().unwrap().status.success());
    assert_eq!(setup.says("report").1, Some(1), "its recording is left");
    let error = RunFolder::existing(setup.path("empty")).unwrap_err();
    assert!(error.is_no_run() && !error.is_io(), "{error}");
    assert!(RunFolder::existing(setup.path("missing")).unwrap_err().is_io());
    setup.ask("one");
    RunFolder::existing(setup.path("run")).unwrap().assert_finished();
}

#[test]
fn a_launch_that_a_scenario_has_no_turns_for_differs() {
    for prompts in [&["one", "two"][..], &["one", "two", "three"]] {
        let setup = Setup::scripted(prompts);
        for prompt in prompts {
            let output = setup.ask(prompt);
            assert_eq!(output.status.code(), Some(0), "{output:?}");
        }
        assert_eq!(setup.says("report").1, Some(0));
        // However it begins, also before it writes anything.
        for input in [format!("{}\n", user("one")), String::new()] {
            let output = run(&mut setup.launch(&STREAMS), input.as_bytes());
            assert_eq!(output.status.code(), Some(70), "{output:?}");
            let said = text(&output.stdout);
            assert!(said.contains(r#""claude_wire":{"divergence":{"kind":"extra""#), "{said}");
            let says = format!("after the {} that the scenario has turns for", prompts.len());
            let err = text(&output.stderr);
            assert!(err.starts_with("mock-claude: ") && err.contains(&says), "{err}");
        }
        let (report, code) = setup.says("report");
        let last = format!("launch {}: no recording, ", prompts.len() + 2);
        assert!(report.contains(&last) && report.contains("divergences=2 left=0"), "{report}");
        assert_eq!(code, Some(1));
        assert!(setup.says("why").0.contains("hint: let your program start the CLI as often"));
        // What only asks is none of them.
        let asks = setup.launch(&["auth", "status"]).output().unwrap();
        assert_ne!(asks.status.code(), Some(70), "{asks:?}");
    }
}

/// It is explained in the run folder, and says so.
#[test]
fn a_divergence_from_a_scenario_in_a_run_names_the_run() {
    for prompts in [&["one"][..], &["one", "two"]] {
        let setup = Setup::scripted(prompts);
        let place = format!("field by field: claude-wire why {}", setup.path("run").display());
        let output = setup.ask("nope");
        assert_eq!(output.status.code(), Some(70));
        let why = setup.says("why").0;
        for says in [&text(&output.stderr), &text(&output.stdout), &why] {
            assert!(says.contains(&place) && !says.contains("was written"), "{says}");
        }
        let mut alone = setup.launch(&STREAMS);
        alone.env_remove("CLAUDE_WIRE_RUN");
        if prompts.len() == 1 {
            let output = run(&mut alone, format!("{}\n", user("nope")).as_bytes());
            let err = text(&output.stderr);
            assert!(err.contains("no last-failure.json was written"), "{err}");
        }
    }
}

#[test]
fn a_recording_that_cannot_be_played_is_a_failure_of_its_launch() {
    let whole = text(&one_prompt("one").to_bytes());
    let cut = whole[..whole.find("{\"end\"").unwrap()].to_owned();
    for (name, content, says) in [
        ("recordings/001.jsonl", "junk\n".to_owned(), "001.jsonl:1:"),
        ("recordings/001.jsonl", cut, "001.jsonl: the recording is truncated"),
        ("recordings/rules.json", "{\"ignore\":[\"--modle\"]}".to_owned(), "--modle"),
    ] {
        let setup = Setup::recorded(&["one"]);
        fs::write(setup.path(name), content).unwrap();
        let output = setup.ask("one");
        assert!(text(&output.stderr).contains(says), "{output:?}");
        let (report, code) = setup.says("report");
        assert_eq!(code, Some(1));
        assert!(
            report.contains("a recording cannot be played") && report.contains(says),
            "{report}"
        );
        assert!(!report.contains("has not ended"), "{report}");
        let (why, code) = setup.says("why");
        assert!(code == Some(1) && why.contains(says), "{why}");
        let run = RunFolder::existing(setup.path("run")).unwrap();
        assert_eq!(run.last_failure().unwrap().unwrap().report().divergences().len(), 1);
    }
}

#[test]
fn a_launch_that_no_recording_is_left_for_says_what_to_do_first() {
    let setup = Setup::recorded(&["one"]);
    assert_eq!(setup.ask("one").status.code(), Some(0));
    for args in [&STREAMS[..], &["-p", "one"], &["--model", "m"]] {
        let input = format!("{}\n", user("one"));
        let output = run(&mut setup.launch(args), input.as_bytes());
        assert_eq!(output.status.code(), Some(70));
        let err = text(&output.stderr);
        let first = err.lines().next().unwrap();
        let says = "mock-claude: a launch that no recording is left for; let your program";
        assert!(first.starts_with(says), "{args:?}: {err}");
        let said = text(&output.stdout);
        let is_text =
            said.starts_with("claude-wire: replay: a launch that no recording is left for");
        assert_eq!(is_text, args[0] == "-p", "{args:?}: {said}");
    }
}

#[test]
fn a_report_file_that_cannot_be_written_is_named_before_anything_is_played() {
    let setup = Setup::recorded(&["one"]);
    fs::create_dir(setup.path("folder")).unwrap();
    for path in ["no/such/report.txt", "folder"] {
        for prompt in ["one", "nope"] {
            let mut command = setup.launch(&STREAMS);
            command.env("CLAUDE_WIRE_REPORT", setup.path(path));
            let output = run(&mut command, format!("{}\n", user(prompt)).as_bytes());
            assert_eq!((output.status.code(), output.stdout.len()), (Some(78), 0), "{output:?}");
            let why = text(&output.stderr);
            assert!(why.starts_with("mock-claude: CLAUDE_WIRE_REPORT: "), "{why}");
        }
    }
    assert_eq!(setup.ask("one").status.code(), Some(0), "no recording was used");
    #[cfg(target_os = "linux")]
    for (prompt, code) in [("one", 0), ("nope", 70)] {
        let setup = Setup::recorded(&["one"]);
        let mut command = setup.launch(&STREAMS);
        command.env("CLAUDE_WIRE_REPORT", "/dev/full");
        let output = run(&mut command, format!("{}\n", user(prompt)).as_bytes());
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let err = text(&output.stderr);
        assert!(err.contains("CLAUDE_WIRE_REPORT: /dev/full: "), "{err}");
    }
}

/// Wherever a path comes from: a variable, an argument, an option.
#[test]
fn a_relative_path_that_fails_names_the_folder_it_was_looked_for_in() {
    let setup = Setup::recorded(&["one"]);
    let folder = setup.folder.path();
    fs::write(folder.join("file"), "").unwrap();
    fs::write(folder.join("page.html"), "").unwrap();
    let place = format!("; it was looked for in {}", folder.canonicalize().unwrap().display());
    let named = |command: &mut Command, name: &str| {
        let output = command.current_dir(folder).output().unwrap();
        assert!(!output.status.success(), "{name}: {output:?}");
        let why = text(&output.stderr);
        assert!(why.contains(&place) && why.matches(&place).count() == 1, "{name}: {why}");
    };
    let replay = ("CLAUDE_WIRE_REPLAY", "recordings");
    for vars in [
        &[("CLAUDE_WIRE_REPLAY", "no/such")][..],
        &[("CLAUDE_WIRE_REPLAY", "no/such.jsonl")],
        &[("CLAUDE_WIRE_SCENARIO", "no/such.json")],
        &[replay, ("CLAUDE_WIRE_RUN", "file/run")],
        &[replay, ("CLAUDE_WIRE_RUN", "file")],
        &[replay, ("CLAUDE_WIRE_JOURNAL", "no/such/journal.jsonl")],
        &[replay, ("CLAUDE_WIRE_JOURNAL", "file/journal.jsonl")],
        &[replay, ("CLAUDE_WIRE_REPORT", "no/such/report.txt")],
        &[("CLAUDE_WIRE_RECORD_TO", "file/new"), ("CLAUDE_WIRE_REAL_CLI", "true")],
        &[("CLAUDE_WIRE_RECORD_TO", "no/such/new.jsonl"), ("CLAUDE_WIRE_REAL_CLI", "true")],
        &[("CLAUDE_WIRE_RECORD_TO", "no/such/{n}.jsonl"), ("CLAUDE_WIRE_REAL_CLI", "true")],
    ] {
        named(mock(&STREAMS).envs(vars.to_vec()), &format!("{vars:?}"));
    }
    for args in [
        &["report", "missing"][..],
        &["report", "file"],
        &["report", "recordings"],
        &["why", "missing"],
        &["why", "file"],
        &["accept", "missing"],
        &["accept", "file"],
        &["decode", "missing.log"],
        &["extract", "missing.html", "-o", "x.jsonl"],
        &["record", "-o", "no/such/x.jsonl", "--", "true"],
        &["record", "-o", "file/{n}.jsonl", "--", "true"],
    ] {
        named(Command::new(TOOL).args(args), &format!("{args:?}"));
    }
}

/// The CLI ends by the signal, whatever its host does after it.
#[cfg(unix)]
#[test]
fn a_signal_before_the_end_of_input_counts() {
    let asks = r#"{"type":"control_request","request_id":"c1","request":{"subtype":"can_use_tool","tool_name":"Bash","input":{}}}"#;
    let answer = r#"{"type":"control_response","response":{"subtype":"success","request_id":"c1","response":{"behavior":"allow"}}}"#;
    let mut recording = Recording::new(Header::new());
    for kind in [
        EventKind::In(user("one").as_str().into()),
        EventKind::Out(asks.into()),
        EventKind::In(answer.into()),
        EventKind::Out(r#"{"type":"result","subtype":"success","is_error":false}"#.into()),
        EventKind::Eof(Stream::In),
        EventKind::Exit(RecordedExit::code(0)),
    ] {
        recording.events.push(Event::new(1, kind));
    }
    let setup = Setup::recorded(&[]).one_of("recordings/001.jsonl");
    recording.save(setup.path("recordings/001.jsonl")).unwrap();
    for _ in 0..20 {
        let mut child = spawn(setup.launch(&STREAMS).env_remove("CLAUDE_WIRE_RUN"));
        let (mut stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        writeln!(stdin, "{}", user("one")).unwrap();
        assert!(BufReader::new(stdout).lines().next().unwrap().unwrap().contains("can_use_tool"));
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        drop(stdin);
        assert_eq!(child.wait().unwrap().code(), Some(143));
    }
}
