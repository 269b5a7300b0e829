//! The recordings that a launch may be, while its first prompt is awaited.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Arc;

use super::aliases::Aliases;
use super::candidate::Candidate;
use super::compiled::{Beginning, CompiledRecording, Launched};
use super::explain::Wrote;
use super::host_line::one_line;
use super::launch::reads_text;
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

    /// Whether it is not used and may be that of a launch with this first prompt. Fails for one of
    /// which that is not known.
    pub(super) fn may_be(&self, index: usize, prompt: &FirstPrompt) -> Result<bool, String> {
        if self.pool.is_used(index) || !self.is_possible(index)? {
            return Ok(false);
        }
        let rules = &self.pool.recordings[index].rules;
        let beginning = self.beginning(index)?;
        let ids = beginning.ids(&self.launch, rules);
        let fits = beginning.prompt.fits(&prompt.recorded(&ids), rules);
        if !fits && beginning.is_cut {
            self.machine(index, Vec::new())?;
        }
        Ok(fits)
    }

    /// Whether the arguments may be those of this recording, and the prompt among them is.
    pub(super) fn is_asked(&self, index: usize) -> Result<bool, String> {
        let rules = &self.pool.recordings[index].rules;
        let beginning = self.beginning(index)?;
        Ok(beginning.is_possible(&self.launch, rules)
            && beginning.has_argument_of(&self.launch, rules))
    }

    /// Why a recording cannot be played that this launch may be.
    pub(super) fn broken(&self, may_be: impl Fn(usize) -> Result<bool, String>) -> Option<String> {
        let unused = self.left.iter().copied().filter(|index| !self.pool.is_used(*index));
        unused.into_iter().find_map(|index| match may_be(index) {
            Ok(false) => None,
            Ok(true) => self.machine(index, Vec::new()).err(),
            Err(why) => Some(why),
        })
    }

    /// The unused recording whose command line is the nearest; of several, the one with the nearest
    /// prompt, and of those the first.
    pub(super) fn nearest_launch(&self) -> Option<usize> {
        let count = |index: usize| {
            let rules = &self.pool.recordings[index].rules;
            self.beginning(index)
                .map_or(usize::MAX, |begins| begins.contradicts(&self.launch, rules))
        };
        let mut by_count: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for index in &self.left {
            by_count.entry(count(*index)).or_default().push(*index);
        }
        by_count.into_values().find_map(|alike| self.most_like(alike, &FirstPrompt::None))
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
        let wrote = Wrote::of(self.inputs.iter().map(|(_, input)| input), self.reads_text());
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

    /// Whether stdin is text. One that is not compared with a recorded launch has the protocol.
    pub(super) fn reads_text(&self) -> bool {
        let is_compared =
            |index: &usize| self.beginning(*index).is_ok_and(|begins| begins.launch.is_some());
        reads_text(&self.launch.args) && self.left.iter().any(is_compared)
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
        let left = self.left.iter().copied().filter(|index| {
            !self.pool.is_used(*index) && self.is_possible(*index).unwrap_or(false)
        });
        self.most_like(left, prompt)
    }

    /// The one of these recordings whose prompts, as an argument and on stdin, are most like those of
    /// this launch; the first of several. One that cannot be played is left out.
    pub(super) fn most_like(
        &self,
        among: impl IntoIterator<Item = usize>,
        prompt: &FirstPrompt,
    ) -> Option<usize> {
        let likeness = |index: usize| {
            let rules = &self.pool.recordings[index].rules;
            let begins = self.beginning(index).ok()?;
            Some((begins.likeness(&self.launch, prompt, rules), index))
        };
        let mut found: Vec<_> = among.into_iter().filter_map(likeness).collect();
        found.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        let mut found = found.into_iter().map(|(_, index)| index);
        found.find(|index| self.machine(*index, Vec::new()).is_ok())
    }

    pub(super) fn unrecorded(&self, what: &str) -> Divergence {
        Divergence::unrecorded(format!(
            "{what} with the arguments {:?}",
            one_line(&self.launch.args.join(" "), 120)
        ))
    }

    /// The other recordings, for a report.
    pub(super) fn others(&self, nearest: Option<usize>) -> Vec<String> {
        let all = (0..self.pool.recordings.len()).filter(|index| Some(*index) != nearest);
        all.map(|index| {
            let used = if self.pool.is_used(index) { ", used by another launch" } else { "" };
            format!("{}{used}", self.pool.recordings[index].unused(&self.launch))
        })
        .collect()
    }
}
