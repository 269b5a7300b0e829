//! The recordings shipped with this project: complete, scrubbed, and listed.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use crate::support::project;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use claude_wire::recording::{Event, EventKind, Finding, Integrity, Recording, lint};

fn folder() -> PathBuf {
    project::project().join("recordings")
}

/// Every recording, with its path as in the index.
fn recordings() -> Vec<(String, PathBuf)> {
    let files: Vec<PathBuf> =
        project::versions().iter().flat_map(|folder| project::files(folder)).collect();
    assert!(files.len() >= 44, "the corpus has shrunk: {files:?}");
    let name =
        |path: &Path| path.strip_prefix(folder()).unwrap().to_string_lossy().replace('\\', "/");
    files.into_iter().map(|path| (name(&path), path)).collect()
}

/// Describes what must not be in a shared recording.
fn dirt(recording: &Recording) -> Vec<String> {
    let mut dirt: Vec<String> = lint(recording)
        .iter()
        .map(|Finding { line, kind, .. }| format!("line {line}: {kind}"))
        .collect();
    for (line, event) in (2..).zip(&recording.events) {
        let text = event
            .payload()
            .map(|payload| String::from_utf8_lossy(payload.bytes()).into_owned())
            .unwrap_or_default();
        for trace in ["/srv/", "/root/", "sk-ant", "......"] {
            if text.contains(trace) {
                dirt.push(format!("line {line}: {trace}"));
            }
        }
    }
    dirt
}

#[test]
fn every_recording_is_sealed_and_names_its_origin() {
    for (name, path) in recordings() {
        let recording = Recording::open(&path).unwrap();
        assert_eq!(recording.integrity(), &Integrity::Sealed, "{name}");
        assert_eq!(
            recording.to_bytes(),
            fs::read(&path).unwrap(),
            "{name}: reading and writing changes it"
        );
        assert_eq!(
            recording.header.cli.as_deref(),
            name.split('/').next(),
            "{name}: the wrong folder"
        );
        assert!(recording.header.argv.is_some() && recording.header.recorder.is_some(), "{name}");
        assert!(recording.header.redactions.is_some(), "{name} was never scrubbed");
        assert!(
            matches!(recording.events.last().map(|event| &event.kind), Some(EventKind::Exit(_))),
            "{name}"
        );
    }
}

#[test]
fn every_recording_is_clean() {
    for (name, path) in recordings() {
        assert_eq!(dirt(&Recording::open(path).unwrap()), [""; 0], "{name}");
    }
}

#[test]
fn dirt_is_detected() {
    let (_, path) = recordings().swap_remove(0);
    let clean = Recording::open(path).unwrap();
    for planted in [
        r#"{"text":"export KEY=sk-ant-api03-abc"}"#,
        r#"{"header":"Bearer 0123456789abcdef0123"}"#,
        r#"{"text":"write to ann@example.org"}"#,
        r#"{"authorization":"x"}"#,
        r#"{"cwd":"/home/ann/project"}"#,
        r#"{"cwd":"/srv/"}"#,
        r#"{"type":"control_response","response":{"agents":[{"description":"What an agent is good for, in the vendor's own words."}]}}"#,
    ] {
        let mut dirty = clean.clone();
        dirty.events.push(Event::new(0, EventKind::Out(planted.into())));
        assert!(!dirt(&dirty).is_empty(), "not found: {planted}");
    }
}

/// The maximum length of a text of the CLI, in bytes.
const LONGEST: usize = 200;

/// Prefixes of longer texts that are allowed, and how long they may be: from the API scripts and the
/// files of the recordings, command output, the text of a refused tool, which hosts compare, and what
/// the CLI says of an answer that it cannot read, of which one repeats what the model wrote.
const LONG: [(&str, usize); 16] = [
    ("0123456789abcde\n", usize::MAX),
    ("1\ta line of the big file", usize::MAX),
    ("a line of the big file", usize::MAX),
    ("{\n \"cells\": [", usize::MAX),
    ("{\"command\":\"echo \u{e9}\u{e9}", usize::MAX),
    ("Entered plan mode.", 600),
    ("Estimated cost:", 260),
    ("<local-command-stdout>Estimated cost:", 260),
    ("The user doesn't want to proceed with this tool use.", 260),
    ("The user answered: ", 260),
    ("git init -q -b main . && git config user.name Ann", 260),
    ("touch in '${cwd}/a.txt' needs approval.", 260),
    ("Error: touch in '${cwd}/a.txt' needs approval.", 260),
    ("API Error: API returned an empty or malformed response", 400),
    ("<tool_use_error>InputValidationError: Write was called with input", 320),
    ("<tool_use_error>InputValidationError: Bash was called with input", 660),
];

fn texts(value: &serde_json::Value) -> Vec<&str> {
    match value {
        serde_json::Value::String(text) => vec![text],
        serde_json::Value::Array(items) => items.iter().flat_map(texts).collect(),
        serde_json::Value::Object(members) => members.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn no_recording_contains_long_texts_of_the_cli() {
    for (name, path) in recordings() {
        for (line, event) in (2..).zip(Recording::open(path).unwrap().events) {
            let EventKind::Out(payload) = &event.kind else { continue };
            let Ok(value) = serde_json::from_slice(payload.bytes()) else { continue };
            for text in texts(&value).into_iter().filter(|text| text.len() > LONGEST) {
                let known = LONG.iter().find(|(begins, _)| text.starts_with(begins));
                let fits = known.is_some_and(|(_, longest)| text.len() <= *longest);
                assert!(
                    fits,
                    "{name}: line {line}: {} bytes: {}",
                    text.len(),
                    text.chars().take(60).collect::<String>()
                );
            }
        }
    }
}

#[test]
fn the_index_lists_exactly_the_recordings_with_their_sizes() {
    let index = fs::read_to_string(folder().join("README.md")).unwrap();
    let mut listed: BTreeSet<&str> = index
        .split("](")
        .skip(1)
        .map(|rest| &rest[..rest.find(')').unwrap()])
        .filter(|name| name.ends_with(".jsonl"))
        .collect();
    for (name, path) in recordings() {
        assert!(listed.remove(name.as_str()), "{name} is not in recordings/README.md");
        let size = format!("| {} KB |", fs::metadata(path).unwrap().len().div_ceil(1000));
        let row = index.lines().find(|line| line.contains(&format!("]({name})"))).unwrap();
        assert!(row.contains(&size), "{name}: the index should say {size}");
    }
    assert_eq!(listed, BTreeSet::new(), "in recordings/README.md, but missing");
}

#[test]
fn expanded_recordings_contain_no_variables() {
    for (name, path) in recordings() {
        let expanded = Recording::open(path)
            .unwrap()
            .expand(&[("cwd".to_owned(), "/tmp/live".to_owned())].into())
            .unwrap();
        let text = String::from_utf8_lossy(&expanded.to_bytes()).into_owned();
        assert!(!text.contains("${cwd") && !text.contains("${home"), "{name}");
        // Two have no turn, which would name its folder.
        let has_none = ["early-exit.jsonl", "settings-layers.jsonl"].map(|end| name.ends_with(end));
        assert_eq!(text.contains("/tmp/live"), !has_none.contains(&true), "{name}");
    }
}
