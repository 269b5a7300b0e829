//! Scripts as files.

use std::fmt;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::recording::check_head;

use super::script::{ApiScript, Rule};
use crate::faults::{Fault, FaultPlan};
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
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    faults: Vec<Fault>,
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
    /// `"rules"`; `"faults"` may be a list of [faults](crate::faults::Fault::from_json).
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
        let plan = file.faults.into_iter().fold(FaultPlan::new(), FaultPlan::with);
        let script = Self { rules: file.rules, faults: FaultPlan::new() };
        script.faults(plan).map_err(|error| ScriptError(error.to_string()))
    }

    /// The script as JSON, for [`parse`](Self::parse).
    pub fn to_json(&self) -> String {
        let (rules, faults) = (self.rules.clone(), self.faults.faults().to_vec());
        let file = File { kind: KIND.into(), version: VERSION, rules, faults };
        // Plain data with string keys always serialises.
        serde_json::to_string_pretty(&file).unwrap_or_default()
    }
}
