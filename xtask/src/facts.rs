//! `facts`: what only the version of the CLI decides, for the simulator.

use std::fs;
use std::path::PathBuf;

use claude_wire::CLI_VERSION;
use claude_wire::recording::{EventKind, Recording};
use serde_json::{Map, Value, json};

use claude_wire_cli::{Failure, Found};

use super::root;

/// Write the facts of the pinned version of the CLI, which the simulator has built in: its reply to
/// `initialize` and the lists of its `init` line, from the recording `one-shot`, and replies of a new
/// session to requests that show something, from `control-requests`.
///
/// Run it when `cargo xtask rerecord` has changed one of them.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask facts

Exit codes: 0 they are written, 2 the recording lacks them.")]
pub(crate) struct Arguments {}

/// What is different in each launch.
const OF_A_LAUNCH: [&str; 4] = ["pid", "session_id", "user_message_uuids", "uuid"];

/// The requests whose replies are facts.
const SHOWING: [&str; 16] = [
    "get_settings",
    "get_context_usage",
    "get_usage",
    "mcp_set_servers",
    "get_binary_version",
    "get_status",
    "get_plan",
    "get_memory_dialog",
    "get_skills_dialog",
    "get_sandbox_dialog",
    "get_hooks_listing",
    "list_permission_rules",
    "reload_plugins",
    "reload_skills",
    "reload_output_styles",
    "get_chrome_dialog",
];

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
    let (mut initialize, mut init) = (None, None);
    for line in lines("one-shot", |kind| matches!(kind, EventKind::Out(_)))? {
        if line["type"] == "control_response" {
            initialize = initialize.or(line.pointer("/response/response").and_then(facts));
        } else if line["subtype"] == "init" {
            init = init.or(facts(&line));
        }
    }
    let (Some(initialize), Some(init)) = (initialize, init) else {
        return Err(
            "one-shot: expected a reply to `initialize` and an `init` line; record it again with \
                    `cargo xtask rerecord one-shot`"
                .to_owned(),
        );
    };
    let facts = json!({"initialize": initialize, "init": init, "replies": replies()?});
    Ok(format!("{facts:#}\n"))
}

/// The replies to requests that show something, by subtype; by subtype and `detail` for one with a
/// detail.
fn replies() -> Result<Map<String, Value>, Failure> {
    let mut asked = Map::new();
    let mut replies = Map::new();
    for line in lines("control-requests", |_| true)? {
        if line["type"] == "control_request" {
            let id = line["request_id"].as_str().unwrap_or_default();
            asked.insert(id.to_owned(), line["request"].clone());
            continue;
        }
        let reply = &line["response"];
        let request = reply["request_id"].as_str().and_then(|id| asked.get(id));
        let Some(request) = request.filter(|_| line["type"] == "control_response") else {
            continue;
        };
        let subtype = request["subtype"].as_str().unwrap_or_default();
        let Some(body) = reply.get("response").filter(|_| SHOWING.contains(&subtype)) else {
            continue;
        };
        let mut body = body.clone();
        if subtype == "reload_plugins"
            && let Some(body) = body.as_object_mut()
        {
            // They are those of `initialize`.
            body.retain(|name, _| !["agents", "commands"].contains(&name.as_str()));
        }
        let name = match request["detail"].as_str() {
            Some(detail) => format!("{subtype} {detail}"),
            None => subtype.to_owned(),
        };
        replies.entry(name).or_insert(body);
    }
    match SHOWING.into_iter().find(|name| !replies.contains_key(*name)) {
        Some(missing) => Err(format!("control-requests: expected a reply to `{missing}`")),
        None => Ok(replies),
    }
}

/// The lines of a recording that are JSON.
fn lines(name: &str, is_asked_for: fn(&EventKind) -> bool) -> Result<Vec<Value>, Failure> {
    let path = root().join(format!("recordings/{CLI_VERSION}/{name}.jsonl"));
    let recording = Recording::open(&path).map_err(|error| error.to_string())?;
    let events = recording.events.iter().map(|event| &event.kind);
    let lines = events.filter(|kind| is_asked_for(kind)).filter_map(|kind| match kind {
        EventKind::In(line) | EventKind::Out(line) => serde_json::from_slice(line.bytes()).ok(),
        _ => None,
    });
    Ok(lines.collect())
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
