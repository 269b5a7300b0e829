//! The file's part of the configuration.

use std::fs;
use std::path::Path;

use figment::Figment;
use figment::providers::{Format, Toml};
use serde_json::{Map, Value};

use super::super::Options;
use super::super::declare::KEYS;
use super::ConfigError;
use super::keys::Input;

pub(super) fn read(path: &Path) -> Result<Options, ConfigError> {
    let file = path.display().to_string();
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => return Err(ConfigError::unreadable(file, error)),
    };
    // Read here and not by figment, to which a missing file is an empty one.
    let values: Map<String, Value> = Figment::from(Toml::string(&text))
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
