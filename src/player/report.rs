//! The report of a replay: for programs, for stderr, for people.

mod json;

use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::candidate::Candidate;
use super::difference::Difference;
use super::excused::Excused;
use super::instead::Instead;
use super::left::{self, Left};
use crate::faults::{Fault, Injection};
use crate::recording::RECORD_AGAIN;
use crate::transport::REPLAY_REPORT;

/// The first difference between a host and the recorded one. It ends the run.
///
/// Its text says what arrived, what was expected, where the two differ, what is left of the
/// recording, and what to do. Of what is left it shows counts and prompts; the alternate form
/// (`{:#}`) shows all.
#[derive(Clone, Debug)]
pub struct Divergence {
    kind: Kind,
    arrived: Option<String>,
    expected: Option<String>,
    differences: Vec<Difference>,
    remaining: Left,
    others: Vec<String>,
    hint: Option<String>,
    /// The recording.
    source: Option<String>,
    /// The run folder, where it is explained.
    run: Option<Arc<Path>>,
    /// What was compared, field by field. Only a run folder has it.
    candidates: Vec<Candidate>,
    /// What the host did, so that it can be accepted. Only a run folder has it.
    instead: Option<Box<Instead>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Launch,
    Mismatch,
    Extra,
    OutOfTurn,
    EarlyEnd,
    Leftover,
    Stalled(Duration),
    Unrecorded,
    Unplayable,
}

/// Where there is no run folder.
const NO_RUN: &str = "field by field: no last-failure.json was written, because there is no run \
                      folder (CLAUDE_WIRE_RUN) for `claude-wire why`";

/// How many differences, and how many lines of the rest, a text shows.
const SHOWN: usize = 8;

impl Divergence {
    pub(super) fn mismatch(
        arrived: String,
        expected: String,
        differences: Vec<Difference>,
    ) -> Self {
        Self { differences, ..Self::new(Kind::Mismatch, Some(arrived), Some(expected)) }
    }

    /// The launch is not the recorded one; `arrived` is what settled it, after the launch.
    pub(super) fn launch(arrived: Option<String>, differences: Vec<Difference>) -> Self {
        Self { differences, ..Self::new(Kind::Launch, arrived, None) }
    }

    pub(super) fn extra(arrived: String) -> Self {
        Self::new(Kind::Extra, Some(arrived), None)
    }

    pub(super) fn out_of_turn(arrived: String, expected: String) -> Self {
        Self::new(Kind::OutOfTurn, Some(arrived), Some(expected))
    }

    pub(super) fn early_end(expected: String) -> Self {
        Self::new(Kind::EarlyEnd, Some("end of input".to_owned()), Some(expected))
    }

    pub(super) fn leftover() -> Self {
        Self::new(Kind::Leftover, None, None)
    }

    pub(super) fn stalled(limit: Duration, expected: String) -> Self {
        Self::new(Kind::Stalled(limit), None, Some(expected))
    }

    pub(super) fn remaining(self, remaining: Left) -> Self {
        Self { remaining, ..self }
    }

    /// The difference that caused it, as a hint, instead of the usual one.
    pub(super) fn because(self, hint: String) -> Self {
        Self { hint: Some(hint), ..self }
    }

    /// A launch that is none of the recordings.
    pub(super) fn unrecorded(arrived: String) -> Self {
        Self::new(Kind::Unrecorded, Some(arrived), None)
    }

    /// A recording cannot be read or played.
    pub(super) fn unplayable(why: String) -> Self {
        Self::new(Kind::Unplayable, None, Some(why))
    }

    /// Names the recording.
    pub(super) fn of(self, source: Option<String>) -> Self {
        Self { source, ..self }
    }

    /// Names the run folder in which it is explained.
    pub(super) fn in_run(self, run: Option<Arc<Path>>) -> Self {
        Self { run, ..self }
    }

    /// Adds what was compared.
    pub(super) fn explained(mut self, candidates: Vec<Candidate>) -> Self {
        self.candidates = candidates;
        self
    }

    /// Adds what the host did in the place of what was recorded.
    pub(super) fn instead(mut self, instead: Option<Instead>) -> Self {
        self.instead = instead.map(Box::new);
        self
    }

    /// What the host did, where it can be accepted, and where it differs from what was recorded.
    pub(super) fn acceptable(&self) -> Option<(&Instead, &[Difference])> {
        self.instead.as_deref().map(|instead| (instead, self.differences.as_slice()))
    }

    /// The recording, as the report names it.
    pub(super) fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    /// What was compared, field by field.
    pub(super) fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// Names other recordings, after those that are named.
    pub(super) fn among(mut self, others: Vec<String>) -> Self {
        self.others.extend(others);
        self
    }

    fn new(kind: Kind, arrived: Option<String>, expected: Option<String>) -> Self {
        Self {
            kind,
            arrived,
            expected,
            differences: Vec::new(),
            remaining: Left::default(),
            others: Vec::new(),
            hint: None,
            source: None,
            run: None,
            candidates: Vec::new(),
            instead: None,
        }
    }

    /// The host launched the CLI in another way than the recorded one, or declared something else
    /// in `initialize`.
    pub fn is_launch(&self) -> bool {
        self.kind == Kind::Launch
    }

    /// The host wrote the expected kind of line with different content.
    pub fn is_mismatch(&self) -> bool {
        self.kind == Kind::Mismatch
    }

    /// The host wrote something that the recording does not have, or not this often.
    pub fn is_extra(&self) -> bool {
        self.kind == Kind::Extra
    }

    /// The host wrote something that the recording has in another place.
    pub fn is_out_of_turn(&self) -> bool {
        self.kind == Kind::OutOfTurn
    }

    /// The host closed its input while the recording still expected input.
    pub fn is_early_end(&self) -> bool {
        self.kind == Kind::EarlyEnd
    }

    /// The host did nothing for the [idle timeout](super::Script::idle_timeout), and the recording
    /// waits for it.
    pub fn is_stalled(&self) -> bool {
        matches!(self.kind, Kind::Stalled(_))
    }

    /// No recording is left for the launch: each is used by another launch, or differs in its
    /// command line.
    pub fn is_unrecorded(&self) -> bool {
        self.kind == Kind::Unrecorded
    }

    /// The recording came to its exit, but the host had not done all that was recorded.
    pub fn is_leftover(&self) -> bool {
        self.kind == Kind::Leftover
    }
}

/// For texts.
impl Divergence {
    /// What differs, and what to do about it, on one line.
    pub(super) fn advice(&self) -> String {
        format!("{}; {}", self.what(), self.hint())
    }

    /// Which replay differs.
    pub(super) fn replay(&self) -> String {
        let of = self.source.as_ref().map(|source| format!(" of {source}"));
        format!("replay{}", of.unwrap_or_default())
    }

    fn what(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self.kind {
            Kind::Stalled(limit) => {
                let seconds = limit.as_secs_f64();
                return format!("no input for {seconds} s while the replay waits for it").into();
            }
            Kind::Launch => "the launch differs from the recorded one",
            Kind::Mismatch => "input differs from the recording",
            Kind::Extra => "input that the recording does not have",
            Kind::OutOfTurn => "input in another place than in the recording",
            Kind::EarlyEnd => "end of input before the recording was over",
            Kind::Leftover => "the recording is over, but not all of it was done",
            Kind::Unrecorded => "a launch that no recording is left for",
            Kind::Unplayable => "a recording cannot be played",
        })
    }

    fn hint(&self) -> &str {
        let hint = match self.kind {
            Kind::Launch => {
                "launch the CLI as it was recorded, or ignore the place: CLAUDE_WIRE_IGNORE, `Replay::ignore` or a rules file"
            }
            Kind::Mismatch => "make your program write what was recorded, or record again",
            Kind::Extra => "stop your program earlier, or record again with what it does now",
            Kind::OutOfTurn => "wait for the reply before the next write, as in the recording",
            Kind::Stalled(_) => {
                "make your program do what is expected, or give it more time: idle_timeout, or CLAUDE_WIRE_IDLE_TIMEOUT in seconds"
            }
            Kind::EarlyEnd | Kind::Leftover => {
                "make your program do the rest, or record again without it"
            }
            Kind::Unrecorded => {
                "let your program start the CLI as often as it was recorded, or record again"
            }
            Kind::Unplayable => "record it again",
        };
        self.hint.as_deref().unwrap_or(hint)
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what())?;
        for (name, value) in [("arrived", &self.arrived), ("expected", &self.expected)] {
            if let Some(value) = value {
                write!(f, "\n  {name}: {value}")?;
            }
        }
        for difference in self.differences.iter().take(SHOWN) {
            write!(f, "\n  differs at {difference}")?;
        }
        if self.differences.len() > SHOWN {
            write!(f, "\n  ... and at {} more places", self.differences.len() - SHOWN)?;
        }
        if self.kind != Kind::Launch {
            f.write_str(&summary(&self.remaining, f.alternate()))?;
        }
        list(f, "other recording", &self.others)?;
        write!(f, "\n  hint: {}", self.hint())?;
        if !matches!(self.kind, Kind::Stalled(_)) {
            write!(f, "\n  to record again: {RECORD_AGAIN}")?;
        }
        match &self.run {
            Some(run) => write!(f, "\n  field by field: claude-wire why {}", run.display()),
            None => write!(f, "\n  {NO_RUN}"),
        }
    }
}

/// The result of a replay: what was played, matched, different, and left.
///
/// Its text ends with one line of numbers:
/// `replay: played=12 matched=3 divergences=0 left=0 cli=2.1.329`. Of what is left it shows counts
/// and prompts; the alternate form (`{:#}`) shows all.
#[derive(Clone, Debug, Default)]
pub struct Report {
    divergences: Vec<Divergence>,
    left: Left,
    /// How many lines the CLI is still to write, without waiting for the host.
    coming: usize,
    played: usize,
    matched: usize,
    cli: Option<String>,
    files: Vec<String>,
    transcripts: Vec<String>,
    not_simulated: Vec<String>,
    injected: Vec<Injection>,
    /// The faults that had no hit, one text each; `None` if none were asked for.
    not_injected: Option<Vec<String>>,
    /// What does not count, because of the faults.
    excused: Excused,
}

impl Report {
    pub(super) fn run(
        divergence: Option<Divergence>,
        left: Left,
        played: usize,
        matched: usize,
        cli: Option<String>,
    ) -> Self {
        Self {
            divergences: divergence.into_iter().collect(),
            left,
            played,
            matched,
            cli,
            files: Vec::new(),
            transcripts: Vec::new(),
            not_simulated: Vec::new(),
            injected: Vec::new(),
            not_injected: None,
            excused: Excused::default(),
            coming: 0,
        }
    }

    pub(super) fn with_files(self, files: Vec<String>) -> Self {
        Self { files, ..self }
    }

    pub(super) fn with_transcript(self, session: Option<String>) -> Self {
        Self { transcripts: session.into_iter().collect(), ..self }
    }

    pub(super) fn with_not_simulated(self, not_simulated: Vec<String>) -> Self {
        Self { not_simulated, ..self }
    }

    /// What was injected, and which faults had no hit, with their opportunities.
    pub(super) fn with_faults(self, injected: Vec<Injection>, missed: Vec<(Fault, u64)>) -> Self {
        let text = |(fault, seen): (Fault, u64)| {
            let opportunities = if seen == 1 { "opportunity" } else { "opportunities" };
            format!("{} was not injected ({seen} {opportunities})", fault.unseeded())
        };
        let not_injected = Some(missed.into_iter().map(text).collect());
        Self { injected, not_injected, ..self }
    }

    /// A fault ended the conversation of this launch: what is left does not count, nor, if it came
    /// `after` the fault, what differed.
    pub(super) fn excuse(&mut self, after: bool) {
        self.coming = 0;
        self.excused.left = self.left.texts().len();
        if after {
            self.excused.divergences = self.divergences.len();
        }
    }

    /// The report of a launch that has not noted its end, with what was injected into it.
    pub(super) fn was_killed_with(&mut self, injected: Vec<Injection>) {
        self.injected = injected;
        if self.is_ended_by_fault() {
            self.excused.left = self.left.texts().len();
        }
    }

    /// Whether a fault ended the conversation.
    pub(super) fn is_ended_by_fault(&self) -> bool {
        self.injected.iter().any(|injection| injection.fault().ends_conversation())
    }

    /// The run goes on: the CLI is still to write this many lines.
    pub(super) fn coming(self, coming: usize) -> Self {
        Self { coming, ..self }
    }

    /// The report for a recording that cannot be played, so that all of it is left.
    pub(super) fn unplayable(why: String) -> Self {
        let mut report = Self::default();
        report.left.push(left::Kind::Recording, why);
        report
    }

    /// Names the recording in each line of what is left.
    pub(super) fn left_of(mut self, name: &str) -> Self {
        self.left = self.left.of(name);
        self
    }

    /// The report of a launch that differs.
    pub(super) fn diverged(mut self, divergence: Divergence) -> Self {
        self.divergences.push(divergence);
        self
    }

    /// The report of a launch that is not known to be one of the recordings: nothing is left of
    /// what it played.
    pub(super) fn unbound(mut self, divergence: Option<Divergence>) -> Self {
        self.left.clear();
        self.coming = 0;
        self.divergences.extend(divergence);
        self
    }

    /// Adds what is left of the recordings that no launch used; this many of them do not count,
    /// because a fault ended the launches that would have.
    pub(super) fn unused(&mut self, left: impl IntoIterator<Item = String>, excused: usize) {
        let before = self.left.texts().len();
        left.into_iter().for_each(|text| self.left.push(left::Kind::Recording, text));
        self.excused.left += excused.min(self.left.texts().len() - before);
    }

    /// Adds the prompts of a scenario that no launch had. They do not count if a fault ended the
    /// launch that would have had them.
    pub(super) fn unasked(&mut self, prompts: impl IntoIterator<Item = String>, excused: bool) {
        for text in prompts {
            self.left.push(left::Kind::Prompt, text);
            self.excused.left += usize::from(excused);
        }
    }

    /// Adds the report of another run.
    pub(super) fn add(&mut self, other: Self) {
        self.divergences.extend(other.divergences);
        self.left.extend(other.left);
        self.coming += other.coming;
        self.played += other.played;
        self.matched += other.matched;
        self.cli = self.cli.take().or(other.cli);
        for file in other.files {
            if !self.files.contains(&file) {
                self.files.push(file);
            }
        }
        for session in other.transcripts {
            if !self.transcripts.contains(&session) {
                self.transcripts.push(session);
            }
        }
        self.injected.extend(other.injected);
        self.excused.add(other.excused);
        if let Some(texts) = other.not_injected {
            // What the launches of a run count together, the last of them knows best.
            self.not_injected = Some(texts);
        }
        for what in other.not_simulated {
            if !self.not_simulated.contains(&what) {
                self.not_simulated.push(what);
            }
        }
    }

    /// Whether the host did everything that was recorded, and nothing else.
    ///
    /// Only the end may be left: closing the input, a signal, the exit. A run that goes on is not
    /// clean while the CLI has lines to write.
    ///
    /// After an [injected](Self::injected) fault that [ends the
    /// conversation](crate::faults::FaultInfo::ends_conversation), what is left of the same launch
    /// does not count, and what differs there since does not either. Everything else does: in other
    /// launches, before the fault, and after faults that let the conversation go on.
    pub fn is_clean(&self) -> bool {
        self.is_met() && self.coming == 0
    }

    /// Whether the host did its part, as far as the injected faults let it.
    pub(super) fn is_met(&self) -> bool {
        self.divergences.len() <= self.excused.divergences
            && self.left.texts().len() <= self.excused.left
    }

    /// The faults that were injected, in order.
    pub fn injected(&self) -> &[Injection] {
        &self.injected
    }

    /// The faults that were asked for and not injected, one text each:
    /// `exit_mid_turn:nth=9 was not injected (2 opportunities)`.
    pub fn not_injected(&self) -> &[String] {
        self.not_injected.as_deref().unwrap_or_default()
    }

    /// Whether faults were asked for.
    pub fn has_faults(&self) -> bool {
        self.not_injected.is_some() || !self.injected.is_empty()
    }

    /// The first difference of each run.
    pub fn divergences(&self) -> &[Divergence] {
        &self.divergences
    }

    /// What the recording has and the run did not do (yet), one line each, without the end itself.
    /// What the CLI of a run that goes on writes next without waiting for the host is not among it.
    pub fn left(&self) -> &[String] {
        self.left.texts()
    }

    /// The files that the tools of the recorded CLI wrote (`Write`, `Edit`, `NotebookEdit`). A replay
    /// does not bring them back, nor what shell commands wrote, nor
    /// [transcripts](Self::transcripts_not_brought_back). Files that were
    /// [kept](crate::recorder::Recorder::keep_files) and put back are not among them.
    pub fn files_not_brought_back(&self) -> &[String] {
        &self.files
    }

    /// The sessions whose transcripts the recorded CLI wrote into its home folder, by the ids that
    /// they have in this run. A replay does not bring them back: a program that lists past sessions, or
    /// reads one, does not find them. A launch with `--no-session-persistence` writes none.
    pub fn transcripts_not_brought_back(&self) -> &[String] {
        &self.transcripts
    }

    /// What the host asked for and a scenario does not simulate: flags, requests and hooks. They
    /// have no effect, while they have one on the real CLI.
    pub fn not_simulated(&self) -> &[String] {
        &self.not_simulated
    }

    /// The number of lines and other actions of the CLI that were played.
    pub fn played(&self) -> usize {
        self.played
    }

    /// The number of actions of the host that matched.
    pub fn matched(&self) -> usize {
        self.matched
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for divergence in &self.divergences {
            match f.alternate() {
                true => writeln!(f, "{}: {divergence:#}", divergence.replay())?,
                false => writeln!(f, "{}: {divergence}", divergence.replay())?,
            }
        }
        if self.divergences.is_empty() && !self.left.is_empty() {
            write!(f, "replay: not finished")?;
            f.write_str(&summary(&self.left, f.alternate()))?;
            writeln!(f)?;
        }
        if self.coming > 0 {
            writeln!(
                f,
                "replay: still running: the CLI has {} more lines to write; stop the session first, or wait for its end",
                self.coming
            )?;
        }
        if !self.files.is_empty() {
            let files = self.files.join(", ");
            writeln!(f, "replay: files that tools wrote are not brought back: {files}")?;
        }
        if !self.transcripts.is_empty() {
            let named = &self.transcripts[..self.transcripts.len().min(SHOWN)];
            let more = match self.transcripts.len() - named.len() {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            let named = named.join(", ");
            writeln!(f, "replay: transcripts of sessions are not brought back: {named}{more}")?;
        }
        if !self.not_simulated.is_empty() {
            writeln!(f, "scenario: not simulated: {}", self.not_simulated.join(", "))?;
        }
        for injection in self.injected.iter().take(SHOWN) {
            writeln!(f, "fault: {injection}")?;
        }
        if self.injected.len() > SHOWN {
            writeln!(f, "fault: ... and {} more", self.injected.len() - SHOWN)?;
        }
        for text in self.not_injected() {
            writeln!(f, "fault: {text}")?;
        }
        write!(f, "{REPLAY_REPORT}{} matched={} ", self.played, self.matched)?;
        if self.has_faults() {
            write!(f, "injected={} ", self.injected.len())?;
        }
        write!(
            f,
            "divergences={} left={} cli={}",
            self.divergences.len(),
            self.left.texts().len(),
            self.cli.as_deref().unwrap_or("unknown")
        )
    }
}

fn summary(left: &Left, all: bool) -> String {
    if all { format!("{left:#}") } else { left.to_string() }
}

fn list(f: &mut fmt::Formatter<'_>, name: &str, items: &[String]) -> fmt::Result {
    for item in items.iter().take(SHOWN) {
        write!(f, "\n  {name}: {item}")?;
    }
    if items.len() > SHOWN {
        write!(f, "\n  {name}: ... and {} more", items.len() - SHOWN)?;
    }
    Ok(())
}
