//! `claude-wire why`: the last launch that differed, field by field.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use claude_wire::recording::{Event, EventKind, Header, RecordedExit, Recording, Stream};
use serde_json::{Value, json};

use crate::support::{STREAMS, TOOL, mock, run, text};

/// A folder of recordings and a run folder.
struct Setup {
    folder: tempfile::TempDir,
}

impl Setup {
    fn new(recordings: &[Recording], rules: Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let setup = Self { folder };
        fs::create_dir(setup.path("recordings")).unwrap();
        for (number, recording) in (1..).zip(recordings) {
            recording.save(setup.path(&format!("recordings/{number:03}.jsonl"))).unwrap();
        }
        fs::write(setup.path("recordings/rules.json"), rules.to_string()).unwrap();
        setup
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn launch(&self, args: &[&str], lines: &[Value], shared: bool) -> Output {
        let mut command = mock(&[&STREAMS[..], args].concat());
        command.env("CLAUDE_WIRE_REPLAY", self.path("recordings"));
        if shared {
            command.env("CLAUDE_WIRE_RUN", self.path("run"));
        }
        let input: String = lines.iter().map(|line| format!("{line}\n")).collect();
        run(&mut command, input.as_bytes())
    }

    fn why(&self) -> Vec<String> {
        let output = Command::new(TOOL).arg("why").arg(self.path("run")).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        text(&output.stdout).lines().map(str::to_owned).collect()
    }
}

fn user(text: &str) -> Value {
    json!({"type": "user", "uuid": "u1", "session_id": "", "message": {"role": "user", "content": text}})
}

fn initialize(fields: Value) -> Value {
    let mut request = json!({"subtype": "initialize"});
    request.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    json!({"type": "control_request", "request_id": "r1", "request": request})
}

/// A launch with these arguments that wrote this, each answered by one line.
fn recorded(args: &[&str], exchange: &[(Value, Option<Value>)]) -> Recording {
    let mut header = Header::new();
    header.cli = Some(claude_wire::CLI_VERSION.to_owned());
    header.argv = Some([&STREAMS[..], args].concat().iter().map(|arg| arg.to_string()).collect());
    let mut recording = Recording::new(header);
    let mut push = |kind| recording.events.push(Event::new(1, kind));
    for (line, answer) in exchange {
        push(EventKind::In(line.to_string().as_str().into()));
        if let Some(answer) = answer {
            push(EventKind::Out(answer.to_string().as_str().into()));
        }
    }
    push(EventKind::Eof(Stream::In));
    push(EventKind::Exit(RecordedExit::code(0)));
    recording
}

fn ready() -> Option<Value> {
    Some(
        json!({"type": "control_response", "response": {"subtype": "success", "request_id": "r1", "response": {}}}),
    )
}

fn result() -> Option<Value> {
    Some(json!({"type": "result", "subtype": "success", "is_error": false, "result": "done"}))
}

/// The lines about a candidate, without their indent.
fn of<'a>(why: &'a [String], candidate: &str) -> Vec<&'a str> {
    let start = why.iter().position(|line| line == candidate);
    let start = start.unwrap_or_else(|| panic!("{candidate}: {why:#?}"));
    why[start + 1..].iter().map_while(|line| line.strip_prefix("  ")).collect()
}

#[test]
fn every_recording_is_explained_field_by_field() {
    let launch = |model, prompt: &str| {
        let args = ["--model", model, "--name", "run-1", "--session-id"];
        let id = "11111111-2222-4333-8444-555555555555";
        let args = [&args[..], &[id, "--append-system-prompt", "for <email:1>"]].concat();
        recorded(
            &args,
            &[
                (initialize(json!({"agents": {"a": {"prompt": "p"}}})), ready()),
                (user(prompt), result()),
            ],
        )
    };
    let setup = Setup::new(
        &[
            launch("opus", "one"),
            launch("haiku", "mail user1@redacted.invalid"),
            launch("haiku", "three"),
        ],
        json!({"ignore": ["--effort"], "match": [{"at": "--name", "regex": "^run-[0-9]+$"}]}),
    );
    let args = ["--model", "haiku", "--name", "run-2", "--effort", "low", "--append-system-prompt"];
    let args = [&args[..], &["for ann@x.io"]].concat();
    let hello = |prompt: &str, agent: &str| {
        [initialize(json!({"agents": {"a": {"prompt": agent}}})), user(prompt)]
    };
    assert_eq!(setup.launch(&args, &hello("three", "p"), true).status.code(), Some(0));
    let output = setup.launch(&args, &hello("call ann@x.io", "p"), true);
    assert_eq!(output.status.code(), Some(70), "{output:?}");
    assert!(text(&output.stderr).contains("field by field: claude-wire why "), "{output:?}");
    let why = setup.why();
    let shared = [
        "--effort: ignored by a rule",
        "--input-format: ignored, how output is written",
        "--name: matched by a rule (a text that matches \"^run-[0-9]+$\")",
        "--session-id: ignored, an id that the SDK makes",
        "--append-system-prompt: redacted when it was recorded, fits",
        "--agents: compared, equal",
        "request.agents: ignored, compared as --agents",
        "prompt.uuid: ignored, an id",
        "prompt.session_id: ignored, an id",
        "prompt.message.role: compared, equal",
    ];
    for (candidate, own) in [
        (
            "001.jsonl",
            [
                "--model: compared, differs at --model: expected \"opus\", actual \"haiku\"",
                "prompt.message.content[0].text: compared, differs at prompt.message.content[0].text: expected \"one\", actual \"call ann@x.io\"",
            ],
        ),
        (
            "002.jsonl",
            [
                "--model: compared, equal",
                "prompt.message.content[0].text: redacted when it was recorded, differs at prompt.message.content[0].text: expected \"mail user1@redacted.invalid\", actual \"call ann@x.io\"",
            ],
        ),
        (
            "003.jsonl (used by another launch)",
            [
                "--model: compared, equal",
                "prompt.message.content[0].text: compared, differs at prompt.message.content[0].text: expected \"three\", actual \"call ann@x.io\"",
            ],
        ),
    ] {
        let lines = of(&why, candidate);
        for line in shared.iter().chain(&own) {
            assert!(lines.contains(line), "{candidate}: {line}: {lines:#?}");
        }
    }

    // What `initialize` settles, before there is a prompt.
    assert_eq!(setup.launch(&args, &hello("call ann@x.io", "q"), true).status.code(), Some(70));
    let why = setup.why();
    let lines = of(&why, "002.jsonl");
    let agents = "--agents: compared, differs at --agents.a.prompt: expected \"p\", actual \"q\"";
    assert!(lines.contains(&agents), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.starts_with("prompt.")), "{lines:#?}");
    // What the arguments settle, before anything is written.
    let output = setup.launch(&["--model", "sonnet"], &hello("three", "p"), true);
    assert_eq!(output.status.code(), Some(70));
    let why = setup.why();
    let lines = of(&why, "002.jsonl");
    assert!(
        lines.iter().any(|line| line.starts_with("--agents: ignored, until `initialize`")),
        "{lines:#?}"
    );
}

/// The events that a line might have been, of a launch whose recording is known.
#[test]
fn a_line_within_a_launch_is_explained() {
    let asks = |subtype: Value| {
        Some(json!({"type": "control_request", "request_id": "c1", "request": subtype}))
    };
    let answer = |body: Value| json!({"type": "control_response", "response": {"subtype": "success", "request_id": "c1", "response": body}});
    let set = |id: &str, model: &str| json!({"type": "control_request", "request_id": id, "request": {"subtype": "set_model", "model": model, "expires_at": id}});
    let permission = json!({"subtype": "can_use_tool", "tool_name": "Bash", "input": {"command": "ls"}, "tool_use_id": "t1"});
    for (exchange, live, candidate, says) in [
        (
            vec![(user("one"), result()), (user("two"), result())],
            vec![user("one"), user("2")],
            "prompt \"two\" (event 3)",
            vec![
                "prompt.message.content[0].text: compared, differs at prompt.message.content[0].text: expected \"two\", actual \"2\"",
                "prompt.uuid: ignored, an id",
            ],
        ),
        (
            vec![
                (user("one"), asks(permission.clone())),
                (
                    answer(
                        json!({"behavior": "deny", "message": "ask <email:1>", "toolUseID": "t1"}),
                    ),
                    result(),
                ),
            ],
            vec![
                user("one"),
                answer(json!({"behavior": "deny", "message": "no", "toolUseID": "t2"})),
            ],
            "answer to can_use_tool Bash (event 3)",
            vec![
                "response.response.toolUseID: ignored, the id of a tool call",
                "response.response.behavior: compared, equal",
                "response.response.message: redacted when it was recorded, differs at response.response.message: expected \"ask <email:1>\", actual \"no\"",
            ],
        ),
        (
            vec![(user("one"), result()), (set("r1", "opus"), None), (set("r2", "sonnet"), None)],
            vec![user("one"), set("x", "haiku")],
            "control_request set_model {\"model\":\"sonnet\",\"expires_at\":\"r2\"} (event 4)",
            vec![
                "request.expires_at: ignored, a time",
                "request.model: compared, differs at request.model: expected \"sonnet\", actual \"haiku\"",
            ],
        ),
    ] {
        let setup = Setup::new(&[recorded(&[], &exchange)], json!({}));
        let output = setup.launch(&[], &live, true);
        assert_eq!(output.status.code(), Some(70), "{output:?}");
        let why = setup.why();
        let lines = of(&why, candidate);
        for line in says {
            assert!(lines.contains(&line), "{line}: {lines:#?}");
        }
    }
}

#[test]
fn a_rule_that_does_not_fit_is_named() {
    let recording = recorded(&["--name", "run-1"], &[(user("one"), result())]);
    let setup = Setup::new(
        &[recording],
        json!({"match": [{"at": "--name", "regex": "^run"}, {"at": "prompt[0]", "one_of": ["one", "two"]}]}),
    );
    let output = setup.launch(&["--name", "walk"], &[user("three")], true);
    assert_eq!(output.status.code(), Some(70), "{output:?}");
    let why = setup.why();
    assert!(
        of(&why, "001.jsonl").contains(
            &"--name: compared by a rule (a text that matches \"^run\"), differs at --name: expected a text that matches \"^run\", actual \"walk\""
        ),
        "{why:#?}"
    );
    assert_eq!(setup.launch(&["--name", "run-3"], &[user("three")], true).status.code(), Some(70));
    let why = setup.why();
    let line =
        of(&why, "001.jsonl").into_iter().find(|line| line.starts_with("prompt.message.content:"));
    assert!(line.is_some_and(|line| line.contains("one of [\"one\",\"two\"]")), "{why:#?}");
}

#[test]
fn without_a_run_folder_nothing_is_written_and_the_report_says_so() {
    let setup = Setup::new(&[recorded(&[], &[(user("one"), result())])], json!({}));
    let before = fs::read_dir(setup.folder.path()).unwrap().count();
    for (args, prompt) in [(&[][..], "two"), (&["--model", "opus"], "one")] {
        let output = setup.launch(args, &[user(prompt)], false);
        assert_eq!(output.status.code(), Some(70));
        let report = text(&output.stderr);
        assert!(
            report.contains("no last-failure.json was written, because there is no run folder"),
            "{report}"
        );
        assert!(text(&output.stdout).contains("no last-failure.json was written"), "{output:?}");
    }
    assert_eq!(fs::read_dir(setup.folder.path()).unwrap().count(), before);
    let output = Command::new(TOOL).arg("why").arg(setup.path("run")).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("no last-failure.json"), "{output:?}");
}

#[test]
fn reports_are_json_too_or_only_an_exit_code() {
    // With a control character, which is escaped for a terminal only.
    let args = ["--model", "m\u{9b}2J"];
    let setup = Setup::new(&[recorded(&args, &[(user("one"), result())])], json!({}));
    let run = |command: &str, flag: &str| {
        let output =
            Command::new(TOOL).args([command, flag]).arg(setup.path("run")).output().unwrap();
        let lines = text(&output.stdout);
        let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        (output.status.code().unwrap(), lines.collect::<Vec<_>>())
    };
    for (prompt, code, matched, divergences) in [("one", 0, 2, 0), ("two", 1, 0, 1)] {
        let _ = fs::remove_dir_all(setup.path("run"));
        setup.launch(&args, &[user(prompt)], true);
        let (found, lines) = run("report", "--json");
        let [launch, whole] = &lines[..] else { panic!("{lines:?}") };
        assert_eq!(found, i32::from(code != 0 || whole["clean"] == false));
        assert_eq!(launch["launch"], 1);
        assert_eq!(launch["args"].as_array().unwrap().last().unwrap(), args[1]);
        assert_eq!(whole["matched"], matched, "{whole}");
        assert_eq!(whole["divergences"].as_array().unwrap().len(), divergences, "{whole}");
        assert_eq!(run("report", "--quiet"), (found, vec![]));
        let (found, lines) = run("why", "--json");
        assert_eq!((found, lines.len()), (code, divergences));
        for line in lines {
            let report = line["report"].as_str().unwrap();
            assert!(report.contains("two") && line["compared"].is_string(), "{line}");
        }
        assert_eq!(run("why", "--quiet"), (code, vec![]));
    }
}

/// What the report quotes was written by a program, or by a CLI.
#[test]
fn a_terminal_is_not_given_orders_by_what_arrived() {
    let setup = Setup::new(&[recorded(&[], &[(user("one"), result())])], json!({}));
    for order in ["\u{1b}]0;title\u{7}", "\u{9b}2J", "\u{202e}txt.exe"] {
        let output = setup.launch(&["--name", order], &[user(order)], true);
        assert_eq!(output.status.code(), Some(70), "{output:?}");
        for command in ["why", "report"] {
            let output = Command::new(TOOL).arg(command).arg(setup.path("run")).output().unwrap();
            let said = text(&output.stdout);
            assert!(!said.contains(order), "{command}: {said:?}");
        }
    }
}

#[test]
fn a_reader_that_closes_its_end_changes_no_exit_code() {
    let setup = Setup::new(&[recorded(&[], &[(user("one"), result())])], json!({}));
    setup.launch(&[], &[user("two")], true);
    let (run, recording) = (setup.path("run"), setup.path("recordings/001.jsonl"));
    let page = setup.path("page.html");
    let trimmed = setup.path("trimmed.jsonl");
    let path = |path: &PathBuf| path.to_str().unwrap().to_owned();
    for command in [
        &["why", &path(&run)][..],
        &["report", &path(&run)],
        &["verify", &path(&recording)],
        &["lint", &path(&recording)],
        &["stats", &path(&recording)],
        &["show", &path(&recording)],
        &["show", "--html", &path(&page), "--force", &path(&recording)],
        &["extract", &path(&page), "--force", "-o", &path(&setup.path("extracted.jsonl"))],
        &["trim", "--pauses", "1", &path(&recording), "--force", "-o", &path(&trimmed)],
        &["completions", "bash"],
    ] {
        let code = |stdout: Stdio| {
            let output = Command::new(TOOL).args(command).stdout(stdout).output().unwrap();
            assert!(!text(&output.stderr).contains("panicked"), "{output:?}");
            output.status.code().unwrap()
        };
        let (reader, closed) = std::io::pipe().unwrap();
        drop(reader);
        let usual = code(Stdio::null());
        assert_ne!(usual, 2, "{command:?}");
        assert_eq!(code(closed.into()), usual, "{command:?}");
    }
}
