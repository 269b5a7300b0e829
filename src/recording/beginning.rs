//! The beginning of a recording, read without the rest of the file.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;

use bytes::Bytes;

use super::error::Error;
use super::event::Event;
use super::file::Recording;
use super::format::MAX_RECORDED_LINE;
use super::header::Header;
use super::migrate::{STEPS, migrate};

/// Reads the header, and what the host did up to the first event for which `last` is true: `in`
/// and the other events that are not lines of the CLI. Also says whether that is known: a truncated
/// recording may end before it.
///
/// Lines of the CLI are most of a recording and are passed over without being parsed, so that a
/// folder of many recordings can be searched.
///
/// # Errors
/// As for [`Recording::open`], for the lines that are read.
pub(crate) fn open_beginning(
    path: &Path,
    last: impl FnMut(&Header, &Event) -> bool,
) -> Result<(Recording, bool), Error> {
    let file = File::open(path).map_err(|error| Error::io(error).in_file(path))?;
    read(BufReader::with_capacity(32 * 1024, file), last).map_err(|error| error.in_file(path))
}

fn read(
    mut file: impl BufRead,
    mut last: impl FnMut(&Header, &Event) -> bool,
) -> Result<(Recording, bool), Error> {
    let mut line = Vec::new();
    next_line(&mut file, &mut line, 1)?;
    let version = Header::version(&line)?;
    let migrated = migrate(vec![Bytes::copy_from_slice(&line)], version, STEPS)?;
    let header = migrated.first().map_or_else(Bytes::new, Bytes::clone);
    let at = |number: usize| move |why: String| Error::format(why).at_line(number);
    let mut recording = Recording::new(Header::parse(&header).map_err(at(1))?);
    for number in 2.. {
        if !next_line(&mut file, &mut line, number)? {
            break;
        }
        if line.starts_with(b"{\"end\"") {
            return Ok((recording, true));
        }
        if is_from_the_cli(&line) {
            continue;
        }
        // A line that was cut short ends a truncated recording, which is refused when it is played.
        let Ok(event) = Event::parse(&Bytes::copy_from_slice(&line)) else { break };
        let is_last = last(&recording.header, &event);
        recording.events.push(event);
        if is_last {
            return Ok((recording, true));
        }
    }
    Ok((recording, false))
}

/// Reads a line without its ending; false at the end of the file.
fn next_line(file: &mut impl BufRead, line: &mut Vec<u8>, number: usize) -> Result<bool, Error> {
    line.clear();
    let limit = MAX_RECORDED_LINE as u64 + 1;
    let read = file.take(limit).read_until(b'\n', line).map_err(Error::io)?;
    line.pop_if(|end| *end == b'\n');
    if line.len() > MAX_RECORDED_LINE {
        return Err(Error::long_line().at_line(number));
    }
    Ok(read > 0)
}

/// Whether an event in the usual spelling is a line of stdout or stderr.
fn is_from_the_cli(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"{\"us\":") else { return false };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = &rest[digits..];
    rest.starts_with(b",\"out\":") || rest.starts_with(b",\"err\":")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::EventKind;

    const HEAD: &str = "{\"claude-wire\":\"recording\",\"version\":1,\"cli\":\"1.0\"}\n";

    fn events(text: &str, mut last: impl FnMut(&Event) -> bool) -> Vec<EventKind> {
        let (recording, _) =
            read(format!("{HEAD}{text}").as_bytes(), |_, event| last(event)).unwrap();
        assert_eq!(recording.header.cli.as_deref(), Some("1.0"));
        recording.events.into_iter().map(|event| event.kind).collect()
    }

    #[test]
    fn lines_of_the_cli_are_passed_over() {
        let text = "{\"us\":0,\"in\":{\"a\":1}}\n{\"us\":12,\"out\":{\"b\":1}}\n{\"us\":1,\"err\":\"x\"}\n{\"us\":3,\"in\":{\"c\":1}}\n{\"us\":3,\"in\":{\"d\":1}}\n";
        let mut count = 0;
        let found = events(text, |event| {
            count += usize::from(matches!(event.kind, EventKind::In(_)));
            count == 2
        });
        assert_eq!(found, [EventKind::In("{\"a\":1}".into()), EventKind::In("{\"c\":1}".into())]);
    }

    #[test]
    fn another_spelling_is_read_as_well() {
        let text = "{ \"us\" : 0 , \"in\" : {\"a\":1} }\n{\"out\":{},\"us\":1}\n{\"us\":1,\"exit\":{\"code\":0}}\n{\"end\":{\"events\":3,\"sha256\":\"\"}}\n";
        assert_eq!(events(text, |_| false).len(), 3);
    }

    #[test]
    fn a_file_that_is_not_a_recording_is_refused() {
        for (text, line) in
            [("", 1), ("{\"type\":\"user\"}\n", 1), ("{\"claude-wire\":\"recording\"}\n", 1)]
        {
            assert_eq!(
                read(text.as_bytes(), |_, _| false).unwrap_err().line(),
                Some(line),
                "{text}"
            );
        }
        let newer = "{\"claude-wire\":\"recording\",\"version\":99}\n";
        assert!(read(newer.as_bytes(), |_, _| false).unwrap_err().is_version());
    }

    #[test]
    fn a_truncated_recording_says_what_it_begins_with_only_up_to_its_end() {
        let input = "{\"us\":0,\"in\":{\"a\":1}}\n";
        let end = "{\"end\":{\"events\":1,\"sha256\":\"\"}}\n";
        for (text, finds, is_known) in [
            (input.to_owned(), true, true),
            (format!("{input}{{\"us\""), true, true),
            (input.to_owned(), false, false),
            (format!("{input}{{\"us\""), false, false),
            (String::new(), true, false),
            (format!("{input}{end}"), false, true),
            (end.to_owned(), false, true),
        ] {
            let read = read(format!("{HEAD}{text}").as_bytes(), |_, _| finds).unwrap();
            assert_eq!(read.1, is_known, "{text}");
        }
    }

    #[test]
    fn a_cut_line_ends_it() {
        assert_eq!(
            events("{\"us\":0,\"in\":{\"a\":1}}\n{\"us\":0,\"in\":{\"a", |_| false).len(),
            1
        );
    }
}
