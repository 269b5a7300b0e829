//! A message of the model, as the CLI passes it on while it is streamed.

use std::time::Duration;

use serde_json::{Value, json};

use crate::player::model::{ApiReply, Cut, OutMessage};

use super::agent::Agent;
use super::answers::{Gate, Item, Scripted};
use super::handle::Cli;
use super::state::{State, Streaming};
use super::tool_use::{ToolUse, shown};
use super::unparsed;
use super::usage::Tokens;

/// How a message ended.
#[derive(Debug)]
pub(super) struct Streamed {
    pub(super) id: String,
    pub(super) tools: Vec<ToolUse>,
    pub(super) stop_reason: String,
    pub(super) tokens: Tokens,
    /// The CLI's estimate of its output when its stream has just begun.
    pub(super) estimate: u64,
}

/// How a stream broke.
#[derive(Debug)]
pub(super) enum Broken {
    /// After a block that is whole.
    Later { used_tools: bool },
    /// The connection, or what came over it.
    Connection,
    /// By an `error` event of this type.
    Error(String),
}

impl Cli {
    /// Streams a message to its end.
    ///
    /// `again`: another one of the same request was begun before.
    pub(super) async fn stream(
        &self,
        scripted: &Scripted,
        again: bool,
    ) -> Result<Streamed, Broken> {
        let blocks = scripted.items.iter().filter_map(|item| match item {
            Item::Block(block, _) => Some(block.clone()),
            _ => None,
        });
        let mut reply = ApiReply { content: blocks.collect(), ..scripted.reply.clone() };
        self.with(|state| state.fill(&mut reply, again, self.agent()));
        let was_requested = self.agent().is_some() || self.compact_if_full().await;
        let (serial, model) = self.with(|state| {
            state.requests += 1;
            (state.requests - 1, state.model_of(self.agent()))
        });
        let message = OutMessage::new(&reply, &model, serial);
        let whole = unparsed::as_read(message.whole(), &reply);
        let mut items = scripted.items.iter().peekable();
        while let Some(Item::Do(effect)) = items.next_if(|item| matches!(item, Item::Do(_))) {
            self.act(effect).await;
        }
        self.hold(&reply, 0).await;
        self.sleep_ms(reply.first_byte_ms).await;
        if !was_requested && !again {
            self.with(|state| {
                // An error of the API before it was answered to the same request.
                if !std::mem::take(&mut state.turn_of(self.agent()).is_requested) {
                    state.requesting();
                }
            });
        }
        let mut gates = Vec::new();
        let mut complete: Option<String> = None;
        let (mut tools, mut estimate) = (Vec::new(), 0);
        for (count, event) in message.events().into_iter().enumerate() {
            if count > 0 {
                self.hold(&reply, count).await;
            }
            if let Some(cut) = &reply.cut
                && cut.after == count
            {
                return Err(self.broken(&cut.cut, !tools.is_empty()));
            }
            let is_delta = event.is_delta();
            let event = event.into_data();
            if estimate == 0 {
                estimate = output_tokens(&event["delta"]);
            }
            match event["type"].as_str() {
                Some("content_block_start") => {
                    for item in items.by_ref() {
                        match item {
                            Item::Block(_, gate) => {
                                gates.push(*gate);
                                break;
                            }
                            Item::Do(effect) => self.act(effect).await,
                        }
                    }
                }
                Some("message_delta") => {
                    for item in items.by_ref() {
                        match item {
                            Item::Do(effect) => self.act(effect).await,
                            Item::Block(..) => {}
                        }
                    }
                }
                _ => {}
            }
            let stop_reason = event.pointer("/delta/stop_reason").and_then(Value::as_str);
            if stop_reason == Some("refusal") && self.agent().is_none() {
                self.with(|state| state.refused_again(&whole));
            }
            let tool = tool_use(&event, &whole, &gates);
            if event["type"] == "content_block_stop" {
                self.with(|state| state.block_is_whole(&event, &whole, tool.clone(), self.agent()));
                if tool.is_some() {
                    self.let_others_go_on().await;
                }
            }
            self.with(|state| state.pass_on(&event, &whole, self.agent()));
            if let Some(id) = complete.take() {
                self.with(|state| state.turn_of(self.agent()).may_ask.push(id));
                self.let_others_go_on().await;
            }
            complete = tool.as_ref().map(|tool| tool.id.clone());
            tools.extend(tool);
            if is_delta {
                self.sleep_ms(reply.delta_ms).await;
            }
        }
        Ok(Streamed { estimate, ..self.streamed(&whole, tools, &reply, true) })
    }

    /// Gets a message in one piece, since its stream broke twice, or never began.
    pub(super) async fn fetch(&self, scripted: &Scripted, began: bool) -> Streamed {
        let blocks = scripted.items.iter().filter_map(|item| match item {
            Item::Block(block, gate) => Some((block.clone(), *gate)),
            Item::Do(_) => None,
        });
        let (content, gates): (Vec<_>, Vec<_>) = blocks.unzip();
        let reply = ApiReply { content, ..scripted.reply.clone() };
        let (serial, model) = self.with(|state| {
            state.requests += 1;
            if reply.cut.is_some() {
                state.note_not_simulated("a message in one piece that breaks off".to_owned());
            }
            (state.requests - 1, state.model_of(self.agent()))
        });
        let whole = OutMessage::new(&reply, &model, serial).whole();
        // It comes when the last of its events may.
        for events in reply.hold.keys() {
            self.hold(&reply, *events).await;
        }
        self.sleep_ms(reply.first_byte_ms).await;
        // The next request is another one.
        self.with(|state| state.turn_of(self.agent()).is_requested = false);
        let (mut tools, mut index) = (Vec::new(), 0);
        for item in &scripted.items {
            if let Item::Do(effect) = item {
                self.act(effect).await;
                continue;
            }
            let end = json!({"type": "content_block_stop", "index": index});
            let tool = tool_use(&end, &whole, &gates);
            self.with(|state| {
                state.turn_of(self.agent()).streaming = Some(Streaming {
                    message: whole["id"].as_str().unwrap_or_default().to_owned(),
                    start: in_one_piece(&whole),
                    ..Streaming::default()
                });
                state.block_is_whole(&end, &whole, tool.clone(), self.agent());
            });
            tools.extend(tool);
            index += 1;
        }
        self.streamed(&whole, tools, &reply, began)
    }

    /// Waits for the gate before this event, if there is one.
    async fn hold(&self, reply: &ApiReply, events: usize) {
        if let Some(gate) = reply.hold.get(&events) {
            self.until(|state| state.released.contains(gate).then_some(())).await;
        }
    }

    async fn sleep_ms(&self, millis: u64) {
        if millis > 0 {
            self.sleep(Duration::from_millis(millis)).await;
        }
    }

    /// The message is whole. The CLI says nothing of the first request if no stream `began`.
    fn streamed(
        &self,
        whole: &Value,
        tools: Vec<ToolUse>,
        reply: &ApiReply,
        began: bool,
    ) -> Streamed {
        let id = whole["id"].as_str().unwrap_or_default().to_owned();
        let tokens = Tokens::of(&whole["usage"]);
        let stop_reason = whole["stop_reason"].as_str().unwrap_or_default().to_owned();
        self.with(|state| {
            state.note_limits(&reply.headers);
            let model = whole["model"].as_str().unwrap_or_default();
            state.ledger.add(model, tokens);
            state.reported.add(model, tokens);
            if self.agent().is_none() {
                state.context.note(tokens);
            }
            // The message that spends the budget is not one of the turn's.
            let is_over = state.spent().is_some();
            let turn = state.turn_of(self.agent());
            if !is_over {
                turn.tokens.add(tokens);
            }
            turn.stop_reason = Some(stop_reason.clone());
            turn.streaming = None;
            turn.receives = false;
            if began {
                turn.first_request.get_or_insert((tokens.input(), tokens.cache_read()));
            }
            state.changed = true;
        });
        Streamed { id, tools, stop_reason, tokens, estimate: 0 }
    }

    /// The stream broke: what was begun is abandoned.
    fn broken(&self, cut: &Cut, used_tools: bool) -> Broken {
        let had = self.with(|state| match self.agent() {
            None => {
                state.turn().receives = false;
                state.changed = true;
                state.drop_message()
            }
            Some(agent) => {
                let turn = state.turn_of(Some(agent));
                turn.ready.clear();
                turn.streaming.take().map_or(0, |streaming| streaming.written)
            }
        });
        if had > 0 {
            return Broken::Later { used_tools };
        }
        match cut {
            Cut::Error(kind) => Broken::Error(kind.clone()),
            Cut::Close | Cut::Reset | Cut::Garbage(_) => Broken::Connection,
        }
    }
}

/// What the CLI takes a delta for until the message says it: a token for four characters.
fn output_tokens(delta: &Value) -> u64 {
    let texts = ["text", "thinking", "partial_json"];
    let text = texts.iter().find_map(|field| delta[*field].as_str()).unwrap_or_default();
    text.encode_utf16().count() as u64 / 4
}

/// A message as its lines have it where it was not streamed.
fn in_one_piece(whole: &Value) -> Value {
    let mut message = whole.clone();
    message["usage"] = Tokens::of(&whole["usage"]).usage();
    message
}

/// The use of a tool whose block this event ends.
fn tool_use(event: &Value, whole: &Value, gates: &[Gate]) -> Option<ToolUse> {
    if event["type"] != "content_block_stop" {
        return None;
    }
    let index = usize::try_from(event["index"].as_u64()?).ok()?;
    let block = &whole["content"][index];
    (block["type"] == "tool_use").then(|| ToolUse {
        id: block["id"].as_str().unwrap_or_default().to_owned(),
        name: block["name"].as_str().unwrap_or_default().to_owned(),
        input: block["input"].clone(),
        gate: gates.get(index).copied().unwrap_or_default(),
    })
}

impl State {
    /// Writes what an event of the API leads to.
    fn pass_on(&mut self, event: &Value, whole: &Value, agent: Option<&Agent>) {
        let message = whole["id"].as_str().unwrap_or_default();
        let index = event["index"].as_u64().unwrap_or(0);
        let position = usize::try_from(index).unwrap_or(usize::MAX);
        match event["type"].as_str() {
            Some("message_start") => {
                self.turn_of(agent).begun.push(message.to_owned());
                self.turn_of(agent).streaming = Some(Streaming {
                    message: message.to_owned(),
                    start: event["message"].clone(),
                    ..Streaming::default()
                });
            }
            Some("content_block_start") => {
                let kind = event["content_block"]["type"].as_str().unwrap_or_default();
                let block = Some((kind.to_owned(), String::new()));
                if let Some(streaming) = &mut self.turn_of(agent).streaming {
                    (streaming.index, streaming.block) = (position, block);
                }
            }
            Some("content_block_delta") => self.note_delta(&event["delta"], agent),
            _ => {}
        }
        if agent.is_none() {
            self.partial_line(event, message);
        }
    }

    /// The line of a whole block. If it is the use of a tool, that begins.
    fn block_is_whole(
        &mut self,
        event: &Value,
        whole: &Value,
        tool: Option<ToolUse>,
        agent: Option<&Agent>,
    ) {
        let index = event["index"].as_u64().and_then(|index| usize::try_from(index).ok());
        self.assistant_line(index.unwrap_or(usize::MAX), whole, agent);
        let turn = self.turn_of(agent);
        if let Some(streaming) = &mut turn.streaming {
            streaming.block = None;
            streaming.written += 1;
        }
        turn.tools.extend(tool.as_ref().map(|tool| tool.id.clone()));
        turn.ready.extend(tool);
    }

    fn note_delta(&mut self, delta: &Value, agent: Option<&Agent>) {
        if let Some(thinking) = delta["thinking"].as_str() {
            let tokens = thinking.chars().count().div_ceil(4) as u64;
            let Some(streaming) = &mut self.turn_of(agent).streaming else { return };
            streaming.thinking += tokens;
            let sum = streaming.thinking;
            if agent.is_some() {
                return;
            }
            let prompt = self.turn_of(agent).prompts.last().cloned();
            let fields = json!({"estimated_tokens": sum, "estimated_tokens_delta": tokens});
            let mut line = self.lines.system("thinking_tokens", fields);
            if let Some(prompt) = prompt {
                line["user_message_uuid"] = prompt.into();
            }
            self.out(&line);
        }
        let mut fields = ["text", "thinking", "partial_json"].iter();
        let text = fields.find_map(|field| delta[*field].as_str());
        if let (Some(text), Some(streaming)) = (text, &mut self.turn_of(agent).streaming) {
            streaming.chars += text.chars().count() as u64;
            if let Some((_, so_far)) = &mut streaming.block {
                so_far.push_str(text);
            }
        }
    }

    /// The line of a whole block.
    fn assistant_line(&mut self, index: usize, whole: &Value, agent: Option<&Agent>) {
        let block = whole["content"][index].clone();
        let Some(start) =
            self.turn_of(agent).streaming.as_ref().map(|streaming| streaming.start.clone())
        else {
            return;
        };
        let mut message = start;
        let kind = block["type"].as_str().unwrap_or_default().to_owned();
        if kind == "text" {
            let text = block["text"].as_str().unwrap_or_default();
            self.turn_of(agent).text = text.to_owned();
            if agent.is_none() {
                self.said.push(format!("\u{25cf} {text}"));
            }
        }
        let meta = block["id"].as_str().and_then(|id| self.tool_meta(id, block["name"].as_str()?));
        message["content"] = json!([shown(&block)]);
        message["context_management"] = Value::Null;
        let mut line = self.lines.assistant(&message);
        if kind == "thinking" {
            line["thinking_duration_ms"] = 1.into();
            line["thinking_display"] = "updates".into();
        }
        if let Some(meta) = meta {
            line["tool_use_meta"] = json!([meta]);
        }
        match agent {
            None => self.name_prompts(&mut line),
            Some(agent) => agent.mark(&mut line),
        }
        // Of what a sub-agent says, the host sees the uses of tools, and the report of one in the
        // background.
        let is_report = whole["stop_reason"] != "tool_use" && kind == "text";
        let is_seen = |agent: &Agent| kind == "tool_use" || is_report && agent.is_background;
        if agent.is_none_or(is_seen) {
            self.out(&line);
        }
        if agent.is_none() {
            self.mirror_block(&line, whole, index);
        }
    }

    /// The event itself, where the host asked for them.
    fn partial_line(&mut self, event: &Value, message: &str) {
        if !self.options.partial {
            return;
        }
        let mut line = self.lines.stream_event(event, message);
        let thinks = event.pointer("/content_block/type") == Some(&"thinking".into())
            || event.pointer("/delta/type") == Some(&"thinking_delta".into());
        let starts = event["type"] == "message_start";
        if starts {
            line["ttft_ms"] = 10.into();
        }
        if starts || thinks {
            line["thinking_display"] = "updates".into();
        }
        if starts && !self.turn().streams {
            self.turn().streams = true;
            let prompts = self.turn().prompts.clone();
            if let Some(last) = prompts.last() {
                line["user_message_uuid"] = last.as_str().into();
                line["user_message_uuids"] = json!(prompts);
                line["owed_rows"] = json!([]);
            }
        }
        self.out(&line);
    }

    /// The stream of a message broke; how many blocks were whole.
    fn drop_message(&mut self) -> u64 {
        let Some(streaming) = self.turn().streaming.take() else { return 0 };
        if self.options.partial {
            self.count_begun(&streaming);
            if streaming.block.is_some() {
                let stop = json!({"type": "content_block_stop", "index": streaming.index});
                let line = self.lines.stream_event(&stop, &streaming.message);
                self.out(&line);
            }
            self.abandoned_line(&streaming.message, streaming.written);
        }
        streaming.written
    }

    fn abandoned_line(&mut self, message: &str, from: u64) {
        let mut line = self.lines.stream_event(&json!({"type": "message_stop"}), message);
        line["abandoned_blocks"] = json!({"api_message_id": message, "from_block_index": from});
        self.out(&line);
    }

    /// The closing events of a message that goes no further.
    pub(super) fn abandon(&mut self) {
        let Some(streaming) = self.turn().streaming.take() else { return };
        if !self.options.partial {
            return;
        }
        let from = if streaming.block.is_some() {
            let stop = json!({"type": "content_block_stop", "index": streaming.index});
            let line = self.lines.stream_event(&stop, &streaming.message);
            self.out(&line);
            streaming.index as u64 + 1
        } else {
            streaming.written
        };
        let usage = &streaming.start["usage"];
        let delta = json!({
            "type": "message_delta", "context_management": null,
            "delta": {"container": null, "stop_details": null, "stop_reason": null, "stop_sequence": null},
            "usage": {
                "output_tokens_details": {"thinking_tokens": 0}, "input_tokens": usage["input_tokens"],
                "cache_creation_input_tokens": usage["cache_creation_input_tokens"],
                "cache_read_input_tokens": usage["cache_read_input_tokens"], "output_tokens": usage["output_tokens"],
                "server_tool_use": {"web_search_requests": 0, "web_fetch_requests": 0}, "iterations": [], "fallback_credit": null,
            },
        });
        let line = self.lines.stream_event(&delta, &streaming.message);
        self.out(&line);
        self.abandoned_line(&streaming.message, from);
    }
}
