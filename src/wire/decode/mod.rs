//! From a scanned line to typed fields, one by one: a field of the wrong type degrades that field and is listed, and its neighbours stand.

#[macro_use]
mod macros;
mod leaf;
mod sink;

pub use self::sink::Defect;
pub(crate) use self::sink::{At, Sink};

use super::json::{Cursor, Kind};

/// A value that can be read off the wire.
pub(crate) trait Decode: Sized {
    /// What the field should have held, in the words of a defect.
    const EXPECTED: &'static str;

    /// The value, or `None` after `sink` was told of the defect. `null` never gets here: it counts as absent.
    fn decode(value: Cursor<'_>, at: &At<'_>, sink: &mut Sink) -> Option<Self>;

    /// A list of such values; an item of the wrong type is listed and left out.
    fn decode_list(value: Cursor<'_>, at: &At<'_>, sink: &mut Sink) -> Option<Vec<Self>> {
        if value.kind() != Kind::Array {
            return sink.wrong(at, "an array", value);
        }
        Some(value.items().enumerate().filter_map(|(index, item)| Self::decode(item, &at.index(index), sink)).collect())
    }
}
