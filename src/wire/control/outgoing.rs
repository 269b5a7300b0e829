//! The lines that a host writes: compact JSON without the newline, which is the codec's.

use bytes::Bytes;

use crate::wire::json::RawJson;
use crate::wire::message::Priority;

/// What a prompt says.
#[derive(Clone, Debug, PartialEq)]
pub enum PromptContent {
    /// A text.
    Text(String),
    /// Content blocks: JSON objects such as `{"type":"text","text":"…"}` or an image.
    Blocks(Vec<RawJson>),
}

/// A prompt's line (`user`, host to CLI).
///
/// ```
/// use claude_wire::wire::UserLine;
///
/// let line = UserLine::new("Hello").uuid("6f1c2d3e-0000-4000-8000-000000000001").to_bytes();
/// assert_eq!(
///     line,
///     concat!(
///         r#"{"type":"user","message":{"role":"user","content":"Hello"},"parent_tool_use_id":null,"session_id":"","#,
///         r#""uuid":"6f1c2d3e-0000-4000-8000-000000000001"}"#
///     )
/// );
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct UserLine {
    content: PromptContent,
    uuid: Option<String>,
    priority: Option<Priority>,
    should_query: Option<bool>,
}

impl UserLine {
    /// A prompt that says this.
    pub fn new(content: impl Into<PromptContent>) -> Self {
        Self { content: content.into(), uuid: None, priority: None, should_query: None }
    }

    /// Names the prompt: the CLI's messages echo it, and it can be cancelled or gone back to by it.
    pub fn uuid(mut self, uuid: impl Into<String>) -> Self {
        self.uuid = Some(uuid.into());
        self
    }

    /// Where it goes in the queue.
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = Some(priority);
        self
    }

    /// False puts it into the conversation and starts no turn.
    pub fn should_query(mut self, should_query: bool) -> Self {
        self.should_query = Some(should_query);
        self
    }

    /// The line.
    pub fn to_bytes(&self) -> Bytes {
        let mut line = Writer::new("user");
        line.raw("message", br#"{"role":"user","content":"#);
        match &self.content {
            PromptContent::Text(text) => line.push(&quoted(text)),
            PromptContent::Blocks(blocks) => line.list(blocks),
        }
        line.push(b"}");
        line.raw("parent_tool_use_id", b"null");
        line.raw("session_id", b"\"\"");
        line.text("uuid", self.uuid.as_deref());
        line.text("priority", self.priority.as_ref().map(Priority::as_str));
        if let Some(should_query) = self.should_query {
            line.raw("shouldQuery", if should_query { b"true" } else { b"false" });
        }
        line.end(b"}")
    }
}

/// A control request's line; `request` is an object with a `subtype`.
pub fn control_request_line(request_id: &str, request: &RawJson) -> Bytes {
    let mut line = Writer::new("control_request");
    line.text("request_id", Some(request_id));
    line.raw("request", request.as_bytes());
    line.end(b"}")
}

/// The line that answers a request of the CLI. The id goes back as it came; without a `response` it is a bare acknowledgement.
pub fn control_success_line(request_id: Option<&RawJson>, response: Option<&RawJson>) -> Bytes {
    let mut line = Writer::response("success", request_id);
    if let Some(response) = response {
        line.raw("response", response.as_bytes());
    }
    line.end(b"}}")
}

/// The line that refuses a request of the CLI. `error_code` is a word in lower case with underscores, such as `unsupported_request`.
pub fn control_error_line(request_id: Option<&RawJson>, error: &str, error_code: Option<&str>) -> Bytes {
    let mut line = Writer::response("error", request_id);
    line.text("error", Some(error));
    line.text("error_code", error_code);
    line.end(b"}}")
}

/// The line that withdraws a request of the host.
pub fn control_cancel_line(request_id: &str) -> Bytes {
    let mut line = Writer::new("control_cancel_request");
    line.text("request_id", Some(request_id));
    line.end(b"}")
}

impl From<&str> for PromptContent {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for PromptContent {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<RawJson>> for PromptContent {
    fn from(blocks: Vec<RawJson>) -> Self {
        Self::Blocks(blocks)
    }
}

/// Writes an object whose first field is its type.
struct Writer(Vec<u8>);

impl Writer {
    fn new(kind: &str) -> Self {
        Self(format!(r#"{{"type":"{kind}""#).into_bytes())
    }

    fn response(subtype: &str, request_id: Option<&RawJson>) -> Self {
        let mut line = Self::new("control_response");
        line.push(format!(r#","response":{{"subtype":"{subtype}""#).as_bytes());
        if let Some(id) = request_id {
            line.raw("request_id", id.as_bytes());
        }
        line
    }

    fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn raw(&mut self, name: &str, value: &[u8]) {
        self.push(format!(",\"{name}\":").as_bytes());
        self.push(value);
    }

    fn text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.raw(name, &quoted(value));
        }
    }

    fn list(&mut self, items: &[RawJson]) {
        for (index, item) in items.iter().enumerate() {
            self.push(if index == 0 { b"[" } else { b"," });
            self.push(item.as_bytes());
        }
        self.push(if items.is_empty() { b"[]" } else { b"]" });
    }

    fn end(mut self, closing: &[u8]) -> Bytes {
        self.push(closing);
        self.0.into()
    }
}

fn quoted(text: &str) -> Vec<u8> {
    serde_json::Value::from(text).to_string().into_bytes()
}
