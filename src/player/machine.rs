//! The player without I/O and without a clock: actions of the host in, actions of the CLI out.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::transport::Exit;

use super::candidate::Candidate;
use super::handshake::Handshakes;
use super::ids::{self, IdKind};
use super::kept::KeptFile;
use super::launch::{LiveLaunch, named_session};
use super::mentions;
use super::output_format::OutputFormat;
use super::renumber::Renumbered;
use super::report::Divergence;
use super::script::{Action, Expected, Output, Pace, Patch, Script, Unsent};
use super::signal::Signal;

/// An action of the host.
#[derive(Clone, Debug)]
pub(super) enum Input {
    /// A line, without its ending.
    Line(Bytes),
    /// The length in bytes of a line that was over the codec's limit.
    TooLong(u64),
    Eof,
    Signal(Signal),
    /// The host did nothing for this long. `unread`: whether output waits for it to read.
    Nothing {
        limit: Duration,
        unread: bool,
    },
}

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    /// Write this to stdout.
    Out(Bytes),
    /// Write this to stderr.
    Err(Bytes),
    /// Put this file back into the working directory.
    PutBack(Arc<KeptFile>),
    CloseOut,
    CloseErr,
    /// Exit, once everything is written.
    Exit(Exit),
    /// Wait for the host, or until this time, in microseconds from the start.
    Wait(Option<u64>),
}

/// One run of a script.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) script: Arc<Script>,
    pub(super) met: Vec<Option<Met>>,
    pub(super) states: Vec<State>,
    /// For each output: how many conditions it still waits for, and when it may come.
    waits: Vec<usize>,
    due: Vec<u64>,
    ready: BTreeSet<(u64, usize)>,
    /// Output that goes out before the rest of the script.
    pub(super) urgent: VecDeque<Step>,
    pub(super) prompts: usize,
    pub(super) eof: bool,
    signal: Option<Signal>,
    /// When the latest line of stdout was played.
    last_out: Option<u64>,
    /// When the event that ended the recorded CLI comes by itself.
    unsent_due: Option<u64>,
    exit: Option<Exit>,
    pub(super) divergence: Option<Divergence>,
    /// The other recordings that it might have been, for the report.
    others: Vec<String>,
    /// The form of the output that the host asked for.
    pub(super) output: OutputFormat,
    /// The session that the arguments name.
    pub(super) named_session: Option<String>,
    /// The id of the latest prompt, as the host spells it.
    pub(super) asked: Option<Bytes>,
    /// The live launch, if it is compared.
    pub(super) live: Option<LiveLaunch>,
    /// Whether what may be declared in `initialize` has been compared.
    pub(super) is_settled: bool,
    pub(super) renumbered: Renumbered,
    pub(super) handshakes: Handshakes,
    /// Whether the live stdin is text.
    pub(super) reads_text: bool,
    /// Blank lines of a text since its last line.
    pub(super) blanks: usize,
    /// Text on stdin that a rule is about.
    pub(super) text: Option<String>,
    /// The kept files that were put back, and why others were not.
    pub(super) put_back: Vec<Result<Arc<KeptFile>, String>>,
}

/// The hint for a host that closed its input at once.
const WROTE_NOTHING: &str = "your program closed its input and wrote nothing, while the recorded one \
    wrote its prompts there; if yours gives its prompt as an argument (`claude -p PROMPT`), record \
    it like that";

/// The state of an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Waiting,
    Played,
    /// Its turn was cut short.
    Skipped,
}

/// How an expectation was met.
#[derive(Clone, Debug, Default)]
pub(super) struct Met {
    /// The host's id as it is spelled: the `request_id` of a request, the `uuid` of a prompt.
    pub(super) id: Option<Bytes>,
    /// The callbacks of an `initialize`.
    pub(super) callbacks: Vec<String>,
}

impl Machine {
    pub(super) fn new(script: Arc<Script>) -> Self {
        let mut machine = Self {
            met: vec![None; script.expectations.len()],
            states: vec![State::Waiting; script.outputs.len()],
            waits: script.outputs.iter().map(|output| output.waits).collect(),
            due: vec![0; script.outputs.len()],
            ready: BTreeSet::new(),
            urgent: VecDeque::new(),
            prompts: 0,
            eof: false,
            signal: None,
            last_out: None,
            unsent_due: None,
            exit: None,
            divergence: None,
            others: Vec::new(),
            output: script.output,
            named_session: None,
            asked: None,
            live: None,
            is_settled: false,
            renumbered: Renumbered::default(),
            handshakes: Handshakes::default(),
            reads_text: script.reads_text,
            blanks: 0,
            text: None,
            put_back: Vec::new(),
            script,
        };
        for index in 0..machine.waits.len() {
            if machine.waits[index] == 0 {
                machine.delay(index, 0, 0);
                machine.ready.insert((machine.due[index], index));
            }
        }
        machine
    }

    /// Names the other recordings that it might have been.
    pub(super) fn among(mut self, others: Vec<String>) -> Self {
        self.others = others;
        self
    }

    /// Compares the launch with the recorded one, if that is known.
    pub(super) fn launched(mut self, live: LiveLaunch) -> Self {
        self.renumbered = live.sessions().clone();
        if self.script.launch.is_some() {
            self.reads_text = live.reads_text();
        }
        self.live = Some(live);
        if let Err(differs) = self.begin_launch() {
            self.refuse(differs);
        }
        self
    }

    /// Refuses the launch before anything is played.
    pub(super) fn refuse(&mut self, differs: Divergence) {
        self.ready.clear();
        self.diverge(0, differs);
    }

    /// Writes in the form that a launch with these arguments asks for, and of the session that they
    /// name.
    pub(super) fn speaking(mut self, args: &[String]) -> Self {
        self.output = OutputFormat::of(args);
        self.named_session = named_session(args);
        self
    }

    pub(super) fn is_diverged(&self) -> bool {
        self.divergence.is_some()
    }

    /// Handles an action of the host at `now`, in microseconds from the start.
    pub(super) fn handle(&mut self, now: u64, input: Input) {
        if self.exit.is_some() || self.divergence.is_some() {
            return;
        }
        match input {
            Input::Line(bytes) => self.line(now, &bytes),
            Input::TooLong(len) => self
                .diverge(now, Divergence::extra(format!("a line of {len} bytes, over the limit"))),
            Input::Eof => {
                self.eof = true;
                if let Err(differs) = self.end_text(now) {
                    return self.diverge(now, differs);
                }
                self.meet_first(now, |what| matches!(what, Expected::Eof { .. }));
            }
            Input::Nothing { limit, unread } => {
                let awaited =
                    self.awaited().map(|awaited| self.script.expectations[awaited].to_string());
                let unread = unread.then(|| "that stdout and stderr are read".to_owned());
                if let Some(expected) = unread.or(self.handshakes.awaited()).or(awaited) {
                    self.diverge(now, Divergence::stalled(limit, expected));
                }
            }
            Input::Signal(signal) => {
                self.signal = Some(signal);
                if !self.meet_first(
                    now,
                    |what| matches!(what, Expected::Signal { name, .. } if name == signal.name()),
                ) {
                    self.end(signal.exit());
                }
            }
        }
    }

    /// The next step at `now`. Call again after each step but [`Step::Exit`] and [`Step::Wait`].
    pub(super) fn next(&mut self, now: u64) -> Step {
        loop {
            if let Some(step) = self.urgent.pop_front() {
                return step;
            }
            if let Some(exit) = self.exit {
                return Step::Exit(exit);
            }
            match self.ready.first() {
                Some(&(_, index)) if self.is_held_back(index) => return Step::Wait(None),
                Some(&(due, index)) if due.max(self.after_pause(index)) > now => {
                    return Step::Wait(Some(due.max(self.after_pause(index))));
                }
                Some(&(_, index)) => {
                    if let Some(step) = self.play(now, index) {
                        return step;
                    }
                }
                None => match self.unsent(now) {
                    Some((index, due)) if due <= now => self.meet(now, index, Met::default()),
                    Some((_, due)) => return Step::Wait(Some(due)),
                    None if self.is_stuck() => self.unstick(now),
                    None => return Step::Wait(None),
                },
            }
        }
    }

    /// Whether a handshake comes before this output. Without input there is no answer to wait for.
    fn is_held_back(&self, index: usize) -> bool {
        let waits = self.handshakes.holds_back(self.script.outputs[index].turn);
        waits && !self.eof && self.signal.is_none()
    }

    /// Plays what comes before the first turn and is due.
    pub(super) fn play_before_turns(&mut self, now: u64) {
        while let Some(&(due, index)) = self.ready.first()
            && due <= now
            && self.script.outputs[index].turn == 0
            && !matches!(self.script.outputs[index].action, Action::Exit(_))
            && !self.is_held_back(index)
        {
            let step = self.play(now, index);
            self.urgent.extend(step);
        }
    }

    /// The earliest time for an output that comes after a pause.
    fn after_pause(&self, index: usize) -> u64 {
        match self.last_out {
            Some(last) if self.script.outputs[index].after_pause => {
                last.saturating_add(self.script.pause)
            }
            _ => 0,
        }
    }

    pub(super) fn meet(&mut self, now: u64, index: usize, met: Met) {
        let script = Arc::clone(&self.script);
        let expectation = &script.expectations[index];
        self.met[index] = Some(met);
        self.release(now, &expectation.dependents, expectation.at);
    }

    /// Whether an output needs no more action.
    pub(super) fn is_played(&self, output: usize) -> bool {
        self.states[output] != State::Waiting
    }

    /// Treats an output as played.
    pub(super) fn pass_over(&mut self, now: u64, output: usize) {
        if self.states[output] == State::Waiting {
            self.states[output] = State::Skipped;
            self.ready.remove(&(self.due[output], output));
            let script = Arc::clone(&self.script);
            self.release(now, &script.outputs[output].dependents, script.outputs[output].at);
        }
    }

    /// Ends the run, since the host did not do what was recorded. Output that was due before still
    /// comes.
    pub(super) fn diverge(&mut self, now: u64, divergence: Divergence) {
        while let Some(&(due, index)) = self.ready.first() {
            if due > now || matches!(self.script.outputs[index].action, Action::Exit(_)) {
                break;
            }
            let step = self.play(now, index);
            self.urgent.extend(step);
        }
        let others = std::mem::take(&mut self.others);
        let divergence = divergence.of(self.script.source.clone()).in_run(self.script.run.clone());
        let divergence = divergence.remaining(self.all_left()).among(others);
        let last_words = self.last_words(&divergence);
        let program = self.script.program.as_ref();
        let advice = program.map(|program| format!("{program}: {}\n", divergence.advice()));
        self.divergence = Some(divergence);
        let report = format!("{}{}\n", advice.unwrap_or_default(), self.report(false));
        self.urgent.push_back(Step::Err(report.into()));
        self.urgent.push_back(Step::Out(last_words));
        self.urgent.push_back(Step::CloseOut);
        self.end(Exit::from_code(Exit::DIVERGED));
    }

    /// Adds what was compared to a divergence, where there is a run folder for it.
    pub(super) fn explain(&mut self, candidates: impl FnOnce() -> Vec<Candidate>) {
        if self.script.run.is_some()
            && let Some(divergence) = self.divergence.take()
        {
            self.divergence = Some(divergence.explained(candidates()));
        }
    }

    /// The first matching expectation that is not met yet.
    pub(super) fn unmet(&self, fits: impl Fn(usize, &Expected) -> bool) -> Option<usize> {
        let expectations = self.script.expectations.iter().enumerate();
        expectations
            .filter(|(index, _)| self.met[*index].is_none())
            .find(|(index, open)| fits(*index, &open.what))
            .map(|(index, _)| index)
    }

    fn meet_first(&mut self, now: u64, fits: impl Fn(&Expected) -> bool) -> bool {
        let found = self.unmet(|_, what| fits(what));
        if let Some(index) = found {
            self.meet(now, index, Met::default());
        }
        found.is_some()
    }

    fn end(&mut self, exit: Exit) {
        self.ready.clear();
        self.exit = Some(exit);
    }

    pub(super) fn play(&mut self, now: u64, index: usize) -> Option<Step> {
        self.ready.remove(&(self.due[index], index));
        let script = Arc::clone(&self.script);
        let output = &script.outputs[index];
        if let Action::Exit(exit) = output.action {
            let left = self.all_left();
            if left.is_empty() {
                self.states[index] = State::Played;
                self.put_back_with(index);
                self.end(exit);
            } else {
                self.diverge(now, Divergence::leftover());
            }
            return None;
        }
        self.states[index] = State::Played;
        self.release(now, &output.dependents, output.at);
        match &output.action {
            Action::Out(line) => {
                self.last_out = Some(now);
                if self.is_about_an_unnamed_prompt(output) {
                    return None;
                }
                let line = line.wire();
                let line = ids::replace(&line, &self.live_ids(output, &line));
                let line =
                    if self.renumbered.is_empty() { line } else { self.renumbered.live(line) };
                let step = Step::Out(line);
                if !self.put_back_with(index) {
                    return Some(step);
                }
                self.urgent.push_back(step);
                None
            }
            Action::Err(line) => Some(Step::Err(line.wire())),
            Action::CloseOut => Some(Step::CloseOut),
            Action::CloseErr | Action::Exit(_) => Some(Step::CloseErr),
        }
    }

    /// Puts the kept files back that come with an output. Returns whether there are any.
    fn put_back_with(&mut self, index: usize) -> bool {
        let files = self.script.kept.iter().filter(|(output, _)| *output == index);
        let steps: Vec<_> = files.map(|(_, file)| Step::PutBack(Arc::clone(file))).collect();
        let any = !steps.is_empty();
        self.urgent.extend(steps);
        any
    }

    /// The places of the host's ids in a line, with the live ones.
    fn live_ids(
        &self,
        output: &Output,
        line: &Bytes,
    ) -> Vec<(std::ops::Range<usize>, Option<Bytes>)> {
        let recorded = |patch: &Patch| std::str::from_utf8(line.get(patch.span.clone())?).ok();
        let live = output.patches.iter().filter_map(|patch| {
            let met = self.met[patch.of].as_ref();
            if patch.kind == IdKind::Mention {
                let id = met
                    .and_then(Met::id_spelled)
                    .or_else(|| Some(mentions::made_up(recorded(patch)?)?.into()));
                return Some((patch.span.clone(), Some(id?)));
            }
            let met = met?;
            let id = match patch.kind {
                IdKind::Callback => {
                    Some(serde_json::to_vec(met.callbacks.get(patch.callback)?).ok()?.into())
                }
                IdKind::Repeated if met.id.is_none() => {
                    let uuid = mentions::made_up(recorded(patch)?.trim_matches('"'))?;
                    Some(format!("\"{uuid}\"").into())
                }
                IdKind::Request | IdKind::Repeated => Some(met.id.clone()?),
                IdKind::Prompt | IdKind::Lifecycle | IdKind::Mention => met.id.clone(),
            };
            Some((patch.span.clone(), id))
        });
        live.collect()
    }

    /// The CLI writes no `command_lifecycle` for a prompt without a uuid.
    fn is_about_an_unnamed_prompt(&self, output: &Output) -> bool {
        output.patches.iter().any(|patch| {
            patch.kind == IdKind::Lifecycle
                && self.met[patch.of].as_ref().is_some_and(|met| met.id.is_none())
        })
    }

    /// A condition of `outputs`, recorded at `at`, was met at `now`.
    fn release(&mut self, now: u64, outputs: &[usize], at: u64) {
        for &index in outputs {
            self.delay(index, now, at);
            self.waits[index] -= 1;
            if self.waits[index] == 0 && self.exit.is_none() && self.states[index] == State::Waiting
            {
                self.ready.insert((self.due[index], index));
            }
        }
    }

    /// Keeps the recorded delay after what happened at `now` and was recorded at `at`.
    fn delay(&mut self, index: usize, now: u64, at: u64) {
        if let Pace::Recorded(speed) = self.script.pace {
            let distance = self.script.outputs[index].at.saturating_sub(at);
            self.due[index] =
                self.due[index].max(now.saturating_add((distance as f64 / speed) as u64));
        }
    }

    /// The recorded signal, or end of input, that must come before anything else, and when it comes
    /// by itself.
    fn unsent(&mut self, now: u64) -> Option<(usize, u64)> {
        let expectations = &self.script.expectations;
        let is_next = |index: usize, what: &Expected| {
            let ends = matches!(what, Expected::Signal { .. } | Expected::Eof { .. });
            ends || expectations[index].required
        };
        let index = self.unmet(is_next)?;
        let end = &expectations[index];
        let outputs = self.script.outputs.iter().filter(|output| output.event < end.event);
        let is_due = outputs.clone().zip(&self.states).all(|(_, state)| *state != State::Waiting);
        match (&end.what, self.script.unsent) {
            _ if !is_due => None,
            (Expected::Signal { .. } | Expected::Eof { in_turn: true }, Unsent::AtOnce) => {
                Some((index, now))
            }
            (Expected::Signal { name, in_turn }, Unsent::Late(late))
                if *in_turn || Signal::named(name).is_none() =>
            {
                let before = expectations[..index].iter().map(|open| open.at);
                let before = before.chain(outputs.map(|output| output.at)).max();
                let wait = Duration::from_micros(end.at.saturating_sub(before.unwrap_or_default()));
                let wait = u64::try_from((wait + late).as_micros()).unwrap_or(u64::MAX);
                let due = *self.unsent_due.get_or_insert(now.saturating_add(wait));
                Some((index, due))
            }
            _ => None,
        }
    }

    /// The input that is missing can never come.
    fn is_stuck(&self) -> bool {
        let signals = self.unmet(|_, what| matches!(what, Expected::Signal { .. })).is_some();
        self.signal.is_some() || self.eof && (!signals || self.missing_write().is_some())
    }

    fn unstick(&mut self, now: u64) {
        match (self.signal, self.missing_write()) {
            (Some(signal), _) => self.end(signal.exit()),
            (None, Some(missing)) => {
                let expected = self.script.expectations[missing].to_string();
                let divergence = Divergence::early_end(expected);
                let divergence = if self.is_any_written() {
                    divergence
                } else {
                    divergence.because(WROTE_NOTHING.to_owned())
                };
                self.diverge(now, divergence);
            }
            (None, None) => self.diverge(now, Divergence::leftover()),
        }
    }

    /// Whether the host wrote a line that was recorded.
    fn is_any_written(&self) -> bool {
        let ends = |what: &Expected| matches!(what, Expected::Eof { .. } | Expected::Signal { .. });
        let mut expected = self.script.expectations.iter().zip(&self.met);
        expected.any(|(open, met)| met.is_some() && !ends(&open.what))
    }

    fn missing_write(&self) -> Option<usize> {
        self.unmet(|index, _| self.script.expectations[index].required)
    }

    /// What the host must do next; `None` if only its end is left.
    fn awaited(&self) -> Option<usize> {
        let mut outputs = self.script.outputs.iter().zip(&self.states);
        let silent = !outputs.any(|(output, state)| {
            *state == State::Waiting && matches!(output.action, Action::Out(_) | Action::Err(_))
        });
        let holds_back =
            |index: usize| !silent && !self.script.expectations[index].dependents.is_empty();
        // A host that sends none keeps the CLI for ever, with its input open or not.
        let signal = |what: &Expected| matches!(what, Expected::Signal { .. });
        self.missing_write().or_else(|| self.unmet(|index, what| holds_back(index) || signal(what)))
    }
}
