//! The content of prompts.

use base64::prelude::*;
use serde_json::{Value, json};

use crate::wire::RawJson;
use crate::wire::control::{PromptFields, PromptOrigin};
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

/// What a prompt says in addition to its content. What was seen was seen with CLI 2.1.332.
///
/// ```
/// use claude_wire::Prompt;
/// use claude_wire::wire::message::{OriginKind, Priority};
///
/// let typed = Prompt::from("What does this log say?").origin(OriginKind::Human).pasted("ERROR: no such file");
/// let note = Prompt::from("The build is green again.").should_query(false);
/// let urgent = Prompt::from("Stop, wrong branch").priority(Priority::Now);
/// ```
impl Prompt {
    /// Sets where it goes among the messages that wait while a turn runs (`priority`, seen). It
    /// decides what becomes of a message that [steers](super::Turn::steer) a turn. The prompt of a
    /// turn is written when no other turn of the session runs, so that it changes nothing there.
    #[must_use]
    pub fn priority(self, priority: impl Into<Priority>) -> Self {
        self.set(|fields| fields.priority = Some(priority.into()))
    }

    /// With `false`, it is only added to the conversation, and the model reads it with the next
    /// prompt (`shouldQuery`, seen).
    ///
    /// Its turn ends at once: the CLI writes an `init` and a result with an empty text and
    /// [`num_turns`](crate::wire::ResultMessage::num_turns) 0. If a CLI writes no result for it, the
    /// turn ends with the `command_lifecycle` line that says `completed`.
    #[must_use]
    pub fn should_query(self, should_query: bool) -> Self {
        self.set(|fields| fields.should_query = Some(should_query))
    }

    /// With `true`, no user typed it (`isSynthetic`, seen): the CLI writes above it that it is not
    /// the user's input, and the result has the `origin` `unclassified`.
    #[must_use]
    pub fn synthetic(self, is_synthetic: bool) -> Self {
        self.set(|fields| fields.is_synthetic = Some(is_synthetic))
    }

    /// Sets where it comes from (`origin`). That it is [`Human`](crate::wire::message::OriginKind)
    /// must be said to count; the result repeats it (seen). The other kinds, with fields such as
    /// `from` of a `peer`, are declared: the CLI accepted them and nothing changed.
    #[must_use]
    pub fn origin(self, origin: impl Into<PromptOrigin>) -> Self {
        self.set(|fields| fields.origin = Some(origin.into()))
    }

    /// Sets the output of a tool, in the shape that the tool has (`tool_use_result`). CLI 2.1.332
    /// accepts it; neither what it writes nor what it asks the model shows it.
    #[must_use]
    pub fn tool_use_result(self, result: impl Into<RawJson>) -> Self {
        self.set(|fields| fields.tool_use_result = Some(result.into()))
    }

    /// Adds a text that the user pasted and that is not in the content (`pasted_content`, seen). The
    /// CLI appends it, in tags that mark it as pasted. It ignores a list of more than 1000 entries
    /// and blocks.
    #[must_use]
    pub fn pasted(self, text: impl Into<String>) -> Self {
        self.pasted_value(Value::from(text.into()))
    }

    /// Adds pasted content blocks, as [`pasted`](Self::pasted) does with a text. The CLI uses text
    /// blocks only: images and documents belong in the content.
    #[must_use]
    pub fn pasted_blocks(self, blocks: impl IntoIterator<Item = Value>) -> Self {
        self.pasted_value(blocks.into_iter().collect())
    }

    fn pasted_value(self, value: Value) -> Self {
        self.set(|fields| fields.pasted_content.push(value.into()))
    }

    /// Adds a text that the user pasted and that is still in the content (`inline_pastes`). CLI 2.1.332
    /// accepts it; neither what it writes nor what it asks the model shows it. Declared, not seen: the
    /// CLI marks the text with tags, and looks for the first 100 that are not blank.
    #[must_use]
    pub fn pasted_inline(self, text: impl Into<String>) -> Self {
        self.set(|fields| fields.inline_pastes.push(text.into()))
    }

    /// The CLI takes the content literally (`client_composed`, seen): no file is read for `@path`, no
    /// slash command runs. There is an option that does this for all prompts.
    #[must_use]
    pub fn verbatim(self) -> Self {
        self.set(|fields| fields.client_composed = true)
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
