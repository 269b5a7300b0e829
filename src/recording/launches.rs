//! The recordings of a program that launches the CLI more than once: a folder, one recording for
//! each launch.

use std::cmp::Ordering;
use std::fs;
#[cfg(feature = "player")]
use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};

use super::error::Error;
#[cfg(feature = "player")]
use super::kept::{move_kept, remove_kept};
#[cfg(feature = "player")]
use crate::common::owned;

/// Whether a path names a folder of recordings: anything but a path that ends in `.jsonl`, or an
/// existing file.
///
/// ```
/// use claude_wire::recording::is_recordings_folder;
///
/// assert!(is_recordings_folder("tests/recordings/two-launches"));
/// assert!(!is_recordings_folder("tests/recordings/greeting.jsonl"));
/// ```
pub fn is_recordings_folder(path: impl AsRef<Path>) -> bool {
    let path = path.as_ref();
    let is_recording = path.extension().is_some_and(|extension| extension == "jsonl");
    !is_recording && fs::metadata(path).map_or(true, |there| there.is_dir())
}

/// Returns the recordings in a folder, in the order of their launches: the files that end in
/// `.jsonl`, by name, where a number counts as a number (`2.jsonl` before `10.jsonl`, `x.jsonl`
/// before `x-2.jsonl`). Hidden files and subfolders are left out, and so is every other file.
///
/// # Errors
/// If the folder cannot be read.
pub fn recordings_in(folder: impl AsRef<Path>) -> Result<Vec<PathBuf>, Error> {
    let folder = folder.as_ref();
    let failed = |error: io::Error| Error::io(error).in_file(folder);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_recording = path.extension().is_some_and(|extension| extension == "jsonl");
        if is_recording && !name.starts_with('.') && !path.is_dir() {
            found.push(path);
        }
    }
    found.sort_by(|one, other| by_name(&stem(one), &stem(other)).then_with(|| one.cmp(other)));
    Ok(found)
}

/// Creates the first of these files that does not exist, empty, and returns its path. `Err` has the
/// file that could not be created.
#[cfg(feature = "player")]
pub(crate) fn create_first(
    numbers: impl IntoIterator<Item = u32>,
    path: impl Fn(u32) -> PathBuf,
) -> Result<PathBuf, (PathBuf, io::Error)> {
    let mut last = None;
    for number in numbers {
        let path = path(number);
        match owned(OpenOptions::new().write(true).create_new(true)).open(&path) {
            Ok(_) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                last = Some((path, error))
            }
            Err(error) => return Err((path, error)),
        }
    }
    Err(last.unwrap_or_else(|| (PathBuf::new(), io::ErrorKind::NotFound.into())))
}

/// Creates the next recording of a folder, which is created if it is missing.
#[cfg(feature = "player")]
pub(crate) fn create_next(folder: &Path) -> Result<PathBuf, (PathBuf, io::Error)> {
    fs::create_dir_all(folder).map_err(|error| (folder.to_owned(), error))?;
    create_first(1.., |number| folder.join(name(number)))
}

#[cfg(feature = "player")]
fn name(number: u32) -> String {
    format!("{number:03}.jsonl")
}

/// Moves recordings into a folder, which is created if it is missing, as `001.jsonl` and so on.
/// They replace the recordings that it has, and their kept files; other files stay. Returns the new
/// paths.
#[cfg(feature = "player")]
pub(crate) fn replace_recordings(folder: &Path, made: &[PathBuf]) -> io::Result<Vec<PathBuf>> {
    fs::create_dir_all(folder)?;
    let old = recordings_in(folder).map_err(io::Error::other)?;
    // All of them are there before the first old one is removed.
    let mut drafts = Vec::new();
    for (number, path) in (1..).zip(made) {
        let draft = folder.join(format!(".{}.new", name(number)));
        // The two folders may be on different disks.
        if fs::rename(path, &draft).is_err() {
            fs::copy(path, &draft)?;
            fs::remove_file(path)?;
        }
        drafts.push((draft, folder.join(name(number))));
    }
    for path in &old {
        fs::remove_file(path)?;
        remove_kept(path)?;
    }
    for ((draft, path), from) in drafts.iter().zip(made) {
        move_kept(from, path)?;
        fs::rename(draft, path)?;
    }
    Ok(drafts.into_iter().map(|(_, path)| path).collect())
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Compares two names piece by piece: digits as numbers, anything else as text.
fn by_name(one: &str, other: &str) -> Ordering {
    let (mut one, mut other) = (one, other);
    loop {
        if one.is_empty() || other.is_empty() {
            return one.len().cmp(&other.len());
        }
        let (first, second) = (piece(one), piece(other));
        let is_number = |piece: &str| piece.starts_with(|c: char| c.is_ascii_digit());
        let order = if is_number(first) && is_number(second) {
            let (a, b) = (first.trim_start_matches('0'), second.trim_start_matches('0'));
            a.len().cmp(&b.len()).then_with(|| a.cmp(b))
        } else {
            first.cmp(second)
        };
        if order != Ordering::Equal {
            return order;
        }
        (one, other) = (&one[first.len()..], &other[second.len()..]);
    }
}

/// The digits at the start of a text, or what is before its first digit.
fn piece(text: &str) -> &str {
    let digit = text.starts_with(|c: char| c.is_ascii_digit());
    let end = text.find(|c: char| c.is_ascii_digit() != digit).unwrap_or(text.len());
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recordings_come_in_the_order_of_their_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let names =
            ["10.jsonl", "2.jsonl", "1.jsonl", "a-2.jsonl", "a.jsonl", "a-10.jsonl", "002b.jsonl"];
        for name in names.iter().chain(&["rules.json", ".hidden.jsonl", "notes.md"]) {
            fs::write(folder.path().join(name), "").unwrap();
        }
        fs::create_dir(folder.path().join("folder.jsonl")).unwrap();
        let found = recordings_in(folder.path()).unwrap();
        let found: Vec<_> =
            found.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(
            found,
            ["1.jsonl", "2.jsonl", "002b.jsonl", "10.jsonl", "a.jsonl", "a-2.jsonl", "a-10.jsonl"]
        );
    }

    #[test]
    fn a_folder_is_what_does_not_end_like_a_recording() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("session.log");
        fs::write(&file, "").unwrap();
        assert!(is_recordings_folder(folder.path()));
        assert!(is_recordings_folder(folder.path().join("new")));
        assert!(!is_recordings_folder(folder.path().join("new.jsonl")));
        assert!(!is_recordings_folder(&file), "an existing file is one recording");
        let error = recordings_in(folder.path().join("new")).unwrap_err();
        assert!(error.is_io() && error.path().is_some_and(|path| path.ends_with("new")), "{error}");
    }
}
