//! `claude-wire stats`, `diff`, `trim` and `replay`.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use claude_wire::recording::{EventKind, Recording, compare};
use serde_json::Value;

use crate::support::{TOOL, corpus, folder, text};

fn tool(args: &[&str]) -> Output {
    Command::new(TOOL).args(args).output().unwrap()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn json(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn stats_add_up() {
    let three = corpus("three-turns.jsonl");
    let allow = corpus("permission-allow.jsonl");
    let output = tool(&["stats", "--json", path(&three), path(&allow)]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let objects = json(&output);
    let [three, allow, all] = objects.as_slice() else { panic!("{objects:?}") };
    assert_eq!([&three["ended_turns"], &three["tool_calls"]], [3, 0]);
    assert_eq!([&allow["ended_turns"], &allow["tool_calls"]], [1, 1]);
    // Each turn costs the same; the CLI adds them up.
    let costs: Vec<_> = three["turns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|turn| turn["cost"].as_f64().unwrap())
        .collect();
    assert!(costs.iter().all(|cost| (cost - 0.0008).abs() < 1e-9), "{costs:?}");
    assert_eq!(all["recordings"], 2);
    for sum in ["events", "us", "ended_turns", "tool_calls", "tokens_in", "tokens_out"] {
        let [one, other, both] = [three, allow, all].map(|object| object[sum].as_u64().unwrap());
        assert_eq!(one + other, both, "{sum}");
    }
    let latencies = all["latencies"].as_array().unwrap();
    let asked = latencies.iter().find(|row| row["what"] == "can_use_tool").unwrap();
    assert_eq!((&asked["waits"], &asked["count"]), (&"CLI".into(), &1.into()));
    let turns = latencies.iter().find(|row| row["what"] == "the result of a turn").unwrap();
    assert_eq!((&turns["waits"], &turns["count"]), (&"program".into(), &4.into()));
    assert!(turns["median_us"].as_u64() <= turns["p95_us"].as_u64());
    let lines = all["lines"].as_object().unwrap().iter();
    let lines = lines.filter(|(name, _)| name.starts_with("out assistant"));
    assert_eq!(lines.map(|(_, count)| count.as_u64().unwrap()).sum::<u64>(), 6, "{}", all["lines"]);
}

/// A folder with folders is counted, and what cannot be read is reported.
#[test]
fn stats_go_through_folders() {
    let temporary = tempfile::tempdir().unwrap();
    for (place, from) in [("a/1.jsonl", "one-shot.jsonl"), ("b/c/2.jsonl", "hooks.jsonl")] {
        let target = temporary.path().join(place);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(corpus(from), target).unwrap();
    }
    let output = tool(&["stats", path(temporary.path())]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(text(&output.stdout).contains("2 recordings: "), "{output:?}");
    assert!(output.stderr.is_empty(), "no progress where stderr is a pipe: {output:?}");
    fs::write(temporary.path().join("b/c/3.jsonl"), "{}\n").unwrap();
    let output = tool(&["stats", path(temporary.path())]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("3.jsonl"), "{output:?}");
    assert!(text(&output.stdout).contains("2 recordings: "), "{output:?}");
}

/// A copy of a recording with its text changed.
fn changed(name: &str, target: PathBuf, from: &str, to: &str) -> PathBuf {
    let file = fs::read_to_string(corpus(name)).unwrap();
    let other = file.replace(from, to);
    assert_ne!(file, other, "{from}");
    fs::write(&target, other).unwrap();
    tool(&["seal", path(&target)]);
    target
}

#[test]
fn diff_tells_breaking_from_additive_and_cosmetic() {
    let temporary = tempfile::tempdir().unwrap();
    let before = corpus("three-turns.jsonl");
    let make = |from: &str, to: &str| {
        changed("three-turns.jsonl", temporary.path().join("after.jsonl"), from, to)
    };
    let exits = |after: &Path| {
        let code = |args: &[&str]| {
            let args = [&["diff"], args, &[path(&before), path(after)]].concat();
            tool(&args).status.code().unwrap()
        };
        [code(&[]), code(&["--breaking"]), code(&["--quiet"])]
    };
    assert_eq!(exits(&before), [0, 0, 0]);
    assert_eq!(exits(&make("First answer.", "Another answer.")), [0, 0, 0], "a text");
    assert_eq!(
        exits(&make("\"stop_sequence\":null", "\"stop_sequence\":null,\"new\":1")),
        [1, 0, 1]
    );
    assert_eq!(exits(&make("\"stop_sequence\":null,", "")), [1, 1, 1]);
    let after = make("\"stop_sequence\":null,", "");
    let output = tool(&["diff", "--json", path(&before), path(&after)]);
    let found = compare(&Recording::open(&before).unwrap(), &Recording::open(&after).unwrap());
    let rows = json(&output);
    assert_eq!(rows.len(), found.len());
    for (row, difference) in rows.iter().zip(&found) {
        assert_eq!(row["text"], difference.to_string());
    }
    assert!(tool(&["diff", "--quiet", path(&before), path(&after)]).stdout.is_empty());
    let after = make("First answer.", "Another answer.");
    let output = text(&tool(&["diff", "--lines", path(&before), path(&after)]).stdout);
    assert!(output.contains("\n-< says  First answer.\n+< says  Another answer.\n"), "{output}");
}

#[test]
fn diff_compares_folders_by_name() {
    let temporary = tempfile::tempdir().unwrap();
    let place = |name: &str| temporary.path().join(name);
    for name in ["old/same.jsonl", "old/gone.jsonl", "new/same.jsonl", "new/new.jsonl"] {
        fs::create_dir_all(place(name).parent().unwrap()).unwrap();
        fs::copy(corpus("one-shot.jsonl"), place(name)).unwrap();
    }
    let diff = |one: &str, other: &str| {
        let output = tool(&["diff", "--json", path(&place(one)), path(&place(other))]);
        let rows = json(&output).into_iter().map(|row| {
            [&row["recording"], &row["severity"]]
                .map(|value| value.as_str().unwrap().to_owned())
                .join(" ")
        });
        (output.status.code(), rows.collect::<Vec<_>>())
    };
    let (code, rows) = diff("old", "new");
    assert_eq!(code, Some(1));
    assert_eq!(rows, ["gone.jsonl breaking", "new.jsonl additive"]);
    assert_eq!(diff("old", "old"), (Some(0), vec![]));
    let output = tool(&["diff", path(&place("old")), path(&place("old/same.jsonl"))]);
    assert_eq!(output.status.code(), Some(2));
}

/// Whatever is kept of a recording replays to its end.
#[test]
fn a_trimmed_recording_verifies() {
    let temporary = tempfile::tempdir().unwrap();
    let cases: [(&str, &[&str], usize); 7] = [
        ("three-turns.jsonl", &["--turns", "1"], 1),
        ("three-turns.jsonl", &["--turns", "2"], 1),
        ("three-turns.jsonl", &["--turns", "2-3", "--pauses", "0.01"], 2),
        ("queued-prompts.jsonl", &["--pauses", "0"], 2),
        ("permission-allow.jsonl", &["--turns", "1-1"], 1),
        ("partial-messages.jsonl", &["--without-pieces"], 1),
        ("sub-agent.jsonl", &["--turns", "1"], 1),
    ];
    for (number, (name, args, turns)) in cases.into_iter().enumerate() {
        let target = temporary.path().join(format!("{number}.jsonl"));
        let from = corpus(name);
        let output = tool(&[&["trim", path(&from), "-o", path(&target)], args].concat());
        assert_eq!(output.status.code(), Some(0), "{name} {args:?}: {output:?}");
        let recording = Recording::open(&target).unwrap();
        let results = recording.events.iter().filter(|event| {
            matches!(&event.kind, EventKind::Out(line) if text(line.bytes()).contains("\"type\":\"result\""))
        });
        if args.contains(&"--turns") {
            assert_eq!(results.count(), turns, "{name} {args:?}");
        }
        assert!(
            matches!(&recording.events[0].kind, EventKind::Mark(mark) if mark.starts_with("trimmed: "))
        );
        if args.contains(&"--without-pieces") {
            let file = fs::read_to_string(&target).unwrap();
            assert!(!file.contains("\"stream_event\"") && file.contains("\"assistant\""));
        }
        let output = tool(&["verify", path(&target)]);
        assert_eq!(output.status.code(), Some(0), "{name} {args:?}: {}", text(&output.stdout));
    }
}

/// Each turn of each recording is one that replays by itself.
#[test]
fn each_turn_of_the_corpus_verifies() {
    let temporary = tempfile::tempdir().unwrap();
    let mut trimmed = 0;
    for from in claude_wire::recording::recordings_in(folder()).unwrap() {
        let name = from.file_stem().unwrap().to_str().unwrap().to_owned();
        for turn in 1.. {
            let target = temporary.path().join(format!("{name}-{turn}.jsonl"));
            let turn = turn.to_string();
            let args = ["trim", path(&from), "-o", path(&target), "--turns", &turn];
            let output = tool(&[&args[..], &["--pauses", "0.01"]].concat());
            if output.status.code() == Some(2) {
                let why = text(&output.stderr);
                assert!(why.contains(": it has ") || why.contains("truncated"), "{name}: {why}");
                break;
            }
            trimmed += 1;
        }
    }
    assert!(trimmed > 100, "{trimmed}");
    let output = tool(&["verify", "--timeout", "10", path(temporary.path())]);
    let said = text(&output.stdout);
    let failed: Vec<&str> = said.lines().filter(|line| !line.starts_with("ok")).collect();
    assert_eq!(output.status.code(), Some(0), "{}", failed.join("\n"));
}

/// A turn has the prompt that its result names, and one that names none has none.
#[test]
fn a_turn_has_the_prompt_that_its_result_names() {
    for (name, prompts) in [
        ("initial-prompt.jsonl", [None, Some("What now?"), Some("Thanks")]),
        ("notice-between-prompts.jsonl", [Some("Start it"), None, Some("And now?")]),
    ] {
        let output = tool(&["show", "--json", "--all", path(&corpus(name))]);
        let rows = json(&output);
        let results = rows.iter().filter(|row| row["class"] == "result");
        let asked: Vec<Option<String>> = results
            .map(|result| {
                let answers = result["answers"].as_u64()?;
                let prompt = rows.iter().find(|row| row["line"] == answers).unwrap();
                Some(prompt["text"].as_str().unwrap().to_owned())
            })
            .collect();
        let prompts = prompts.map(|it| it.map(str::to_owned));
        assert_eq!(asked, prompts, "{name}");
    }
}

/// `replay` goes through the launches of a folder; `trim` takes a folder with one recording.
#[test]
fn folders_are_taken() {
    let temporary = tempfile::tempdir().unwrap();
    let place = |name: &str| temporary.path().join(name);
    for (name, from) in [
        ("two/1.jsonl", "one-shot.jsonl"),
        ("two/2.jsonl", "three-turns.jsonl"),
        ("one/1.jsonl", "three-turns.jsonl"),
    ] {
        fs::create_dir_all(place(name).parent().unwrap()).unwrap();
        fs::copy(corpus(from), place(name)).unwrap();
    }
    let raw = |from: &Path| {
        let output = tool(&["replay", "--raw", "--speed", "1e9", path(from)]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        output.stdout
    };
    let both = [raw(&place("two/1.jsonl")), raw(&place("two/2.jsonl"))].concat();
    assert_eq!(raw(&place("two")), both);
    let shown = tool(&["replay", "--pause", "0", path(&place("two"))]);
    let transcript = tool(&["show", "--all", path(&place("two"))]);
    assert_eq!(text(&shown.stdout), text(&transcript.stdout));
    let trim = |from: &str| {
        let target = place("out.jsonl");
        let output = tool(&["trim", path(&place(from)), "-o", path(&target), "--turns", "2"]);
        (output.status.code(), text(&output.stderr))
    };
    let (code, why) = trim("two");
    assert_eq!(code, Some(2));
    assert!(why.contains("several recordings") && why.contains("2.jsonl"), "{why}");
    assert_eq!(trim("one").0, Some(0));
}

#[test]
fn trim_refuses_what_is_not_there() {
    let temporary = tempfile::tempdir().unwrap();
    let target = temporary.path().join("out.jsonl");
    let from = corpus("three-turns.jsonl");
    for args in [&["--turns", "4"][..], &["--turns", "0"], &["--turns", "3-2"], &[]] {
        let output = tool(&[&["trim", path(&from), "-o", path(&target)], args].concat());
        assert_eq!(output.status.code(), Some(2), "{args:?}: {output:?}");
        assert!(!target.exists());
    }
}

/// `--raw` writes what the CLI wrote, to the byte; a great speed leaves no waits.
#[test]
fn replay_writes_what_the_cli_wrote() {
    let from = corpus("permission-allow.jsonl");
    let output = tool(&["replay", "--raw", "--speed", "1e9", path(&from)]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let recording = Recording::open(&from).unwrap();
    let lines = recording.events.iter().filter(|event| matches!(event.kind, EventKind::Out(_)));
    let wrote: Vec<u8> = lines.flat_map(|event| event.payload().unwrap().wire()).collect();
    assert_eq!(output.stdout, wrote);
    let shown = tool(&["replay", "--pause", "0", path(&from)]);
    let transcript = tool(&["show", "--all", path(&from)]);
    assert_eq!(text(&shown.stdout), text(&transcript.stdout));
}

/// At eight times its pace, a recording takes an eighth of the time that it took, or more.
#[test]
fn replay_keeps_the_pace() {
    let from = corpus("permission-allow.jsonl");
    let recorded: u64 = Recording::open(&from).unwrap().events.iter().map(|event| event.us).sum();
    let begun = std::time::Instant::now();
    tool(&["replay", "--raw", "--speed", "8", path(&from)]);
    let took = begun.elapsed().as_micros() as u64;
    assert!(took >= recorded / 8, "{took} of {recorded}");
}

#[test]
fn every_recording_has_numbers() {
    let output = tool(&["stats", "--json", path(&folder())]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    for object in json(&output).iter().filter(|object| object.get("file").is_some()) {
        for turn in object["turns"].as_array().unwrap() {
            let cost = turn["cost"].as_f64().unwrap_or(0.0);
            assert!(cost >= 0.0, "{}: {turn}", object["file"]);
        }
    }
}
