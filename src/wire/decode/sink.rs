//! Where the decoder writes down what it could not read.

use std::fmt;

use crate::wire::json::{Kind, Reader};

/// A field that was missing or of the wrong JSON type, and was therefore degraded to its empty value.
///
/// A defect is never an error by itself: the message stands, and so does its raw line. `null` counts as missing. What may be missing is not
/// listed: optional fields, `uuid` and `session_id` of a message, and a few fields that other versions of the CLI leave out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defect {
    path: String,
    expected: &'static str,
    found: &'static str,
}

impl Defect {
    /// The field, as in `message.content[0].text`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What the field should have held.
    pub fn expected(&self) -> &'static str {
        self.expected
    }

    /// What stood there: a JSON type, or `nothing`.
    pub fn found(&self) -> &'static str {
        self.found
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, found {}", self.path, self.expected, self.found)
    }
}

/// A message lists no more defects than this: a hostile line must not cost more memory than it has bytes.
const MAX_DEFECTS: usize = 100;

/// Collects defects, and the fields that the typed layer does not name when somebody asks for them.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    pub(crate) defects: Vec<Defect>,
    unmodelled: Option<Vec<String>>,
    /// Words that no type names; only where the fields are listed too.
    words: Vec<String>,
}

impl Sink {
    /// A sink that also lists the fields that no type names.
    pub(crate) fn auditing() -> Self {
        Self { unmodelled: Some(Vec::new()), ..Self::default() }
    }

    /// The fields that no type names, then the words.
    pub(crate) fn into_unnamed(self) -> Vec<String> {
        let mut all = self.unmodelled.unwrap_or_default();
        all.extend(self.words);
        all
    }

    pub(crate) fn into_unmodelled(self) -> Vec<String> {
        self.unmodelled.unwrap_or_default()
    }

    /// Notes a value of the wrong type, reads over it and gives back nothing, so that a decoder can end on it.
    #[cold]
    pub(crate) fn wrong<T>(
        &mut self,
        at: &At<'_>,
        expected: &'static str,
        reader: &mut Reader<'_>,
    ) -> Option<T> {
        let found = match reader.skip().kind() {
            Kind::Null => "null",
            Kind::Bool => "a boolean",
            Kind::Number => "a number",
            Kind::String => "a string",
            Kind::Array => "an array",
            Kind::Object => "an object",
        };
        self.note(at, expected, found);
        None
    }

    /// Notes a field that should have been there.
    pub(crate) fn missing(&mut self, at: &At<'_>, expected: &'static str) {
        self.note(at, expected, "nothing");
    }

    fn note(&mut self, at: &At<'_>, expected: &'static str, found: &'static str) {
        if self.defects.len() < MAX_DEFECTS {
            self.defects.push(Defect { path: at.to_string(), expected, found });
        }
    }

    /// Notes a field that no type names. The fields that every message has are the frame's business.
    pub(crate) fn unknown(&mut self, at: &At<'_>, key: &[u8]) {
        let Some(paths) = &mut self.unmodelled else { return };
        let of_the_frame =
            matches!(at, At::Root) && matches!(key, b"type" | b"subtype" | b"uuid" | b"session_id");
        if !of_the_frame {
            paths.push(at.key(&String::from_utf8_lossy(key)).to_string());
        }
    }

    /// Notes a word that no type names: a kind of block, a value of an enum.
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
