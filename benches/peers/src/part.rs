//! What is measured, of whom.

use meter::{Failure, Flavour, Read, Work};
use serde_json::Value;

use crate::results::Figure;
use crate::row::{Client, FLAVOURS, Row};
use crate::setup::{Lines, Setup};
use crate::stand_in::Script;

/// One measurement of a client's process.
pub(crate) struct Part {
    pub(crate) name: &'static str,
    pub(crate) work: Work,
    pub(crate) script: Script,
    /// How many sessions, starts, requests or interrupts the client is asked for.
    pub(crate) count: usize,
    /// What it must have seen: messages, requests that it answered, interrupts that were confirmed,
    /// or sessions; and the text of all deltas and answers in bytes.
    pub(crate) messages: usize,
    pub(crate) text: Option<usize>,
    pub(crate) rows: Vec<Row>,
    pub(crate) figures: Vec<(Figure, Column)>,
}

/// A figure in the report of a client.
type Column = fn(&Value) -> Option<f64>;

/// The parts with these names, or all if there are none.
pub(crate) fn chosen(setup: &Setup, names: &[String]) -> Result<Vec<Part>, Failure> {
    let mut parts = all(setup);
    if let Some(unknown) = names.iter().find(|name| parts.iter().all(|part| part.name != **name)) {
        let known: Vec<_> = parts.iter().map(|part| part.name).collect();
        return Err(format!("no part is called {unknown:?}: {}", known.join(", ")).into());
    }
    parts.retain(|part| names.is_empty() || names.iter().any(|name| name == part.name));
    Ok(parts)
}

fn all(setup: &Setup) -> Vec<Part> {
    let size = |full: usize| if setup.is_quick { full / 10 } else { full };
    let (asks, stamps, starts, sessions) = (size(2_000), size(500), size(20), size(200));
    let stream = |name, script: fn(String) -> Script, lines: &Lines, figures| Part {
        name,
        work: Work::Stream,
        script: script(lines.path.clone()),
        count: 0,
        messages: lines.count,
        text: Some(lines.text),
        rows: stream_rows(),
        figures,
    };
    let counted = |name, work, script, count, rows, figures| Part {
        name,
        work,
        script,
        count,
        messages: count,
        text: None,
        rows,
        figures,
    };
    vec![
        stream(
            "bulk",
            Script::Bulk,
            &setup.deltas,
            vec![(Figure::Bulk, cpu), (Figure::DeltasGrowth, growth)],
        ),
        stream("each", Script::Each, &setup.deltas, vec![(Figure::Each, cpu)]),
        stream("paced", Script::Paced, &setup.paced, vec![(Figure::Paced, cpu)]),
        stream(
            "turns",
            Script::Bulk,
            &setup.turns,
            vec![(Figure::Turns, cpu), (Figure::TurnsGrowth, growth)],
        ),
        Part {
            rows: line_rows(),
            ..stream("line", Script::Bulk, &setup.line, vec![(Figure::Line, in_lines)])
        },
        counted(
            "permission",
            Work::Ask,
            Script::Permission(asks),
            asks,
            session_rows(true),
            vec![(Figure::Permission, cpu)],
        ),
        counted(
            "hook",
            Work::Ask,
            Script::Hook(asks),
            asks,
            session_rows(false),
            vec![(Figure::Hook, cpu)],
        ),
        counted(
            "interrupt",
            Work::Interrupt,
            Script::Interrupt(asks),
            asks,
            session_rows(true),
            vec![(Figure::Interrupt, cpu)],
        ),
        counted(
            "first",
            Work::First,
            Script::Interrupt(0),
            starts,
            session_rows(true),
            vec![(Figure::First, median)],
        ),
        counted(
            "delay",
            Work::Stamps,
            Script::Stamps(stamps),
            stamps,
            session_rows(true),
            vec![(Figure::Delay, median), (Figure::DelayTail, tail)],
        ),
        counted(
            "idle",
            Work::Idle,
            Script::Idle,
            sessions,
            session_rows(true),
            vec![(Figure::Idle, median)],
        ),
    ]
}

fn stream_rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for flavour in FLAVOURS {
        rows.push(Row::new(Client::Floor, flavour, Read::Untouched));
        rows.push(Row::new(Client::Value, flavour, Read::Text));
        for read in [Read::Untouched, Read::Text, Read::Every] {
            rows.push(Row::new(Client::Wire, flavour, read));
        }
        rows.push(Row::new(Client::Codes, flavour, Read::Text));
        rows.push(Row::new(Client::Wrapper, flavour, Read::Text));
    }
    rows.push(Row::new(Client::Python, Flavour::Other, Read::Text));
    rows.push(Row::new(Client::TypeScript, Flavour::Other, Read::Text));
    rows
}

fn line_rows() -> Vec<Row> {
    let rows = stream_rows().into_iter();
    rows.filter(|row| row.flavour != Flavour::TokioMain).collect()
}

fn session_rows(with_wrapper: bool) -> Vec<Row> {
    let rows = stream_rows().into_iter();
    let is_once = |row: &Row| match row.client {
        Client::Floor => true,
        Client::Value => false,
        Client::Wrapper => with_wrapper,
        _ => row.read == Read::Text,
    };
    rows.filter(is_once).collect()
}

fn cpu(report: &Value) -> Option<f64> {
    Some(report["cpu"].as_f64()? / report["messages"].as_f64()?)
}

fn growth(report: &Value) -> Option<f64> {
    Some(report["grown"].as_f64()? * 1024.0 / 1e6)
}

fn in_lines(report: &Value) -> Option<f64> {
    Some(report["grown"].as_f64()? / (64.0 * 1024.0))
}

fn median(report: &Value) -> Option<f64> {
    report["median"].as_f64()
}

fn tail(report: &Value) -> Option<f64> {
    report["p99"].as_f64()
}
