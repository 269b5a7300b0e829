//! `cargo xtask rerecord`: what it refuses before it runs anything.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::process::{Command, Output};

use claude_wire::CLI_VERSION;

const XTASK: &str = env!("CARGO_BIN_EXE_xtask");

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn rerecord(args: &[&str], real_cli: Option<&str>) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(XTASK);
    command
        .arg("rerecord")
        .args(args)
        .current_dir(folder.path())
        .env("XDG_DATA_HOME", folder.path());
    match real_cli {
        Some(path) => command.env("CLAUDE_WIRE_REAL_CLI", path),
        None => command.env_remove("CLAUDE_WIRE_REAL_CLI"),
    };
    let output = command.output().unwrap();
    assert!(folder.path().read_dir().unwrap().next().is_none(), "it has written something");
    output
}

#[test]
fn without_a_cli_it_says_how_to_get_one() {
    let output = rerecord(&[], None);
    assert_eq!(output.status.code(), Some(2));
    let stderr = text(&output.stderr);
    assert!(
        stderr.contains(&format!(
            "claude-wire/cli/{CLI_VERSION}/claude: `claude-wire install` fetches one"
        )),
        "{stderr}"
    );
}

#[test]
fn the_cli_that_is_named_comes_first() {
    for (args, real_cli, missing) in [
        (vec!["--claude", "/no/such"], Some(XTASK), "/no/such"),
        (vec![], Some("/not/there"), "/not/there"),
    ] {
        let output = rerecord(&args, real_cli);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(&format!("no CLI at {missing}:")), "{output:?}");
    }
}

#[test]
fn an_unknown_name_is_refused_with_the_known_ones() {
    let output = rerecord(&["one-shot", "two-shots"], Some(XTASK));
    assert_eq!(output.status.code(), Some(2));
    let stderr = text(&output.stderr);
    assert!(
        stderr.contains("no entry is named \"two-shots\"; there are one-shot, three-turns, "),
        "{stderr}"
    );
}
