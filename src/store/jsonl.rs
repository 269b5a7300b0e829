//! Entries as lines.

use bytes::Bytes;

use super::key::SessionKey;
use super::session_store::SessionStoreEntry;
use crate::wire::RawJson;

/// One line for each entry, each with its newline.
pub(super) fn lines<'a>(entries: impl IntoIterator<Item = &'a SessionStoreEntry>) -> Vec<u8> {
    let mut lines = Vec::new();
    for entry in entries {
        // Outside of strings, where it is escaped, a newline is white space.
        let line = entry.as_bytes().iter();
        lines.extend(line.map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }));
        lines.push(b'\n');
    }
    lines
}

/// The entries of lines. What is not JSON is left out.
pub(super) fn entries(text: Vec<u8>, key: &SessionKey) -> Vec<SessionStoreEntry> {
    let text = Bytes::from(text);
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    lines.filter_map(|line| entry(text.slice_ref(line), key)).collect()
}

/// The entry, if it is JSON.
pub(super) fn entry(text: impl Into<Bytes>, key: &SessionKey) -> Option<SessionStoreEntry> {
    match RawJson::parse(text) {
        Ok(entry) => Some(entry),
        Err(_) => {
            tracing::warn!(session = key.session_id, "a stored line that is not JSON is left out");
            None
        }
    }
}
