//! Splits the raw bytes of a stream into the lines of a recording.

use bytes::{Bytes, BytesMut};

use crate::recording::Payload;

/// Splits one stream into lines, whatever the chunks; the rest comes at the end.
#[derive(Debug, Default)]
pub(super) struct Lines {
    partial: BytesMut,
}

impl Lines {
    /// Adds a chunk, and passes on each line that it completes.
    pub(super) fn push(&mut self, mut chunk: &[u8], mut line: impl FnMut(Payload)) {
        while let Some(newline) = memchr::memchr(b'\n', chunk) {
            let (head, rest) = chunk.split_at(newline + 1);
            let whole = if self.partial.is_empty() {
                Bytes::copy_from_slice(head)
            } else {
                self.partial.extend_from_slice(head);
                self.partial.split().freeze()
            };
            line(Payload::from_wire(whole));
            chunk = rest;
        }
        self.partial.extend_from_slice(chunk);
    }

    /// The number of bytes of an unfinished line.
    pub(super) fn pending(&self) -> usize {
        self.partial.len()
    }

    /// The rest when the stream has ended: a line without an ending.
    pub(super) fn finish(&mut self) -> Option<Payload> {
        (!self.partial.is_empty()).then(|| Payload::from_wire(self.partial.split().freeze()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cut(chunks: &[&[u8]]) -> Vec<Payload> {
        let mut lines = Lines::default();
        let mut cut = Vec::new();
        for chunk in chunks {
            lines.push(chunk, |line| cut.push(line));
        }
        cut.extend(lines.finish());
        cut
    }

    #[test]
    fn lines_end_as_they_ended() {
        use crate::recording::Eol;
        let lines = cut(&[b"one\ntw", b"o\r", b"\n\n\xff", b"\nlast"]);
        let seen: Vec<_> = lines.iter().map(|line| (&line.bytes()[..], line.eol())).collect();
        let expected: [(&[u8], Eol); 5] = [
            (b"one", Eol::Lf),
            (b"two", Eol::CrLf),
            (b"", Eol::Lf),
            (b"\xff", Eol::Lf),
            (b"last", Eol::None),
        ];
        assert_eq!(seen, expected);
    }

    proptest! {
        #[test]
        fn no_byte_is_lost_and_chunks_do_not_matter(bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), any::<u8>()], 0..80), at in 0usize..80) {
            let (head, tail) = bytes.split_at(at.min(bytes.len()));
            let lines = cut(&[head, tail]);
            prop_assert_eq!(&lines, &cut(&[&bytes]));
            let wire: Vec<u8> = lines.iter().flat_map(|line| line.wire()).collect();
            prop_assert_eq!(wire, bytes);
        }
    }
}
