//! Redaction: what must not leave the host, and what nobody may pass on.
//!
//! One set of rules for three users: the recorder, which writes nothing that they find; [`scrub`], which takes it out of a recording that
//! is there; [`lint`], which tells of it. A rule finds places in a line's bytes, a placeholder (`<kind:1>`) takes each place, and nothing
//! else in the line changes. The same text gets the same placeholder throughout a recording, so that what was equal stays equal.
//!
//! Rules go by names first ([`members`]), then by what is known ([`known`]: secrets of the environment, and what was found before), then
//! by shape ([`shapes`]).

mod fits;
mod hosts;
mod known;
mod lint;
#[cfg(feature = "session")]
mod mask;
mod members;
mod numbers;
mod open_keys;
mod pieces;
mod random;
mod redaction;
mod redactor;
mod rules;
mod secrets;
mod shapes;
mod text;
mod whole;

pub use fits::fits_redacted;
pub use lint::{Finding, lint};
pub(super) use redaction::hide;
pub use redaction::{Redaction, scrub};
#[cfg(feature = "session")]
pub(crate) use {
    mask::{masked, secret_values},
    numbers::is_placeholder,
    redactor::Redactor,
};

/// Whether the value of an environment variable of this name is a secret, as far as names tell: `*_TOKEN`, `PASSWORD` and the like.
pub fn is_secret_variable(name: &str) -> bool {
    members::is_secret_variable(name.as_bytes())
}
