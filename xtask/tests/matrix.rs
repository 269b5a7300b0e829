//! `cargo xtask matrix`: what it refuses before it runs anything.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::process::Command;

#[test]
fn a_version_that_npm_cannot_fetch_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (version, why) in
        [("2.1", "\"2.1\" is not a version"), ("2.1.200", "npm was not found on PATH")]
    {
        let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(["matrix", version, "--dir"])
            .arg(folder.path())
            .env("PATH", "/nonexistent")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(why), "{output:?}");
    }
}
