//! Which recording a launch is.
//!
//! A launch starts with every recording that is not used and that its command line does not
//! contradict. It plays the first of them until the first prompt decides: then it is the first
//! unused one, in order, with that prompt, and what the host wrote before is played to it again,
//! without what was already written. A launch that ends without a prompt is the first that has
//! none. The recordings it might be are tried one after the other: one that diverges is not it.

use std::collections::VecDeque;
use std::sync::Arc;

use super::aliases::Aliases;
use super::choice::{Choice, Pool};
use super::compare;
use super::compiled::Launched;
use super::host_line::HostLine;
use super::kept::KeptFile;
use super::machine::{Input, Machine, Step};
use super::opening::FirstPrompt;
use super::report::{Divergence, Report};
use super::script::Script;
use super::sessions::Sessions;
use super::trial::{Trial, Written};

/// A launch: the machine of the recording that it is, or may be.
#[derive(Debug)]
pub(super) struct Binding {
    machine: Machine,
    /// While the first prompt is awaited.
    choice: Option<Choice>,
    /// What comes before the machine's next step.
    steps: VecDeque<Step>,
    aliases: Aliases,
    /// Whether there are several recordings, each for one launch.
    of_several: bool,
    /// The name of the one that this launch is.
    name: Option<String>,
    /// The launch ended by a signal, and no recording is one without a prompt.
    unrecorded: Option<Divergence>,
    /// What it shares with the other launches of the run, and how many of its pairs of ids it has.
    sessions: Sessions,
    noted: usize,
}

impl Binding {
    /// The launch of one script.
    pub(super) fn to(script: Arc<Script>) -> Self {
        Self::of(Machine::new(script))
    }

    fn of(machine: Machine) -> Self {
        Self {
            machine,
            choice: None,
            steps: VecDeque::new(),
            aliases: Aliases::default(),
            of_several: false,
            name: None,
            unrecorded: None,
            sessions: Sessions::None,
            noted: 0,
        }
    }

    /// Shares the ids that it pairs from here on.
    fn sharing(self, pool: &Pool) -> Self {
        Self { sessions: pool.sessions.clone(), noted: self.machine.renumbered.len(), ..self }
    }

    /// A launch that is one of these recordings. Fails if the one that it may be cannot be read.
    pub(super) fn among(pool: &Pool, launch: Launched) -> Result<Self, String> {
        if let ([only], false) = (&*pool.recordings, pool.claims.is_shared()) {
            let script = only.script(&launch)?;
            let live = launch.read(script.cli.as_deref());
            let machine = Machine::new(script).speaking(&launch.args).launched(live);
            pool.note_session(&machine)?;
            return Ok(Self::of(machine).sharing(pool));
        }
        let left = (0..pool.recordings.len()).filter(|index| !pool.is_used(*index)).collect();
        let mut choice = Choice {
            pool: pool.clone(),
            launch,
            left,
            front: 0,
            inputs: Vec::new(),
            text: String::new(),
            written: Written::default(),
        };
        let mut diverged = Vec::new();
        let binding = Self { of_several: true, ..Self::to(Arc::new(Script::empty())) };
        let mut binding = binding.sharing(pool);
        let has_argument = choice.launch.read(None).prompt().is_some();
        for index in choice.left.clone() {
            if !choice.is_possible(index).unwrap_or(false) {
                continue;
            }
            let machine = match choice.machine(index, Vec::new()) {
                Ok(machine) => machine,
                Err(why) if has_argument && choice.is_asked(index)? => return Err(why),
                // Its first prompt tells whether it is meant.
                Err(_) => continue,
            };
            if machine.is_diverged() {
                // It has another prompt among its arguments.
                diverged.push(index);
                continue;
            }
            if machine.has_prompt() {
                if !choice.pool.claim(index)? {
                    continue;
                }
                binding.name = Some(choice.name(index));
                pool.note_session(&machine)?;
            } else {
                choice.front = index;
                binding.choice = Some(choice);
            }
            binding.machine = machine;
            return Ok(binding.sharing(pool));
        }
        if let Some(why) = choice.broken(|index| choice.is_asked(index)) {
            return Err(why);
        }
        let nearest = choice.most_like(diverged, &FirstPrompt::None);
        if let Some(nearest) = nearest.or_else(|| choice.nearest_launch()) {
            binding.machine = choice.machine(nearest, choice.others(Some(nearest)))?;
            binding.machine.explain(|| choice.candidates());
            return Ok(binding);
        }
        binding.machine = choice.nothing();
        let divergence = choice.unrecorded("the launch").among(choice.others(None));
        binding.machine.diverge(0, divergence);
        binding.machine.explain(|| choice.candidates());
        Ok(binding)
    }

    /// The name of the recording that it uses, one of several.
    pub(super) fn recording(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Whether only its end is left.
    pub(super) fn is_done(&self) -> bool {
        (self.name.is_some() || !self.of_several) && self.machine.is_done()
    }

    /// Whether it differs. While it may be one of several recordings, another one may fit.
    pub(super) fn is_diverged(&self) -> bool {
        self.choice.is_none() && (self.machine.is_diverged() || self.unrecorded.is_some())
    }

    /// A file was put back, or could not be.
    pub(super) fn note_put_back(&mut self, done: Result<Arc<KeptFile>, String>) {
        self.machine.put_back.push(done);
    }

    pub(super) fn script(&self) -> &Script {
        &self.machine.script
    }

    /// The report; `runs`: whether the run goes on.
    pub(super) fn report(&self, runs: bool) -> Report {
        let report = self.machine.report(runs);
        match &self.name {
            _ if !self.of_several => report,
            Some(name) => report.left_of(name),
            None => report.unbound(self.unrecorded.clone()),
        }
    }

    /// Handles an action of the host at `now`, in microseconds from the start.
    pub(super) fn handle(&mut self, now: u64, input: Input) {
        let Some(choice) = &mut self.choice else {
            self.machine.handle(now, self.aliases.incoming(input));
            return self.share(now);
        };
        choice.inputs.push((now, input.clone()));
        match &input {
            Input::Line(line) => match HostLine::read(line, choice.reads_text()) {
                HostLine::Prompt { line, .. } => {
                    return self.settle(now, &FirstPrompt::Line(compare::prompt(&line)));
                }
                HostLine::Nothing if line.iter().all(u8::is_ascii_whitespace) => {
                    choice.text.push('\n');
                }
                HostLine::Other { bytes, json } if FirstPrompt::is_text(json.as_ref()) => {
                    choice.text.push_str(&String::from_utf8_lossy(&bytes));
                    choice.text.push('\n');
                }
                _ => {}
            },
            Input::Eof => {
                let prompt = choice.text_prompt();
                return self.settle(now, &prompt);
            }
            Input::TooLong(_) | Input::Signal(_) | Input::Nothing { .. } => {}
        }
        let is_nothing = matches!(input, Input::Nothing { .. });
        self.machine.handle(now, self.aliases.incoming(input));
        if self.machine.is_diverged() {
            self.try_another(now);
        }
        if is_nothing && let Some(choice) = &mut self.choice {
            // One of them waits for nothing more, and then the others may wait, too.
            choice.inputs.pop();
        }
    }

    /// Lets the other launches of the run know the uuids that were paired.
    fn share(&mut self, now: u64) {
        if self.machine.is_diverged() {
            return;
        }
        let ids = &self.machine.renumbered;
        let noted = ids
            .uuids_after(self.noted)
            .try_for_each(|(recorded, live)| self.sessions.note(recorded, live));
        self.noted = ids.len();
        if let Err(why) = noted {
            self.fail(now, why);
        }
    }

    /// The next step at `now`; see [`Machine::next`].
    pub(super) fn next(&mut self, now: u64) -> Step {
        loop {
            if let Some(step) = self.steps.pop_front() {
                return self.write(step);
            }
            let diverged = self.machine.is_diverged();
            let step = self.machine.next(now);
            if self.choice.is_none() {
                return self.write(step);
            }
            if self.machine.is_diverged() && !diverged {
                self.try_another(now);
            } else if matches!(step, Step::Exit(_)) {
                self.end(now);
            } else {
                return self.write(step);
            }
        }
    }

    fn write(&mut self, step: Step) -> Step {
        if let Some(choice) = &mut self.choice {
            choice.written.note(&step);
        }
        self.aliases.outgoing(step)
    }

    /// The launch has this prompt first.
    fn settle(&mut self, now: u64, prompt: &FirstPrompt) {
        let Some(choice) = &mut self.choice else { return };
        // Other launches may have made some since this one began.
        choice.launch.sessions = choice.pool.sessions.known();
        let mut nearest = None;
        for index in choice.left.clone() {
            // One that cannot be read counts if no other one fits.
            if !choice.may_be(index, prompt).unwrap_or(false) {
                continue;
            }
            let trial = match choice.trial(index, now, Vec::new()) {
                Ok(trial) => trial,
                Err(why) => return self.fail(now, why),
            };
            if trial.machine.is_diverged() {
                nearest = nearest.or(Some(index));
                continue;
            }
            match choice.pool.claim(index) {
                Ok(true) => {
                    if let Err(why) = choice.pool.note_session(&trial.machine) {
                        return self.fail(now, why);
                    }
                    return self.bind(index, trial);
                }
                Ok(false) => {}
                Err(why) => return self.fail(now, why),
            }
        }
        if let Some(why) = choice.broken(|index| choice.may_be(index, prompt)) {
            return self.fail(now, why);
        }
        let nearest = nearest.or_else(|| choice.nearest(prompt));
        self.give_up(now, nearest);
    }

    /// The recording in front is not it.
    fn try_another(&mut self, now: u64) {
        let Some(choice) = &mut self.choice else { return };
        let front = choice.front;
        choice.left.retain(|index| *index != front);
        for index in choice.left.clone() {
            let trial = choice.is_possible(index).and_then(|possible| {
                possible.then(|| choice.trial(index, now, Vec::new())).transpose()
            });
            match trial {
                Ok(Some(trial)) if !trial.machine.is_diverged() => {
                    choice.front = index;
                    return self.adopt(trial);
                }
                Ok(_) => choice.left.retain(|left| *left != index),
                // Its first prompt tells whether it is meant.
                Err(_) => {}
            }
        }
        if let Some(why) = choice.broken(|index| choice.is_possible(index)) {
            return self.fail(now, why);
        }
        self.give_up(now, Some(front));
    }

    /// The machine ended before the first prompt.
    fn end(&mut self, now: u64) {
        let Some(choice) = &self.choice else { return };
        let signalled = matches!(choice.inputs.last(), Some((_, Input::Signal(_))));
        if signalled {
            let none = choice.text_prompt();
            let mut left = choice.left.iter();
            if left.any(|index| choice.may_be(*index, &none).unwrap_or_default()) {
                return self.settle(now, &none);
            }
            let others = choice.others(None);
            let unrecorded = choice.unrecorded("a launch that ended without a prompt");
            let unrecorded = unrecorded.among(others).in_run(choice.run());
            let explained = choice.run().map(|_| choice.candidates()).unwrap_or_default();
            self.unrecorded = Some(unrecorded.explained(explained));
            self.choice = None;
            return;
        }
        let front = choice.front;
        let none = FirstPrompt::None;
        let is_before = |index| Ok(index < front && choice.may_be(index, &none).unwrap_or(false));
        if let Some(why) = choice.broken(is_before) {
            return self.fail(now, why);
        }
        match choice.pool.claim(choice.front) {
            Ok(true) => {
                self.name = Some(choice.name(choice.front));
                let noted = choice.pool.note_session(&self.machine);
                self.choice = None;
                if let Err(why) = noted {
                    self.fail(now, why);
                }
            }
            Ok(false) => self.settle(now, &FirstPrompt::None),
            Err(why) => self.fail(now, why),
        }
    }

    fn bind(&mut self, index: usize, trial: Trial) {
        self.adopt(trial);
        self.name = self.choice.take().map(|choice| choice.name(index));
        self.noted = self.machine.renumbered.len();
    }

    /// Plays another recording from here on.
    fn adopt(&mut self, trial: Trial) {
        let written = self.choice.as_ref().map(|choice| &choice.written);
        self.steps = written.map_or_else(VecDeque::new, |written| written.rest(trial.steps));
        self.machine = trial.machine;
        self.aliases = trial.aliases;
    }

    /// No recording is it. The nearest shows where they differ.
    fn give_up(&mut self, now: u64, nearest: Option<usize>) {
        let Some(choice) = self.choice.as_mut() else { return };
        let others = choice.others(nearest);
        let unrecorded = choice.unrecorded("this launch");
        let trial = nearest.map(|index| choice.trial(index, now, others.clone())).transpose();
        match trial {
            Ok(Some(mut trial)) => {
                if !trial.machine.is_diverged() {
                    trial.machine.diverge(now, unrecorded);
                    trial.drain(now, &choice.written);
                }
                trial.machine.explain(|| choice.candidates());
                self.adopt(trial);
            }
            Ok(None) => {
                let mut machine = choice.nothing();
                machine.diverge(now, unrecorded.among(others));
                machine.explain(|| choice.candidates());
                self.machine = machine;
                self.steps.clear();
            }
            Err(why) => return self.fail(now, why),
        }
        self.choice = None;
    }

    /// A recording cannot be read.
    fn fail(&mut self, now: u64, why: String) {
        if let Some(choice) = self.choice.take() {
            // What was played is not its recording, and has no report; its lines stay.
            while !self.machine.is_diverged() {
                match self.machine.next(now) {
                    Step::Exit(_) | Step::Wait(_) => break,
                    _ if self.machine.is_diverged() => break,
                    step => self.steps.push_back(step),
                }
            }
            self.machine = choice.nothing();
        }
        self.machine.diverge(now, Divergence::unplayable(why));
    }
}
