//! The sum of all messages.

use super::account::{AuthStatus, RateLimitEvent};
use super::assistant::AssistantMessage;
use super::progress::{ToolProgress, ToolUseSummary};
use super::result::ResultMessage;
use super::session::{
    ActiveGoal, AutocompactState, CommandLifecycle, ConversationReset, PromptSuggestion,
};
use super::stream::StreamEvent;
use super::system::System;
use super::user::UserMessage;
use crate::wire::control::Control;
use crate::wire::decode::{At, Decode, Sink};
use crate::wire::frame::{Frame, FrameKind};

/// A message, typed: one variant per `type`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Body {
    /// `assistant`: what the model said. Also a bare `message` with the role `assistant`, as an old dialect has it.
    Assistant(Box<AssistantMessage>),
    /// `user`: tool results, and texts on the user's side.
    User(Box<UserMessage>),
    /// `system`: about the session.
    System(System),
    /// `stream_event`: a reply while it is written.
    StreamEvent(Box<StreamEvent>),
    /// `result`: the end of a turn.
    Result(Box<ResultMessage>),
    /// `tool_progress`: a tool is still running.
    ToolProgress(Box<ToolProgress>),
    /// `tool_use_summary`: what tools did.
    ToolUseSummary(ToolUseSummary),
    /// `auth_status`: output of a login.
    AuthStatus(AuthStatus),
    /// `prompt_suggestion`: what the user may want to ask next.
    PromptSuggestion(PromptSuggestion),
    /// `rate_limit_event`: the limits of the plan changed.
    RateLimitEvent(Box<RateLimitEvent>),
    /// `conversation_reset`: the conversation begins anew.
    ConversationReset(ConversationReset),
    /// `active_goal`: the goal of the session changed.
    ActiveGoal(Box<ActiveGoal>),
    /// `autocompact_state`: state of the automatic compaction.
    AutocompactState(AutocompactState),
    /// `command_lifecycle`: a prompt moved through the queue.
    CommandLifecycle(CommandLifecycle),
    /// A frame that the protocol layer consumes; sessions never deliver one.
    Control(Box<Control>),
    /// A type that this version of the crate does not know; the frame has it all.
    Unknown,
}

impl Body {
    pub(super) fn decode(frame: &Frame, at: &At<'_>, sink: &mut Sink) -> Self {
        match frame.kind() {
            FrameKind::Assistant => typed(frame, at, sink, Self::Assistant),
            FrameKind::User => typed(frame, at, sink, Self::User),
            FrameKind::System => Self::System(System::decode(frame, at, sink)),
            FrameKind::StreamEvent => typed(frame, at, sink, Self::StreamEvent),
            FrameKind::Result if frame.ends_turn() => typed(frame, at, sink, Self::Result),
            FrameKind::CommandLifecycle => typed(frame, at, sink, Self::CommandLifecycle),
            FrameKind::Other if frame.is_bare_message() => typed(frame, at, sink, |message| {
                Self::Assistant(Box::new(AssistantMessage {
                    message,
                    ..AssistantMessage::default()
                }))
            }),
            kind if kind.is_control() => match Control::decode(frame, at, sink) {
                Some(control) => Self::Control(Box::new(control)),
                None => unknown(frame, sink),
            },
            _ => match &*frame.kind_name() {
                "tool_progress" => typed(frame, at, sink, Self::ToolProgress),
                "tool_use_summary" => typed(frame, at, sink, Self::ToolUseSummary),
                "auth_status" => typed(frame, at, sink, Self::AuthStatus),
                "prompt_suggestion" => typed(frame, at, sink, Self::PromptSuggestion),
                "rate_limit_event" => typed(frame, at, sink, Self::RateLimitEvent),
                "conversation_reset" => typed(frame, at, sink, Self::ConversationReset),
                "active_goal" => typed(frame, at, sink, Self::ActiveGoal),
                "autocompact_state" => typed(frame, at, sink, Self::AutocompactState),
                _ => unknown(frame, sink),
            },
        }
    }
}

fn typed<T: Decode>(frame: &Frame, at: &At<'_>, sink: &mut Sink, body: fn(T) -> Body) -> Body {
    match T::decode(&mut frame.root().reader(), at, sink) {
        Some(value) => body(value),
        None => unknown(frame, sink),
    }
}

fn unknown(frame: &Frame, sink: &mut Sink) -> Body {
    sink.unknown_word(&At::Root.key("type"), &frame.kind_name());
    Body::Unknown
}
