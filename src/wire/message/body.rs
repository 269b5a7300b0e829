//! The enum of all messages.

use std::collections::BTreeMap;

use super::assistant::{ApiMessage, AssistantMessage};
use super::user::UserMessage;
use crate::wire::control::ControlFrame;
use crate::wire::decode::{At, Decode, Shape, Sink, declared};
use crate::wire::frame::Frame;
use crate::wire::kind::FrameKind;
use crate::wire::progress::{
    ActiveGoal, AuthStatus, AutocompactState, CommandLifecycle, ConversationReset,
    PromptSuggestion, ToolProgress, ToolUseSummary,
};
use crate::wire::result::ResultMessage;
use crate::wire::stream::StreamEvent;
use crate::wire::system::System;
use crate::wire::usage::RateLimitEvent;

/// Declares the types of messages that are one object each: first those with a frame kind, then
/// those that only have a name.
macro_rules! bodies {
    (
        kinds { $($(#[$kind_meta:meta])* $kind:ident($kind_body:ty) = $kind_wire:literal,)* }
        names { $($(#[$name_meta:meta])* $name:ident($name_body:ty) = $name_wire:literal,)* }
        else { $($rest:tt)* }
    ) => {
        /// A message, typed: one variant per `type`.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum Body {
            $($(#[$kind_meta])* #[doc = ""] #[doc = concat!("Type `", $kind_wire, "`.")] $kind($kind_body),)*
            $($(#[$name_meta])* #[doc = ""] #[doc = concat!("Type `", $name_wire, "`.")] $name($name_body),)*
            $($rest)*
        }

        impl Body {
            fn known(frame: &Frame, at: &At<'_>, sink: &mut Sink) -> Option<Self> {
                let root = &mut frame.root().reader();
                match frame.kind() {
                    $(FrameKind::$kind => <$kind_body>::decode(root, at, sink).map(Self::$kind),)*
                    _ => match &*frame.kind_name() {
                        $($name_wire => <$name_body>::decode(root, at, sink).map(Self::$name),)*
                        _ => None,
                    },
                }
            }

            /// The fields of each type.
            pub(in crate::wire) fn declared() -> BTreeMap<String, Shape> {
                BTreeMap::from([
                    $(($kind_wire.to_owned(), declared::<$kind_body>("type")),)*
                    $(($name_wire.to_owned(), declared::<$name_body>("type")),)*
                ])
            }

            /// Whether an object of one type agrees with the value; `None` for the others.
            #[cfg(any(test, feature = "fuzzing"))]
            pub(crate) fn known_agrees(&self, value: &serde_json::Value) -> Option<bool> {
                use crate::wire::agree::Agree;
                let kind = value["type"].as_str();
                Some(match self {
                    $(Self::$kind(body) => kind == Some($kind_wire) && body.agrees(value),)*
                    $(Self::$name(body) => kind == Some($name_wire) && body.agrees(value),)*
                    _ => return None,
                })
            }

            /// Whether a type is one of them.
            #[cfg(any(test, feature = "fuzzing"))]
            pub(crate) fn knows(kind: &str) -> bool {
                matches!(kind, $($kind_wire)|* $(| $name_wire)*)
            }
        }
    };
}

bodies! {
    kinds {
        /// The model's output. Also a bare `message` with the role `assistant`, as in an old
        /// dialect.
        Assistant(Box<AssistantMessage>) = "assistant",
        /// Tool results, and texts on the user's side.
        User(Box<UserMessage>) = "user",
        /// A reply while it is streamed.
        StreamEvent(Box<StreamEvent>) = "stream_event",
        /// The end of a turn.
        Result(Box<ResultMessage>) = "result",
        /// A prompt moved through the queue.
        CommandLifecycle(CommandLifecycle) = "command_lifecycle",
    }
    names {
        /// A tool is still running.
        ToolProgress(Box<ToolProgress>) = "tool_progress",
        /// A summary of what tools did.
        ToolUseSummary(ToolUseSummary) = "tool_use_summary",
        /// Output of a login.
        AuthStatus(AuthStatus) = "auth_status",
        /// What the user may want to ask next.
        PromptSuggestion(PromptSuggestion) = "prompt_suggestion",
        /// The limits of the plan changed.
        RateLimitEvent(Box<RateLimitEvent>) = "rate_limit_event",
        /// A new conversation begins.
        ConversationReset(ConversationReset) = "conversation_reset",
        /// The goal of the session changed.
        ActiveGoal(Box<ActiveGoal>) = "active_goal",
        /// State of the automatic compaction.
        AutocompactState(AutocompactState) = "autocompact_state",
    }
    else {
        /// About the session, by its subtype.
        ///
        /// Type `system`.
        System(System),
        /// A frame that the protocol layer consumes; sessions do not deliver it.
        Control(Box<ControlFrame>),
        /// A type that this version of the crate does not know; the frame has all of it.
        Unknown,
    }
}

impl Body {
    pub(super) fn decode(frame: &Frame, at: &At<'_>, sink: &mut Sink) -> Self {
        let kind = frame.kind();
        if let Some(event) = StreamEvent::of_delta(frame) {
            return Self::StreamEvent(Box::new(event));
        }
        let known = if kind == FrameKind::System {
            Some(Self::System(System::decode(frame, at, sink)))
        } else if kind.is_control() {
            ControlFrame::decode(frame, at, sink).map(|control| Self::Control(Box::new(control)))
        } else if frame.is_bare_message() {
            bare_message(frame, at, sink)
        } else if kind == FrameKind::Result && !frame.ends_turn() {
            None
        } else {
            Self::known(frame, at, sink)
        };
        known.unwrap_or_else(|| {
            sink.unknown_word(&At::Root.key("type"), &frame.kind_name());
            Self::Unknown
        })
    }
}

fn bare_message(frame: &Frame, at: &At<'_>, sink: &mut Sink) -> Option<Body> {
    let message = ApiMessage::decode(&mut frame.root().reader(), at, sink)?;
    // The dialect does not name the model.
    sink.defects.retain(|defect| defect.path() != "model");
    Some(Body::Assistant(Box::new(AssistantMessage { message, ..AssistantMessage::default() })))
}
