//! What plays the CLI's part in a launch.

use std::sync::Arc;

use super::binding::Binding;
use super::kept::KeptFile;
use super::machine::{Input, Step};
use super::report::Report;
use super::script::Script;
use super::simulator::Simulator;

/// A launch: of a recording, or of a scenario.
#[derive(Debug)]
pub(super) enum Engine {
    Replay(Box<Binding>),
    Scenario(Box<Simulator>),
}

impl Engine {
    /// The launch of one script.
    pub(super) fn of(script: Arc<Script>) -> Self {
        match script.simulation.clone() {
            Some(simulation) => Self::Scenario(Box::new(Simulator::new(script, simulation))),
            None => Self::replay(Binding::to(script)),
        }
    }

    pub(super) fn replay(binding: Binding) -> Self {
        Self::Replay(Box::new(binding))
    }

    /// Handles an action of the host at `now`, in microseconds from the start.
    pub(super) fn handle(&mut self, now: u64, input: Input) {
        match self {
            Self::Replay(binding) => binding.handle(now, input),
            Self::Scenario(simulator) => simulator.handle(now, input),
        }
    }

    /// The next step at `now`. Call again after each step but [`Step::Exit`] and [`Step::Wait`].
    pub(super) fn next(&mut self, now: u64) -> Step {
        match self {
            Self::Replay(binding) => binding.next(now),
            Self::Scenario(simulator) => simulator.next(now),
        }
    }

    pub(super) fn script(&self) -> &Script {
        match self {
            Self::Replay(binding) => binding.script(),
            Self::Scenario(simulator) => simulator.script(),
        }
    }

    /// The name of the recording that it uses, one of several.
    pub(super) fn recording(&self) -> Option<&str> {
        match self {
            Self::Replay(binding) => binding.recording(),
            Self::Scenario(_) => None,
        }
    }

    /// Whether only its end is left.
    pub(super) fn is_done(&self) -> bool {
        match self {
            Self::Replay(binding) => binding.is_done(),
            Self::Scenario(simulator) => simulator.is_done(),
        }
    }

    /// Whether the host did something else, which ends the run.
    pub(super) fn is_diverged(&self) -> bool {
        match self {
            Self::Replay(binding) => binding.is_diverged(),
            Self::Scenario(simulator) => simulator.is_diverged(),
        }
    }

    /// The report; `runs`: whether the run goes on.
    pub(super) fn report(&self, runs: bool) -> Report {
        match self {
            Self::Replay(binding) => binding.report(runs),
            Self::Scenario(simulator) => simulator.report(runs),
        }
    }

    /// Notes what came of a file that was put back.
    pub(super) fn note_put_back(&mut self, done: Result<Arc<KeptFile>, String>) {
        if let Self::Replay(binding) = self {
            binding.note_put_back(done);
        }
    }

    /// Releases a gate of a scenario.
    pub(super) fn release(&mut self, gate: &str) {
        if let Self::Scenario(simulator) = self {
            simulator.release(gate);
        }
    }
}
