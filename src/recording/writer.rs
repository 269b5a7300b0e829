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
