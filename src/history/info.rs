//! What a list says about a session.

use std::sync::LazyLock;

use memchr::memmem;
use serde::Serialize;

use super::ends::{Ends, Field};
use super::first_prompt::first_prompt;
use crate::common::parse_millis;
use crate::wire::RawJson;

/// What a list says about a session: what the start and the end of its transcript, and its file,
/// show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SessionInfo {
    /// The id of the session: the name of its transcript.
    pub session_id: String,
    /// A title to show: the custom title, else the title that the CLI made, the last prompt, the
    /// summary, the first prompt. Never empty.
    pub summary: String,
    /// When the transcript was last changed, in milliseconds since 1970.
    pub last_modified: i64,
    /// The size of the transcript in bytes.
    pub file_size: Option<u64>,
    /// The title that the user gave, else the one that the CLI made.
    pub custom_title: Option<String>,
    /// The first prompt that a person typed, cut after 200 characters.
    pub first_prompt: Option<String>,
    /// The git branch at the end of the session.
    pub git_branch: Option<String>,
    /// The working directory.
    pub cwd: Option<String>,
    /// The tag that the user gave.
    pub tag: Option<String>,
    /// When the first entry was written, in milliseconds since 1970.
    pub created_at: Option<i64>,
    /// Whether the session is archived.
    pub archived: bool,
}

/// The fields that are searched for.
struct Fields {
    custom_title: Field,
    ai_title: Field,
    last_prompt: Field,
    summary: Field,
    git_branch: Field,
    cwd: Field,
    timestamp: Field,
    tag: Field,
    entrypoint: Field,
    session_kind: Field,
    tag_line: memmem::Finder<'static>,
    relocated_line: memmem::Finder<'static>,
}

static FIELDS: LazyLock<Fields> = LazyLock::new(|| Fields {
    custom_title: Field::new("\"customTitle\":"),
    ai_title: Field::new("\"aiTitle\":"),
    last_prompt: Field::new("\"lastPrompt\":"),
    summary: Field::new("\"summary\":"),
    git_branch: Field::new("\"gitBranch\":"),
    cwd: Field::new("\"cwd\":"),
    timestamp: Field::new("\"timestamp\":"),
    tag: Field::new("\"tag\":"),
    entrypoint: Field::new("\"entrypoint\":"),
    session_kind: Field::new("\"sessionKind\":"),
    tag_line: memmem::Finder::new("\"tag\""),
    relocated_line: memmem::Finder::new("\"relocated\""),
});

/// What is known of a session apart from its transcript.
#[derive(Default)]
pub(super) struct Known<'a> {
    /// The directory of the project.
    pub(super) project: Option<&'a str>,
    /// The title in the file `custom-title.json`.
    pub(super) title: Option<String>,
    pub(super) archived: bool,
}

impl SessionInfo {
    /// What a transcript in memory shows, as a session store keeps it. `None` if it has nothing to
    /// show, or is that of a sub-agent.
    ///
    /// `last_modified` is in milliseconds since 1970; `project` is the directory to name if the
    /// transcript names none.
    pub fn from_lines<I>(
        session_id: &str,
        lines: I,
        last_modified: i64,
        project: Option<&str>,
    ) -> Option<Self>
    where
        I: IntoIterator,
        I::Item: AsRef<[u8]>,
    {
        let mut buffer = Vec::new();
        let ends = Ends::of(lines, last_modified, &mut buffer)?;
        Self::new(session_id, &ends, Known { project, ..Known::default() })
    }

    /// `None` for the transcript of a sub-agent, and for one with nothing to show.
    pub(super) fn new(session_id: &str, ends: &Ends<'_>, known: Known<'_>) -> Option<Self> {
        let fields = &*FIELDS;
        let (head, tail) = (ends.head(), ends.tail());
        if is_side_chain(head) {
            return None;
        }
        let custom_title = title(ends, known.title);
        let first_prompt = first_prompt(head);
        let summary = custom_title
            .clone()
            .or_else(|| not_empty(fields.last_prompt.last(tail)))
            .or_else(|| not_empty(fields.summary.last(tail)))
            .or_else(|| first_prompt.clone())?;
        Some(Self {
            session_id: session_id.to_owned(),
            summary,
            last_modified: ends.modified,
            file_size: Some(ends.size),
            custom_title,
            first_prompt,
            git_branch: not_empty(fields.git_branch.last(tail))
                .or_else(|| not_empty(fields.git_branch.first(head))),
            cwd: not_empty(relocated(tail))
                .or_else(|| not_empty(fields.cwd.first(head)))
                .or_else(|| known.project.map(str::to_owned)),
            tag: not_empty(tag(tail)),
            created_at: fields.timestamp.first(head).and_then(|text| parse_millis(&text)),
            archived: known.archived,
        })
    }
}

/// Whether a program started the session through an SDK, or it is that of a background service.
pub(super) fn is_programmatic(ends: &Ends<'_>) -> bool {
    let entrypoint = FIELDS.entrypoint.first(ends.head());
    let entrypoint = entrypoint.or_else(|| FIELDS.entrypoint.last(ends.tail()));
    if matches!(entrypoint.as_deref(), Some("sdk-cli" | "sdk-ts" | "sdk-py")) {
        return true;
    }
    let kind = FIELDS.session_kind.first(ends.head());
    matches!(kind.as_deref(), Some("daemon" | "daemon-worker"))
}

/// The directory that the transcript names first.
pub(super) fn cwd(ends: &Ends<'_>) -> Option<String> {
    not_empty(FIELDS.cwd.first(ends.head()))
}

/// The title of a session, else its first prompt. `in_file` is the title in `custom-title.json`.
pub(super) fn title_or_prompt(ends: &Ends<'_>, in_file: Option<String>) -> Option<String> {
    title(ends, in_file).or_else(|| first_prompt(ends.head()))
}

/// The title that the user gave, else the one that the CLI made. `in_file` is the title in
/// `custom-title.json`, which is newer than one at the start of the transcript.
fn title(ends: &Ends<'_>, in_file: Option<String>) -> Option<String> {
    let (head, tail) = (ends.head(), ends.tail());
    let last = |field: &Field, text| not_empty(field.last(text));
    last(&FIELDS.custom_title, tail)
        .or(in_file)
        .or_else(|| last(&FIELDS.custom_title, head))
        .or_else(|| last(&FIELDS.ai_title, tail))
        .or_else(|| last(&FIELDS.ai_title, head))
}

fn not_empty(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn is_side_chain(head: &[u8]) -> bool {
    let first = &head[..memchr::memchr(b'\n', head).unwrap_or(head.len())];
    [&b"\"isSidechain\":true"[..], b"\"isSidechain\": true"]
        .iter()
        .any(|mark| memmem::find(first, mark).is_some())
}

/// The last tag: only of the lines that are tags, since tools have fields of that name too.
fn tag(tail: &[u8]) -> Option<String> {
    last_line(tail, &FIELDS.tag_line, |line| match line.starts_with(b"{\"type\":\"tag\"") {
        true => Some(FIELDS.tag.last(line).unwrap_or_default()),
        // A store may have changed the order of the fields, or the spaces.
        false => text_of(line, "tag", "/tag"),
    })
}

/// Where the session has gone on last, as the CLI reads it: only the entries that say so count.
fn relocated(tail: &[u8]) -> Option<String> {
    last_line(tail, &FIELDS.relocated_line, |line| text_of(line, "relocated", "/relocatedCwd"))
}

/// The last line with this mark of which something is found.
fn last_line(
    text: &[u8],
    mark: &memmem::Finder<'_>,
    find: impl Fn(&[u8]) -> Option<String>,
) -> Option<String> {
    let found: Vec<usize> = mark.find_iter(text).collect();
    found.into_iter().rev().find_map(|at| {
        let start = memchr::memrchr(b'\n', &text[..at]).map_or(0, |newline| newline + 1);
        let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |length| at + length);
        find(&text[start..end])
    })
}

/// The text of a field, if the line is an entry of this type.
fn text_of(line: &[u8], kind: &str, pointer: &str) -> Option<String> {
    let entry = RawJson::parse(bytes::Bytes::copy_from_slice(line)).ok()?;
    let is_kind = entry.pointer("/type")?.as_str()? == kind;
    is_kind.then(|| entry.pointer(pointer)?.as_str().map(|text| text.into_owned()))?
}
