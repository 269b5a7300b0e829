//! Partial messages, line by line, and turns made of lines.

use claude_wire::session::ContentDelta;
use claude_wire::{Session, Turn};
use serde_json::{Value, json};

use super::cli::{Log, result, saying};

/// A turn of these lines between its opening and its result.
pub fn turn(lines: &[impl ToString]) -> Turn {
    let transport = saying(lines, |uuid| result(uuid, "the end"), &Log::default());
    Session::builder().transport(transport).start().unwrap().query("go")
}

/// An event of the message `id`, as CLI 2.1.332 wraps it.
pub fn event(id: &str, event: Value) -> Value {
    json!({"type": "stream_event", "event": event, "parent_tool_use_id": null, "api_message_id": id})
}

pub fn message_start(id: &str) -> Value {
    let message = json!({"id": id, "type": "message", "role": "assistant", "content": []});
    event(id, json!({"type": "message_start", "message": message}))
}

/// The start of a block of this type: `text`, `thinking`, or a tool call.
pub fn block_start(id: &str, index: u64, block: Value) -> Value {
    event(id, json!({"type": "content_block_start", "index": index, "content_block": block}))
}

pub fn text_start(id: &str, index: u64) -> Value {
    block_start(id, index, text(""))
}

pub fn text_piece(id: &str, index: u64, text: &str) -> Value {
    block_delta(id, index, json!({"type": "text_delta", "text": text}))
}

pub fn thinking_piece(id: &str, index: u64, thinking: &str) -> Value {
    block_delta(id, index, json!({"type": "thinking_delta", "thinking": thinking}))
}

pub fn input_piece(id: &str, index: u64, json: &str) -> Value {
    block_delta(id, index, json!({"type": "input_json_delta", "partial_json": json}))
}

fn block_delta(id: &str, index: u64, delta: Value) -> Value {
    event(id, json!({"type": "content_block_delta", "index": index, "delta": delta}))
}

pub fn block_stop(id: &str, index: u64) -> Value {
    event(id, json!({"type": "content_block_stop", "index": index}))
}

pub fn message_stop(id: &str) -> Value {
    event(id, json!({"type": "message_stop"}))
}

/// The end that the CLI adds if the API's stream breaks off.
pub fn abandoned(id: &str, from: u64) -> Value {
    let mut line = message_stop(id);
    line["abandoned_blocks"] = json!({"api_message_id": id, "from_block_index": from});
    line
}

pub fn api_retry() -> Value {
    json!({"type": "system", "subtype": "api_retry", "attempt": 1, "max_retries": 10,
        "retry_delay_ms": 500, "error_status": 529, "error": "overloaded"})
}

/// An assistant message of these blocks.
pub fn whole(id: &str, blocks: Value) -> Value {
    json!({"type": "assistant", "message": {"id": id, "role": "assistant", "content": blocks},
        "parent_tool_use_id": null, "uuid": format!("line of {id}")})
}

pub fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

pub fn thinking(thinking: &str) -> Value {
    json!({"type": "thinking", "thinking": thinking, "signature": "s"})
}

pub fn tool(id: &str, name: &str, input: Value) -> Value {
    json!({"type": "tool_use", "id": id, "name": name, "input": input})
}

/// The same line, from a sub-agent.
pub fn of_sub_agent(mut line: Value) -> Value {
    line["parent_tool_use_id"] = json!("toolu_sub");
    line
}

/// What a reader shows in the end if it applies each piece in order.
#[derive(Debug, Default)]
pub struct Shown {
    pub text: String,
    pub thinking: String,
    pub blocks: Vec<String>,
    /// How often the text started over.
    pub restarts: usize,
}

/// Reads a turn in every way in which a reply can be read while it is written.
pub async fn shown(turn: impl Fn() -> Turn) -> Shown {
    let mut shown = Shown::default();
    let mut pieces = turn().text_deltas();
    let mut count = 0_usize;
    while let Some(piece) = pieces.next().await {
        count += 1;
        let (piece, text) = (piece.unwrap(), &mut shown.text);
        if let Some(stays) = piece.starts_over_at() {
            assert!(stays < text.len() && text.is_char_boundary(stays), "{piece:?} after {text:?}");
            shown.restarts += 1;
        }
        piece.apply_to(text);
    }
    let collected = turn().text_deltas().collect().await.unwrap();
    assert!(collected.iter().all(|piece| piece.starts_over_at().is_none()), "{collected:?}");
    assert_eq!(collected.iter().map(|piece| piece.as_str()).collect::<String>(), shown.text);
    let mut pieces = turn().thinking_deltas();
    while let Some(piece) = pieces.next().await {
        piece.unwrap().apply_to(&mut shown.thinking);
    }
    let mut deltas = turn().content_deltas();
    while let Some(delta) = deltas.next().await {
        apply(&mut shown.blocks, delta.unwrap());
    }
    let mut collected = Vec::new();
    for delta in turn().content_deltas().collect().await.unwrap() {
        apply(&mut collected, delta);
    }
    // A block without any text yet may be known or unknown.
    let said = |blocks: &[String]| blocks.join("|").trim_end_matches('|').to_owned();
    assert_eq!(said(&collected), said(&shown.blocks));
    let taken = count.div_ceil(2);
    assert_eq!(text_after(turn(), taken).await, shown.text, "{taken} of {count} pieces were taken");
    let blocks = blocks_after(turn(), taken).await;
    assert_eq!(said(&blocks), said(&shown.blocks), "{taken} pieces were taken");
    shown
}

/// The text that a reader shows who takes so many pieces, and collects the others.
pub async fn text_after(turn: Turn, taken: usize) -> String {
    let (mut text, mut pieces) = (String::new(), turn.text_deltas());
    for _ in 0..taken {
        pieces.next().await.unwrap().unwrap().apply_to(&mut text);
    }
    for piece in pieces.collect().await.unwrap() {
        piece.apply_to(&mut text);
    }
    text
}

/// The blocks that such a reader shows.
pub async fn blocks_after(turn: Turn, taken: usize) -> Vec<String> {
    let (mut blocks, mut deltas) = (Vec::new(), turn.content_deltas());
    for _ in 0..taken {
        let Some(delta) = deltas.next().await else { break };
        apply(&mut blocks, delta.unwrap());
    }
    for delta in deltas.collect().await.unwrap() {
        // A restart is there if it may concern what was taken.
        if !matches!(delta, ContentDelta::Restart { index } if index >= blocks.len()) {
            apply(&mut blocks, delta);
        }
    }
    blocks
}

fn apply(blocks: &mut Vec<String>, delta: ContentDelta) {
    if let ContentDelta::Restart { index } = delta {
        assert!(index < blocks.len(), "nothing of {index} was shown: {blocks:?}");
        return blocks.truncate(index);
    }
    blocks.resize(blocks.len().max(delta.index() + 1), String::new());
    match delta {
        ContentDelta::Text { index, text } => blocks[index].push_str(&text),
        ContentDelta::Thinking { index, thinking } => blocks[index].push_str(&thinking),
        ContentDelta::InputJson { index, partial_json, .. } => {
            blocks[index].push_str(&partial_json)
        }
        _ => {}
    }
}
