//! The rows of a recording, and what belongs together.

use super::describe::Described;
use super::words::From;

/// A recording with what belongs together.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    /// One for each event, in order.
    pub(crate) rows: Vec<Row>,
    pub(crate) turns: Vec<Turn>,
    /// The main conversation, then one for each sub-agent.
    pub(crate) lanes: Vec<Lane>,
    /// What has a beginning and an end, in the order of the beginnings.
    pub(crate) spans: Vec<Span>,
}

/// One event.
#[derive(Debug)]
pub(crate) struct Row {
    /// Its line in the file, from 1. The header is line 1.
    pub(crate) line: usize,
    /// Microseconds since the launch.
    pub(crate) at: u64,
    pub(crate) from: From,
    pub(crate) said: Described,
    /// Its lane, as an index.
    pub(crate) lane: usize,
    /// Its turn, as an index. What comes before the first prompt belongs to the first turn.
    pub(crate) turn: usize,
    /// The row that it answers: a request, a tool call, or the first prompt of its turn.
    pub(crate) answers: Option<usize>,
    /// The row with its answer.
    pub(crate) answered_by: Option<usize>,
}

/// What ends with a result.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    /// The rows of its prompts; empty for a turn that the CLI began.
    pub(crate) prompts: Vec<usize>,
    /// The row of its result; `None` if the recording ends before.
    pub(crate) result: Option<usize>,
    /// When it begins, in microseconds since the launch: with its first prompt, but not before the
    /// end of the turn before it.
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// Microseconds until the first line of the model.
    pub(crate) first_reply: Option<u64>,
    /// What it cost in dollars, if the CLI says so.
    pub(crate) cost: Option<f64>,
    pub(crate) tokens_in: u64,
    pub(crate) tokens_out: u64,
    pub(crate) tool_calls: usize,
}

#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) name: String,
}

#[derive(Debug)]
pub(crate) struct Span {
    pub(crate) kind: SpanKind,
    pub(crate) name: String,
    pub(crate) lane: usize,
    /// The row that begins it.
    pub(crate) first: usize,
    /// The row that ends it; `None` if none does.
    pub(crate) last: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SpanKind {
    /// The program waits for a result.
    Turn,
    /// The program waits for the answer to its request.
    ProgramRequest,
    /// The CLI waits for the program to answer.
    CliRequest,
    /// A tool runs.
    Tool,
    /// A sub-agent works.
    Agent,
}

impl Timeline {
    /// Microseconds from the launch to the last event.
    pub(crate) fn duration(&self) -> u64 {
        self.rows.last().map_or(0, |row| row.at)
    }

    /// When a span ends. One without an end lasts to the end of the recording.
    pub(crate) fn end_of(&self, span: &Span) -> u64 {
        span.last.map_or(self.duration(), |row| self.rows[row].at)
    }

    /// How long a span lasts, if it ends.
    pub(crate) fn length_of(&self, span: &Span) -> Option<u64> {
        span.last.map(|last| self.rows[last].at.saturating_sub(self.rows[span.first].at))
    }

    /// The spans of a kind that end, with their lengths.
    pub(crate) fn lengths(&self, kind: SpanKind) -> impl Iterator<Item = (&str, u64)> {
        let spans = self.spans.iter().filter(move |span| span.kind == kind);
        spans.filter_map(move |span| Some((span.name.as_str(), self.length_of(span)?)))
    }

    /// What the recording cost in dollars, if the CLI says so.
    pub(crate) fn cost(&self) -> Option<f64> {
        let known: Vec<f64> = self.turns.iter().filter_map(|turn| turn.cost).collect();
        (!known.is_empty()).then(|| known.iter().sum())
    }

    /// The number of turns that ended.
    pub(crate) fn ended_turns(&self) -> usize {
        self.turns.iter().filter(|turn| turn.result.is_some()).count()
    }
}
