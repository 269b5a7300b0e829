//! `trim`: a part of a recording.

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Duration;

use claude_wire::recording::{Event, EventKind, Recording};
use serde_json::{Value, json};

use super::arguments::{may_write, seconds};
use super::files::one_recording;
use super::timeline::{Class, From, Row, Timeline, count};
use crate::tool::terminal::Output;
use crate::{Failure, Found};

/// Write a part of a recording that can be replayed by itself.
///
/// --turns keeps some turns, and with them what comes before the first prompt and how the CLI
/// ended. Both halves of a request and its answer stay or go together. --pauses shortens long
/// waits, and --without-pieces leaves out the pieces of replies that were streamed; the replies
/// themselves stay. What goes is removed with its time. A mark in the new recording says what was
/// done. What later turns refer to (costs that add up, files) stays as it was recorded.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  claude-wire trim session.jsonl -o first-turn.jsonl --turns 1
  claude-wire trim session.jsonl -o middle.jsonl --turns 2-3 --pauses 0.5
  claude-wire trim streamed.jsonl -o short.jsonl --without-pieces

Exit codes: 0 written, 2 not.")]
#[command(group(clap::ArgGroup::new("what").required(true).multiple(true).args(["turns", "pauses", "without_pieces"])))]
pub(crate) struct Arguments {
    /// The recording, or a folder that has one
    recording: PathBuf,
    /// The recording to write
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
    /// Replace OUT if it exists
    #[arg(long)]
    force: bool,
    /// The turns to keep, from 1: N, or FIRST-LAST
    #[arg(long, value_name = "TURNS", value_parser = range)]
    turns: Option<(usize, usize)>,
    /// The longest time between two events, in seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pauses: Option<Duration>,
    /// Leave out the pieces of replies (`stream_event` lines)
    #[arg(long)]
    without_pieces: bool,
    #[command(flatten)]
    printed: Output,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Found, Failure> {
    may_write(&arguments.output, arguments.force)?;
    let path = one_recording(&arguments.recording)?;
    let mut recording = Recording::open(&path).map_err(|error| error.to_string())?;
    let path = path.display();
    recording.require_whole().map_err(|error| format!("{path}: {error}"))?;
    let before = recording.events.len();
    let timeline = Timeline::of(&recording);
    let mut done = Vec::new();
    let mut keep = vec![true; before];
    if let Some((first, last)) = arguments.turns {
        let turns = timeline.turns.len();
        if last > turns {
            return Err(format!("{path}: it has {}, not {last}", count(turns, "turn")));
        }
        done.push(format!("turns {first} to {last} of {turns}"));
        in_turns(&timeline, &recording, first - 1..=last - 1, &mut keep);
    }
    if arguments.without_pieces {
        done.push("without pieces of replies".to_owned());
        for (keep, row) in keep.iter_mut().zip(&timeline.rows) {
            *keep &= row.said.class != Class::Delta;
        }
    }
    // The lines that were replaced have other numbers now: the mark below comes first.
    let places: Vec<usize> = (0..before).filter(|index| keep[*index]).collect();
    let moved = |line: &u64| match line {
        1 => Some(1),
        _ => places.iter().position(|index| *index as u64 + 2 == *line).map(|at| at as u64 + 3),
    };
    recording.header.edited = recording.header.edited.iter().filter_map(moved).collect();
    let mut kept = keep.into_iter();
    recording.events.retain(|_| kept.next().unwrap_or(true));
    if let Some(most) = arguments.pauses {
        done.push(format!("no wait over {} s", most.as_secs_f64()));
        let most = u64::try_from(most.as_micros()).unwrap_or(u64::MAX);
        recording.events.iter_mut().for_each(|event| event.us = event.us.min(most));
    }
    let mark = EventKind::Mark(format!("trimmed: {}", done.join(", ")));
    recording.events.insert(0, Event::new(0, mark));
    recording.save(&arguments.output).map_err(|error| error.to_string())?;
    let events = recording.events.len() - 1;
    let file = &arguments.output;
    arguments.printed.say(
        format_args!("{}: {events} of {before} events", file.display()),
        || json!({"file": file.to_string_lossy(), "events": events, "of": before}),
    );
    Ok(Found::Nothing)
}

/// Keeps what belongs to these turns, what comes before the first turn, and the end.
fn in_turns(
    timeline: &Timeline,
    recording: &Recording,
    turns: std::ops::RangeInclusive<usize>,
    keep: &mut [bool],
) {
    let begins = |row: &Row| row.said.class == Class::Prompt && row.from == From::Program;
    let first_prompt = timeline.rows.iter().position(begins).unwrap_or(timeline.rows.len());
    let uuid = |index: usize, field: &str| uuid(&recording.events[index], field);
    let mut dropped = HashSet::new();
    for (index, row) in timeline.rows.iter().enumerate() {
        keep[index] = match row.from {
            _ if index < first_prompt => true,
            From::Recorder => true,
            _ => turns.contains(&row.turn),
        };
        if begins(row) && !keep[index] {
            dropped.extend(uuid(index, "uuid"));
        }
    }
    for (index, row) in timeline.rows.iter().enumerate() {
        // An answer goes with its request, and news of a prompt with the prompt.
        if let Some(asked) = row.answers.filter(|_| row.said.class == Class::Answer) {
            keep[index] = keep[asked];
        }
        if let Some(about) = uuid(index, "command_uuid") {
            keep[index] = !dropped.contains(&about);
        }
    }
}

fn uuid(event: &Event, field: &str) -> Option<String> {
    let line: Value = serde_json::from_slice(event.payload()?.bytes()).ok()?;
    line[field].as_str().map(str::to_owned)
}

fn range(text: &str) -> Result<(usize, usize), String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.trim().parse(), last.trim().parse()) {
        (Ok(first @ 1..), Ok(last)) if first <= last => Ok((first, last)),
        _ => Err("expected N or FIRST-LAST, counted from 1, as in 2-3".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_one_or_a_range() {
        assert_eq!(range("2"), Ok((2, 2)));
        assert_eq!(range("2-3"), Ok((2, 3)));
        for wrong in ["0", "3-2", "", "-", "1-", "a", "1-2-3"] {
            assert!(range(wrong).is_err(), "{wrong}");
        }
    }
}
