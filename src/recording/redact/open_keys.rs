//! Private keys that are told line by line, as on stderr.

use super::rules::Place;
use super::secrets::{BEGIN_KEY, END_KEY, KEY_KIND};
use crate::recording::event::Stream;

/// The longest key, in lines: where no end comes the rest of a stream is not taken for one.
const MOST_LINES: u8 = 120;

/// How many more lines of each stream may belong to a key that has begun there.
#[derive(Debug, Default)]
pub(super) struct OpenKeys {
    out: u8,
    err: u8,
}

impl OpenKeys {
    /// The places in a line, and what it holds of a key that began in an earlier one.
    pub(super) fn go_on(
        &mut self,
        stream: Stream,
        line: &[u8],
        mut places: Vec<Place>,
    ) -> Vec<Place> {
        let left = if stream == Stream::Err { &mut self.err } else { &mut self.out };
        if *left > 0 {
            *left -= 1;
            let end = after(line, END_KEY);
            let range = 0..end.unwrap_or(line.len());
            places.retain(|place| place.range.start >= range.end);
            if end.is_some() {
                *left = 0;
            }
            if !range.is_empty() {
                places.insert(0, Place { range, kind: "secret", text: None });
            }
        }
        if let Some(begin) = after(line, BEGIN_KEY)
            && after(&line[begin..], END_KEY).is_none()
        {
            *left = MOST_LINES;
        }
        places
    }
}

/// After such a line of a private key, if it is there.
fn after(text: &[u8], mark: &[u8]) -> Option<usize> {
    memchr::memmem::find_iter(text, mark).find_map(|at| {
        let title = &text[at..text.len().min(at + 60)];
        Some(at + memchr::memmem::find(title, KEY_KIND)? + KEY_KIND.len())
    })
}
