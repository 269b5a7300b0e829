//! The simplest program that writes the lines of a recording: it compares nothing.

use std::fs;
use std::io::{self, BufRead as _, Write as _};
use std::path::Path;

use claude_wire::recording::{EventKind, Recording};

/// The variable that names the plan. A process of this benchmark that has it plays it.
pub(crate) const PLAN: &str = "CLAUDE_WIRE_BENCH_PLAN";

/// A line of a plan that is in the place of a line of input; all others are output.
pub(crate) const INPUT: &str = ">";

/// The ids in lines of the host, by name, and what is in their place in a plan.
const IDS: [(&str, &str); 2] = [("\"request_id\"", "REQUEST_ID"), ("\"uuid\"", "PROMPT_ID")];

/// The latest ids of the host, in the order of [`IDS`].
#[derive(Default)]
pub(crate) struct Ids([String; 2]);

impl Ids {
    pub(crate) fn note(&mut self, line: &str) {
        for ((name, _), known) in IDS.iter().zip(&mut self.0) {
            let id = line.split_once(name).and_then(|(_, rest)| rest.split('"').nth(1));
            if let Some(id) = id {
                *known = id.to_owned();
            }
        }
    }

    /// A line of a plan as output.
    pub(crate) fn filled(&self, line: &str) -> String {
        let mut line = line.to_owned();
        for ((_, mark), id) in IDS.iter().zip(&self.0) {
            if line.contains(mark) {
                line = line.replace(mark, id);
            }
        }
        line.push('\n');
        line
    }

    fn marked(&self, line: &str) -> String {
        let mut line = line.to_owned();
        for ((_, mark), id) in IDS.iter().zip(&self.0).filter(|(_, id)| !id.is_empty()) {
            line = line.replace(&format!("\"{id}\""), &format!("\"{mark}\""));
        }
        line
    }
}

/// The plan of a recording.
pub(crate) fn plan(recording: &Recording) -> String {
    let mut plan = String::new();
    let mut ids = Ids::default();
    for event in &recording.events {
        match &event.kind {
            EventKind::In(line) => {
                ids.note(&String::from_utf8_lossy(line.bytes()));
                plan.push_str(INPUT);
            }
            EventKind::Out(line) => {
                plan.push_str(&ids.marked(&String::from_utf8_lossy(line.bytes())));
            }
            _ => continue,
        }
        plan.push('\n');
    }
    plan
}

/// Plays a plan on the standard streams, and ends with its input.
pub(crate) fn run(plan: &Path) -> io::Result<()> {
    let plan = fs::read_to_string(plan)?;
    let mut input = io::stdin().lock();
    let mut output = io::BufWriter::with_capacity(64 * 1024, io::stdout().lock());
    let (mut asked, mut ids) = (String::new(), Ids::default());
    for line in plan.lines() {
        if line == INPUT {
            output.flush()?;
            asked.clear();
            input.read_line(&mut asked)?;
            ids.note(&asked);
        } else {
            output.write_all(ids.filled(line).as_bytes())?;
        }
    }
    output.flush()?;
    asked.clear();
    while input.read_line(&mut asked)? > 0 {
        asked.clear();
    }
    Ok(())
}
