//! Reading bytes: lines under any chunking, and arbitrary files as recordings.

use bytes::BytesMut;
use tokio_util::codec::{Decoder, LinesCodec};

use super::Source;
#[cfg(feature = "recording")]
use crate::recording::{Integrity, Recording};
use crate::wire::{Item, LineCodec};

/// The first byte is the line limit, the second the number of chunk sizes that follow; the rest is
/// the stream.
///
/// Checks that the chunking changes nothing, the items cover every byte, each item equals a search
/// for newlines, and bare `LinesCodec` gives the same lines where it can express them.
pub fn codec(data: &[u8]) {
    let mut source = Source::new(data);
    let limit = usize::from(source.byte());
    let count = usize::from(source.byte());
    let sizes = source.take(count);
    let stream = source.rest();
    let items = decode(limit, &[stream.len()], stream);
    assert_eq!(
        decode(limit, &sizes.iter().map(|size| usize::from(*size)).collect::<Vec<_>>(), stream),
        items
    );
    assert_eq!(items, expected(limit, stream));
    if let Some(lines) = bare(stream) {
        let ours: Vec<_> = decode(stream.len(), &[], stream)
            .iter()
            .filter_map(terminated)
            .map(String::from)
            .collect();
        assert_eq!(ours, lines);
    }
}

/// An item in plain values: offset, length on the wire, the bytes if they were kept, UTF-8,
/// terminated.
type Plain = (u64, u64, Option<Vec<u8>>, bool, bool);

fn decode(limit: usize, sizes: &[usize], stream: &[u8]) -> Vec<Plain> {
    let mut codec = LineCodec::with_max_line(limit);
    let mut buffer = BytesMut::new();
    let mut items = Vec::new();
    let mut rest = stream;
    for size in sizes {
        let (chunk, behind) = rest.split_at((*size).min(rest.len()));
        rest = behind;
        buffer.extend_from_slice(chunk);
        while let Ok(Some(item)) = codec.decode(&mut buffer) {
            items.push(plain(&item));
        }
        assert!(buffer.len() <= limit, "{} bytes are kept under a limit of {limit}", buffer.len());
    }
    buffer.extend_from_slice(rest);
    while let Ok(Some(item)) = codec.decode_eof(&mut buffer) {
        items.push(plain(&item));
    }
    assert!(buffer.is_empty());
    assert_eq!(codec.offset(), stream.len() as u64);
    items
}

fn plain(item: &Item) -> Plain {
    match item {
        Item::Line(line) => (
            line.offset(),
            line.len() as u64,
            Some(line.bytes().to_vec()),
            line.is_utf8(),
            line.is_terminated(),
        ),
        Item::TooLong(long) => (
            long.offset(),
            long.len() + u64::from(long.is_terminated()),
            None,
            false,
            long.is_terminated(),
        ),
    }
}

fn expected(limit: usize, stream: &[u8]) -> Vec<Plain> {
    let mut offset = 0;
    let mut items = Vec::new();
    for piece in stream.split_inclusive(|byte| *byte == b'\n') {
        let content = piece.strip_suffix(b"\n");
        let ended = content.is_some();
        let content = content.unwrap_or(piece);
        let plain = if content.len() > limit {
            (offset, piece.len() as u64, None, false, ended)
        } else {
            let kept = if ended { content.strip_suffix(b"\r").unwrap_or(content) } else { content };
            (
                offset,
                piece.len() as u64,
                Some(kept.to_vec()),
                std::str::from_utf8(content).is_ok(),
                ended,
            )
        };
        items.push(plain);
        offset += piece.len() as u64;
    }
    items
}

fn terminated(item: &Plain) -> Option<&str> {
    let (.., bytes, true, true) = item else { return None };
    std::str::from_utf8(bytes.as_deref()?).ok()
}

/// The terminated lines of bare `LinesCodec`, if the stream is text.
fn bare(stream: &[u8]) -> Option<Vec<String>> {
    std::str::from_utf8(stream).ok()?;
    let mut buffer = BytesMut::from(stream);
    let mut codec = LinesCodec::new();
    let mut lines = Vec::new();
    while let Ok(Some(line)) = codec.decode(&mut buffer) {
        lines.push(line);
    }
    Some(lines)
}

/// The input is a file.
///
/// Checks that reading never panics, and that what was read can be written, reads back equal, is
/// sealed, and does not change any more.
#[cfg(feature = "recording")]
pub fn recording(data: &[u8]) {
    let Ok(read) = Recording::from_bytes(data) else { return };
    let written = read.to_bytes();
    let again = match Recording::from_bytes(&written) {
        Ok(again) => again,
        Err(error) => panic!("what was written cannot be read: {error}"),
    };
    assert_eq!(again.header, read.header);
    assert_eq!(again.events, read.events);
    assert_eq!(again.integrity(), &Integrity::Sealed);
    assert_eq!(again.to_bytes(), written);
}
