//! JSON inside a text whose values are all secret: the environment and the headers of MCP servers,
//! the environment of settings.
//!
//! Such JSON is in files that tools read and write, in commands (`--mcp-config`, `--settings`), and
//! in strings of JSON. It is walked from its beginning, however deeply its quotes are escaped.

use std::ops::Range;

use super::text::{FILL, Text};
use crate::recording::strings::{JsonString, Strings, strings_in};

/// Names of the lists of MCP servers.
const SERVERS: [&[u8]; 2] = [b"mcpServers", b"mcp_servers"];

/// The members of a server that are secret.
const OF_SERVERS: [&[u8]; 2] = [b"env", b"headers"];

/// How such JSON begins: what precedes its first bracket, or a member of it.
pub(super) const ANCHORS: [&str; 4] = ["mcpServers", "mcp_servers", "settings", "\"env"];

/// What was found in one of them.
pub(super) struct Embedded {
    pub(super) secrets: Vec<Range<usize>>,
    /// The end of the JSON.
    pub(super) end: usize,
    /// Whether its last bracket is missing.
    pub(super) is_cut: bool,
}

/// The JSON that begins near an anchor, if there is any.
pub(super) fn embedded(text: &Text<'_>, anchor: usize, hit: Range<usize>) -> Option<Embedded> {
    let is_gap =
        |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b':' | b'=' | FILL);
    let name = ANCHORS[anchor];
    let begin = match name {
        // JSON that is a whole text: settings, or one server.
        "\"env" => text.run(0, is_gap),
        _ => text.run(hit.end, is_gap),
    };
    if begin > hit.end + 24 || !matches!(text.at(begin), Some(b'{' | b'[')) {
        return None;
    }
    let quote = memchr::memchr(b'"', text.from(begin, 80))?;
    let found = strings_in(text.raw, begin, text.slashes(begin + quote));
    let under_servers = |string: &&JsonString| is_under(&found, text.raw, string, &OF_SERVERS);
    let under_settings = |string: &&JsonString| {
        matches!(found.keys_above(text.raw, string).collect::<Vec<_>>()[..], [_, b"env", b""])
    };
    let secrets: Vec<Range<usize>> = match name {
        "settings" | "\"env" => {
            found.values.iter().filter(under_settings).map(|string| string.value.clone()).collect()
        }
        _ => found.values.iter().filter(under_servers).map(|string| string.value.clone()).collect(),
    };
    // Only the members of the root matter here; the rest of the text has its own anchors.
    let end = if name == "\"env" { hit.end } else { found.end };
    Some(Embedded { secrets, end, is_cut: !found.is_closed })
}

/// Whether a string is below one of these names, such as `env` in `{"env":{"A":"b"}}`.
fn is_under(found: &Strings, json: &[u8], string: &JsonString, names: &[&[u8]]) -> bool {
    found.keys_above(json, string).skip(1).any(|key| names.contains(&key))
}

/// Names of settings: in `initialize` and `apply_flag_settings`, and in the reply to `get_settings`.
const SETTINGS: [&[u8]; 3] = [b"settings", b"effective", b"managedSettings"];

/// Whether every value at this place of a line is secret: `mcpServers.*.env.*`, `settings.env.*`;
/// at the root of a separate text, `env.*`.
pub(super) fn holds_secrets(
    found: &Strings,
    json: &[u8],
    string: &JsonString,
    is_root: bool,
) -> bool {
    let keys: Vec<&[u8]> = found.keys_above(json, string).skip(1).collect();
    let Some(holder) = keys.iter().position(|key| OF_SERVERS.contains(key)) else { return false };
    let above = &keys[holder + 1..];
    let of_server = above.iter().any(|key| SERVERS.contains(key) || *key == b"servers");
    let of_settings = keys[holder] == b"env"
        && (above.first().is_some_and(|key| SETTINGS.contains(key)) || (is_root && above == [b""]));
    of_server || of_settings
}
