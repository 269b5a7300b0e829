//! The arguments of the request methods, and the fields that they become.

use serde_json::{Map, Value, json};

use crate::session::PermissionMode;
use crate::session::options::Effort;
use crate::wire::message::ThinkingDisplay;
use crate::wire::system::peers::{HoldScope, SessionClass};

/// What a request does to a value: keep it (the field is omitted), reset it to its default
/// (`null`), or set it.
///
/// A value converts into [`To`](Patch::To), `None` into [`Default`](Patch::Default).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Patch<T> {
    /// Keep the current value.
    Keep,
    /// Reset to the default.
    Default,
    /// Set this value.
    To(T),
}

impl<T> From<T> for Patch<T> {
    fn from(value: T) -> Self {
        Self::To(value)
    }
}

impl<T> From<Option<T>> for Patch<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Default, Self::To)
    }
}

/// A value that becomes a field of a request.
pub(super) trait Field {
    /// Returns the field's value on the wire; `None` omits the field.
    fn json(self) -> Option<Value>;
}

impl<T: Field> Field for Option<T> {
    fn json(self) -> Option<Value> {
        self.and_then(T::json)
    }
}

impl<T: Field> Field for Patch<T> {
    fn json(self) -> Option<Value> {
        match self {
            Self::Keep => None,
            Self::Default => Some(Value::Null),
            Self::To(to) => to.json(),
        }
    }
}

macro_rules! fields {
    (values: $($value:ty),*; words: $($word:ty),* $(,)?) => {
        $(impl Field for $value {
            fn json(self) -> Option<Value> {
                Some(self.into())
            }
        })*
        $(impl Field for $word {
            fn json(self) -> Option<Value> {
                Some(self.as_str().into())
            }
        })*
    };
}

fields! {
    values: bool, u32, u64, &str, Value, Map<String, Value>;
    words: PermissionMode, Effort, ThinkingDisplay, FileEncoding, Sentiment, RatedPart, FeedbackKind,
        Rating, Survey,
}

/// `null` if there is no value.
pub(super) fn or_null(value: Option<impl Field>) -> Value {
    value.and_then(Field::json).unwrap_or_default()
}

/// The object with these keys.
pub(super) fn object<K: Into<String>, V: Into<Value>>(
    entries: impl IntoIterator<Item = (K, V)>,
) -> Map<String, Value> {
    entries.into_iter().map(|(key, value)| (key.into(), value.into())).collect()
}

/// The choice to always deliver messages of other sessions, in one session or the current one.
pub(super) fn always(scope: HoldScope, made_in: SessionClass, session_id: Option<&str>) -> Value {
    let mut choice = json!({"scope": scope.as_str(), "made_in": made_in.as_str()});
    if let Some(session_id) = session_id {
        choice["session_id"] = session_id.into();
    }
    choice
}

/// A file that a tool writes.
pub(super) fn output_file(name: &str, lane_path: &str, if_match: Option<&str>) -> Value {
    let mut file = json!({"name": name, "lane_path": lane_path});
    if let Some(version) = if_match {
        file["if_match"] = version.into();
    }
    file
}

/// Declares an enum of values that only requests use.
macro_rules! words {
    ($($(#[$meta:meta])* pub enum $name:ident { $($variant:ident = $wire:literal,)* })*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $(#[doc = concat!("`", $wire, "`")] $variant,)*
        }

        impl $name {
            fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $wire,)*
                }
            }
        }
    )*};
}

words! {
    /// How [`Files::read`](super::Files::read) returns a file: as text, with invalid bytes
    /// replaced, or as base64.
    pub enum FileEncoding {
        Utf8 = "utf-8",
        Base64 = "base64",
    }

    /// A user's opinion of a message.
    pub enum Sentiment {
        Positive = "positive",
        Negative = "negative",
    }

    /// What a user rates: a tool call, or a text of the model.
    pub enum RatedPart {
        ToolUse = "tool_use",
        AssistantText = "assistant_text",
    }

    /// The kind of feedback.
    pub enum FeedbackKind {
        Bug = "bug",
        Idea = "idea",
        MissingCapability = "missing_capability",
    }

    /// How a user answers a survey.
    pub enum Rating {
        Bad = "bad",
        Fine = "fine",
        Good = "good",
    }

    /// What a survey is about.
    pub enum Survey {
        Session = "session",
        PostCompact = "post_compact",
        Memory = "memory",
        LongContext = "long_context",
    }
}
