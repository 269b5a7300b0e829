//! The environment of the child.

use std::fmt::Display;

use super::Options;
use crate::transport::{Environment, Secret};

impl Options {
    /// What the child inherits, then the variables of options, then those of `env`, then the key.
    pub(super) fn environment(&self) -> Environment {
        let inherited = Environment::new().inherit(self.inherit_env.clone().unwrap_or_default());
        let of_options = self.variables().map(|(_, name, value)| (name.to_owned(), value));
        let of_env = self.env.clone().into_iter().flatten();
        let environment =
            of_options.chain(of_env).fold(inherited, |all, (name, value)| match value {
                Some(value) => all.set(name, value),
                None => all.remove(name),
            });
        match &self.api_key {
            Some(key) => environment.api_key(key.clone()),
            None => environment,
        }
    }
}

/// How the value of an option becomes a variable: its text, or `None` to remove an inherited one.
/// No variable at all is for the key, which [`Environment`] keeps out of sight by itself.
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
