//! How the CLI lets an effect happen.

use crate::player::machine;
use crate::player::scenario::ModelReply;

use super::effect::Effect;
use super::handle::Cli;
use super::state::State;

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
