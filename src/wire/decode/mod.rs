//! From a scanned line to typed fields, one by one: a field of the wrong type degrades that field and is listed, and its neighbours stand.

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

/// A value that can be read off the wire.
pub(crate) trait Decode: Sized {
    /// What the field should have held, in the words of a defect.
    const EXPECTED: &'static str;

    /// Whether a field of this type is a defect where it is missing: an `Option`, a list and a map have a value for that.
    const MUST_BE_THERE: bool = true;

    /// Reads the value; `None` after `sink` was told of the defect. Either way the reader stands behind the value then.
    ///
    /// The `null` of a field never gets here: it counts as absent.
    fn decode(reader: &mut Reader<'_>, at: &At<'_>, sink: &mut Sink) -> Option<Self>;

    /// Adds what such a value may hold to `shape`; the value itself stands at `at`, and is in there.
    fn declare(at: &str, shape: &mut Shape);

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
    /// Reads the members that are left of the object that begins at `start`.
    fn members(reader: &mut Reader<'_>, start: usize, at: &At<'_>, sink: &mut Sink) -> Self;

    /// Adds the fields of the object at `at`, which is empty for the line itself.
    fn declare_members(at: &str, shape: &mut Shape);
}

/// The items of the array that the reader stands before.
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

/// The fields of an object, and the one that says what it is.
pub(crate) fn declared<T: Decode>(tag: &str) -> Shape {
    let mut shape = Shape::default();
    shape.add(tag);
    T::declare("", &mut shape);
    shape
}
