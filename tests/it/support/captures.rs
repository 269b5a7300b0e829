//! Raw captures: what crossed the pipes of the real CLI, one JSON object per line.

use std::path::{Path, PathBuf};

/// The captures of this repository, scrubbed, and those in the folder that `CLAUDE_WIRE_CAPTURES`
/// names.
pub(crate) fn captures() -> Vec<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().find_map(|folder| {
        let captures = folder.join("tests/captures");
        captures.is_dir().then_some(captures)
    });
    let mut paths = Vec::new();
    for version in std::fs::read_dir(own.expect("tests/captures")).unwrap() {
        paths.extend(jsonl(&version.unwrap().path()));
    }
    assert!(paths.len() >= 12, "only {} captures in tests/captures", paths.len());
    if let Some(folder) = std::env::var_os("CLAUDE_WIRE_CAPTURES") {
        let more = jsonl(Path::new(&folder));
        assert!(!more.is_empty(), "CLAUDE_WIRE_CAPTURES names a folder without captures");
        paths.extend(more);
    }
    paths
}

fn jsonl(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "jsonl")).collect();
    paths.sort();
    paths
}
