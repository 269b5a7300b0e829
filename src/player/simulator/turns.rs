//! The turns of a scenario, and which of them are taken.
#![expect(clippy::result_large_err, reason = "a divergence is made once: it ends its run")]

use std::fmt;
use std::sync::Arc;

use regex::Regex;
use serde_json::{Value, json};

use crate::player::compare;
use crate::player::difference::Difference;
use crate::player::report::Divergence;
use crate::player::rules::Rules;
use crate::player::scenario::ModelReply;
use crate::player::turns::SharedTurns;

/// Which prompts a turn of a [`Scenario`](super::super::Scenario) answers.
#[derive(Clone)]
#[non_exhaustive]
pub enum PromptMatch {
    /// Any prompt.
    Any,
    /// A prompt of exactly this text.
    Text(String),
    /// A prompt that contains this text.
    Contains(String),
    /// A prompt that this expression matches somewhere.
    Regex(Regex),
    /// A prompt for which this returns true.
    When(Arc<dyn Fn(&str) -> bool + Send + Sync>),
}

impl PromptMatch {
    pub(in crate::player) fn fits(&self, prompt: &str) -> bool {
        match self {
            Self::Any => true,
            // A text may have placeholders of a redaction.
            Self::Text(text) => text == prompt || differences(text, prompt).is_empty(),
            Self::Contains(text) => prompt.contains(text.as_str()),
            Self::Regex(regex) => regex.is_match(prompt),
            Self::When(fits) => fits(prompt),
        }
    }
}

/// Where two prompts differ.
fn differences(expected: &str, actual: &str) -> Vec<Difference> {
    let line = |text: &str| compare::prompt(&json!({"message": {"role": "user", "content": text}}));
    compare::prompts(&line(expected), &line(actual), 0, &Rules::default())
}

impl fmt::Display for PromptMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any prompt"),
            Self::Text(text) => write!(f, "prompt {}", Value::from(text.as_str())),
            Self::Contains(text) => write!(f, "prompt with {}", Value::from(text.as_str())),
            Self::Regex(regex) => write!(f, "prompt like /{regex}/"),
            Self::When(_) => f.write_str("prompt that a function accepts"),
        }
    }
}

impl fmt::Debug for PromptMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PromptMatch({self})")
    }
}

/// How often a turn is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::player) enum Times {
    /// This often.
    Exactly(usize),
    /// As often as it is asked for, or never.
    Any,
}

/// A turn of a scenario.
#[derive(Clone, Debug)]
pub(in crate::player) struct ScriptedTurn {
    pub(in crate::player) when: PromptMatch,
    pub(in crate::player) times: Times,
    pub(in crate::player) reply: ModelReply,
}

/// The turns that a launch may have.
#[derive(Clone, Debug)]
pub(in crate::player) struct TurnList {
    pub(in crate::player) turns: Arc<[ScriptedTurn]>,
    /// Those of this launch, by their numbers.
    pub(in crate::player) range: std::ops::Range<usize>,
    pub(in crate::player) shared: Arc<dyn SharedTurns>,
    /// Whether what is left is this launch's to do.
    pub(in crate::player) is_exclusive: bool,
    /// Whether the turns come in any order.
    pub(in crate::player) any_order: bool,
}

/// How often a prompt is listed that is left: a file may say any number.
const LISTED: usize = 100;

/// What the CLI itself says to the model, in short.
const OWN_PROMPTS: [&str; 2] = ["<task-notification>", super::context::ASKS];

impl TurnList {
    /// Takes the turn that answers a prompt.
    pub(super) fn take(&self, prompt: &str) -> Result<ModelReply, Divergence> {
        loop {
            let taken = self.shared.taken_turns();
            let index = self.find(prompt, &taken, self.any_order)?;
            if self.claim(index)? {
                return Ok(self.turns[index].reply.clone());
            }
        }
    }

    /// Takes the turn that names this text, which the CLI itself says to the model, wherever it is.
    pub(super) fn take_named(&self, text: &str) -> Result<ModelReply, Divergence> {
        loop {
            let taken = self.shared.taken_turns();
            let Some(index) = self.find_named(text, &taken) else {
                return Err(Divergence::extra(text.to_owned()));
            };
            if self.claim(index)? {
                return Ok(self.turns[index].reply.clone());
            }
        }
    }

    /// Whether an open turn names this text.
    pub(super) fn has_named(&self, text: &str) -> bool {
        self.find_named(text, &self.shared.taken_turns()).is_some()
    }

    fn find_named(&self, text: &str, taken: &[usize]) -> Option<usize> {
        self.range.clone().find(|index| {
            let turn = &self.turns[*index];
            let count = taken.iter().filter(|taken| *taken == index).count();
            let is_open = !matches!(turn.times, Times::Exactly(times) if count >= times);
            is_open && !matches!(turn.when, PromptMatch::Any) && turn.when.fits(text)
        })
    }

    /// Whether the next turn is for exactly this prompt.
    pub(super) fn expects(&self, prompt: &str) -> bool {
        let taken = self.shared.taken_turns();
        let found = self.find(prompt, &taken, self.any_order);
        found.is_ok_and(|index| matches!(self.turns[index].when, PromptMatch::Text(_)))
    }

    /// Whether the first prompt is one of a later turn, as that of another launch would be.
    pub(super) fn is_of_another_launch(&self, prompt: &str) -> bool {
        let is_first = self.shared.taken_turns().is_empty();
        is_first && self.turns[self.range.clone()].iter().any(|turn| turn.when.fits(prompt))
    }

    /// False if another launch was first.
    fn claim(&self, index: usize) -> Result<bool, Divergence> {
        let at = self.shared.take_turn(index).map_err(Divergence::unplayable)?;
        let Times::Exactly(times) = self.turns[index].times else { return Ok(true) };
        let earlier = self.shared.taken_turns();
        Ok(earlier.iter().take(at).filter(|taken| **taken == index).count() < times)
    }

    /// Whether a turn answers what the CLI itself says to a model: to a sub-agent, or after one.
    fn is_aside(&self, turn: &ScriptedTurn) -> bool {
        if matches!(turn.when, PromptMatch::Any) {
            return false;
        }
        let agents = self.turns.iter().flat_map(|turn| turn.reply.agent_prompts());
        OWN_PROMPTS.into_iter().chain(agents).any(|text| turn.when.fits(text))
    }

    fn is_open(&self, index: usize, taken: &[usize]) -> bool {
        let Times::Exactly(times) = self.turns[index].times else { return true };
        taken.iter().filter(|taken| **taken == index).count() < times
    }

    fn find(&self, prompt: &str, taken: &[usize], anywhere: bool) -> Result<usize, Divergence> {
        let arrived = || format!("prompt {}", Value::from(prompt));
        let mut expected = None;
        for index in self.range.clone() {
            let turn = &self.turns[index];
            if !self.is_open(index, taken) {
                continue;
            }
            if turn.when.fits(prompt) {
                return Ok(index);
            }
            if turn.times != Times::Any && (anywhere || !self.is_aside(turn)) {
                expected.get_or_insert(&turn.when);
                if !anywhere {
                    break;
                }
            }
        }
        Err(match expected {
            Some(expected) => {
                let differences = match expected {
                    PromptMatch::Text(text) => differences(text, prompt),
                    _ => Vec::new(),
                };
                Divergence::mismatch(arrived(), expected.to_string(), differences)
            }
            None => Divergence::extra(arrived()),
        })
    }

    /// The prompts that this launch must still have, for a report.
    pub(super) fn left(&self) -> Vec<String> {
        if self.is_exclusive { self.open() } else { Vec::new() }
    }

    /// The prompts that no launch had, for a report.
    pub(in crate::player) fn open(&self) -> Vec<String> {
        let taken = self.shared.taken_turns();
        let mut open = Vec::new();
        for index in self.range.clone() {
            let Times::Exactly(times) = self.turns[index].times else { continue };
            let count = taken.iter().filter(|taken| **taken == index).count();
            let left = times.saturating_sub(count);
            let name = format!("{} (turn {})", self.turns[index].when, index + 1);
            open.extend(std::iter::repeat_n(&name, left.min(LISTED)).cloned());
            if left > LISTED {
                open.push(format!("{name}, {} times more", left - LISTED));
            }
        }
        open
    }
}
