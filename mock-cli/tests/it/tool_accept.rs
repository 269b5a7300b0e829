//! `claude-wire accept`: a program that changed, and a recording or its rules that follow.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use claude_wire::recording::{Event, EventKind, Header, RecordedExit, Recording, Stream};
use serde_json::{Value, json};

use crate::support::{STREAMS, TOOL, mock, run, text};

/// A conversation with a question of the CLI, in a folder of recordings.
struct Setup {
    folder: tempfile::TempDir,
    runs: usize,
}

const CWD: &str = "/home/user/project";

impl Setup {
    fn new() -> Self {
        let setup = Self { folder: tempfile::tempdir().unwrap(), runs: 0 };
        fs::create_dir(setup.path("recordings")).unwrap();
        fs::create_dir(setup.path("cwd")).unwrap();
        recorded().save(setup.recording()).unwrap();
        setup
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn recording(&self) -> PathBuf {
        self.path("recordings/001.jsonl")
    }

    /// Runs a program that writes these lines; returns its exit code and the run.
    fn launch(&mut self, args: &[&str], lines: &[Value]) -> (Option<i32>, PathBuf) {
        self.runs += 1;
        let folder = self.path(&format!("run-{}", self.runs));
        let mut command = mock(&[&STREAMS[..], args].concat());
        command.env("CLAUDE_WIRE_REPLAY", self.path("recordings"));
        command.env("CLAUDE_WIRE_RUN", &folder).current_dir(self.path("cwd"));
        let input: String = lines.iter().map(|line| format!("{line}\n")).collect();
        (run(&mut command, input.as_bytes()).status.code(), folder)
    }

    fn accept(&self, args: &[&str], run_folder: &PathBuf, answers: &str) -> Output {
        let mut command = Command::new(TOOL);
        command.arg("accept").args(args).arg(run_folder);
        run(&mut command, answers.as_bytes())
    }

    fn rules(&self) -> Value {
        let text = fs::read(self.path("recordings/rules.json")).unwrap();
        serde_json::from_slice(&text).unwrap()
    }
}

fn initialize(id: &str) -> Value {
    json!({"type": "control_request", "request_id": id, "request": {"subtype": "initialize"}})
}

fn set_model(id: &str, model: &str) -> Value {
    json!({"type": "control_request", "request_id": id, "request": {"subtype": "set_model", "model": model}})
}

fn user(uuid: &str, text: &str) -> Value {
    json!({"type": "user", "uuid": uuid, "message": {"role": "user", "content": text}})
}

fn answer(id: &str, message: &str) -> Value {
    json!({"type": "control_response", "response": {"subtype": "success", "request_id": id, "response": {"behavior": "deny", "message": message}}})
}

fn ready(id: &str) -> Value {
    json!({"type": "control_response", "response": {"subtype": "success", "request_id": id, "response": {}}})
}

fn recorded() -> Recording {
    let mut header = Header::new();
    header.cli = Some(claude_wire::CLI_VERSION.to_owned());
    header.redactions = Some(0);
    header.vars.insert("cwd".to_owned(), CWD.to_owned());
    header.argv = Some(
        [&STREAMS[..], &["--model", "opus"]].concat().iter().map(|arg| arg.to_string()).collect(),
    );
    let mut recording = Recording::new(header);
    let asks = json!({"type": "control_request", "request_id": "c1", "request": {"subtype": "can_use_tool", "tool_name": "Bash", "input": {"command": "ls"}}});
    let result = json!({"type": "result", "subtype": "success", "is_error": false, "result": "done", "user_message_uuid": "u1"});
    for (from, line) in [
        ('>', initialize("r1")),
        ('<', ready("r1")),
        ('>', set_model("r2", "opus")),
        ('<', ready("r2")),
        ('>', user("u1", "Look at ${cwd}/a.txt")),
        ('<', asks),
        ('>', answer("c1", "not here")),
        ('<', result),
    ] {
        let line = line.to_string();
        let line = line.as_str().into();
        let kind = if from == '>' { EventKind::In(line) } else { EventKind::Out(line) };
        recording.events.push(Event::new(1, kind));
    }
    recording.events.push(Event::new(1, EventKind::Eof(Stream::In)));
    recording.events.push(Event::new(1, EventKind::Exit(RecordedExit::code(0))));
    recording
}

/// What the program writes; each test changes a part of it.
fn program(setup: &Setup, model: &str, prompt: &str, message: &str) -> Vec<Value> {
    let cwd = setup.path("cwd").canonicalize().unwrap();
    let prompt = prompt.replace("CWD", cwd.to_str().unwrap());
    vec![initialize("x1"), set_model("x2", model), user("x3", &prompt), answer("c1", message)]
}

const SAME: [&str; 3] = ["opus", "Look at CWD/a.txt", "not here"];
const OPUS: [&str; 2] = ["--model", "opus"];

/// Each part of a launch that a program may change, and its line in the recording.
const CHANGES: [([&str; 2], [&str; 3], usize); 4] = [
    (["--model", "haiku"], SAME, 1),
    (OPUS, ["haiku", SAME[1], SAME[2]], 4),
    (OPUS, [SAME[0], "See CWD/b.txt", SAME[2]], 6),
    (OPUS, [SAME[0], SAME[1], "never"], 8),
];

#[test]
fn an_unchanged_program_has_nothing_to_accept() {
    let mut setup = Setup::new();
    let lines = program(&setup, SAME[0], SAME[1], SAME[2]);
    let (code, run_folder) = setup.launch(&OPUS, &lines);
    assert_eq!(code, Some(0));
    let output = setup.accept(&[], &run_folder, "");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(text(&output.stdout), "no launch of this run differed from its recordings\n");
}

/// The new line is in the recording, with the recorded ids and folders, and the program replays.
#[test]
fn a_new_line_is_taken_into_the_recording() {
    for (args, [model, prompt, message], line) in CHANGES {
        let mut setup = Setup::new();
        let lines = program(&setup, model, prompt, message);
        let (code, run_folder) = setup.launch(&args, &lines);
        assert_eq!(code, Some(70), "line {line}");
        let output = setup.accept(&[], &run_folder, "t\n");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert!(text(&output.stdout).contains("1 accepted, 0 left"), "{output:?}");
        let recording = Recording::open(setup.recording()).unwrap();
        assert_eq!(recording.header.edited, [line as u64], "{output:?}");
        let warnings = recording.warnings().join("\n");
        assert!(warnings.contains(&format!("line {line} (")), "{warnings}");
        assert!(warnings.contains("CLAUDE_WIRE_RECORD=rewrite"), "{warnings}");
        let file = fs::read_to_string(setup.recording()).unwrap();
        assert!(!file.contains(setup.path("cwd").to_str().unwrap()), "{file}");
        assert!(file.contains(r#""uuid":"u1""#) && file.contains(r#""request_id":"r2""#), "{file}");
        // The rest of the recording is as it was.
        let before = recorded();
        let same = before.events.iter().zip(&recording.events).filter(|(one, other)| one == other);
        assert_eq!(same.count() + usize::from(line > 1), before.events.len(), "line {line}");

        let (code, run_folder) = setup.launch(&args, &lines);
        assert_eq!(code, Some(0), "line {line}");
        assert_eq!(setup.accept(&[], &run_folder, "").status.code(), Some(0));
        let old = program(&setup, SAME[0], SAME[1], SAME[2]);
        assert_eq!(setup.launch(&OPUS, &old).0, Some(70), "the old program differs now");
    }
}

/// With a rule, the old program and the new one replay, and the recording is not touched.
#[test]
fn a_difference_becomes_a_rule() {
    let places = ["--model", "set_model /model", "prompt[0]", "can_use_tool /message"];
    for ((args, [model, prompt, message], _), place) in CHANGES.into_iter().zip(places) {
        let mut setup = Setup::new();
        let before = fs::read(setup.recording()).unwrap();
        fs::write(setup.path("recordings/rules.json"), r#"{"ignore": ["--effort"]}"#).unwrap();
        let lines = program(&setup, model, prompt, message);
        let (_, run_folder) = setup.launch(&args, &lines);
        let output = setup.accept(&[], &run_folder, "r\n");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let rules = setup.rules();
        assert_eq!(rules["match"], json!([{"at": place, "any": true}]));
        assert_eq!(rules["ignore"], json!(["--effort"]), "what was there stays");
        assert_eq!(fs::read(setup.recording()).unwrap(), before);
        assert_eq!(setup.launch(&args, &lines).0, Some(0), "{place}");
        let old = program(&setup, SAME[0], SAME[1], SAME[2]);
        assert_eq!(setup.launch(&OPUS, &old).0, Some(0), "{place}");
    }
}

/// `--take` asks nothing; a run shows the first difference of each launch, so it takes several.
#[test]
fn several_changes_are_accepted_run_by_run() {
    let mut setup = Setup::new();
    let lines = program(&setup, "haiku", "See CWD", "never");
    let mut codes = Vec::new();
    for _ in 0..4 {
        let (code, run_folder) = setup.launch(&["--model", "haiku"], &lines);
        codes.push(code);
        assert_eq!(setup.accept(&["--take"], &run_folder, "").status.code(), Some(0));
    }
    assert_eq!(setup.launch(&["--model", "haiku"], &lines).0, Some(0), "{codes:?}");
    let recording = Recording::open(setup.recording()).unwrap();
    assert_eq!(recording.header.edited, [1, 4, 6, 8]);
}

/// An object for each difference, then one for all of them.
#[test]
fn what_is_accepted_is_json_too_or_only_an_exit_code() {
    let mut setup = Setup::new();
    let lines = program(&setup, SAME[0], "other", SAME[2]);
    let (_, run_folder) = setup.launch(&OPUS, &lines);
    let recording = setup.recording().canonicalize().unwrap();
    let json = |output: &Output| -> Vec<Value> {
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let output = setup.accept(&["--json", "--take", "--dry-run"], &run_folder, "");
    let [change, all] = json(&output).try_into().unwrap();
    assert_eq!((&change["launch"], &change["did"]), (&json!(1), &json!("taken")), "{change}");
    assert!(change["text"].as_str().unwrap().contains("other"), "{change}");
    assert_eq!(change["rules"], json!([{"at": "prompt[0]", "any": true}]));
    let file = PathBuf::from(change["file"].as_str().unwrap());
    assert_eq!(file.canonicalize().unwrap(), recording);
    assert_eq!((&all["accepted"], &all["left"]), (&json!(1), &json!(0)));
    assert_eq!((&all["dry_run"], &all["wrote"][0]["file"]), (&json!(true), &change["file"]));
    assert_eq!(all["wrote"][0]["edited"].as_array().unwrap().len(), 1, "{all}");

    let output = setup.accept(&["--json", "--rules"], &run_folder, "");
    let [change, all] = json(&output).try_into().unwrap();
    assert_eq!((&change["did"], &all["dry_run"]), (&json!("rule"), &json!(false)));
    assert!(all["wrote"][0]["file"].as_str().unwrap().ends_with("rules.json"), "{all}");
    assert_eq!(setup.rules()["match"], change["rules"]);

    let output = setup.accept(&["--quiet", "--take"], &run_folder, "");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0), "{output:?}");
    let (_, run_folder) = setup.launch(&OPUS, &lines);
    let output = setup.accept(&["--json", "--take"], &run_folder, "");
    let none = json!({"accepted": 0, "left": 0, "dry_run": false, "wrote": []});
    assert_eq!(json(&output), [none]);

    // What cannot be accepted is one, too.
    let mut lines = program(&setup, SAME[0], "other", SAME[2]);
    lines.push(user("x9", "one more"));
    let (_, run_folder) = setup.launch(&OPUS, &lines);
    let output = setup.accept(&["--json", "--take"], &run_folder, "");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let [left, all] = json(&output).try_into().unwrap();
    assert_eq!((&left["left"], &all["left"]), (&json!(1), &json!(1)), "{left} {all}");
}

#[test]
fn what_is_skipped_or_only_tried_is_not_written() {
    let mut setup = Setup::new();
    let before = fs::read(setup.recording()).unwrap();
    let lines = program(&setup, SAME[0], "other", SAME[2]);
    let (_, run_folder) = setup.launch(&OPUS, &lines);
    for (args, answers, code) in [
        (&[][..], "what?\ns\n", 1),
        (&[], "q\n", 1),
        (&[], "", 1),
        (&["--dry-run"], "t\n", 0),
        (&["--dry-run", "--rules"], "", 0),
    ] {
        let output = setup.accept(args, &run_folder, answers);
        assert_eq!(output.status.code(), Some(code), "{args:?} {answers:?}: {output:?}");
        assert_eq!(fs::read(setup.recording()).unwrap(), before);
        assert!(!setup.path("recordings/rules.json").exists());
    }
}

/// A program that writes more is not accepted, and the command says what to do.
#[test]
fn an_extra_prompt_is_to_be_recorded_again() {
    let mut setup = Setup::new();
    let mut lines = program(&setup, SAME[0], SAME[1], SAME[2]);
    lines.push(user("x9", "one more"));
    let (_, run_folder) = setup.launch(&OPUS, &lines);
    let output = setup.accept(&["--take"], &run_folder, "");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(text(&output.stdout).contains("cannot be accepted: record it again"), "{output:?}");
}

/// A secret in the new line does not reach a redacted recording.
#[test]
fn a_new_line_is_redacted_as_the_recording_is() {
    let secret = format!("sk-{}-api03-{}", "ant", "a1B2c3D4e5F6g7H8i9J0");
    for redacted in [true, false] {
        let mut setup = Setup::new();
        if !redacted {
            let mut recording = recorded();
            recording.header.redactions = None;
            recording.save(setup.recording()).unwrap();
        }
        let lines = program(&setup, SAME[0], &format!("use {secret}"), SAME[2]);
        let (_, run_folder) = setup.launch(&OPUS, &lines);
        assert_eq!(setup.accept(&["--take"], &run_folder, "").status.code(), Some(0));
        let file = fs::read_to_string(setup.recording()).unwrap();
        assert_eq!(file.contains(&secret), !redacted, "{file}");
        assert_eq!(setup.launch(&OPUS, &lines).0, Some(0));
    }
}

/// `verify` and `lint` say which answers were recorded for another input.
#[test]
fn an_edited_recording_is_named_by_verify_and_lint() {
    let mut setup = Setup::new();
    let lines = program(&setup, SAME[0], "other", SAME[2]);
    let (_, run_folder) = setup.launch(&OPUS, &lines);
    setup.accept(&["--take"], &run_folder, "");
    let said = "line 6 (prompt) was replaced by what a program wrote later; 2 answers in lines 7 to 9 were recorded for another input; record again: CLAUDE_WIRE_RECORD=rewrite";
    for (command, code) in [("verify", 0), ("lint", 0)] {
        let output = Command::new(TOOL).arg(command).arg(setup.recording()).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert!(text(&output.stderr).contains(said), "{output:?}");
    }
}
