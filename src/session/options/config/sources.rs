//! The sources of the configuration: a file and the environment.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};

use super::super::declare::KEYS;
use super::super::{OptionError, Options};
use super::ConfigError;
use super::keys::{Input, Key};
use crate::transport::Secret;

pub(super) const API_KEY: &str = "ANTHROPIC_API_KEY";
const MODEL: &str = "CLAUDE_MODEL";
const PREFIX: &str = "CLAUDE_WIRE_";

#[cfg(feature = "config")]
pub(super) fn from_file(path: &std::path::Path) -> Result<Options, ConfigError> {
    use figment::Figment;
    use figment::providers::{Format, Toml};

    let file = path.display().to_string();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => return Err(ConfigError::unreadable(file, error)),
    };
    // Read here, because figment treats a missing file as empty.
    let values: serde_json::Map<String, serde_json::Value> = Figment::from(Toml::string(&text))
        .extract()
        .map_err(|error| ConfigError::syntax(file.clone(), error.kind.to_string()))?;

    let mut options = Options::default();
    for (name, value) in &values {
        let Some(key) = KEYS.iter().find(|key| key.name == name) else {
            let known = KEYS.iter().map(|key| key.name).collect::<Vec<_>>().join(", ");
            return Err(ConfigError::unknown_key(file, name.clone(), known));
        };
        key.read(&mut options, &Input::File(value)).map_err(|error| {
            ConfigError::option(format!("configuration {file}, key `{name}`"), error)
        })?;
    }
    Ok(options)
}

pub(super) fn from_vars<K: Into<OsString>, V: Into<OsString>>(
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

impl Key<Options> {
    /// Reads the value of this key into `options` and checks its range, so that an error can name
    /// the source of the value.
    fn read(&self, options: &mut Options, input: &Input<'_>) -> Result<(), OptionError> {
        let mut layer = Options::default();
        (self.set)(&mut layer, input)?;
        layer.validate()?;
        if layer.system_prompt.is_some() && options.system_prompt.is_some() {
            let expected = "one of `system_prompt`, `append_system_prompt`, `system_prompt_file`";
            return Err(OptionError::new("system_prompt", expected, "more than one"));
        }
        *options = layer.over(options);
        Ok(())
    }
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
