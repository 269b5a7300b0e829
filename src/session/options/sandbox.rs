use std::borrow::Cow;

use serde_json::{Value, json};

use super::{FileOrJson, OptionError, Options};

impl Options {
    /// The settings with the sandbox in them.
    pub(super) fn all_settings(&self) -> Option<Cow<'_, FileOrJson>> {
        let Some(sandbox) = &self.sandbox else { return self.settings.as_ref().map(Cow::Borrowed) };
        let mut sandbox = sandbox.clone();
        // Who asks for a sandbox must not run without one because something is not installed.
        if sandbox["enabled"] == true && sandbox.get("failIfUnavailable").is_none() {
            sandbox["failIfUnavailable"] = true.into();
        }
        let mut settings = match &self.settings {
            Some(FileOrJson::Json(settings)) => settings.clone(),
            _ => json!({}),
        };
        settings["sandbox"] = sandbox;
        Some(Cow::Owned(FileOrJson::Json(settings)))
    }

    pub(super) fn check_sandbox(&self) -> Result<(), OptionError> {
        match (&self.sandbox, &self.settings) {
            (Some(sandbox), _) if !sandbox.is_object() => Err(OptionError::new("sandbox", "a JSON object", "another kind of JSON")),
            (Some(_), Some(FileOrJson::File(_))) => {
                Err(OptionError::new("sandbox", "no settings file beside it; write it into that file", "both"))
            }
            (Some(_), Some(FileOrJson::Json(Value::Object(_))) | None) | (None, _) => Ok(()),
            (Some(_), Some(FileOrJson::Json(_))) => Err(OptionError::new("settings", "a JSON object", "another kind of JSON")),
        }
    }
}
