//! One version of the CLI is pinned, and everything made from it has that version.

use std::fs;
use std::path::{Path, PathBuf};

use claude_wire::CLI_VERSION;

use crate::support::project;

/// Where users read the path of a recording.
const READ_BY_USERS: [&str; 6] =
    ["README.md", "docs", "examples", "src", "mock-cli/src", "mock-cli/tests/readme"];

#[test]
fn recordings_and_flags_of_the_pinned_version_are_in_the_repository() {
    let flags = format!("src/player/launch/tables/{CLI_VERSION}.txt");
    assert!(project::project().join(flags).is_file());
    assert!(project::recording("one-shot").is_file());
}

#[test]
fn every_recording_in_the_docs_is_of_the_pinned_version() {
    let mut named = 0;
    for place in READ_BY_USERS {
        for file in files(&project::project().join(place)) {
            let text = fs::read_to_string(&file).unwrap();
            for rest in text.split("recordings/").skip(1) {
                let version = rest.split('/').next().unwrap();
                if version.starts_with(|first: char| first.is_ascii_digit()) {
                    assert_eq!(version, CLI_VERSION, "{}", file.display());
                    named += 1;
                }
            }
        }
    }
    assert!(named > 10, "{named} recordings are named");
}

fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| files(&path)).collect()
}
