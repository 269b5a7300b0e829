//! Hosts on the official SDKs, and the host of the page: what `docs/conformance.md` says.
//!
//! `cargo xtask conformance` plays all cases; these show that the page is still right.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::official_sdks::installed;
use crate::support::{TOOL, text};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn conformance(host: &str, args: &[&str]) -> Output {
    let mut command = Command::new(TOOL);
    command.current_dir(root()).args(["conformance", "--command", host, "--timeout=60"]).args(args);
    command.env("PYTHONPATH", installed().join("python"));
    command.env_remove("CLAUDE_WIRE_CONFORMANCE");
    command.output().unwrap()
}

/// Of each section some that pass, and some that do not.
const CASES: [&str; 9] = [
    "argv_cases/sp_",
    "initialize_cases/skills",
    "callback_cases/deny",
    "callback_cases/hook_none",
    "mcp_cases/mcp_call",
    "host_frame_cases/interrupt",
    "parser_cases/line_truncated",
    "framing_cases/no_final",
    "exit_cases/success_then_killed",
];

#[test]
#[ignore = "needs the official SDKs: .ci/run official-sdks"]
fn the_official_sdks_pass_and_fail_as_their_lists_say() {
    let folder = tempfile::tempdir().unwrap();
    // Node looks for packages next to the program.
    let program = folder.path().join("conformance.mjs");
    fs::copy(root().join("tests/official/conformance.mjs"), &program).unwrap();
    let packages = folder.path().join("node_modules");
    std::os::unix::fs::symlink(installed().join("node_modules"), packages).unwrap();
    for (host, list) in [
        ("exec python3 -B tests/official/conformance.py".to_owned(), "python"),
        (format!("exec node '{}'", program.display()), "typescript"),
    ] {
        let list = format!("tests/official/conformance-{list}.json");
        let filters = CASES.iter().flat_map(|case| ["--filter", case]);
        let args: Vec<_> = ["--expect", &list].into_iter().chain(filters).collect();
        let output = conformance(&host, &args);
        let (printed, errors) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(0), "{list}: {printed}{errors}");
        assert!(printed.lines().any(|line| line.starts_with("expected")), "{printed}");
    }
}

#[test]
#[ignore = "needs the official SDKs: .ci/run official-sdks"]
fn the_host_of_the_page_is_complete() {
    let page = include_str!("../../../docs/conformance.md");
    let (_, host) = page.split_once("```python\n").unwrap();
    let (host, _) = host.split_once("```").unwrap();
    assert!(host.lines().count() < 60, "{}", host.lines().count());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("host.py");
    fs::write(&path, host).unwrap();
    let host = format!("exec python3 -B '{}'", path.display());
    let filters = ["exit_cases/", "parser_cases/block_", "argv_cases/defaults", "query_string"];
    let filters = filters.iter().flat_map(|case| ["--filter", case]);
    let output = conformance(&host, &filters.chain(["--json"]).collect::<Vec<_>>());
    let printed = text(&output.stdout);
    let not = |result: &str| printed.lines().filter(|line| !line.contains(result)).count();
    // It has no interrupt.
    assert_eq!(not(r#""result":"passed""#), 1, "{printed}{}", text(&output.stderr));
    assert!(printed.contains(r#""result":"unsupported""#), "{printed}");
}
