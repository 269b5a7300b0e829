//! Decodes a scanned line into typed fields, one by one. A field of the wrong type is left empty
//! and listed; its neighbours are not affected.

#[macro_use]
mod macros;
mod leaf;
mod shape;
mod sink;
mod tagged;

pub use self::shape::Shape;
pub use self::sink::Defect;
pub(crate) use self::sink::{At, Sink};
pub(crate) use self::tagged::Tagged;

use super::json::{Kind, Reader};

/// A value that can be read from the wire.
pub(crate) trait Decode: Sized {
    /// What the field should be, in the words of a defect.
    const EXPECTED: &'static str;

    /// Whether a missing field of this type is a defect: an `Option`, a list and a map have a value
    /// for it.
    const REQUIRED: bool = true;

    /// Reads the value; `None` after the defect was added to `sink`. Either way the reader is after
    /// the value then.
    ///
    /// The `null` of a field never gets here: it counts as absent.
    fn decode(reader: &mut Reader<'_>, at: &At<'_>, sink: &mut Sink) -> Option<Self>;

    /// Adds what such a value may contain to `shape`; the value itself is at `at`, and already in
    /// there.
    fn declare(at: &str, shape: &mut Shape);

    /// The value of a field, after the object was read; the default if it was absent or `null`,
    /// which may be a defect.
    fn or_default(value: Option<Self>, at: &At<'_>, name: &str, sink: &mut Sink) -> Self
    where
        Self: Default,
    {
        if Self::REQUIRED {
            return Self::required(value, at, name, sink);
        }
        value.unwrap_or_default()
    }

    /// The value of a field that must be there, whatever its type; if it was absent or `null`, that
    /// is a defect.
    fn required(value: Option<Self>, at: &At<'_>, name: &str, sink: &mut Sink) -> Self
    where
        Self: Default,
    {
        value.unwrap_or_else(|| {
            sink.missing(&at.key(name), Self::EXPECTED);
            Self::default()
        })
    }

    /// Adds a field of the object at `at`, and what it may contain.
    fn declare_field(at: &str, name: &str, seen: bool, shape: &mut Shape) {
        let field = member(at, name);
        shape.add_field(&field, seen);
        Self::declare(&field, shape);
    }

    /// A list of such values; an item of the wrong type is listed and left out.
    fn decode_list(reader: &mut Reader<'_>, at: &At<'_>, sink: &mut Sink) -> Option<Vec<Self>> {
        if reader.kind() != Kind::Array {
            return sink.wrong(at, "an array", reader);
        }
        decode_items(reader, at, sink)
    }
}

/// An object, read from within.
pub(crate) trait Members: Sized {
    /// Reads the remaining members of the object that begins at `start`.
    fn members(reader: &mut Reader<'_>, start: usize, at: &At<'_>, sink: &mut Sink) -> Self;

    /// Adds the fields of the object at `at`, which is empty for the line itself.
    fn declare_members(at: &str, shape: &mut Shape);
}

/// The object before the reader, from its start.
pub(crate) fn object<T: Decode + Members>(
    reader: &mut Reader<'_>,
    at: &At<'_>,
    sink: &mut Sink,
) -> Option<T> {
    if reader.kind() != Kind::Object {
        return sink.wrong(at, T::EXPECTED, reader);
    }
    let start = reader.position();
    reader.enter();
    Some(T::members(reader, start, at, sink))
}

/// The value of a field of the object at `at`: `None` for `null`.
pub(crate) fn field<T: Default>(
    reader: &mut Reader<'_>,
    at: &At<'_>,
    name: &str,
    sink: &mut Sink,
    decode: impl FnOnce(&mut Reader<'_>, &At<'_>, &mut Sink) -> Option<T>,
) -> Option<T> {
    if reader.null() {
        return None;
    }
    Some(decode(reader, &at.key(name), sink).unwrap_or_default())
}

/// The items of the array before the reader.
pub(crate) fn decode_items<T: Decode>(
    reader: &mut Reader<'_>,
    at: &At<'_>,
    sink: &mut Sink,
) -> Option<Vec<T>> {
    let mut items = Vec::new();
    let mut index = 0;
    reader.enter();
    while reader.item() {
        items.extend(T::decode(reader, &at.index(index), sink));
        index += 1;
    }
    Some(items)
}

/// The path of a member of the object at `at`.
pub(crate) fn member(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

/// The fields of an object, including the one that identifies it.
pub(crate) fn declared<T: Decode>(tag: &str) -> Shape {
    let mut shape = Shape::default();
    shape.add(tag);
    T::declare("", &mut shape);
    shape
}
