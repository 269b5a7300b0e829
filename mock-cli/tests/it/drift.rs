//! `claude-wire drift`, with a CLI that plays a recording: the one it is compared with, or an
//! altered one.
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

/// A CLI of version 9.9.9 that plays `missing-key`, which needs no API, with these replacements
/// made in it.
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
    // Saving writes the footer.
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

const NEW_WORD: (&str, &str) = (r#""permissionMode":"default""#, r#""permissionMode":"quantum""#);
const NEW_FIELD: (&str, &str) = (r#""subtype":"init","#, r#""subtype":"init","aura":1,"#);
const GONE_FIELD: (&str, &str) = (r#""num_turns":1,"#, "");

#[test]
#[ignore = "needs a network namespace: unshare --net"]
fn a_new_field_is_additive_only() {
    let cli = cli(&[NEW_FIELD]);
    let output = drift(&cli.path, &folder(), &["missing-key"]);
    assert_eq!(output.status.code(), Some(1), "{}{}", text(&output.stdout), text(&output.stderr));
    let expected = "\
additive: out system/init: field aura is new (number)
    in missing-key
untyped: out system/init: aura is not modelled
    in missing-key
1 of 1 entries compared with version 9.9.9: 0 breaking, 1 additive, 0 cosmetic
";
    assert_eq!(text(&output.stdout), expected);
}

#[test]
#[ignore = "needs a network namespace: unshare --net"]
fn a_removed_field_is_breaking_only() {
    let cli = cli(&[GONE_FIELD]);
    let output = drift(&cli.path, &folder(), &["missing-key"]);
    assert_eq!(output.status.code(), Some(1), "{}{}", text(&output.stdout), text(&output.stderr));
    let expected = "\
breaking: out result/success: field num_turns is gone
    in missing-key
untyped: out result/success: num_turns: expected a whole number from 0 up, found nothing
    in missing-key
1 of 1 entries compared with version 9.9.9: 1 breaking, 0 additive, 0 cosmetic
";
    assert_eq!(text(&output.stdout), expected);
}

#[test]
#[ignore = "needs a network namespace: unshare --net"]
fn a_changed_word_is_one_removed_and_one_new() {
    let cli = cli(&[NEW_WORD]);
    let output = drift(&cli.path, &folder(), &["--json", "missing-key"]);
    let report: Value = serde_json::from_str(&text(&output.stdout)).unwrap();
    let expected = r#"[
        {"severity":"breaking","kind":"out system/init","path":"permissionMode","change":"value_gone","before":"default","entries":["missing-key"]},
        {"severity":"additive","kind":"out system/init","path":"permissionMode","change":"value_new","after":"quantum","entries":["missing-key"]}]"#;
    assert_eq!(report["differences"], serde_json::from_str::<Value>(expected).unwrap());
    let untyped = r#"[{"kind":"out system/init","what":"permissionMode = \"quantum\" is not known","entries":["missing-key"]}]"#;
    assert_eq!(report["untyped"], serde_json::from_str::<Value>(untyped).unwrap());
    assert_eq!(
        (&report["cli"], &report["from"], report["problems"].as_array().map(Vec::len)),
        (&Value::from("9.9.9"), &Value::Null, Some(0))
    );
}

/// A call and its result, with fields that the types of the tool do not have.
const CALL: &str = r#"{"type":"assistant","message":{"id":"m","type":"message","role":"assistant","model":"m","content":[{"type":"tool_use","id":"t","name":"Bash","input":{"command":"ls","mood":"fine"}}],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}},"parent_tool_use_id":null,"session_id":"s","uuid":"u"}"#;
const OUTPUT: &str = r#"{"type":"user","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"a"}]},"parent_tool_use_id":null,"session_id":"s","uuid":"u","tool_use_result":{"stdout":"a","stderr":"","interrupted":false,"isImage":false,"aura":[1]}}"#;

#[test]
#[ignore = "needs a network namespace: unshare --net"]
fn new_fields_of_tools_are_untyped() {
    let result = r#","out":{"duration_api_ms""#;
    let planted = format!(
        r#","out":{CALL}}}
{{"us":1,"out":{OUTPUT}}}
{{"us":1{result}"#
    );
    let cli = cli(&[(result, &planted)]);
    let output = drift(&cli.path, &folder(), &["missing-key"]);
    assert_eq!(output.status.code(), Some(1), "{}{}", text(&output.stdout), text(&output.stderr));
    let report = text(&output.stdout);
    let untyped: Vec<_> = report.lines().filter(|line| line.starts_with("untyped:")).collect();
    assert_eq!(
        untyped,
        [
            "untyped: out assistant: Bash: input.mood is not modelled",
            "untyped: out user: Bash: output.aura is not modelled",
        ]
    );
}

#[test]
#[ignore = "needs a network namespace: unshare --net"]
fn another_cli_can_play_in_place_of_the_recordings() {
    let (old, new) = (cli(&[GONE_FIELD]), cli(&[]));
    let from = |from: &Path, against: &Path| {
        let mut command = Command::new(TOOL);
        command.args(["drift", "missing-key", "--from"]).arg(from).arg("--against").arg(against);
        text(&command.env_remove("CLAUDE_WIRE_REAL_CLI").output().unwrap().stdout)
    };
    assert_eq!(
        from(&old.path, &new.path),
        "additive: out result/success: field num_turns is new (number)\n    in missing-key\n\
         1 of 1 entries compared, version 9.9.9 with version 9.9.9: 0 breaking, 1 additive, 0 cosmetic\n"
    );
    assert_eq!(
        from(&new.path, &new.path),
        "1 of 1 entries compared, version 9.9.9 with version 9.9.9: 0 breaking, 0 additive, 0 cosmetic\n"
    );
}

/// The CLI plays `missing-key` only: in another entry, everything it does is different.
#[test]
#[ignore = "needs a network namespace: unshare --net"]
fn a_failed_entry_is_not_compared() {
    let cli = cli(&[]);
    let output = drift(&cli.path, &folder(), &["max-turns", "missing-key"]);
    assert_eq!(output.status.code(), Some(2), "{}{}", text(&output.stdout), text(&output.stderr));
    let report = text(&output.stdout);
    assert!(report.starts_with("not compared: max-turns\n    "), "{report}");
    assert!(!report.contains("breaking:") && !report.contains("additive:"), "{report}");
    let end = "1 of 2 entries compared with version 9.9.9: 0 breaking, 0 additive, 0 cosmetic\n";
    assert!(report.ends_with(end), "{report}");
}

#[test]
#[ignore = "needs a network namespace: unshare --net"]
fn recordings_without_requests_are_compared_with_a_note() {
    let cli = cli(&[]);
    let folder = tempfile::tempdir().unwrap();
    fs::copy(corpus("missing-key.jsonl"), folder.path().join("missing-key.jsonl")).unwrap();
    let output = drift(&cli.path, folder.path(), &["missing-key"]);
    let report = text(&output.stdout);
    assert!(report.starts_with("not compared: what it asks the API: "), "{report}");
    assert!(
        report.ends_with(
            "1 of 1 entries compared with version 9.9.9: 0 breaking, 0 additive, 0 cosmetic\n"
        ),
        "{report}"
    );
    assert_eq!(output.status.code(), Some(2), "{report}");
    assert!(text(&output.stderr).contains("has no requests.json"), "{}", text(&output.stderr));
}

#[test]
#[ignore = "needs a network namespace: unshare --net"]
fn a_changed_text_is_reported_and_is_clean() {
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
fn an_unexamined_entry_counts_as_drift() {
    let cli = cli(&[]);
    let nowhere = cli.folder.path().join("nowhere");
    for (against, recordings, name, why) in [
        (&nowhere, &folder(), "missing-key", "no CLI at "),
        (&cli.path, &nowhere, "missing-key", "1 of 1 entries could not be compared"),
        (&cli.path, &folder(), "no-such-entry", "no entry is named \"no-such-entry\""),
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
