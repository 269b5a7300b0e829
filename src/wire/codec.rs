//! The line codec: bytes in, lines out. Content never causes an error.

use std::io;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder, LinesCodec};

use super::json::Text;
use super::line::{Item, Line, TooLong};

/// The default limit of one line, in bytes without its newline: 64 MiB.
///
/// CLI 2.1.329 was seen to write lines of 2.2 MB (a 2 MB answer); images and documents make longer
/// ones.
pub const DEFAULT_MAX_LINE: usize = 64 * 1024 * 1024;

/// Splits a byte stream into lines, whatever the chunks and the bytes.
///
/// It is based on [`LinesCodec`], which splits every line that it can represent. What `LinesCodec`
/// would report as an error, and lose, becomes an item here: a line that is not UTF-8; a line over
/// the limit (its length is counted, its bytes are dropped, and reading continues); a last line
/// without a newline, which is marked. Only I/O is an error. The reason is `FramedRead`: after an
/// error of a codec it ends the stream once, and the good lines in its buffer are stuck.
///
/// Each byte is looked at a constant number of times, whatever the chunks, and at most the limit is
/// buffered.
///
/// ```
/// use bytes::BytesMut;
/// use claude_wire::wire::{Item, LineCodec};
/// use tokio_util::codec::Decoder;
///
/// let mut codec = LineCodec::with_max_line(8);
/// let mut bytes = BytesMut::from("short\nmuch too long\nnext\nta");
/// let mut seen = Vec::new();
/// while let Some(item) = codec.decode_eof(&mut bytes)? {
///     seen.push(match item {
///         Item::Line(line) => format!("{} {:?} {}", line.offset(), line.text(), line.is_terminated()),
///         Item::TooLong(long) => format!("{} too long: {}", long.offset(), long.len()),
///     });
/// }
/// assert_eq!(seen, ["0 \"short\" true", "6 too long: 13", "20 \"next\" true", "25 \"ta\" false"]);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct LineCodec {
    lines: LinesCodec,
    max_line: usize,
    /// The offset of the buffer in the stream.
    offset: u64,
    /// How many bytes at the start of the buffer are known to have no newline. After `abc` it is 3.
    scanned: usize,
    /// How many bytes at the start of the buffer were looked at for the next field.
    checked: usize,
    /// From here to there, the buffer is known to be ASCII.
    ascii_from: usize,
    /// Inside a line over the limit, how many of its bytes were dropped so far.
    dropped: Option<u64>,
}

impl LineCodec {
    /// A codec with the default limit, [`DEFAULT_MAX_LINE`].
    pub fn new() -> Self {
        Self::with_max_line(DEFAULT_MAX_LINE)
    }

    /// A codec with another limit, in bytes of one line without its newline.
    ///
    /// A limit over 4 GiB - 1 counts as 4 GiB - 1.
    pub fn with_max_line(max_line: usize) -> Self {
        Self {
            lines: LinesCodec::new(),
            max_line: max_line.min(u32::MAX as usize),
            offset: 0,
            scanned: 0,
            checked: 0,
            ascii_from: 0,
            dropped: None,
        }
    }

    /// The limit, in bytes.
    pub fn max_line(&self) -> usize {
        self.max_line
    }

    /// How many bytes of the stream have been split or dropped so far.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether the buffer has only lines that `LinesCodec` can represent, whole or not. Nearly every
    /// line is ASCII, and a check of many at once is faster.
    fn is_plain(&mut self, buffer: &[u8]) -> bool {
        if let Some(new @ [_, ..]) = buffer.get(self.checked..) {
            if !new.is_ascii() {
                self.ascii_from = buffer.len();
            }
            self.checked = buffer.len();
        }
        self.ascii_from == 0 && self.dropped.is_none() && buffer.len() <= self.max_line
    }

    /// Notes that this many bytes are no longer in the buffer.
    fn taken(&mut self, count: usize) {
        self.offset += count as u64;
        self.scanned = 0;
        self.checked = self.checked.saturating_sub(count);
        self.ascii_from = self.ascii_from.saturating_sub(count);
    }

    /// Drops bytes that `LinesCodec` does not see.
    fn skip(&mut self, buffer: &mut BytesMut, count: usize) {
        buffer.advance(count);
        self.taken(count);
        // It remembers how far it has searched the buffer.
        self.lines = LinesCodec::new();
    }

    /// The next line of a buffer whose first line, if it is whole, `LinesCodec` can represent.
    fn next_line(&mut self, buffer: &mut BytesMut) -> Result<Option<Item>, io::Error> {
        let (offset, before) = (self.offset, buffer.len());
        let Some(text) = self.lines.decode(buffer).map_err(io::Error::other)? else {
            self.scanned = buffer.len();
            return Ok(None);
        };
        let len = before - buffer.len();
        self.taken(len);
        Ok(Some(Item::Line(Line::cut(Text::Good(text.into()), offset, len, true))))
    }

    fn cut(&mut self, buffer: &mut BytesMut, newline: usize) -> Result<Option<Item>, io::Error> {
        let offset = self.offset;
        if let Some(dropped) = self.dropped.take() {
            self.skip(buffer, newline + 1);
            let len = dropped + newline as u64;
            return Ok(Some(Item::TooLong(TooLong::new(offset - dropped, len, true))));
        }
        if newline > self.max_line {
            self.skip(buffer, newline + 1);
            return Ok(Some(Item::TooLong(TooLong::new(offset, newline as u64, true))));
        }
        let line = &buffer[..newline];
        if !line.is_ascii() && std::str::from_utf8(line).is_err() {
            let bytes = Bytes::copy_from_slice(trim_cr(line));
            self.skip(buffer, newline + 1);
            let line = Line::cut(Text::Bad(bytes), offset, newline + 1, true);
            return Ok(Some(Item::Line(line)));
        }
        self.next_line(buffer)
    }
}

impl Default for LineCodec {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder for LineCodec {
    type Item = Item;
    /// Never created by this codec; `Decoder` requires the type.
    type Error = io::Error;

    fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Item>, io::Error> {
        if self.is_plain(buffer) {
            return self.next_line(buffer);
        }
        if let Some(found) = memchr::memchr(b'\n', &buffer[self.scanned..]) {
            return self.cut(buffer, self.scanned + found);
        }
        if buffer.len() > self.max_line || self.dropped.is_some() {
            *self.dropped.get_or_insert(0) += buffer.len() as u64;
            let count = buffer.len();
            self.skip(buffer, count);
        }
        self.scanned = buffer.len();
        Ok(None)
    }

    fn decode_eof(&mut self, buffer: &mut BytesMut) -> Result<Option<Item>, io::Error> {
        if let Some(item) = self.decode(buffer)? {
            return Ok(Some(item));
        }
        if let Some(dropped) = self.dropped.take() {
            return Ok(Some(Item::TooLong(TooLong::new(self.offset - dropped, dropped, false))));
        }
        if buffer.is_empty() {
            return Ok(None);
        }
        let (offset, tail) = (self.offset, Bytes::copy_from_slice(buffer));
        self.skip(buffer, tail.len());
        let len = tail.len();
        Ok(Some(Item::Line(Line::cut(Text::new(tail), offset, len, false))))
    }
}

/// Writes one line and its newline.
///
/// JSON never needs a raw newline: in a string it must be escaped, and elsewhere it is white space,
/// which is written as a space.
impl Encoder<&[u8]> for LineCodec {
    type Error = io::Error;

    fn encode(&mut self, line: &[u8], out: &mut BytesMut) -> Result<(), io::Error> {
        out.reserve(line.len() + 1);
        let start = out.len();
        out.put_slice(line);
        for byte in &mut out[start..] {
            if *byte == b'\n' {
                *byte = b' ';
            }
        }
        out.put_u8(b'\n');
        Ok(())
    }
}

fn trim_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests;
