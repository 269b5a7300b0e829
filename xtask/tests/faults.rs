//! `cargo xtask faults`: what it refuses before it runs anything.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::process::Command;

/// Without the SDKs no program can run, and the names would mean nothing.
#[test]
fn faults_are_named_only_with_the_sdks() {
    for names in [&["crlf"][..], &["crlf", "exit_mid_turn"], &["no_such_fault"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        let output = command.arg("faults").args(names).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.contains("--sdks <FOLDER>"), "{names:?}: {errors}");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{names:?}");
    }
}
