//! A scenario, played to a host that does what it says.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::CLI_VERSION;
use crate::player::machine::{Input, Step};
use crate::player::script::Script;
use crate::player::simulator::{PromptMatch, ScriptedTurn, Simulator};
use crate::recording::{Event, EventKind, Header, Payload, Recording, Stream};

/// The number of things that a host does at most, for each turn: a reply may be endless.
const LIMIT: usize = 10_000;

/// The run of a launch with these arguments, as a recording.
pub(super) fn record(script: Script, turns: &[ScriptedTurn]) -> Recording {
    let mut header = Header::new();
    header.cli = Some(CLI_VERSION.to_owned());
    header.recorder = Some("claude-wire scenario".to_owned());
    let mut recording = Recording::new(header);
    let Some(simulation) = script.simulation.clone() else { return recording };
    let mut host = Host {
        simulator: Simulator::new(Arc::new(script), simulation),
        prompts: turns.iter().map(|turn| text(&turn.when)).collect(),
        events: Vec::new(),
        requests: VecDeque::new(),
        now: 0,
        last: 0,
        count: 0,
        in_turn: false,
    };
    host.play(LIMIT.saturating_mul(turns.len() + 1));
    recording.events = host.events;
    recording
}

/// A prompt that this accepts. A replay lets `<text:1>` be anything.
fn text(when: &PromptMatch) -> String {
    match when {
        PromptMatch::Text(text) | PromptMatch::Contains(text) => text.clone(),
        _ => "<text:1>".to_owned(),
    }
}

struct Host {
    simulator: Simulator,
    prompts: VecDeque<String>,
    events: Vec<Event>,
    /// The CLI's requests.
    requests: VecDeque<Value>,
    now: u64,
    last: u64,
    count: u64,
    in_turn: bool,
}

impl Host {
    fn play(&mut self, limit: usize) {
        for _ in 0..limit {
            match self.simulator.next(self.now) {
                Step::Out(line) => self.out(&line),
                Step::Wait(Some(due)) => self.now = due,
                Step::Wait(None) => self.act(),
                Step::Exit(exit) => {
                    self.event(EventKind::Exit(exit.into()));
                    return;
                }
                Step::Err(line) => {
                    let line = line.strip_suffix(b"\n").unwrap_or(&line).to_vec();
                    let text = String::from_utf8_lossy(&line).into_owned();
                    self.event(EventKind::Err(Payload::line(text)));
                }
                Step::CloseOut | Step::CloseErr | Step::PutBack(_) => {}
            }
        }
    }

    fn out(&mut self, line: &[u8]) {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let text = String::from_utf8_lossy(line).into_owned();
        if let Ok(value) = serde_json::from_str::<Value>(&text) {
            match value["type"].as_str() {
                Some("control_request") => self.requests.push_back(value),
                Some("result" | "done") if value.get("tool_use_id").is_none() => {
                    self.in_turn = false
                }
                _ => {}
            }
        }
        self.event(EventKind::Out(Payload::line(text)));
    }

    /// Does what the CLI waits for.
    fn act(&mut self) {
        if let Some(request) = self.requests.pop_front() {
            let id = request["request_id"].clone();
            let answer = if request["request"]["subtype"] == "can_use_tool" {
                let allow =
                    json!({"behavior": "allow", "updatedInput": request["request"]["input"]});
                json!({"subtype": "success", "request_id": id, "response": allow})
            } else {
                json!({"subtype": "error", "request_id": id, "error": "not supported"})
            };
            self.write(json!({"type": "control_response", "response": answer}));
        } else if self.in_turn {
            self.count += 1;
            let id = format!("00000003-0000-4000-8000-{:012x}", self.count);
            self.write(json!({"type": "control_request", "request_id": id, "request": {"subtype": "interrupt"}}));
        } else if let Some(prompt) = self.prompts.pop_front() {
            self.count += 1;
            self.in_turn = true;
            let uuid = format!("00000002-0000-4000-8000-{:012x}", self.count);
            self.write(json!({
                "type": "user", "session_id": "", "message": {"role": "user", "content": prompt}, "parent_tool_use_id": null,
                "uuid": uuid,
            }));
        } else {
            self.event(EventKind::Eof(Stream::In));
            self.simulator.handle(self.now, Input::Eof);
        }
    }

    fn write(&mut self, line: Value) {
        let text = line.to_string();
        self.event(EventKind::In(Payload::line(text.clone())));
        self.simulator.handle(self.now, Input::Line(text.into()));
    }

    fn event(&mut self, kind: EventKind) {
        let us = self.now.saturating_sub(self.last);
        self.last = self.now;
        self.events.push(Event::new(us, kind));
    }
}
