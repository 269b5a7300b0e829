//! A field with three states.

use serde_json::Value;

/// What a request does to a value: leave it (the field is left out), put it back to its default (`null`), or set it.
///
/// A value converts into [`To`](Change::To), `None` into [`Default`](Change::Default).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change<T> {
    /// Leave it as it is.
    Keep,
    /// Back to the default.
    Default,
    /// This value.
    To(T),
}

impl<T> Change<T> {
    /// The field's value on the wire, if the field is there.
    pub(super) fn into_field(self, value: impl FnOnce(T) -> Value) -> Option<Value> {
        match self {
            Self::Keep => None,
            Self::Default => Some(Value::Null),
            Self::To(to) => Some(value(to)),
        }
    }
}

impl<T> From<T> for Change<T> {
    fn from(value: T) -> Self {
        Self::To(value)
    }
}

impl<T> From<Option<T>> for Change<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Default, Self::To)
    }
}
