//! Leaf values and the generic containers.

use std::collections::BTreeMap;

use super::{At, Decode, Sink};
use crate::wire::json::{Cursor, Kind, RawJson};

impl Decode for String {
    const EXPECTED: &'static str = "a string";

    fn decode(value: Cursor<'_>, at: &At<'_>, sink: &mut Sink) -> Option<Self> {
        match value.string() {
            Some(text) => Some(text.into_owned()),
            None => sink.wrong(at, Self::EXPECTED, value),
        }
    }
}

impl Decode for bool {
    const EXPECTED: &'static str = "a boolean";

    fn decode(value: Cursor<'_>, at: &At<'_>, sink: &mut Sink) -> Option<Self> {
        value.bool().or_else(|| sink.wrong(at, Self::EXPECTED, value))
    }
}

impl Decode for f64 {
    const EXPECTED: &'static str = "a number in the range of a double";

    fn decode(value: Cursor<'_>, at: &At<'_>, sink: &mut Sink) -> Option<Self> {
        let number = value.number().and_then(|text| text.parse::<f64>().ok()).filter(|number| number.is_finite());
        number.or_else(|| sink.wrong(at, Self::EXPECTED, value))
    }
}

/// Integers; a whole number that is spelt with a fraction or an exponent (`3.0`) counts.
macro_rules! integers {
    ($($type:ty: $expected:literal,)*) => {
        $(impl Decode for $type {
            const EXPECTED: &'static str = $expected;

            fn decode(value: Cursor<'_>, at: &At<'_>, sink: &mut Sink) -> Option<Self> {
                let number = value.number().and_then(|text| text.parse().ok().or_else(|| {
                    let float = text.parse::<f64>().ok().filter(|float| float.fract() == 0.0 && float.abs() < 9e15)?;
                    <$type>::try_from(float as i64).ok()
                }));
                number.or_else(|| sink.wrong(at, Self::EXPECTED, value))
            }
        })*
    };
}

integers! {
    i64: "a whole number",
    u64: "a whole number from 0 up",
    u32: "a whole number from 0 to 4294967295",
    u16: "a whole number from 0 to 65535",
}

impl Decode for RawJson {
    const EXPECTED: &'static str = "a JSON value";

    fn decode(value: Cursor<'_>, _: &At<'_>, _: &mut Sink) -> Option<Self> {
        Some(value.raw())
    }
}

impl<T: Decode> Decode for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn decode(value: Cursor<'_>, at: &At<'_>, sink: &mut Sink) -> Option<Self> {
        T::decode(value, at, sink).map(Some)
    }
}

impl<T: Decode> Decode for Box<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn decode(value: Cursor<'_>, at: &At<'_>, sink: &mut Sink) -> Option<Self> {
        T::decode(value, at, sink).map(Box::new)
    }
}

impl<T: Decode> Decode for Vec<T> {
    const EXPECTED: &'static str = "an array";

    fn decode(value: Cursor<'_>, at: &At<'_>, sink: &mut Sink) -> Option<Self> {
        T::decode_list(value, at, sink)
    }
}

/// A value of the wrong type is listed and left out.
impl<T: Decode> Decode for BTreeMap<String, T> {
    const EXPECTED: &'static str = "an object";

    fn decode(value: Cursor<'_>, at: &At<'_>, sink: &mut Sink) -> Option<Self> {
        if value.kind() != Kind::Object {
            return sink.wrong(at, Self::EXPECTED, value);
        }
        let entry = |(key, value): (std::borrow::Cow<'_, [u8]>, Cursor<'_>)| {
            let key = String::from_utf8_lossy(&key).into_owned();
            let value = T::decode(value, &at.key(&key), sink)?;
            Some((key, value))
        };
        Some(value.fields().filter_map(entry).collect())
    }
}
