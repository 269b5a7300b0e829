//! Recordings of sessions: read, write, seal, scrub, import.
//!
//! A recording is a file of JSON Lines: a header, one event per line, a footer with a count and a
//! digest. What crossed a pipe is kept to the byte, and the file can be read with `jq` and a text
//! editor. The only I/O here is opening and saving a file; no async runtime is needed.
//!
//! | line | holds |
//! |---|---|
//! | header | `"claude-wire":"recording"`, `"version":1`, and what [`Header`] names |
//! | event | `"us"` since the previous event, and one of `in`, `out`, `err`, `mark`, `fault`, `eof`, `signal`, `exit` |
//! | footer | `"end"` with the number of events and the SHA-256 of all bytes before the footer's line |
//!
//! Without its footer a recording is truncated; with a footer that does not match it was edited
//! ([`Integrity`]). Unknown keys and events survive a read and a write. A repeated key is refused
//! in the header and in an event's own keys, but not in what crossed a pipe.
//!
//! # Lines
//!
//! A line that is one JSON text is written inline: `"out":{"type":"result"}`. Anything else is a
//! JSON string with its encoding: `"as":"text"`, or `"as":"base64"` for bytes that text cannot
//! carry. Stderr is text, so there a bare string is the line itself: `"err":"oops"`. `eol` is
//! absent after LF, else `"\r\n"` or `""`. See [`Payload`].
//!
//! # Comparing runs
//!
//! [`normalise`] removes what differs between two runs of the same CLI; [`compare`] compares the
//! recordings of two CLIs; a [`Census`] lists what is in recordings, and [`audit`] what of it the
//! typed layer does not know.
//!
//! # Redactions
//!
//! A secret becomes `<key:1>`, `<email:2>` and so on: see [`Redaction`]. The header's `redactions`
//! is the number of places that were replaced. A recorder writes that number, and the CLI's own
//! version, into space reserved in the header when it closes the file, so a recording that was cut
//! off has neither.
//!
//! # Variables
//!
//! Folders of the recording host become `${cwd}`, `${home}` and so on, and the header's `vars`
//! gives each a neutral value. A player calls [`Recording::expand`] first, with the live values.
//!
//! # Limits
//!
//! The memory for a recording is proportional to its size: a line has at most [`MAX_RECORDED_LINE`]
//! bytes when it is read or written, and the values of variables may add as much as the recording
//! has, or 64 MiB. Beyond a limit, the error names the line ([`Error::is_too_long`]).

mod agreement;
#[cfg(feature = "player")]
mod beginning;
mod census;
mod compare;
mod edited;
mod error;
mod event;
mod expand;
mod file;
mod folders;
mod format;
mod header;
mod import;
#[cfg(feature = "player")]
mod kept;
mod launches;
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

pub use agreement::{Agreement, FieldDifference, LineDifference, agreement};
pub use census::{Census, Gap, JsonType, KindCensus, audit};
pub use compare::{Change, Difference, Severity, compare};
pub use edited::EditedLine;
pub use error::Error;
pub use event::{Event, EventKind, RecordedExit, Stream, UnknownEvent};
pub use file::Recording;
pub use folders::host_folders;
pub use format::{FORMAT_VERSION, MAX_RECORDED_LINE};
pub use header::Header;
pub use import::{ImportOptions, import};
#[cfg(feature = "player")]
pub use kept::{kept_files, lines_of_file};
pub use launches::{is_recordings_folder, recordings_in};
pub use limits::read_lines;
pub use normalise::{NormalisedField, normalise, normalised_fields};
pub use payload::{Eol, Payload};
pub use redact::{Finding, Redaction, fits_redacted, is_secret_variable, lint, scrub};
#[cfg(feature = "session")]
pub(crate) use redact::{masked, secret_values};
pub use seal::Integrity;
pub use vars::Root;
pub use writer::Writer;
#[cfg(feature = "player")]
pub(crate) use {
    beginning::open_beginning,
    edited::{FIRST_LINE, HEADER_LINE, RECORD_AGAIN},
    header::check_head,
    kept::{kept_folder, kept_name, lines, move_kept, remove_kept, text_of},
    launches::{create_first, create_next, replace_recordings},
    redact::{Redactor, fields, hide},
    vars::{Hider, Moved},
};
