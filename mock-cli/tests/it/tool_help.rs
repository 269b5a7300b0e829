//! `claude-wire --help`, and what a build without the feature `lab` says of `drift`.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::process::{Command, Output};

use crate::support::{MOCK, TOOL, text};

fn tool(args: &[&str]) -> Output {
    Command::new(TOOL).args(args).output().unwrap()
}

#[test]
fn the_help_has_the_commands_in_groups() {
    let output = tool(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    snapbox::Assert::new()
        .action_env("SNAPSHOTS")
        .eq(text(&output.stdout), snapbox::file!["../help/claude-wire.txt"]);
}

#[test]
fn both_programs_print_the_same_exit_codes() {
    let mock = Command::new(MOCK).arg("--help").output().unwrap();
    let [tool, mock] = [tool(&["--help"]), mock].map(|output| {
        assert_eq!(output.status.code(), Some(0));
        let help = text(&output.stdout);
        help.split_once("Exit codes, ").unwrap().1.trim_end().to_owned()
    });
    assert_eq!(tool, mock);
    assert!(tool.contains("\n  70    the input differs from the recording"), "{tool}");
}

/// The commands that the help names.
pub(crate) fn commands() -> Vec<String> {
    let help = text(&tool(&["--help"]).stdout);
    let names = help
        .split("Options:")
        .next()
        .unwrap()
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split_once("  "))
        .map(|(name, _)| name.trim())
        .filter(|name| name.starts_with(|first: char| first.is_ascii_lowercase()));
    names.map(str::to_owned).collect()
}

#[test]
fn each_command_is_on_the_page_of_the_tool() {
    let page = include_str!("../../../docs/tool.md");
    let commands = commands();
    assert!(commands.len() > 15, "{commands:?}");
    for name in commands {
        assert!(page.contains(&format!("`claude-wire {name}")), "{name}");
    }
}

/// Each command of the help has a help with examples and with its exit codes.
#[test]
fn the_help_of_each_command_has_examples_and_exit_codes() {
    let commands = commands();
    let commands: Vec<_> = commands.iter().map(String::as_str).collect();
    assert!(commands.contains(&"record") && commands.contains(&"drift"), "{commands:?}");
    for name in commands {
        let output = tool(&[name, "--help"]);
        let help = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{name}");
        if ["drift", "check"].contains(&name) && !cfg!(feature = "lab") {
            assert!(help.contains("cargo install --path mock-cli --features lab"), "{help}");
        } else {
            assert!(help.contains("Examples:\n") && help.contains("Exit codes:"), "{help}");
        }
    }
}

#[cfg(not(feature = "lab"))]
#[test]
fn without_its_feature_drift_says_how_to_install_it() {
    for args in [
        &[][..],
        &["--against", "./claude"],
        &["--json", "one-shot"],
        &["one-shot", "--against=./claude", "-j", "2"],
        &["--schema", "./claude", "--", "x"],
    ] {
        let output = tool(&[&["drift"], args].concat());
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert_eq!(
            text(&output.stderr),
            "claude-wire: this program was built without `drift`: `cargo install --path mock-cli --features lab`, \
             in a clone of the repository, installs one that has it\n",
            "{args:?}"
        );
        assert!(output.stdout.is_empty());
    }
}
