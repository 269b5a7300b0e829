//! Forks: a copy of a conversation under a new id.

use std::collections::{HashMap, HashSet};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::time::SystemTime;

use serde_json::{Value, json};
use uuid::Uuid;

use super::ends::Ends;
use super::error::{Error, Result};
use super::folders::{History, check_id};
use super::info::title_or_prompt;
use super::list::custom_title;
use super::transcript::{Entry, EntryKind, Transcript};
use crate::common::{owned, rfc3339_millis};

/// How to fork a session.
///
/// ```
/// use claude_wire::history::ForkSessionOptions;
///
/// let options = ForkSessionOptions::default().title("Another attempt");
/// assert_eq!(options.title.as_deref(), Some("Another attempt"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ForkSessionOptions {
    /// The last message of the fork, by its uuid (default: the last of the transcript).
    pub up_to_message_id: Option<String>,
    /// The title of the fork (default: that of the original, else its first prompt, and ` (fork)`).
    pub title: Option<String>,
}

impl ForkSessionOptions {
    /// Sets the last message of the fork, by its uuid.
    #[must_use]
    pub fn up_to_message_id(self, uuid: impl Into<String>) -> Self {
        Self { up_to_message_id: Some(uuid.into()), ..self }
    }

    /// Sets the title of the fork.
    #[must_use]
    pub fn title(self, title: impl Into<String>) -> Self {
        Self { title: Some(title.into()), ..self }
    }
}

/// A fork that is not stored yet.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Fork {
    /// The id of the new session.
    pub session_id: String,
    /// The lines of its transcript, without their newlines.
    pub lines: Vec<String>,
}

/// What belongs to the original only.
const NOT_COPIED: [&[u8]; 4] = [b"teamName", b"agentName", b"slug", b"sourceToolAssistantUUID"];

impl History {
    /// Copies a conversation under a new id, next to the original, and returns the id. No CLI runs.
    ///
    /// Every entry gets a new uuid, and says in `forkedFrom` which one it is a copy of. Sub-agents
    /// and the files that the CLI has saved for undoing are not copied.
    ///
    /// # Errors
    /// If an id is not a uuid, no such session exists, it has no such message or none at all, or
    /// a file cannot be read or written.
    pub fn fork_session(&self, session_id: &str, options: &ForkSessionOptions) -> Result<String> {
        let (path, folder) = self.find(session_id)?;
        let transcript = Transcript::read(&path)?;
        let mut buffer = Vec::new();
        let ends = Ends::read(&path, &mut buffer).map_err(|error| Error::io(error, &path))?;
        let in_file = custom_title(&path.with_extension(""));
        let title = ends.as_ref().and_then(|ends| title_or_prompt(ends, in_file));
        let fork = transcript.fork(session_id, options, title.as_deref())?;
        let path = folder.path.join(format!("{}.jsonl", fork.session_id));
        let write = || {
            let mut new = OpenOptions::new();
            let mut file = owned(new.write(true).create_new(true)).open(&path)?;
            let written = file.write_all(format!("{}\n", fork.lines.join("\n")).as_bytes());
            if written.is_err() {
                let _ = fs::remove_file(&path);
            }
            written
        };
        write().map_err(|error| Error::io(error, &path))?;
        Ok(fork.session_id)
    }
}

impl Transcript {
    /// A copy of the conversation under a new id. `title` is that of the original, if it has one.
    ///
    /// # Errors
    /// If an id is not a uuid, or the transcript has no such message or none at all.
    pub fn fork(
        &self,
        session_id: &str,
        options: &ForkSessionOptions,
        title: Option<&str>,
    ) -> Result<Fork> {
        check_id("session id", session_id)?;
        let entries = self.up_to(session_id, options.up_to_message_id.as_deref())?;
        let by_uuid: HashMap<&str, &Entry> =
            entries.iter().map(|entry| (&*entry.uuid, *entry)).collect();
        let new: HashMap<&str, String> =
            by_uuid.keys().map(|uuid| (*uuid, Uuid::new_v4().to_string())).collect();
        let written: Vec<&Entry> =
            entries.into_iter().filter(|entry| entry.kind != EntryKind::Progress).collect();
        if written.is_empty() {
            return Err(nothing(session_id));
        }
        let fork_id = Uuid::new_v4().to_string();
        let now = rfc3339_millis(SystemTime::now());
        let last = written.len() - 1;
        let mut lines: Vec<String> = Vec::with_capacity(written.len() + 2);
        for (at, entry) in written.into_iter().enumerate() {
            let parent = parent(entry, &by_uuid).map(|parent| &new[&*parent.uuid]);
            let logical =
                entry.text("/logicalParentUuid").and_then(|uuid| new.get(&*uuid).cloned());
            // The CLI takes the last one for the end of the conversation.
            let timestamp = entry.timestamp.clone().filter(|_| at != last);
            lines.push(changed(
                entry,
                &[
                    ("uuid", json!(new[&*entry.uuid])),
                    ("parentUuid", json!(parent)),
                    ("logicalParentUuid", json!(logical)),
                    ("sessionId", json!(fork_id)),
                    ("timestamp", json!(timestamp.as_ref().unwrap_or(&now))),
                    ("isSidechain", json!(false)),
                    ("forkedFrom", json!({"sessionId": session_id, "messageUuid": entry.uuid})),
                ],
            ));
        }
        lines.extend(self.replacements_of(session_id, &fork_id, &now));
        let given = options.title.as_deref().map(str::trim).filter(|title| !title.is_empty());
        let title = given
            .map_or_else(|| format!("{} (fork)", title.unwrap_or("Forked session")), str::to_owned);
        let entry = json!({
            "type": "custom-title", "sessionId": fork_id, "customTitle": title,
            "uuid": Uuid::new_v4().to_string(), "timestamp": now,
        });
        lines.push(entry.to_string());
        Ok(Fork { session_id: fork_id, lines })
    }

    /// The entries up to a message, without side chains.
    fn up_to(&self, session_id: &str, message_id: Option<&str>) -> Result<Vec<&Entry>> {
        let mut entries: Vec<_> = self.entries.iter().filter(|entry| !entry.side_chain).collect();
        if let Some(id) = message_id.filter(|id| !id.is_empty()) {
            check_id("message id", id)?;
            let Some(last) = entries.iter().position(|entry| entry.uuid == id) else {
                return Err(Error::not_found(format!("session {session_id} has no message {id}")));
            };
            entries.truncate(last + 1);
        }
        if entries.is_empty() { Err(nothing(session_id)) } else { Ok(entries) }
    }

    /// The entry with the replacements of long tool results, if there are any.
    fn replacements_of(&self, session_id: &str, fork_id: &str, now: &str) -> Option<String> {
        let own = self.replacements.iter().filter(|(id, _)| id == session_id);
        let items: Vec<String> = own
            .flat_map(|(_, list)| {
                list.cursor().items().map(|item| item.raw().text().into_owned()).collect::<Vec<_>>()
            })
            .collect();
        (!items.is_empty()).then(|| {
            let (uuid, items) = (Uuid::new_v4(), items.join(","));
            format!(
                r#"{{"type":"content-replacement","sessionId":"{fork_id}","replacements":[{items}],"uuid":"{uuid}","timestamp":"{now}"}}"#
            )
        })
    }
}

fn nothing(session_id: &str) -> Error {
    Error::invalid_value(format!("session {session_id} has no messages to fork"))
}

/// The entry before this one, without those that only report progress: they are not copied.
fn parent<'a>(entry: &Entry, by_uuid: &HashMap<&str, &'a Entry>) -> Option<&'a Entry> {
    let mut seen = HashSet::new();
    let mut current = entry.parent.as_deref();
    while let Some(uuid) = current.filter(|uuid| seen.insert(*uuid)) {
        let parent = *by_uuid.get(uuid)?;
        if parent.kind != EntryKind::Progress {
            return Some(parent);
        }
        current = parent.parent.as_deref();
    }
    None
}

/// The entry with other values for some fields. The others keep their bytes, and all keep their
/// order; new fields are last.
fn changed(entry: &Entry, changes: &[(&str, Value)]) -> String {
    let change = |key: &[u8]| changes.iter().find(|(name, _)| name.as_bytes() == key);
    let mut fields = Vec::new();
    let mut present = HashSet::new();
    for (key, value) in entry.json.cursor().fields() {
        if NOT_COPIED.contains(&&*key) {
            continue;
        }
        let name = Value::from(String::from_utf8_lossy(&key)).to_string();
        match change(&key) {
            // Of a repeated key, one is enough.
            Some((key, _)) if !present.insert(*key) => {}
            Some((_, value)) => fields.push(format!("{name}:{value}")),
            None => fields.push(format!("{name}:{}", value.raw().text())),
        }
    }
    let missing = changes.iter().filter(|(name, _)| !present.contains(name));
    fields.extend(missing.map(|(name, value)| format!("\"{name}\":{value}")));
    format!("{{{}}}", fields.join(","))
}
