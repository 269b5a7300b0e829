//! The fields of one kind of line.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::recording::normalise::has_placeholder;

/// The most values that a field may have and still count as a set of choices.
const MAX_VALUES: usize = 64;

/// The longest string that counts as a value of a set, in bytes.
const LONGEST_VALUE: usize = 64;

/// Free text: what the model, a tool or a user says may be a single word, but it is not a value of
/// a set.
const TEXTS: [&str; 14] = [
    "text",
    "thinking",
    "content",
    "result",
    "prompt",
    "signature",
    "partial_json",
    "stdout",
    "stderr",
    "output",
    "title",
    "description",
    "command",
    "last_assistant_message",
];

/// What a census knows of one kind of line.
#[derive(Debug, Clone, Default)]
pub struct KindCensus {
    pub(super) recordings: usize,
    lines: u64,
    fields: BTreeMap<String, Field>,
}

/// The type of a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "JSON's own words")]
pub enum JsonType {
    Array,
    Boolean,
    Null,
    Number,
    Object,
    String,
}

/// What a census knows of one path.
#[derive(Debug, Clone, Default)]
pub(in crate::recording) struct Field {
    pub(in crate::recording) types: BTreeSet<JsonType>,
    /// Its strings, numbers and booleans.
    pub(in crate::recording) scalars: BTreeSet<String>,
    /// Whether some string of it is not a word, or differs from run to run.
    text: bool,
    seen: u64,
    /// How often it was an object or an array.
    holders: u64,
}

impl KindCensus {
    /// The number of recordings that have this kind.
    pub fn recordings(&self) -> usize {
        self.recordings
    }

    /// The paths of its fields.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(|path| &**path)
    }

    /// The types that the values of a field have.
    pub fn types(&self, path: &str) -> Vec<JsonType> {
        self.fields.get(path).map(|field| field.types.iter().copied().collect()).unwrap_or_default()
    }

    /// The values of a field whose values are words from a small set; `None` for other fields.
    pub fn values(&self, path: &str) -> Option<Vec<&str>> {
        self.fields.get(path)?.values(path)
    }

    /// Whether the field is missing from some of the objects at its parent path.
    pub fn is_optional(&self, path: &str) -> bool {
        let objects = match parent(path) {
            "" => self.lines,
            parent => self.fields.get(parent).map_or(0, |field| field.holders),
        };
        !path.ends_with(['*', ']'])
            && self.fields.get(path).is_some_and(|field| field.seen < objects)
    }

    /// How many lines of this kind there are.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    pub(in crate::recording) fn field(&self, path: &str) -> Option<&Field> {
        self.fields.get(path)
    }

    /// Whether the path was an object or an array anywhere, so that a field missing below it is
    /// really missing.
    pub(in crate::recording) fn holds(&self, path: &str) -> bool {
        path.is_empty() || self.fields.get(path).is_some_and(|field| field.holders > 0)
    }

    pub(super) fn take_in(&mut self, line: &Value) {
        self.lines += 1;
        for (path, value) in members(line, "") {
            self.take_in_value(path, value);
        }
    }

    fn take_in_value(&mut self, path: String, value: &Value) {
        let field = self.fields.entry(path.clone()).or_default();
        field.seen += 1;
        field.take_in(value);
        match value {
            Value::Array(items) => {
                items.iter().for_each(|item| self.take_in_value(format!("{path}[]"), item))
            }
            Value::Object(_) => {
                members(value, &path).for_each(|(path, value)| self.take_in_value(path, value))
            }
            _ => {}
        }
    }

    /// Writes the fields as JSON, one per line.
    pub(super) fn write_fields(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[derive(Serialize)]
        struct Row<'a> {
            types: &'a BTreeSet<JsonType>,
            #[serde(skip_serializing_if = "std::ops::Not::not")]
            optional: bool,
            #[serde(skip_serializing_if = "Option::is_none")]
            values: Option<Vec<&'a str>>,
        }
        for (number, (path, field)) in self.fields.iter().enumerate() {
            let row = Row {
                types: &field.types,
                optional: self.is_optional(path),
                values: field.values(path),
            };
            let row = serde_json::to_string(&row).map_err(|_| fmt::Error)?;
            write!(f, "{}\n    \"{path}\": {row}", if number > 0 { "," } else { "" })?;
        }
        if self.fields.is_empty() { Ok(()) } else { f.write_str("\n  ") }
    }
}

impl Field {
    fn take_in(&mut self, value: &Value) {
        self.types.insert(JsonType::of(value));
        match value {
            Value::String(text) => {
                self.text |= !is_value(text);
                self.scalars.insert(text.clone());
            }
            Value::Bool(_) | Value::Number(_) => {
                self.scalars.insert(value.to_string());
            }
            Value::Array(_) | Value::Object(_) => self.holders += 1,
            Value::Null => {}
        }
    }

    pub(in crate::recording) fn values(&self, path: &str) -> Option<Vec<&str>> {
        let strings =
            self.types.iter().all(|kind| matches!(kind, JsonType::String | JsonType::Null))
                && !self.scalars.is_empty();
        let name = path.rsplit('.').next().unwrap_or_default().trim_end_matches("[]");
        let set =
            strings && !self.text && !TEXTS.contains(&name) && self.scalars.len() <= MAX_VALUES;
        set.then(|| self.scalars.iter().map(|text| &**text).collect())
    }

    /// Whether its values come from a set: words, or the two booleans.
    pub(in crate::recording) fn is_choice(&self, path: &str) -> bool {
        let booleans =
            self.types.iter().all(|kind| matches!(kind, JsonType::Boolean | JsonType::Null))
                && !self.scalars.is_empty();
        booleans || self.values(path).is_some()
    }
}

impl JsonType {
    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::Array,
            Value::Object(_) => Self::Object,
        }
    }
}

impl fmt::Display for JsonType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Array => "array",
            Self::Boolean => "boolean",
            Self::Null => "null",
            Self::Number => "number",
            Self::Object => "object",
            Self::String => "string",
        })
    }
}

/// The path of the object or array that a field is in; empty for the line itself.
pub(in crate::recording) fn parent(path: &str) -> &str {
    match path.strip_suffix("[]") {
        Some(array) => array,
        None => path.rsplit_once('.').map_or("", |(parent, _)| parent),
    }
}

/// The members of an object, with their paths. Keys that are not field names are data and share one
/// path.
fn members<'a>(object: &'a Value, path: &str) -> impl Iterator<Item = (String, &'a Value)> {
    let members = object.as_object().into_iter().flatten();
    members.map(move |(key, value)| {
        let key = if is_name(key) { key } else { "*" };
        (if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }, value)
    })
}

fn is_name(key: &str) -> bool {
    let letters =
        key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$'));
    letters && key.bytes().next().is_some_and(|first| !first.is_ascii_digit())
}

fn is_value(text: &str) -> bool {
    let word =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':' | b'/');
    text.len() <= LONGEST_VALUE && text.bytes().all(word) && !has_placeholder(text)
}
