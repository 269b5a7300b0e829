//! Two runs next to each other, line by line.

use claude_wire::recording::{Difference, compare};
use maud::{Markup, html};
use similar::{Algorithm, DiffTag, capture_diff_slices};

use super::head::head;
use super::run::Run;
use super::{chart, rows, tables};
use crate::tool::terminal::printable;
use crate::tool::timeline::{Class, From, Timeline};

/// Two runs, or one that has no counterpart.
pub(super) fn pair(one: Option<&Run>, other: Option<&Run>) -> Markup {
    let lines = match (one, other) {
        (Some(one), Some(other)) => aligned(&one.read.timeline, &other.read.timeline),
        (Some(one), None) => {
            (0..one.read.timeline.rows.len()).map(|row| (Some(row), None)).collect()
        }
        (None, Some(other)) => {
            (0..other.read.timeline.rows.len()).map(|row| (None, Some(row))).collect()
        }
        (None, None) => Vec::new(),
    };
    html! {
        div.two {
            @for run in [one, other] {
                @match run {
                    Some(run) => section.run id={ "run-" (run.number) } {
                        (head(run)) (chart::chart(run)) (tables::tables(run))
                    },
                    None => p.absent { "No recording is the counterpart." },
                }
            }
        }
        @if let (Some(one), Some(other)) = (one, other) {
            (differ(&compare(&one.read.recording, &other.read.recording)))
        }
        div.rows.pairs {
            @for (left, right) in lines {
                div.line .{ @if left.is_some() && right.is_some() { "both" } @else { "one" } }
                    .{ @if says_other(one.zip(left), other.zip(right)) { "differs" } @else { "same" } } {
                    div { @if let Some((one, left)) = one.zip(left) { (rows::one(one, left)) } }
                    div { @if let Some((other, right)) = other.zip(right) { (rows::one(other, right)) } }
                }
            }
        }
    }
}

fn differ(differences: &[Difference]) -> Markup {
    html! {
        section.differences {
            h2 { "Differences" }
            @if differences.is_empty() {
                p { "None but texts of the same kind, ids and times." }
            } @else {
                ul { @for difference in differences {
                    li .{ "severity-" (difference.severity) } { (printable(&difference.to_string())) }
                } }
            }
        }
    }
}

/// The rows of both, where the same kind of line is in both as one pair.
fn aligned(one: &Timeline, other: &Timeline) -> Vec<(Option<usize>, Option<usize>)> {
    let [left, right] = [one, other].map(|timeline| {
        timeline.rows.iter().map(|row| key(row.from, row.said.class, &row.said.name)).collect()
    });
    let (left, right): (Vec<String>, Vec<String>) = (left, right);
    let mut lines = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &left, &right) {
        let (tag, old, new) = op.as_tag_tuple();
        match tag {
            DiffTag::Equal => lines.extend(old.zip(new).map(|(old, new)| (Some(old), Some(new)))),
            _ => {
                lines.extend(old.map(|old| (Some(old), None)));
                lines.extend(new.map(|new| (None, Some(new))));
            }
        }
    }
    lines
}

fn key(from: From, class: Class, name: &str) -> String {
    format!("{from:?} {class:?} {name}")
}

/// Whether these two lines do not say the same, each a row of its run.
fn says_other(left: Option<(&Run, usize)>, right: Option<(&Run, usize)>) -> bool {
    let (Some((one, left)), Some((other, right))) = (left, right) else { return true };
    one.read.timeline.rows[left].said.text != other.read.timeline.rows[right].said.text
}
