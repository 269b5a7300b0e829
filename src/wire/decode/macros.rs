//! The two shapes that most of the wire has: flat objects, and strings out of an open set.

/// Declares a struct that is read field by field.
///
/// `= "name"` is the wire's name of the field. A field is filled with its `Default` when the wire has none, or `null`. `required` lists its
/// absence as a defect. Fields that the struct does not name stay in the raw line.
macro_rules! object {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$field_meta:meta])* pub $field:ident: $type:ty = $wire:literal $($required:ident)?,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
        }

        impl $crate::wire::decode::Decode for $name {
            const EXPECTED: &'static str = "an object";

            fn decode(
                value: $crate::wire::json::Cursor<'_>,
                at: &$crate::wire::decode::At<'_>,
                sink: &mut $crate::wire::decode::Sink,
            ) -> Option<Self> {
                if value.kind() != $crate::wire::json::Kind::Object {
                    return sink.wrong(at, Self::EXPECTED, value);
                }
                $(let mut $field: Option<$type> = None;)*
                for (key, value) in value.fields() {
                    if value.is_null() && [$($wire,)*].iter().any(|name| name.as_bytes() == &*key) {
                        continue;
                    }
                    $(if *key == *$wire.as_bytes() {
                        let decoded = <$type as $crate::wire::decode::Decode>::decode(value, &at.key($wire), sink);
                        $field = Some(decoded.unwrap_or_default());
                        continue;
                    })*
                    sink.unknown(at, &key);
                }
                $($(object!(@$required $field, $wire, $type, at, sink);)?)*
                Some(Self { $($field: $field.unwrap_or_default(),)* })
            }
        }
    };
    (@required $field:ident, $wire:literal, $type:ty, $at:ident, $sink:ident) => {
        if $field.is_none() {
            $sink.missing(&$at.key($wire), <$type as $crate::wire::decode::Decode>::EXPECTED);
        }
    };
}

/// Declares an enum of strings that keeps a string it does not know.
macro_rules! open_enum {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $wire:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $(#[doc = concat!("`", $wire, "`.")] $(#[$variant_meta])* $variant,)*
            /// A value that this version of the crate does not know.
            Other(Box<str>),
        }

        impl $name {
            /// The value as it stands on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $wire,)*
                    Self::Other(other) => other,
                }
            }
        }

        impl From<&str> for $name {
            fn from(value: &str) -> Self {
                match value {
                    $($wire => Self::$variant,)*
                    other => Self::Other(other.into()),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        /// The empty unknown value: what a field of the wrong type degrades to.
        impl Default for $name {
            fn default() -> Self {
                Self::Other("".into())
            }
        }

        impl $crate::wire::decode::Decode for $name {
            const EXPECTED: &'static str = "a string";

            fn decode(
                value: $crate::wire::json::Cursor<'_>,
                at: &$crate::wire::decode::At<'_>,
                sink: &mut $crate::wire::decode::Sink,
            ) -> Option<Self> {
                match value.string() {
                    Some(text) => Some(Self::from(&*text)),
                    None => sink.wrong(at, Self::EXPECTED, value),
                }
            }
        }
    };
}
