//! Finds what belongs together in a recording.

use std::collections::HashMap;

use claude_wire::player::CommandLine;
use claude_wire::recording::{Header, Recording};
use serde_json::Value;

use super::describe::{Described, blocks, describe, text};
use super::parts::{Lane, Row, Span, SpanKind, Timeline, Turn};
use super::words::{Class, From};

impl Timeline {
    pub(crate) fn of(recording: &Recording) -> Self {
        build(recording)
    }
}

fn build(recording: &Recording) -> Timeline {
    let mut said: Vec<_> = recording.events.iter().map(|event| describe(&event.kind)).collect();
    let is_unreadable = |said: &Described| said.class == Class::Unreadable;
    let mut printed = said.iter().filter(|(from, ..)| *from == From::Cli);
    if writes_text(recording) && printed.all(|(_, said, _)| is_unreadable(said)) {
        for (from, said, _) in said.iter_mut().filter(|(_, said, _)| is_unreadable(said)) {
            (said.class, said.name) = match from {
                From::Program => (Class::Status, "writes".to_owned()),
                _ => (Class::Reply, "prints".to_owned()),
            };
        }
    }
    let is_lifecycle = |json: &Value| json["type"] == "command_lifecycle";
    let mut builder = Builder {
        says_which: said.iter().any(|(from, _, json)| *from == From::Cli && is_lifecycle(json)),
        ..Builder::default()
    };
    builder.timeline.lanes.push(Lane { name: "main".to_owned() });
    builder.timeline.turns.push(Turn::default());
    let mut at = 0_u64;
    for (index, (event, (from, said, json))) in recording.events.iter().zip(said).enumerate() {
        at = at.saturating_add(event.us);
        let row = Row {
            // The header is line 1.
            line: index + 2,
            at,
            from,
            said,
            lane: 0,
            turn: 0,
            answers: None,
            answered_by: None,
        };
        builder.add(row, &json);
    }
    builder.finish()
}

/// Whether the CLI was asked for no other form of output than text.
fn writes_text(recording: &Recording) -> bool {
    let Header { argv: Some(argv), cli, .. } = &recording.header else { return false };
    let launch = CommandLine::read(argv, cli.as_deref(), true);
    launch.is_ok_and(|launch| launch.output_format().is_none_or(|format| format == "text"))
}

#[derive(Default)]
struct Builder {
    timeline: Timeline,
    /// Requests without an answer, by who asks and by id: their spans.
    requests: HashMap<(bool, String), usize>,
    /// Tool calls, by id: the span, and the lane.
    tools: HashMap<String, (usize, usize)>,
    /// Sub-agents, by the id of the tool call that began them: the lane.
    agents: HashMap<String, usize>,
    /// Prompts that no turn has taken in yet, with their uuids.
    prompts: Vec<(usize, String)>,
    /// Whether the CLI says which prompt it begins.
    says_which: bool,
    /// What the session has cost so far.
    cost: f64,
    /// Whether the current turn has a separate line.
    is_begun: bool,
}

impl Builder {
    fn add(&mut self, mut row: Row, json: &Value) {
        row.lane = self.lane(&row, json);
        row.turn = self.timeline.turns.len() - 1;
        let index = self.timeline.rows.len();
        self.timeline.rows.push(row);
        let (from, class, at) = {
            let row = &self.timeline.rows[index];
            (row.from, row.said.class, row.at)
        };
        match (from, class) {
            (From::Program, Class::Prompt) => {
                self.prompts.push((index, text(&json["uuid"]).to_owned()));
            }
            (From::Program | From::Cli, Class::Request) => self.request(index, json),
            (From::Program | From::Cli, Class::Answer) => self.answer(index, json),
            (From::Cli, Class::Result) => self.result(index, json),
            (From::Cli, _) if json["type"] == "command_lifecycle" && json["state"] == "started" => {
                self.take_in(text(&json["command_uuid"]));
            }
            (From::Cli, _) => self.conversation(index, at, json),
            _ => {}
        }
    }

    /// The lane of a line: that of its sub-agent, or of the tool call that it is about.
    fn lane(&mut self, row: &Row, json: &Value) -> usize {
        if row.from != From::Cli {
            return 0;
        }
        if let Some(parent) = json["parent_tool_use_id"].as_str() {
            return self.agent(parent, None);
        }
        if json["type"] == "system" {
            let of = text(&json["tool_use_id"]);
            if json["task_type"] == "local_agent" && !of.is_empty() {
                return self.agent(of, json["description"].as_str());
            }
            return self.agents.get(of).copied().unwrap_or(0);
        }
        let of = text(&json["request"]["tool_use_id"]);
        self.tools.get(of).map_or(0, |(_, lane)| *lane)
    }

    fn agent(&mut self, call: &str, name: Option<&str>) -> usize {
        if let Some(lane) = self.agents.get(call) {
            return *lane;
        }
        let lane = self.timeline.lanes.len();
        let name = name.map(str::to_owned).or_else(|| {
            // Its tool call names it.
            let (span, _) = self.tools.get(call)?;
            Some(self.timeline.spans[*span].name.clone())
        });
        self.timeline
            .lanes
            .push(Lane { name: name.unwrap_or_else(|| format!("sub-agent {lane}")) });
        self.agents.insert(call.to_owned(), lane);
        lane
    }

    fn request(&mut self, index: usize, json: &Value) {
        let row = &self.timeline.rows[index];
        let by_program = row.from == From::Program;
        let Some(id) = id(&json["request_id"]) else { return };
        if json["type"] == "control_cancel_request" {
            // The side that asked cancels its request: nothing answers it.
            if let Some(span) = self.requests.remove(&(by_program, id)) {
                self.close(span, index);
            }
            return;
        }
        let kind = if by_program { SpanKind::ProgramRequest } else { SpanKind::CliRequest };
        let name = row.said.name.clone();
        let span = self.open(kind, name, row.lane, index);
        self.requests.insert((by_program, id), span);
    }

    fn answer(&mut self, index: usize, json: &Value) {
        let by_program = self.timeline.rows[index].from == From::Program;
        let Some(id) = id(&json["response"]["request_id"]) else { return };
        if let Some(span) = self.requests.remove(&(!by_program, id)) {
            self.close(span, index);
            let request = self.timeline.spans[span].first;
            let name = format!("answer to {}", self.timeline.rows[request].said.name);
            self.timeline.rows[index].said.name = name;
            self.timeline.rows[index].lane = self.timeline.rows[request].lane;
        }
    }

    /// A line of the model, or a tool's result.
    fn conversation(&mut self, index: usize, at: u64, json: &Value) {
        let row = &self.timeline.rows[index];
        let (lane, class) = (row.lane, row.said.class);
        // Text of a launch without messages is part of no turn.
        if class == Class::Status || class == Class::Unreadable || json.is_null() {
            return;
        }
        self.take_in(text(&json["user_message_uuid"]));
        self.begin(at);
        if let Some(turn) = self.timeline.turns.last_mut()
            && !turn.prompts.is_empty()
            && matches!(class, Class::Reply | Class::Thinking | Class::ToolCall | Class::Delta)
        {
            turn.first_reply.get_or_insert(at.saturating_sub(turn.start));
        }
        for block in blocks(&json["message"]["content"]) {
            match text(&block["type"]) {
                "tool_use" | "server_tool_use" => {
                    let name = text(&block["name"]).to_owned();
                    let span = self.open(SpanKind::Tool, name, lane, index);
                    self.tools.insert(text(&block["id"]).to_owned(), (span, lane));
                    if let Some(turn) = self.timeline.turns.last_mut() {
                        turn.tool_calls += 1;
                    }
                }
                "tool_result" => {
                    let open = self.tools.get(text(&block["tool_use_id"])).copied();
                    if let Some((span, _)) = open
                        && self.timeline.spans[span].last.is_none()
                    {
                        self.close(span, index);
                    }
                }
                _ => {}
            }
        }
    }

    /// A turn begins: with the first of its prompts, or, where it has none, with this line.
    fn begin(&mut self, at: u64) {
        if self.is_begun {
            return;
        }
        if self.timeline.turns.last().is_some_and(|turn| turn.prompts.is_empty()) {
            // A CLI that names the prompts it begins has turns without one, such as for a notice.
            let may_be = |uuid: &String| !self.says_which || uuid.is_empty();
            match self.prompts.iter().position(|(_, uuid)| may_be(uuid)) {
                None => self.start(at),
                Some(next) => {
                    let (row, _) = self.prompts.remove(next);
                    self.add_prompt(row);
                }
            }
        }
        self.is_begun = true;
    }

    /// The CLI says that it begins this prompt, or that it answers it.
    fn take_in(&mut self, uuid: &str) {
        let found = self.prompts.iter().position(|(_, of)| !uuid.is_empty() && of == uuid);
        if let Some(found) = found {
            let (row, _) = self.prompts.remove(found);
            self.add_prompt(row);
        }
    }

    fn add_prompt(&mut self, row: usize) {
        let turn = self.timeline.turns.len() - 1;
        self.timeline.rows[row].turn = turn;
        if self.timeline.turns[turn].prompts.is_empty() {
            self.start(self.timeline.rows[row].at);
        }
        self.timeline.turns[turn].prompts.push(row);
    }

    fn start(&mut self, at: u64) {
        let before = self.timeline.turns.iter().rev().nth(1).map_or(0, |turn| turn.end);
        if let Some(turn) = self.timeline.turns.last_mut() {
            turn.start = at.max(before);
        }
    }

    fn result(&mut self, index: usize, json: &Value) {
        let at = self.timeline.rows[index].at;
        self.take_in(text(&json["user_message_uuid"]));
        self.begin(at);
        let total = json["total_cost_usd"].as_f64();
        let usage = |name: &str| json["usage"][name].as_u64().unwrap_or(0);
        let Some(turn) = self.timeline.turns.last_mut() else { return };
        (turn.result, turn.end) = (Some(index), at);
        // The CLI adds up what a session costs; after /clear it begins again.
        turn.cost = total.map(|total| if total < self.cost { total } else { total - self.cost });
        self.cost = total.unwrap_or(self.cost);
        turn.tokens_in = ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"]
            .into_iter()
            .map(usage)
            .fold(0, u64::saturating_add);
        turn.tokens_out = usage("output_tokens");
        self.timeline.turns.push(Turn::default());
        self.is_begun = false;
    }

    fn open(&mut self, kind: SpanKind, name: String, lane: usize, first: usize) -> usize {
        self.timeline.spans.push(Span { kind, name, lane, first, last: None });
        self.timeline.spans.len() - 1
    }

    fn close(&mut self, span: usize, last: usize) {
        let span = &mut self.timeline.spans[span];
        span.last = Some(last);
        let first = span.first;
        self.timeline.rows[last].answers = Some(first);
        self.timeline.rows[first].answered_by.get_or_insert(last);
    }

    fn finish(mut self) -> Timeline {
        // Prompts that the recording ends before.
        for (row, _) in std::mem::take(&mut self.prompts) {
            self.add_prompt(row);
        }
        if !self.is_begun && self.timeline.turns.last().is_some_and(|turn| turn.prompts.is_empty())
        {
            self.timeline.turns.pop();
        }
        let end = self.timeline.duration();
        for (number, turn) in (1..).zip(&mut self.timeline.turns) {
            if turn.result.is_none() {
                turn.end = end;
            }
            let Some(first) = turn.prompts.first().copied() else { continue };
            self.timeline.spans.push(Span {
                kind: SpanKind::Turn,
                name: format!("turn {number}"),
                lane: 0,
                first,
                last: turn.result,
            });
            if let Some(result) = turn.result {
                self.timeline.rows[result].answers = Some(first);
                self.timeline.rows[first].answered_by = Some(result);
            }
        }
        for lane in 1..self.timeline.lanes.len() {
            let mut rows =
                self.timeline.rows.iter().enumerate().filter(|(_, row)| row.lane == lane);
            let Some((first, _)) = rows.next() else { continue };
            let last = rows.next_back().map_or(first, |(last, _)| last);
            let name = self.timeline.lanes[lane].name.clone();
            let span = Span { kind: SpanKind::Agent, name, lane, first, last: Some(last) };
            self.timeline.spans.push(span);
        }
        let last_turn = self.timeline.turns.len().saturating_sub(1);
        for row in &mut self.timeline.rows {
            row.turn = row.turn.min(last_turn);
        }
        self.timeline.spans.sort_by_key(|span| span.first);
        self.timeline
    }
}

/// An id, which may be any JSON value but `null`.
fn id(value: &Value) -> Option<String> {
    (!value.is_null()).then(|| value.to_string())
}
