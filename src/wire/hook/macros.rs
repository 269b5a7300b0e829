//! The two shapes of this module: an event, and the output fields of that event only.

/// Declares an event: an [`object!`] that keeps its whole input, and the type of its own part of an
/// answer.
macro_rules! event {
    ($(#[$meta:meta])* $name:ident -> $output:ty { $($fields:tt)* }) => {
        object! {
            $(#[$meta])*
            pub struct $name: raw { $($fields)* }
        }

        impl $crate::wire::hook::traits::Sealed for $name {
            fn from_input(input: &$crate::wire::json::RawJson) -> Option<Self> {
                $crate::wire::hook::traits::decode(input)
            }
        }

        impl $crate::wire::hook::HookData for $name {
            type Output = $output;
        }

        impl $crate::wire::hook::HookEvent for $name {
            const NAME: &'static str = stringify!($name);
        }
    };
}

/// Declares the part of an answer for one event (`hookSpecificOutput`): optional fields, and a
/// setter for each.
macro_rules! output {
    ($(#[$meta:meta])* $name:ident of $event:literal { $($(#[$doc:meta])* $field:ident: $type:ty = $wire:literal $($version:ident)?,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $(
                $(#[$doc])*
                #[doc = ""]
                #[doc = object!(@doc $wire $($version)?)]
                pub $field: Option<$type>,
            )*
        }

        impl $name {
            $(
                $(#[$doc])*
                pub fn $field(mut self, value: impl Into<$type>) -> Self {
                    self.$field = Some(value.into());
                    self
                }
            )*
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap;
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("hookEventName", $event)?;
                $(if let Some(value) = &self.$field {
                    map.serialize_entry($wire, value)?;
                })*
                map.end()
            }
        }

        impl $crate::wire::hook::HookSpecific for $name {
            fn declare(shape: &mut $crate::wire::decode::Shape) {
                $(
                    shape.add($wire);
                    <$type as $crate::wire::decode::Decode>::declare($wire, shape);
                )*
            }
        }
    };
}

/// Implements the trait of outputs with a field `additional_context`.
macro_rules! adds_context {
    ($($name:ident),*) => {
        $(impl $crate::wire::hook::AddsContext for $name {
            fn of_context(text: String) -> Self {
                Self::default().additional_context(text)
            }
        })*
    };
}
