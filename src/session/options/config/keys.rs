//! Reads the values of configuration keys from a file and from the environment.
//!
//! The declarations of options name the keys, and the methods of [`Input`].

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use super::super::error::{OptionError, shown};
use super::super::rules;
use super::super::values::{FileOrJson, SettingSource, SystemPrompt, Thinking};

/// A key of the configuration of these options.
pub(in super::super) struct Key<O> {
    pub(in super::super) name: &'static str,
    pub(in super::super) set: fn(&mut O, &Input<'_>) -> Result<(), OptionError>,
}

/// A raw value.
pub(in super::super) enum Input<'a> {
    #[cfg_attr(not(feature = "config"), allow(dead_code))]
    File(&'a Value),
    Variable(&'a str),
}

pub(in super::super) type Read<T> = Result<T, OptionError>;

impl Input<'_> {
    pub(in super::super) fn text(&self, field: &'static str) -> Read<String> {
        self.as_text().map(str::to_owned).ok_or_else(|| self.refused(field, "a text"))
    }

    pub(in super::super) fn word<T: From<String>>(&self, field: &'static str) -> Read<T> {
        self.text(field).map(T::from)
    }

    pub(in super::super) fn prompt(&self, field: &'static str) -> Read<SystemPrompt> {
        self.text(field).map(SystemPrompt::Text)
    }

    pub(in super::super) fn appended_prompt(&self, field: &'static str) -> Read<SystemPrompt> {
        self.text(field).map(SystemPrompt::Append)
    }

    pub(in super::super) fn prompt_file(&self, field: &'static str) -> Read<SystemPrompt> {
        self.path(field).map(SystemPrompt::File)
    }

    pub(in super::super) fn path(&self, field: &'static str) -> Read<PathBuf> {
        self.as_text().map(PathBuf::from).ok_or_else(|| self.refused(field, "a path"))
    }

    pub(in super::super) fn file(&self, field: &'static str) -> Read<FileOrJson> {
        self.path(field).map(FileOrJson::File)
    }

    pub(in super::super) fn paths(&self, field: &'static str) -> Read<Vec<PathBuf>> {
        Ok(self.list(field)?.into_iter().map(PathBuf::from).collect())
    }

    pub(in super::super) fn files(&self, field: &'static str) -> Read<Vec<FileOrJson>> {
        Ok(self.paths(field)?.into_iter().map(FileOrJson::File).collect())
    }

    pub(in super::super) fn sources(&self, field: &'static str) -> Read<Vec<SettingSource>> {
        Ok(self.list(field)?.into_iter().map(SettingSource::from).collect())
    }

    pub(in super::super) fn list(&self, field: &'static str) -> Read<Vec<String>> {
        let items = match self {
            Input::File(Value::Array(items)) => {
                items.iter().map(|item| item.as_str().map(str::to_owned)).collect()
            }
            Input::File(_) => None,
            Input::Variable(text) => Some(rules::split(text)),
        };
        items.ok_or_else(|| self.refused(field, "a list of texts"))
    }

    pub(in super::super) fn whole_number(&self, field: &'static str) -> Read<u32> {
        let number = self.as_whole_number().and_then(|number| u32::try_from(number).ok());
        number.ok_or_else(|| self.refused(field, "a whole number up to 4294967295"))
    }

    pub(in super::super) fn number(&self, field: &'static str) -> Read<f64> {
        let number = match self {
            Input::File(value) => value.as_f64(),
            Input::Variable(text) => text.parse().ok(),
        };
        number.ok_or_else(|| self.refused(field, "a number"))
    }

    pub(in super::super) fn yes_or_no(&self, field: &'static str) -> Read<bool> {
        match self {
            Input::File(Value::Bool(on)) => Ok(*on),
            Input::Variable("true" | "1") => Ok(true),
            Input::Variable("false" | "0") => Ok(false),
            Input::File(_) => Err(self.refused(field, "true or false")),
            Input::Variable(_) => Err(self.refused(field, "true, 1, false or 0")),
        }
    }

    pub(in super::super) fn milliseconds(&self, field: &'static str) -> Read<Duration> {
        if self.as_text() == Some("off") {
            return Ok(Duration::MAX);
        }
        let limit = self.as_whole_number().map(Duration::from_millis);
        limit.ok_or_else(|| self.refused(field, "a whole number of milliseconds, or off"))
    }

    pub(in super::super) fn thinking(&self, field: &'static str) -> Read<Thinking> {
        match self.as_text() {
            Some("adaptive") => return Ok(Thinking::Adaptive),
            Some("disabled") => return Ok(Thinking::Disabled),
            _ => {}
        }
        let budget = self.as_whole_number().and_then(|tokens| u32::try_from(tokens).ok());
        budget
            .map(Thinking::Budget)
            .ok_or_else(|| self.refused(field, "adaptive, disabled, or a number of tokens"))
    }

    fn as_text(&self) -> Option<&str> {
        match self {
            Input::File(value) => value.as_str(),
            Input::Variable(text) => Some(text),
        }
    }

    fn as_whole_number(&self) -> Option<u64> {
        match self {
            Input::File(value) => value.as_u64(),
            Input::Variable(text) => text.parse().ok(),
        }
    }

    fn refused(&self, field: &'static str, expected: &str) -> OptionError {
        let got = match self {
            Input::File(Value::String(text)) => shown(text),
            Input::File(Value::Array(_)) => "an array".to_owned(),
            Input::File(Value::Object(_)) => "a table".to_owned(),
            Input::File(value) => value.to_string(),
            Input::Variable(text) => shown(text),
        };
        OptionError::new(field, expected, got)
    }
}
