//! Recordings that the same launch may be, and that differ in what they write before its first
//! prompt.

use std::collections::BTreeMap;

use crate::recording::{self, Event, EventKind, Header, Payload, Recording, Stream};

use super::aliases::{self, Aliases};
use super::choice::Pool;
use super::compiled::Launched;
use super::host_line::HostLine;
use super::machine::{Input, Machine, Step};
use super::opening::FirstPrompt;

/// How many differences a warning names.
const NAMED: usize = 3;

/// A recorded launch up to its first prompt.
struct Opening {
    /// `None`: the recording does not say.
    args: Option<Vec<String>>,
    /// What its host wrote.
    inputs: Vec<Input>,
    /// The ids of the requests that its host was sent.
    requests: Vec<String>,
    /// What its host was sent, without what differs from run to run.
    all: Recording,
    /// The same as it was sent: before each input, and after the last one.
    written: Vec<Vec<Event>>,
}

/// One warning for each recording that may be played in the place of another.
pub(super) fn warnings(pool: &Pool) -> Vec<String> {
    let count = pool.recordings.len();
    let openings: Vec<_> = (0..count).map(|index| Opening::of(pool, index)).collect();
    let mut found = Vec::new();
    for (own, opening) in openings.iter().enumerate() {
        let Some(opening) = opening else { continue };
        found.extend(openings[..own].iter().enumerate().find_map(|(front, other)| {
            let differences = opening.differences(pool, front, other.as_ref()?);
            if differences.is_empty() {
                return None;
            }
            let (front, own) = (pool.name(front), pool.name(own));
            Some(format!(
                "{front} and {own} may be the same launch until the first prompt, and {own} writes \
                 something else before it ({}): a launch that turns out to be {own} can begin with \
                 the lines of {front}",
                differences.join("; ")
            ))
        }));
    }
    found
}

impl Opening {
    /// `None`: it cannot be played, or its first prompt is an argument and decides at once.
    fn of(pool: &Pool, index: usize) -> Option<Self> {
        let recording = pool.recordings[index].recording().ok()?;
        let recording = recording.expand(&BTreeMap::new()).ok()?;
        let is_text = FirstPrompt::is_text_of(&recording.header);
        let inputs = recording.events.iter().map_while(|event| input(event, is_text));
        let mut opening = Self {
            args: recording.header.argv.clone(),
            inputs: inputs.flatten().collect(),
            requests: Vec::new(),
            all: Recording::new(Header::new()),
            written: Vec::new(),
        };
        let written = opening.played_to(pool, index, opening.args.clone().unwrap_or_default())?;
        opening.requests = written.iter().flatten().filter_map(aliases::request_id).collect();
        opening.written = events(&written);
        opening.all = joined(&opening.written);
        (opening.written.len() > opening.inputs.len()).then_some(opening)
    }

    /// Where a recording differs that is played in the place of this one.
    fn differences(&self, pool: &Pool, front: usize, other: &Self) -> Vec<String> {
        if self.all.events == other.all.events {
            return Vec::new();
        }
        let args = self.args.as_ref().or(other.args.as_ref()).cloned().unwrap_or_default();
        let Some(written) = self.played_to(pool, front, args) else { return Vec::new() };
        let own = joined(&self.written[..written.len()]);
        let differences = recording::compare(&own, &joined(&events(&written)));
        let more = differences.len().saturating_sub(NAMED);
        let mut named: Vec<_> = differences.iter().take(NAMED).map(ToString::to_string).collect();
        if more > 0 {
            named.push(format!("and {more} more"));
        }
        named
    }

    /// What a recording writes to this host before each of its inputs and after the last one, up to
    /// the first input that differs. `None`: it cannot be played, or has its prompt already.
    fn played_to(&self, pool: &Pool, index: usize, args: Vec<String>) -> Option<Vec<Vec<Step>>> {
        let launch = Launched { args, ..Launched::default() };
        let script = pool.recordings[index].script(&launch).ok()?;
        let live = launch.read(script.cli.as_deref());
        let mut machine = Machine::new(script).speaking(&launch.args).launched(live);
        if machine.is_diverged() || machine.has_prompt() {
            return None;
        }
        let mut aliases = Aliases::default();
        let mut written = Vec::new();
        let mut inputs = self.inputs.iter();
        loop {
            let mut steps = Vec::new();
            loop {
                match machine.next(0) {
                    Step::Exit(_) | Step::Wait(_) => break,
                    step => {
                        if let Some(id) = aliases::request_id(&step) {
                            aliases.pair(&self.requests, id);
                        }
                        steps.push(step);
                    }
                }
            }
            if machine.is_diverged() {
                return Some(written);
            }
            written.push(steps);
            let Some(input) = inputs.next() else { return Some(written) };
            machine.handle(0, aliases.incoming(input.clone()));
            if machine.is_diverged() {
                return Some(written);
            }
        }
    }
}

/// What the host did before its first prompt and its end of input.
fn input(event: &Event, is_text: bool) -> Option<Option<Input>> {
    match &event.kind {
        EventKind::In(line) => match HostLine::read(line.bytes(), is_text) {
            HostLine::Prompt { .. } => None,
            HostLine::Other { json, .. } if FirstPrompt::is_text(json.as_ref()) => None,
            _ => Some(Some(Input::Line(line.bytes().clone()))),
        },
        EventKind::Eof(Stream::In) => None,
        _ => Some(None),
    }
}

fn events(pieces: &[Vec<Step>]) -> Vec<Vec<Event>> {
    let event = |step: &Step| {
        Some(Event::new(
            0,
            match step {
                Step::Out(line) => EventKind::Out(Payload::from_wire(line.clone())),
                Step::Err(line) => EventKind::Err(Payload::from_wire(line.clone())),
                _ => return None,
            },
        ))
    };
    pieces.iter().map(|steps| steps.iter().filter_map(event).collect()).collect()
}

/// A recording of these lines, without what differs from run to run.
fn joined(pieces: &[Vec<Event>]) -> Recording {
    let mut all = Recording::new(Header::new());
    all.events = pieces.iter().flatten().cloned().collect();
    recording::normalise(&all)
}
