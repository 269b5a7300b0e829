//! All events: as names, as types, and as one enum.

use std::collections::BTreeMap;

use super::conversation::*;
use super::files::*;
use super::model::*;
use super::permission::*;
use super::session::*;
use super::stop::*;
use super::tool::*;
use super::traits::{HookData, HookSpecific, Sealed, decode};
use crate::wire::decode::{At, Decode, Shape, Sink, declared};
use crate::wire::json::{Kind, RawJson};
use crate::wire::permission::PermissionMode;

/// Two types read the same object: a field of it is unknown if both say so, and a deeper one if
/// either does.
fn in_neither(one: Vec<String>, other: Vec<String>) -> Vec<String> {
    let is_field = |what: &&String| !what.contains(['.', '[', ' ']);
    let fields = one.iter().filter(is_field).filter(|field| other.contains(field));
    let deeper = one.iter().chain(&other).filter(|what| !is_field(what));
    fields.chain(deeper).cloned().collect()
}

fn declared_with_base<E: Decode>() -> Shape {
    let mut shape = declared::<E>("hook_event_name");
    HookBase::declare("", &mut shape);
    shape
}

fn declared_output<E: HookData>() -> Shape {
    let mut shape = Shape::default();
    E::Output::declare(&mut shape);
    shape
}

object! {
    /// The fields that every event has (CLI 2.1.329).
    pub struct HookBase {
        /// The session.
        pub session_id: String = "session_id" required,
        /// The file that holds the session's transcript.
        pub transcript_path: String = "transcript_path" required,
        /// The working directory.
        pub cwd: String = "cwd" required,
        /// The event.
        pub hook_event_name: String = "hook_event_name" required,
        /// The current prompt.
        pub prompt_id: Option<String> = "prompt_id",
        /// What may be done without asking.
        pub permission_mode: Option<PermissionMode> = "permission_mode",
        /// The sub-agent of the event; `None` for the main thread.
        pub agent_id: Option<String> = "agent_id",
        /// The type of the agent.
        pub agent_type: Option<String> = "agent_type",
        /// How hard the model works.
        pub effort: Option<HookEffort> = "effort",
    }
}

object! {
    /// How hard the model works (`effort`, CLI 2.1.329).
    pub struct HookEffort {
        /// The level, such as `medium`.
        pub level: String = "level",
    }
}

impl HookBase {
    /// The fields of an input; those that are missing or of the wrong type are empty.
    pub fn of(input: &RawJson) -> Self {
        decode(input).unwrap_or_default()
    }
}

/// Declares everything that exists once per event.
macro_rules! events {
    ($($event:ident = $wire:literal,)*) => {
        open_enum! {
            /// The name of an event (`hook_event_name`).
            pub enum HookEventName {
                $($event = $wire,)*
            }
        }

        impl HookEventName {
            /// All events of CLI 2.1.332.
            pub const ALL: &'static [Self] = &[$(Self::$event),*];
        }

        /// The input of a hook for any event.
        ///
        /// ```
        /// use claude_wire::wire::RawJson;
        /// use claude_wire::wire::hook::HookInput;
        ///
        /// let input = RawJson::parse(r#"{"hook_event_name":"CwdChanged","old_cwd":"/a","new_cwd":"/b"}"#)?;
        /// let HookInput::CwdChanged(event) = HookInput::of(&input) else { panic!() };
        /// assert_eq!(event.new_cwd, "/b");
        /// # Ok::<(), claude_wire::wire::JsonError>(())
        /// ```
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum HookInput {
            $(#[doc = concat!("`", $wire, "`.")] $event(Box<$event>),)*
            /// An event that this version of the crate does not know, or none.
            Unknown(RawJson),
        }

        impl HookInput {
            /// The input, typed by its `hook_event_name`. Fields that are missing or of the wrong
            /// type are empty.
            pub fn of(input: &RawJson) -> Self {
                let name = input.cursor().get("hook_event_name").and_then(|name| name.string()).unwrap_or_default();
                let known = match &*name {
                    $($wire => decode(input).map(Self::$event),)*
                    _ => None,
                };
                known.unwrap_or_else(|| Self::Unknown(input.clone()))
            }

            /// What neither the event's type nor [`HookBase`] names, in the form of
            /// [`Message::unmodelled`](crate::wire::Message::unmodelled).
            pub fn unmodelled(&self) -> Vec<String> {
                let input = self.raw();
                let name = input.cursor().get("hook_event_name").and_then(|name| name.string()).unwrap_or_default();
                let (mut event, mut base) = (Sink::auditing(), Sink::auditing());
                match &*name {
                    $($wire => drop($event::decode(&mut input.cursor().reader(), &At::Root, &mut event)),)*
                    other => event.unknown_word(&At::Root.key("hook_event_name"), other),
                }
                HookBase::decode(&mut input.cursor().reader(), &At::Root, &mut base);
                in_neither(event.into_unnamed(), base.into_unnamed())
            }

            /// The fields of each event, with those that every event has.
            pub(in crate::wire) fn declared() -> BTreeMap<String, Shape> {
                BTreeMap::from([$(($wire.to_owned(), declared_with_base::<$event>())),*])
            }

            /// The output fields of one event only, by event.
            pub(in crate::wire) fn declared_outputs() -> BTreeMap<String, Shape> {
                BTreeMap::from([$(($wire.to_owned(), declared_output::<$event>())),*])
            }

            /// The event.
            pub fn name(&self) -> HookEventName {
                match self {
                    $(Self::$event(_) => HookEventName::$event,)*
                    Self::Unknown(_) => HookEventName::from(&*HookBase::of(self.raw()).hook_event_name),
                }
            }

            /// The whole input as it was on the wire.
            pub fn raw(&self) -> &RawJson {
                match self {
                    $(Self::$event(event) => &event.raw,)*
                    Self::Unknown(raw) => raw,
                }
            }
        }
    };
}

events! {
    PreToolUse = "PreToolUse",
    PostToolUse = "PostToolUse",
    PostToolUseFailure = "PostToolUseFailure",
    PostToolBatch = "PostToolBatch",
    Notification = "Notification",
    UserPromptSubmit = "UserPromptSubmit",
    UserPromptExpansion = "UserPromptExpansion",
    SessionStart = "SessionStart",
    SessionEnd = "SessionEnd",
    Stop = "Stop",
    StopFailure = "StopFailure",
    SubagentStart = "SubagentStart",
    SubagentStop = "SubagentStop",
    PreCompact = "PreCompact",
    PostCompact = "PostCompact",
    PreModelSwitch = "PreModelSwitch",
    PostModelSwitch = "PostModelSwitch",
    PermissionRequest = "PermissionRequest",
    PermissionDenied = "PermissionDenied",
    Setup = "Setup",
    TeammateIdle = "TeammateIdle",
    TaskCreated = "TaskCreated",
    TaskCompleted = "TaskCompleted",
    Elicitation = "Elicitation",
    ElicitationResult = "ElicitationResult",
    ConfigChange = "ConfigChange",
    WorktreeCreate = "WorktreeCreate",
    WorktreeRemove = "WorktreeRemove",
    InstructionsLoaded = "InstructionsLoaded",
    CwdChanged = "CwdChanged",
    FileChanged = "FileChanged",
    DirectoryAdded = "DirectoryAdded",
    MessageDisplay = "MessageDisplay",
    PreSkillShellCommand = "PreSkillShellCommand",
}

impl Sealed for HookInput {
    fn from_input(input: &RawJson) -> Option<Self> {
        (input.cursor().kind() == Kind::Object).then(|| Self::of(input))
    }
}

/// The part that belongs to one event is raw JSON here: an object with `hookEventName`.
impl HookData for HookInput {
    type Output = RawJson;
}
