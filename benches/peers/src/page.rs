//! The tables of `docs/performance.md`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use meter::{Failure, Flavour, Read};

use crate::results::{Figure, Results};
use crate::row::{Client, Row};
use crate::targets;

const BEGIN: &str = "<!-- written by benches/peers: begin -->\n";
const END: &str = "<!-- written by benches/peers: end -->";

const STREAMS: [(Figure, &str); 4] = [
    (Figure::Bulk, "delta, bulk"),
    (Figure::Each, "delta, one write each"),
    (Figure::Paced, "delta, one each 250 µs"),
    (Figure::Turns, "turn message, bulk"),
];
const OTHERS: [(Figure, &str); 4] = [
    (Figure::Permission, "permission, µs"),
    (Figure::Hook, "hook, µs"),
    (Figure::Interrupt, "interrupt, µs"),
    (Figure::Idle, "idle session, KiB"),
];
const TIMES: [(Figure, &str); 3] = [
    (Figure::First, "first message, ms"),
    (Figure::Delay, "write to caller, µs"),
    (Figure::DelayTail, "99 % of them, µs"),
];
const MEMORY: [(Figure, &str); 3] = [
    (Figure::DeltasGrowth, "deltas in bulk, MB"),
    (Figure::TurnsGrowth, "turns in bulk, MB"),
    (Figure::Line, "a line of 64 MiB, as a multiple of the line's size"),
];

/// A figure below this has no ratio: the pages of memory that a client takes differ by more.
const LEAST: f64 = 0.1;
const RATIOS: &str = "
In brackets: the figure as a multiple of claude-wire's, on the same runtime and with the same
reading. The two SDKs are compared with `current_thread`. Figures below 0.1 have no ratio.
";

/// All tables, under a line about the run.
pub(crate) fn tables(results: &Results, about: &str) -> String {
    let mut text = format!("{about}\n\n");
    let _ = writeln!(text, "| what | claude-wire | compared with | ratio | target | |");
    let _ = writeln!(text, "|---|---|---|---|---|---|");
    for target in targets::all() {
        if let Some([figure, against, ratio, goal]) = target.columns(results) {
            let met = if target.is_met(results) == Some(true) { "reached" } else { "**missed**" };
            let what = target.what;
            let _ = writeln!(text, "| {what} | {figure} | {against} | {ratio} | {goal} | {met} |");
        }
    }
    text.push_str(RATIOS);
    table(&mut text, results, "CPU time of a message, in µs", true, &STREAMS);
    table(&mut text, results, "Growth of memory over a turn", true, &MEMORY);
    table(&mut text, results, "CPU time of a round trip, and idle memory", false, &OTHERS);
    table(&mut text, results, "Latency", false, &TIMES);
    text
}

fn table(text: &mut String, results: &Results, title: &str, reads: bool, of: &[(Figure, &str)]) {
    let figures: Vec<_> = of.iter().map(|(figure, _)| *figure).collect();
    let rows = results.rows(&figures);
    if rows.is_empty() {
        return;
    }
    let names: Vec<_> = of.iter().map(|(_, name)| *name).collect();
    let read = if reads { " what is read |" } else { "" };
    let _ = writeln!(text, "\n{title}:\n");
    let _ = writeln!(text, "| client | runtime |{read} {} |", names.join(" | "));
    let columns = 2 + usize::from(reads) + of.len();
    let _ = writeln!(text, "{}|", "|---".repeat(columns));
    for row in rows {
        let _ = write!(text, "| {} | {} |", row.client.name(), row.flavour.name());
        if reads {
            let _ = write!(text, " {} |", row.what_is_read());
        }
        for figure in &figures {
            let _ = match (results.get(*figure, row), ratio(results, *figure, row)) {
                (Some(value), Some(ratio)) => write!(text, " {value:.2} ({ratio}) |"),
                (Some(value), None) => write!(text, " {value:.2} |"),
                (None, _) => write!(text, " - |"),
            };
        }
        text.push('\n');
    }
}

/// The figure as a multiple of that of claude-wire.
fn ratio(results: &Results, figure: Figure, row: Row) -> Option<String> {
    if row.client == Client::Wire {
        return None;
    }
    let flavour = match row.flavour {
        Flavour::Other => Flavour::CurrentThread,
        flavour => flavour,
    };
    let wire = |read| results.get(figure, Row::new(Client::Wire, flavour, read));
    let wire = wire(row.read).or_else(|| wire(Read::Text))?;
    let value = results.get(figure, row)?;
    (value.min(wire) >= LEAST).then(|| match value / wire {
        ratio if ratio < 10.0 => format!("{ratio:.2}×"),
        ratio => format!("{ratio:.0}×"),
    })
}

/// Puts the tables between their marks.
pub(crate) fn write(tables: &str) -> Result<(), Failure> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/performance.md");
    let text = fs::read_to_string(&page)?;
    let (before, rest) = text.split_once(BEGIN).ok_or("docs/performance.md has no mark")?;
    let (_, after) = rest.split_once(END).ok_or("docs/performance.md has no mark of the end")?;
    fs::write(&page, format!("{before}{BEGIN}\n{tables}\n{END}{after}"))?;
    Ok(())
}
