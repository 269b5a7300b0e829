//! What a scenario lets happen next to what the model says: time passes, a line is written, the CLI
//! ends.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use crate::player::machine;
use crate::player::scenario::{ModelReply, Step};
use crate::transport::Exit;

use super::handle::Cli;
use super::state::State;

#[derive(Clone, Debug)]
pub(super) enum Effect {
    Pause(Duration),
    Hang,
    /// A line on stdout.
    Out(Bytes),
    /// A line on stderr.
    Err(Bytes),
    End(Exit),
}

impl Effect {
    /// The effect of a step; `None` for one of the model, a tool or the API.
    pub(super) fn of(step: &Step) -> Option<Self> {
        Some(match step {
            Step::Delay(time) => Self::Pause(*time),
            Step::Hang => Self::Hang,
            Step::Raw(Value::String(line)) => Self::Out(format!("{line}\n").into()),
            Step::Raw(line) => Self::Out(format!("{line}\n").into()),
            Step::Stderr(line) => Self::Err(format!("{line}\n").into()),
            Step::Exit(code) => Self::End(Exit::from_code(*code)),
            Step::Crash(crash) => Self::End(Exit { code: None, signal: Some(crash.number) }),
            _ => return None,
        })
    }
}

impl Cli {
    /// Lets it happen. This does not return if the CLI hangs or ends.
    pub(super) async fn act(&self, effect: &Effect) {
        match effect {
            Effect::Pause(time) => self.sleep(*time).await,
            Effect::Hang => std::future::pending().await,
            Effect::Out(line) => self.with(|state| state.step(machine::Step::Out(line.clone()))),
            Effect::Err(line) => self.with(|state| state.step(machine::Step::Err(line.clone()))),
            Effect::End(exit) => {
                self.with(|state| {
                    state.changed = true;
                    state.exit = Some(*exit);
                });
                std::future::pending().await
            }
        }
    }

    /// Plays the steps of a scenario outside of a turn, at this `place`.
    pub(super) async fn act_all(&self, steps: &ModelReply, place: &str) {
        for step in &steps.steps {
            match Effect::of(step) {
                Some(effect) => self.act(&effect).await,
                None => self.with(|state| {
                    state.note_not_simulated(format!(
                        "a step of the model at the {place} of a launch"
                    ));
                }),
            }
        }
    }
}

impl State {
    /// Writes something as it is.
    fn step(&mut self, step: machine::Step) {
        self.changed = true;
        self.played += 1;
        self.steps.push_back(step);
    }
}
