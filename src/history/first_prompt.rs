//! The first prompt of a session, as a title for it.

use memchr::memmem;

use crate::wire::RawJson;

/// The maximum length of a prompt in a list, in characters.
const LONGEST: usize = 200;

/// Texts that were not typed by a person: output of local commands, hooks, ticks and goals.
const NOT_TYPED: [&str; 4] = ["<local-command-stdout>", "<session-start-hook>", "<tick>", "<goal>"];

/// The first prompt in the lines at the start of a transcript; without one, the name of the first
/// slash command.
pub(super) fn first_prompt(head: &[u8]) -> Option<String> {
    let mut first = FirstPrompt::default();
    for line in lines_of_users(head) {
        let Ok(entry) = RawJson::parse(bytes::Bytes::copy_from_slice(line)) else { continue };
        first.add(&entry);
        if first.typed.is_some() {
            break;
        }
    }
    first.typed.or(first.command)
}

/// The first prompt, found entry by entry.
#[derive(Default)]
pub(crate) struct FirstPrompt {
    /// What a person typed.
    pub(crate) typed: Option<String>,
    /// The name of the first slash command. Never empty.
    pub(crate) command: Option<String>,
}

impl FirstPrompt {
    /// Looks at the next entry, until a prompt was typed.
    pub(crate) fn add(&mut self, entry: &RawJson) {
        if self.typed.is_some() || !is_prompt(entry) {
            return;
        }
        for text in texts(entry) {
            let text = text.replace('\n', " ");
            let text = text.trim();
            if text.is_empty() {
                continue;
            }
            if let Some(name) = between(text, "<command-name>", "</command-name>") {
                if self.command.is_none() && !name.is_empty() {
                    self.command = Some(name.to_owned());
                }
            } else if !is_not_typed(text) {
                self.typed = Some(shortened(text));
                return;
            }
        }
    }
}

/// Whether an entry is of the user, and not of the CLI or a tool.
fn is_prompt(entry: &RawJson) -> bool {
    let text = |pointer: &str, wanted: &str| {
        entry.pointer(pointer).and_then(|it| Some(it.as_str()? == wanted)).unwrap_or_default()
    };
    let marked = |pointer| entry.pointer(pointer).is_some_and(|it| it.as_bytes() == b"true");
    let is_result = || {
        let content = entry.pointer("/message/content");
        content.is_some_and(|content| {
            content.cursor().items().any(|block| {
                block.get("type").and_then(|kind| kind.string()).as_deref() == Some("tool_result")
            })
        })
    };
    text("/type", "user") && !marked("/isMeta") && !marked("/isCompactSummary") && !is_result()
}

/// The lines that may be prompts, found without parsing.
fn lines_of_users(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let at =
                from + find_either(&head[from..], b"\"type\":\"user\"", b"\"type\": \"user\"")?;
            let start = memchr::memrchr(b'\n', &head[..at]).map_or(0, |newline| newline + 1);
            let end = memchr::memchr(b'\n', &head[at..]).map_or(head.len(), |length| at + length);
            from = end;
            let line = &head[start..end];
            let other = [
                &b"\"tool_result\""[..],
                b"\"isMeta\":true",
                b"\"isMeta\": true",
                b"\"isCompactSummary\":true",
                b"\"isCompactSummary\": true",
            ];
            if other.iter().all(|other| memmem::find(line, other).is_none()) {
                return Some(line);
            }
        }
    })
}

fn find_either(text: &[u8], one: &[u8], other: &[u8]) -> Option<usize> {
    let first = memmem::find(text, one);
    let before = &text[..first.unwrap_or(text.len())];
    memmem::find(before, other).or(first)
}

/// The text of the message, and that of each of its text blocks.
pub(super) fn texts(entry: &RawJson) -> Vec<String> {
    let Some(content) = entry.pointer("/message/content") else { return Vec::new() };
    if let Some(text) = content.as_str() {
        return vec![text.into_owned()];
    }
    let blocks = content.cursor().items();
    blocks
        .filter(|block| block.get("type").and_then(|kind| kind.string()).as_deref() == Some("text"))
        .filter_map(|block| Some(block.get("text")?.string()?.into_owned()))
        .collect()
}

fn is_not_typed(text: &str) -> bool {
    let enclosed =
        |start: &str, end: &str| text.strip_prefix(start).is_some_and(|rest| rest.ends_with(end));
    NOT_TYPED.iter().any(|start| text.starts_with(start))
        || text.strip_prefix("[Request interrupted by user").is_some_and(|rest| rest.contains(']'))
        || enclosed("<ide_opened_file>", "</ide_opened_file>")
        || enclosed("<ide_selection>", "</ide_selection>")
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(inside, _)| inside)
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}\u{2026}", text[..end].trim_end()),
        None => text.to_owned(),
    }
}
