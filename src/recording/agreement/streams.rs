//! The lines of a run, in streams that have an order each.

use serde_json::{Value, json};

use crate::recording::census::Namer;
use crate::recording::event::EventKind;
use crate::recording::file::Recording;
use crate::recording::normalise::json;

/// Lines of different streams do not wait for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stream {
    /// What the host wrote: not compared, but it has ids.
    Host,
    /// The conversation.
    Main,
    /// The states of the commands. Those of a command have an order.
    Lifecycle,
    /// Answers to the host's control requests.
    Answers,
    /// The conversations of sub-agents, one after the other.
    SubAgents,
    /// What is said of background tasks.
    Tasks,
    Stderr,
    /// How the CLI ended.
    Exit,
}

/// A line to compare.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) stream: Stream,
    pub(super) kind: String,
    /// Its line in the file, counted from 1.
    pub(super) number: usize,
    /// Its JSON, or its text as JSON.
    pub(super) content: Value,
}

impl Line {
    pub(super) fn counts(&self) -> bool {
        self.stream != Stream::Host
    }
}

/// The lines of a normalised recording, stream by stream.
pub(super) fn lines(recording: &Recording) -> Vec<Line> {
    let mut namer = Namer::default();
    let mut lines = Vec::new();
    // The first line of the file is the header.
    for (number, event) in (2..).zip(&recording.events) {
        let parsed = json(&event.kind);
        let (stream, kind, content) = match &event.kind {
            EventKind::In(payload) | EventKind::Out(payload) => {
                let Some(kind) = namer.name(&event.kind, parsed.as_ref()) else { continue };
                let text = || String::from_utf8_lossy(payload.bytes()).into_owned();
                let content = parsed.unwrap_or_else(|| text().into());
                (stream(&kind, &content), kind, content)
            }
            EventKind::Err(payload) => {
                let text = String::from_utf8_lossy(payload.bytes()).into_owned();
                (Stream::Stderr, "err".to_owned(), text.into())
            }
            EventKind::Exit(exit) => {
                let content = json!({"code": exit.code, "signal": exit.signal});
                (Stream::Exit, "exit".to_owned(), content)
            }
            _ => continue,
        };
        lines.push(Line { stream, kind, number, content });
    }
    let commands = seen(&lines, "command_uuid");
    let agents = seen(&lines, "parent_tool_use_id");
    // Stable: otherwise they keep the order of the file.
    lines.sort_by_key(|line| {
        let place = match line.stream {
            Stream::Lifecycle => place(&commands, &line.content["command_uuid"]),
            Stream::SubAgents => place(&agents, &line.content["parent_tool_use_id"]),
            _ => 0,
        };
        (line.stream, place)
    });
    lines
}

fn stream(kind: &str, line: &Value) -> Stream {
    const TASKS: [&str; 5] = [
        "out system/task_",
        "out system/background_tasks_changed",
        "out system/shell_cwd",
        "out system/vcs_state_changed",
        "out rate_limit_event",
    ];
    if kind.starts_with("in ") {
        Stream::Host
    } else if kind == "out command_lifecycle" {
        Stream::Lifecycle
    } else if kind.starts_with("out control_response") {
        Stream::Answers
    } else if line["parent_tool_use_id"].is_string() {
        Stream::SubAgents
    } else if TASKS.iter().any(|task| kind.starts_with(task)) {
        Stream::Tasks
    } else {
        Stream::Main
    }
}

/// The values of a field, in the order of first sight.
fn seen(lines: &[Line], field: &str) -> Vec<Value> {
    let mut seen = Vec::new();
    for value in lines.iter().filter_map(|line| line.content.get(field)) {
        if !seen.contains(value) {
            seen.push(value.clone());
        }
    }
    seen
}

fn place(seen: &[Value], value: &Value) -> usize {
    seen.iter().position(|other| other == value).unwrap_or(seen.len())
}
