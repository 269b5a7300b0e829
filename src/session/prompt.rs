//! The content of prompts.

use base64::prelude::*;
use serde_json::{Value, json};

use crate::wire::RawJson;
use crate::wire::control::PromptFields;
use crate::wire::message::Priority;

/// The content of a prompt: a text, with optional images and files, or content blocks of the
/// Messages API.
///
/// In a text, the CLI replaces `@path` with the content of the file, and treats a leading `/name`
/// as a command, unless prompts are verbatim (an option).
///
/// ```
/// use claude_wire::Prompt;
/// use serde_json::json;
///
/// let text: Prompt = "What is 2 + 2?".into();
/// let file: Prompt = "What does @src/main.rs do?".into();
/// let image = Prompt::from("What is this?").image("image/png", b"\x89PNG...");
/// let blocks = Prompt::blocks([json!({"type": "text", "text": "What is 2 + 2?"})]);
/// ```
#[derive(Clone, Debug)]
pub struct Prompt {
    pub(super) content: RawJson,
    /// The other fields of the line, if any is set.
    pub(super) fields: Option<Box<PromptFields>>,
}

impl Prompt {
    /// Creates a prompt from content blocks.
    pub fn blocks(blocks: impl IntoIterator<Item = Value>) -> Self {
        Self::raw(json!(blocks.into_iter().collect::<Vec<_>>()).into())
    }

    /// Adds an image: its type, `image/png`, `image/jpeg`, `image/gif` or `image/webp`, and the
    /// bytes of its file.
    #[must_use]
    pub fn image(self, media_type: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.and(json!({"type": "image", "source": base64(media_type, bytes.as_ref())}))
    }

    /// Adds a PDF document, as the bytes of its file.
    #[must_use]
    pub fn pdf(self, bytes: impl AsRef<[u8]>) -> Self {
        self.and(json!({"type": "document", "source": base64("application/pdf", bytes.as_ref())}))
    }

    /// Adds a plain-text file under a title, such as its name.
    #[must_use]
    pub fn text_file(self, title: impl Into<String>, text: impl Into<String>) -> Self {
        let source = json!({"type": "text", "media_type": "text/plain", "data": text.into()});
        self.and(json!({"type": "document", "source": source, "title": title.into()}))
    }

    /// Adds a content block.
    fn and(mut self, block: Value) -> Self {
        let mut blocks = match self.content.to_value() {
            Ok(Value::Array(blocks)) => blocks,
            Ok(Value::String(text)) => vec![json!({"type": "text", "text": text})],
            // Not a content that the API knows; it is left unchanged.
            _ => return self,
        };
        blocks.push(block);
        self.content = Value::Array(blocks).into();
        self
    }

    /// Creates a prompt from the exact value of `message.content`, byte for byte.
    pub fn raw(content: RawJson) -> Self {
        Self { content, fields: None }
    }
}

/// Fields of the prompt's line in addition to its content.
impl Prompt {
    /// Sets where the prompt goes among the messages that wait while a turn runs (`priority`; seen,
    /// CLI 2.1.332). For messages that [steer](super::Turn::steer) a turn: the prompt of a turn is
    /// written when no other runs.
    #[must_use]
    pub fn priority(self, priority: impl Into<Priority>) -> Self {
        self.set(|fields| fields.priority = Some(priority.into()))
    }

    fn set(mut self, set: impl FnOnce(&mut PromptFields)) -> Self {
        set(self.fields.get_or_insert_default());
        self
    }
}

fn base64(media_type: &str, bytes: &[u8]) -> Value {
    json!({"type": "base64", "media_type": media_type, "data": BASE64_STANDARD.encode(bytes)})
}

impl From<&str> for Prompt {
    fn from(text: &str) -> Self {
        Self::raw(Value::from(text).into())
    }
}

impl From<String> for Prompt {
    fn from(text: String) -> Self {
        Self::raw(Value::from(text).into())
    }
}

impl From<&String> for Prompt {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}
