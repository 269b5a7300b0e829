//! The column of our session on `docs/conformance.md`.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::path::Path;
use std::process::Command;

/// Every case passes, or fails as `host-differences.json` says; the page and its table say the same.
#[test]
fn our_session_does_what_the_page_says() {
    let xtask = Path::new(env!("CARGO_BIN_EXE_xtask"));
    // A build of the workspace puts both programs into one folder.
    let tool = xtask.with_file_name("claude-wire");
    assert!(tool.exists(), "cargo build --package claude-wire-cli");
    let mut command = Command::new(xtask);
    command.args(["conformance", "--check", "--tool"]).arg(&tool);
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");
}
