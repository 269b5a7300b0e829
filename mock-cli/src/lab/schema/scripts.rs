//! The scripts inside a CLI: text between the binary parts of an executable.

use std::io::{self, Read};

use memchr::{memchr, memmem};

/// How much is read at a time, in bytes.
const BLOCK: usize = 1 << 20;

/// The beginning of a script; in an executable, a zero byte comes before and after it.
const START: &[u8] = b"\0// @bun";

/// The scripts of an executable, or the file itself if it is a script.
pub(super) struct Scripts<R> {
    source: R,
    buffer: Vec<u8>,
    /// Where the part that was read but not searched begins.
    at: usize,
    ended: bool,
}

impl<R: Read> Scripts<R> {
    pub(super) fn new(source: R) -> Self {
        // A file that is a script has no zero byte before it.
        Self { source, buffer: vec![0], at: 0, ended: false }
    }

    /// The next script; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<String>> {
        loop {
            match memmem::find(&self.buffer[self.at..], START) {
                Some(found) => {
                    self.at += found + 1;
                    return self.up_to_zero().map(Some);
                }
                None if self.ended => return Ok(None),
                None => {
                    self.at = self.buffer.len().saturating_sub(START.len() - 1).max(self.at);
                    self.fill()?;
                }
            }
        }
    }

    fn up_to_zero(&mut self) -> io::Result<String> {
        let mut looked = self.at;
        loop {
            if let Some(found) = memchr(0, &self.buffer[looked..]) {
                let end = looked + found;
                let script = String::from_utf8_lossy(&self.buffer[self.at..end]).into_owned();
                // The zero may be the one before the next script.
                self.at = end;
                return Ok(script);
            }
            if self.ended {
                let script = String::from_utf8_lossy(&self.buffer[self.at..]).into_owned();
                self.at = self.buffer.len();
                return Ok(script);
            }
            looked -= self.at;
            self.fill()?;
            looked += self.at;
        }
    }

    /// Drops what was searched, and reads on.
    fn fill(&mut self) -> io::Result<()> {
        self.buffer.drain(..self.at);
        self.at = 0;
        let read = self.source.by_ref().take(BLOCK as u64).read_to_end(&mut self.buffer)?;
        self.ended = read == 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scripts(bytes: &[u8], step: usize) -> Vec<String> {
        struct Slow<'a>(&'a [u8], usize);
        impl Read for Slow<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let count = self.1.min(self.0.len()).min(buffer.len());
                buffer[..count].copy_from_slice(&self.0[..count]);
                self.0 = &self.0[count..];
                Ok(count)
            }
        }
        let mut scripts = Scripts::new(Slow(bytes, step));
        std::iter::from_fn(|| scripts.next().unwrap()).collect()
    }

    #[test]
    fn scripts_are_between_zero_bytes() {
        let bytes =
            b"\x7fELF\0\0junk\0// @bun\nvar a;\0// @bun @bytecode\nvar b;\0\xff\xfe// @bun no\0";
        for step in [1, 7, 4096] {
            assert_eq!(scripts(bytes, step), ["// @bun\nvar a;", "// @bun @bytecode\nvar b;"]);
        }
    }

    #[test]
    fn a_script_file_is_read_whole() {
        assert_eq!(scripts(b"// @bun\nvar a;", 3), ["// @bun\nvar a;"]);
        assert!(scripts(b"no script", 3).is_empty() && scripts(b"", 3).is_empty());
    }

    #[test]
    fn long_scripts_and_long_gaps_are_read_through() {
        let mut bytes = vec![1; 3 * BLOCK];
        bytes.extend_from_slice(b"\0// @bun\n");
        bytes.resize(bytes.len() + 2 * BLOCK, b'x');
        bytes.extend_from_slice(b"\0tail");
        let found = scripts(&bytes, 1 << 16);
        assert_eq!(found.iter().map(String::len).collect::<Vec<_>>(), [8 + 2 * BLOCK]);
    }
}
