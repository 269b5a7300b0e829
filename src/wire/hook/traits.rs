//! What every event and every output of a hook has.

use std::fmt::Debug;

use serde::{Serialize, Serializer};

use crate::wire::decode::{At, Decode, Shape, Sink};
use crate::wire::json::RawJson;

/// The input of a hook: one of the events, or [`HookInput`](super::HookInput) for any of them.
pub trait HookData: Sealed + Clone + Debug + PartialEq + Send + Sync + 'static {
    /// The output fields of this event only.
    type Output: HookSpecific;
}

/// One event of the CLI. Implemented by the struct of each.
pub trait HookEvent: HookData {
    /// The event's name on the wire.
    const NAME: &'static str;
}

/// Seals the traits, and reads an input.
pub trait Sealed: Sized {
    /// The typed input of a hook; `None` if it is not an object.
    #[doc(hidden)]
    fn from_input(input: &RawJson) -> Option<Self>;
}

/// Reads an object; fields that are missing or of the wrong type are empty.
pub(super) fn decode<T: Decode>(input: &RawJson) -> Option<T> {
    T::decode(&mut input.cursor().reader(), &At::Root, &mut Sink::default())
}

/// The fields for one event only: the object `hookSpecificOutput`.
pub trait HookSpecific: Serialize + Clone + Debug + PartialEq + Send + Sync + 'static {
    /// Adds the fields that it may have.
    #[doc(hidden)]
    fn declare(shape: &mut Shape);
}

/// An output that can add text for the model.
pub trait AddsContext: HookSpecific {
    /// The output that only adds this text.
    fn of_context(text: String) -> Self;
}

/// An output that can decide a permission question.
pub trait Decides: HookSpecific {
    /// The output that allows.
    fn of_allow() -> Self;
    /// The output that denies, for this reason.
    fn of_deny(reason: String) -> Self;
}

/// For an event without output fields.
#[derive(Clone, Debug, PartialEq)]
pub enum NoOutput {}

impl HookSpecific for NoOutput {
    fn declare(_: &mut Shape) {}
}

impl HookSpecific for RawJson {
    fn declare(_: &mut Shape) {}
}

impl Serialize for NoOutput {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        match *self {}
    }
}
