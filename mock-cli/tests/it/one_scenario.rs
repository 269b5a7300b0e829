//! One scenario file drives a Python program and a `claude -p` script, and in the library's tests a
//! Rust program: two launches, a hook, a permission, a tool, a structured answer and a limit.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::{MOCK, TOOL, mock, text, version_line};

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests")
}

/// Runs a program with the scenario in a new run folder; also returns what `claude-wire report` says
/// of the run.
fn run(command: impl FnOnce(&Path) -> Command) -> (Output, Output) {
    let folder = tempfile::tempdir().unwrap();
    symlink(MOCK, folder.path().join("claude")).unwrap();
    let mut command = command(folder.path());
    // The variables of the stand-in for a test.
    command.envs(mock(&[]).get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("CLAUDE_WIRE_SCENARIO", tests().join("scenarios/sum.json"));
    command.env("CLAUDE_WIRE_RUN", folder.path().join("run")).current_dir(folder.path());
    command.env("CLAUDE_WIRE_IDLE_TIMEOUT", "20");
    let output = command.output().unwrap();
    let report = Command::new(TOOL).arg("report").arg(folder.path().join("run")).output().unwrap();
    (output, report)
}

#[test]
fn a_script_goes_through_two_launches() {
    let (output, report) = run(|folder| {
        let mut command = Command::new("sh");
        command.arg(tests().join("scenarios/sum.sh"));
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{path}", folder.display()));
        command
    });
    let expected = format!(
        "{}{}",
        version_line(),
        "{\"loggedIn\": true}\n\
         SUM {\"sum\":3,\"kept\":false}\n\
         DENIED \"tool_name\":\"Bash\"\nDENIED \"tool_name\":\"Write\"\n\
         Error: Reached max turns (1)\nEXIT 1\n\
         No conversation found with session ID: 00000000-0000-4000-8000-000000000000\nEXIT 1\n"
    );
    assert_eq!(text(&output.stdout), expected, "{}", text(&output.stderr));
    assert_eq!((text(&output.stderr).as_str(), output.status.code()), ("", Some(0)));
    assert_eq!(report.status.code(), Some(0), "{}", text(&report.stdout));
}

#[test]
#[ignore = "needs the official SDKs: .ci/run official-sdks"]
fn official_sdks_python_program_goes_through_two_launches() {
    let installed = std::env::var_os("CLAUDE_WIRE_OFFICIAL_SDKS")
        .expect("CLAUDE_WIRE_OFFICIAL_SDKS names the folder with the official SDKs");
    let (output, report) = run(|_| {
        let mut command = Command::new("python3");
        command.arg("-B").arg(tests().join("official/sum.py"));
        command.env("PYTHONPATH", Path::new(&installed).join("python")).env("STAND_IN", MOCK);
        command
    });
    let expected = "HOOK mcp__calc__add\nTOOL add 1 2\nHOOK Write\nASK Write\n\
                    SUM {\"sum\": 3, \"kept\": true}\nDENIED ['Bash']\nLIMIT error_max_turns\n";
    assert_eq!(text(&output.stdout), expected, "{}", text(&output.stderr));
    assert_eq!(report.status.code(), Some(0), "{}", text(&report.stdout));
}
