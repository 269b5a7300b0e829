//! The lines of a transcript on disk, read in pieces.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use bytes::{Bytes, BytesMut};
use tokio_util::codec::Decoder;

use crate::wire::{DEFAULT_MAX_LINE, Item, LineCodec};

/// How much is read at once, in bytes.
const PIECE: usize = 64 * 1024;

/// A line of a transcript that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SkippedLine {
    /// The number of the line, counted from 1.
    pub line: u64,
    /// Why it was left out.
    pub reason: SkipReason,
}

/// Why a line was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SkipReason {
    /// It is not a JSON object.
    NotJson,
    /// It is the last line, has no newline, and is not a JSON object: the CLI is writing it, or
    /// ended while it did.
    Torn,
    /// It has more bytes than [`DEFAULT_MAX_LINE`]: this many.
    TooLong(u64),
}

impl fmt::Display for SkippedLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} ", self.line)?;
        match self.reason {
            SkipReason::NotJson => f.write_str("is not a JSON object"),
            SkipReason::Torn => {
                f.write_str("is cut off: the CLI is writing it, or ended while it did")
            }
            SkipReason::TooLong(length) => {
                write!(f, "has {length} bytes, and the limit is {DEFAULT_MAX_LINE}")
            }
        }
    }
}

/// A line, or the length of one that is too long.
pub(crate) enum TranscriptLine {
    Line { bytes: Bytes, terminated: bool },
    TooLong(u64),
}

/// Why a line that is not a JSON object was left out.
pub(crate) fn skip_reason(terminated: bool) -> SkipReason {
    if terminated { SkipReason::NotJson } else { SkipReason::Torn }
}

/// Calls `each` with every line of a file, in order.
pub(crate) fn for_each_line(path: &Path, mut each: impl FnMut(TranscriptLine)) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut codec = LineCodec::new();
    let mut buffer = BytesMut::new();
    let mut piece = vec![0; PIECE];
    loop {
        let read = match file.read(&mut piece) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        buffer.extend_from_slice(&piece[..read]);
        let ended = read == 0;
        while let Some(item) =
            if ended { codec.decode_eof(&mut buffer)? } else { codec.decode(&mut buffer)? }
        {
            each(match item {
                Item::Line(line) => TranscriptLine::Line {
                    bytes: line.bytes().clone(),
                    terminated: line.is_terminated(),
                },
                Item::TooLong(long) => TranscriptLine::TooLong(long.len()),
            });
        }
        if ended {
            return Ok(());
        }
    }
}
