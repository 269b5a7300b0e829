//! The first difference between a host and the recorded one, and its text.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::player::candidate::Candidate;
use crate::player::difference::Difference;
use crate::player::instead::Instead;
use crate::player::left::Left;
use crate::recording::RECORD_AGAIN;

/// The first difference between a host and the recorded one. It ends the run.
///
/// Its text says what arrived, what was expected, where the two differ, what is left of the
/// recording, and what to do. Of what is left it shows counts and prompts; the alternate form
/// (`{:#}`) shows all.
#[derive(Clone, Debug)]
pub struct Divergence {
    pub(super) kind: Kind,
    pub(super) arrived: Option<String>,
    pub(super) expected: Option<String>,
    pub(super) differences: Vec<Difference>,
    pub(super) remaining: Left,
    pub(super) others: Vec<String>,
    pub(super) hint: Option<String>,
    /// The recording.
    pub(super) source: Option<String>,
    /// The run folder, where it is explained.
    pub(super) run: Option<Arc<Path>>,
    /// What was compared, field by field. Only a run folder has it.
    pub(super) candidates: Vec<Candidate>,
    /// What the host did, so that it can be accepted. Only a run folder has it.
    pub(super) instead: Option<Box<Instead>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
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
pub(super) const SHOWN: usize = 8;

impl Divergence {
    pub(in crate::player) fn mismatch(
        arrived: String,
        expected: String,
        differences: Vec<Difference>,
    ) -> Self {
        Self { differences, ..Self::new(Kind::Mismatch, Some(arrived), Some(expected)) }
    }

    /// The launch is not the recorded one; `arrived` is what settled it, after the launch.
    pub(in crate::player) fn launch(arrived: Option<String>, differences: Vec<Difference>) -> Self {
        Self { differences, ..Self::new(Kind::Launch, arrived, None) }
    }

    pub(in crate::player) fn extra(arrived: String) -> Self {
        Self::new(Kind::Extra, Some(arrived), None)
    }

    pub(in crate::player) fn out_of_turn(arrived: String, expected: String) -> Self {
        Self::new(Kind::OutOfTurn, Some(arrived), Some(expected))
    }

    pub(in crate::player) fn early_end(expected: String) -> Self {
        Self::new(Kind::EarlyEnd, Some("end of input".to_owned()), Some(expected))
    }

    pub(in crate::player) fn leftover() -> Self {
        Self::new(Kind::Leftover, None, None)
    }

    pub(in crate::player) fn stalled(limit: Duration, expected: String) -> Self {
        Self::new(Kind::Stalled(limit), None, Some(expected))
    }

    pub(in crate::player) fn remaining(self, remaining: Left) -> Self {
        Self { remaining, ..self }
    }

    /// The difference that caused it, as a hint, instead of the usual one.
    pub(in crate::player) fn because(self, hint: String) -> Self {
        Self { hint: Some(hint), ..self }
    }

    /// A launch that is none of the recordings.
    pub(in crate::player) fn unrecorded(arrived: String) -> Self {
        Self::new(Kind::Unrecorded, Some(arrived), None)
    }

    /// A recording cannot be read or played.
    pub(in crate::player) fn unplayable(why: String) -> Self {
        Self::new(Kind::Unplayable, None, Some(why))
    }

    /// Names the recording.
    pub(in crate::player) fn of(self, source: Option<String>) -> Self {
        Self { source, ..self }
    }

    /// Names the run folder in which it is explained.
    pub(in crate::player) fn in_run(self, run: Option<Arc<Path>>) -> Self {
        Self { run, ..self }
    }

    /// Adds what was compared.
    pub(in crate::player) fn explained(mut self, candidates: Vec<Candidate>) -> Self {
        self.candidates = candidates;
        self
    }

    /// Adds what the host did in the place of what was recorded.
    pub(in crate::player) fn instead(mut self, instead: Option<Instead>) -> Self {
        self.instead = instead.map(Box::new);
        self
    }

    /// What the host did, where it can be accepted, and where it differs from what was recorded.
    pub(in crate::player) fn acceptable(&self) -> Option<(&Instead, &[Difference])> {
        self.instead.as_deref().map(|instead| (instead, self.differences.as_slice()))
    }

    /// The recording, as the report names it.
    pub(in crate::player) fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    /// What was compared, field by field.
    pub(in crate::player) fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// Names other recordings, after those that are named.
    pub(in crate::player) fn among(mut self, others: Vec<String>) -> Self {
        self.others.extend(others);
        self
    }

    pub(super) fn new(kind: Kind, arrived: Option<String>, expected: Option<String>) -> Self {
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

    /// The host did nothing for the [idle timeout](crate::player::Script::idle_timeout), and the recording
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
    pub(in crate::player) fn advice(&self) -> String {
        format!("{}; {}", self.what(), self.hint())
    }

    /// Which replay differs.
    pub(in crate::player) fn replay(&self) -> String {
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

pub(super) fn summary(left: &Left, all: bool) -> String {
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
