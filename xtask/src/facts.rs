//! `facts`: what only the version of the CLI decides, for the simulator.

use std::fs;
use std::path::PathBuf;

use claude_wire::CLI_VERSION;
use claude_wire::recording::{EventKind, Recording};
use serde_json::{Map, Value, json};

use claude_wire_cli::{Failure, Found};

use super::root;

/// Write the facts of the pinned version of the CLI, which the simulator has built in: its reply to
/// `initialize` and the lists of its `init` line, from the recording `one-shot`.
///
/// Run it when `cargo xtask rerecord one-shot` has changed the recording.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask facts

Exit codes: 0 they are written, 2 the recording lacks them.")]
pub(crate) struct Arguments {}

/// What is different in each launch.
const OF_A_LAUNCH: [&str; 4] = ["pid", "session_id", "user_message_uuids", "uuid"];

pub(crate) fn run(_: &Arguments) -> Result<Found, Failure> {
    let path = path();
    fs::write(&path, text()?).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(Found::Nothing)
}

fn path() -> PathBuf {
    root().join(format!("src/player/simulator/{CLI_VERSION}.json"))
}

/// The content of the file.
fn text() -> Result<String, Failure> {
    let path = root().join(format!("recordings/{CLI_VERSION}/one-shot.jsonl"));
    let recording = Recording::open(&path).map_err(|error| error.to_string())?;
    let (mut initialize, mut init) = (None, None);
    for event in &recording.events {
        let EventKind::Out(line) = &event.kind else { continue };
        let Ok(line) = serde_json::from_slice::<Value>(line.bytes()) else { continue };
        if line["type"] == "control_response" {
            initialize = initialize.or(line.pointer("/response/response").and_then(facts));
        } else if line["subtype"] == "init" {
            init = init.or(facts(&line));
        }
    }
    match (initialize, init) {
        (Some(initialize), Some(init)) => {
            Ok(format!("{:#}\n", json!({"initialize": initialize, "init": init})))
        }
        _ => Err(format!(
            "{}: expected a reply to `initialize` and an `init` line; record it again with `cargo xtask rerecord one-shot`",
            path.display()
        )),
    }
}

fn facts(line: &Value) -> Option<Map<String, Value>> {
    let fields = line.as_object()?.clone().into_iter();
    Some(fields.filter(|(name, _)| !OF_A_LAUNCH.contains(&name.as_str())).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]

    use super::*;

    #[test]
    fn the_facts_of_the_simulator_are_those_of_the_recording() {
        let written = fs::read_to_string(path()).unwrap();
        assert!(written == text().unwrap(), "the file is not current: run `cargo xtask facts`");
    }
}
