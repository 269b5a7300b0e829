//! Recordings out of raw captures of other tools.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::Error;
use super::event::{Event, EventKind, RecordedExit, Stream};
use super::file::Recording;
use super::header::Header;
use super::limits::check_line;
use super::payload::{Eol, Payload};
use super::redact::hide;
use super::vars::Root;

/// What a raw capture does not contain.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ImportOptions {
    /// The header of the recording: version of the CLI, arguments, environment, date.
    pub header: Header,
    /// The folders of the capturing host that become variables.
    pub roots: Vec<Root>,
}

impl ImportOptions {
    /// With this header, and no folders.
    pub fn new(header: Header) -> Self {
        Self { header, roots: Vec::new() }
    }

    /// Sets the folders of the capturing host that become variables.
    #[must_use]
    pub fn roots(self, roots: impl IntoIterator<Item = Root>) -> Self {
        Self { roots: roots.into_iter().collect(), ..self }
    }
}

/// Makes a recording from a raw capture.
///
/// A capture is a simple log that any language can write: JSON Lines, one row for each line that
/// crossed a pipe.
///
/// ```text
/// {"t":0.005,"dir":"in","line":"{\"type\":\"user\"}"}
/// {"t":0.031,"dir":"out","line":"{\"type\":\"result\"","noeol":true}
/// {"t":0.040,"dir":"err","line":"a line of stderr"}
/// {"t":0.050,"dir":"in","line":null,"ev":"eof"}
/// {"t":0.090,"dir":"exit","line":{"code":0,"signal":null}}
/// ```
///
/// `t` is in seconds since the launch. `ev` is `eof` (the host closed stdin), `SIG...` (it sent
/// this signal) or `reader closed stdout`; any other text (such as a failed write) becomes a mark.
/// Each path in [`roots`](ImportOptions::roots) becomes a variable and is counted in the header's
/// `redactions`; [`Recording::expand`] with the same folders restores the lines to the byte.
///
/// # Errors
/// If a row is not as above, or is longer than [`MAX_RECORDED_LINE`](super::MAX_RECORDED_LINE). The
/// error names its line.
pub fn import(capture: &[u8], options: &ImportOptions) -> Result<Recording, Error> {
    let mut recording = Recording::new(options.header.clone());
    let mut before = 0;
    for (number, row) in (1..).zip(capture.split(|byte| *byte == b'\n')) {
        if row.is_empty() {
            continue;
        }
        check_line(row, number)?;
        let complain =
            |why: String| Error::format(format!("not a row of a capture: {why}")).at_line(number);
        let row: Row<'_> =
            serde_json::from_slice(row).map_err(|error| complain(error.to_string()))?;
        let now = ((row.t * 1e6).round() as u64).max(before);
        let mut us = now - before;
        before = now;
        for kind in row.kinds().map_err(complain)? {
            recording.events.push(Event::new(us, kind));
            us = 0;
        }
    }
    if !options.roots.is_empty() {
        hide(&mut recording, &options.roots);
    }
    Ok(recording)
}

#[derive(Deserialize)]
struct Row<'a> {
    t: f64,
    dir: String,
    #[serde(borrow)]
    line: Option<&'a RawValue>,
    ev: Option<String>,
    #[serde(default)]
    noeol: bool,
}

impl Row<'_> {
    fn kinds(&self) -> Result<Vec<EventKind>, String> {
        if let Some(event) = &self.ev {
            return Ok(vec![match event.as_str() {
                "eof" => EventKind::Eof(Stream::In),
                "reader closed stdout" => EventKind::Eof(Stream::Out),
                signal if signal.starts_with("SIG") => EventKind::Signal(signal.to_owned()),
                other => EventKind::Mark(other.to_owned()),
            }]);
        }
        let line = self.line.ok_or("it has neither \"line\" nor \"ev\"")?.get();
        let payload: fn(Payload) -> EventKind = match self.dir.as_str() {
            "in" => EventKind::In,
            "out" => EventKind::Out,
            "err" => EventKind::Err,
            "exit" => {
                let exit: RecordedExit =
                    serde_json::from_str(line).map_err(|error| error.to_string())?;
                return Ok(vec![EventKind::Exit(exit)]);
            }
            other => {
                return Err(format!(
                    "\"dir\" must be \"in\", \"out\", \"err\" or \"exit\", not {other:?}"
                ));
            }
        };
        let line: String = serde_json::from_str(line).map_err(|error| error.to_string())?;
        Ok(lines(line.into(), self.noeol).into_iter().map(payload).collect())
    }
}

/// Splits a row into lines. A row may be one write of several lines; it lacks only the last line
/// break, and `noeol` rows not even that.
fn lines(text: Bytes, noeol: bool) -> Vec<Payload> {
    let mut lines: Vec<Payload> = text
        .split_inclusive(|byte| *byte == b'\n')
        .map(|line| Payload::from_wire(text.slice_ref(line)))
        .collect();
    if noeol {
        return lines;
    }
    match lines.pop_if(|last| last.eol() == Eol::None) {
        Some(last) => {
            let mut wire = last.bytes().to_vec();
            wire.push(b'\n');
            lines.push(Payload::from_wire(wire));
        }
        None => lines.push(Payload::line("")),
    }
    lines
}
