//! The environment's part of the configuration.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};

use super::super::declare::KEYS;
use super::super::{OptionError, Options};
use super::ConfigError;
use super::keys::Input;
use crate::transport::Secret;

pub(super) const API_KEY: &str = "ANTHROPIC_API_KEY";
const MODEL: &str = "CLAUDE_MODEL";
const PREFIX: &str = "CLAUDE_WIRE_";

pub(super) fn read<K: Into<OsString>, V: Into<OsString>>(
    vars: impl IntoIterator<Item = (K, V)>,
) -> Result<Options, ConfigError> {
    let vars: HashMap<OsString, OsString> = vars
        .into_iter()
        .map(|(name, value)| (name.into(), value.into()))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    let mut options = Options::default();
    for key in KEYS {
        let own = format!("{PREFIX}{}", key.name.to_uppercase());
        let name = match key.name {
            "model" if !vars.contains_key(OsStr::new(&own)) => MODEL,
            _ => &own,
        };
        let Some(value) = vars.get(OsStr::new(name)) else {
            continue;
        };
        text(key.name, value)
            .and_then(|text| key.read(&mut options, &Input::Variable(text)))
            .map_err(|error| in_variable(name, error))?;
    }
    if let Some(value) = vars.get(OsStr::new(API_KEY)) {
        options.api_key = Some(api_key(value).map_err(|error| in_variable(API_KEY, error))?);
    }
    Ok(options)
}

fn api_key(value: &OsStr) -> Result<Secret, OptionError> {
    let key = Secret::new(text("api_key", value)?);
    Options::default().api_key(key.clone()).validate()?;
    Ok(key)
}

fn text<'a>(field: &'static str, value: &'a OsStr) -> Result<&'a str, OptionError> {
    value.to_str().ok_or_else(|| OptionError::new(field, "UTF-8", "other bytes"))
}

fn in_variable(name: &str, error: OptionError) -> ConfigError {
    ConfigError::option(format!("environment variable {name}"), error)
}
