//! Files that are kept next to a recording: those of `DIR/NAME.jsonl` are in `DIR/files/NAME`.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::event::{Event, EventKind};
use super::file::Recording;
use super::header::Header;
use super::payload::Payload;

/// The folder of kept files in a folder of recordings.
const FILES: &str = "files";

/// Returns the files that are kept next to a recording, in the order of their paths: those of
/// `DIR/NAME.jsonl` are in `DIR/files/NAME`. Links are left out.
///
/// # Errors
/// If a folder cannot be read.
pub fn kept_files(recording: impl AsRef<Path>) -> io::Result<Vec<PathBuf>> {
    let folder = kept_folder(recording.as_ref());
    let mut found = Vec::new();
    if folder.is_dir() {
        walk(&folder, &mut found)?;
    }
    found.sort();
    Ok(found)
}

/// Returns the lines of a text as a recording without a launch, so that it can be searched as one:
/// line N of the text is line N + 1 of the recording. `None` if it is not UTF-8.
pub fn lines_of_file(text: &[u8]) -> Option<Recording> {
    let text = std::str::from_utf8(text).ok()?;
    let mut recording = Recording::new(Header::new());
    recording.events = lines(text).collect();
    Some(recording)
}

/// The lines of a text as events.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = Event> {
    text.split_inclusive('\n')
        .map(|line| Event::new(0, EventKind::Err(Payload::from_wire(line.as_bytes().to_vec()))))
}

/// The text of such events.
pub(crate) fn text_of(events: &[Event]) -> Vec<u8> {
    events.iter().filter_map(Event::payload).flat_map(|line| line.wire()).collect()
}

/// The folder of the kept files of a recording.
pub(crate) fn kept_folder(recording: &Path) -> PathBuf {
    let folder = recording.with_file_name(FILES);
    folder.join(recording.file_stem().unwrap_or_default())
}

/// The name of a kept file in the working directory of its launch, with `/`. `None` if it is not
/// one below it.
pub(crate) fn kept_name(folder: &Path, file: &Path) -> Option<String> {
    let mut parts = Vec::new();
    for part in file.strip_prefix(folder).ok()?.components() {
        let Component::Normal(part) = part else { return None };
        parts.push(part.to_str()?);
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// Moves the kept files of a recording to another place or name, where they replace those that it
/// has.
pub(crate) fn move_kept(from: &Path, to: &Path) -> io::Result<()> {
    remove_kept(to)?;
    let (old, new) = (kept_folder(from), kept_folder(to));
    if !old.is_dir() {
        return Ok(());
    }
    new.parent().map_or(Ok(()), fs::create_dir_all)?;
    // The two folders may be on different disks.
    if fs::rename(&old, &new).is_err() {
        for file in kept_files(from)? {
            let to = new.join(file.strip_prefix(&old).map_err(io::Error::other)?);
            to.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::copy(&file, &to)?;
        }
        fs::remove_dir_all(&old)?;
    }
    remove_if_empty(&old);
    Ok(())
}

/// Removes the kept files of a recording.
pub(crate) fn remove_kept(recording: &Path) -> io::Result<()> {
    let folder = kept_folder(recording);
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => remove_if_empty(&folder),
    }
    Ok(())
}

/// Removes the folder `files`, if nothing is left in it.
fn remove_if_empty(kept: &Path) {
    if let Some(files) = kept.parent() {
        // It fails if something is in it.
        let _ = fs::remove_dir(files);
    }
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            walk(&entry.path(), found)?;
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_files_follow_their_recording() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for file in ["files/001/a.txt", "files/001/b/c.txt", "files/002/old.txt", "files/x/y"] {
            fs::create_dir_all(at(file).parent().unwrap()).unwrap();
            fs::write(at(file), file).unwrap();
        }
        let kept = |recording: &str| kept_files(at(recording)).unwrap();
        assert_eq!(kept("001.jsonl"), [at("files/001/a.txt"), at("files/001/b/c.txt")]);
        assert_eq!(kept("003.jsonl"), Vec::<PathBuf>::new());
        assert_eq!(
            kept_name(&at("files/001"), &at("files/001/b/c.txt")).as_deref(),
            Some("b/c.txt")
        );
        assert_eq!(kept_name(&at("files/001"), &at("files/002/c.txt")), None);
        move_kept(&at("001.jsonl"), &at("002.jsonl")).unwrap();
        assert_eq!(kept("002.jsonl"), [at("files/002/a.txt"), at("files/002/b/c.txt")]);
        assert_eq!(kept("001.jsonl"), Vec::<PathBuf>::new());
        move_kept(&at("001.jsonl"), &at("002.jsonl")).unwrap();
        remove_kept(&at("x.jsonl")).unwrap();
        assert!(!at("files").exists());
    }

    #[test]
    fn lines_of_a_text_are_the_text() {
        for text in ["", "a", "a\n", "a\r\n\n{\"b\": 1}\nc"] {
            assert_eq!(text_of(&lines_of_file(text.as_bytes()).unwrap().events), text.as_bytes());
        }
        assert!(lines_of_file(b"\xff").is_none());
    }
}
