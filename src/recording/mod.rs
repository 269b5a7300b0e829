//! Recordings of sessions: read, write, seal, scrub, import.
//!
//! A recording is a file of JSON Lines: a header, one event per line, a footer with a count and a digest. What crossed
//! a pipe is kept to the byte, and the file can be read with `jq` and a text editor. Nothing here does any I/O but
//! opening and saving a file, and nothing needs a runtime.
//!
//! | line | holds |
//! |---|---|
//! | header | `"claude-wire":"recording"`, `"version":1`, and what [`Header`] names |
//! | event | `"us"` since the previous event, and exactly one of `in`, `out`, `err`, `mark`, `fault`, `eof`, `signal`, `exit` |
//! | footer | `"end"` with the number of events and the SHA-256 of all bytes before the footer's line |
//!
//! Without its footer a recording is truncated; with one that does not fit it was edited ([`Integrity`]). Keys and
//! events that this build does not know survive a read and a write.

mod error;
mod event;
mod file;
mod header;
mod migrate;
mod object;
mod payload;
mod seal;
mod writer;

pub use error::Error;
pub use event::{Event, EventKind, Exit, Stream, UnknownEvent};
pub use file::Recording;
pub use header::{FORMAT_VERSION, Header};
pub use payload::{Eol, Payload};
pub use seal::Integrity;
pub use writer::Writer;
