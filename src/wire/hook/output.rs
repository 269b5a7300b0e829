//! The outputs of hooks.

use std::time::Duration;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::traits::{AddsContext, Decides, HookData, HookSpecific};
use crate::wire::decode::{Decode, Shape};

/// The answer of a hook for the event `E`. The neutral one, [`HookOutput::new`], changes nothing.
///
/// ```
/// use claude_wire::wire::RawJson;
/// use claude_wire::wire::hook::{HookOutput, PreToolUse, Stop, tool::PreToolUseOutput};
///
/// let output = HookOutput::<PreToolUse>::deny("not on a Friday").system_message("denied");
/// assert_eq!(
///     RawJson::from_serialize(&output)?.text(),
///     concat!(
///         r#"{"systemMessage":"denied","hookSpecificOutput":{"hookEventName":"PreToolUse","#,
///         r#""permissionDecision":"deny","permissionDecisionReason":"not on a Friday"}}"#
///     )
/// );
///
/// let output = HookOutput::<Stop>::block("the tests still fail");
/// assert_eq!(RawJson::from_serialize(&output)?.text(), r#"{"decision":"block","reason":"the tests still fail"}"#);
/// # Ok::<(), claude_wire::wire::JsonError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a hook's output is what the hook returns"]
pub struct HookOutput<E: HookData> {
    form: Form<E::Output>,
}

#[derive(Clone, Debug, PartialEq)]
enum Form<S> {
    Now(Box<Fields<S>>),
    Later(Option<Duration>),
}

#[derive(Clone, Debug, PartialEq)]
struct Fields<S> {
    continues: Option<bool>,
    suppress_output: Option<bool>,
    stop_reason: Option<String>,
    decision: Option<HookDecision>,
    system_message: Option<String>,
    terminal_sequence: Option<String>,
    reason: Option<String>,
    specific: Option<S>,
}

open_enum! {
    /// A hook's decision about the event (`decision`).
    pub enum HookDecision {
        Approve = "approve",
        Block = "block",
    }
}

/// The output fields of every event.
pub(in crate::wire) fn declared_for_every_event() -> Shape {
    let mut shape = Shape::default();
    let fields = [
        "async",
        "asyncTimeout",
        "continue",
        "suppressOutput",
        "stopReason",
        "systemMessage",
        "terminalSequence",
        "reason",
        "hookSpecificOutput",
        "decision",
    ];
    fields.iter().for_each(|field| shape.add(field));
    HookDecision::declare("decision", &mut shape);
    shape
}

impl<E: HookData> HookOutput<E> {
    /// The neutral answer, `{}`.
    pub fn new() -> Self {
        Self::of(None)
    }

    /// An answer with fields for this event only (`hookSpecificOutput`).
    pub fn with(specific: E::Output) -> Self {
        Self::of(Some(specific))
    }

    /// Blocks the event, with a reason (`decision`, `reason`): a prompt is not run, an agent does
    /// not stop, the model reads that a tool's result is not to be trusted.
    pub fn block(reason: impl Into<String>) -> Self {
        Self::new().decision(HookDecision::Block).reason(reason)
    }

    /// Ends the turn: `continue` is false. The reason is for the user, not for the model
    /// (`stopReason`).
    pub fn stop(reason: impl Into<String>) -> Self {
        Self::new().set(|fields| {
            fields.continues = Some(false);
            fields.stop_reason = Some(reason.into());
        })
    }

    /// Lets the CLI continue at once, while the hook is still running (`async`). The limit is sent
    /// in milliseconds as `asyncTimeout`; without it the CLI's own limit applies. The answer cannot
    /// have other fields.
    pub fn background(timeout: Option<Duration>) -> Self {
        Self { form: Form::Later(timeout) }
    }

    /// `decision`.
    pub fn decision(self, decision: HookDecision) -> Self {
        self.set(|fields| fields.decision = Some(decision))
    }

    /// `reason` of the decision.
    pub fn reason(self, reason: impl Into<String>) -> Self {
        self.set(|fields| fields.reason = Some(reason.into()))
    }

    /// `continue`: true is the default.
    pub fn continues(self, on: bool) -> Self {
        self.set(|fields| fields.continues = Some(on))
    }

    /// `suppressOutput`: keep the hook's output out of the transcript.
    pub fn suppress_output(self) -> Self {
        self.set(|fields| fields.suppress_output = Some(true))
    }

    /// `systemMessage`: a warning for the user.
    pub fn system_message(self, text: impl Into<String>) -> Self {
        self.set(|fields| fields.system_message = Some(text.into()))
    }

    /// `terminalSequence`: a terminal escape; the CLI only accepts notifications, titles and bells.
    pub fn terminal_sequence(self, sequence: impl Into<String>) -> Self {
        self.set(|fields| fields.terminal_sequence = Some(sequence.into()))
    }

    fn of(specific: Option<E::Output>) -> Self {
        let fields = Fields {
            continues: None,
            suppress_output: None,
            stop_reason: None,
            decision: None,
            system_message: None,
            terminal_sequence: None,
            reason: None,
            specific,
        };
        Self { form: Form::Now(fields.into()) }
    }

    /// Sets a field, unless the answer cannot have fields.
    fn set(mut self, set: impl FnOnce(&mut Fields<E::Output>)) -> Self {
        if let Form::Now(fields) = &mut self.form {
            set(fields);
        }
        self
    }
}

impl<E: HookData<Output: AddsContext>> HookOutput<E> {
    /// Adds a text for the model (`additionalContext`).
    pub fn context(text: impl Into<String>) -> Self {
        Self::with(AddsContext::of_context(text.into()))
    }
}

impl<E: HookData<Output: Decides>> HookOutput<E> {
    /// Allows the tool without asking.
    pub fn allow() -> Self {
        Self::with(Decides::of_allow())
    }

    /// Denies it, with a reason.
    pub fn deny(reason: impl Into<String>) -> Self {
        Self::with(Decides::of_deny(reason.into()))
    }
}

/// The neutral answer.
impl<E: HookData> Default for HookOutput<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: HookData> Serialize for HookOutput<E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match &self.form {
            Form::Later(timeout) => {
                map.serialize_entry("async", &true)?;
                if let Some(timeout) = timeout {
                    map.serialize_entry(
                        "asyncTimeout",
                        &u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX),
                    )?;
                }
            }
            Form::Now(fields) => fields.serialize(&mut map)?,
        }
        map.end()
    }
}

impl<S: HookSpecific> Fields<S> {
    fn serialize<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        fn entry<M: SerializeMap>(
            map: &mut M,
            name: &'static str,
            value: &Option<impl Serialize>,
        ) -> Result<(), M::Error> {
            value.iter().try_for_each(|value| map.serialize_entry(name, value))
        }
        entry(map, "continue", &self.continues)?;
        entry(map, "suppressOutput", &self.suppress_output)?;
        entry(map, "stopReason", &self.stop_reason)?;
        entry(map, "decision", &self.decision)?;
        entry(map, "systemMessage", &self.system_message)?;
        entry(map, "terminalSequence", &self.terminal_sequence)?;
        entry(map, "reason", &self.reason)?;
        entry(map, "hookSpecificOutput", &self.specific)
    }
}
