//! A recording as people read it: what each line says, and which lines belong together.
//!
//! Nothing is left out: each event is a row. What a row says comes from `describe`; `build` pairs
//! requests with their answers, tool calls with their results and prompts with their results.

mod build;
mod describe;

use claude_wire::recording::Recording;

pub(crate) use self::describe::Described;

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

/// Where an event comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// The program, on the CLI's stdin.
    Program,
    /// The CLI, on its stdout.
    Cli,
    /// The CLI, on its stderr.
    Stderr,
    /// What is not a line: a mark, the end of a stream, a signal, the exit.
    Recorder,
}

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Prompt,
    Reply,
    Thinking,
    ToolCall,
    ToolResult,
    Request,
    Answer,
    Result,
    /// A part of a reply that is being written.
    Delta,
    /// What the CLI reports about itself.
    Status,
    Stderr,
    /// What is not a message.
    Unreadable,
    /// What is not a line.
    Note,
}

impl Class {
    /// Its name in JSON, and in the page.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::Reply => "reply",
            Self::Thinking => "thinking",
            Self::ToolCall => "tool_call",
            Self::ToolResult => "tool_result",
            Self::Request => "request",
            Self::Answer => "answer",
            Self::Result => "result",
            Self::Delta => "delta",
            Self::Status => "status",
            Self::Stderr => "stderr",
            Self::Unreadable => "unreadable",
            Self::Note => "note",
        }
    }
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
    pub(crate) fn of(recording: &Recording) -> Self {
        build::build(recording)
    }

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

/// A duration for people, with three digits: `12 µs`, `878 ms`, `1.41 s`, `3 min 20 s`.
pub(crate) fn duration(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..10_000 => format!("{:.1} ms", us as f64 / 1e3),
        10_000..1_000_000 => format!("{} ms", us / 1_000),
        1_000_000..60_000_000 => format!("{:.2} s", us as f64 / 1e6),
        _ => format!("{} min {} s", us / 60_000_000, us / 1_000_000 % 60),
    }
}

/// `1 turn`, `2 turns`.
pub(crate) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// `$0.0024`.
pub(crate) fn dollars(cost: f64) -> String {
    format!("${cost:.4}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_short() {
        let texts = [999, 1_500, 9_999, 878_132, 1_410_000, 200_000_000].map(duration);
        assert_eq!(texts, ["999 µs", "1.5 ms", "10.0 ms", "878 ms", "1.41 s", "3 min 20 s"]);
    }
}
