//! The recordings that a launch may be, while its first prompt is awaited.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use super::aliases::Aliases;
use super::candidate::Candidate;
use super::compiled::{Beginning, CompiledRecording, Launched};
use super::explain::Wrote;
use super::host_line::one_line;
use super::machine::{Input, Machine};
use super::opening::FirstPrompt;
use super::report::Divergence;
use super::run::Claims;
use super::script::Script;
use super::sessions::Sessions;
use super::trial::{Trial, Written};

/// The recordings of a program's launches, and which of them are used.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    pub(super) recordings: Arc<[CompiledRecording]>,
    pub(super) claims: Claims,
    pub(super) sessions: Sessions,
}

/// What a launch may be, and what it did up to now.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) pool: Pool,
    pub(super) launch: Launched,
    /// The recordings that it may be, in order.
    pub(super) left: Vec<usize>,
    /// The one that is played.
    pub(super) front: usize,
    /// What the host did, and when.
    pub(super) inputs: Vec<(u64, Input)>,
    /// What it wrote that is text.
    pub(super) text: String,
    pub(super) written: Written,
}

impl Pool {
    pub(super) fn name(&self, index: usize) -> String {
        self.recordings[index].short_name()
    }

    pub(super) fn is_used(&self, index: usize) -> bool {
        self.claims.is_used(&self.name(index))
    }

    pub(super) fn claim(&self, index: usize) -> Result<bool, String> {
        self.claims.claim(&self.name(index))
    }

    /// A launch has a session, which later ones may resume.
    pub(super) fn note_session(&self, machine: &Machine) -> Result<(), String> {
        match machine.session() {
            Some((recorded, live)) if !machine.is_diverged() => {
                self.sessions.note(&recorded, &live)
            }
            _ => Ok(()),
        }
    }
}

impl Choice {
    /// Whether the command line may be that of this recording.
    pub(super) fn is_possible(&self, index: usize) -> Result<bool, String> {
        let rules = &self.pool.recordings[index].rules;
        Ok(self.beginning(index)?.is_possible(&self.launch, rules))
    }

    /// Whether it is not used and may be that of a launch with this first prompt.
    pub(super) fn may_be(&self, index: usize, prompt: &FirstPrompt) -> Result<bool, String> {
        if self.pool.is_used(index) || !self.is_possible(index)? {
            return Ok(false);
        }
        let rules = &self.pool.recordings[index].rules;
        let beginning = self.beginning(index)?;
        let ids = beginning.ids(&self.launch, rules);
        Ok(beginning.prompt.fits(&prompt.recorded(&ids), rules))
    }

    /// The unused recording whose command line is the nearest, the first of several.
    pub(super) fn nearest_launch(&self) -> Option<usize> {
        let count = |index: usize| {
            let rules = &self.pool.recordings[index].rules;
            self.beginning(index)
                .map_or(usize::MAX, |begins| begins.contradicts(&self.launch, rules))
        };
        self.left.iter().copied().min_by_key(|index| count(*index))
    }

    /// A machine that has nothing to play.
    pub(super) fn nothing(&self) -> Machine {
        let program = self.pool.recordings.first().and_then(|first| first.settings.program);
        let program = program.map(str::to_owned);
        let script = Script { run: self.run(), program, ..Script::empty() };
        Machine::new(Arc::new(script)).speaking(&self.launch.args)
    }

    pub(super) fn run(&self) -> Option<Arc<Path>> {
        self.pool.recordings.first()?.run.clone()
    }

    /// Every recording, with what this launch did compared with it.
    pub(super) fn candidates(&self) -> Vec<Candidate> {
        let wrote = Wrote::of(self.inputs.iter().map(|(_, input)| input));
        let recordings = self.pool.recordings.iter().enumerate();
        let candidates = recordings.map(|(index, recording)| {
            let candidate = recording.candidate(&self.launch, &wrote);
            match self.pool.is_used(index) {
                true => candidate.out("used by another launch"),
                false => candidate,
            }
        });
        candidates.collect()
    }

    /// The machine of a recording, at the start of this launch.
    pub(super) fn machine(&self, index: usize, others: Vec<String>) -> Result<Machine, String> {
        let script = self.pool.recordings[index].script(&self.launch)?;
        let live = self.launch.read(script.cli.as_deref());
        let machine = Machine::new(script).among(others).speaking(&self.launch.args);
        Ok(machine.launched(live))
    }

    pub(super) fn beginning(&self, index: usize) -> Result<Arc<Beginning>, String> {
        self.pool.recordings[index].beginning(&self.launch)
    }

    pub(super) fn name(&self, index: usize) -> String {
        self.pool.name(index)
    }

    /// The text on stdin so far, if there is some.
    pub(super) fn text_prompt(&self) -> FirstPrompt {
        FirstPrompt::of_text(&self.text)
    }

    /// Plays what the host did to a recording.
    pub(super) fn trial(
        &self,
        index: usize,
        now: u64,
        others: Vec<String>,
    ) -> Result<Trial, String> {
        let mut trial = Trial {
            machine: self.machine(index, others)?,
            now: 0,
            steps: VecDeque::new(),
            aliases: Aliases::default(),
        };
        for (at, input) in &self.inputs {
            trial.drain(*at, &self.written);
            let input = trial.aliases.incoming(input.clone());
            trial.machine.handle(*at, input);
        }
        trial.drain(now, &self.written);
        Ok(trial)
    }

    /// The recording whose prompt is most like this one, the first of several.
    pub(super) fn nearest(&self, prompt: &FirstPrompt) -> Option<usize> {
        let mut best: Option<(f64, usize)> = None;
        for index in &self.left {
            if self.pool.is_used(*index) || !self.is_possible(*index).unwrap_or(false) {
                continue;
            }
            let Ok(beginning) = self.beginning(*index) else { continue };
            let ids = beginning.ids(&self.launch, &self.pool.recordings[*index].rules);
            let likeness = beginning.prompt.likeness(&prompt.recorded(&ids));
            if best.is_none_or(|(best, _)| likeness > best) {
                best = Some((likeness, *index));
            }
        }
        best.map(|(_, index)| index)
    }

    pub(super) fn unrecorded(&self, what: &str) -> Divergence {
        Divergence::unrecorded(format!(
            "{what} with the arguments {:?}",
            one_line(&self.launch.args.join(" "), 120)
        ))
    }

    /// The other recordings, for a report.
    pub(super) fn others(&self, nearest: Option<usize>) -> Result<Vec<String>, String> {
        let all = (0..self.pool.recordings.len()).filter(|index| Some(*index) != nearest);
        all.map(|index| {
            let name = self.name(index);
            let prompt = &self.beginning(index)?.prompt;
            let used = if self.pool.is_used(index) { ", used by another launch" } else { "" };
            Ok(format!("{name}: {prompt}{used}"))
        })
        .collect()
    }
}
