//! Searches: files, their contents, and the web.

use super::files::ArtifactRead;
use crate::wire::decode::{At, Decode, Shape, Sink};
use crate::wire::json::{Kind, Reader};

tool! {
    /// Finds files by name. Not in every build of the CLI: those that search in `Bash` lack it.
    pub enum Glob = "Glob": GlobInput -> GlobOutput;
}

tool! {
    /// Finds lines in files. Not in every build of the CLI: those that search in `Bash` lack it.
    pub enum Grep = "Grep": GrepInput -> GrepOutput;
}

tool! {
    /// Fetches a page, and answers a question about it.
    pub enum WebFetch = "WebFetch": WebFetchInput -> WebFetchOutput;
}

tool! {
    /// Searches the web.
    pub enum WebSearch = "WebSearch": WebSearchInput -> WebSearchOutput;
}

object! {
    /// The input of `Glob` (CLI 2.1.329, declared, not seen).
    pub struct GlobInput {
        /// The pattern of the names.
        pub pattern: String = "pattern" declared,
        /// The folder; the working directory if absent.
        pub path: Option<String> = "path" declared,
    }
}

object! {
    /// The output of `Glob` (CLI 2.1.329, declared, not seen).
    pub struct GlobOutput {
        /// How long it took, in milliseconds.
        pub duration_ms: f64 = "durationMs" declared,
        /// How many files are listed.
        pub num_files: u64 = "numFiles" declared,
        /// The files.
        pub filenames: Vec<String> = "filenames" required declared,
        /// True if there are more.
        pub truncated: bool = "truncated" declared,
        /// How many match.
        pub total_matches: Option<u64> = "totalMatches" declared,
        /// False if there may be more than `total_matches`.
        pub count_is_complete: Option<bool> = "countIsComplete" declared,
        /// True if the search was stopped before its end.
        pub timed_out: Option<bool> = "timedOut" declared,
    }
}

object! {
    /// The input of `Grep` (CLI 2.1.329, declared, not seen).
    pub struct GrepInput {
        /// The regular expression.
        pub pattern: String = "pattern" declared,
        /// The file or folder; the working directory if absent.
        pub path: Option<String> = "path" declared,
        /// A pattern of the files' names.
        pub glob: Option<String> = "glob" declared,
        /// What is listed; files if absent.
        pub output_mode: Option<GrepMode> = "output_mode" declared,
        /// How many lines before each match.
        pub before: Option<u64> = "-B" declared,
        /// How many lines after each match.
        pub after: Option<u64> = "-A" declared,
        /// Another name of `context`.
        pub around: Option<u64> = "-C" declared,
        /// How many lines before and after each match.
        pub context: Option<u64> = "context" declared,
        /// Whether lines are numbered; they are if absent.
        pub line_numbers: Option<bool> = "-n" declared,
        /// True if upper and lower case are the same.
        pub ignore_case: Option<bool> = "-i" declared,
        /// True to list only what matches, not its line.
        pub only_matching: Option<bool> = "-o" declared,
        /// The type of the files, such as `rust`.
        pub file_type: Option<String> = "type" declared,
        /// At most this many lines or files; 0 for all.
        pub head_limit: Option<u64> = "head_limit" declared,
        /// How many of them are left out at the start.
        pub offset: Option<u64> = "offset" declared,
        /// True if a match may be longer than a line.
        pub multiline: Option<bool> = "multiline" declared,
    }
}

open_enum! {
    /// What a search in files lists (`output_mode` of the input, `mode` of the output).
    pub enum GrepMode {
        Content = "content",
        FilesWithMatches = "files_with_matches",
        Count = "count",
    }
}

object! {
    /// The output of `Grep` (CLI 2.1.329, declared, not seen).
    pub struct GrepOutput {
        /// What is listed.
        pub mode: Option<GrepMode> = "mode" declared,
        /// How many files match.
        pub num_files: u64 = "numFiles" declared,
        /// The files.
        pub filenames: Vec<String> = "filenames" required declared,
        /// The lines, or the counts.
        pub content: Option<String> = "content" declared,
        /// How many lines there are in `content`.
        pub num_lines: Option<u64> = "numLines" declared,
        /// How many matches.
        pub num_matches: Option<u64> = "numMatches" declared,
        /// How many files match, with those that are not listed.
        pub total_files: Option<u64> = "totalFiles" declared,
        /// How many lines match, with those that are not listed.
        pub total_lines: Option<u64> = "totalLines" declared,
        /// The limit that something was left out for.
        pub applied_limit: Option<u64> = "appliedLimit" declared,
        /// How many were left out at the start.
        pub applied_offset: Option<u64> = "appliedOffset" declared,
        /// True if the search was stopped before its end.
        pub timed_out: Option<bool> = "timedOut" declared,
    }
}

object! {
    /// The input of `WebFetch` (CLI 2.1.329).
    pub struct WebFetchInput {
        /// The page.
        pub url: String = "url",
        /// The question about it.
        pub prompt: String = "prompt",
        /// Where in the page to begin.
        pub offset: Option<u64> = "offset" declared,
    }
}

object! {
    /// The output of `WebFetch` (CLI 2.1.329, declared, not seen).
    pub struct WebFetchOutput {
        /// The size of the page, in bytes.
        pub bytes: u64 = "bytes" declared,
        /// The HTTP status.
        pub code: u64 = "code" declared,
        /// The text of the HTTP status.
        pub code_text: String = "codeText" declared,
        /// The answer.
        pub result: String = "result" declared,
        /// How long it took, in milliseconds.
        pub duration_ms: f64 = "durationMs" declared,
        /// The page.
        pub url: String = "url" declared,
        /// The artifact that this is.
        pub artifact_read: Option<ArtifactRead> = "artifactRead" declared,
    }
}

object! {
    /// The input of `WebSearch` (CLI 2.1.329, declared, not seen).
    pub struct WebSearchInput {
        /// What is searched for.
        pub query: String = "query" declared,
        /// Only results of these domains.
        pub allowed_domains: Option<Vec<String>> = "allowed_domains" declared,
        /// No results of these domains.
        pub blocked_domains: Option<Vec<String>> = "blocked_domains" declared,
    }
}

object! {
    /// The output of `WebSearch` (CLI 2.1.329, declared, not seen).
    pub struct WebSearchOutput {
        /// What was searched for.
        pub query: String = "query" declared,
        /// What was found, in the order of the searches.
        pub results: Vec<WebSearchResult> = "results" required declared,
        /// How long it took, in seconds.
        pub duration_seconds: f64 = "durationSeconds" declared,
        /// How many searches there were.
        pub search_count: Option<u64> = "searchCount" declared,
    }
}

/// A part of what a search of the web found (an item of `results`, CLI 2.1.329, declared, not
/// seen).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum WebSearchResult {
    /// The pages that one search found.
    Links(WebSearchLinks),
    /// A text of the model between them.
    Text(String),
}

object! {
    /// The pages that one search found (an item of `results`, CLI 2.1.329, declared, not seen).
    pub struct WebSearchLinks {
        /// The search: a tool call on the API's side.
        pub tool_use_id: String = "tool_use_id" declared,
        /// The pages.
        pub content: Vec<WebSearchLink> = "content" required declared,
    }
}

object! {
    /// A page that was found (an item of `content`, CLI 2.1.329, declared, not seen).
    pub struct WebSearchLink {
        /// Its title.
        pub title: String = "title" declared,
        /// Its address.
        pub url: String = "url" declared,
        /// A part of its text.
        pub snippet: Option<String> = "snippet" declared,
    }
}

impl Decode for WebSearchResult {
    const EXPECTED: &'static str = "an object or a string";

    fn decode(reader: &mut Reader<'_>, at: &At<'_>, sink: &mut Sink) -> Option<Self> {
        match reader.kind() {
            Kind::Object => Decode::decode(reader, at, sink).map(Self::Links),
            Kind::String => Decode::decode(reader, at, sink).map(Self::Text),
            _ => sink.wrong(at, Self::EXPECTED, reader),
        }
    }

    fn declare(at: &str, shape: &mut Shape) {
        WebSearchLinks::declare(at, shape);
    }
}

#[cfg(any(test, feature = "fuzzing"))]
impl crate::wire::agree::Agree for WebSearchResult {
    fn takes(value: &serde_json::Value) -> bool {
        value.is_object() || value.is_string()
    }

    fn agrees(&self, value: &serde_json::Value) -> bool {
        match self {
            Self::Links(links) => links.agrees(value),
            Self::Text(text) => text.agrees(value),
        }
    }
}
