//! Leaf values and the generic containers.

use std::collections::BTreeMap;

use super::{At, Decode, Members, Shape, Sink};
use crate::wire::json::{Kind, RawJson, Reader};

impl Decode for String {
    const EXPECTED: &'static str = "a string";

    fn decode(reader: &mut Reader<'_>, at: &At<'_>, sink: &mut Sink) -> Option<Self> {
        match reader.string() {
            Some(text) => Some(text.into_owned()),
            None => sink.wrong(at, Self::EXPECTED, reader),
        }
    }

    fn declare(_: &str, _: &mut Shape) {}
}

impl Decode for bool {
    const EXPECTED: &'static str = "a boolean";

    fn decode(reader: &mut Reader<'_>, at: &At<'_>, sink: &mut Sink) -> Option<Self> {
        reader.bool().or_else(|| sink.wrong(at, Self::EXPECTED, reader))
    }

    fn declare(_: &str, _: &mut Shape) {}
}

impl Decode for f64 {
    const EXPECTED: &'static str = "a number in the range of a double";

    fn decode(reader: &mut Reader<'_>, at: &At<'_>, sink: &mut Sink) -> Option<Self> {
        let mut ahead = reader.clone();
        let number = ahead
            .number()
            .and_then(|text| text.parse::<f64>().ok())
            .filter(|number| number.is_finite());
        if number.is_some() {
            *reader = ahead;
        }
        number.or_else(|| sink.wrong(at, Self::EXPECTED, reader))
    }

    fn declare(_: &str, _: &mut Shape) {}
}

/// Integers; a whole number that is spelled with a fraction or an exponent (`3.0`) counts.
macro_rules! integers {
    ($($type:ty: $expected:literal,)*) => {
        $(impl Decode for $type {
            const EXPECTED: &'static str = $expected;

            fn decode(reader: &mut Reader<'_>, at: &At<'_>, sink: &mut Sink) -> Option<Self> {
                let mut ahead = reader.clone();
                let number = ahead.number().and_then(|text| text.parse().ok().or_else(|| {
                    let float = text.parse::<f64>().ok().filter(|float| float.fract() == 0.0 && float.abs() < 9e15)?;
                    <$type>::try_from(float as i64).ok()
                }));
                if number.is_some() {
                    *reader = ahead;
                }
                number.or_else(|| sink.wrong(at, Self::EXPECTED, reader))
            }

            fn declare(_: &str, _: &mut Shape) {}
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

    fn decode(reader: &mut Reader<'_>, _: &At<'_>, _: &mut Sink) -> Option<Self> {
        Some(reader.skip().raw())
    }

    fn declare(at: &str, shape: &mut Shape) {
        shape.add_any(at);
    }
}

/// An object whose fields are not read.
impl Members for RawJson {
    fn members(reader: &mut Reader<'_>, start: usize, _: &At<'_>, _: &mut Sink) -> Self {
        while reader.key().is_some() {
            reader.skip();
        }
        reader.since(start)
    }

    fn declare_members(_: &str, _: &mut Shape) {}
}

impl<T: Decode> Decode for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;
    const REQUIRED: bool = false;

    fn decode(reader: &mut Reader<'_>, at: &At<'_>, sink: &mut Sink) -> Option<Self> {
        T::decode(reader, at, sink).map(Some)
    }

    fn declare(at: &str, shape: &mut Shape) {
        T::declare(at, shape);
    }
}

impl<T: Decode> Decode for Box<T> {
    const EXPECTED: &'static str = T::EXPECTED;
    const REQUIRED: bool = T::REQUIRED;

    fn decode(reader: &mut Reader<'_>, at: &At<'_>, sink: &mut Sink) -> Option<Self> {
        T::decode(reader, at, sink).map(Box::new)
    }

    fn declare(at: &str, shape: &mut Shape) {
        T::declare(at, shape);
    }
}

impl<T: Members> Members for Box<T> {
    fn members(reader: &mut Reader<'_>, start: usize, at: &At<'_>, sink: &mut Sink) -> Self {
        Self::new(T::members(reader, start, at, sink))
    }

    fn declare_members(at: &str, shape: &mut Shape) {
        T::declare_members(at, shape);
    }
}

impl<T: Decode> Decode for Vec<T> {
    const EXPECTED: &'static str = "an array";
    const REQUIRED: bool = false;

    fn decode(reader: &mut Reader<'_>, at: &At<'_>, sink: &mut Sink) -> Option<Self> {
        T::decode_list(reader, at, sink)
    }

    fn declare(at: &str, shape: &mut Shape) {
        let items = format!("{at}[]");
        shape.add(&items);
        T::declare(&items, shape);
    }
}

/// A value of the wrong type is listed and left out. Of a repeated key the last counts.
impl<T: Decode> Decode for BTreeMap<String, T> {
    const EXPECTED: &'static str = "an object";
    const REQUIRED: bool = false;

    fn decode(reader: &mut Reader<'_>, at: &At<'_>, sink: &mut Sink) -> Option<Self> {
        if reader.kind() != Kind::Object {
            return sink.wrong(at, Self::EXPECTED, reader);
        }
        let mut entries = Self::new();
        reader.enter();
        while let Some(key) = reader.key() {
            let key = String::from_utf8_lossy(&key).into_owned();
            match T::decode(reader, &at.key(&key), sink) {
                Some(value) => entries.insert(key, value),
                None => entries.remove(&key),
            };
        }
        Some(entries)
    }

    fn declare(at: &str, shape: &mut Shape) {
        let values = format!("{at}.*");
        shape.add(&values);
        T::declare(&values, shape);
    }
}
