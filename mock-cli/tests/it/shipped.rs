//! A program that is shipped with its CLI: installed into a folder of the program, moved with it,
//! and found there.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::path::Path;
use std::process::Command;

use claude_wire::testing::mock_claude;
use claude_wire::transport::{CliPath, Process};
use claude_wire::{CLI_VERSION, Session, SessionBuilder};

const SCENARIO: &str = r#"{"claude-wire": "scenario", "version": 1,
    "turns": [{"prompt": "Where are you?", "reply": [{"text": "In the bundle."}]}]}"#;

/// `claude-wire install` in a build, whose npm installs the stand-in.
fn install(folder: &Path) {
    let npm = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/npm/stand-in");
    let output = Command::new(env!("CARGO_BIN_EXE_claude-wire"))
        .args(["install", "--dir"])
        .arg(folder)
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", npm.display()))
        .env("STAND_IN", mock_claude().unwrap())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

fn session(cli: CliPath, scenario: &Path) -> SessionBuilder {
    Session::builder()
        .transport(Process::new(cli))
        .env("CLAUDE_WIRE_SCENARIO", scenario.to_str().unwrap())
}

#[tokio::test]
async fn a_program_finds_the_cli_that_it_is_shipped_with() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = folder.path().join("scenario.json");
    fs::write(&scenario, SCENARIO).unwrap();
    install(&folder.path().join("dist/cli"));
    // On the machine where it runs, the folder has another path.
    let shipped = folder.path().join("opt my app");
    fs::rename(folder.path().join("dist"), &shipped).unwrap();

    let session = session(CliPath::Bundled(shipped.join("cli")), &scenario).start().unwrap();
    assert_eq!(session.query("Where are you?").text().await.unwrap(), "In the bundle.");
    assert!(session.stop().await.unwrap().unwrap().success());
    let version = Command::new(shipped.join("cli/claude")).arg("--version").output().unwrap();
    assert_eq!(version.stdout, format!("{CLI_VERSION} (Claude Code)\n").as_bytes());
}
