//! Variables of an environment: their names, and the values of options in them.

use std::fmt::Display;

use crate::transport::Secret;

/// What [`is_variable`] requires.
pub(super) const VARIABLES: &str =
    "names of variables that are not empty, without `=` and control characters";

/// Whether a variable of an environment can have this name.
pub(super) fn is_variable(name: &str) -> bool {
    !name.is_empty() && !name.contains(|char: char| char == '=' || char.is_control())
}

/// How the value of an option becomes a variable: its text, or `None` to remove an inherited one.
/// No variable at all is for the key, which [`Environment`](crate::transport::Environment) keeps
/// out of sight by itself.
pub(super) type Variable = Option<Option<String>>;

pub(super) fn text(value: &impl Display) -> Variable {
    Some(Some(value.to_string()))
}

pub(super) fn switch(on: &bool) -> Variable {
    Some(on.then(|| "true".to_owned()))
}

pub(super) fn key(_: &Secret) -> Variable {
    None
}
