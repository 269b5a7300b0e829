//! Recordings of sessions: read, write, seal, scrub, import.
//!
//! A recording is a file of JSON Lines: a header, one event per line, a footer with a count and a digest. What crossed
//! a pipe is kept to the byte, and the file can be read with `jq` and a text editor. Nothing here does any I/O but
//! opening and saving a file, and nothing needs a runtime.
//!
//! | line | holds |
//! |---|---|
//! | header | `"claude-wire":"recording"`, `"version":1`, and what [`Header`] names |
//! | event | `"us"` since the previous event, and one of `in`, `out`, `err`, `mark`, `fault`, `eof`, `signal`, `exit` |
//! | footer | `"end"` with the number of events and the SHA-256 of all bytes before the footer's line |
//!
//! Without its footer a recording is truncated; with one that does not fit it was edited ([`Integrity`]). Keys and
//! events that this build does not know survive a read and a write; a repeated key is refused in the header and in an
//! event's own keys, never inside what crossed a pipe.
//!
//! # Lines
//!
//! A line that is one JSON text stands inline: `"out":{"type":"result"}`. Anything else is a JSON string that says how to
//! read it: `"as":"text"`, or `"as":"base64"` for bytes that text cannot carry. Stderr is text by nature, so there a bare
//! string is the line itself: `"err":"oops"`. `eol` is absent after LF, else `"\r\n"` or `""`. See [`Payload`].
//!
//! # Telling two runs apart
//!
//! [`normalise`] takes out what differs between two runs of the same CLI; [`compare`] holds the recordings of two CLIs against each other;
//! a [`Census`] says what stands in recordings, and [`audit`] what of it the typed layer does not know.
//!
//! # Redactions
//!
//! A secret stands as `<key:1>`, `<email:2>` and so on: see [`Redaction`]. The header's `redactions` says how many places
//! were replaced. A recorder puts that number, and the version that the CLI told of itself, into room that it left in
//! the header when it closes the file, so a recording that was cut off has neither.
//!
//! # Variables
//!
//! Folders of the host that made the recording stand as `${cwd}`, `${home}` and so on, and the header's `vars` gives
//! each a neutral value. Whoever plays a recording calls [`Recording::expand`] first, with the live values.
//!
//! # Limits
//!
//! A recording costs memory in proportion to its size, whatever it says: a line has at most [`MAX_RECORDED_LINE`] bytes, where it is read and
//! where it is written, and the values of variables may add as much as the recording has, or 64 MiB. What is over a limit is an error that
//! names the line ([`Error::is_too_long`]).

mod census;
mod compare;
mod error;
mod event;
mod expand;
mod file;
mod folders;
mod header;
mod import;
mod limits;
mod migrate;
mod normalise;
mod object;
mod payload;
mod redact;
mod seal;
mod strings;
mod table;
mod vars;
mod writer;

pub use census::{Census, Gap, JsonType, KindCensus, audit};
pub use compare::{Change, Difference, Severity, compare};
pub use error::Error;
pub use event::{Event, EventKind, Exit, Stream, UnknownEvent};
pub use file::Recording;
pub use folders::host_folders;
pub use header::{FORMAT_VERSION, Header};
pub use import::{ImportOptions, import};
pub use limits::{MAX_RECORDED_LINE, read_lines};
pub use normalise::normalise;
pub use payload::{Eol, Payload};
pub use redact::{Finding, Redaction, fits_redacted, is_secret_variable, lint, scrub};
pub use seal::Integrity;
pub use vars::Root;
pub use writer::Writer;
#[cfg(feature = "session")]
pub(crate) use {
    redact::{Redactor, is_placeholder, masked, secret_values},
    vars::Hider,
};
