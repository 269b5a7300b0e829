//! Lines of a recording that were replaced by what a program writes now.

use std::fmt;
use std::ops::Range;

use serde_json::Value;

use super::event::{Event, EventKind};
use super::file::Recording;

/// How to record again, for each way to replay.
pub(crate) const RECORD_AGAIN: &str = "CLAUDE_WIRE_RECORD=rewrite in a test with `Recorded`, \
                                       CLAUDE_WIRE_RECORD_TO=FILE with mock-claude";

/// A line that was replaced after the recording was made, and the answers of the CLI that were
/// recorded for another one.
///
/// Its text names the line and the lines of the answers, and says how to record again.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EditedLine {
    /// Its number in the file; the header is line 1, which holds the arguments.
    pub line: usize,
    /// What it is, in a word: `arguments`, `prompt`, the subtype of a request, `answer`.
    pub what: String,
    /// The lines of stdout that were recorded for what was there before, by number.
    pub answers: Vec<usize>,
}

impl fmt::Display for EditedLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, what, answers } = self;
        write!(f, "line {line} ({what}) was replaced by what a program wrote later")?;
        match (answers.first(), answers.last()) {
            (Some(first), Some(last)) if first == last => {
                write!(f, "; the answer in line {first} was recorded for another input")?
            }
            (Some(first), Some(last)) => {
                let count = answers.len();
                write!(
                    f,
                    "; {count} answers in lines {first} to {last} were recorded for another input"
                )?
            }
            _ => f.write_str("; it has no answer")?,
        }
        write!(f, "; record again: {RECORD_AGAIN}")
    }
}

impl Recording {
    /// The lines that were replaced after the recording was made, as the header's
    /// [`edited`](super::Header::edited) says.
    ///
    /// A control request has one answer; a prompt and an answer to a request of the CLI have
    /// everything up to the end of the turn; the arguments have everything.
    pub fn edited(&self) -> Vec<EditedLine> {
        self.header.edited.iter().filter_map(|line| self.edited_line(*line)).collect()
    }

    fn edited_line(&self, number: u64) -> Option<EditedLine> {
        let line = usize::try_from(number).ok()?;
        let outputs = |events: Range<usize>| -> Vec<usize> {
            let of_cli = |index: &usize| matches!(self.events[*index].kind, EventKind::Out(_));
            events.filter(of_cli).map(|index| index + FIRST_LINE).collect()
        };
        if line == HEADER_LINE {
            let answers = outputs(0..self.events.len());
            return Some(EditedLine { line, what: "arguments".to_owned(), answers });
        }
        let index = line.checked_sub(FIRST_LINE)?;
        let json = json(self.events.get(index)?);
        let after = || self.events.iter().enumerate().skip(index + 1);
        let (what, answers) = match json["type"].as_str() {
            Some("control_request") => {
                let is_reply = |event: &Event| {
                    let reply = self::json(event);
                    matches!(event.kind, EventKind::Out(_))
                        && reply["type"] == "control_response"
                        && reply["response"]["request_id"] == json["request_id"]
                };
                let reply = after().find(|(_, event)| is_reply(event));
                let answers = reply.map(|(index, _)| index + FIRST_LINE).into_iter().collect();
                // The text goes to terminals.
                let subtype = json["request"]["subtype"].as_str().unwrap_or_default();
                let is_name = |char: char| char.is_ascii_alphanumeric() || char == '_';
                let is_plain = !subtype.is_empty() && subtype.chars().all(is_name);
                (if is_plain { subtype } else { "request" }.to_owned(), answers)
            }
            kind => {
                let ends = |event: &Event| {
                    matches!(event.kind, EventKind::Out(_)) && self::json(event)["type"] == "result"
                };
                let end = after().find(|(_, event)| ends(event)).map(|(index, _)| index + 1);
                let what = match kind {
                    Some("user") => "prompt",
                    Some("control_response") => "answer",
                    _ => "line",
                };
                (what.to_owned(), outputs(index + 1..end.unwrap_or(self.events.len())))
            }
        };
        Some(EditedLine { line, what, answers })
    }

    /// What a reader says of them.
    pub(super) fn edited_warnings(&self) -> Vec<String> {
        self.edited().iter().map(EditedLine::to_string).collect()
    }

    /// Notes that a line was replaced.
    #[cfg(feature = "player")]
    pub(crate) fn note_edited(&mut self, line: usize) {
        let line = line as u64;
        if let Err(place) = self.header.edited.binary_search(&line) {
            self.header.edited.insert(place, line);
        }
    }
}

/// The numbers of the header's line and of the first event's.
pub(crate) const HEADER_LINE: usize = 1;
pub(crate) const FIRST_LINE: usize = 2;

fn json(event: &Event) -> Value {
    let line = event.payload().map(|line| line.bytes());
    line.and_then(|line| serde_json::from_slice(line).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::Header;

    fn recording(lines: &[&str]) -> Recording {
        let mut recording = Recording::new(Header::new());
        for line in lines {
            let (from, line) = line.split_at(1);
            let kind = match from {
                ">" => EventKind::In(line.into()),
                _ => EventKind::Out(line.into()),
            };
            recording.events.push(Event::new(1, kind));
        }
        recording
    }

    const LINES: [&str; 8] = [
        r#">{"type":"control_request","request_id":"r1","request":{"subtype":"initialize"}}"#,
        r#">{"type":"user","message":{"content":"one"}}"#,
        r#"<{"type":"control_response","response":{"request_id":"r1"}}"#,
        r#"<{"type":"control_request","request_id":"c1","request":{"subtype":"can_use_tool"}}"#,
        r#">{"type":"control_response","response":{"request_id":"c1"}}"#,
        r#"<{"type":"assistant"}"#,
        r#"<{"type":"result"}"#,
        r#"<{"type":"system"}"#,
    ];

    #[test]
    fn each_edited_line_names_its_answers() {
        let mut recording = recording(&LINES);
        recording.header.edited = vec![1, 2, 3, 6, 99];
        let found: Vec<_> = recording.edited();
        let found: Vec<_> =
            found.iter().map(|line| (line.line, line.what.as_str(), &line.answers[..])).collect();
        assert_eq!(
            found,
            [
                (1, "arguments", &[4, 5, 7, 8, 9][..]),
                (2, "initialize", &[4]),
                (3, "prompt", &[4, 5, 7, 8]),
                (6, "answer", &[7, 8]),
            ]
        );
        let said = "line 2 (initialize) was replaced by what a program wrote later; the answer in line 4 was recorded for another input; record again: CLAUDE_WIRE_RECORD=rewrite";
        let text = recording.edited()[1].to_string();
        assert!(text.starts_with(said), "{text}");
    }

    #[test]
    fn a_file_with_edited_lines_warns_and_survives_a_rewrite() {
        let mut recording = recording(&LINES);
        recording.header.edited = vec![3];
        let again = Recording::from_bytes(&recording.to_bytes()).unwrap();
        assert_eq!(again.header, recording.header);
        let [warning] = again.warnings() else { panic!("{:?}", again.warnings()) };
        assert!(warning.starts_with("line 3 (prompt) was replaced"), "{warning}");
        assert!(warning.ends_with(&format!("record again: {RECORD_AGAIN}")), "{warning}");
        assert!(again.is_replayable());
    }
}
