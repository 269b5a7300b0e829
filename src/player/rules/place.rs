//! What a rule is about.

use std::fmt;

use crate::player::launch::{FlagTable, place_of_field};

use super::error::RulesError;

/// A place that is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::player) enum Place {
    /// A flag, by its long name, wherever its value is declared.
    Flag(String),
    /// A prompt of the launch, counted from 0.
    Prompt(usize),
    /// A field of a control request or of the answer to one, as a JSON pointer.
    Request { subtype: String, pointer: String },
}

impl Place {
    /// The place that a report calls by this name.
    pub(in crate::player) fn named(name: &str) -> Self {
        match name.split_once(' ') {
            Some((subtype, pointer)) => {
                Self::Request { subtype: subtype.to_owned(), pointer: pointer.to_owned() }
            }
            None => Self::Flag(name.to_owned()),
        }
    }

    pub(in crate::player) fn parse(text: &str) -> Result<Self, RulesError> {
        let expected = || {
            RulesError::new(format!(
                "{text:?} is not a place: expected a flag (--model), a prompt (prompt[0]), or a request with a JSON pointer (set_model /model)"
            ))
        };
        if text.starts_with('-') {
            return flag(text);
        }
        if let Some(rest) = text.strip_prefix("prompt[") {
            let number = rest.strip_suffix(']').and_then(|number| number.parse().ok());
            return number.map(Self::Prompt).ok_or_else(expected);
        }
        let (subtype, pointer) = text.split_once(' ').ok_or_else(expected)?;
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if subtype.is_empty() || !subtype.bytes().all(is_name) || !pointer.starts_with('/') {
            return Err(expected());
        }
        let (field, below) = match pointer[1..].split_once('/') {
            Some((field, _)) => (field, true),
            None => (&pointer[1..], false),
        };
        match place_of_field(field).filter(|_| subtype == "initialize") {
            Some(place) if below => Err(RulesError::new(format!(
                "{text:?} names a part of a field that is compared as a whole: write {place}"
            ))),
            declared => Ok(Self::named(declared.unwrap_or(text))),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => f.write_str(name),
            Self::Prompt(number) => write!(f, "prompt[{number}]"),
            Self::Request { subtype, pointer } => write!(f, "{subtype} {pointer}"),
        }
    }
}

/// A flag under its long name.
fn flag(name: &str) -> Result<Place, RulesError> {
    let known = FlagTable::all().iter().find_map(|table| table.long_name(name));
    let long = known.ok_or_else(|| {
        RulesError::new(format!("{name:?} is not a flag of any known version of the CLI"))
    })?;
    Ok(Place::Flag(long.to_owned()))
}
