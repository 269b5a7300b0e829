//! The lines of a run.

use maud::{Markup, html};

use super::run::Run;
use crate::tool::terminal::{clipped, printable};
use crate::tool::timeline::{Class, From, Row, duration};

/// How much of a line's text is in the page; the raw line has all of it.
const SHOWN: usize = 4_000;

/// How much of a value is shown while it is folded.
const VALUE: usize = 300;

pub(super) fn rows(run: &Run) -> Markup {
    let timeline = &run.read.timeline;
    let mut turn = None;
    html! {
        div.rows {
            @for (index, row) in timeline.rows.iter().enumerate() {
                @if turn.replace(row.turn) != Some(row.turn) && !timeline.turns.is_empty() {
                    h3 { "Turn " (row.turn + 1) }
                }
                (one(run, index))
            }
        }
    }
}

/// One row, which unfolds to the raw line.
pub(super) fn one(run: &Run, index: usize) -> Markup {
    let timeline = &run.read.timeline;
    let row = &timeline.rows[index];
    let before = index.checked_sub(1).map_or(0, |before| timeline.rows[before].at);
    let pair = row.answers.or(row.answered_by);
    let id = |row: usize| format!("r{}-{row}", run.number);
    html! {
        details.row .{ "from-" (row.from.name()) } .{ "is-" (row.said.class.name()) }
            id=(id(index)) data-run=(run.number) data-line=(row.line) data-kind=(kind(row))
            data-pair=[pair.map(id)] {
            summary {
                span.at title={ (duration(row.at - before)) " after the line before" } {
                    (format!("{:.3}", row.at as f64 / 1e6))
                }
                span.who title=(who(row)) { (arrow(row)) }
                span.said {
                    @if row.lane > 0 { span.lane .{ "lane-" (row.lane % 6) } { (printable(&timeline.lanes[row.lane].name)) } " " }
                    b { (printable(&row.said.name)) } " "
                    (text(row))
                    " " (answer(run, row))
                }
            }
            pre.raw {}
        }
    }
}

/// What it says: prose as it is, values on one line.
fn text(row: &Row) -> Markup {
    let is_prose = matches!(
        row.said.class,
        Class::Prompt | Class::Reply | Class::Thinking | Class::ToolResult | Class::Stderr
    );
    let shown = match row.said.text.char_indices().nth(SHOWN) {
        Some((end, _)) => row.said.text.get(..end).unwrap_or_default().to_owned() + "…",
        None => row.said.text.clone(),
    };
    let shown = printable(&shown);
    html! {
        @if is_prose { span.text { (shown) } }
        @else { span.value { (clipped(&shown, VALUE)) } }
    }
}

/// The link to its answer, or to what it answers.
fn answer(run: &Run, row: &Row) -> Markup {
    let rows = &run.read.timeline.rows;
    let link = |index: usize| format!("#r{}-{index}", run.number);
    html! {
        @if let Some(asked) = row.answers {
            a.pair href=(link(asked)) { "↑ after " (duration(row.at.saturating_sub(rows[asked].at))) }
        }
        @if let Some(answer) = row.answered_by {
            a.pair href=(link(answer)) { "↓ " (duration(rows[answer].at.saturating_sub(row.at))) }
        }
    }
}

fn who(row: &Row) -> &'static str {
    match row.from {
        From::Program => "the program, on stdin",
        From::Cli => "the CLI, on stdout",
        From::Stderr => "the CLI, on stderr",
        From::Recorder => "the recorder",
    }
}

fn arrow(row: &Row) -> &'static str {
    match row.from {
        From::Program => "→",
        From::Cli => "←",
        From::Stderr => "!",
        From::Recorder => "·",
    }
}

/// What the page filters by.
fn kind(row: &Row) -> &'static str {
    match row.said.class {
        Class::Prompt | Class::Reply | Class::Thinking | Class::Result => "talk",
        Class::ToolCall | Class::ToolResult => "tools",
        Class::Request | Class::Answer => "control",
        Class::Delta => "delta",
        Class::Status | Class::Stderr | Class::Unreadable | Class::Note => "status",
    }
}
