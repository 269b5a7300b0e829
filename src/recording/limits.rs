//! Reads files of lines, and refuses lines that are too long.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use bytes::Bytes;

use super::error::Error;
use super::format::MAX_RECORDED_LINE;

/// Refuses a line that is too long. `line` is its number, from 1.
pub(super) fn check_line(bytes: &[u8], line: usize) -> Result<(), Error> {
    if bytes.len() > MAX_RECORDED_LINE { Err(Error::long_line().at_line(line)) } else { Ok(()) }
}

/// Refuses the first line that is too long.
pub(super) fn check_lines(bytes: &[u8]) -> Result<(), Error> {
    (1..)
        .zip(bytes.split(|byte| *byte == b'\n'))
        .try_for_each(|(line, bytes)| check_line(bytes, line))
}

/// Reads a file of lines, such as a capture for [`import`](super::import). Stops reading at the
/// first line that is longer than [`MAX_RECORDED_LINE`].
///
/// # Errors
/// If the file cannot be read, or has a line that is too long. The error names the file and the
/// line.
pub fn read_lines(path: impl AsRef<Path>) -> Result<Bytes, Error> {
    let path = path.as_ref();
    let file = File::open(path).map_err(|error| Error::io(error).in_file(path))?;
    bounded(file).map_err(|error| error.in_file(path))
}

fn bounded(mut file: impl Read) -> Result<Bytes, Error> {
    const CHUNK: u64 = 256 * 1024;
    let mut bytes = Vec::new();
    // The start and the number of the current line.
    let (mut start, mut number) = (0, 1);
    loop {
        let before = bytes.len();
        let read = file.by_ref().take(CHUNK).read_to_end(&mut bytes);
        for newline in memchr::memchr_iter(b'\n', bytes.get(before..).unwrap_or_default()) {
            let end = before + newline;
            check_line(bytes.get(start..end).unwrap_or_default(), number)?;
            (start, number) = (end + 1, number + 1);
        }
        check_line(bytes.get(start..).unwrap_or_default(), number)?;
        match read {
            Ok(0) => return Ok(bytes.into()),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::io(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Endless bytes, with a count of those read.
    struct Endless(usize);

    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            buffer.fill(b'x');
            self.0 += buffer.len();
            Ok(buffer.len())
        }
    }

    #[test]
    fn reading_stops_after_the_longest_line() {
        let mut endless = Endless(0);
        let error = bounded(&mut endless).unwrap_err();
        assert!(error.is_too_long() && error.line() == Some(1), "{error}");
        assert!(endless.0 <= MAX_RECORDED_LINE + (1 << 20), "{}", endless.0);
    }

    #[test]
    fn the_limit_is_for_each_line() {
        let line = vec![b'x'; MAX_RECORDED_LINE];
        let two = [&line[..], b"\n", &line, b"\n"].concat();
        assert_eq!(bounded(&two[..]).unwrap().len(), two.len());
        let three = [&two[..], &line, b"x"].concat();
        for text in [[&three[..], b"\nz\n"].concat(), three] {
            assert_eq!(bounded(&text[..]).unwrap_err().line(), Some(3));
        }
    }
}
