//! A whole recording in memory.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use super::error::Error;
use super::event::Event;
use super::header::Header;
use super::limits::{check_lines, read_lines};
use super::migrate::{STEPS, Step, migrate};
use super::object::members;
use super::seal::{Footer, Integrity, Seal};

/// A recording: what crossed the pipes of one run of the CLI, in order.
///
/// ```
/// use claude_wire::recording::{Event, EventKind, Header, Integrity, Payload, Recording};
///
/// # fn main() -> Result<(), claude_wire::recording::Error> {
/// let mut recording = Recording::new(Header::new());
/// recording.events.push(Event::new(0, EventKind::Out(Payload::from(r#"{"type":"system"}"#))));
///
/// let again = Recording::from_bytes(&recording.to_bytes())?;
/// assert_eq!(again.events, recording.events);
/// assert_eq!(again.integrity(), &Integrity::Sealed);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Recording {
    /// Where it comes from.
    pub header: Header,
    /// What happened.
    pub events: Vec<Event>,
    integrity: Integrity,
    warnings: Vec<String>,
    /// The footer as it was read, and its spelling, which is kept while the footer is true.
    footer: Option<(Footer, Bytes)>,
}

impl Recording {
    /// A recording without events.
    pub fn new(header: Header) -> Self {
        Self {
            header,
            events: Vec::new(),
            integrity: Integrity::InMemory,
            warnings: Vec::new(),
            footer: None,
        }
    }

    /// Reads a file. A truncated or edited one is read as well: see [`integrity`](Self::integrity).
    ///
    /// # Errors
    /// When the file cannot be read, is not a recording, is of a version this build cannot read, or
    /// has a line that is longer than [`MAX_RECORDED_LINE`](super::MAX_RECORDED_LINE). The error
    /// names the file and the line.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        Self::read(read_lines(path)?, STEPS).map_err(|error| error.in_file(path))
    }

    /// Reads a recording from memory, as [`open`](Self::open) does.
    ///
    /// # Errors
    /// As for [`open`](Self::open), without the file's name.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        check_lines(bytes)?;
        Self::read(Bytes::copy_from_slice(bytes), STEPS)
    }

    /// Returns the file's content, with a correct footer.
    ///
    /// What was read and not changed is written as it was spelled, to the byte. A truncated or
    /// edited recording is sealed by this.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (mut out, mut seal) = (Vec::new(), Seal::default());
        self.header.write(&mut out);
        out.push(b'\n');
        seal.header(&out);
        for event in &self.events {
            let start = out.len();
            event.write(&mut out);
            out.push(b'\n');
            seal.event(&out[start..]);
        }
        let footer = seal.footer();
        match &self.footer {
            Some((as_read, line)) if *as_read == footer => out.extend_from_slice(line),
            _ => out.extend_from_slice(&footer.line()),
        }
        out
    }

    /// Writes the file under a temporary name next to it, then renames it, so `path` never has half
    /// a recording. A file that is replaced keeps its permissions. A symbolic link is followed: its
    /// target is replaced.
    ///
    /// # Errors
    /// When the file cannot be written or renamed, or an event's line would be longer than
    /// [`MAX_RECORDED_LINE`](super::MAX_RECORDED_LINE); the temporary file is removed.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        replace(path.as_ref(), &self.to_bytes())
    }

    /// [`save`](Self::save) without a footer, for a recording that was cut off.
    ///
    /// # Errors
    /// As for [`save`](Self::save).
    pub fn save_truncated(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let bytes = self.to_bytes();
        let lines = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let footer = memchr::memrchr(b'\n', lines).map_or(0, |at| at + 1);
        replace(path.as_ref(), &bytes[..footer])
    }

    /// Whether the recording was complete and unchanged when it was read.
    pub fn integrity(&self) -> &Integrity {
        &self.integrity
    }

    /// Warnings to show to the user: that the file was truncated, or edited since it was sealed, or
    /// that some of its lines were [replaced](Self::edited) by what a program wrote later.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Whether the recording can be replayed: true unless it is truncated. If it was edited, show
    /// its [`warnings`](Self::warnings).
    pub fn is_replayable(&self) -> bool {
        !matches!(self.integrity, Integrity::Truncated { .. })
    }

    /// [`is_replayable`](Self::is_replayable) as a check.
    ///
    /// # Errors
    /// When the recording is truncated.
    pub fn require_whole(&self) -> Result<(), Error> {
        if self.is_replayable() { Ok(()) } else { Err(Error::truncated()) }
    }

    pub(super) fn read(bytes: Bytes, steps: &[Step]) -> Result<Self, Error> {
        let mut lines = split_lines(&bytes);
        let Some(first) = lines.first() else {
            return Err(
                Error::format("the file is empty; a recording begins with its header").at_line(1)
            );
        };
        let version = Header::version(first)?;
        let mut recording = Self::new(Header::new());
        let last = lines[1..].last().map_or(Ok(None), |line| Footer::parse(line));
        match last.map_err(|why| Error::format(why).at_line(lines.len()))? {
            Some(footer) => {
                let end =
                    lines.pop().map_or(0, |line| line.len() + usize::from(bytes.ends_with(b"\n")));
                let (before, line) = bytes.split_at(bytes.len() - end);
                recording.compare(&footer, before, lines.len() as u64 - 1);
                recording.footer = Some((footer, bytes.slice_ref(line)));
            }
            None => recording.note_truncation(&mut lines, bytes.ends_with(b"\n")),
        }
        let mut lines = (1..).zip(migrate(lines, version, steps)?);
        let at = |line: usize| move |why: String| Error::format(why).at_line(line);
        if let Some((number, line)) = lines.next() {
            recording.header = Header::parse(&line).map_err(at(number))?;
        }
        for (number, line) in lines {
            recording.events.push(Event::parse(&line).map_err(at(number))?);
        }
        let edited = recording.edited_warnings();
        recording.warnings.extend(edited);
        Ok(recording)
    }

    /// Compares the footer with the lines before it.
    fn compare(&mut self, footer: &Footer, before: &[u8], found: u64) {
        if *footer == Footer::of(before, found) {
            self.integrity = Integrity::Sealed;
            return;
        }
        self.integrity = Integrity::Edited { events: footer.events, found };
        self.warnings.push(format!(
            "edited since it was sealed: the footer is about {} events and other bytes, here are {found}; \
             `claude-wire seal` makes it true again",
            footer.events
        ));
    }

    /// Drops a last line that was cut short. A line that is a complete object is kept, even without
    /// its line break.
    fn note_truncation(&mut self, lines: &mut Vec<Bytes>, terminated: bool) {
        let partial = lines.pop_if(|line| !terminated && members(line).is_err());
        let dropped = partial.map_or(0, |line| line.len());
        let events = lines.len() - 1;
        self.integrity = Integrity::Truncated { dropped };
        self.warnings.push(format!(
            "truncated: no footer after {events} events, {dropped} bytes of a cut line dropped"
        ));
    }
}

/// The lines without their line breaks; a last line without one counts, unless it is empty.
fn split_lines(bytes: &Bytes) -> Vec<Bytes> {
    let mut lines: Vec<Bytes> =
        bytes.split(|byte| *byte == b'\n').map(|line| bytes.slice_ref(line)).collect();
    lines.pop_if(|line| line.is_empty());
    lines
}

/// Writes these bytes to a file, and replaces it if it exists.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let written = || {
        let is_link = fs::symlink_metadata(path).is_ok_and(|there| there.is_symlink());
        let target = if is_link { fs::canonicalize(path)? } else { path.to_owned() };
        let temporary = temporary_next_to(&target);
        write_new(&temporary, bytes, fs::metadata(&target).ok())
            .and_then(|()| fs::rename(&temporary, &target))
            .inspect_err(|_| {
                // The first error is the one to report.
                let _ = fs::remove_file(&temporary);
            })
    };
    check_lines(bytes)
        .and_then(|()| written().map_err(Error::io))
        .map_err(|error| error.in_file(path))
}

/// An unused name in the same folder, so that the rename stays on one file system.
fn temporary_next_to(path: &Path) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}-{}.tmp", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
    path.with_file_name(name)
}

fn write_new(path: &Path, bytes: &[u8], replaced: Option<fs::Metadata>) -> io::Result<()> {
    let mut file = fs::File::create_new(path)?;
    if let Some(replaced) = replaced {
        file.set_permissions(replaced.permissions())?;
    }
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::EventKind;

    /// A made-up version 0, with lines named `stdout` and times in milliseconds.
    const FROM_ZERO: Step = Step {
        from: 0,
        run: |lines| {
            let text = |line: &Bytes| String::from_utf8_lossy(line).into_owned();
            let mut out =
                vec![Bytes::from(text(&lines[0]).replace("\"version\":0", "\"version\":1"))];
            for (number, line) in (2..).zip(&lines[1..]) {
                if !line.starts_with(b"{\"ms\":") {
                    return Err((number, "no \"ms\"".to_owned()));
                }
                out.push(
                    text(line)
                        .replace("\"ms\":3,", "\"us\":3000,")
                        .replace("\"stdout\":", "\"out\":")
                        .into(),
                );
            }
            Ok(out)
        },
    };

    #[test]
    fn an_older_version_is_migrated_step_by_step() {
        let old = Bytes::from(
            "{\"claude-wire\":\"recording\",\"version\":0,\"cli\":\"1.0\"}\n{\"ms\":3,\"stdout\":{\"a\":1.0}}\n",
        );
        let recording = Recording::read(old, &[FROM_ZERO]).unwrap();
        assert_eq!(recording.header.cli.as_deref(), Some("1.0"));
        assert_eq!(recording.events, [Event::new(3000, EventKind::Out("{\"a\":1.0}".into()))]);
        let text = String::from_utf8(recording.to_bytes()).unwrap();
        assert!(text.starts_with("{\"claude-wire\":\"recording\",\"version\":1,\"cli\":\"1.0\"}\n{\"us\":3000,\"out\":{\"a\":1.0}}\n"));
    }

    #[test]
    fn a_migration_that_fails_names_the_line() {
        let old = Bytes::from(
            "{\"claude-wire\":\"recording\",\"version\":0}\n{\"ms\":3,\"stdout\":1}\n{\"us\":3}\n",
        );
        let error = Recording::read(old, &[FROM_ZERO]).unwrap_err();
        assert_eq!(error.line(), Some(3));
        assert!(
            error.to_string().contains("cannot be migrated from version 0: no \"ms\""),
            "{error}"
        );
    }

    #[test]
    fn a_version_without_a_migration_is_refused_by_name() {
        let old = Bytes::from("{\"claude-wire\":\"recording\",\"version\":0}\n");
        let error = Recording::read(old, STEPS).unwrap_err();
        assert!(error.is_version());
        assert!(error.to_string().contains("version 0"), "{error}");
    }
}
