//! The most common shapes of the wire: flat objects, strings from an open set, and objects that are
//! identified by a tag.

/// Declares a struct that is read field by field.
///
/// `= "name"` is the wire's name of the field; the macro writes it into the field's documentation.
/// A field gets its `Default` if it is absent or `null`. Of a repeated key the last counts. Fields
/// that the struct does not name are only in the raw line.
///
/// * `=> function` reads the value with `fn(&mut Reader, &At, &mut Sink) -> Option<T>` instead of
///   the type's own `Decode`.
/// * A field that is not an `Option`, a list or a map is required: if it is absent, or `null`, a
///   defect is listed. `required` makes a list or an `Option` required, if the published types
///   always have it; `lenient` makes a field optional that older versions of the CLI leave out.
/// * `declared` documents that the field is declared but was not seen on the wire.
/// * `v2_1_332` documents that it is of that version, and not of 2.1.329.
/// * `struct Name: raw` keeps the whole object in a field `raw`; `struct Name: tagged` does too,
///   and leaves the key `type` to the enum that the struct is a variant of; `struct Name: subtyped`
///   does the same with `subtype`. `struct Name without "type"` leaves the key, and keeps nothing.
macro_rules! object {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident $(without $tag:literal)? $(: $extra:ident)? {
            $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $type:ty = $wire:literal $(=> $via:ident)? $($mode:ident)*,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq)]
        #[non_exhaustive]
        $vis struct $name {
            $(
                $(#[$field_meta])*
                #[doc = ""]
                #[doc = object!(@doc $wire $($mode)*)]
                $field_vis $field: $type,
            )*
            $(
                /// The whole object as it was on the wire.
                pub raw: object!(@raw $extra),
            )?
        }

        impl $crate::wire::decode::Members for $name {
            #[allow(unused_variables, reason = "an object that keeps no raw text needs no start")]
            fn members(
                reader: &mut $crate::wire::json::Reader<'_>,
                start: usize,
                at: &$crate::wire::decode::At<'_>,
                sink: &mut $crate::wire::decode::Sink,
            ) -> Self {
                $(let mut $field: Option<$type> = None;)*
                while let Some(key) = reader.key() {
                    let key = &*key;
                    $(if *key == *$wire.as_bytes() {
                        let decode = object!(@decoder $type, [$($via)?]);
                        $field = $crate::wire::decode::field(reader, at, $wire, sink, decode);
                        continue;
                    })*
                    $(if *key == *$tag.as_bytes() {
                        reader.skip();
                        continue;
                    })?
                    $(if object!(@outside $extra, key) {
                        reader.skip();
                        continue;
                    })?
                    sink.unknown(at, key);
                    reader.skip();
                }
                Self {
                    $($field: object!(@value $type, $field, at, $wire, sink, $($mode)*),)*
                    $(raw: object!(@keep $extra, reader, start),)?
                }
            }

            #[allow(unused_variables, reason = "an object may have no fields")]
            fn declare_members(at: &str, shape: &mut $crate::wire::decode::Shape) {
                $(<$type as $crate::wire::decode::Decode>::declare_field(
                    at, $wire, object!(@is_seen $($mode)*), shape,
                );)*
            }
        }

        impl $crate::wire::decode::Decode for $name {
            const EXPECTED: &'static str = "an object";

            fn decode(
                reader: &mut $crate::wire::json::Reader<'_>,
                at: &$crate::wire::decode::At<'_>,
                sink: &mut $crate::wire::decode::Sink,
            ) -> Option<Self> {
                $crate::wire::decode::object(reader, at, sink)
            }

            fn declare(at: &str, shape: &mut $crate::wire::decode::Shape) {
                <Self as $crate::wire::decode::Members>::declare_members(at, shape);
            }
        }

        #[cfg(any(test, feature = "fuzzing"))]
        impl $crate::wire::agree::Agree for $name {
            fn takes(value: &serde_json::Value) -> bool {
                value.is_object()
            }

            fn agrees(&self, value: &serde_json::Value) -> bool {
                #[allow(unused_imports, reason = "an object may have no fields")]
                use $crate::wire::agree;
                $({
                    let (ours, value) = (&self.$field, value.get($wire));
                    let agrees = object!(@agrees [$($via)?], ours, value);
                    agree::expect(agrees, stringify!($name), $wire, ours, value);
                })*
                true $(&& object!(@kept $extra, self, value))?
            }
        }
    };
    (@agrees [], $ours:ident, $value:ident) => { agree::field($ours, $value) };
    (@agrees [$via:ident], $ours:ident, $value:ident) => { agree::$via($ours, $value) };
    (@kept $extra:ident, $self:ident, $value:ident) => { agree::Agree::agrees(&$self.raw, $value) };
    (@doc $wire:literal required $($mode:ident)*) => { object!(@doc $wire $($mode)*) };
    (@doc $wire:literal lenient $($mode:ident)*) => { object!(@doc $wire $($mode)*) };
    (@doc $wire:literal v2_1_332 $($mode:ident)*) => { object!(@seen $wire "2.1.332" $($mode)*) };
    (@doc $wire:literal $($mode:ident)*) => { object!(@seen $wire "2.1.329" $($mode)*) };
    (@seen $wire:literal $version:literal) => { concat!("Wire field `", $wire, "`, CLI ", $version, ".") };
    (@seen $wire:literal $version:literal declared) => {
        concat!("Wire field `", $wire, "`, CLI ", $version, " (declared, not seen).")
    };
    (@is_seen declared) => { false };
    (@is_seen) => { true };
    (@is_seen $mode:ident $($modes:ident)*) => { object!(@is_seen $($modes)*) };
    (@raw $extra:ident) => { $crate::wire::json::RawJson };
    (@keep $extra:ident, $reader:ident, $start:ident) => { $reader.since($start) };
    (@outside raw, $key:ident) => { false };
    (@outside tagged, $key:ident) => { *$key == *b"type" };
    (@outside subtyped, $key:ident) => { *$key == *b"subtype" };
    (@decoder $type:ty, []) => { <$type as $crate::wire::decode::Decode>::decode };
    (@decoder $type:ty, [$via:ident]) => { $via };
    (@value $type:ty, $value:ident, $at:ident, $wire:literal, $sink:ident, lenient $($mode:ident)*) => {
        $value.unwrap_or_default()
    };
    (@value $type:ty, $value:ident, $at:ident, $wire:literal, $sink:ident, required $($mode:ident)*) => {
        <$type as $crate::wire::decode::Decode>::required($value, $at, $wire, $sink)
    };
    (@value $type:ty, $value:ident, $at:ident, $wire:literal, $sink:ident, $($mode:ident)*) => {
        <$type as $crate::wire::decode::Decode>::or_default($value, $at, $wire, $sink)
    };
}

/// An enum over strings, open at the end: an unknown value is kept as it is.
macro_rules! string_enum {
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
            /// The values that have a variant.
            pub const KNOWN: &'static [&'static str] = &[$($wire),*];

            /// The value as it is on the wire.
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

        impl From<String> for $name {
            fn from(value: String) -> Self {
                Self::from(value.as_str())
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        /// The empty unknown value, for a field of the wrong type.
        impl Default for $name {
            fn default() -> Self {
                Self::Other("".into())
            }
        }
    };
}

/// Declares an enum of strings that keeps unknown strings.
macro_rules! open_enum {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $wire:literal,)* }) => {
        string_enum! {
            $(#[$meta])*
            pub enum $name { $($(#[$variant_meta])* $variant = $wire,)* }
        }

        impl $crate::wire::decode::Decode for $name {
            const EXPECTED: &'static str = "a string";

            fn decode(
                reader: &mut $crate::wire::json::Reader<'_>,
                at: &$crate::wire::decode::At<'_>,
                sink: &mut $crate::wire::decode::Sink,
            ) -> Option<Self> {
                match reader.string() {
                    Some(text) => {
                        let value = Self::from(&*text);
                        if let Self::Other(other) = &value {
                            sink.unknown_word(at, other);
                        }
                        Some(value)
                    }
                    None => sink.wrong(at, Self::EXPECTED, reader),
                }
            }

            fn declare(at: &str, shape: &mut $crate::wire::decode::Shape) {
                $(shape.add_word(at, $wire);)*
            }
        }

        #[cfg(any(test, feature = "fuzzing"))]
        impl $crate::wire::agree::Agree for $name {
            fn takes(value: &serde_json::Value) -> bool {
                value.is_string()
            }

            fn agrees(&self, value: &serde_json::Value) -> bool {
                value.as_str().is_some_and(|text| *self == Self::from(text) && self.as_str() == text)
            }
        }
    };
}

/// Declares an enum of objects that are identified by their `type`: a variant for each tag, then
/// those without one of these.
///
/// `known` reads a variant by its tag, and `declare_known` adds the fields of all.
macro_rules! tagged {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[$variant_meta:meta])* $variant:ident($body:ty) = $($tag:literal)|+,)*
        } else {
            $($rest:tt)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_meta])* #[doc = ""] #[doc = concat!("Wire `type`:" $(, " `", $tag, "`")+, ".")] $variant($body),)*
            $($rest)*
        }

        impl $name {
            fn known<'a>(
                object: &$crate::wire::decode::Tagged<'a>,
                reader: &mut $crate::wire::json::Reader<'a>,
                at: &$crate::wire::decode::At<'_>,
                sink: &mut $crate::wire::decode::Sink,
            ) -> Option<Self> {
                Some(match object.name() {
                    $($($tag)|+ => Self::$variant(object.read(reader, at, sink)),)*
                    _ => return None,
                })
            }

            fn declare_known(at: &str, shape: &mut $crate::wire::decode::Shape) {
                let tag = $crate::wire::decode::member(at, "type");
                $(
                    $(shape.add_word(&tag, $tag);)+
                    <$body as $crate::wire::decode::Members>::declare_members(at, shape);
                )*
            }

            /// Whether a variant with a tag agrees with the value; `None` for the others.
            #[cfg(any(test, feature = "fuzzing"))]
            pub(crate) fn known_agrees(&self, value: &serde_json::Value) -> Option<bool> {
                let tag = value["type"].as_str();
                Some(match self {
                    $(Self::$variant(body) => {
                        matches!(tag, Some($($tag)|+)) && $crate::wire::agree::Agree::agrees(body, value)
                    })*
                    _ => return None,
                })
            }

            /// Whether a tag has a variant.
            #[cfg(any(test, feature = "fuzzing"))]
            pub(crate) fn knows(tag: &str) -> bool {
                matches!(tag, $($($tag)|+)|*)
            }
        }
    };
}
