//! A difference between what was recorded and what a host did.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::host_line::one_line;
use super::words::WordDiff;

/// A place where two values differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Difference {
    #[serde(rename = "at")]
    pub(super) path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expected: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actual: Option<Value>,
    /// What a rule accepts, in place of the expected value.
    rule: Option<String>,
}

impl Difference {
    pub(super) fn new(path: &str, expected: Option<Value>, actual: Option<Value>) -> Self {
        Self { path: path.to_owned(), expected, actual, rule: None }
    }

    /// A value that does not fit its rule.
    pub(super) fn of_rule(path: &str, rule: String, actual: Option<Value>) -> Self {
        Self { rule: Some(rule), ..Self::new(path, None, actual) }
    }

    /// The recorded and the live value, where both are texts.
    pub(super) fn texts(&self) -> Option<(&str, &str)> {
        self.expected.as_ref()?.as_str().zip(self.actual.as_ref()?.as_str())
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(Value::String(expected)), Some(Value::String(actual))) =
            (&self.expected, &self.actual)
            && expected.len().max(actual.len()) > LONG
            && let Some(words) = WordDiff::of(expected, actual)
        {
            return write!(f, "{}, {words}", self.path);
        }
        let show = |value: &Option<Value>| {
            value.as_ref().map_or("nothing".into(), |value| one_line(&value.to_string(), SHOWN))
        };
        let expected = self.rule.clone().unwrap_or_else(|| show(&self.expected));
        write!(f, "{}: expected {expected}, actual {}", self.path, show(&self.actual))
    }
}

/// How many characters of a value a report shows.
const SHOWN: usize = 160;

/// From how many bytes on a text differs by words.
const LONG: usize = 100;
