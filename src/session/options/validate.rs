use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::args::{is_argument, joined};
use super::error::shown;
use super::table::is_owned;
use super::{FileOrJson, OptionError, Options, SystemPrompt, Thinking, rules};

/// The longest value, in bytes, of one argument. Linux takes 128 KiB, flag and final NUL included.
const LONGEST_ARGUMENT: usize = 128 * 1024 - 64;

pub(super) type Checked = Result<(), OptionError>;

impl Options {
    /// Checks every option that is set, and those that go together. Nothing is spawned or read.
    ///
    /// Call it on the resolved options: one layer alone may be incomplete.
    ///
    /// # Errors
    ///
    /// The first option that is out of its range, or that contradicts another one. Ids of sessions must
    /// be UUIDs in their hyphenated form; the CLI would exit on any other.
    pub fn validate(&self) -> Result<(), OptionError> {
        self.check_texts()?;
        self.check_tools()?;
        self.check_limits()?;
        self.check_conversation()?;
        self.check_combinations()?;
        self.check_extensions()?;
        self.check_sources()?;
        self.check_extra_args()?;
        self.check_child()
    }

    fn check_texts(&self) -> Checked {
        for (field, value) in [
            ("model", &self.model),
            ("fallback_model", &self.fallback_model),
            ("agent", &self.agent),
            ("permission_prompt_tool", &self.permission_prompt_tool),
        ] {
            value.as_deref().map_or(Ok(()), |value| name(field, value))?;
        }
        if let (Some(model), Some(fallback)) = (&self.model, &self.fallback_model)
            && model == fallback
        {
            return Err(OptionError::new(
                "fallback_model",
                "another model than `model`",
                shown(fallback),
            ));
        }
        if let Some(mode) = &self.permission_mode {
            name("permission_mode", mode.as_str())?;
        }
        if let Some(effort) = &self.effort {
            name("effort", effort.as_str())?;
        }
        match &self.system_prompt {
            Some(SystemPrompt::File(path)) => file("system_prompt", path),
            Some(SystemPrompt::Text(text) | SystemPrompt::Append(text)) if is_argument(text) => {
                argument("system_prompt", text)
            }
            _ => Ok(()),
        }
    }

    fn check_tools(&self) -> Checked {
        for (field, tools) in [
            ("allowed_tools", &self.allowed_tools),
            ("disallowed_tools", &self.disallowed_tools),
            ("tools", &self.tools),
        ] {
            let Some(tools) = tools else { continue };
            for rule in tools {
                if let Some(expected) = rules::fault(rule) {
                    return Err(OptionError::new(field, expected, shown(rule)));
                }
            }
            argument(field, joined(tools))?;
        }
        for beta in self.betas.iter().flatten() {
            item("betas", beta)?;
        }
        for source in self.setting_sources.iter().flatten() {
            item("setting_sources", source.as_str())?;
        }
        Ok(())
    }

    fn check_limits(&self) -> Checked {
        if self.max_turns == Some(0) {
            return Err(OptionError::new("max_turns", "a number from 1 up", "0"));
        }
        if let Some(usd) = self.max_budget_usd
            && !(usd.is_finite() && usd >= 0.0)
        {
            let expected = "a finite number of dollars from 0 up";
            return Err(OptionError::new("max_budget_usd", expected, usd.to_string()));
        }
        if self.thinking == Some(Thinking::Budget(0)) {
            let expected = "a budget from 1 token up, or `Thinking::Disabled`";
            return Err(OptionError::new("thinking", expected, "a budget of 0"));
        }
        for (field, limit) in [
            ("timeout", self.timeout),
            ("idle_timeout", self.idle_timeout),
            ("control_timeout", self.control_timeout),
            ("initialize_timeout", self.initialize_timeout),
            ("drain_timeout", self.drain_timeout),
        ] {
            if limit == Some(Duration::ZERO) {
                return Err(OptionError::new(field, "a duration longer than zero", "0 s"));
            }
        }
        Ok(())
    }

    fn check_conversation(&self) -> Checked {
        for (field, id) in [
            ("resume", &self.resume),
            ("session_id", &self.session_id),
            ("resume_session_at", &self.resume_session_at),
            ("resume_drops_turn", &self.resume_drops_turn),
        ] {
            let Some(id) = id else { continue };
            // Of the forms that `uuid` reads, only the hyphenated one has 36 characters.
            if id.len() != 36 || uuid::Uuid::try_parse(id).is_err() {
                let expected = "a UUID such as 123e4567-e89b-42d3-a456-426614174000";
                return Err(OptionError::new(field, expected, shown(id)));
            }
        }
        let resumes = self.resume.is_some();
        let continues = self.continue_conversation == Some(true);
        let forks = self.fork_session == Some(true);
        if resumes && continues {
            let expected = "no `continue_conversation` beside it";
            return Err(OptionError::new("resume", expected, "both"));
        }
        if forks && !resumes && !continues {
            let expected = "`resume` or `continue_conversation` beside it";
            return Err(OptionError::new("fork_session", expected, "neither"));
        }
        if self.session_id.is_some() && (resumes || continues) && !forks {
            let expected = "`fork_session` beside it when a conversation is taken up";
            return Err(OptionError::new("session_id", expected, "none"));
        }
        Ok(())
    }

    fn check_sources(&self) -> Checked {
        if let Some(settings) = &self.settings {
            file_or_object("settings", settings, "a JSON object", Value::is_object)?;
        }
        for config in self.mcp_config.iter().flatten() {
            let expected = "a JSON object with the object `mcpServers`";
            file_or_object("mcp_config", config, expected, |json| {
                json.get("mcpServers").is_some_and(Value::is_object)
            })?;
        }
        if let Some(schema) = &self.json_schema {
            object("json_schema", schema, "a JSON object", Value::is_object)?;
            argument("json_schema", schema.to_string())?;
        }
        Ok(())
    }

    fn check_extra_args(&self) -> Checked {
        let field = "extra_args";
        for (flag, value) in self.extra_args.iter().flatten() {
            let mut letters = flag.bytes();
            if !letters.next().is_some_and(|first| first.is_ascii_alphanumeric())
                || !letters.all(|letter| letter.is_ascii_alphanumeric() || letter == b'-')
            {
                let expected = "names of flags without leading dashes, of letters, digits and `-`";
                return Err(OptionError::new(field, expected, shown(flag)));
            }
            if is_owned(flag) {
                let expected = "flags that the SDK does not set itself; use its option";
                return Err(OptionError::new(field, expected, shown(flag)));
            }
            if let Some(value) = value {
                argument(field, value)?;
            }
        }
        Ok(())
    }

    fn check_child(&self) -> Checked {
        if let Some(cwd) = &self.cwd {
            file("cwd", cwd)?;
        }
        for dir in self.add_dirs.iter().flatten() {
            file("add_dirs", dir)?;
        }
        for (variable, value) in self.env.iter().flatten() {
            if !is_variable(variable) {
                return Err(OptionError::new("env", VARIABLES, shown(variable)));
            }
            if value.as_ref().is_some_and(|value| value.contains('\0')) {
                let got = format!("one in the value of {variable}");
                return Err(OptionError::new("env", "values without NUL", got));
            }
        }
        match &self.api_key {
            Some(key) if key.expose().is_empty() => {
                Err(OptionError::new("api_key", "a key", "an empty one"))
            }
            Some(key)
                if key.expose().chars().any(|letter| letter.is_control() || letter == ' ') =>
            {
                let expected = "a key without blanks and control characters";
                Err(OptionError::new("api_key", expected, "one with them"))
            }
            _ => Ok(()),
        }
    }
}

/// What [`is_variable`] asks for.
pub(super) const VARIABLES: &str =
    "names of variables that are not empty, without `=` and control characters";

/// Whether a variable of an environment can have this name.
pub(super) fn is_variable(name: &str) -> bool {
    !name.is_empty() && !name.contains(|char: char| char == '=' || char.is_control())
}

/// A word in the vocabulary of the CLI or of the service.
pub(super) fn name(field: &'static str, value: &str) -> Checked {
    if value.is_empty() || value.chars().any(char::is_control) {
        let expected = "a text that is not empty and has no control characters";
        return Err(OptionError::new(field, expected, shown(value)));
    }
    argument(field, value)
}

/// A word that goes into a comma-joined list.
fn item(field: &'static str, value: &str) -> Checked {
    if value.contains(',') {
        return Err(OptionError::new(field, "items without a comma", shown(value)));
    }
    name(field, value)
}

pub(super) fn file(field: &'static str, path: &Path) -> Checked {
    if path.as_os_str().is_empty() {
        return Err(OptionError::new(field, "a path", "an empty one"));
    }
    argument(field, path)
}

fn file_or_object(
    field: &'static str,
    source: &FileOrJson,
    expected: &'static str,
    is_right: impl Fn(&Value) -> bool,
) -> Checked {
    match source {
        FileOrJson::File(path) => file(field, path),
        FileOrJson::Json(json) => object(field, json, expected, is_right),
    }
}

/// Says what kind of JSON came, and not which: it may hold a secret.
pub(super) fn object(
    field: &'static str,
    json: &Value,
    expected: &'static str,
    is_right: impl Fn(&Value) -> bool,
) -> Checked {
    if !is_right(json) {
        let got = match json {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object without it",
        };
        return Err(OptionError::new(field, expected, got));
    }
    Ok(())
}

/// What every argument must be, for the child to be spawned at all.
pub(super) fn argument(field: &'static str, value: impl AsRef<OsStr>) -> Checked {
    let bytes = value.as_ref().as_encoded_bytes();
    if bytes.contains(&0) {
        return Err(OptionError::new(field, "a text without NUL", "one with it"));
    }
    if bytes.len() > LONGEST_ARGUMENT {
        let expected = format!("at most {LONGEST_ARGUMENT} bytes in one argument");
        return Err(OptionError::new(field, expected, format!("{} bytes", bytes.len())));
    }
    Ok(())
}
