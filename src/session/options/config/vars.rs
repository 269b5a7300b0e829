//! The environment's part of the configuration.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};

use super::super::{OptionError, Options};
use super::ConfigError;
use super::keys::{Input, KEYS};

pub(super) const API_KEY: &str = "ANTHROPIC_API_KEY";
const MODEL: &str = "CLAUDE_MODEL";
const PREFIX: &str = "CLAUDE_WIRE_";

pub(super) fn read<K: Into<OsString>, V: Into<OsString>>(vars: impl IntoIterator<Item = (K, V)>) -> Result<Options, ConfigError> {
    let vars: HashMap<OsString, OsString> =
        vars.into_iter().map(|(name, value)| (name.into(), value.into())).filter(|(_, value)| !value.is_empty()).collect();
    let mut options = Options::default();
    for key in KEYS {
        let mut names = vec![format!("{PREFIX}{}", key.name.to_uppercase())];
        if key.name == "model" {
            names.push(MODEL.to_owned());
        }
        for name in names {
            if let Some(value) = vars.get(OsStr::new(&name)) {
                let read = match value.to_str() {
                    Some(text) => key.read(&mut options, &Input::Variable(text)),
                    None => Err(OptionError::new(key.name, "UTF-8", "other bytes")),
                };
                read.map_err(|error| in_variable(&name, error))?;
                break;
            }
        }
    }
    if let Some(key) = vars.get(OsStr::new(API_KEY)) {
        let key = key.to_str().ok_or_else(|| OptionError::new("api_key", "UTF-8", "other bytes"));
        let layer = key.map(|key| Options::default().api_key(key));
        let layer = layer.and_then(|layer| layer.validate().map(|()| layer));
        options = layer.map_err(|error| in_variable(API_KEY, error))?.over(&options);
    }
    Ok(options)
}

fn in_variable(name: &str, error: OptionError) -> ConfigError {
    ConfigError::option(format!("environment variable {name}"), error)
}
