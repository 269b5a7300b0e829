//! Scenarios as files.

use std::fmt;
use std::fs;
use std::path::Path;

use regex::Regex;
use serde_json::Value;

use crate::common::looked_in;
use crate::faults::FaultPlan;
use crate::player::model::Block;
use crate::player::verification::Verification;
use crate::recording::check_head;

use super::format::{Earlier, File, LaunchFile, Often, Steps, Turn, Word};
use super::outside::Outside;
use super::reply::{ModelReply, Step};
use super::{CommandOutput, Scenario, ScriptedCommand};
use crate::player::simulator::{PromptMatch, ScriptedTurn, Times};

const KIND: &str = "scenario";
/// In version 1, a `tool_use` ran without a question: the step `run_tool` of version 2.
const FIRST: u64 = 1;
const VERSION: u64 = 2;

/// Why a file is not a scenario. The text names the file, the place in it and what was expected
/// there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioError(String);

impl ScenarioError {
    pub(super) fn new(why: String) -> Self {
        Self(why)
    }
}

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
    /// # let _ = scenario.unverified();
    /// # Ok::<(), claude_wire::player::ScenarioError>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be read or is not a scenario: the message names the file, the place and
    /// what was expected there.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ScenarioError> {
        let path = path.as_ref();
        let text = fs::read_to_string(path).map_err(|error| {
            let folder = looked_in(path);
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
        let launches = match (file.turns, file.launches) {
            (Some(turns), None) => {
                vec![LaunchFile { start: file.start, end: file.end, turns }]
            }
            (None, Some(launches)) if file.start.is_empty() && file.end.is_empty() => launches,
            (None, Some(_)) => {
                return Err(ScenarioError(
                    "expected `start` and `end` in the launch that they are for".to_owned(),
                ));
            }
            _ => return Err(ScenarioError("expected either `turns` or `launches`".to_owned())),
        };
        // Until it is whole, an error says enough.
        let mut scenario = Self::new().unverified();
        scenario.any_order = file.any_order;
        scenario.outside = Outside {
            logged_out: file.logged_out,
            skills: file.skills,
            settings_hooks: file.settings_hooks,
            mcp_servers: file.mcp_servers,
            files: file.files,
        };
        match file.sessions {
            Some(Earlier::Listed(ids)) => scenario.sessions = Some(ids),
            Some(Earlier::Any(Word::Any)) => scenario.any_session = true,
            None => {}
        }
        if !file.faults.is_empty() {
            let plan = file.faults.into_iter().fold(FaultPlan::new(), FaultPlan::with);
            scenario = scenario.faults(plan);
        }
        for (command, output) in file.commands {
            let output = printed(output).map_err(|why| format!("command {command:?}: {why}"));
            let scripted = output.and_then(|output| ScriptedCommand::new(&command, output));
            scenario.commands.push(scripted.map_err(ScenarioError)?);
        }
        for (number, launch) in launches.into_iter().enumerate() {
            if number > 0 {
                scenario = scenario.next_launch();
            }
            scenario.add(launch, file.version == FIRST).map_err(|why| {
                let launch = (number > 0).then(|| format!("launch {}, ", number + 1));
                ScenarioError(format!("{}{why}", launch.unwrap_or_default()))
            })?;
        }
        scenario.verification = Verification::default();
        Ok(scenario)
    }

    /// Adds what a launch does; an error names the place in it.
    fn add(&mut self, launch: LaunchFile, is_first_version: bool) -> Result<(), String> {
        for (name, steps) in [("start", &launch.start), ("end", &launch.end)] {
            for (step, what) in steps.0.iter().enumerate() {
                check_outside(what).map_err(|why| format!("{name}, step {}: {why}", step + 1))?;
            }
        }
        let ends = (launch.start.into(), launch.end.into());
        if launch_does_something(&ends) {
            self.ends.insert(self.launches.len(), ends);
        }
        for (number, turn) in launch.turns.into_iter().enumerate() {
            let number = number + 1;
            let Turn { prompt, contains, regex, times, mut reply } = turn;
            if is_first_version {
                reply.0 = reply.0.into_iter().map(without_question).collect();
            }
            check_all(&reply.0).map_err(|why| format!("turn {number}, {why}"))?;
            let when = match (prompt, contains, regex) {
                (Some(text), None, None) => PromptMatch::Text(text),
                (None, Some(text), None) => PromptMatch::Contains(text),
                (None, None, Some(text)) => {
                    let regex = Regex::new(&text)
                        .map_err(|error| format!("turn {number}: `prompt_regex`: {error}"))?;
                    PromptMatch::Regex(regex)
                }
                (None, None, None) => PromptMatch::Any,
                _ => {
                    return Err(format!(
                        "turn {number}: expected one of `prompt`, `prompt_contains` and `prompt_regex`"
                    ));
                }
            };
            let times = times.map_or(Times::Exactly(1), Into::into);
            self.turns.push(ScriptedTurn { when, times, reply: reply.into() });
        }
        Ok(())
    }

    /// The scenario as such a file, for `mock-claude` and an SDK in another language. A turn whose
    /// prompt a [function](PromptMatch::When) accepts is one for any prompt there.
    pub fn to_json(&self) -> String {
        // It has its purpose without a launch.
        self.verification.note_report();
        let turn = |turn: &ScriptedTurn| Turn {
            prompt: match &turn.when {
                PromptMatch::Text(text) => Some(text.clone()),
                _ => None,
            },
            contains: match &turn.when {
                PromptMatch::Contains(text) => Some(text.clone()),
                _ => None,
            },
            regex: match &turn.when {
                PromptMatch::Regex(regex) => Some(regex.as_str().to_owned()),
                _ => None,
            },
            times: match turn.times {
                Times::Exactly(1) => None,
                Times::Exactly(times) => Some(Often::Times(times)),
                Times::Any => Some(Often::Any(Word::Any)),
            },
            reply: Steps(turn.reply.steps.clone()),
        };
        let launches = self.turns_of_launches().into_iter().enumerate().map(|(number, turns)| {
            let (start, end) = self.ends.get(&number).cloned().unwrap_or_default();
            LaunchFile {
                start: Steps(start.steps),
                end: Steps(end.steps),
                turns: turns.iter().map(turn).collect(),
            }
        });
        let mut launches: Vec<_> = launches.collect();
        let is_one = launches.len() == 1;
        let only = launches.pop_if(|_| is_one);
        let (start, end, turns) = match only {
            Some(only) => (only.start, only.end, Some(only.turns)),
            None => (Steps::default(), Steps::default(), None),
        };
        let commands = self.commands.iter().map(|command| {
            let output = serde_json::to_value(&command.output).unwrap_or_default();
            (command.text.clone(), output)
        });
        let Outside { logged_out, skills, settings_hooks, mcp_servers, files } =
            self.outside.clone();
        let file = File {
            kind: KIND.into(),
            version: VERSION,
            commands: commands.collect(),
            sessions: match self.any_session {
                true => Some(Earlier::Any(Word::Any)),
                false => self.sessions.clone().map(Earlier::Listed),
            },
            logged_out,
            skills,
            settings_hooks,
            mcp_servers,
            files,
            start,
            end,
            turns,
            any_order: self.any_order,
            faults: self.planned_faults(),
            launches: (!is_one).then_some(launches),
        };
        // Plain data with string keys always serialises.
        serde_json::to_string_pretty(&file).unwrap_or_default()
    }
}

fn printed(output: Value) -> Result<CommandOutput, String> {
    match output {
        Value::String(stdout) => Ok(stdout.into()),
        object => serde_json::from_value(object).map_err(|error| error.to_string()),
    }
}

/// A step of version 1.
fn without_question(step: Step) -> Step {
    match step {
        Step::ToolUse { name, input } => Step::RunTool { name, input },
        step => step,
    }
}

fn launch_does_something((start, end): &(ModelReply, ModelReply)) -> bool {
    !start.steps.is_empty() || !end.steps.is_empty()
}

/// Checks the steps of a reply; an error names the step.
fn check_all(steps: &[Step]) -> Result<(), String> {
    let mut uses_tool = false;
    for (number, step) in steps.iter().enumerate() {
        let checked = match step {
            Step::IfAllowed(_) | Step::IfDenied(_) if !uses_tool => {
                Err("expected a tool use before it, whose decision it depends on".to_owned())
            }
            Step::IfAllowed(steps) | Step::IfDenied(steps) => check_all(steps),
            step => check(step),
        };
        checked.map_err(|why| format!("step {}: {why}", number + 1))?;
        uses_tool |= match step {
            Step::ToolUse { .. } | Step::RunTool { .. } | Step::AskPermission { .. } => true,
            Step::Message(message) => {
                message.content.iter().any(|block| matches!(block, Block::ToolUse { .. }))
            }
            _ => false,
        };
    }
    Ok(())
}

/// Checks a step outside of a turn.
fn check_outside(step: &Step) -> Result<(), String> {
    match step {
        Step::Raw(_)
        | Step::Stderr(_)
        | Step::Delay(_)
        | Step::Exit(_)
        | Step::Crash(_)
        | Step::Hang => check(step),
        _ => Err(
            "expected `raw`, `stderr`, `delay_ms`, `exit`, `crash` or \"hang\": there is no turn"
                .to_owned(),
        ),
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
        Step::Exit(code) if !(0..=255).contains(code) => {
            Err(format!("`exit`: expected a code from 0 to 255, got {code}"))
        }
        _ => Ok(()),
    }
}
