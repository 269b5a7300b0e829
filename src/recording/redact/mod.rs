//! Redaction: what must not leave the host, and what must not be passed on.
//!
//! One set of rules for three users: the recorder, which writes nothing that they find; [`scrub`], which takes it out of a recording that
//! exists; [`lint`], which reports it. A rule finds places in a line's bytes, a [`placeholder`] takes each place, and nothing else in the line
//! changes. The same text gets the same placeholder throughout a recording, so that what was equal stays equal.
//!
//! * [`patterns`]: the table of what is looked for in every text; [`finder`] looks for all of it in one pass over a [`text`].
//! * [`names`]: what the name of a value says; [`assigned`] and [`embedded`] find such values in texts.
//! * [`shapes`]: what is known by what is around it.
//! * [`known`]: texts that were found before, in all their forms.
//! * [`line`]: which strings of a line are looked at, and as what.
//! * [`stream`]: texts that come in pieces.
//! * [`redactor`]: one recording, event by event.
//! * `mask`: texts that are shown and not recorded.

mod assigned;
mod embedded;
mod finder;
mod known;
mod line;
mod lint;
#[cfg(feature = "session")]
mod mask;
mod names;
mod patterns;
mod placeholder;
mod redaction;
mod redactor;
mod shapes;
mod stream;
mod text;

pub(super) use line::files_in;
pub use lint::{Finding, lint};
pub use placeholder::fits_redacted;
pub(super) use redaction::hide;
pub use redaction::{Redaction, scrub};
#[cfg(feature = "session")]
pub(crate) use {
    mask::{masked, secret_values},
    placeholder::is_placeholder,
    redactor::Redactor,
};

/// Whether the value of an environment variable of this name is a secret, as far as names say: `*_TOKEN`, `PASSWORD` and the like.
pub fn is_secret_variable(name: &str) -> bool {
    names::is_secret_variable(name.as_bytes())
}
