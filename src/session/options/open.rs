//! Objects that a program gives to the CLI: fields with types, and room for those of a later
//! version.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde_json::Value;

use super::error::kind;

/// Declares a struct that is written as a JSON object and read from one.
///
/// `= "name"` is the wire's name of the field; the macro writes it into the field's documentation,
/// together with whether a real CLI was seen to take it, in a recording or a test: `seen`, or
/// otherwise "declared, not seen". Whether it was seen to act on it, the text of the field or
/// of the object says. The published types that declare the fields are those of the TypeScript SDK
/// 0.3.332.
///
/// * A field that is `None`, or an empty list or map that is not in an `Option`, is not written.
/// * A field that is absent or `null` gets its `Default` when it is read, unless it is `required`.
/// * The field `extra` has every field without a name here, in both directions.
/// * `with setters` adds a setter for each field.
macro_rules! open_object {
    (
        $(#[$meta:meta])*
        pub struct $name:ident $(with $setters:ident)? {
            $($(#[$field_meta:meta])* pub $field:ident: $type:ty = $wire:literal $($mode:ident)*,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Default, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $(
                $(#[$field_meta])*
                #[doc = ""]
                #[doc = open_object!(@doc $wire $($mode)*)]
                pub $field: $type,
            )*
            /// Any other field, by its name on the wire. It overrides one above of the same name.
            pub extra: ::serde_json::Map<String, ::serde_json::Value>,
        }

        impl $name {
            /// The names of the typed fields on the wire.
            pub const FIELDS: &'static [&'static str] = &[$($wire),*];
        }

        open_object! { @setters [$($setters)?] $name { $($(#[$field_meta])* $field: $type,)* } }

        impl $crate::session::options::open::Json for $name {
            fn to_json(&self) -> ::serde_json::Value {
                let mut fields = ::serde_json::Map::new();
                $(if !self.$field.is_omitted() {
                    fields.insert($wire.to_owned(), self.$field.to_json());
                })*
                fields.extend(self.extra.clone());
                fields.into()
            }

            fn from_json(
                value: ::serde_json::Value,
            ) -> Result<Self, $crate::session::options::open::Fault> {
                use $crate::session::options::open::{Fault, take};

                let ::serde_json::Value::Object(mut fields) = value else {
                    return Err(Fault::new("an object", &value));
                };
                Ok(Self {
                    $($field: take(&mut fields, $wire, open_object!(@required $($mode)*))?,)*
                    extra: fields,
                })
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::session::options::open::Json::to_json(self).serialize(serializer)
            }
        }

        /// Unknown fields are kept in `extra`. The error names the field, what was expected and the
        /// kind of value that was given, but not the value.
        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = ::serde_json::Value::deserialize(deserializer)?;
                $crate::session::options::open::Json::from_json(value).map_err(::serde::de::Error::custom)
            }
        }

        impl From<$name> for ::serde_json::Value {
            fn from(object: $name) -> Self {
                $crate::session::options::open::Json::to_json(&object)
            }
        }
    };
    (@setters [] $name:ident $fields:tt) => {};
    (@setters [setters] $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        /// # Setters of the fields
        impl $name {
            $(
                $(#[$field_meta])*
                #[must_use]
                pub fn $field(mut self, $field: impl Into<$type>) -> Self {
                    self.$field = $field.into();
                    self
                }
            )*
        }
    };
    (@doc $wire:literal required $($mode:ident)*) => { open_object!(@doc $wire $($mode)*) };
    (@doc $wire:literal seen) => { concat!("Wire field `", $wire, "`, CLI 2.1.332.") };
    (@doc $wire:literal) => {
        concat!("Wire field `", $wire, "`, CLI 2.1.332 (declared, not seen).")
    };
    (@required required $($mode:ident)*) => { true };
    (@required $($mode:ident)*) => { false };
}

/// Words that a field of an [`open_object!`] may have.
macro_rules! open_words {
    ($($word:ty),* $(,)?) => {$(
        impl $crate::session::options::open::Json for $word {
            fn to_json(&self) -> ::serde_json::Value {
                self.as_str().into()
            }

            fn from_json(
                value: ::serde_json::Value,
            ) -> Result<Self, $crate::session::options::open::Fault> {
                <String as $crate::session::options::open::Json>::from_json(value).map(Self::from)
            }
        }
    )*};
}

/// A value of a field.
pub(super) trait Json: Sized {
    fn to_json(&self) -> Value;

    fn from_json(value: Value) -> Result<Self, Fault>;

    /// Whether a field with this value is not written.
    fn is_omitted(&self) -> bool {
        false
    }

    fn list_from_json(items: Vec<Value>) -> Result<Vec<Self>, Fault> {
        let read = |(index, item)| Self::from_json(item).map_err(|fault: Fault| fault.at(index));
        items.into_iter().enumerate().map(read).collect()
    }
}

/// Why a value was not read: where, what was expected, and the kind of value that was given.
#[derive(Debug, PartialEq)]
pub(super) struct Fault {
    path: String,
    expected: &'static str,
    got: &'static str,
}

impl Fault {
    pub(super) fn new(expected: &'static str, got: &Value) -> Self {
        Self { path: String::new(), expected, got: kind(got) }
    }

    /// In an item of a list.
    pub(super) fn at(self, index: usize) -> Self {
        self.within(&format!("[{index}]"))
    }

    /// In a field of an object.
    fn within(mut self, step: &str) -> Self {
        let joint = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{step}{joint}{}", self.path);
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault { path, expected, got } = self;
        match path.is_empty() {
            true => write!(f, "expected {expected}, got {got}"),
            false => write!(f, "field `{path}`: expected {expected}, got {got}"),
        }
    }
}

/// Takes a field out of an object. `null` counts as absent.
pub(super) fn take<T: Json + Default>(
    fields: &mut serde_json::Map<String, Value>,
    name: &str,
    required: bool,
) -> Result<T, Fault> {
    // `remove` would move the last field to this place.
    let value = fields.shift_remove(name).filter(|value| !value.is_null());
    match value {
        Some(value) => T::from_json(value).map_err(|fault| fault.within(name)),
        None if required => {
            let missing = Fault { path: String::new(), expected: "a value", got: "none" };
            Err(missing.within(name))
        }
        None => Ok(T::default()),
    }
}

impl Json for Value {
    fn to_json(&self) -> Value {
        self.clone()
    }

    fn from_json(value: Value) -> Result<Self, Fault> {
        Ok(value)
    }
}

impl Json for String {
    fn to_json(&self) -> Value {
        self.as_str().into()
    }

    fn from_json(value: Value) -> Result<Self, Fault> {
        match value {
            Value::String(text) => Ok(text),
            other => Err(Fault::new("a string", &other)),
        }
    }
}

impl Json for bool {
    fn to_json(&self) -> Value {
        (*self).into()
    }

    fn from_json(value: Value) -> Result<Self, Fault> {
        value.as_bool().ok_or_else(|| Fault::new("true or false", &value))
    }
}

/// A whole number, also where it is written as `8080.0`.
fn whole(value: &Value) -> Option<u64> {
    let exact = |number: f64| {
        // The largest whole number up to which none is skipped.
        let exact = number.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&number);
        exact.then_some(number as u64)
    };
    value.as_u64().or_else(|| value.as_f64().and_then(exact))
}

macro_rules! whole_numbers {
    ($($type:ty: $expected:literal),*) => {$(
        impl Json for $type {
            fn to_json(&self) -> Value {
                (*self).into()
            }

            fn from_json(value: Value) -> Result<Self, Fault> {
                let number = whole(&value).and_then(|number| <$type>::try_from(number).ok());
                number.ok_or_else(|| Fault::new($expected, &value))
            }
        }
    )*};
}

whole_numbers! {
    u16: "a whole number up to 65535",
    u32: "a whole number up to 4294967295",
    u64: "a whole number"
}

/// In milliseconds.
impl Json for Duration {
    fn to_json(&self) -> Value {
        u64::try_from(self.as_millis()).unwrap_or(u64::MAX).into()
    }

    fn from_json(value: Value) -> Result<Self, Fault> {
        whole(&value)
            .map(Duration::from_millis)
            .ok_or_else(|| Fault::new("a whole number of milliseconds", &value))
    }
}

impl<T: Json> Json for Option<T> {
    fn to_json(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_json)
    }

    fn from_json(value: Value) -> Result<Self, Fault> {
        if value.is_null() { Ok(None) } else { T::from_json(value).map(Some) }
    }

    fn is_omitted(&self) -> bool {
        self.is_none()
    }
}

impl<T: Json> Json for Vec<T> {
    fn to_json(&self) -> Value {
        self.iter().map(T::to_json).collect()
    }

    fn from_json(value: Value) -> Result<Self, Fault> {
        match value {
            Value::Array(items) => T::list_from_json(items),
            other => Err(Fault::new("an array", &other)),
        }
    }

    fn is_omitted(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Json> Json for BTreeMap<String, T> {
    fn to_json(&self) -> Value {
        self.iter()
            .map(|(key, value)| (key.clone(), value.to_json()))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }

    fn from_json(value: Value) -> Result<Self, Fault> {
        let Value::Object(entries) = value else {
            return Err(Fault::new("an object", &value));
        };
        let read = |(key, value): (String, Value)| match T::from_json(value) {
            Ok(value) => Ok((key, value)),
            Err(fault) => Err(fault.within(&key)),
        };
        entries.into_iter().map(read).collect()
    }

    fn is_omitted(&self) -> bool {
        self.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    open_object! {
        /// An object.
        #[derive(Debug)]
        pub struct Outer with setters {
            /// A required text.
            pub name: String = "name" required,
            /// A list that is not written when it is empty.
            pub plain: Vec<String> = "plain",
            /// A list that is.
            pub list: Option<Vec<Inner>> = "list",
            /// A limit.
            pub limit: Option<Duration> = "limitMs",
        }
    }

    open_object! {
        /// An object within it.
        #[derive(Debug)]
        pub struct Inner {
            /// A port.
            pub port: Option<u16> = "port",
            /// Texts.
            pub texts: BTreeMap<String, String> = "texts",
        }
    }

    #[test]
    fn fields_without_a_name_survive_in_both_directions() {
        for text in [
            r#"{"name":"n","plain":["a"],"list":[{"port":1,"texts":{"k":"v"},"z":[]},{}],"limitMs":5,"new":{"a":null}}"#,
            r#"{"name":"","list":[],"first":1,"second":null}"#,
        ] {
            let read: Outer = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), text);
            assert_eq!(Value::from(read).to_string(), text);
        }
        let whole: Inner = serde_json::from_str(r#"{"port":8080.0,"texts":null}"#).unwrap();
        assert_eq!(serde_json::to_string(&whole).unwrap(), r#"{"port":8080}"#);
    }

    #[test]
    fn an_extra_field_overrides_a_typed_one() {
        let mut outer = Outer::default().name("typed").limit(Duration::from_millis(7));
        outer.extra.insert("name".into(), json!(["other form"]));
        assert_eq!(
            serde_json::to_string(&outer).unwrap(),
            r#"{"name":["other form"],"limitMs":7}"#
        );
    }

    #[test]
    fn the_error_names_the_place_and_not_the_value() {
        for (value, expected) in [
            (json!("CANARY"), "expected an object, got a string"),
            (json!({}), "field `name`: expected a value, got none"),
            (json!({"name": null}), "field `name`: expected a value, got none"),
            (json!({"name": 5}), "field `name`: expected a string, got a number"),
            (
                json!({"name": "n", "plain": {"CANARY": 1}}),
                "field `plain`: expected an array, got an object",
            ),
            (
                json!({"name": "n", "plain": ["a", true]}),
                "field `plain[1]`: expected a string, got a boolean",
            ),
            (
                json!({"name": "n", "list": [{}, {"port": 65_536}]}),
                "field `list[1].port`: expected a whole number up to 65535, got a number",
            ),
            (
                json!({"name": "n", "list": [{"texts": {"k": ["CANARY"]}}]}),
                "field `list[0].texts.k`: expected a string, got an array",
            ),
            (
                json!({"name": "n", "limitMs": 0.5}),
                "field `limitMs`: expected a whole number of milliseconds, got a number",
            ),
        ] {
            let error = serde_json::from_value::<Outer>(value).unwrap_err().to_string();
            assert_eq!(error, expected);
        }
    }
}
