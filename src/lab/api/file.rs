//! Scripts as files.

use std::fmt;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::recording::check_head;

use super::script::{ApiScript, Rule};
use crate::player::model::ApiReply;

const KIND: &str = "api-script";
const VERSION: u64 = 1;

/// Why something is not a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptError(String);

impl ScriptError {
    #[cfg(feature = "wiremock")]
    pub(super) fn new(what: String) -> Self {
        Self(what)
    }
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "API script: {}", self.0)
    }
}

impl std::error::Error for ScriptError {}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "claude-wire")]
    kind: String,
    version: u64,
    rules: Vec<Rule>,
}

impl ApiScript {
    /// Reads a script from a file: see [`parse`](Self::parse).
    ///
    /// # Errors
    /// If the file cannot be read or is not a script.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ScriptError> {
        let path = path.as_ref();
        let text = fs::read_to_string(path)
            .map_err(|error| ScriptError(format!("{}: {error}", path.display())))?;
        Self::parse(&text).map_err(|error| ScriptError(format!("{}: {}", path.display(), error.0)))
    }

    /// Reads a script from JSON: an object of `"claude-wire": "api-script"`, `"version": 1` and
    /// `"rules"`.
    ///
    /// ```
    /// use claude_wire::lab::ApiScript;
    ///
    /// let script = ApiScript::parse(r#"{"claude-wire": "api-script", "version": 1, "rules": [
    ///     {"when": {"prompt": "Hello"}, "replies": [{"error": {"status": 529}}, {"content": "Hi!"}]},
    ///     {"when": {"prompt_contains": "list"}, "replies": [
    ///         {"content": [{"type": "tool_use", "name": "Bash", "input": {"command": "ls"}}]},
    ///         {"content": "There are two.", "delta_chars": 4, "hold": {"3": "gate"}}]}]}"#)?;
    /// # Ok::<(), claude_wire::lab::ScriptError>(())
    /// ```
    ///
    /// # Errors
    /// If the text is not a script of this version, or has an unknown field.
    pub fn parse(json: &str) -> Result<Self, ScriptError> {
        check_head(json, KIND, &[VERSION]).map_err(ScriptError)?;
        let file: File =
            serde_json::from_str(json).map_err(|error| ScriptError(error.to_string()))?;
        for (index, rule) in file.rules.iter().enumerate() {
            let at = |text: &str| ScriptError(format!("rule {}: {text}", index + 1));
            if rule.replies.is_empty() {
                return Err(at("no replies"));
            }
            rule.replies.iter().try_for_each(ApiReply::check).map_err(|text| at(&text))?;
        }
        Ok(Self { rules: file.rules })
    }

    /// The script as JSON, for [`parse`](Self::parse).
    pub fn to_json(&self) -> String {
        let file = File { kind: KIND.into(), version: VERSION, rules: self.rules.clone() };
        // Plain data with string keys always serialises.
        serde_json::to_string_pretty(&file).unwrap_or_default()
    }
}
