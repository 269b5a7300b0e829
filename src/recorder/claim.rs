//! The file of a recording, claimed before anything is written.

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};

use super::error::Error;

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
    let Some(name) = name else { return create(path.to_owned()) };
    let mut number = 1_u32;
    loop {
        match create(path.with_file_name(name.replace(NUMBER, &number.to_string()))) {
            Err(error) if error.is_already_there() && number < u32::MAX => number += 1,
            done => return done,
        }
    }
}

fn create(path: PathBuf) -> Result<PathBuf, Error> {
    match owned(OpenOptions::new().write(true).create_new(true)).open(&path) {
        Ok(_) => Ok(path),
        Err(error) => Err(Error::uncreated(&path, error)),
    }
}

/// Creates files that only their owner can read: they may contain secrets that no rule recognises.
pub(super) fn owned(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
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
    fn what_cannot_be_created_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let error = claim(folder.path().join("no/such/{n}.jsonl")).unwrap_err();
        assert!(error.is_io() && error.to_string().contains("1.jsonl"), "{error}");
    }
}
