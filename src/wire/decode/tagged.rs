//! Objects that are identified by a tag.

use std::borrow::Cow;

use super::{At, Members, Sink};
use crate::wire::json::Reader;

/// The tag of an object, and a reader of the remaining members.
pub(crate) struct Tagged<'a> {
    name: Cow<'a, str>,
    start: usize,
    members: Reader<'a>,
}

impl<'a> Tagged<'a> {
    /// Finds the `type` of the object before the reader; a missing `type`, or one that is not a
    /// string, is a defect. Nothing is read.
    ///
    /// If `type` occurs twice, the first counts here: looking for a second one would cost every
    /// object another pass.
    pub(crate) fn of(reader: &Reader<'a>, at: &At<'_>, sink: &mut Sink) -> Option<Self> {
        let start = reader.position();
        let mut members = reader.clone();
        members.enter();
        let mut ahead = members.clone();
        let mut first = true;
        while let Some(key) = ahead.key() {
            if *key != *b"type" {
                ahead.skip();
            } else if !ahead.null() {
                let name = ahead
                    .string()
                    .or_else(|| sink.wrong(&at.key("type"), "a string", &mut ahead))?;
                return Some(Self { name, start, members: if first { ahead } else { members } });
            }
            first = false;
        }
        sink.missing(&at.key("type"), "a string");
        None
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Reads the members; the reader is after the object then.
    pub(crate) fn read<T: Members>(
        &self,
        reader: &mut Reader<'a>,
        at: &At<'_>,
        sink: &mut Sink,
    ) -> T {
        *reader = self.members.clone();
        T::members(reader, self.start, at, sink)
    }
}
