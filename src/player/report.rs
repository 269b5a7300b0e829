//! The report of a replay: for programs, for stderr, for people.

mod divergence;
mod json;

use std::fmt;

use self::divergence::{SHOWN, summary};
use super::excused::Excused;
use super::left::{self, Left};
use crate::faults::{Fault, Injection};
use crate::transport::REPLAY_REPORT;

pub use self::divergence::Divergence;

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
