//! What lies in the repository.

use std::path::{Path, PathBuf};

use claude_wire::CLI_VERSION;

/// The folder of the repository.
pub fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder of the recordings of the pinned CLI.
pub fn recordings() -> PathBuf {
    project().join("recordings").join(CLI_VERSION)
}

/// The folders of recordings, one for each version of the CLI that has any.
pub fn versions() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(project().join("recordings")).unwrap();
    let mut folders: Vec<_> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// A recording of the pinned CLI, by its name.
pub fn recording(name: &str) -> PathBuf {
    recordings().join(format!("{name}.jsonl"))
}
