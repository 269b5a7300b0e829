//! The recordings that a command line names.

use std::fs;
use std::path::{Path, PathBuf};

use claude_wire::recording::recordings_in;

use crate::Failure;

/// What its help says of an argument that takes recordings.
macro_rules! recordings_help {
    () => {
        "The recordings, or folders of them; a folder without recordings stands for its subfolders"
    };
}

pub(crate) use recordings_help;

/// The recordings of these paths: files as they are, of a folder the recordings in it, in the order
/// of their launches. A folder without recordings is replaced by its subfolders. Second, which
/// folders have none.
pub(crate) fn recordings(paths: &[PathBuf]) -> (Vec<PathBuf>, Vec<Failure>) {
    let (mut files, mut failures) = (Vec::new(), Vec::new());
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        match in_folder(path) {
            Ok(found) if found.is_empty() => {
                failures.push(format!("{}: no recordings in it", path.display()));
            }
            Ok(found) => files.extend(found),
            Err(why) => failures.push(why),
        }
    }
    (files, failures)
}

/// The one recording that a path stands for.
pub(crate) fn one_recording(path: &Path) -> Result<PathBuf, Failure> {
    let (mut files, failures) = recordings(&[path.to_owned()]);
    end((), &failures)?;
    match (files.pop(), files.as_slice()) {
        (Some(only), []) => Ok(only),
        (last, others) => {
            let names = others.iter().chain(&last).map(|file| format!("\n  {}", file.display()));
            let names = names.collect::<String>();
            Err(format!("{}: several recordings; name one of them:{names}", path.display()))
        }
    }
}

fn in_folder(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = recordings_in(folder).map_err(|error| error.to_string())?;
    if found.is_empty() {
        for below in subfolders(folder)? {
            found.extend(in_folder(&below)?);
        }
    }
    Ok(found)
}

/// Its folders, by name, without hidden ones and without links, which may go round in a circle.
fn subfolders(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        if !is_hidden && entry.file_type().map_err(failed)?.is_dir() {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// The end of a command that went through several files: an error if one of them failed.
pub(crate) fn end<T>(done: T, failures: &[Failure]) -> Result<T, Failure> {
    if failures.is_empty() { Ok(done) } else { Err(failures.join("\nclaude-wire: ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_stand_for_their_recordings() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["a/2", "a/10", "b/.hidden", "empty", "b/files/001"] {
            fs::create_dir_all(path(name)).unwrap();
        }
        for name in [
            "a/2/10.jsonl",
            "a/2/2.jsonl",
            "a/10/x.jsonl",
            "b/one.jsonl",
            "b/files/001/kept.jsonl",
            "b/.hidden/no.jsonl",
        ] {
            fs::write(path(name), "").unwrap();
        }
        let (found, failures) = recordings(&[path("a"), path("b"), path("b/one.jsonl"), path("x")]);
        let found: Vec<_> = found.iter().map(|file| file.strip_prefix(folder.path())).collect();
        let found: Vec<_> = found.iter().map(|file| file.as_ref().unwrap().to_str()).collect();
        let wanted =
            ["a/10/x.jsonl", "a/2/2.jsonl", "a/2/10.jsonl", "b/one.jsonl", "b/one.jsonl", "x"];
        assert_eq!(found, wanted.map(Some));
        assert!(failures.is_empty());
        assert_eq!(one_recording(&path("b")), Ok(path("b/one.jsonl")));
        assert_eq!(one_recording(&path("b/one.jsonl")), Ok(path("b/one.jsonl")));
        let why = one_recording(&path("a")).unwrap_err();
        for name in ["a/10/x.jsonl", "a/2/2.jsonl", "a/2/10.jsonl"] {
            assert!(why.contains(&format!("\n  {}", path(name).display())), "{why}");
        }
        assert!(one_recording(&path("empty")).unwrap_err().contains("no recordings in it"));
        let (found, failures) = recordings(&[path("empty")]);
        assert!(found.is_empty());
        assert_eq!(failures, [format!("{}: no recordings in it", path("empty").display())]);
    }
}
