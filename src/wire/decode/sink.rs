//! Collects what the decoder could not read.

use std::fmt;

use crate::wire::json::{Kind, Reader};

/// A field that was missing or of the wrong JSON type, and was therefore left empty.
///
/// A defect is not an error: the message is still delivered, with its raw line. `null` counts as
/// missing. Fields that may be missing are not listed: optional fields, `uuid` and `session_id` of
/// a message, and a few fields that other versions of the CLI leave out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defect {
    path: String,
    expected: &'static str,
    found: &'static str,
}

impl Defect {
    /// The field, such as `message.content[0].text`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What the field should be.
    pub fn expected(&self) -> &'static str {
        self.expected
    }

    /// What was found: a JSON type, or `nothing`.
    pub fn found(&self) -> &'static str {
        self.found
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, found {}", self.path, self.expected, self.found)
    }
}

/// The most defects of a message: a hostile line must not cost more memory than it has bytes.
const MAX_DEFECTS: usize = 100;

/// Collects defects, and, on request, the fields that the typed layer does not name.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    pub(crate) defects: Vec<Defect>,
    unmodelled: Option<Vec<String>>,
    /// Unknown values; only if the unknown fields are listed too.
    words: Vec<String>,
    /// Whether the fields that every message has are left to the frame.
    of_a_frame: bool,
}

impl Sink {
    /// A sink that also lists the fields that no type names.
    pub(crate) fn auditing() -> Self {
        Self { unmodelled: Some(Vec::new()), ..Self::default() }
    }

    /// The same for a whole message, whose frame has the fields that every message has.
    pub(crate) fn auditing_a_frame() -> Self {
        Self { of_a_frame: true, ..Self::auditing() }
    }

    /// The unknown fields, then the unknown values.
    pub(crate) fn into_unnamed(self) -> Vec<String> {
        let mut all = self.unmodelled.unwrap_or_default();
        all.extend(self.words);
        all
    }

    pub(crate) fn into_unmodelled(self) -> Vec<String> {
        self.unmodelled.unwrap_or_default()
    }

    /// Records a value of the wrong type, skips it and returns `None`, so that a decoder can end
    /// with this call.
    #[cold]
    pub(crate) fn wrong<T>(
        &mut self,
        at: &At<'_>,
        expected: &'static str,
        reader: &mut Reader<'_>,
    ) -> Option<T> {
        self.mistyped(at, expected, reader);
        None
    }

    /// Compiled once, not for each type of value.
    fn mistyped(&mut self, at: &At<'_>, expected: &'static str, reader: &mut Reader<'_>) {
        let found = match reader.skip().kind() {
            Kind::Null => "null",
            Kind::Bool => "a boolean",
            Kind::Number => "a number",
            Kind::String => "a string",
            Kind::Array => "an array",
            Kind::Object => "an object",
        };
        self.note(at, expected, found);
    }

    /// Records a missing field.
    pub(crate) fn missing(&mut self, at: &At<'_>, expected: &'static str) {
        self.note(at, expected, "nothing");
    }

    fn note(&mut self, at: &At<'_>, expected: &'static str, found: &'static str) {
        if self.defects.len() < MAX_DEFECTS {
            self.defects.push(Defect { path: at.to_string(), expected, found });
        }
    }

    /// Records a field that no type names.
    pub(crate) fn unknown(&mut self, at: &At<'_>, key: &[u8]) {
        let Some(paths) = &mut self.unmodelled else { return };
        let in_the_frame = self.of_a_frame
            && matches!(at, At::Root)
            && matches!(key, b"type" | b"subtype" | b"uuid" | b"session_id");
        if !in_the_frame {
            paths.push(at.key(&String::from_utf8_lossy(key)).to_string());
        }
    }

    /// Records an unknown value: a kind of block, a value of an enum.
    pub(crate) fn unknown_word(&mut self, at: &At<'_>, word: &str) {
        if self.unmodelled.is_some() {
            self.words.push(format!("{at} = {word:?}"));
        }
    }
}

/// A path into a message, built on the stack and written out only for a defect.
#[derive(Clone, Copy)]
pub(crate) enum At<'a> {
    Root,
    Key(&'a At<'a>, &'a str),
    Index(&'a At<'a>, usize),
}

impl<'a> At<'a> {
    pub(crate) fn key(&'a self, name: &'a str) -> At<'a> {
        At::Key(self, name)
    }

    pub(crate) fn index(&'a self, index: usize) -> At<'a> {
        At::Index(self, index)
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            At::Root => Ok(()),
            At::Key(At::Root, name) => f.write_str(name),
            At::Key(parent, name) => write!(f, "{parent}.{name}"),
            At::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}
