//! Comparing two runs of one conversation line by line.
//!
//! [`compare`](super::compare()) says what changed between two versions of the CLI, kind by kind.
//! This is stricter: each line that the CLI wrote has a partner in the other run, and every field of
//! it counts that [normalising](super::normalise()) leaves.

mod align;
mod pairs;
mod streams;

use std::fmt;

use serde::Serialize;

use self::align::align;
pub use self::pairs::FieldDifference;
use self::pairs::Pairs;
use self::streams::{Line, lines};
use super::file::Recording;
use super::normalise::normalise_runs;

/// How far two runs agree; see [`agreement`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Agreement {
    /// How many lines there are to agree on: those of the CLI that both runs have, and those that
    /// only one has. The way in which it ended counts as a line.
    pub lines: usize,
    /// The lines that differ, in the order of the expected run; lines that only the actual one has
    /// come last.
    pub differences: Vec<LineDifference>,
}

/// A line that differs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct LineDifference {
    /// The kind of the line, named as in a [`Census`](super::Census); `err` for a line of stderr,
    /// and `exit`.
    pub kind: String,
    /// Its line in the file of the expected run, unless it should not be there.
    pub expected: Option<usize>,
    /// Its line in the file of the actual run, unless it is missing there.
    pub actual: Option<usize>,
    /// What differs in it. If the line is missing, or should not be there: the whole line.
    pub fields: Vec<FieldDifference>,
}

/// Compares what the CLI wrote in two runs of the same conversation, line by line.
///
/// Both are [normalised](super::normalise()) first, except for versions and costs. An id of
/// the expected run corresponds to one id of the actual run, everywhere. A placeholder of redaction
/// in the expected run (`<text:1>`) matches any text. What the host wrote is not compared.
///
/// Lines have a fixed order, except for those that do not wait for each other: the states of
/// different commands, answers to control requests, the lines of different sub-agents, events of
/// background tasks, and stderr.
///
/// ```
/// use claude_wire::recording::{Event, EventKind, Header, Recording, agreement};
///
/// let recording = |line: &str| {
///     let mut recording = Recording::new(Header::new());
///     recording.events.push(Event::new(0, EventKind::Out(line.into())));
///     recording
/// };
/// let expected = recording(r#"{"type":"assistant","duration_ms":31,"error":null}"#);
/// let actual = recording(r#"{"type":"assistant","duration_ms":7,"error":"overloaded"}"#);
///
/// let agreement = agreement(&expected, &actual);
/// assert_eq!((agreement.lines, agreement.equal()), (1, 0));
/// assert_eq!(agreement.differences[0].to_string(), "out assistant: error: expected null, actual \"overloaded\"");
/// ```
pub fn agreement(expected: &Recording, actual: &Recording) -> Agreement {
    let (expected, actual) = normalise_runs(expected, actual);
    let (expected, actual) = (lines(&expected), lines(&actual));
    let mut pairs = Pairs::default();
    let mut agreement = Agreement::default();
    let aligned = align(&expected, &actual);
    for (expected, actual) in aligned {
        let counts = expected.or(actual).is_some_and(Line::counts);
        let fields = match (expected, actual) {
            (Some(expected), Some(actual)) => pairs.differences(&expected.content, &actual.content),
            (expected, actual) => vec![pairs::whole(
                expected.map(|line| &line.content),
                actual.map(|line| &line.content),
            )],
        };
        agreement.lines += usize::from(counts);
        if counts && !fields.is_empty() {
            agreement.differences.push(LineDifference {
                kind: expected.or(actual).map(|line| line.kind.clone()).unwrap_or_default(),
                expected: expected.map(|line| line.number),
                actual: actual.map(|line| line.number),
                fields,
            });
        }
    }
    agreement
}

impl Agreement {
    /// How many lines are equal.
    pub fn equal(&self) -> usize {
        self.lines - self.differences.len()
    }
}

impl LineDifference {
    /// The line that only one run has.
    fn whole(&self) -> &str {
        let field = self.fields.first();
        field
            .and_then(|field| field.expected.as_deref().or(field.actual.as_deref()))
            .unwrap_or_default()
    }
}

impl fmt::Display for LineDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.expected, self.actual) {
            (Some(_), None) => write!(f, "{}: missing: {}", self.kind, self.whole()),
            (None, _) => write!(f, "{}: not expected: {}", self.kind, self.whole()),
            _ => {
                for (number, field) in self.fields.iter().enumerate() {
                    let start = if number == 0 { "" } else { "\n" };
                    write!(f, "{start}{}: {field}", self.kind)?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for FieldDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
        let (expected, actual) = (shown(&self.expected), shown(&self.actual));
        let path = if self.path.is_empty() { "the line" } else { &self.path };
        write!(f, "{path}: expected {expected}, actual {actual}")
    }
}

#[cfg(test)]
mod tests;
