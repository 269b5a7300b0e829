//! A recording as a transcript.

use std::io::{self, Write};

use anstyle::Style as Colour;

use super::read::Read;
use crate::tool::terminal::{
    BLUE, BOLD, CYAN, DIM, GREEN, MAGENTA, RED, YELLOW, clipped, printable,
};
use crate::tool::timeline::{Class, From, Row, Timeline, count, dollars, duration};

/// How a transcript is written.
#[derive(Clone, Copy)]
pub(crate) struct Style {
    /// Every line, and the whole of it.
    pub(crate) all: bool,
    pub(crate) times: bool,
}

/// How much of a value is shown, in characters.
const SHOWN: usize = 160;

/// A transcript that is written line by line.
pub(crate) struct Transcript<'a> {
    read: &'a Read,
    style: Style,
    next: usize,
    turn: Option<usize>,
}

impl<'a> Transcript<'a> {
    pub(crate) fn new(read: &'a Read, style: Style) -> Self {
        Self { read, style, next: 0, turn: None }
    }

    pub(crate) fn head(&self, out: &mut dyn Write) -> io::Result<()> {
        head(self.read, self.style, out)
    }

    /// Writes the next event; with it the pieces of a reply that follow, unless all is shown.
    /// Returns false at the end.
    pub(crate) fn next(&mut self, out: &mut dyn Write) -> io::Result<bool> {
        let timeline = &self.read.timeline;
        let Some(row) = timeline.rows.get(self.next) else { return Ok(false) };
        if self.turn.replace(row.turn) != Some(row.turn) && !timeline.turns.is_empty() {
            writeln!(out, "{DIM}-- turn {}{DIM:#}", row.turn + 1)?;
        }
        let rest = &timeline.rows[self.next..];
        let pieces = rest.iter().take_while(|next| is_piece_of(row, next)).count();
        if pieces > 1 && !self.style.all {
            streamed(timeline, &rest[..pieces], self.style, out)?;
            self.next += pieces;
        } else {
            one(timeline, row, self.style, out)?;
            self.next += 1;
        }
        Ok(true)
    }
}

/// Where it comes from, and what is in it.
fn head(read: &Read, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let (header, timeline) = (&read.recording.header, &read.timeline);
    let cli = header.cli.as_deref().map_or("an unknown CLI".into(), |cli| format!("CLI {cli}"));
    let by = header.recorder.as_ref().map(|by| format!(", recorded by {by}")).unwrap_or_default();
    let at = header.recorded_at.as_ref().filter(|_| style.times);
    let at = at.map(|at| format!(" at {at}")).unwrap_or_default();
    writeln!(out, "{BOLD}{}{BOLD:#}", printable(&format!("{cli}{by}{at}")))?;
    if let Some(argv) = &header.argv {
        writeln!(out, "arguments: {}", printable(&argv.join(" ")))?;
    }
    for (name, value) in &header.env {
        writeln!(out, "environment: {}", printable(&format!("{name}={value}")))?;
    }
    let calls = timeline.turns.iter().map(|turn| turn.tool_calls).sum();
    let mut parts = vec![count(timeline.rows.len(), "event")];
    parts.push(count(timeline.ended_turns(), "turn"));
    parts.push(count(calls, "tool call"));
    if style.times {
        parts.push(duration(timeline.duration()));
        parts.extend(timeline.cost().map(dollars));
    }
    writeln!(out, "{}", parts.join(", "))?;
    for warning in read.recording.warnings() {
        writeln!(out, "{YELLOW}warning: {warning}{YELLOW:#}")?;
    }
    Ok(())
}

fn is_piece_of(first: &Row, next: &Row) -> bool {
    first.said.class == Class::Delta && next.said.class == Class::Delta && first.lane == next.lane
}

/// Pieces of a reply, on one line.
fn streamed(
    timeline: &Timeline,
    rows: &[Row],
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Some((first, last)) = rows.first().zip(rows.last()) else { return Ok(()) };
    start(timeline, first, style, out)?;
    let took = match style.times {
        true => format!(" ({})", duration(last.at.saturating_sub(first.at))),
        false => String::new(),
    };
    writeln!(out, "{DIM}streams{took}  {}{DIM:#}", count(rows.len(), "event"))
}

fn one(timeline: &Timeline, row: &Row, style: Style, out: &mut dyn Write) -> io::Result<()> {
    start(timeline, row, style, out)?;
    let colour = colour(row.said.class);
    write!(out, "{colour}{}{colour:#}", printable(&row.said.name))?;
    if let Some(asked) = row.answers.filter(|_| style.times) {
        let took = row.at.saturating_sub(timeline.rows[asked].at);
        write!(out, " {DIM}({}){DIM:#}", duration(took))?;
    }
    // Prose is shown in full, values are cut.
    let is_prose = matches!(
        row.said.class,
        Class::Prompt | Class::Reply | Class::Thinking | Class::Stderr | Class::Note
    );
    let is_numbers = row.said.class == Class::Result && !style.times;
    let text = match style.all || is_prose {
        _ if is_numbers => String::new(),
        true => printable(&row.said.text).into_owned(),
        false => clipped(&printable(&row.said.text), SHOWN),
    };
    let mut lines = text.lines();
    match lines.next() {
        Some(first) => writeln!(out, "  {first}")?,
        None => writeln!(out)?,
    }
    let indent = if style.times { MARGIN + 4 } else { 4 };
    lines.try_for_each(|line| writeln!(out, "{:indent$}{line}", ""))
}

/// The width of a time.
const MARGIN: usize = 10;

/// When, who, and which sub-agent.
fn start(timeline: &Timeline, row: &Row, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if style.times {
        write!(out, "{DIM}{:>MARGIN$.3}{DIM:#} ", row.at as f64 / 1e6)?;
    }
    let (who, colour) = match row.from {
        From::Program => (">", CYAN),
        From::Cli => ("<", GREEN),
        From::Stderr => ("!", RED),
        From::Recorder => ("-", DIM),
    };
    write!(out, "{colour}{who}{colour:#} ")?;
    if row.lane > 0 {
        write!(out, "{MAGENTA}[{}]{MAGENTA:#} ", printable(&timeline.lanes[row.lane].name))?;
    }
    Ok(())
}

fn colour(class: Class) -> Colour {
    match class {
        Class::Prompt => CYAN.bold(),
        Class::Reply => GREEN.bold(),
        Class::ToolCall | Class::ToolResult => YELLOW,
        Class::Request | Class::Answer => BLUE,
        Class::Result => BOLD,
        Class::Stderr | Class::Unreadable => RED,
        Class::Thinking | Class::Delta | Class::Status | Class::Note => DIM,
    }
}
