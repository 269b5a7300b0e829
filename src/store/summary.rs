//! The summary of a session, kept up to date entry by entry.

use serde_json::{Map, Value};

use super::key::SessionKey;
use super::session_store::{SessionStoreEntry, SessionSummaryEntry};
use crate::common::parse_millis;
use crate::history::{FirstPrompt, SessionInfo};
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
/// The names in the data are those of the official Python SDK, so that both can share a store:
/// `is_sidechain`, `created_at` (the first timestamp, in milliseconds since 1970), `cwd`,
/// `first_prompt` with `first_prompt_locked`, `command_fallback`, `custom_title`, `ai_title`,
/// `last_prompt`, `summary_hint`, `git_branch`, `tag`. The TypeScript SDK writes other names, and
/// reads only its own. As in that SDK, and other than in Python, `cwd` follows a session that went on
/// in another directory (`relocated`).
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
    if let Some(first) = text("/timestamp").and_then(|first| parse_millis(&first)) {
        data.entry("created_at").or_insert(first.into());
    }
    if let Some(first) = text("/cwd").filter(|first| !first.is_empty()) {
        data.entry("cwd").or_insert(first.into());
    }
    fold_first_prompt(data, entry);
    for (name, field) in LAST_WINS {
        if let Some(last) = text(&format!("/{name}")) {
            data.insert(field.into(), last.into());
        }
    }
    match text("/type").as_deref() {
        Some("tag") => match text("/tag").filter(|tag| !tag.is_empty()) {
            Some(tag) => drop(data.insert("tag".into(), tag.into())),
            None => drop(data.remove("tag")),
        },
        // The session went on in another directory.
        Some("relocated") => {
            if let Some(cwd) = text("/relocatedCwd").filter(|cwd| !cwd.is_empty()) {
                data.insert("cwd".into(), cwd.into());
            }
        }
        _ => {}
    }
}

fn fold_first_prompt(data: &mut Map<String, Value>, entry: &RawJson) {
    if data.get("first_prompt_locked").is_some_and(|locked| *locked == true) {
        return;
    }
    let mut first = FirstPrompt::default();
    first.add(entry);
    if let Some(command) = first.command {
        data.entry("command_fallback").or_insert(command.into());
    }
    if let Some(typed) = first.typed {
        data.insert("first_prompt".into(), typed.into());
        data.insert("first_prompt_locked".into(), true.into());
    }
}

/// What a list says about a session, by its summary. `None` for the transcript of a sub-agent, and
/// for one with nothing to show.
pub(super) fn info_of(summary: &SessionSummaryEntry, project: Option<&str>) -> Option<SessionInfo> {
    let SessionSummaryEntry { session_id, mtime, data } = summary;
    let text = |name: &str| data.get(name)?.as_str().filter(|text| !text.is_empty());
    let marked = |name: &str| data.get(name).is_some_and(|mark| *mark == true);
    if marked("is_sidechain") {
        return None;
    }
    let first_prompt =
        text(if marked("first_prompt_locked") { "first_prompt" } else { "command_fallback" });
    let custom_title = text("custom_title").or(text("ai_title"));
    let summary = custom_title.or(text("last_prompt")).or(text("summary_hint")).or(first_prompt)?;
    let owned = |text: Option<&str>| text.map(str::to_owned);
    Some(SessionInfo {
        session_id: session_id.clone(),
        summary: summary.to_owned(),
        last_modified: i64::try_from(*mtime).unwrap_or(i64::MAX),
        file_size: None,
        custom_title: owned(custom_title),
        first_prompt: owned(first_prompt),
        git_branch: owned(text("git_branch")),
        cwd: owned(text("cwd").or(project)),
        tag: owned(text("tag")),
        created_at: data.get("created_at").and_then(Value::as_i64),
        archived: false,
    })
}
