//! What is asked.

use serde_json::{Value, json};

use crate::wire::RawJson;

/// The content of a prompt: a text, or content blocks as the Messages API knows them.
///
/// ```
/// use claude_wire::session::Prompt;
/// use serde_json::json;
///
/// let text: Prompt = "What is 2 + 2?".into();
/// let image = Prompt::blocks([
///     json!({"type": "text", "text": "What is this?"}),
///     json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}),
/// ]);
/// ```
#[derive(Clone, Debug)]
pub struct Prompt(pub(super) RawJson);

impl Prompt {
    /// A prompt of content blocks.
    pub fn blocks(blocks: impl IntoIterator<Item = Value>) -> Self {
        Self(json!(blocks.into_iter().collect::<Vec<_>>()).into())
    }

    /// A prompt as it is to stand in `message.content`, byte for byte.
    pub fn raw(content: RawJson) -> Self {
        Self(content)
    }
}

impl From<&str> for Prompt {
    fn from(text: &str) -> Self {
        Self(Value::from(text).into())
    }
}

impl From<String> for Prompt {
    fn from(text: String) -> Self {
        Self(Value::from(text).into())
    }
}

impl From<&String> for Prompt {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}
