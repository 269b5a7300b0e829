//! Scenarios as files.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::common::looked_in;
use crate::recording::check_head;

use super::Scenario;
use super::outside::{Outside, ScriptedServer, ScriptedSkill, ShellHook};
use super::reply::{ModelReply, Step};
use crate::player::simulator::{PromptMatch, ScriptedTurn, Times};

const KIND: &str = "scenario";
/// In version 1, a `tool_use` ran without a question: the step `run_tool` of version 2.
const FIRST: u64 = 1;
const VERSION: u64 = 2;

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

impl Scenario {
    /// Reads a scenario from a JSON file.
    ///
    /// A step of a reply is an object with one key, named after the method of [`ModelReply`];
    /// `hang` is just the word. A turn without a `prompt` accepts any prompt. In the place of `turns`,
    /// `launches` is a list of such lists, one for each launch.
    ///
    /// ```
    /// # use claude_wire::Scenario;
    /// let scenario = Scenario::parse(r#"{
    ///   "claude-wire": "scenario",
    ///   "version": 2,
    ///   "turns": [
    ///     {"prompt": "Hello", "reply": [{"text": "Hi!"}]},
    ///     {"prompt": "What is here?", "reply": [
    ///       {"thinking": "I must look."},
    ///       {"tool_use": {"name": "Bash", "input": {"command": "ls"}}},
    ///       {"tool_result": "a.txt"},
    ///       {"ask_permission": {"name": "Write", "input": {"file_path": "b.txt", "content": ""}}},
    ///       {"tool_error": "no space left on device"},
    ///       {"delay_ms": 250},
    ///       {"text": "One file, and no room for another."}
    ///     ]},
    ///     {"prompt": "Again", "reply": [{"error": {"status": 529, "text": "Overloaded"}}]},
    ///     {"reply": ["hang"]}
    ///   ]
    /// }"#)?;
    /// # Ok::<(), claude_wire::player::ScenarioError>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be read or is not a scenario: the message names the file, the place and
    /// what was expected there.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ScenarioError> {
        let path = path.as_ref();
        let text = fs::read_to_string(path).map_err(|error| {
            let folder = looked_in(path, &error);
            ScenarioError(format!("{}: {error}{folder}", path.display()))
        })?;
        Self::parse(&text)
            .map_err(|error| ScenarioError(format!("{}: {}", path.display(), error.0)))
    }

    /// Reads a scenario from the text of such a file.
    ///
    /// # Errors
    /// If it is not a scenario.
    pub fn parse(json: &str) -> Result<Self, ScenarioError> {
        check_head(json, KIND, &[FIRST, VERSION]).map_err(ScenarioError)?;
        let file: File =
            serde_json::from_str(json).map_err(|error| ScenarioError(error.to_string()))?;
        let lists = match (file.turns, file.launches) {
            (Some(turns), None) => vec![turns],
            (None, Some(launches)) => launches,
            _ => return Err(ScenarioError("expected either `turns` or `launches`".to_owned())),
        };
        let mut scenario = Self::new();
        scenario.any_order = file.any_order;
        scenario.outside = Outside {
            logged_out: file.logged_out,
            skills: file.skills,
            settings_hooks: file.settings_hooks,
            mcp_servers: file.mcp_servers,
        };
        for (launch, turns) in lists.into_iter().enumerate() {
            if launch > 0 {
                scenario = scenario.next_launch();
            }
            for (turn, Turn { prompt, contains, times, mut reply }) in turns.into_iter().enumerate()
            {
                if file.version == FIRST {
                    reply = reply.into_iter().map(without_question).collect();
                }
                for (step, what) in reply.iter().enumerate() {
                    let launch = (launch > 0).then(|| format!("launch {}, ", launch + 1));
                    check(what).map_err(|why| {
                        let launch = launch.unwrap_or_default();
                        let (turn, step) = (turn + 1, step + 1);
                        ScenarioError(format!("{launch}turn {turn}, step {step}: {why}"))
                    })?;
                }
                let when = match (prompt, contains) {
                    (Some(text), None) => PromptMatch::Text(text),
                    (None, Some(text)) => PromptMatch::Contains(text),
                    (None, None) => PromptMatch::Any,
                    (Some(_), Some(_)) => {
                        let turn = turn + 1;
                        return Err(ScenarioError(format!(
                            "turn {turn}: expected either `prompt` or `prompt_contains`"
                        )));
                    }
                };
                let reply = ModelReply { steps: reply };
                scenario.turns.push(ScriptedTurn {
                    when,
                    times: times.map_or(Times::Exactly(1), Into::into),
                    reply,
                });
            }
        }
        Ok(scenario)
    }

    /// The scenario as such a file, for `mock-claude` and an SDK in another language.
    pub fn to_json(&self) -> String {
        let turn = |turn: &ScriptedTurn| Turn {
            prompt: match &turn.when {
                PromptMatch::Text(text) => Some(text.clone()),
                _ => None,
            },
            contains: match &turn.when {
                PromptMatch::Contains(text) => Some(text.clone()),
                _ => None,
            },
            times: match turn.times {
                Times::Exactly(1) => None,
                Times::Exactly(times) => Some(Often::Times(times)),
                Times::Any => Some(Often::Any(Word::Any)),
            },
            reply: turn.reply.steps.clone(),
        };
        let lists = self.turns_of_launches().into_iter();
        let mut lists: Vec<Vec<Turn>> =
            lists.map(|turns| turns.iter().map(turn).collect()).collect();
        let is_one = lists.len() == 1;
        let turns = lists.pop_if(|_| is_one);
        let launches = (!is_one).then_some(lists);
        let any_order = self.any_order;
        let Outside { logged_out, skills, settings_hooks, mcp_servers } = self.outside.clone();
        let file = File {
            kind: KIND.into(),
            version: VERSION,
            turns,
            any_order,
            logged_out,
            skills,
            settings_hooks,
            mcp_servers,
            launches,
        };
        // Plain data with string keys always serialises.
        serde_json::to_string_pretty(&file).unwrap_or_default()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "claude-wire")]
    kind: String,
    version: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    turns: Option<Vec<Turn>>,
    /// Whether prompts come in any order.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    any_order: bool,
    /// Whether the CLI has no key.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    logged_out: bool,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    skills: BTreeMap<String, ScriptedSkill>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    settings_hooks: Vec<ShellHook>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    mcp_servers: BTreeMap<String, ScriptedServer>,
    /// The turns of each launch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    launches: Option<Vec<Vec<Turn>>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Turn {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prompt: Option<String>,
    #[serde(default, rename = "prompt_contains", skip_serializing_if = "Option::is_none")]
    contains: Option<String>,
    /// How often it is played.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    times: Option<Often>,
    reply: Vec<Step>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Often {
    Times(usize),
    Any(Word),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Any,
}

impl From<Often> for Times {
    fn from(often: Often) -> Self {
        match often {
            Often::Times(times) => Self::Exactly(times),
            Often::Any(Word::Any) => Self::Any,
        }
    }
}

/// A step of version 1.
fn without_question(step: Step) -> Step {
    match step {
        Step::ToolUse { name, input } => Step::RunTool { name, input },
        step => step,
    }
}

fn check(step: &Step) -> Result<(), String> {
    match step {
        Step::ToolUse { input, .. }
        | Step::RunTool { input, .. }
        | Step::AskPermission { input, .. }
            if !matches!(input, Value::Object(_)) =>
        {
            Err(format!("`input`: expected an object, got {input}"))
        }
        Step::Error { status, .. } if !(400..600).contains(status) => {
            Err(format!("`status`: expected a status from 400 to 599, got {status}"))
        }
        Step::Message(message) => message.check(),
        _ => Ok(()),
    }
}
