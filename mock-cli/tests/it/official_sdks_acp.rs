//! The published ACP adapter, unchanged, with the stand-in as its CLI. It queues messages and answers
//! requests at once, so without a pause its user can see a question before the text before it.
//!
//! `.ci/run official-sdks` installs it in the folder `acp` of `CLAUDE_WIRE_OFFICIAL_SDKS`.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::{MOCK, text};

const SCENARIO: &str = r#"{"claude-wire": "scenario", "version": 1, "turns": [{"reply": [
    {"text": "I will look first."},
    {"ask_permission": {"name": "Bash", "input": {"command": "touch a.txt"}}}, {"tool_result": "ok"},
    {"text": "Made."}]}]}"#;

/// What the user must see.
const SEEN: &str =
    "text I will look first.\npermission for touch a.txt\ntext Made.\nend end_turn\n";

/// How often each is played: an order that is wrong is not wrong each time.
const ROUNDS: usize = 6;

fn adapter() -> PathBuf {
    let installed = std::env::var_os("CLAUDE_WIRE_OFFICIAL_SDKS");
    let installed = installed.expect("CLAUDE_WIRE_OFFICIAL_SDKS names the folder with `acp`");
    Path::new(&installed)
        .join("acp/node_modules/@agentclientprotocol/claude-agent-acp/dist/index.js")
}

/// Asks through the adapter. The pause is longer than by default: other tests run at the same time,
/// and an adapter that gets no processor for 20 ms is not what is tested.
fn ask(folder: &Path, prompt: &str, env: &[(&str, &Path)]) -> Output {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/official/acp.py");
    let mut command = Command::new("python3");
    command.arg("-B").arg(program).arg(prompt).current_dir(folder.join("work"));
    command.env("HOME", folder.join("home")).env("ACP_AGENT", adapter());
    command.env("CLAUDE_CODE_EXECUTABLE", MOCK).env("CLAUDE_WIRE_IDLE_TIMEOUT", "20");
    command.env("CLAUDE_WIRE_PAUSE", "200").envs(env.iter().copied()).output().unwrap()
}

#[test]
#[ignore = "needs the ACP adapter: .ci/run official-sdks"]
fn a_question_comes_after_its_text() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for name in ["work", "home"] {
        fs::create_dir(path(name)).unwrap();
    }
    fs::write(path("scenario.json"), SCENARIO).unwrap();
    for round in 0..ROUNDS {
        let output =
            ask(folder.path(), "Make a.txt", &[("CLAUDE_WIRE_SCENARIO", &path("scenario.json"))]);
        assert_eq!(text(&output.stdout), SEEN, "scenario, {round}: {}", text(&output.stderr));
    }

    // A CLI to record, which plays the scenario.
    let cli = path("cli");
    let scenario = path("scenario.json");
    let script = format!(
        "#!/bin/sh\nunset CLAUDE_WIRE_RECORD_TO CLAUDE_WIRE_REAL_CLI\nCLAUDE_WIRE_SCENARIO='{}' exec '{MOCK}' \"$@\"\n",
        scenario.display()
    );
    fs::write(&cli, script).unwrap();
    fs::set_permissions(&cli, fs::Permissions::from_mode(0o755)).unwrap();
    let recordings = path("recordings");
    let output = ask(
        folder.path(),
        "Make a.txt",
        &[("CLAUDE_WIRE_RECORD_TO", &recordings), ("CLAUDE_WIRE_REAL_CLI", &cli)],
    );
    assert_eq!(text(&output.stdout), SEEN, "recorded: {}", text(&output.stderr));
    for round in 0..ROUNDS {
        let run = path(&format!("run{round}"));
        let replayed = [("CLAUDE_WIRE_REPLAY", &*recordings), ("CLAUDE_WIRE_RUN", &*run)];
        let output = ask(folder.path(), "Make a.txt", &replayed);
        assert_eq!(text(&output.stdout), SEEN, "replay, {round}: {}", text(&output.stderr));
    }
    let run = path("other");
    let replayed = [("CLAUDE_WIRE_REPLAY", &*recordings), ("CLAUDE_WIRE_RUN", &*run)];
    let output = ask(folder.path(), "Make b.txt", &replayed);
    assert!(!text(&output.stdout).contains("Made."), "{}", text(&output.stdout));
}
