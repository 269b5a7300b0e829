//! The replies of the model's side.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The API's answer to one request: a message, an error, or a raw body; and how it is delivered.
///
/// In a file it is an object, such as `{"content":"Hi!"}` or `{"error":{"status":529}}`; the keys
/// are the fields that the methods name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ApiReply {
    #[serde(deserialize_with = "text_or_blocks", skip_serializing_if = "Vec::is_empty")]
    pub(crate) content: Vec<Block>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stop_reason: Option<String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(crate) usage: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<Refusal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) raw: Option<Raw>,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) first_byte_ms: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) delta_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) delta_chars: Option<usize>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) hold: BTreeMap<usize, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cut: Option<CutAfter>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) headers: BTreeMap<String, String>,
}

/// A content block, in the API's terms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Block {
    /// `text`
    Text {
        /// The text.
        text: String,
    },
    /// `thinking`, with a made-up signature.
    Thinking {
        /// The thinking.
        thinking: String,
    },
    /// `tool_use`
    ToolUse {
        /// The tool, as the model calls it.
        name: String,
        /// Its input.
        #[serde(default)]
        input: Value,
        /// The id of the call; without one, a unique id is made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// The input as streamed, if that should differ from the JSON text of `input`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        partial_json: Option<String>,
    },
    /// Any other block, as it is in the finished message.
    ///
    /// Its texts, its `input` and its `citations` are streamed in deltas, as the API does; the rest
    /// comes when the block starts.
    Raw {
        /// The block, with its own `type`.
        block: Map<String, Value>,
    },
}

/// How a stream of events ends early.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cut {
    /// The connection is closed (FIN) without the end of the body.
    Close,
    /// The connection is reset (RST).
    Reset,
    /// These bytes replace the next event, and the body ends normally.
    Garbage(String),
    /// An `error` event of this type, such as `overloaded_error`, and the end of the body.
    Error(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CutAfter {
    pub(crate) after: usize,
    #[serde(rename = "by")]
    pub(crate) cut: Cut,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    /// Seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) retry_after: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Raw {
    pub(crate) content_type: String,
    pub(crate) body: String,
}

impl Raw {
    /// Whether it is a page, as a portal or a gateway answers.
    pub(crate) fn is_html(&self) -> bool {
        self.content_type.starts_with("text/html") && self.body.trim_start().starts_with('<')
    }
}

impl ApiReply {
    /// An empty message to build on.
    pub fn new() -> Self {
        Self::default()
    }

    /// A message of one text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::new().and_text(text)
    }

    /// A message of one thinking block.
    pub fn thinking(thinking: impl Into<String>) -> Self {
        Self::new().and_thinking(thinking)
    }

    /// A message of one tool call.
    pub fn tool_use(name: impl Into<String>, input: Value) -> Self {
        Self::new().and_tool_use(name, input)
    }

    /// A message of these blocks (`content`).
    pub fn blocks(blocks: impl IntoIterator<Item = Block>) -> Self {
        Self { content: blocks.into_iter().collect(), ..Self::default() }
    }

    /// An error with this status, 400 to 599, and the API's error type for it. The CLI only retries
    /// 401, 429 and 500 and above.
    pub fn error(status: u16) -> Self {
        Self {
            error: Some(Refusal { status, message: None, retry_after: None }),
            ..Self::default()
        }
    }

    /// Status 200 with this raw body.
    pub fn raw(content_type: impl Into<String>, body: impl Into<String>) -> Self {
        Self {
            raw: Some(Raw { content_type: content_type.into(), body: body.into() }),
            ..Self::default()
        }
    }

    /// Adds a text block.
    #[must_use]
    pub fn and_text(mut self, text: impl Into<String>) -> Self {
        self.content.push(Block::Text { text: text.into() });
        self
    }

    /// Adds a thinking block.
    #[must_use]
    pub fn and_thinking(mut self, thinking: impl Into<String>) -> Self {
        self.content.push(Block::Thinking { thinking: thinking.into() });
        self
    }

    /// Adds a tool call.
    ///
    /// A text in the input that is `${after:TEXT}` is the word that follows `TEXT` in a tool result
    /// that the model has just got, such as the id of what the tool started:
    ///
    /// ```
    /// use claude_wire::player::ApiReply;
    /// use serde_json::json;
    ///
    /// let start = json!({"command": "sleep 600", "run_in_background": true});
    /// let stop = json!({"task_id": "${after:with ID: }"});
    /// let replies = [ApiReply::tool_use("Bash", start), ApiReply::tool_use("TaskStop", stop)];
    /// ```
    #[must_use]
    pub fn and_tool_use(mut self, name: impl Into<String>, input: Value) -> Self {
        self.content.push(Block::ToolUse {
            name: name.into(),
            input,
            id: None,
            partial_json: None,
        });
        self
    }

    /// `stop_reason`. Default: `tool_use` if there is a tool call, else `end_turn`.
    #[must_use]
    pub fn stop_reason(mut self, reason: impl Into<String>) -> Self {
        self.stop_reason = Some(reason.into());
        self
    }

    /// A count of `usage`, such as `input_tokens`. Default: 100 tokens in, 20 out.
    #[must_use]
    pub fn usage(mut self, name: impl Into<String>, tokens: u64) -> Self {
        self.usage.insert(name.into(), tokens.into());
        self
    }

    /// The text of an error.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        if let Some(error) = &mut self.error {
            error.message = Some(message.into());
        }
        self
    }

    /// The header `retry-after` of an error, in whole seconds.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        if let Some(error) = &mut self.error {
            error.retry_after = Some(wait.as_secs());
        }
        self
    }

    /// Waits this long before anything is sent, headers included (`first_byte_ms`).
    #[must_use]
    pub fn first_byte_after(mut self, wait: Duration) -> Self {
        self.first_byte_ms = millis(wait);
        self
    }

    /// Waits this long after each delta (`delta_ms`).
    #[must_use]
    pub fn delta_every(mut self, pause: Duration) -> Self {
        self.delta_ms = millis(pause);
        self
    }

    /// The characters per delta, at least 1 (`delta_chars`). Default: 40.
    #[must_use]
    pub fn delta_chars(mut self, characters: usize) -> Self {
        self.delta_chars = Some(characters);
        self
    }

    /// Pauses the reply after its first `events` events until the test
    /// [releases](crate::lab::FakeApi::release) `gate` (`hold`). With 0 nothing is sent before, not even
    /// headers. With a gate that is never released the reply hangs.
    ///
    /// `message_start` is the first event, `content_block_start` the second, and then come the
    /// deltas.
    #[must_use]
    pub fn hold(mut self, events: usize, gate: impl Into<String>) -> Self {
        self.hold.insert(events, gate.into());
        self
    }

    /// Ends the stream after its first `events` events (`cut`). Only for streamed replies.
    #[must_use]
    pub fn cut(mut self, events: usize, cut: Cut) -> Self {
        self.cut = Some(CutAfter { after: events, cut });
        self
    }

    /// A header of the HTTP response (`headers`), such as one of the limits of a plan. The CLI reads
    /// those, and writes `rate_limit_event`, where it runs with an OAuth token
    /// (`CLAUDE_CODE_OAUTH_TOKEN`) and no API key.
    ///
    /// ```
    /// use claude_wire::player::{ApiReply, reply};
    ///
    /// let limits = [("status", "allowed_warning"), ("representative-claim", "five_hour"),
    ///     ("5h-utilization", "0.92"), ("5h-surpassed-threshold", "0.9"), ("5h-reset", "4102444800")];
    /// let message = limits.into_iter().fold(ApiReply::text("Nearly there."), |message, (name, value)| {
    ///     message.header(format!("anthropic-ratelimit-unified-{name}"), value)
    /// });
    /// let turn = reply().message(message);
    /// ```
    ///
    /// In an API script, a value that is `${day+N}` is the time at which the day (UTC) begins that is
    /// N days from now, in seconds since 1970. CLI 2.1.332 leaves out a window that has ended, and one
    /// that ends in 400 days.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into().to_ascii_lowercase(), value.into());
        self
    }

    /// What is wrong with a reply from a file.
    pub(crate) fn check(&self) -> Result<(), String> {
        let kinds = [!self.content.is_empty(), self.error.is_some(), self.raw.is_some()];
        if kinds.iter().filter(|is| **is).count() > 1 {
            return Err("only one of `content`, `error` and `raw` can be".into());
        }
        if self.delta_chars == Some(0) {
            return Err("`delta_chars`: expected a number from 1 up, got 0".into());
        }
        let is_plain = |text: &str| text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
        let is_name = |name: &str| !name.is_empty() && is_plain(name) && !name.contains([' ', ':']);
        let is_header = |(name, value): (&String, &String)| is_name(name) && is_plain(value);
        if !self.headers.iter().all(is_header) {
            return Err("`headers`: expected names without blanks and colons, and values of one line of ASCII".into());
        }
        match &self.error {
            Some(error) if !(400..=599).contains(&error.status) => Err(format!(
                "`error.status`: expected a status from 400 to 599, got {}",
                error.status
            )),
            _ => Ok(()),
        }
    }
}

fn millis(duration: Duration) -> u64 {
    duration.as_millis().try_into().unwrap_or(u64::MAX)
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// `content` as in the API: one text, or blocks.
fn text_or_blocks<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<Block>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    match value {
        Value::String(text) => Ok(vec![Block::Text { text }]),
        blocks => serde_json::from_value(blocks).map_err(serde::de::Error::custom),
    }
}
