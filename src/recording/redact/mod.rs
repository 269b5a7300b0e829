//! Redaction: what must not leave the host, and what must not be passed on.
//!
//! One set of rules has three users: the recorder, which never writes a match to disk; [`scrub`],
//! which replaces matches in an existing recording; [`lint`], which reports them. A rule finds
//! places in a line's bytes, a [`placeholder`] replaces each place, and the rest of the line stays.
//! The same text gets the same placeholder throughout a recording, so that equal texts stay equal.
//!
//! * [`patterns`]: the table of patterns for every text; [`finder`] finds all of them in one pass
//!   over a [`text`].
//! * [`names`]: what a value's name says about it; [`assigned`] and [`embedded`] find such values
//!   in texts.
//! * [`fields`]: what a field is to the recorder and to a replay.
//! * [`shapes`]: secrets recognised by their context.
//! * [`known`]: texts found before, in all their forms.
//! * [`line`]: which strings of a line are searched, and how.
//! * [`stream`]: texts that come in deltas.
//! * [`redactor`]: one recording, event by event.
//! * `mask`: texts that are shown, not recorded.

mod assigned;
mod embedded;
pub(crate) mod fields;
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
mod scrub;
mod shapes;
mod stream;
mod text;

pub(super) use line::files_in;
pub use lint::{Finding, lint};
#[cfg(feature = "session")]
pub(crate) use mask::{masked, secret_values};
pub use placeholder::fits_redacted;
pub use redaction::Redaction;
#[cfg(feature = "player")]
pub(crate) use redactor::Redactor;
pub(crate) use scrub::hide;
pub use scrub::scrub;

/// Whether a variable of this name is a secret, as far as the name says: `*_TOKEN`, `PASSWORD` and
/// the like.
pub fn is_secret_variable(name: &str) -> bool {
    names::is_secret_variable(name.as_bytes())
}
