//! The summary of a session, kept up to date entry by entry.

use serde_json::{Map, Value};

use super::key::SessionKey;
use super::session_store::{SessionStoreEntry, SessionSummaryEntry};
use crate::wire::RawJson;

/// The fields of which the last one counts: in the entry, and in the summary.
const LAST_WINS: [(&str, &str); 5] = [
    ("customTitle", "custom_title"),
    ("aiTitle", "ai_title"),
    ("lastPrompt", "last_prompt"),
    ("summary", "summary_hint"),
    ("gitBranch", "git_branch"),
];

/// Adds entries to the summary of a session, without reading the earlier ones again. A store calls
/// it in [`append`](super::SessionStore::append), not for a key with a subpath.
///
/// The time of the summary stays as it was, 0 for a new one: the store sets it when it writes.
///
/// The names in the data are those of the official Python SDK: `is_sidechain`, `created_at` (the
/// first timestamp, as it is written), `cwd`, `custom_title`, `ai_title`, `last_prompt`,
/// `summary_hint`, `git_branch`, `tag`. It has no `first_prompt`.
///
/// ```
/// use claude_wire::store::{SessionKey, fold_session_summary};
/// use claude_wire::wire::RawJson;
///
/// let key = SessionKey::new("-repo", "0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f");
/// let entry = RawJson::parse(r#"{"type":"custom-title","customTitle":"Fix the door"}"#)?;
/// let summary = fold_session_summary(None, &key, &[entry]);
/// assert_eq!(summary.data["custom_title"], "Fix the door");
/// # Ok::<(), claude_wire::wire::JsonError>(())
/// ```
pub fn fold_session_summary(
    previous: Option<&SessionSummaryEntry>,
    key: &SessionKey,
    entries: &[SessionStoreEntry],
) -> SessionSummaryEntry {
    let mut summary = previous.cloned().unwrap_or_else(|| SessionSummaryEntry {
        session_id: key.session_id.clone(),
        mtime: 0,
        data: Map::new(),
    });
    entries.iter().for_each(|entry| fold(&mut summary.data, entry));
    summary
}

fn fold(data: &mut Map<String, Value>, entry: &RawJson) {
    let text = |name: &str| entry.pointer(name)?.as_str().map(|text| text.into_owned());
    if !data.contains_key("is_sidechain") {
        let marked = entry.pointer("/isSidechain").is_some_and(|it| it.as_bytes() == b"true");
        data.insert("is_sidechain".into(), marked.into());
    }
    for (name, field) in [("/timestamp", "created_at"), ("/cwd", "cwd")] {
        if let Some(first) = text(name).filter(|first| !first.is_empty()) {
            data.entry(field).or_insert(first.into());
        }
    }
    for (name, field) in LAST_WINS {
        if let Some(last) = text(&format!("/{name}")) {
            data.insert(field.into(), last.into());
        }
    }
    if text("/type").as_deref() == Some("tag") {
        match text("/tag").filter(|tag| !tag.is_empty()) {
            Some(tag) => drop(data.insert("tag".into(), tag.into())),
            None => drop(data.remove("tag")),
        }
    }
}
