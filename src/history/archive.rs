//! The mark that a session is archived: a file in the session's folder.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::time::SystemTime;

use serde_json::json;

use super::ends::Ends;
use super::error::{Error, Result};
use super::folders::History;
use crate::common::{owned, parse_millis, rfc3339_millis};
use crate::wire::RawJson;

const NAME: &str = "archived.json";

impl History {
    /// Marks a session as archived, in each folder that has it. [`SessionInfo::archived`](super::SessionInfo::archived) is
    /// true until the session is taken out of the archive, or a person sends it another prompt.
    ///
    /// # Errors
    /// If the id is not a uuid, no such session exists, or the mark cannot be written.
    pub fn archive_session(&self, session_id: &str) -> Result<()> {
        self.set_archived(session_id, true)
    }

    /// Takes a session out of the archive. One that is not archived stays as it is.
    ///
    /// # Errors
    /// If the id is not a uuid, no such session exists, or the mark cannot be written.
    pub fn unarchive_session(&self, session_id: &str) -> Result<()> {
        self.set_archived(session_id, false)
    }

    fn set_archived(&self, session_id: &str, archived: bool) -> Result<()> {
        self.find(session_id)?;
        for (_, transcript, _) in self.find_all(session_id)? {
            mark(&transcript.with_extension(""), archived)?;
        }
        Ok(())
    }
}

fn mark(folder: &Path, archived: bool) -> Result<()> {
    let path = folder.join(NAME);
    let at = rfc3339_millis(SystemTime::now());
    let mark = json!({"archived": archived, "at": at, "by": "sdk"}).to_string();
    match fs::create_dir(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            return Err(Error::io(error, folder));
        }
        _ => {}
    }
    // Written next to it and then moved, so that no reader sees half of it.
    let new = folder.join(format!("{NAME}.{}", uuid::Uuid::new_v4()));
    let write = || {
        let mut options = OpenOptions::new();
        owned(options.write(true).create_new(true)).open(&new)?.write_all(mark.as_bytes())?;
        fs::rename(&new, &path)
    };
    write().map_err(|error| {
        let _ = fs::remove_file(&new);
        Error::io(error, &path)
    })
}

/// Whether the session in this folder is archived: it has the mark, and no person has sent a prompt
/// since.
pub(super) fn is_archived(folder: &Path, ends: &Ends<'_>) -> bool {
    let read = || {
        let mark = RawJson::parse(fs::read(folder.join(NAME)).ok()?).ok()?;
        let archived = mark.pointer("/archived")?.cursor().bool()?;
        Some((archived, parse_millis(&mark.pointer("/at")?.as_str()?)?))
    };
    let Some((true, at)) = read() else { return false };
    ![ends.tail(), ends.head()].iter().any(|end| {
        end.split(|byte| *byte == b'\n').any(|line| prompt_time(line).is_some_and(|time| time > at))
    })
}

/// When a person sent the prompt in this line.
fn prompt_time(line: &[u8]) -> Option<i64> {
    let has = |part: &[u8]| memchr::memmem::find(line, part).is_some();
    if !(has(b"\"user\"") || has(b"\"queued_command\"")) || has(b"\"tool_result\"") {
        return None;
    }
    let entry = RawJson::parse(bytes::Bytes::copy_from_slice(line)).ok()?;
    let text = |pointer: &str| entry.pointer(pointer)?.as_str().map(|text| text.into_owned());
    let is_true =
        |pointer: &str| entry.pointer(pointer).is_some_and(|at| at.cursor().bool() == Some(true));
    let marks =
        ["isMeta", "isCompactSummary", "isSidechain", "isVirtual", "isVisibleInTranscriptOnly"];
    if marks.iter().any(|mark| is_true(&format!("/{mark}"))) || is_true("/attachment/isMeta") {
        return None;
    }
    let origin = match &*text("/type")? {
        "user" => text("/origin/kind"),
        "attachment" if text("/attachment/type")? == "queued_command" => {
            text("/attachment/origin/kind")
        }
        _ => return None,
    };
    if origin.is_some_and(|kind| kind != "human") {
        return None;
    }
    parse_millis(&text("/timestamp")?)
}
