//! `examples/one_run`: a Rust program and a Python program, tested with one run of the real CLI.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::support::{MOCK, TOOL, mock, text};

const PAGE: &str = include_str!("../../../examples/one_run/README.md");

/// The script prints what the page shows, where `...` is any number of lines.
#[test]
#[ignore = "needs the official SDKs: .ci/run official-sdks"]
fn official_sdks_python_and_rust_programs_are_tested_with_one_run() {
    let installed = std::env::var_os("CLAUDE_WIRE_OFFICIAL_SDKS")
        .expect("CLAUDE_WIRE_OFFICIAL_SDKS names the folder with the official SDKs");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (name, program) in [("mock-claude", MOCK), ("claude-wire", TOOL)] {
        symlink(program, folder.path().join(name)).unwrap();
    }
    // Where this test was built, the program is built already, or can be without a network.
    let target = std::env::current_exe().unwrap();
    let target = target.ancestors().nth(3).unwrap();
    let path = std::env::var("PATH").unwrap();
    let output = Command::new("examples/one_run/run.sh")
        .current_dir(root)
        // The variables of the stand-in for a test.
        .envs(mock(&[]).get_envs().filter_map(|(name, value)| Some((name, value?))))
        .env("PATH", format!("{}:{path}", folder.path().display()))
        .env("PYTHONPATH", Path::new(&installed).join("python"))
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_NET_OFFLINE", "true")
        .output()
        .unwrap();
    let printed = text(&output.stdout);
    assert_eq!((text(&output.stderr).as_str(), output.status.code()), ("", Some(0)), "{printed}");
    let shown = PAGE.split("```console\n$ examples/one_run/run.sh\n").nth(1).unwrap();
    snapbox::Assert::new().eq(printed, shown.split("```").next().unwrap().to_owned());
}
