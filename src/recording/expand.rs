//! Replacing variables by the values of this host.

use std::collections::{BTreeMap, HashMap};

use super::error::Error;
use super::event::{Event, EventKind};
use super::file::Recording;
use super::format::room_for_values;
use super::header::Header;
use super::strings::escaped;
use super::vars::{SLUG, slug};
use crate::wire::DEFAULT_MAX_LINE;

impl Recording {
    /// Replaces each `${name}` of the header's `vars` by its live value, or else by its default.
    ///
    /// A player does this once, before it sends anything, with the folders of the live session
    /// (`cwd`, `home`); a slug follows from its folder. Only names in `vars` are replaced, and only
    /// those without `$`, `{` and `}`. Any other `${...}` is the session's own text; text that
    /// looked like a variable was stored as `${dollar}{...}`. Values are not expanded again. The
    /// result has no `vars` left.
    ///
    /// In a JSON line the value is escaped as in a JSON string. A path that needs escaping (one
    /// with `\` or `"`) is therefore right in the line's own strings, but not in JSON inside such a
    /// string.
    ///
    /// # Errors
    /// If the values would make a line longer than
    /// [`DEFAULT_MAX_LINE`](crate::wire::DEFAULT_MAX_LINE), or would add more to the recording than
    /// both its own size and that limit. The error names the line.
    pub fn expand(&self, live: &BTreeMap<String, String>) -> Result<Recording, Error> {
        let values = Values::new(&self.header, live);
        let mut recording = self.clone();
        let size = recording.events.iter().map(|event| event.text().len()).sum();
        let mut room = Room { left: room_for_values(size), all: room_for_values(size) };
        values.in_header(&mut recording.header, &mut room).map_err(|over| over.error(1))?;
        for (line, event) in (2..).zip(&mut recording.events) {
            values.in_event(event, &mut room).map_err(|over| over.error(line))?;
        }
        recording.header.vars.clear();
        Ok(recording)
    }
}

/// The values by name, spelled for each kind of text.
struct Values {
    plain: HashMap<Vec<u8>, Vec<u8>>,
    json: HashMap<Vec<u8>, Vec<u8>>,
}

/// How much the values may still add.
struct Room {
    left: usize,
    all: usize,
}

/// What is over its limit.
enum Over {
    Line,
    Recording { room: usize },
}

impl Over {
    fn error(self, line: usize) -> Error {
        let limit = match self {
            Self::Line => DEFAULT_MAX_LINE,
            Self::Recording { room } => room,
        };
        Error::expansion(matches!(self, Self::Line), limit).at_line(line)
    }
}

impl Values {
    fn new(header: &Header, live: &BTreeMap<String, String>) -> Self {
        let mut values = Self { plain: HashMap::new(), json: HashMap::new() };
        for (name, default) in &header.vars {
            let slug_of = name.strip_suffix(SLUG).and_then(|name| live.get(name));
            let value = live.get(name).cloned().or_else(|| slug_of.map(|path| slug(path)));
            let value = value.unwrap_or_else(|| default.clone());
            values.json.insert(escaped(name), escaped(&value));
            values.plain.insert(name.clone().into(), value.into());
        }
        values
    }

    fn in_header(&self, header: &mut Header, room: &mut Room) -> Result<(), Over> {
        for text in header.argv.iter_mut().flatten().chain(header.env.values_mut()) {
            if let Some(new) = self.put_in(text.as_bytes(), false, room)? {
                *text = lossy(&new);
            }
        }
        if let Some(unknown) = header.unknown()
            && let Some(new) = self.put_in(unknown.as_bytes(), true, room)?
        {
            header.set_unknown(&lossy(&new));
        }
        Ok(())
    }

    fn in_event(&self, event: &mut Event, room: &mut Room) -> Result<(), Over> {
        if let Some(unknown) = event.unknown()
            && let Some(new) = self.put_in(unknown.as_bytes(), true, room)?
        {
            event.set_unknown(&lossy(&new));
        }
        let json = match &event.kind {
            EventKind::Fault(_) | EventKind::Unknown(_) => true,
            _ => event.payload().is_some_and(|line| line.json().is_some()),
        };
        let new = self.put_in(&event.text(), json, room)?;
        if let Some(new) = new {
            event.set_text(new);
        }
        Ok(())
    }

    /// Returns `None` if there is nothing to replace. Looks at each byte once, whatever the number
    /// of variables.
    fn put_in(&self, text: &[u8], json: bool, room: &mut Room) -> Result<Option<Vec<u8>>, Over> {
        let values = if json { &self.json } else { &self.plain };
        let (mut out, mut copied, mut at) = (Vec::new(), 0, 0);
        while let Some(found) = memchr::memmem::find(&text[at..], b"${") {
            let start = at + found;
            let name = &text[start + 2..];
            let name = &name[..name
                .iter()
                .position(|byte| matches!(byte, b'$' | b'{' | b'}'))
                .unwrap_or(name.len())];
            at = start + 2 + name.len();
            if text.get(at) != Some(&b'}') {
                continue;
            }
            let Some(value) = values.get(name) else { continue };
            at += 1;
            let added = value.len().saturating_sub(at - start);
            room.left = room.left.checked_sub(added).ok_or(Over::Recording { room: room.all })?;
            out.extend_from_slice(&text[copied..start]);
            if out.len() + value.len() + text.len() - at > DEFAULT_MAX_LINE {
                return Err(Over::Line);
            }
            out.extend_from_slice(value);
            copied = at;
        }
        Ok((copied > 0).then(|| {
            out.extend_from_slice(&text[copied..]);
            out
        }))
    }
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}
