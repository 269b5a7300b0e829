//! What `--settings` says, or the settings of the handshake.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The settings of a launch whose effect is simulated.
#[derive(Debug, Default)]
pub(super) struct FlagSettings {
    pub(super) allow: Vec<String>,
    pub(super) deny: Vec<String>,
    /// `permissions.defaultMode`
    pub(super) mode: Option<String>,
    /// What else it says.
    pub(super) not_simulated: Vec<String>,
}

impl FlagSettings {
    /// Reads the value of the flag: JSON, or the name of a file, of which `files` are those that the
    /// scenario has.
    pub(super) fn read(value: Option<&str>, files: Option<&BTreeMap<String, String>>) -> Self {
        let mut read = Self::default();
        let Some(value) = value.filter(|value| !value.is_empty()) else { return read };
        let parse = |text: &str| match serde_json::from_str(text) {
            Ok(Value::Object(settings)) => Some(settings),
            _ => None,
        };
        let in_file = || files?.get(value).and_then(|text| parse(text));
        let Some(settings) = parse(value).or_else(in_file) else {
            read.not_simulated.push(format!("the settings in {value}"));
            return read;
        };
        Self::of(&settings)
    }

    pub(super) fn of(settings: &Map<String, Value>) -> Self {
        let mut read = Self::default();
        for (name, setting) in settings {
            match setting.as_object() {
                Some(permissions) if name == "permissions" => {
                    for (name, value) in permissions {
                        read.permission(name, value);
                    }
                }
                // One that is off has no effect.
                Some(sandbox) if name == "sandbox" && is_off(sandbox) => {}
                _ => read.not_simulated.push(format!("setting {name}")),
            }
        }
        read
    }

    fn permission(&mut self, name: &str, value: &Value) {
        let rules = || value.as_array().into_iter().flatten().filter_map(Value::as_str);
        match name {
            "allow" => self.allow.extend(rules().map(str::to_owned)),
            "deny" => self.deny.extend(rules().map(str::to_owned)),
            "defaultMode" => self.mode = value.as_str().map(mode_of),
            _ => self.not_simulated.push(format!("setting permissions.{name}")),
        }
    }
}

fn is_off(sandbox: &Map<String, Value>) -> bool {
    !sandbox.get("enabled").is_some_and(|enabled| enabled == true)
}

/// A permission mode by its only name.
pub(super) fn mode_of(word: &str) -> String {
    if word == "manual" { "default" } else { word }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_and_the_mode_are_read_and_the_rest_is_named() {
        let text = r#"{"permissions": {"allow": ["Bash(ls:*)"], "deny": ["Read"], "ask": ["Edit"], "defaultMode": "plan"}, "model": "haiku"}"#;
        let files = BTreeMap::from([("own.json".to_owned(), text.to_owned())]);
        for value in [text, "own.json"] {
            let read = FlagSettings::read(Some(value), Some(&files));
            assert_eq!(
                (&*read.allow, &*read.deny),
                (&["Bash(ls:*)".to_owned()][..], &["Read".to_owned()][..])
            );
            assert_eq!(read.mode.as_deref(), Some("plan"));
            let mut named = read.not_simulated;
            named.sort();
            assert_eq!(named, ["setting model", "setting permissions.ask"]);
        }
        let unread = FlagSettings::read(Some("other.json"), Some(&files));
        assert_eq!(unread.not_simulated, ["the settings in other.json"]);
        assert!(FlagSettings::read(None, None).not_simulated.is_empty());
    }
}
