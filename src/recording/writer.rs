use std::io;

use super::error::Error;
use super::event::Event;
use super::header::Header;
use super::seal::Seal;

/// Writes a recording as it happens: each line is handed over whole and flushed at once, so that a crash costs no
/// more than the event that was being written.
///
/// Dropping it without [`finish`](Self::finish) leaves a truncated recording: readable, not replayable.
///
/// ```
/// use claude_wire::recording::{Event, EventKind, Exit, Header, Payload, Recording, Writer};
///
/// # fn main() -> Result<(), claude_wire::recording::Error> {
/// let mut writer = Writer::new(Vec::new(), &Header::new())?;
/// writer.event(&Event::new(0, EventKind::In(Payload::from(r#"{"type":"user"}"#))))?;
/// writer.event(&Event::new(1500, EventKind::Exit(Exit::code(0))))?;
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
}

impl<W: io::Write> Writer<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// When `inner` fails.
    pub fn new(inner: W, header: &Header) -> Result<Self, Error> {
        let mut writer = Self { inner, seal: Seal::default(), line: Vec::new(), broken: false };
        header.write(&mut writer.line);
        writer.line.push(b'\n');
        writer.seal.header(&writer.line);
        writer.flush_line()?;
        Ok(writer)
    }

    /// Writes one event.
    ///
    /// # Errors
    /// When `inner` fails; from then on every call does, since a line may have been written in part.
    pub fn event(&mut self, event: &Event) -> Result<(), Error> {
        event.write(&mut self.line);
        self.line.push(b'\n');
        self.seal.event(&self.line);
        self.flush_line()
    }

    /// Seals the recording with its footer and gives back what was written to.
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
            return Err(Error::io(io::Error::other("an earlier write failed, the recording stays truncated")));
        }
        let done = self.inner.write_all(&self.line).and_then(|()| self.inner.flush());
        self.line.clear();
        self.broken = done.is_err();
        done.map_err(Error::io)
    }
}

/// Room in a header's line for `,"redactions":` and any number.
#[cfg(feature = "session")]
const ROOM: usize = 14 + 20;

/// A recording whose redactions are counted while it is written: the header comes first, and has room for the sum.
#[cfg(feature = "session")]
impl<W: io::Read + io::Write + io::Seek> Writer<W> {
    /// Writes the header, with room for the count. Spaces before the last brace are nothing to a reader; a recording that is cut off has no
    /// count.
    pub(crate) fn with_room(inner: W, header: &Header) -> Result<Self, Error> {
        let mut writer = Self { inner, seal: Seal::default(), line: padded(header, None), broken: false };
        writer.seal.header(&writer.line);
        writer.flush_line()?;
        Ok(writer)
    }

    /// Puts the count into the room, then seals as [`finish`](Self::finish) does.
    ///
    /// The digest covers the header, so all that was written is read once more.
    pub(crate) fn finish_counted(mut self, header: &Header, redactions: u64) -> Result<W, Error> {
        if !self.broken {
            let mut header = header.clone();
            let room = padded(&header, None).len();
            header.redactions = Some(redactions);
            self.count(&padded(&header, Some(room))).map_err(Error::io)?;
        }
        self.finish()
    }

    fn count(&mut self, header: &[u8]) -> io::Result<()> {
        self.inner.rewind()?;
        self.inner.write_all(header)?;
        self.inner.flush()?;
        self.inner.rewind()?;
        self.seal.rehash(&mut self.inner)
    }
}

/// The header's line, filled up with spaces to this length, or by the room for a count.
#[cfg(feature = "session")]
fn padded(header: &Header, len: Option<usize>) -> Vec<u8> {
    let mut line = Vec::new();
    header.write(&mut line);
    line.pop();
    let len = len.unwrap_or(line.len() + ROOM + 2).max(line.len() + 2);
    line.resize(len - 2, b' ');
    line.extend_from_slice(b"}\n");
    line
}
