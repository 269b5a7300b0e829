//! Checks typed values against `serde_json::Value`, for every field of the typed layer.
//!
//! The macros that declare the wire's objects and enums implement [`Agree`] for them, so that a new
//! field is compared automatically; the hand-written enums implement it in `tagged`.

mod tagged;

use std::collections::BTreeMap;
use std::fmt::Debug;

use serde_json::Value;

pub(crate) use self::tagged::{body, event_has_two_types};
use crate::wire::RawJson;

/// How a decoder reads a JSON value.
pub(crate) trait Agree: Sized {
    /// Whether the value is of the right type.
    fn takes(value: &Value) -> bool;

    /// Whether this agrees with a value of the right type. Panics if a field of an object differs.
    fn agrees(&self, value: &Value) -> bool;

    /// Whether the value is a list of such values.
    fn takes_list(value: &Value) -> bool {
        value.is_array()
    }

    /// Whether this agrees with the list. Items of the wrong type are left out.
    fn list_agrees(list: &[Self], value: &Value) -> bool {
        let items: Vec<_> =
            value.as_array().into_iter().flatten().filter(|item| Self::takes(item)).collect();
        items.len() == list.len() && list.iter().zip(items).all(|(ours, item)| ours.agrees(item))
    }
}

/// A field of an object: the default if it is absent, `null` or of the wrong type.
pub(crate) fn field<T: Agree + Default + PartialEq>(ours: &T, value: Option<&Value>) -> bool {
    match value.filter(|value| !value.is_null() && T::takes(value)) {
        Some(value) => ours.agrees(value),
        None => *ours == T::default(),
    }
}

/// Panics with the name of the field that differs.
pub(crate) fn expect(
    agrees: bool,
    object: &str,
    name: &str,
    ours: &dyn Debug,
    value: Option<&Value>,
) {
    assert!(agrees, "{object}, `{name}`: {ours:?} was made of {value:?}");
}

/// The fields that are not read by their type alone, by the name of their reader.
pub(crate) fn stated_origin<T: Agree + PartialEq>(ours: &Option<T>, value: Option<&Value>) -> bool {
    field(ours, value.filter(|origin| origin["kind"].is_string()))
}

pub(crate) fn error_list(ours: &Vec<String>, value: Option<&Value>) -> bool {
    match value.and_then(Value::as_str) {
        Some(text) => *ours == [text],
        None => field(ours, value),
    }
}

pub(crate) fn whole_object(ours: &RawJson, value: Option<&Value>) -> bool {
    field(ours, value.filter(|value| value.is_object()))
}

impl Agree for String {
    fn takes(value: &Value) -> bool {
        value.is_string()
    }

    fn agrees(&self, value: &Value) -> bool {
        value.as_str() == Some(self)
    }
}

impl Agree for bool {
    fn takes(value: &Value) -> bool {
        value.is_boolean()
    }

    fn agrees(&self, value: &Value) -> bool {
        value.as_bool() == Some(*self)
    }
}

/// Without its feature `float_roundtrip`, which the fuzz targets enable, `serde_json` may be off in
/// the last digit.
impl Agree for f64 {
    fn takes(value: &Value) -> bool {
        value.is_number()
    }

    fn agrees(&self, value: &Value) -> bool {
        value.as_f64().is_some_and(|value| (value - self).abs() <= value.abs() * 1e-15)
    }
}

macro_rules! integers {
    ($($type:ty),*) => {
        $(impl Agree for $type {
            fn takes(value: &Value) -> bool {
                whole(value).is_some_and(|whole| <$type>::try_from(whole).is_ok())
            }

            fn agrees(&self, value: &Value) -> bool {
                whole(value) == Some(i128::from(*self))
            }
        })*
    };
}

integers!(i64, u64, u32, u16);

/// A whole number, however it is spelled.
fn whole(value: &Value) -> Option<i128> {
    let integer = value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from));
    integer.or_else(|| {
        value
            .as_f64()
            .filter(|float| float.fract() == 0.0 && float.abs() < 9e15)
            .map(|float| float as i128)
    })
}

impl Agree for RawJson {
    fn takes(_: &Value) -> bool {
        true
    }

    fn agrees(&self, value: &Value) -> bool {
        self.to_value().is_ok_and(|ours| ours == *value)
    }
}

impl<T: Agree> Agree for Option<T> {
    fn takes(value: &Value) -> bool {
        T::takes(value)
    }

    fn agrees(&self, value: &Value) -> bool {
        self.as_ref().is_some_and(|ours| ours.agrees(value))
    }
}

impl<T: Agree> Agree for Box<T> {
    fn takes(value: &Value) -> bool {
        T::takes(value)
    }

    fn agrees(&self, value: &Value) -> bool {
        T::agrees(self, value)
    }
}

impl<T: Agree> Agree for Vec<T> {
    fn takes(value: &Value) -> bool {
        T::takes_list(value)
    }

    fn agrees(&self, value: &Value) -> bool {
        T::list_agrees(self, value)
    }
}

impl<T: Agree> Agree for BTreeMap<String, T> {
    fn takes(value: &Value) -> bool {
        value.is_object()
    }

    fn agrees(&self, value: &Value) -> bool {
        let entries = value.as_object().into_iter().flatten().filter(|(_, value)| T::takes(value));
        let mut count = 0;
        let same = entries
            .inspect(|_| count += 1)
            .all(|(key, value)| self.get(key).is_some_and(|ours| ours.agrees(value)));
        same && count == self.len()
    }
}
