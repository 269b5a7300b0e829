//! Scenarios as files.

use std::fmt;
use std::fs;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::recording::check_head;

use super::Scenario;
use super::reply::{ModelReply, Step};

const KIND: &str = "scenario";
const VERSION: u64 = 1;

/// Why a file is not a scenario. The text names the file, the place in it and what was expected
/// there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioError(String);

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "scenario: {}", self.0)
    }
}

impl std::error::Error for ScenarioError {}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "claude-wire")]
    kind: String,
    version: u64,
    turns: Vec<Turn>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Turn {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prompt: Option<String>,
    reply: Vec<Step>,
}

pub(super) fn load(path: &Path) -> Result<Scenario, ScenarioError> {
    let text = fs::read_to_string(path)
        .map_err(|error| ScenarioError(format!("{}: {error}", path.display())))?;
    parse(&text).map_err(|error| ScenarioError(format!("{}: {}", path.display(), error.0)))
}

pub(super) fn parse(json: &str) -> Result<Scenario, ScenarioError> {
    check_head(json, KIND, VERSION).map_err(ScenarioError)?;
    let file: File =
        serde_json::from_str(json).map_err(|error| ScenarioError(error.to_string()))?;
    for (turn, steps) in file.turns.iter().map(|turn| &turn.reply).enumerate() {
        for (step, what) in steps.iter().enumerate() {
            check(what).map_err(|why| {
                ScenarioError(format!("turn {}, step {}: {why}", turn + 1, step + 1))
            })?;
        }
    }
    let turns = file.turns.into_iter().map(|turn| (turn.prompt, ModelReply { steps: turn.reply }));
    Ok(Scenario { turns: turns.collect(), ..Scenario::default() })
}

pub(super) fn to_json(scenario: &Scenario) -> String {
    let turns = scenario
        .turns
        .iter()
        .map(|(prompt, reply)| Turn { prompt: prompt.clone(), reply: reply.steps.clone() });
    let file = File { kind: KIND.into(), version: VERSION, turns: turns.collect() };
    // Plain data with string keys always serialises.
    serde_json::to_string_pretty(&file).unwrap_or_default()
}

fn check(step: &Step) -> Result<(), String> {
    match step {
        Step::ToolUse { input, .. } | Step::AskPermission { input, .. }
            if !matches!(input, Value::Object(_)) =>
        {
            Err(format!("`input`: expected an object, got {input}"))
        }
        Step::Error { status, .. } if !(400..600).contains(status) => {
            Err(format!("`status`: expected a status from 400 to 599, got {status}"))
        }
        _ => Ok(()),
    }
}

pub(super) fn as_ms<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

pub(super) fn from_ms<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_millis)
}
