//! `claude-wire install`, with an npm made for the test.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use claude_wire::CLI_VERSION;
use tempfile::TempDir;

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn at(&self, below: &str) -> PathBuf {
        self.0.path().join(below)
    }

    /// Runs `claude-wire install` with the npm of this name first on PATH.
    fn install(&self, npm: &str, args: &[&str]) -> Output {
        let npm = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/npm").join(npm);
        self.run(&format!("{}:/usr/bin:/bin", npm.display()), args)
    }

    fn run(&self, path: &str, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_claude-wire"))
            .arg("install")
            .args(args)
            .current_dir(self.0.path())
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.at("home"))
            .env("ANTHROPIC_API_KEY", "sk-ant-not-for-the-cli")
            .env("NPM_CALLS", self.at("calls"))
            .output()
            .unwrap()
    }

    fn calls(&self) -> Vec<String> {
        fs::read_to_string(self.at("calls")).unwrap_or_default().lines().map(String::from).collect()
    }
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The message of a failed installation, which leaves nothing behind.
fn failure(place: &Place, npm: &str, args: &[&str]) -> String {
    let output = place.install(npm, &[args, &["--dir", "here"]].concat());
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    let left: Vec<_> = fs::read_dir(place.at("here"))
        .map(|entries| entries.flatten().map(|entry| entry.file_name()).collect())
        .unwrap_or_default();
    assert!(left.is_empty(), "{left:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn the_executable_goes_to_the_bundled_path_which_is_printed() {
    let place = Place::new();
    let target = place.at("here/claude");
    let printed = stdout(&place.install("ok", &["--version", "2.1.200", "--dir", "here"]));
    assert_eq!(
        printed.trim_end(),
        fs::canonicalize(place.0.path()).unwrap().join("here/claude").display().to_string()
    );
    assert!(target.is_file());
    assert_eq!(fs::read_dir(place.at("here")).unwrap().count(), 1, "nothing but the executable");

    let calls = place.calls();
    assert_eq!(calls.len(), 1);
    assert!(
        calls[0].starts_with("install --no-save --no-package-lock --ignore-scripts "),
        "{calls:?}"
    );
    assert!(calls[0].ends_with(" @anthropic-ai/claude-code@2.1.200"), "{calls:?}");
}

#[test]
fn an_installed_version_is_kept_and_another_version_replaces_it() {
    let place = Place::new();
    for _ in 0..2 {
        stdout(&place.install("ok", &["--version", "2.1.200", "--dir", "here"]));
    }
    assert_eq!(place.calls().len(), 1);
    stdout(&place.install("ok", &["--version", "2.1.201", "--dir", "here"]));
    assert_eq!(place.calls().len(), 2);
}

#[test]
fn a_file_that_is_not_a_cli_is_replaced() {
    let place = Place::new();
    fs::create_dir(place.at("here")).unwrap();
    fs::write(place.at("here/claude"), "half a download").unwrap();
    stdout(&place.install("ok", &["--version", "2.1.200", "--dir", "here"]));
    assert_eq!(place.calls().len(), 1);
}

#[test]
fn the_default_is_the_pinned_version_in_the_users_data_directory() {
    let place = Place::new();
    let printed = stdout(&place.install("ok", &[]));
    assert_eq!(
        printed.trim_end(),
        place
            .at(&format!("home/.local/share/claude-wire/cli/{CLI_VERSION}/claude"))
            .display()
            .to_string()
    );
}

#[test]
fn without_npm_the_error_says_so() {
    let place = Place::new();
    let output = place.run("/nonexistent", &["--dir", "here"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("npm was not found on PATH"),
        "{output:?}"
    );
}

#[test]
fn a_version_that_does_not_exist_is_named() {
    let message = failure(&Place::new(), "no-such-version", &["--version", "9.9.9"]);
    assert!(
        message.contains("npm knows no version 9.9.9 of @anthropic-ai/claude-code"),
        "{message}"
    );
}

#[test]
fn a_full_disk_is_named() {
    let message = failure(&Place::new(), "no-space", &[]);
    assert!(message.contains("no space left"), "{message}");
}

#[test]
fn a_version_without_a_native_executable_is_refused() {
    let message = failure(&Place::new(), "no-native", &["--version", "2.1.0"]);
    assert!(message.contains("version 2.1.0 has no native executable"), "{message}");
}

#[test]
fn a_wrong_version_is_refused() {
    let message = failure(&Place::new(), "wrong-version", &["--version", "2.1.200"]);
    assert!(message.contains("npm brought version 1.2.3 where 2.1.200 was asked for"), "{message}");
}

#[test]
fn a_tag_or_range_never_reaches_npm() {
    let place = Place::new();
    let message = failure(&place, "ok", &["--version", "file:../other"]);
    assert!(message.contains("is not a version"), "{message}");
    assert!(place.calls().is_empty());
}
