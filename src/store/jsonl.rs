//! Entries as lines.

use super::session_store::SessionStoreEntry;

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
