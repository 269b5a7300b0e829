//! `claude-wire drift`, with a CLI that plays a recording: the very one that it is compared with, or an altered one.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use claude_wire::recording::Recording;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{MOCK, TOOL, corpus, folder, text};

/// A CLI of version 9.9.9 that plays `missing-key`, which needs no API, with each of these replacements made in it.
struct Cli {
    folder: TempDir,
    path: PathBuf,
}

fn cli(replacements: &[(&str, &str)]) -> Cli {
    let folder = tempfile::tempdir().unwrap();
    let mut recorded = fs::read_to_string(corpus("missing-key.jsonl")).unwrap();
    for (from, to) in replacements {
        assert!(recorded.contains(from), "{from}");
        recorded = recorded.replace(from, to);
    }
    let recording = folder.path().join("played.jsonl");
    // Saving seals it.
    Recording::from_bytes(recorded.as_bytes()).unwrap().save(&recording).unwrap();
    let path = folder.path().join("claude");
    let script = format!(
        "#!/bin/sh\nif [ \"$1\" = --version ]; then echo '9.9.9 (Claude Code)'; else CLAUDE_WIRE_REPLAY='{}' exec '{MOCK}' \"$@\"; fi\n",
        recording.display()
    );
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    Cli { folder, path }
}

fn drift(against: &Path, recordings: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(TOOL);
    command
        .arg("drift")
        .arg("--against")
        .arg(against)
        .arg("--recordings")
        .arg(recordings)
        .args(args);
    command.env_remove("CLAUDE_WIRE_REAL_CLI").output().unwrap()
}

#[test]
#[ignore = "needs a network namespace: unshare --net"]
fn a_cli_that_speaks_as_recorded_is_clean() {
    let cli = cli(&[]);
    let output = drift(&cli.path, &folder(), &["missing-key"]);
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    assert_eq!(
        text(&output.stdout),
        "1 of 1 entries compared with version 9.9.9: 0 breaking, 0 additive, 0 cosmetic\n"
    );
}

#[test]
#[ignore = "needs a network namespace: unshare --net"]
fn each_kind_of_drift_is_found() {
    let other_model = (r#""permissionMode":"default""#, r#""permissionMode":"quantum""#);
    let new_field = (r#""subtype":"init","#, r#""subtype":"init","aura":1,"#);
    let gone_field = (r#""num_turns":1,"#, "");
    let cli = cli(&[other_model, new_field, gone_field]);
    let output = drift(&cli.path, &folder(), &["missing-key"]);
    assert_eq!(output.status.code(), Some(1), "{}{}", text(&output.stdout), text(&output.stderr));
    let expected = "\
breaking: out result/success: field num_turns is gone
    in missing-key
breaking: out system/init: field permissionMode is never \"default\" any more
    in missing-key
additive: out system/init: field aura is new (number)
    in missing-key
additive: out system/init: field permissionMode may be \"quantum\"
    in missing-key
untyped: out result/success: num_turns: expected a whole number from 0 up, found nothing
    in missing-key
untyped: out system/init: aura is not modelled
    in missing-key
untyped: out system/init: permissionMode = \"quantum\" is not known
    in missing-key
1 of 1 entries compared with version 9.9.9: 2 breaking, 2 additive, 0 cosmetic
";
    assert_eq!(text(&output.stdout), expected);

    let json = text(&drift(&cli.path, &folder(), &["--json", "missing-key"]).stdout);
    let report: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        report["differences"][0],
        serde_json::from_str::<Value>(
            r#"{"severity":"breaking","kind":"out result/success","path":"num_turns","change":"field_gone","entries":["missing-key"]}"#
        )
        .unwrap()
    );
    assert_eq!(
        report["untyped"][1],
        serde_json::from_str::<Value>(
            r#"{"kind":"out system/init","what":"aura is not modelled","entries":["missing-key"]}"#
        )
        .unwrap()
    );
    assert_eq!(
        (&report["cli"], report["problems"].as_array().map(Vec::len)),
        (&Value::from("9.9.9"), Some(0))
    );
    drop(cli.folder);
}

#[test]
#[ignore = "needs a network namespace: unshare --net"]
fn another_text_alone_is_told_and_is_clean() {
    let cli = cli(&[(r#""num_turns":1,"#, r#""num_turns":2,"#)]);
    let output = drift(&cli.path, &folder(), &["missing-key"]);
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    assert!(
        text(&output.stdout)
            .starts_with("cosmetic: out result/success: field num_turns has other values\n"),
        "{}",
        text(&output.stdout)
    );
}

#[test]
#[ignore = "needs a network namespace: unshare --net"]
fn what_could_not_be_looked_at_is_no_better_than_drift() {
    let cli = cli(&[]);
    let nowhere = cli.folder.path().join("nowhere");
    for (against, recordings, name, why) in [
        (&nowhere, &folder(), "missing-key", "no CLI at "),
        (&cli.path, &nowhere, "missing-key", "1 of 1 entries could not be compared to the end"),
        (&cli.path, &folder(), "no-such-entry", "no entry is named \"no-such-entry\""),
        // It plays missing-key, and nothing else.
        (&cli.path, &folder(), "max-turns", "1 of 1 entries could not be compared to the end"),
    ] {
        let output = drift(against, recordings, &[name]);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{why}: {}{}",
            text(&output.stdout),
            text(&output.stderr)
        );
        assert!(text(&output.stderr).contains(why), "{}", text(&output.stderr));
    }
}

#[test]
fn without_a_closed_network_nothing_is_run() {
    let cli = cli(&[]);
    let output = Command::new(TOOL)
        .args(["drift", "missing-key", "--against"])
        .arg(&cli.path)
        .env("PATH", "/nonexistent")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(text(&output.stderr).contains("loopback"), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
}

#[test]
fn a_matrix_that_npm_cannot_bring_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (versions, why) in
        [("2.1", "\"2.1\" is not a version"), ("2.1.200", "npm was not found on PATH")]
    {
        let output = Command::new(TOOL)
            .args(["drift", "--matrix", versions, "--dir"])
            .arg(folder.path())
            .env("PATH", "/nonexistent")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(text(&output.stderr).contains(why), "{output:?}");
    }
}
