//! What is measured, of whom.

use serde_json::Value;

use crate::results::Figure;
use crate::row::{Client, FLAVOURS, Flavour, Read, Row};
use crate::setup::{Lines, Setup};
use crate::stand_in::Script;

/// One measurement of a client's process.
pub(crate) struct Part {
    pub(crate) name: &'static str,
    /// As the clients know it.
    pub(crate) work: &'static str,
    pub(crate) script: Script,
    /// How many sessions, starts, requests or interrupts the client is asked for.
    pub(crate) count: usize,
    /// What it must have seen: messages, and the text of all deltas in bytes.
    pub(crate) messages: usize,
    pub(crate) text: Option<usize>,
    pub(crate) rows: Vec<Row>,
    pub(crate) figures: Vec<(Figure, fn(&Value) -> Option<f64>)>,
}

pub(crate) fn all(setup: &Setup) -> Vec<Part> {
    let size = |full: usize| if setup.is_quick { full / 10 } else { full };
    let (asks, stamps, starts, sessions) = (size(2_000), size(500), size(20), size(100));
    let stream = |name, script: fn(String) -> Script, lines: &Lines, figures| Part {
        name,
        work: "stream",
        script: script(lines.path.clone()),
        count: 0,
        messages: lines.count,
        text: lines.text,
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
            "ask",
            Script::Permission(asks),
            asks,
            session_rows(true),
            vec![(Figure::Permission, cpu)],
        ),
        counted(
            "hook",
            "ask",
            Script::Hook(asks),
            asks,
            session_rows(false),
            vec![(Figure::Hook, cpu)],
        ),
        counted(
            "interrupt",
            "interrupt",
            Script::Interrupt(asks),
            asks,
            session_rows(true),
            vec![(Figure::Interrupt, cpu)],
        ),
        counted(
            "first",
            "first",
            Script::Interrupt(0),
            starts,
            session_rows(true),
            vec![(Figure::First, median)],
        ),
        counted(
            "delay",
            "stamps",
            Script::Stamps(stamps),
            stamps,
            session_rows(true),
            vec![(Figure::Delay, median), (Figure::DelayTail, tail)],
        ),
        counted(
            "idle",
            "idle",
            Script::Interrupt(0),
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
