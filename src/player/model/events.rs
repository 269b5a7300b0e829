//! A reply as the API's events, or as one message.

use serde_json::{Map, Value, json};

use super::reply::{ApiReply, Block};
#[cfg(feature = "lab")]
use super::reply::{Cut, Refusal};

/// The characters of a delta, unless the reply says otherwise.
const DELTA_CHARS: usize = 40;
/// A made-up signature; the CLI only passes it on.
const SIGNATURE: &str = "c2lnbmF0dXJl";

/// One server-sent event, with the empty line after it.
pub(crate) struct SseEvent {
    kind: &'static str,
    data: Value,
}

impl SseEvent {
    /// What crosses the wire.
    #[cfg(any(test, feature = "lab"))]
    pub(crate) fn text(&self) -> String {
        format!("event: {}\ndata: {}\n\n", self.kind, self.data)
    }

    pub(crate) fn is_delta(&self) -> bool {
        self.kind == "content_block_delta"
    }

    /// The event as an object.
    pub(crate) fn into_data(self) -> Value {
        self.data
    }
}

/// A message ready to send: the reply's content with everything filled in.
pub(crate) struct OutMessage<'a> {
    reply: &'a ApiReply,
    model: &'a str,
    /// Unique among the replies of one API.
    serial: usize,
}

impl<'a> OutMessage<'a> {
    pub(crate) fn new(reply: &'a ApiReply, model: &'a str, serial: usize) -> Self {
        Self { reply, model, serial }
    }

    /// The body for a request that does not stream.
    pub(crate) fn whole(&self) -> Value {
        let content: Vec<_> = self
            .reply
            .content
            .iter()
            .enumerate()
            .map(|(index, block)| self.block(index, block))
            .collect();
        self.envelope(content, self.stop_reason(), self.usage())
    }

    /// The events for a request that streams.
    pub(crate) fn events(&self) -> Vec<SseEvent> {
        let mut usage = self.usage();
        usage.insert("output_tokens".into(), 1.into());
        let mut events = vec![event(
            "message_start",
            json!({"message": self.envelope(Vec::new(), Value::Null, usage)}),
        )];
        for (index, block) in self.reply.content.iter().enumerate() {
            events.push(event(
                "content_block_start",
                json!({"index": index, "content_block": emptied(self.block(index, block))}),
            ));
            events.extend(self.deltas(block).into_iter().map(|delta| {
                event("content_block_delta", json!({"index": index, "delta": delta}))
            }));
            events.push(event("content_block_stop", json!({"index": index})));
        }
        let usage = json!({"output_tokens": self.usage()["output_tokens"]});
        let delta = json!({"stop_reason": self.stop_reason(), "stop_sequence": null});
        events.push(event("message_delta", json!({"delta": delta, "usage": usage})));
        events.push(event("message_stop", json!({})));
        events
    }

    fn envelope(
        &self,
        content: Vec<Value>,
        stop_reason: Value,
        usage: Map<String, Value>,
    ) -> Value {
        json!({"id": format!("msg_{}", self.serial), "type": "message", "role": "assistant", "model": self.model, "content": content,
            "stop_reason": stop_reason, "stop_sequence": null, "usage": usage})
    }

    fn block(&self, index: usize, block: &Block) -> Value {
        match block {
            Block::Text { text } => json!({"type": "text", "text": text}),
            Block::Thinking { thinking } => {
                json!({"type": "thinking", "thinking": thinking, "signature": SIGNATURE})
            }
            Block::ToolUse { name, input, id, .. } => {
                let id = id.clone().unwrap_or_else(|| format!("toolu_{}_{index}", self.serial));
                json!({"type": "tool_use", "id": id, "name": name, "input": input})
            }
            Block::Raw { block } => Value::Object(block.clone()),
        }
    }

    fn deltas(&self, block: &Block) -> Vec<Value> {
        let pieces = |kind: &str, field: &str, text: &str| {
            let pieces = pieces(text, self.reply.delta_chars.unwrap_or(DELTA_CHARS)).into_iter();
            pieces.map(|piece| json!({"type": kind, field: piece})).collect::<Vec<_>>()
        };
        match block {
            Block::Text { text } => pieces("text_delta", "text", text),
            Block::Thinking { thinking } => {
                let mut deltas = pieces("thinking_delta", "thinking", thinking);
                deltas.push(json!({"type": "signature_delta", "signature": SIGNATURE}));
                deltas
            }
            Block::ToolUse { input, partial_json, .. } => {
                let json = partial_json.clone().unwrap_or_else(|| input.to_string());
                pieces("input_json_delta", "partial_json", &json)
            }
            Block::Raw { block } => {
                let text = |field: &str| block.get(field).and_then(Value::as_str);
                let mut deltas = Vec::new();
                for citation in
                    block.get("citations").and_then(Value::as_array).into_iter().flatten()
                {
                    deltas.push(json!({"type": "citations_delta", "citation": citation}));
                }
                for (kind, field) in [("text_delta", "text"), ("thinking_delta", "thinking")] {
                    deltas
                        .extend(text(field).into_iter().flat_map(|text| pieces(kind, field, text)));
                }
                if let Some(signature) = text("signature") {
                    deltas.push(json!({"type": "signature_delta", "signature": signature}));
                }
                if let Some(input) = block.get("input") {
                    deltas.extend(pieces("input_json_delta", "partial_json", &input.to_string()));
                }
                deltas
            }
        }
    }

    fn stop_reason(&self) -> Value {
        let calls = self.reply.content.iter().any(|block| matches!(block, Block::ToolUse { .. }));
        let default = if calls { "tool_use" } else { "end_turn" };
        self.reply.stop_reason.as_deref().unwrap_or(default).into()
    }

    fn usage(&self) -> Map<String, Value> {
        let mut usage = Map::new();
        for (name, tokens) in [
            ("input_tokens", 100),
            ("cache_creation_input_tokens", 0),
            ("cache_read_input_tokens", 0),
            ("output_tokens", 20),
        ] {
            usage.insert(name.into(), tokens.into());
        }
        usage.extend(self.reply.usage.clone());
        usage
    }
}

/// The end of a stream that is cut off.
#[cfg(feature = "lab")]
pub(crate) fn last_words(cut: &Cut) -> Option<String> {
    match cut {
        Cut::Close | Cut::Reset => None,
        Cut::Garbage(bytes) => Some(bytes.clone()),
        Cut::Error(kind) => Some(
            event("error", json!({"error": {"type": kind, "message": "from the script"}})).text(),
        ),
    }
}

/// The body of an error.
#[cfg(feature = "lab")]
pub(crate) fn error_body(error: &Refusal) -> Value {
    let kind = match error.status {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        400..=499 => "invalid_request_error",
        _ => "api_error",
    };
    let message = error.message.clone().unwrap_or_else(|| format!("{kind}, from the script"));
    json!({"type": "error", "error": {"type": kind, "message": message}})
}

fn event(kind: &'static str, fields: Value) -> SseEvent {
    let mut data = json!({"type": kind});
    if let (Value::Object(data), Value::Object(fields)) = (&mut data, fields) {
        data.extend(fields);
    }
    SseEvent { kind, data }
}

/// A block as it starts: what the deltas will bring is empty.
fn emptied(mut block: Value) -> Value {
    for (field, empty) in [
        ("text", json!("")),
        ("thinking", json!("")),
        ("signature", json!("")),
        ("input", json!({})),
        ("citations", json!([])),
    ] {
        if let Some(value) = block.get_mut(field) {
            *value = empty;
        }
    }
    block
}

/// Splits a text into deltas of N characters; an empty text is one empty delta, as the API sends
/// it.
fn pieces(text: &str, characters: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((end, _)) = rest.char_indices().nth(characters.max(1)) {
        let (piece, tail) = rest.split_at(end);
        pieces.push(piece.to_owned());
        rest = tail;
    }
    pieces.push(rest.to_owned());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(reply: &ApiReply) -> Vec<String> {
        OutMessage::new(reply, "m", 7).events().into_iter().map(|event| event.text()).collect()
    }

    #[test]
    fn a_text_streamed_as_the_api_streams_it() {
        let expected = [
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_7\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":100,\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,\"output_tokens\":1}}}\n\n",
            "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hü\"}}\n\n",
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"!\"}}\n\n",
            "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
            "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":20}}\n\n",
            "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
        ];
        assert_eq!(lines(&ApiReply::text("Hü!").delta_chars(2)), expected);
    }

    #[test]
    fn thinking_ends_with_its_signature_and_a_call_starts_empty() {
        let lines = lines(
            &ApiReply::thinking("hm")
                .and_tool_use("Bash", json!({"command": "ls"}))
                .usage("output_tokens", 9),
        );
        assert_eq!(
            lines[3],
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"signature_delta\",\"signature\":\"c2lnbmF0dXJl\"}}\n\n"
        );
        assert_eq!(
            lines[5..7],
            [
                "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"tool_use\",\"id\":\"toolu_7_1\",\"name\":\"Bash\",\"input\":{}}}\n\n",
                "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"command\\\":\\\"ls\\\"}\"}}\n\n",
            ]
        );
        assert!(
            lines[8].contains(r#""stop_reason":"tool_use""#)
                && lines[8].contains(r#""output_tokens":9"#),
            "{}",
            lines[8]
        );
    }

    #[test]
    fn a_block_of_another_kind_is_streamed_by_its_fields() {
        let block = |block: Value| match block {
            Value::Object(block) => Block::Raw { block },
            other => panic!("no block: {other}"),
        };
        let cited = json!({"type": "text", "text": "So.", "citations": [{"cited_text": "a"}, {"cited_text": "b"}]});
        let call = json!({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "x"}, "caller": {"type": "direct"}});
        let result = json!({"type": "web_search_tool_result", "tool_use_id": "s", "content": [{"title": "A"}]});
        let whole = [cited, call, result];
        let reply = ApiReply::blocks(whole.clone().map(block));
        let message = OutMessage::new(&reply, "m", 0);
        assert_eq!(message.whole()["content"], json!(whole));
        let data: Vec<Value> = message.events().into_iter().map(SseEvent::into_data).collect();
        let started = |index: usize| {
            data.iter()
                .find(|data| data["index"] == index)
                .map(|data| data["content_block"].clone())
        };
        let deltas = |index: usize| {
            data.iter()
                .filter(|data| data["index"] == index)
                .filter_map(|data| data.get("delta"))
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(started(0), Some(json!({"type": "text", "text": "", "citations": []})));
        assert_eq!(
            deltas(0),
            [
                json!({"type": "citations_delta", "citation": {"cited_text": "a"}}),
                json!({"type": "citations_delta", "citation": {"cited_text": "b"}}),
                json!({"type": "text_delta", "text": "So."}),
            ]
        );
        assert_eq!(
            started(1),
            Some(
                json!({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}, "caller": {"type": "direct"}})
            )
        );
        assert_eq!(
            deltas(1),
            [json!({"type": "input_json_delta", "partial_json": r#"{"query":"x"}"#})]
        );
        assert_eq!((started(2), deltas(2)), (Some(whole[2].clone()), vec![]));
        assert_eq!(data.last(), Some(&json!({"type": "message_stop"})));
    }

    #[test]
    fn a_whole_message() {
        let reply = ApiReply::text("Hi");
        let whole = OutMessage::new(&reply, "m", 0).whole().to_string();
        assert_eq!(
            whole,
            r#"{"id":"msg_0","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":100,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":20}}"#
        );
    }
}
