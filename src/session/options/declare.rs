//! The macros that expand the declarations of `table.rs`, and its rows for documents and tools.

use std::fmt;

use serde_json::{Map, Value, json};

use super::argv::Argv;
use super::check::{self, Checked};
use super::config::Key;
use super::{OptionError, variable};

/// Where an option goes, as a row of [`Options::table`](super::Options::table).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OptionRow {
    /// The field of [`Options`](super::Options).
    pub name: &'static str,
    /// The flags that it writes, under all their names.
    pub flags: &'static [&'static str],
    /// The fields of the initialize request that it writes.
    pub initialize: &'static [&'static str],
    /// The variables that it sets for the CLI.
    pub env: &'static [&'static str],
    /// Its keys in an [`AppConfig`](super::AppConfig), each with a description of its values.
    pub config: &'static [(&'static str, &'static str)],
    /// A description of the default if no layer sets it. If the CLI decides, nothing is sent.
    pub default: &'static str,
}

impl OptionRow {
    /// How it is implemented: by the CLI (`argv`, `initialize` or `env`), or by this crate (`sdk`).
    pub fn layer(&self) -> String {
        let ways = [("argv", self.flags), ("initialize", self.initialize), ("env", self.env)];
        let ways: Vec<_> =
            ways.iter().filter(|(_, names)| !names.is_empty()).map(|(way, _)| *way).collect();
        if ways.is_empty() { "sdk".to_owned() } else { ways.join(", ") }
    }
}

/// Generates [`Options`] and everything that iterates over its fields.
macro_rules! declare {
    ($(
        $(#[$doc:meta])+
        $field:ident: $type:ty {
            set $set:ident $(<$item:ty>)?;
            default $default:literal;
            $(argv $write:ident $($flag:literal)+;)?
            $(also $($also:literal)+;)?
            $(initialize $key:literal $(= $value:ident)?;)*
            $(claim $claim:literal $(= $claimed:ident)?;)*
            $(env $form:ident $variable:literal;)?
            $(config $name:literal $read:ident $words:literal;)*
            $(check $check:ident;)?
            $(debug $debug:ident;)?
            $(session $only:ident;)?
            index $index:ident;
        }
    )+) => {
        /// One layer of options of a session or a query.
        ///
        /// Every field is an `Option`: `None` leaves the choice to the layer below, and finally to
        /// the CLI. Set the fields directly, or through the setters of the same names:
        ///
        /// ```
        /// use claude_wire::session::Options;
        ///
        /// let app = Options::default().model("sonnet").max_turns(20);
        /// let session = Options::default().model("opus");
        ///
        /// let resolved = Options::resolve(&[&session, &app]);
        /// assert_eq!(resolved.model.as_deref(), Some("opus"));
        /// assert_eq!(resolved.max_turns, Some(20));
        /// resolved.validate()?;
        /// # Ok::<(), claude_wire::session::options::OptionError>(())
        /// ```
        ///
        /// A query's options are an `Options` as well, on top of the session's.
        ///
        /// Flags are those of CLI 2.1.329. The `Debug` form shows the fields that are set, without
        /// the key, the values of environment variables, and inline JSON.
        #[derive(Clone, Default, PartialEq)]
        #[non_exhaustive]
        pub struct Options {
            $(
                $(#[$doc])+
                #[doc = ""]
                $($(#[doc = concat!("Flag: `", $flag, "`.")])+)?
                $(#[doc = concat!("Initialize field: `", $key, "`.")])*
                $(#[doc = concat!("Variable: `", $variable, "`.")])?
                #[doc = concat!("Default: ", $default, ".")]
                pub $field: Option<$type>,
            )+
        }

        impl Options {
            /// Applies these options on top of those `below`: for each field, the value set here
            /// wins.
            ///
            /// A field is replaced as a whole. A list or a map is not merged with the one below.
            pub fn over(&self, below: &Options) -> Options {
                Options { $($field: self.$field.clone().or_else(|| below.$field.clone()),)+ }
            }

            /// Checks each option that is set, by itself.
            pub(super) fn check_each(&self) -> Checked {
                $($(
                    if let Some(value) = &self.$field {
                        check::$check(stringify!($field), value)?;
                    }
                )?)+
                Ok(())
            }

            /// Returns what these options add to the claim of a process that was started in
            /// advance, or the name of the first option that a claim cannot set.
            pub(in crate::session) fn claim(&self) -> Result<Map<String, Value>, &'static str> {
                let mut fields = Map::new();
                $(
                    let names: &[&str] = &[$($claim,)*];
                    if names.is_empty() && self.$field.is_some() {
                        return Err(stringify!($field));
                    }
                    $(
                        if let Some(value) = declare!(@field self $field $($claimed)?) {
                            fields.insert($claim.to_owned(), value);
                        }
                    )*
                )+
                Ok(fields)
            }

            /// Rejects options that have no meaning for one turn, instead of ignoring them.
            pub(in crate::session) fn refuse_session_only(&self) -> Result<(), OptionError> {
                $($(
                    if self.$field.is_some() {
                        return Err(OptionError::new(
                            stringify!($field),
                            declare!(@session $only),
                            "a query that sets it",
                        ));
                    }
                )?)+
                Ok(())
            }

            /// Without the options that say with which conversation the CLI begins.
            pub(in crate::session) fn without_conversation(mut self) -> Self {
                $($(declare!(@start self $field $only);)?)+
                self
            }

            /// Only the options that say with which conversation the CLI begins.
            pub(in crate::session) fn only_conversation(&self) -> Self {
                let mut only = Options::default();
                $($(declare!(@keep only self $field $only);)?)+
                only
            }

            /// Writes the arguments of the options that are set.
            pub(super) fn write(&self, argv: &mut Argv) {
                $($(
                    if let Some(value) = &self.$field {
                        argv.$write(&[$($flag),+], value);
                    }
                )?)+
            }

            /// Returns the fields that these options add to the initialize request. A switch that
            /// is set is sent, on or off; unset options are not sent.
            ///
            /// `systemPrompt` and `appendSystemPrompt` are only present for a prompt in blocks, and
            /// for one that is too long for the command line. With any system prompt, `systemPromptSnapshot` is false
            /// unless the option is set.
            pub fn initialize(&self) -> Map<String, Value> {
                let mut fields = Map::new();
                $($(
                    if let Some(value) = declare!(@field self $field $($value)?) {
                        fields.insert($key.to_owned(), value);
                    }
                )*)+
                fields
            }

            /// Returns the variables of the options that are set: option, variable, and value;
            /// `None` removes an inherited one.
            pub(super) fn variables(
                &self,
            ) -> impl Iterator<Item = (&'static str, &'static str, Option<String>)> {
                let all = [$($((
                    stringify!($field),
                    $variable,
                    self.$field.as_ref().and_then(variable::$form),
                ),)?)+];
                all.into_iter().filter_map(|(field, name, value)| Some((field, name, value?)))
            }
        }

        impl fmt::Debug for Options {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut shown = f.debug_struct("Options");
                $(
                    if let Some(value) = &self.$field {
                        shown.field(stringify!($field), declare!(@shown value $($debug)?));
                    }
                )+
                shown.finish()
            }
        }

        pub(super) const TABLE: &[OptionRow] = &[$(OptionRow {
            name: stringify!($field),
            flags: &[$($($flag,)+)? $($($also,)+)?],
            initialize: &[$($key,)*],
            env: &[$($variable)?],
            config: &[$(($name, $words),)*],
            default: $default,
        },)+];

        pub(super) const KEYS: &[Key<Options>] = &[$($(Key {
            name: $name,
            set: |options, input| {
                options.$field = Some(input.$read(stringify!($field))?);
                Ok(())
            },
        },)*)+];
    };
    (@start $self:ident $field:ident start) => { $self.$field = None };
    (@start $self:ident $field:ident only) => {};
    (@keep $to:ident $self:ident $field:ident start) => { $to.$field = $self.$field.clone() };
    (@keep $to:ident $self:ident $field:ident only) => {};
    (@session $only:ident) => { "an option of the session, not of one query" };
    (@field $self:ident $field:ident) => { $self.$field.as_ref().map(|value| json!(value)) };
    (@field $self:ident $field:ident $value:ident) => { $self.$value() };
    (@shown $value:ident) => { $value };
    (@shown $value:ident $debug:ident) => { &debug::$debug($value) };
}

pub(crate) use declare;

super::table::option_table!(declare);

impl Options {
    /// Returns where each option goes, in the order of the fields. `docs/options.md` is made of it.
    ///
    /// ```
    /// use claude_wire::session::Options;
    ///
    /// let row = Options::table().iter().find(|row| row.name == "agents").unwrap();
    /// assert_eq!((row.flags.len(), row.initialize), (0, &["agents"][..]));
    /// assert_eq!(row.layer(), "initialize");
    /// ```
    pub fn table() -> &'static [OptionRow] {
        TABLE
    }

    /// Merges all layers; the first one wins: query, session, application.
    pub fn resolve(layers: &[&Options]) -> Options {
        layers.iter().rev().fold(Options::default(), |below, layer| layer.over(&below))
    }
}

/// What `Debug` shows of options that may contain secrets: only their shape.
mod debug {
    use std::collections::BTreeMap;

    use serde_json::Value;

    use crate::session::options::FileOrJson;

    pub(super) fn keys(variables: &BTreeMap<String, Option<String>>) -> Vec<&String> {
        variables.keys().collect()
    }

    pub(super) fn names(args: &[(String, Option<String>)]) -> Vec<&String> {
        args.iter().map(|(name, _)| name).collect()
    }

    pub(super) fn json(_: &Value) -> FileOrJson {
        FileOrJson::Json(Value::Null)
    }
}
