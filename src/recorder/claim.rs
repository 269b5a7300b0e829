//! The file of a recording, claimed before anything is written.

use std::io;
use std::path::{Path, PathBuf};

use super::error::Error;
use crate::recording::{create_first, create_next};

/// The placeholder for a number in the name of a recording.
const NUMBER: &str = "{n}";

/// Claims a name for a recording before anything is started: creates the empty file, so that no
/// other process claims the same name.
///
/// `{n}` in the file's name becomes the first number, from 1, without a file: for programs that
/// start the CLI more than once. A recorder on the returned path must
/// [`overwrite`](super::Recorder::overwrite).
///
/// # Errors
/// If the file already exists (and there is no `{n}`), or cannot be created.
pub fn claim(path: impl AsRef<Path>) -> Result<PathBuf, Error> {
    let path = path.as_ref();
    let name = path.file_name().and_then(|name| name.to_str()).filter(|name| name.contains(NUMBER));
    let claimed = match name {
        Some(name) => create_first(1.., |number| {
            path.with_file_name(name.replace(NUMBER, &number.to_string()))
        }),
        None => create_first([0], |_| path.to_owned()),
    };
    claimed.map_err(|(path, error)| Error::uncreated(&path, error))
}

/// Claims the next recording of a folder, as [`claim`] does: `001.jsonl`, or the first number without
/// a file. The folder is created if it is missing.
///
/// # Errors
/// If the folder or the file cannot be created.
pub fn claim_in_folder(folder: impl AsRef<Path>) -> Result<PathBuf, Error> {
    create_next(folder.as_ref()).map_err(|(path, error)| Error::uncreated(&path, error))
}

/// Releases a name for which nothing was recorded.
///
/// # Errors
/// If the file cannot be removed. A file with content is left alone.
pub fn unclaim(path: impl AsRef<Path>) -> io::Result<()> {
    let path = path.as_ref();
    if std::fs::metadata(path)?.len() > 0 {
        return Ok(());
    }
    std::fs::remove_file(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_taken_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.jsonl");
        assert_eq!(claim(&path).unwrap(), path);
        let error = claim(&path).unwrap_err();
        assert!(error.is_already_there() && error.path() == Some(path.as_path()), "{error}");
        unclaim(&path).unwrap();
        assert_eq!(claim(&path).unwrap(), path);
        std::fs::write(&path, "precious").unwrap();
        unclaim(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
    }

    #[test]
    fn a_name_in_no_folder_is_refused_before_anything_starts() {
        let folder = tempfile::tempdir().unwrap();
        let error = claim(folder.path().join("none/x.jsonl")).unwrap_err();
        let text = error.to_string();
        assert!(
            error.is_io() && text.contains("cannot be created") && !text.contains("goes on"),
            "{text}"
        );
    }

    #[test]
    fn numbers_go_on_where_there_is_none() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("2-2.jsonl"), "").unwrap();
        let names: Vec<_> =
            (0..3).map(|_| claim(folder.path().join("{n}-{n}.jsonl")).unwrap()).collect();
        assert_eq!(
            names,
            ["1-1.jsonl", "3-3.jsonl", "4-4.jsonl"].map(|name| folder.path().join(name))
        );
    }

    #[test]
    fn a_folder_has_a_number_for_each_launch() {
        let folder = tempfile::tempdir().unwrap();
        let runs = folder.path().join("new/runs");
        let names: Vec<_> = (0..2).map(|_| claim_in_folder(&runs).unwrap()).collect();
        assert_eq!(names, ["001.jsonl", "002.jsonl"].map(|name| runs.join(name)));
        unclaim(&names[0]).unwrap();
        assert_eq!(claim_in_folder(&runs).unwrap(), names[0]);
        std::fs::write(folder.path().join("file"), "").unwrap();
        let error = claim_in_folder(folder.path().join("file/runs")).unwrap_err();
        assert!(error.is_io() && error.to_string().contains("file/runs"), "{error}");
    }

    #[test]
    fn what_cannot_be_created_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let error = claim(folder.path().join("no/such/{n}.jsonl")).unwrap_err();
        assert!(error.is_io() && error.to_string().contains("1.jsonl"), "{error}");
    }
}
