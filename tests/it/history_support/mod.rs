//! Transcript folders for the tests of `history`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use claude_wire::history::{History, Page, SessionInfo, project_key};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A configuration folder of the CLI.
pub(crate) struct Config {
    root: TempDir,
}

impl Config {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("config/projects")).unwrap();
        Self { root }
    }

    /// All of its sessions.
    pub(crate) fn history(&self) -> History {
        History::at(self.root.path().join("config"))
    }

    /// A directory that sessions run in.
    pub(crate) fn directory(&self, name: &str) -> PathBuf {
        let path = self.root.path().canonicalize().unwrap().join("work").join(name);
        fs::create_dir_all(&path).unwrap();
        path
    }

    pub(crate) fn projects(&self) -> PathBuf {
        self.root.path().join("config/projects")
    }

    /// Where the CLI keeps the sessions of a directory.
    pub(crate) fn project(&self, directory: &Path) -> PathBuf {
        let folder = self.projects().join(project_key(directory));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// Writes the transcript of session `n`, last changed `n` seconds after a fixed time.
    pub(crate) fn write(&self, directory: &Path, n: u64, lines: &[Value]) -> PathBuf {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        self.write_bytes(directory, n, text.as_bytes())
    }

    pub(crate) fn write_bytes(&self, directory: &Path, n: u64, bytes: &[u8]) -> PathBuf {
        let path = self.project(directory).join(format!("{}.jsonl", id(n)));
        fs::write(&path, bytes).unwrap();
        age(&path, n);
        path
    }

    pub(crate) fn list(&self) -> Vec<SessionInfo> {
        let list = self.history().list_sessions(Page::all()).unwrap();
        assert!(list.skipped.is_empty(), "{:?}", list.skipped);
        list.sessions
    }
}

/// The id of a session or of a message.
pub(crate) fn id(n: u64) -> String {
    format!("0a1b2c3d-0000-4000-8000-{n:012}")
}

/// When session `n` was changed, in seconds since 1970.
pub(crate) const START: u64 = 1_700_000_000;

pub(crate) fn age(path: &Path, n: u64) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(START + n);
    File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

/// A prompt, first in its conversation.
pub(crate) fn prompt(text: &str) -> Value {
    user(1, None, json!(text))
}

pub(crate) fn user(n: u64, parent: Option<u64>, content: Value) -> Value {
    json!({
        "parentUuid": parent.map(id), "isSidechain": false, "type": "user",
        "message": {"role": "user", "content": content}, "uuid": id(n),
        "timestamp": format!("2026-11-21T01:20:{:02}.000Z", n % 60), "cwd": "/w", "sessionId": id(0),
    })
}

/// A reply, or a part of one, with one text block or one call.
pub(crate) fn reply(n: u64, parent: u64, message: &str, block: Value) -> Value {
    json!({
        "parentUuid": id(parent), "isSidechain": false, "type": "assistant",
        "message": {"id": message, "role": "assistant", "content": [block]}, "uuid": id(n),
        "timestamp": format!("2026-11-21T01:20:{:02}.000Z", n % 60), "sessionId": id(0),
    })
}

pub(crate) fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

/// A JSON object with some fields changed.
pub(crate) fn with(mut value: Value, fields: &[(&str, Value)]) -> Value {
    for (name, field) in fields {
        value[*name] = field.clone();
    }
    value
}
