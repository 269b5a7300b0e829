//! Converts host-side cases into options, handlers and calls of this client.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests"
)]

#[path = "../../../mock-cli/src/tool/conformance/argv.rs"]
pub mod argv;
pub mod calls;
pub mod options;
pub mod run;

use serde_json::Value;

/// The file of this repository, and every `*.json` in the directory that
/// `CLAUDE_WIRE_CONFORMANCE_DIR` names.
pub fn files() -> Vec<(String, Value)> {
    let own = serde_json::from_str(include_str!("../../../mock-cli/conformance/host-cases.json"))
        .unwrap();
    let mut files = vec![("host-cases.json".to_owned(), own)];
    // The first is the repository's other file, which has none of these cases.
    files.extend(crate::support::cases::files().into_iter().skip(1));
    files
}

/// The intended differences of this client.
pub fn differences() -> Value {
    serde_json::from_str(include_str!("../../../mock-cli/conformance/host-differences.json"))
        .unwrap()
}
