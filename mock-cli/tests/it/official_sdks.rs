//! Programs on the official Python and TypeScript SDKs, unchanged, replay what was recorded with
//! them, and what was recorded with each other.
//!
//! `CLAUDE_WIRE_OFFICIAL_SDKS` names a folder with both: the packages of Python in
//! `python`, and `node_modules`. `.ci/run official-sdks` installs them.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::support::{MOCK, text};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Sdk {
    Python,
    TypeScript,
}

use Sdk::{Python, TypeScript};

fn programs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/official")
}

/// Where both SDKs are installed.
pub(crate) fn installed() -> PathBuf {
    let folder = std::env::var_os("CLAUDE_WIRE_OFFICIAL_SDKS")
        .expect("CLAUDE_WIRE_OFFICIAL_SDKS names the folder with the official SDKs");
    PathBuf::from(folder)
}

/// A program with the stand-in as its CLI.
pub(crate) struct Program {
    command: Command,
    /// Where it runs.
    _folder: TempDir,
}

impl Program {
    /// In its own folder.
    pub(crate) fn new(sdk: Sdk, name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (home, cwd) = (folder.path().join("home"), folder.path().join("work"));
        let place = folder.path().join("program");
        for folder in [&home, &cwd, &place] {
            fs::create_dir(folder).unwrap();
        }
        let mut command = match sdk {
            Python => {
                let mut command = Command::new("python3");
                command.env("PYTHONPATH", installed().join("python"));
                command.arg("-B").arg(programs().join(format!("{name}.py")));
                command
            }
            // Node looks for packages next to the program.
            TypeScript => {
                for module in [name, "show"].map(|name| format!("{name}.mjs")) {
                    fs::copy(programs().join(&module), place.join(&module)).unwrap();
                }
                symlink(installed().join("node_modules"), place.join("node_modules")).unwrap();
                let mut command = Command::new("node");
                command.arg(place.join(format!("{name}.mjs")));
                command
            }
        };
        command.current_dir(&cwd).env("HOME", &home).env("STAND_IN", MOCK);
        // A program that does not write what it should fails soon.
        command.env("CLAUDE_WIRE_IDLE_TIMEOUT", "20");
        // With the pause of users, which the gate turns off for the other tests.
        command.env_remove("CLAUDE_WIRE_PAUSE");
        Self { command, _folder: folder }
    }

    pub(crate) fn env(mut self, env: &[(&str, &str)]) -> Self {
        self.command.envs(env.iter().copied());
        self
    }

    fn args(mut self, args: &[&str]) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn output(mut self) -> Output {
        self.command.output().unwrap()
    }

    fn replays(mut self, recordings: &Path) -> Output {
        self.command.env("CLAUDE_WIRE_REPLAY", recordings).output().unwrap()
    }
}

fn committed(name: &str) -> PathBuf {
    programs().join("recordings").join(name)
}

/// What the program said. Messages of the CLI's state are left out: only some launches ask for them.
fn said(output: &Output) -> String {
    let all = text(&output.stdout);
    let lines = all.lines().filter(|line| !line.starts_with("S[") && !line.starts_with("system["));
    lines.collect::<Vec<_>>().join("\n")
}

/// A program with a recording that fits it.
struct Case {
    name: &'static str,
    recorded: &'static str,
    env: &'static [(&'static str, &'static str)],
    args: &'static [&'static str],
}

const CASES: [Case; 3] = [
    Case { name: "ask", recorded: "ask", env: &[], args: &["RUN:one 2+2?"] },
    Case { name: "agent", recorded: "agent", env: &[], args: &[] },
    Case { name: "agent", recorded: "agent-partial", env: &[("PARTIAL", "1")], args: &[] },
];

#[test]
#[ignore = "needs the official SDKs: .ci/run official-sdks"]
fn each_program_replays_the_recordings_of_both_sdks() {
    for sdk in [Python, TypeScript] {
        for Case { name, recorded, env, args } in CASES {
            let replayed = ["python", "typescript"].map(|recorded_by| {
                let recording = format!("{recorded_by}-{recorded}.jsonl");
                let program = Program::new(sdk, name).env(env).args(args);
                let output = program.replays(&committed(&recording));
                let (said, errors) = (said(&output), text(&output.stderr));
                assert_eq!(output.status.code(), Some(0), "{sdk:?}, {recording}: {said}{errors}");
                assert!(said.contains("R[success"), "{sdk:?}, {recording}: {said}");
                said
            });
            assert_eq!(replayed[0], replayed[1], "{sdk:?}, {name}: both recordings say the same");
        }
    }
}

/// A program that was changed in one place gets no answer, and its own output says why.
#[test]
#[ignore = "needs the official SDKs: .ci/run official-sdks"]
fn a_changed_program_is_refused_with_the_difference() {
    for (sdk, by) in [(Python, "python"), (TypeScript, "typescript")] {
        for (name, env, args, difference) in [
            ("ask", &[][..], &["RUN:one 2+3?"][..], "RUN:one 2+3?"),
            ("agent", &[("MODEL", "claude-opus-4-1")], &[], "--model"),
            ("agent", &[("SECOND_PROMPT", "RUN:t2 do not remove")], &[], "RUN:t2 do not remove"),
        ] {
            let program = Program::new(sdk, name).env(env).args(args);
            let output = program.replays(&committed(&format!("{by}-{name}.jsonl")));
            let shown = text(&output.stdout) + &text(&output.stderr);
            assert_ne!(output.status.code(), Some(0), "{sdk:?}, {env:?}: {shown}");
            assert!(shown.contains(difference), "{sdk:?}, {env:?}: {shown}");
            assert!(shown.contains("record again"), "{sdk:?}, {env:?}: {shown}");
        }
    }
}

/// A program with two launches, recorded with the real CLI in a closed network, and replayed from
/// its folder without one.
#[cfg(feature = "lab")]
mod recorded_here {
    use claude_wire::lab::{ApiReply, ApiScript, Hermetic, real_cli};
    use serde_json::json;

    use super::*;

    fn api() -> ApiScript {
        let asks = [
            ApiReply::tool_use("mcp__calc__add", json!({"a": 6, "b": 7})),
            ApiReply::tool_use("Bash", json!({"command": "touch made.txt"})),
            ApiReply::text("Made it. 13."),
        ];
        ApiScript::new()
            .on_prompt("Add and make", asks)
            .on_prompt("Thanks", [ApiReply::text("You are welcome.")])
    }

    /// What the program said, and the folder of its recordings.
    async fn record(recordings: &Path) -> String {
        let cli = real_cli().expect("CLAUDE_WIRE_REAL_CLI names the real CLI");
        let place = Hermetic::start(&cli, api()).await.unwrap();
        let mut program = Program::new(Python, "launches");
        program.command.env_clear().envs(place.env()).current_dir(place.cwd());
        program.command.env("PYTHONPATH", installed().join("python")).env("STAND_IN", MOCK);
        program.command.env("CLAUDE_WIRE_RECORD_TO", recordings).env("CLAUDE_WIRE_REAL_CLI", cli);
        let mut command = program.command;
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let said = said(&output);
        assert_eq!(output.status.code(), Some(0), "{said}{}", text(&output.stderr));
        place.finish().unwrap();
        said
    }

    #[tokio::test]
    #[ignore = "needs the official SDKs, a real CLI and a closed network: .ci/run official-sdks"]
    async fn a_program_with_two_launches_replays_from_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let recordings = folder.path().join("recordings");
        let live = record(&recordings).await;
        for part in ["TOOL add", "ASK Bash", "HOOK Stop", "Made it. 13.", "You are welcome."] {
            assert!(live.contains(part), "{part}: {live}");
        }
        let names = |folder: &Path| {
            let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name());
            let mut names: Vec<_> = files.collect();
            names.sort();
            names
        };
        assert_eq!(names(&recordings), ["001.jsonl", "002.jsonl"]);

        let run = folder.path().join("run");
        let again =
            Program::new(Python, "launches").env(&[("CLAUDE_WIRE_RUN", run.to_str().unwrap())]);
        let output = again.replays(&recordings);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert_eq!(said(&output), live);

        for (change, difference) in [
            (("FIRST_PROMPT", "Add, then make"), "Add, then make"),
            (("LAST_PROMPT", "Thank you"), "Thank you"),
            (("ALLOWED", "mcp__calc__add Read"), "--allowed-tools"),
            (("MODEL", "claude-sonnet-4-5"), "--model"),
            (("TOOL", "plus"), "plus"),
            (("HOOK", "PreToolUse"), "PreToolUse"),
        ] {
            let run = folder.path().join(change.0);
            let changed = Program::new(Python, "launches")
                .env(&[change, ("CLAUDE_WIRE_RUN", run.to_str().unwrap())]);
            let output = changed.replays(&recordings);
            let shown = text(&output.stdout) + &text(&output.stderr);
            // A client goes on after a failed turn, so its exit code says nothing.
            assert_ne!(said(&output), live, "{change:?}: {shown}");
            assert!(shown.contains(difference), "{change:?}: {shown}");
            assert!(shown.contains("record again"), "{change:?}: {shown}");
        }
        assert_eq!(names(&recordings), ["001.jsonl", "002.jsonl"], "a replay only reads it");
    }
}
