//! `--json` and `--quiet`: which commands have them, and what they print.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::support::{TOOL, corpus, text};
use crate::tool_help::commands;

fn tool(args: &[&str]) -> Output {
    let output = Command::new(TOOL).args(args).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{args:?}: {output:?}");
    output
}

fn objects(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Every command that reports something has both; what one prints that has neither is not a report:
/// the streams or the lines of a CLI, a path, a script.
#[test]
fn each_command_that_reports_has_both() {
    let commands = commands();
    assert!(commands.len() > 20, "{commands:?}");
    let mut neither = Vec::new();
    for name in commands.iter().map(String::as_str) {
        let help = text(&tool(&[name, "--help"]).stdout);
        // The explanation is on the same line where all are short.
        let has = |flag: &str| help.lines().any(|line| line.trim().split(' ').next() == Some(flag));
        match ["--json", "--quiet"].map(has) {
            [true, true] => {}
            [true, false] => assert_eq!(name, "replay", "a transcript that says nothing"),
            [false, true] => panic!("{name} is quiet, and has no JSON"),
            [false, false] => neither.push(name),
        }
    }
    neither.sort_unstable();
    let listed = ["completions", "decode", "hold", "install", "man", "record"];
    let listed = listed.into_iter().filter(|name| cfg!(unix) || *name != "hold");
    // Without the lab, two commands only say so.
    let of_lab = ["check", "drift"].into_iter().filter(|_| !cfg!(feature = "lab"));
    let mut listed: Vec<_> = listed.chain(of_lab).collect();
    listed.sort_unstable();
    assert_eq!(neither, listed);
}

/// What a command that writes a file says about it: a line, an object, or nothing.
#[test]
fn what_was_written_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let recording = corpus("three-turns.jsonl");
    let recording = recording.to_str().unwrap();
    let capture = place("capture.jsonl");
    fs::write(&capture, "{\"t\":0.031,\"dir\":\"out\",\"line\":\"{\\\"type\\\":\\\"x\\\"}\"}\n")
        .unwrap();
    let [page, out, copy] = ["page.html", "out.jsonl", "copy.jsonl"].map(place);
    fs::copy(recording, &copy).unwrap();
    tool(&["show", "--html", &page, recording]);
    let size = fs::metadata(recording).unwrap().len();
    let events = fs::read_to_string(recording).unwrap().lines().count() - 2;
    let cases: [(&[&str], Value); 6] = [
        (&["extract", "--force", "-o", &out, &page], json!({"file": out, "bytes": size})),
        (
            &["trim", "--force", "-o", &out, "--pauses", "9", recording],
            json!({"file": out, "events": events, "of": events}),
        ),
        (
            &["scrub", "--force", "-o", &out, recording],
            json!({"file": out, "events": events, "redacted": {}}),
        ),
        (&["scrub", "--in-place", &copy], json!({"file": copy, "events": events, "redacted": {}})),
        (&["seal", &copy], json!({"file": copy, "done": "was sealed"})),
        (
            &["import", "--force", "-o", &out, &capture],
            json!({"file": out, "events": 1, "redactions": 0}),
        ),
    ];
    for (args, object) in cases {
        let plain = tool(args);
        let said = text(&plain.stdout) + &text(&plain.stderr);
        let file = object["file"].as_str().unwrap();
        assert!(said.starts_with(&format!("{file}: ")) && said.lines().count() == 1, "{said}");
        let output = tool(&[args, &["--json"]].concat());
        assert_eq!(objects(&output), [object], "{args:?}");
        assert_eq!(text(&output.stderr), "", "{args:?}");
        let quiet = tool(&[args, &["--quiet"]].concat());
        assert_eq!((text(&quiet.stdout), text(&quiet.stderr)), Default::default(), "{args:?}");
    }
}

/// A page or a count that no one asked to see.
#[test]
fn show_and_stats_can_be_quiet() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    let recording = corpus("one-shot.jsonl");
    let recording = recording.to_str().unwrap();
    for args in
        [&["show"][..], &["show", "--html", page.to_str().unwrap()], &["stats"], &["verify"]]
    {
        let output = tool(&[args, &["--quiet", recording]].concat());
        assert_eq!((text(&output.stdout), text(&output.stderr)), Default::default(), "{args:?}");
    }
    assert!(page.exists());
    let broken = folder.path().join("broken.jsonl");
    fs::write(&broken, "{}\n").unwrap();
    for command in ["show", "stats", "scrub", "seal"] {
        let mut quiet = Command::new(TOOL);
        quiet.args([command, "--quiet"]).args((command == "scrub").then_some("--in-place"));
        let output = quiet.arg(&broken).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{command}");
        assert!(text(&output.stderr).contains("broken.jsonl"), "{command}: an error is said");
        assert_eq!(text(&output.stdout), "", "{command}");
    }
}

/// The same objects as `show --json`, each when it is due.
#[test]
fn a_replay_prints_the_objects_of_show() {
    let recording = corpus("permission-allow.jsonl");
    let recording = recording.to_str().unwrap();
    let shown = objects(&tool(&["show", "--json", recording]));
    let played = objects(&tool(&["replay", "--pause", "0", "--json", recording]));
    assert!(shown.len() > 10);
    assert_eq!(shown, played);
}

fn exists(path: &str) -> bool {
    Path::new(path).exists()
}

/// Where there is something to decide, someone must say how.
#[test]
fn nothing_is_asked_where_nothing_is_printed() {
    for flag in ["--json", "--quiet"] {
        let output = Command::new(TOOL).args(["accept", flag, "run"]).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let why = text(&output.stderr);
        assert!(why.contains("pass --rules or --take") && !exists("run"), "{why}");
    }
}
