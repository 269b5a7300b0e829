//! Scripts as files.

use std::fmt;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::recording::check_head;

use super::reply::Reply;
use super::script::{ApiScript, Rule};

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

pub(super) fn load(path: &Path) -> Result<ApiScript, ScriptError> {
    let text = fs::read_to_string(path)
        .map_err(|error| ScriptError(format!("{}: {error}", path.display())))?;
    parse(&text).map_err(|error| ScriptError(format!("{}: {}", path.display(), error.0)))
}

pub(super) fn parse(json: &str) -> Result<ApiScript, ScriptError> {
    check_head(json, KIND, VERSION).map_err(ScriptError)?;
    let file: File = serde_json::from_str(json).map_err(|error| ScriptError(error.to_string()))?;
    for (index, rule) in file.rules.iter().enumerate() {
        let at = |text: &str| ScriptError(format!("rule {}: {text}", index + 1));
        if rule.replies.is_empty() {
            return Err(at("no replies"));
        }
        rule.replies.iter().try_for_each(Reply::check).map_err(|text| at(&text))?;
    }
    Ok(ApiScript { rules: file.rules })
}

pub(super) fn to_json(script: &ApiScript) -> String {
    let file = File { kind: KIND.into(), version: VERSION, rules: script.rules.clone() };
    // Plain data with string keys always serialises.
    serde_json::to_string_pretty(&file).unwrap_or_default()
}
