//! The files of the repository.

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

/// The folders of recordings, one for each version of the CLI that has recordings.
pub fn versions() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(project().join("recordings")).unwrap();
    let mut folders: Vec<_> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// The recordings in a folder, by name; other files are ignored.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "jsonl")).collect();
    paths.sort();
    paths
}

/// A recording of the pinned CLI, by its name.
pub fn recording(name: &str) -> PathBuf {
    recordings().join(format!("{name}.jsonl"))
}
