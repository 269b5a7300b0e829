//! A reply: typed, with its defects and its raw text.

use std::ops::Deref;

use crate::wire::decode::{At, Decode, Defect, Sink};
use crate::wire::json::RawJson;

/// What the type of a reply does not model.
#[cfg(feature = "recording")]
#[derive(Debug, Default)]
pub(crate) struct Unknown {
    pub(crate) defects: Vec<Defect>,
    /// In the form of [`Reply::unmodelled`].
    pub(crate) unmodelled: Vec<String>,
}

/// A reply of the CLI to a control request. Derefs to the typed reply.
///
/// A reply without a body reads as the empty `T`, with one defect.
#[derive(Clone, Debug)]
pub struct Reply<T> {
    value: T,
    raw: Option<RawJson>,
    defects: Vec<Defect>,
    audit: fn(&RawJson) -> Vec<String>,
}

impl<T> Reply<T> {
    /// Reads a reply.
    #[cfg_attr(
        not(feature = "session"),
        allow(dead_code, reason = "only a session has answers to read")
    )]
    pub(crate) fn read(raw: Option<RawJson>) -> Self
    where
        T: Decode + Default,
    {
        let mut sink = Sink::default();
        let value = decode(raw.as_ref(), &mut sink);
        Self { value, raw, defects: sink.defects, audit: unmodelled::<T> }
    }

    /// Reads a reply that may lack its body.
    #[cfg_attr(
        not(feature = "session"),
        allow(dead_code, reason = "only a session has answers to read")
    )]
    pub(crate) fn read_optional(raw: Option<RawJson>) -> Self
    where
        T: Decode + Default,
    {
        if raw.is_some() {
            return Self::read(raw);
        }
        Self { value: T::default(), raw, defects: Vec::new(), audit: unmodelled::<T> }
    }

    /// The typed reply alone.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// `response.response` as it was on the wire; `None` for a bare acknowledgement.
    pub fn raw(&self) -> Option<&RawJson> {
        self.raw.as_ref()
    }

    /// The fields that were missing or of the wrong type, and were therefore left empty. Paths
    /// begin with `response`.
    pub fn defects(&self) -> &[Defect] {
        &self.defects
    }

    /// What the type does not name: paths of fields, and `path = "word"` for values of enums. They
    /// are in [`raw`](Self::raw) only.
    pub fn unmodelled(&self) -> Vec<String> {
        self.raw.as_ref().map(self.audit).unwrap_or_default()
    }
}

fn decode<T: Decode + Default>(raw: Option<&RawJson>, sink: &mut Sink) -> T {
    let at = At::Root.key("response");
    match raw {
        Some(raw) => T::decode(&mut raw.cursor().reader(), &at, sink),
        None => {
            sink.missing(&at, T::EXPECTED);
            None
        }
    }
    .unwrap_or_default()
}

fn unmodelled<T: Decode + Default>(raw: &RawJson) -> Vec<String> {
    let mut sink = Sink::auditing();
    decode::<T>(Some(raw), &mut sink);
    sink.into_unnamed()
}

impl<T> Deref for Reply<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: PartialEq> PartialEq for Reply<T> {
    /// Replies are equal if they have the same text on the wire.
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value && self.raw == other.raw
    }
}
