//! The order of the lines of a turn.
//!
//! A turn ends with its result. The lines of the main conversation (its start, the reply as it is
//! written, the reply, the result) have a fixed order. A tool's result has a place in that order
//! too, except among the deltas of a reply, since tools run while the rest of the reply is written.
//! Everything else may come at any time: answers to control requests, tasks, what sub-agents say.
//! What the host writes is not compared. Only the first line of each kind in a turn counts, so more
//! or fewer lines do not change the order.

use std::collections::BTreeSet;

use serde_json::Value;

use super::difference::{Change, Difference, Severity};
use crate::recording::census::Namer;
use crate::recording::file::Recording;
use crate::recording::normalise::json;

/// The kinds of a turn, in the order of their first lines.
#[derive(Default)]
struct Turn {
    kinds: Vec<String>,
    /// The kinds of the main conversation.
    main: Vec<String>,
}

pub(super) fn differences(before: &Recording, after: &Recording) -> Vec<Difference> {
    let (before, after) = (turns(before), turns(after));
    if before.len() != after.len() {
        // The last turn is what comes after the last result.
        let count = |turns: &[Turn]| (turns.len() - 1).to_string();
        return vec![
            Difference::whole(Severity::Breaking, Change::Turns)
                .between(count(&before), count(&after)),
        ];
    }
    before.iter().zip(&after).flat_map(|(before, after)| before.compare(after)).collect()
}

fn turns(recording: &Recording) -> Vec<Turn> {
    let mut turns = vec![Turn::default()];
    let mut namer = Namer::default();
    for event in &recording.events {
        let line = json(&event.kind);
        let Some(kind) = namer.name(&event.kind, line.as_ref()) else { continue };
        let Some(turn) = turns.last_mut().filter(|_| kind.starts_with("out ")) else { continue };
        let of_sub_agent =
            line.is_some_and(|line| !matches!(line["parent_tool_use_id"], Value::Null));
        let ends = kind.starts_with("out result/");
        turn.take_in(kind, of_sub_agent);
        if ends {
            turns.push(Turn::default());
        }
    }
    turns
}

impl Turn {
    fn take_in(&mut self, kind: String, of_sub_agent: bool) {
        let main =
            ["out system/init", "out stream_event/", "out assistant", "out user", "out result/"];
        if !of_sub_agent
            && main.iter().any(|start| kind.starts_with(start))
            && !self.main.contains(&kind)
        {
            self.main.push(kind.clone());
        }
        if !self.kinds.contains(&kind) {
            self.kinds.push(kind);
        }
    }

    fn compare(&self, other: &Self) -> Vec<Difference> {
        let streams = |kind: &str| kind != "out user";
        let tools = |kind: &str| !kind.starts_with("out stream_event/");
        let mut main = swapped(&self.main, &other.main, streams);
        main.extend(swapped(&self.main, &other.main, tools));
        let (severity, pairs) = match main.is_empty() {
            true => (Severity::Cosmetic, swapped(&self.kinds, &other.kinds, |_| true)),
            false => (Severity::Breaking, main),
        };
        pairs
            .into_iter()
            .map(|(first, second)| {
                Difference::of(severity, Change::Order, second).was(first.to_owned())
            })
            .collect()
    }
}

/// Adjacent kinds, of those that both turns have, whose order is now reversed.
fn swapped<'a>(
    before: &'a [String],
    after: &[String],
    counts: fn(&str) -> bool,
) -> BTreeSet<(&'a str, &'a str)> {
    let place = |kind: &str| after.iter().position(|other| other == kind);
    let common: Vec<_> = before
        .iter()
        .filter(|kind| counts(kind))
        .filter_map(|kind| Some((&**kind, place(kind)?)))
        .collect();
    common
        .windows(2)
        .filter(|pair| pair[0].1 > pair[1].1)
        .map(|pair| (pair[0].0, pair[1].0))
        .collect()
}
