//! Expands the declarations of the requests.

use std::collections::BTreeMap;

use super::effect::{Effect, lasting};
#[cfg(feature = "recording")]
use crate::wire::RawJson;
use crate::wire::decode::{Decode, Shape};
use crate::wire::replies::*;
use crate::wire::system::ui::UiPanes;

/// Declares [`RequestName`] and what depends on it.
macro_rules! declare {
    ($(
        $(#[$group_doc:meta])*
        $kind:ident $($group:ident = $accessor:ident)? {
            $(request $variant:ident = $subtype:literal {
                $published:ident $seen:ident $($note:literal)?;
                effect $effect:expr;
                reply $how:ident $reply:ty;
                $(
                    $(#[$doc:meta])*
                    $form:ident $name:ident $([$($generics:tt)*])?
                    ($($arg:ident: $type:ty),* $(,)?) { $($field:literal: $value:expr),* $(,)? }
                )*
            })*
        }
    )*) => {
        string_enum! {
            /// What your program may ask the CLI (`request.subtype` of its `control_request`):
            /// every request that CLI 2.1.332 declares or was seen to know. Methods of
            /// [`Session`](crate::Session) send most of them; `docs/control-requests.md` says
            /// which, and [`Session::control`](crate::Session::control) sends any.
            ///
            /// ```
            /// use claude_wire::wire::control::RequestName;
            ///
            /// assert_eq!(RequestName::from("interrupt"), RequestName::Interrupt);
            /// assert!(RequestName::KNOWN.contains(&"dictate"));
            /// ```
            pub enum RequestName {
                $($(
                    #[doc = declare!(@published $published)]
                    $variant = $subtype,
                )*)*
            }
        }

        impl RequestName {
            /// Its effect on the CLI. An unknown request acts.
            pub(crate) fn effect(&self) -> Effect {
                match self {
                    $($(Self::$variant => $effect,)*)*
                    Self::Other(_) => Effect::Acts,
                }
            }
        }

        /// What the type of the reply to `asked` does not model; `None` if the reply has no type.
        #[cfg(feature = "recording")]
        pub(crate) fn unknown_of(asked: &str, reply: &RawJson) -> Option<Unknown> {
            match RequestName::from(asked) {
                $($(RequestName::$variant => declare!(@unknown $how $reply, reply),)*)*
                RequestName::Other(_) => None,
            }
        }

        /// The fields of each reply that has a type, by the subtype of the request.
        pub(in crate::wire) fn replies() -> BTreeMap<String, Shape> {
            let all = [$($(($subtype, declare!(@shape $how $reply)),)*)*];
            let typed = |(subtype, shape): (&str, Option<Shape>)| Some((subtype.to_owned(), shape?));
            all.into_iter().filter_map(typed).collect()
        }

        /// The rows of the table in `docs`, by group.
        #[cfg(test)]
        pub(super) const GROUPS: &[super::page::Group] = &[$(super::page::Group {
            accessor: concat!($(stringify!($accessor), "().")?),
            rows: &[$(super::page::Row {
                subtype: $subtype,
                effect: $effect,
                published: stringify!($published),
                seen: stringify!($seen),
                note: &[$($note)?],
                methods: &[$(super::page::Method {
                    form: stringify!($form),
                    name: stringify!($name),
                    arguments: &[$((stringify!($arg), stringify!($type))),*],
                    fields: &[$(($field, stringify!($value))),*],
                },)*],
            },)*],
        },)*];
    };
    (@published published) => { "In the types that the CLI's makers publish." };
    (@published internal) => { "Only in the schema inside the CLI." };
    (@published hidden) => { "In no schema, and yet known to the CLI." };
    (@unknown empty $type:ty, $raw:ident) => { Some(Unknown::default()) };
    (@unknown untyped $type:ty, $raw:ident) => { None };
    (@unknown $how:ident $type:ty, $raw:ident) => { Some(read::<$type>($raw)) };
    (@shape empty $type:ty) => { Some(Shape::default()) };
    (@shape untyped $type:ty) => { None };
    (@shape $how:ident $type:ty) => { Some(shape::<$type>()) };
}

control_requests!(declare);

#[cfg(feature = "recording")]
fn read<T: Decode + Default>(raw: &RawJson) -> Unknown {
    let reply = Reply::<T>::read(Some(raw.clone()));
    Unknown { defects: reply.defects().to_vec(), unmodelled: reply.unmodelled() }
}

fn shape<T: Decode>() -> Shape {
    let mut shape = Shape::default();
    T::declare("", &mut shape);
    shape
}
