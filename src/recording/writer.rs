//! Writes a recording, event by event.

use std::io;

use super::error::Error;
use super::event::Event;
use super::header::Header;
use super::limits::check_line;
use super::seal::Seal;

/// Writes a recording as it happens. Each line is passed on whole and flushed at once, so a crash
/// loses at most the event that was being written.
///
/// Dropping it without [`finish`](Self::finish) leaves a truncated recording: readable, not
/// replayable.
///
/// ```
/// use claude_wire::recording::{Event, EventKind, RecordedExit, Header, Payload, Recording, Writer};
///
/// # fn main() -> Result<(), claude_wire::recording::Error> {
/// let mut writer = Writer::new(Vec::new(), &Header::new())?;
/// writer.event(&Event::new(0, EventKind::In(Payload::from(r#"{"type":"user"}"#))))?;
/// writer.event(&Event::new(1500, EventKind::Exit(RecordedExit::code(0))))?;
/// let file = writer.finish()?;
///
/// assert_eq!(Recording::from_bytes(&file)?.events.len(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Writer<W: io::Write> {
    inner: W,
    seal: Seal,
    line: Vec<u8>,
    broken: bool,
    /// The length of the header's line, if it may be replaced.
    #[cfg(feature = "player")]
    room: usize,
}

impl<W: io::Write> Writer<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// When `inner` fails.
    pub fn new(inner: W, header: &Header) -> Result<Self, Error> {
        let mut writer = Self {
            inner,
            seal: Seal::default(),
            line: Vec::new(),
            broken: false,
            #[cfg(feature = "player")]
            room: 0,
        };
        header.write(&mut writer.line);
        writer.line.push(b'\n');
        writer.seal.header(&writer.line);
        writer.flush_line()?;
        Ok(writer)
    }

    /// Writes one event.
    ///
    /// # Errors
    /// When `inner` fails, or the event's line is longer than
    /// [`MAX_RECORDED_LINE`](super::MAX_RECORDED_LINE), which a reader would refuse. All later
    /// calls fail too, since a line may have been written in part.
    pub fn event(&mut self, event: &Event) -> Result<(), Error> {
        self.add(event)?;
        self.flush_line()
    }

    /// Writes several events at once, in blocks of [`BLOCK`] or a little more.
    ///
    /// # Errors
    /// As for [`event`](Self::event).
    #[cfg(feature = "player")]
    pub(crate) fn events(&mut self, events: &[Event]) -> Result<(), Error> {
        for event in events {
            self.add(event)?;
            if self.line.len() >= BLOCK {
                self.flush_line()?;
            }
        }
        if self.line.is_empty() { Ok(()) } else { self.flush_line() }
    }

    fn add(&mut self, event: &Event) -> Result<(), Error> {
        let start = self.line.len();
        event.write(&mut self.line);
        if let Err(error) = check_line(&self.line[start..], self.seal.lines() + 1) {
            self.line.truncate(start);
            // The events before it are complete; the error is the one to report.
            let _ = self.flush_line();
            self.line = Vec::new();
            self.broken = true;
            return Err(error);
        }
        self.line.push(b'\n');
        self.seal.event(&self.line[start..]);
        Ok(())
    }

    /// Seals the recording with its footer and returns the inner writer.
    ///
    /// # Errors
    /// When `inner` fails, or did before.
    pub fn finish(mut self) -> Result<W, Error> {
        self.line.extend_from_slice(&self.seal.footer().line());
        self.flush_line()?;
        Ok(self.inner)
    }

    fn flush_line(&mut self) -> Result<(), Error> {
        if self.broken {
            self.line.clear();
            return Err(Error::io(io::Error::other(
                "an earlier write failed, the recording stays truncated",
            )));
        }
        let done = self.inner.write_all(&self.line).and_then(|()| self.inner.flush());
        self.line.clear();
        self.broken = done.is_err();
        done.map_err(Error::io)
    }
}

/// How many bytes are written at once.
#[cfg(feature = "player")]
const BLOCK: usize = 64 * 1024;

/// Space in a header's line for `,"redactions":` with any number, and `,"cli":` with a version.
#[cfg(feature = "player")]
const ROOM: usize = 14 + 20 + 7 + 34;

/// A recording whose header is written first and completed last, when the counts are known.
#[cfg(feature = "player")]
impl<W: io::Read + io::Write + io::Seek> Writer<W> {
    /// Writes the header, with space for the count of redactions and the version of the CLI.
    /// Readers ignore the spaces before the last brace; a recording that is cut off has neither
    /// value.
    pub(crate) fn with_room(inner: W, header: &Header) -> Result<Self, Error> {
        let mut line = written(header);
        line.resize(line.len() + ROOM, b' ');
        let mut writer = Self {
            inner,
            seal: Seal::default(),
            room: line.len() + 2,
            line: closed(line),
            broken: false,
        };
        // The digest is computed at the end.
        writer.seal.only_count();
        writer.flush_line()?;
        Ok(writer)
    }

    /// Writes this header over the first one, then seals as [`finish`](Self::finish) does. Values
    /// that need more space are left out.
    ///
    /// The digest covers the header, so it is computed at the end by reading back what was written.
    pub(crate) fn finish_with(mut self, header: &Header) -> Result<W, Error> {
        if !self.broken {
            self.finish_header(header).map_err(Error::io)?;
        }
        self.finish()
    }

    fn finish_header(&mut self, header: &Header) -> io::Result<()> {
        self.inner.rewind()?;
        let mut line = written(header);
        if line.len() + 2 <= self.room {
            line.resize(self.room - 2, b' ');
            self.inner.write_all(&closed(line))?;
            self.inner.flush()?;
            self.inner.rewind()?;
        }
        self.seal.rehash(&mut self.inner)
    }
}

/// The header's line without its last brace.
#[cfg(feature = "player")]
fn written(header: &Header) -> Vec<u8> {
    let mut line = Vec::new();
    header.write(&mut line);
    line.pop();
    line
}

#[cfg(feature = "player")]
fn closed(mut line: Vec<u8>) -> Vec<u8> {
    line.extend_from_slice(b"}\n");
    line
}
