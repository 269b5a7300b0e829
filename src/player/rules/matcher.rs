//! What a rule accepts.

use std::fmt;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::common::is_uuid;

use super::error::RulesError;

/// What a live value must be, in place of the recorded one.
#[derive(Clone, Debug)]
pub(in crate::player) enum Matcher {
    Any,
    Id,
    Regex(Regex),
    Date,
    Uuid,
    Path,
    OneOf(Vec<Value>),
}

impl Matcher {
    pub(super) fn regex(text: &str) -> Result<Self, RulesError> {
        let regex = Regex::new(text).map_err(|error| RulesError::new(format!("regex: {error}")))?;
        Ok(Self::Regex(regex))
    }

    pub(super) fn one_of(values: Vec<Value>) -> Result<Self, RulesError> {
        if values.is_empty() {
            return Err(RulesError::new("one_of must have at least one value"));
        }
        Ok(Self::OneOf(values))
    }

    /// Whether a live value may come in the place of the recorded one.
    pub(in crate::player) fn fits(&self, recorded: Option<&Value>, live: Option<&Value>) -> bool {
        if recorded == live {
            return true;
        }
        let text = live.and_then(Value::as_str);
        match self {
            Self::Any => true,
            Self::Id => live.is_some_and(|id| id.is_string() || id.is_number()),
            Self::Regex(regex) => text.is_some_and(|text| regex.is_match(text)),
            Self::Date => text.is_some_and(is_date),
            Self::Uuid => text.is_some_and(|text| is_uuid(text.as_bytes())),
            Self::Path => text.is_some_and(is_absolute),
            Self::OneOf(values) => live.is_some_and(|live| values.contains(live)),
        }
    }
}

impl Matcher {
    /// The two ids, where this is about ids. Numbers are not paired: the same digits are elsewhere
    /// something else.
    pub(in crate::player) fn pair(
        &self,
        recorded: Option<&Value>,
        live: Option<&Value>,
    ) -> Option<(String, String)> {
        let text = |id: Option<&Value>| id?.as_str().map(str::to_owned);
        matches!(self, Self::Id).then(|| Some((text(recorded)?, text(live)?))).flatten()
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("anything"),
            Self::Id => f.write_str("an id"),
            Self::Regex(regex) => write!(f, "a text that matches {:?}", regex.as_str()),
            Self::Date => f.write_str("a date"),
            Self::Uuid => f.write_str("a uuid"),
            Self::Path => f.write_str("an absolute path"),
            Self::OneOf(values) => write!(f, "one of {}", Value::from(values.clone())),
        }
    }
}

fn is_date(text: &str) -> bool {
    static DATE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])([T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?(Z|[+-]\d{2}(:?\d{2})?)?)?$").ok()
    });
    DATE.as_ref().is_some_and(|date| date.is_match(text))
}

/// Absolute on this system or another.
fn is_absolute(text: &str) -> bool {
    match text.as_bytes() {
        [b'/', ..] | [b'\\', b'\\', ..] => true,
        [drive, b':', b'/' | b'\\', ..] => drive.is_ascii_alphabetic(),
        _ => false,
    }
}
