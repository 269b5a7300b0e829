//! The error of a rejected option.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use serde_json::Value;

use crate::common::clip;

/// An invalid option, found before anything was spawned.
///
/// The text names the option, what was expected and what was given: "option `max_turns`: expected a
/// number from 1 up, got 0". It never contains the API key, the value of an environment variable,
/// or inline JSON.
#[derive(Clone, PartialEq, Eq)]
pub struct OptionError {
    field: &'static str,
    expected: String,
    got: String,
}

debug_is_message!(OptionError);

impl Error for OptionError {}

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, expected, got } = self;
        write!(f, "option `{field}`: expected {expected}, got {got}")
    }
}

impl OptionError {
    pub(in crate::session) fn new(
        field: &'static str,
        expected: impl Into<String>,
        got: impl Into<String>,
    ) -> Self {
        OptionError { field, expected: expected.into(), got: got.into() }
    }

    /// Returns the name of the option, which is its field in [`Options`](super::Options).
    pub fn field(&self) -> &str {
        self.field
    }

    /// Returns what was expected.
    pub fn expected(&self) -> &str {
        &self.expected
    }

    /// Returns what was given: quoted, escaped, and shortened if it is long.
    pub fn got(&self) -> &str {
        &self.got
    }
}

/// How a caller's text is shown in an error: on one line, and shortened if it is long.
pub(super) fn shown(text: &str) -> String {
    match clip(text, 80) {
        Cow::Owned(start) => format!("{start:?} ({} bytes)", text.len()),
        Cow::Borrowed(text) => format!("{text:?}"),
    }
}

/// The kind of a JSON value, for an error that must not show the value: it may contain a secret.
pub(super) fn kind(json: &Value) -> &'static str {
    match json {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_names_the_option_the_range_and_the_value() {
        let error = OptionError::new("max_turns", "a number from 1 up", "0");
        assert_eq!(error.to_string(), "option `max_turns`: expected a number from 1 up, got 0");
        assert_eq!(
            (error.field(), error.expected(), error.got()),
            ("max_turns", "a number from 1 up", "0")
        );
    }

    #[test]
    fn a_long_value_is_cut_between_characters() {
        let text = "ä".repeat(100);
        assert_eq!(shown(&text), format!("\"{}…\" (200 bytes)", "ä".repeat(80)));
        assert_eq!(shown("a\nb"), r#""a\nb""#);
    }
}
