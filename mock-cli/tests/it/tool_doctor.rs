//! `claude-wire doctor`, `completions` and `man`.
#![allow(clippy::unwrap_used, reason = "a test may fail")]
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use claude_wire::CLI_VERSION;
use serde_json::Value;

use crate::support::{MOCK, TOOL, corpus, text};

/// An empty home, with a folder for programs.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A CLI that only says its version.
    fn cli(&self, version: &str) -> PathBuf {
        let path = self.path("claude");
        fs::write(&path, format!("#!/bin/sh\necho '{version} (Claude Code)'\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn doctor(&self, args: &[&str], vars: &[(&str, &str)]) -> (Option<i32>, Vec<Value>) {
        let mut command = Command::new(TOOL);
        command.args(["doctor", "--json"]).args(args).env_clear();
        command.env("HOME", self.0.path()).env("PATH", "/usr/bin:/bin").envs(vars.iter().copied());
        let Output { status, stdout, stderr } = command.output().unwrap();
        assert!(stderr.is_empty(), "{}", text(&stderr));
        let rows = text(&stdout);
        (status.code(), rows.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }
}

/// The texts of the checks with this verdict.
fn of(rows: &[Value], verdict: &str) -> Vec<String> {
    let rows = rows.iter().filter(|row| row["verdict"] == verdict);
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    rows.map(|row| format!("{}: {} | {}", text(row, "check"), text(row, "text"), text(row, "hint")))
        .collect()
}

#[test]
fn a_known_cli_is_found_and_nothing_is_wrong() {
    let home = Home::new();
    let cli = home.cli(CLI_VERSION);
    let (code, rows) = home.doctor(&["--cli", cli.to_str().unwrap()], &[]);
    assert_eq!(code, Some(0), "{rows:?}");
    let good = of(&rows, "ok").join("\n");
    assert!(good.contains(cli.to_str().unwrap()) && good.contains(CLI_VERSION), "{good}");
    assert!(of(&rows, "WRONG").is_empty());
}

#[test]
fn a_missing_mute_unknown_or_replaced_cli_is_named() {
    let home = Home::new();
    let (code, rows) = home.doctor(&["--cli", "/nowhere/claude"], &[]);
    assert_eq!(code, Some(1));
    assert!(of(&rows, "WRONG")[0].contains("claude-wire install"), "{rows:?}");

    // A program that is given the stand-in needs none, unless one is named.
    let recording = corpus("one-shot.jsonl");
    for variable in ["CLAUDE_WIRE_REPLAY", "CLAUDE_WIRE_SCENARIO"] {
        let vars = [(variable, recording.to_str().unwrap()), ("PATH", "/nowhere")];
        let (_, rows) = home.doctor(&[], &vars);
        assert!(of(&rows, "note").iter().any(|row| row.starts_with("CLI: ")), "{rows:?}");
        assert!(!of(&rows, "WRONG").iter().any(|row| row.starts_with("CLI: ")), "{rows:?}");
        let (code, rows) = home.doctor(&["--cli", "/nowhere/claude"], &vars);
        assert_eq!(code, Some(1), "{rows:?}");
    }
    let (code, rows) = home.doctor(&[], &[("PATH", "/nowhere")]);
    assert!(code == Some(1) && of(&rows, "WRONG")[0].starts_with("CLI: "), "{rows:?}");

    let cli = home.cli("9.9.9");
    let (code, rows) = home.doctor(&["--cli", cli.to_str().unwrap()], &[]);
    assert_eq!(code, Some(0), "{rows:?}");
    assert!(of(&rows, "note").iter().any(|row| row.contains("9.9.9 is not known")), "{rows:?}");

    fs::write(&cli, "#!/bin/sh\nexit 3\n").unwrap();
    let (code, rows) = home.doctor(&["--cli", cli.to_str().unwrap()], &[]);
    assert_eq!(code, Some(1), "{rows:?}");

    let (_, rows) = home.doctor(&["--cli", MOCK], &[]);
    assert!(
        of(&rows, "note").iter().any(|row| row.contains("is mock-claude, the stand-in")),
        "{rows:?}"
    );
}

/// A variable that is misspelt, or means nothing together with another one.
#[test]
fn faults_of_the_environment_are_named() {
    let home = Home::new();
    let cli = home.cli(CLI_VERSION);
    let doctor = |vars: &[(&str, &str)]| home.doctor(&["--cli", cli.to_str().unwrap()], vars);
    for (vars, wrong) in [
        (&[("CLAUDE_WIRE_REPLY", "x")][..], "did you mean CLAUDE_WIRE_REPLAY?"),
        (&[("CLAUDE_WIRE_SCENARIOS", "x")], "did you mean CLAUDE_WIRE_SCENARIO?"),
        (&[("CLAUDE_WIRE_REPLAY", "x"), ("CLAUDE_WIRE_RECORD_TO", "y")], "CLAUDE_WIRE_RECORD_TO"),
        (
            &[("CLAUDE_WIRE_REPLAY", "x.jsonl"), ("CLAUDE_WIRE_SPEED", "fast")],
            "CLAUDE_WIRE_SPEED must be",
        ),
        (&[("CLAUDE_WIRE_REPLAY", "nowhere/x.jsonl")], "nowhere/x.jsonl"),
    ] {
        let (code, rows) = doctor(vars);
        assert_eq!(code, Some(1), "{vars:?}: {rows:?}");
        assert!(of(&rows, "WRONG").iter().any(|row| row.contains(wrong)), "{vars:?}: {rows:?}");
    }
    let (code, rows) =
        doctor(&[("CLAUDE_WIRE_REPLAY", corpus("one-shot.jsonl").to_str().unwrap())]);
    assert_eq!(code, Some(0), "{rows:?}");
    // An option of a session is not a fault, nor what a test in Rust reads.
    for var in [("CLAUDE_WIRE_MODEL", "opus"), ("CLAUDE_WIRE_RECORD", "once")] {
        let (code, rows) = doctor(&[var]);
        assert_eq!(code, Some(0), "{rows:?}");
    }
    for (allowed, is_refused) in [("0", true), ("1", false)] {
        let (_, rows) = doctor(&[
            ("CI", "true"),
            ("CLAUDE_WIRE_RECORD", "once"),
            ("CLAUDE_WIRE_RECORD_IN_CI", allowed),
        ]);
        let says = of(&rows, "note").iter().any(|row| row.contains("are refused"));
        assert_eq!(says, is_refused, "{rows:?}");
    }
}

#[test]
fn keys_are_not_shown() {
    let home = Home::new();
    let cli = home.cli(CLI_VERSION);
    let vars =
        [("ANTHROPIC_API_KEY", "kolibri-4711"), ("HTTPS_PROXY", "http://me:kolibri-4711@proxy")];
    let (_, rows) = home.doctor(&["--cli", cli.to_str().unwrap()], &vars);
    let shown = format!("{rows:?}");
    assert!(shown.contains("ANTHROPIC_API_KEY") && !shown.contains("kolibri"), "{shown}");
}

#[test]
fn broken_recordings_are_named() {
    let home = Home::new();
    let cli = home.cli(CLI_VERSION);
    let folder = home.path("recordings");
    fs::create_dir(&folder).unwrap();
    let whole = fs::read(corpus("one-shot.jsonl")).unwrap();
    fs::write(folder.join("1.jsonl"), &whole).unwrap();
    fs::write(folder.join("2.jsonl"), &whole[..whole.len() / 2]).unwrap();
    fs::write(folder.join("3.jsonl"), "").unwrap();
    fs::write(folder.join("rules.json"), "{\"ignored\": []}").unwrap();
    let vars = [("CLAUDE_WIRE_REPLAY", folder.to_str().unwrap())];
    let (code, rows) = home.doctor(&["--cli", cli.to_str().unwrap()], &vars);
    assert_eq!(code, Some(1));
    let wrong = of(&rows, "WRONG").join("\n");
    for name in ["2.jsonl: truncated", "3.jsonl", "rules.json"] {
        assert!(wrong.contains(name), "{wrong}");
    }
    assert!(of(&rows, "ok").iter().any(|row| row.contains("1 whole")), "{rows:?}");
}

fn tool(args: &[&str]) -> Output {
    Command::new(TOOL).args(args).output().unwrap()
}

/// Bash accepts its completions, and offers the commands.
#[test]
fn bash_completes_commands_and_options() {
    let script = tool(&["completions", "bash"]);
    assert_eq!(script.status.code(), Some(0));
    let complete = |words: &str, at: usize| {
        let program = format!(
            "{}\nCOMP_WORDS=({words}) COMP_CWORD={at}; _claude__wire claude-wire \"${{COMP_WORDS[{at}]}}\" \"\"; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            text(&script.stdout)
        );
        let output = Command::new("bash").args(["--norc", "-c", &program]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        text(&output.stdout)
    };
    assert!(complete("claude-wire sh", 1).lines().any(|word| word == "show"));
    assert!(complete("claude-wire show --ne", 2).lines().any(|word| word == "--next-to"));
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        let output = tool(&["completions", shell]);
        assert!(text(&output.stdout).contains("claude-wire"), "{shell}");
    }
}

#[test]
fn each_command_has_a_manual_page() {
    let page = tool(&["man"]);
    assert!(
        text(&page.stdout).starts_with(".ie") && text(&page.stdout).contains(".TH claude"),
        "{page:?}"
    );
    let folder = tempfile::tempdir().unwrap();
    let output = tool(&["man", "--dir", folder.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let has = |name: &str| Path::new(folder.path()).join(name).is_file();
    assert!(has("claude-wire.1") && has("claude-wire-show.1") && has("claude-wire-accept.1"));
}
