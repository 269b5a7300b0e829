//! The start and the end of a transcript: all that a list reads of it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;
use std::time::UNIX_EPOCH;

use memchr::memmem;

/// How much is read at each end, in bytes.
const END: usize = 64 * 1024;

/// The first and the last 64 KiB of a transcript.
///
/// Texts are found by search and not by parsing: the first and the last line may be cut off, and
/// most of a transcript is not of interest here.
pub(super) struct Ends<'a> {
    bytes: &'a [u8],
    tail_from: usize,
    /// The size of the transcript in bytes.
    pub(super) size: u64,
    /// In milliseconds since 1970.
    pub(super) modified: i64,
}

impl<'a> Ends<'a> {
    /// Reads a file, with a buffer that can be used for the next one. `None` for an empty file.
    pub(super) fn read(path: &Path, buffer: &'a mut Vec<u8>) -> io::Result<Option<Self>> {
        let mut file = File::open(path)?;
        let metadata = file.metadata()?;
        let (size, modified) = (metadata.len(), millis(&metadata));
        // A file that is read whole needs one call.
        let gap = size > 2 * END as u64;
        buffer.resize(2 * END, 0);
        let wanted = if gap { END } else { 2 * END };
        let head = read_up_to(&mut file, &mut buffer[..wanted])?;
        if head == 0 {
            return Ok(None);
        }
        if !gap {
            let bytes = &buffer[..head];
            let tail_from = head.saturating_sub(END);
            return Ok(Some(Self { bytes, tail_from, size, modified }));
        }
        file.seek(SeekFrom::Start(size - END as u64))?;
        let tail = read_up_to(&mut file, &mut buffer[END..])?;
        Ok(Some(Self { bytes: &buffer[..END + tail], tail_from: END, size, modified }))
    }

    /// The ends of a transcript that is in memory, one line after the other.
    pub(super) fn of<I>(lines: I, modified: i64, buffer: &'a mut Vec<u8>) -> Option<Self>
    where
        I: IntoIterator,
        I::Item: AsRef<[u8]>,
    {
        let (mut size, mut head) = (0, 0);
        buffer.clear();
        for line in lines {
            for part in [line.as_ref(), b"\n"] {
                size += part.len() as u64;
                buffer.extend_from_slice(part);
            }
            // What is in neither end is dropped, whenever as much has gathered as is kept.
            if head == 0 && buffer.len() > 2 * END {
                head = END;
            }
            if head > 0 && buffer.len() > 4 * END {
                buffer.drain(head..buffer.len() - END);
            }
        }
        if head > 0 && buffer.len() > 2 * END {
            buffer.drain(head..buffer.len() - END);
        }
        let tail_from = buffer.len().saturating_sub(END);
        (size > 0).then_some(Self { bytes: buffer, tail_from, size, modified })
    }

    pub(super) fn head(&self) -> &'a [u8] {
        &self.bytes[..self.bytes.len().min(END)]
    }

    pub(super) fn tail(&self) -> &'a [u8] {
        &self.bytes[self.tail_from..]
    }
}

/// When a file was changed, in milliseconds since 1970.
pub(super) fn millis(metadata: &std::fs::Metadata) -> i64 {
    let since = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

fn read_up_to(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(more) => filled += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// A field that is searched for as text: `"name":`.
pub(super) struct Field(memmem::Finder<'static>);

impl Field {
    /// `key` is the name with its quotes and the colon.
    pub(super) fn new(key: &'static str) -> Self {
        Self(memmem::Finder::new(key))
    }

    /// The first string value of the field, at any depth.
    pub(super) fn first(&self, text: &[u8]) -> Option<String> {
        self.0.find_iter(text).find_map(|at| self.value(text, at))
    }

    /// The last string value of the field, at any depth.
    pub(super) fn last(&self, text: &[u8]) -> Option<String> {
        // The last value is nearly always close to the end.
        let mut reach = 4 * 1024;
        loop {
            let from = text.len().saturating_sub(reach);
            let found = self.0.find_iter(&text[from..]).map(|at| from + at);
            let last =
                found.filter(|at| string_range(text, at + self.0.needle().len()).is_some()).last();
            if let Some(at) = last {
                return self.value(text, at);
            }
            if from == 0 {
                return None;
            }
            reach *= 16;
        }
    }

    fn value(&self, text: &[u8], at: usize) -> Option<String> {
        let range = string_range(text, at + self.0.needle().len())?;
        Some(unescaped(&text[range]))
    }
}

/// The inside of the string literal that begins here, after at most one space. `None` for another
/// value, and for one that is cut off.
fn string_range(text: &[u8], mut at: usize) -> Option<Range<usize>> {
    if text.get(at) == Some(&b' ') {
        at += 1;
    }
    if text.get(at) != Some(&b'"') {
        return None;
    }
    let start = at + 1;
    at = start;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(start..at);
        }
        at += 2;
    }
}

/// The text of a string literal's inside.
fn unescaped(inside: &[u8]) -> String {
    if memchr::memchr(b'\\', inside).is_some() {
        let literal = [b"\"", inside, b"\""].concat();
        if let Ok(value) = crate::wire::RawJson::parse(literal)
            && let Some(text) = value.as_str()
        {
            return text.into_owned();
        }
    }
    String::from_utf8_lossy(inside).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_last_value_of_a_field_are_found_in_cut_text() {
        let cwd = Field::new("\"cwd\":");
        let text = br#"lf":1,"cwd":"/a","x":{"cwd": "/b \"\u00e9\""},"cwd":null,"cwd":"/cut"#;
        assert_eq!(cwd.first(text).as_deref(), Some("/a"));
        assert_eq!(cwd.last(text).as_deref(), Some("/b \"\u{e9}\""));
        assert_eq!(cwd.last(b"\"cwd\":\""), None);
        assert_eq!(cwd.last(b"\"cwd\":\"\\"), None);
        assert_eq!(cwd.first(b"\\\"cwd\\\":\\\"/no\\\""), None);
        assert_eq!(cwd.first(b"\"cwd\":\"\xff\"").as_deref(), Some("\u{fffd}"));
    }

    #[test]
    fn a_value_far_from_the_end_is_found() {
        let title = Field::new("\"title\":");
        for padding in [0, 4 * 1024 - 5, 4 * 1024, 70_000] {
            let text = format!("{{\"title\":\"far\"}}\n{}", "x".repeat(padding));
            assert_eq!(title.last(text.as_bytes()).as_deref(), Some("far"), "{padding}");
        }
    }

    #[test]
    fn the_ends_of_a_file_are_those_of_its_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.jsonl");
        for count in [0, 1, 900, 1300, 1400, 5000] {
            let lines: Vec<String> = (0..count).map(|n| format!("{n:99}")).collect();
            let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
            std::fs::write(&path, &text).unwrap();
            let (mut one, mut other) = (Vec::new(), Vec::new());
            let read = Ends::read(&path, &mut one).unwrap();
            let of = Ends::of(&lines, 5, &mut other);
            let (Some(read), Some(of)) = (read, of) else {
                assert_eq!(count, 0);
                continue;
            };
            let bytes = text.as_bytes();
            assert!(read.head() == &bytes[..bytes.len().min(END)], "{count}");
            assert!(read.tail() == &bytes[bytes.len().saturating_sub(END)..], "{count}");
            assert!(read.head() == of.head() && read.tail() == of.tail(), "{count}");
            assert_eq!((read.size, of.size, of.modified), (bytes.len() as u64, read.size, 5));
        }
    }
}
