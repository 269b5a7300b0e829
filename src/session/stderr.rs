//! The end of what the CLI wrote to standard error.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::BytesMut;
use tokio_util::codec::Decoder;

use crate::recording::masked;
use crate::wire::{Item, LineCodec};

/// How many bytes of standard error an error contains.
const TAIL: usize = 8 * 1024;
/// How many more bytes are kept, so that a secret at the start of the tail is still recognised.
const MARGIN: usize = 4 * 1024;
/// Of a longer line of standard error the callback gets only the length.
const MAX_LINE: usize = 64 * 1024;

/// A callback for the lines of standard error.
pub(super) type OnStderr = Arc<dyn Fn(&str) + Send + Sync>;

/// A bounded tail, and the lines for a callback.
#[derive(Default)]
pub(super) struct Stderr {
    tail: VecDeque<u8>,
    /// Secrets to redact.
    secrets: Vec<String>,
    lines: Option<Lines>,
}

struct Lines {
    codec: LineCodec,
    buffer: BytesMut,
    callback: OnStderr,
}

impl Stderr {
    pub(super) fn new(callback: Option<OnStderr>) -> Self {
        let lines = callback.map(|callback| Lines {
            codec: LineCodec::with_max_line(MAX_LINE),
            buffer: BytesMut::new(),
            callback,
        });
        Self { tail: VecDeque::new(), secrets: Vec::new(), lines }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        const KEPT: usize = TAIL + MARGIN;
        let keep = &bytes[bytes.len().saturating_sub(KEPT)..];
        let excess = (self.tail.len() + keep.len()).saturating_sub(KEPT);
        self.tail.drain(..excess);
        self.tail.extend(keep);
        if let Some(lines) = &mut self.lines {
            lines.buffer.extend_from_slice(bytes);
            while let Ok(Some(item)) = lines.codec.decode(&mut lines.buffer) {
                lines.call(&item);
            }
        }
    }

    /// The stream has ended: an unfinished line counts as a line.
    pub(super) fn finish(&mut self) {
        if let Some(lines) = &mut self.lines {
            while let Ok(Some(item)) = lines.codec.decode_eof(&mut lines.buffer) {
                lines.call(&item);
            }
        }
    }

    /// Clears the output of the previous process. The next one has these secrets.
    pub(super) fn begin(&mut self, secrets: Vec<String>) {
        self.tail.clear();
        self.secrets = secrets;
    }

    /// Returns the end of the output, without secrets.
    pub(super) fn tail(&self) -> String {
        let bytes: Vec<u8> = self.tail.iter().copied().collect();
        let mut tail = self.masked(&String::from_utf8_lossy(&bytes));
        let excess = tail.len().saturating_sub(TAIL);
        let start = (excess..tail.len()).find(|at| tail.is_char_boundary(*at)).unwrap_or(excess);
        tail.drain(..start);
        tail
    }

    /// Returns a text of the same process, without its secrets.
    pub(super) fn masked(&self, text: &str) -> String {
        masked(text, &self.secrets)
    }
}

impl Lines {
    /// If the callback panics, only its line is lost.
    fn call(&self, item: &Item) {
        let text = match item {
            Item::Line(line) => line.text().into_owned(),
            Item::TooLong(long) => format!("[a line of {} bytes]", long.len()),
        };
        if catch_unwind(AssertUnwindSafe(|| (self.callback)(&text))).is_err() {
            tracing::error!("the stderr callback panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn keeps_the_last_bytes() {
        let mut stderr = Stderr::new(None);
        stderr.push(&[b'a'; 5000]);
        stderr.push(&[b'b'; 5000]);
        assert_eq!(stderr.tail(), format!("{}{}", "a".repeat(TAIL - 5000), "b".repeat(5000)));
        stderr.push(&[b'c'; 3 * TAIL]);
        assert_eq!(stderr.tail(), "c".repeat(TAIL));
        stderr.push("é".repeat(TAIL).as_bytes());
        stderr.push(b"x");
        assert_eq!(stderr.tail(), format!("{}x", "é".repeat(TAIL / 2 - 1)), "whole characters");
    }

    #[test]
    fn the_tail_does_not_begin_in_the_middle_of_a_secret() {
        let secret = "kolibri-77-kolibri";
        for cut in 1..secret.len() {
            let mut stderr = Stderr::new(None);
            stderr.begin(vec![secret.to_owned()]);
            stderr.push(format!("key {secret}{}", " ".repeat(TAIL - cut)).as_bytes());
            let tail = stderr.tail();
            assert!(!tail.contains("bri") && tail.len() <= TAIL, "{cut}: {:?}", &tail[..20]);
        }
    }

    #[test]
    fn calls_back_for_each_line_even_after_a_panic() {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let seen = lines.clone();
        let mut stderr = Stderr::new(Some(Arc::new(move |line| {
            crate::common::lock(&seen).push(line.to_string());
            assert_ne!(line, "two");
        })));
        stderr.push(b"one\nt");
        stderr.push(b"wo\n\xff\nta");
        stderr.finish();
        assert_eq!(*crate::common::lock(&lines), ["one", "two", "\u{fffd}", "ta"]);
    }
}
