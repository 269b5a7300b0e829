//! Changes of a session on disk: its title, its tag, its end.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::json;
use unicode_normalization::UnicodeNormalization;

use super::error::{Error, Result};
use super::folders::{History, check_id};

/// How often a tag is cleaned, at most: what is removed may bring together what is removed next.
const ROUNDS: usize = 10;

impl History {
    /// Gives a session a title, without white space around it. The last title counts.
    ///
    /// The session may be running: the CLI keeps the title.
    ///
    /// # Errors
    /// If the title is empty, the id is not a uuid, no such session exists, or its transcript
    /// cannot be written.
    pub fn rename_session(&self, session_id: &str, title: &str) -> Result<()> {
        let entry = title_entry(session_id, title)?;
        append(&self.transcript_path(session_id)?, &entry)
    }

    /// Gives a session a tag, or removes it with `None`. The last tag counts.
    ///
    /// The tag is normalised (NFKC), and characters that cannot be seen are removed: format,
    /// private use, unassigned.
    ///
    /// # Errors
    /// If nothing of the tag is left, the id is not a uuid, no such session exists, or its
    /// transcript cannot be written.
    pub fn tag_session(&self, session_id: &str, tag: Option<&str>) -> Result<()> {
        let entry = tag_entry(session_id, tag)?;
        append(&self.transcript_path(session_id)?, &entry)
    }

    /// Deletes a session: its transcript and its folder, with the transcripts of its sub-agents, in
    /// each folder that has it. This cannot be undone; [`archive_session`](Self::archive_session)
    /// can.
    ///
    /// # Errors
    /// If the id is not a uuid, no such session exists, or a file cannot be removed. The session
    /// can then still be found, and the call can be repeated.
    pub fn delete_session(&self, session_id: &str) -> Result<()> {
        self.find(session_id)?;
        for (_, transcript, _) in self.find_all(session_id)? {
            let folder = transcript.with_extension("");
            // The transcript last: it is what the session is found by.
            for (path, removed) in [
                (&folder, fs::remove_dir_all(&folder)),
                (&transcript, fs::remove_file(&transcript)),
            ] {
                match removed {
                    Err(error) if error.kind() != ErrorKind::NotFound => {
                        return Err(Error::io(error, path));
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

/// The line that gives a session a title, without its newline: for a session store.
///
/// # Errors
/// If the id is not a uuid, or the title is empty.
pub fn title_entry(session_id: &str, title: &str) -> Result<String> {
    check_id("session id", session_id)?;
    let title = title.trim();
    if title.is_empty() {
        return Err(Error::invalid_value("the title is empty"));
    }
    Ok(json!({"type": "custom-title", "customTitle": title, "sessionId": session_id}).to_string())
}

/// The line that gives a session a tag, or removes it, without its newline: for a session store.
///
/// # Errors
/// If the id is not a uuid, or nothing of the tag is left.
pub fn tag_entry(session_id: &str, tag: Option<&str>) -> Result<String> {
    check_id("session id", session_id)?;
    let tag = match tag.map(visible) {
        Some(tag) if tag.is_empty() => {
            return Err(Error::invalid_value(
                "the tag has no visible character: pass `None` to remove the tag",
            ));
        }
        tag => tag.unwrap_or_default(),
    };
    Ok(json!({"type": "tag", "tag": tag, "sessionId": session_id}).to_string())
}

/// The visible characters of a text, normalised.
fn visible(text: &str) -> String {
    // Cannot fail: the pattern is constant, and its classes are compiled in.
    static HIDDEN: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"[\p{Cf}\p{Co}\p{Cn}]").ok());
    let mut current = text.to_owned();
    for _ in 0..ROUNDS {
        let normal: String = current.nfkc().collect();
        let next = match &*HIDDEN {
            Some(hidden) => hidden.replace_all(&normal, "").into_owned(),
            None => normal,
        };
        if next == current {
            break;
        }
        current = next;
    }
    current.trim().to_owned()
}

/// Appends a line to a transcript that exists, in one write. If its last line was cut off, that
/// line is ended first, so that the new one can be read.
fn append(path: &Path, entry: &str) -> Result<()> {
    let write = || {
        let mut file = OpenOptions::new().read(true).append(true).open(path)?;
        let mut last = [b'\n'];
        if file.seek(SeekFrom::End(0))? > 0 {
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
        }
        let start = if last == *b"\n" { "" } else { "\n" };
        file.write_all(format!("{start}{entry}\n").as_bytes())
    };
    write().map_err(|error| Error::io(error, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_visible_characters_of_a_tag_are_kept() {
        for (tag, expected) in [
            ("experiment", "experiment"),
            ("  a b ", "a b"),
            ("a\u{200b}\u{202e}\u{feff}b\u{e000}\u{378}", "ab"),
            ("\u{ff21}\u{fb01}", "Afi"),
            ("\u{200b} \u{2066}", ""),
            ("e\u{200b}\u{301}", "\u{e9}"),
            ("\u{1f600}", "\u{1f600}"),
        ] {
            assert_eq!(visible(tag), expected, "{tag:?}");
        }
    }
}
