//! The entries of a transcript that make up its conversation.

use std::path::Path;

use bytes::Bytes;

use super::error::{Error, Result};
use super::lines::{SkipReason, SkippedLine, TranscriptLine, for_each_line, skip_reason};
use crate::wire::RawJson;

/// A transcript, read from its lines: those of a file, or those that a session store returned.
///
/// Everything here that reads a conversation reads it through this type.
///
/// ```
/// use claude_wire::history::{Page, Transcript};
///
/// let transcript = Transcript::from_lines([
///     r#"{"type":"user","uuid":"u1","parentUuid":null,"message":{"role":"user","content":"Hi"}}"#,
///     r#"{"type":"assistant","uuid":"u2","parentUuid":"u1","message":{"content":[{"type":"text","text":"Hello."}]}}"#,
/// ]);
/// let messages = transcript.messages(Page::all());
/// assert_eq!(messages.iter().map(|message| message.text()).collect::<Vec<_>>(), ["Hi", "Hello."]);
/// ```
#[derive(Debug, Default)]
pub struct Transcript {
    pub(super) entries: Vec<Entry>,
    /// What long tool results were replaced with.
    pub(super) replacements: Vec<(String, RawJson)>,
    /// The metadata of a sub-agent, which a store keeps among the lines. The last counts.
    pub(super) agent: Option<RawJson>,
    skipped: Vec<SkippedLine>,
    lines: u64,
}

/// An entry that has a place in the chain of a conversation.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) kind: EntryKind,
    pub(super) uuid: String,
    pub(super) parent: Option<String>,
    pub(super) side_chain: bool,
    pub(super) meta: bool,
    /// The entry belongs to a team of agents.
    pub(super) team: bool,
    pub(super) agent_id: Option<String>,
    pub(super) timestamp: Option<String>,
    /// The entry with the tool call that this one answers.
    pub(super) source: Option<String>,
    pub(super) json: RawJson,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EntryKind {
    User,
    Assistant,
    System,
    Attachment,
    Progress,
}

impl Transcript {
    /// Reads lines, without their newlines. Blank lines are left out; what is not JSON is reported
    /// by [`skipped`](Self::skipped).
    pub fn from_lines<I>(lines: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<Bytes>,
    {
        let mut transcript = Self::default();
        for line in lines {
            transcript.add(TranscriptLine::Line { bytes: line.into(), terminated: true });
        }
        transcript
    }

    /// Reads a file, piece by piece. Only the entries of the conversation are kept.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let mut transcript = Self::default();
        for_each_line(path.as_ref(), |line| transcript.add(line))
            .map_err(|error| Error::io(error, path.as_ref()))?;
        Ok(transcript)
    }

    /// The lines that were left out, in order.
    pub fn skipped(&self) -> &[SkippedLine] {
        &self.skipped
    }

    fn add(&mut self, line: TranscriptLine) {
        self.lines += 1;
        let skip = |reason| SkippedLine { line: self.lines, reason };
        match line {
            TranscriptLine::TooLong(length) => self.skipped.push(skip(SkipReason::TooLong(length))),
            TranscriptLine::Line { bytes, .. } if bytes.trim_ascii().is_empty() => {}
            TranscriptLine::Line { bytes, terminated } => match RawJson::parse(bytes) {
                Ok(json) if json.as_bytes().starts_with(b"{") => self.entry(json),
                _ => self.skipped.push(skip(skip_reason(terminated))),
            },
        }
    }

    fn entry(&mut self, json: RawJson) {
        let Some(kind) = json.cursor().get("type").and_then(|kind| kind.string()) else { return };
        let kind = match &*kind {
            "user" => EntryKind::User,
            "assistant" => EntryKind::Assistant,
            "system" => EntryKind::System,
            "attachment" => EntryKind::Attachment,
            "progress" => EntryKind::Progress,
            "content-replacement" => {
                let fields = json.cursor();
                if let (Some(id), Some(list)) = (
                    fields.get("sessionId").and_then(|id| id.string()),
                    fields.get("replacements").filter(|list| list.bytes().starts_with(b"[")),
                ) {
                    self.replacements.push((id.into_owned(), list.raw()));
                }
                return;
            }
            "agent_metadata" => {
                self.agent = Some(json);
                return;
            }
            _ => return,
        };
        self.entries.extend(Entry::new(kind, json));
    }
}

impl Entry {
    /// `None` if it has no uuid.
    fn new(kind: EntryKind, json: RawJson) -> Option<Self> {
        let mut entry = Self {
            kind,
            uuid: String::new(),
            parent: None,
            side_chain: false,
            meta: false,
            team: false,
            agent_id: None,
            timestamp: None,
            source: None,
            json: RawJson::scanned(Bytes::new()),
        };
        let mut uuid = None;
        // Of a repeated key, the last counts.
        for (key, value) in json.cursor().fields() {
            let text = || value.string().map(|text| text.into_owned());
            let not_empty = || text().filter(|text| !text.is_empty());
            match &*key {
                b"uuid" => uuid = text(),
                b"parentUuid" => entry.parent = not_empty(),
                b"isSidechain" => entry.side_chain = value.bool() == Some(true),
                b"isMeta" => entry.meta = value.bool() == Some(true),
                b"teamName" => entry.team = not_empty().is_some(),
                b"agentId" => entry.agent_id = text(),
                b"timestamp" => entry.timestamp = text(),
                b"sourceToolAssistantUUID" => entry.source = text(),
                _ => {}
            }
        }
        uuid.map(|uuid| Self { uuid, json, ..entry })
    }

    /// The string field of the entry.
    pub(super) fn text(&self, pointer: &str) -> Option<String> {
        self.json.pointer(pointer)?.as_str().map(|text| text.into_owned())
    }

    pub(super) fn is_turn(&self) -> bool {
        matches!(self.kind, EntryKind::User | EntryKind::Assistant)
    }

    pub(super) fn message_id(&self) -> Option<String> {
        (self.kind == EntryKind::Assistant)
            .then(|| self.text("/message/id"))?
            .filter(|id| !id.is_empty())
    }

    /// A field of the content blocks of one type.
    pub(super) fn of_blocks(&self, kind: &str, field: &str) -> Vec<String> {
        let Some(content) = self.json.pointer("/message/content") else { return Vec::new() };
        let blocks = content.cursor().items();
        blocks
            .filter(|block| {
                block.get("type").and_then(|kind| kind.string()).as_deref() == Some(kind)
            })
            .filter_map(|block| Some(block.get(field)?.string()?.into_owned()))
            .collect()
    }

    /// Whether this is a message with the result of a tool, and an entry before it.
    pub(super) fn is_tool_result(&self) -> bool {
        self.kind == EntryKind::User && self.parent.is_some() && {
            let content = self.json.pointer("/message/content");
            content.is_some_and(|content| {
                content.cursor().items().any(|block| {
                    block.get("type").and_then(|kind| kind.string()).as_deref()
                        == Some("tool_result")
                })
            })
        }
    }
}
