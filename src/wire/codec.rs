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

    fn cut(&mut self, buffer: &mut BytesMut, newline: usize) -> Result<Item, io::Error> {
        let offset = self.offset;
        self.offset += newline as u64 + 1;
        self.scanned = 0;
        if let Some(dropped) = self.dropped.take() {
            buffer.advance(newline + 1);
            return Ok(Item::TooLong(TooLong::new(
                offset - dropped,
                dropped + newline as u64,
                true,
            )));
        }
        if newline > self.max_line {
            buffer.advance(newline + 1);
            return Ok(Item::TooLong(TooLong::new(offset, newline as u64, true)));
        }
        // Nearly every line is ASCII, which is a faster check.
        let line = &buffer[..newline];
        if !line.is_ascii() && std::str::from_utf8(line).is_err() {
            let bytes = Bytes::copy_from_slice(trim_cr(line));
            buffer.advance(newline + 1);
            return Ok(Item::Line(Line::cut(Text::Bad(bytes), offset, newline + 1, true)));
        }
        match self.lines.decode(buffer) {
            Ok(Some(text)) => {
                Ok(Item::Line(Line::cut(Text::Good(text.into()), offset, newline + 1, true)))
            }
            // The buffer begins with one complete UTF-8 line, and there is no limit, so this cannot
            // fail.
            Ok(None) => Err(io::Error::other("LinesCodec found no line in a whole line")),
            Err(error) => Err(io::Error::other(error)),
        }
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
        if let Some(found) = memchr::memchr(b'\n', &buffer[self.scanned..]) {
            return self.cut(buffer, self.scanned + found).map(Some);
        }
        if buffer.len() > self.max_line || self.dropped.is_some() {
            *self.dropped.get_or_insert(0) += buffer.len() as u64;
            self.offset += buffer.len() as u64;
            buffer.clear();
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
        let tail = buffer.split_to(buffer.len());
        let offset = self.offset;
        self.offset += tail.len() as u64;
        self.scanned = 0;
        Ok(Some(Item::Line(Line::cut(
            Text::new(Bytes::copy_from_slice(&tail)),
            offset,
            tail.len(),
            false,
        ))))
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
