//! Turns a scenario into the events of a recording.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::time::Duration;

use serde_json::{Value, json};

use crate::CLI_VERSION;
use crate::player::turns::fresh;
use crate::recording::{Event, EventKind, Header, Payload, RecordedExit, Recording, Stream};

use super::lines::{Lines, Outcome};
use super::reply::{ModelReply, Step};
use super::rules::Rules;

/// The approximate size of a text delta, in characters.
const DELTA: usize = 24;

/// Writes the actions of a scenario's CLI and its host.
pub(super) struct Stage {
    lines: Lines,
    partial: bool,
    events: Vec<Event>,
    /// Microseconds before the next event.
    pause: u64,
    turn: Turn,
    turns: u64,
    failed: bool,
    /// Whether the process exits only when its host closes its input.
    awaits_end: bool,
    /// The session that it resumes, if no launch before had it.
    unknown: Option<String>,
}

/// The current turn.
#[derive(Default)]
struct Turn {
    prompt: String,
    /// The open model message, and how many blocks it has.
    message: Option<(String, u64)>,
    /// Tool uses without a result.
    tools: VecDeque<(String, String)>,
    tool_count: u64,
    outcome: Outcome,
}

impl Stage {
    /// For a launch with these arguments, in this folder, after these sessions.
    pub(super) fn new(args: &[OsString], cwd: String, sessions: &[String]) -> Self {
        let args: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).collect();
        let value = |flag: &str| {
            let after = args.iter().position(|arg| arg == flag).and_then(|at| args.get(at + 1));
            let joined = || args.iter().find_map(|arg| arg.strip_prefix(flag)?.strip_prefix('='));
            after.map(|value| value.to_string()).or_else(|| joined().map(str::to_owned))
        };
        let has = |flags: &[&str]| args.iter().any(|arg| flags.contains(&&**arg));
        let latest = || sessions.last().filter(|_| has(&["--continue", "-c"])).cloned();
        let named = value("--resume").or_else(|| value("-r"));
        // The session that the first launch resumes is of a time before the scenario.
        let is_unknown = |id: &String| !sessions.is_empty() && !sessions.contains(id);
        let unknown = named.clone().filter(is_unknown);
        let resumed = named.or_else(latest);
        let resumed = resumed.filter(|_| !has(&["--fork-session"]));
        let session = value("--session-id").or(resumed).unwrap_or_else(|| fresh(sessions));
        let lines = Lines::new(
            session,
            value("--model").unwrap_or_else(|| "claude-opus-5-5".to_owned()),
            value("--permission-mode").unwrap_or_else(|| "default".to_owned()),
            cwd,
        );
        let partial = args.iter().any(|arg| arg == "--include-partial-messages");
        Self {
            lines,
            partial,
            events: Vec::new(),
            pause: 0,
            turn: Turn::default(),
            turns: 0,
            failed: false,
            awaits_end: true,
            unknown,
        }
    }

    /// The id of the session.
    pub(super) fn session(&self) -> &str {
        &self.lines.session
    }

    /// The session that it resumes, if launches came before and none had it.
    pub(super) fn unknown_session(&self) -> Option<&str> {
        self.unknown.as_deref()
    }

    pub(super) fn rules(&self) -> Rules {
        Rules::new(self.lines.for_rules())
    }

    pub(super) fn recording(mut self, turns: &[(Option<String>, ModelReply)]) -> Recording {
        for (prompt, reply) in turns {
            self.turn(prompt.as_deref(), reply);
        }
        self.finish()
    }

    /// The same in the old dialect, where the process exits after its last turn.
    pub(super) fn legacy_recording(mut self, turns: &[(Option<String>, ModelReply)]) -> Recording {
        self.awaits_end = turns.is_empty();
        for (prompt, reply) in turns {
            self.legacy_turn(prompt.as_deref(), reply);
        }
        self.finish()
    }

    fn finish(mut self) -> Recording {
        if self.awaits_end {
            self.event(EventKind::Eof(Stream::In));
        }
        self.event(EventKind::Exit(RecordedExit::code(i32::from(self.failed))));
        let mut header = Header::new();
        header.cli = Some(CLI_VERSION.to_owned());
        header.recorder = Some("claude-wire scenario".to_owned());
        let mut recording = Recording::new(header);
        recording.events = self.events;
        recording
    }

    fn turn(&mut self, prompt: Option<&str>, reply: &ModelReply) {
        let uuid = self.lines.uuid();
        self.turn = Turn { prompt: uuid.clone(), ..Turn::default() };
        self.prompt(prompt, Some(&uuid));
        for state in ["queued", "started"] {
            let line = self.lines.lifecycle(&uuid, state);
            self.out(&line);
        }
        let init = self.lines.init(Some(&uuid));
        self.out(&init);
        for step in &reply.steps {
            self.step(step);
            if matches!(step, Step::Hang | Step::Error { .. }) {
                break;
            }
        }
        self.finish_tools();
        self.end_message("end_turn");
        self.turn.outcome.index = self.turns;
        self.turn.outcome.rounds = self.turn.outcome.rounds.max(1);
        self.turn.outcome.prompt = Some(uuid.clone());
        self.turns += 1;
        let outcome = std::mem::take(&mut self.turn.outcome);
        self.failed = outcome.status.is_some() || outcome.aborted.is_some();
        let result = self.lines.result(&outcome);
        self.out(&result);
        let line = self.lines.lifecycle(&uuid, "completed");
        self.out(&line);
    }

    pub(super) fn prompt(&mut self, prompt: Option<&str>, uuid: Option<&str>) {
        let mut line = json!({
            "type": "user", "session_id": "", "message": {"role": "user", "content": prompt.unwrap_or("<text:1>")}, "parent_tool_use_id": null,
        });
        if let Some(uuid) = uuid {
            line["uuid"] = uuid.into();
        }
        self.host(&line);
    }

    /// The number of the current turn, from 1.
    pub(super) fn next_turn(&self) -> u64 {
        self.turns + 1
    }

    pub(super) fn end_turn(&mut self) {
        self.turns += 1;
    }

    pub(super) fn fail(&mut self) {
        self.failed = true;
    }

    pub(super) fn pause(&mut self, time: Duration) {
        self.pause = self.pause.saturating_add(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    }

    /// Nothing more comes before the end of input.
    pub(super) fn hang_for_good(&mut self) {
        self.awaits_end = true;
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Text(text) => {
                self.finish_tools();
                self.turn.outcome.text.clone_from(text);
                let deltas =
                    pieces(text).map(|text| json!({"type": "text_delta", "text": text})).collect();
                self.block(
                    &json!({"type": "text", "text": ""}),
                    deltas,
                    &json!({"type": "text", "text": text}),
                );
            }
            Step::Thinking(text) => {
                self.finish_tools();
                let mut deltas: Vec<_> = pieces(text)
                    .map(|text| json!({"type": "thinking_delta", "thinking": text}))
                    .collect();
                deltas.push(json!({"type": "signature_delta", "signature": "c2ln"}));
                let whole = json!({"type": "thinking", "thinking": text, "signature": "c2ln"});
                self.block(
                    &json!({"type": "thinking", "thinking": "", "signature": ""}),
                    deltas,
                    &whole,
                );
            }
            Step::ToolUse { name, input } => self.tool_use(name, input, false),
            Step::AskPermission { name, input } => self.tool_use(name, input, true),
            Step::ToolResult(content) => self.tool_result(content, false),
            Step::ToolError(content) => self.tool_result(content, true),
            Step::Error { status, text } => {
                self.finish_tools();
                self.end_message("end_turn");
                self.turn.outcome.status = Some(*status);
                self.turn.outcome.text.clone_from(text);
                let prompt = self.turn.prompt.clone();
                let line = self.lines.synthetic(*status, text, &prompt);
                self.out(&line);
            }
            Step::Delay(time) => self.pause(*time),
            Step::Hang => self.hang(),
        }
    }

    fn tool_use(&mut self, name: &str, input: &Value, ask: bool) {
        self.turn.tool_count += 1;
        let id = format!("toolu_{}_{}", self.turns + 1, self.turn.tool_count);
        let deltas = pieces(&input.to_string())
            .map(|json| json!({"type": "input_json_delta", "partial_json": json}))
            .collect();
        let start = json!({"type": "tool_use", "name": name, "input": {}, "id": id});
        self.block(
            &start,
            deltas,
            &json!({"type": "tool_use", "name": name, "input": input, "id": id}),
        );
        self.turn.tools.push_back((id.clone(), name.to_owned()));
        if ask {
            let request = self.lines.uuid();
            let line = self.lines.can_use_tool(&request, &id, name, input);
            self.out(&line);
            let allow = json!({"behavior": "allow", "updatedInput": input});
            self.host(&json!({"type": "control_response", "response": {"subtype": "success", "request_id": request, "response": allow}}));
        }
    }

    fn tool_result(&mut self, content: &str, is_error: bool) {
        self.end_message("tool_use");
        if let Some((id, _)) = self.turn.tools.pop_front() {
            let line = self.lines.tool_result(&id, content, is_error);
            self.out(&line);
        }
    }

    /// The model's next message comes after it saw all results.
    fn finish_tools(&mut self) {
        while let Some((_, name)) = self.turn.tools.front() {
            let content = format!("({name} completed with no output)");
            self.tool_result(&content, false);
        }
    }

    /// Until the host interrupts.
    fn hang(&mut self) {
        let request = self.lines.uuid();
        self.host(&json!({"type": "control_request", "request_id": request, "request": {"subtype": "interrupt"}}));
        let reply =
            json!({"subtype": "success", "request_id": request, "response": {"still_queued": []}});
        self.out(&json!({"type": "control_response", "response": reply}));
        let in_tool = !self.turn.tools.is_empty();
        for (id, _) in std::mem::take(&mut self.turn.tools) {
            let line = self.lines.tool_result(&id, super::rules::REJECTED, true);
            self.out(&line);
        }
        let line = self.lines.user(&super::rules::interrupted(in_tool));
        self.out(&line);
        self.turn.message = None;
        self.turn.outcome.aborted =
            Some(if in_tool { "aborted_tools" } else { "aborted_streaming" });
    }

    /// Writes a block: its stream events if requested, and its line between the last delta and its
    /// stop.
    fn block(&mut self, start: &Value, deltas: Vec<Value>, whole: &Value) {
        let fresh = self.turn.message.is_none();
        let (message, index) = self.turn.message.take().unwrap_or_else(|| {
            self.turn.outcome.rounds += 1;
            (format!("msg_{}_{}", self.turns + 1, self.turn.outcome.rounds), 0)
        });
        self.turn.outcome.tokens_out += 1 + whole.to_string().len() as u64 / 4;
        // The first message names the prompt, in its first event and in the line of its first
        // block.
        let named = (self.turn.outcome.rounds == 1 && index == 0).then(|| self.turn.prompt.clone());
        if self.partial {
            if fresh {
                let status = self.lines.status("requesting", &self.turn.prompt);
                self.out(&status);
                let line = self.lines.message_start(&message, named.as_deref());
                self.out(&line);
            }
            self.stream(
                &message,
                &json!({"type": "content_block_start", "index": index, "content_block": start}),
            );
            for delta in deltas {
                self.stream(
                    &message,
                    &json!({"type": "content_block_delta", "index": index, "delta": delta}),
                );
            }
        }
        let line = self.lines.assistant(&message, whole, named.as_deref());
        self.out(&line);
        if self.partial {
            self.stream(&message, &json!({"type": "content_block_stop", "index": index}));
        }
        self.turn.message = Some((message, index + 1));
    }

    fn end_message(&mut self, stop_reason: &str) {
        if let Some((message, _)) = self.turn.message.take()
            && self.partial
        {
            let stop = json!({"stop_reason": stop_reason, "stop_sequence": null});
            self.stream(
                &message,
                &json!({"type": "message_delta", "delta": stop, "usage": {"output_tokens": self.turn.outcome.tokens_out}}),
            );
            self.stream(&message, &json!({"type": "message_stop"}));
        }
    }

    fn stream(&mut self, message: &str, event: &Value) {
        let line = self.lines.stream_event(message, event, None);
        self.out(&line);
    }

    fn host(&mut self, line: &Value) {
        self.event(EventKind::In(Payload::line(line.to_string())));
    }

    pub(super) fn out(&mut self, line: &Value) {
        self.event(EventKind::Out(Payload::line(line.to_string())));
    }

    fn event(&mut self, kind: EventKind) {
        // The host's actions take no time in a scenario: the pause is the CLI's.
        let us = if matches!(kind, EventKind::In(_) | EventKind::Eof(_)) {
            0
        } else {
            std::mem::take(&mut self.pause)
        };
        self.events.push(Event::new(us, kind));
    }
}

/// Splits a text into deltas at character boundaries.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = rest.char_indices().nth(DELTA).map_or(rest.len(), |(end, _)| end);
        let (piece, after) = rest.split_at(end);
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}
