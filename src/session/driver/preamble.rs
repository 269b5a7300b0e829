//! What the CLI wrote to standard output before it was ready, for the error if it never becomes
//! ready.

use crate::common::clip;
use crate::wire::{FrameKind, Line, Outcome};

/// How many lines are kept, and how many characters of each.
const LINES: usize = 3;
const SHOWN: usize = 200;
/// How much of a line is searched for secrets, in characters.
const SEARCHED: usize = 4096;

/// The first lines of a CLI that has not answered `initialize` yet.
#[derive(Debug, Default)]
pub(super) struct Preamble {
    lines: Vec<String>,
    more: usize,
}

impl Preamble {
    /// Records a line, unless it is blank or part of the handshake. `masked` redacts secrets.
    pub(super) fn note(&mut self, outcome: &Outcome, masked: impl FnOnce(&str) -> String) {
        let (line, why) = match outcome {
            Outcome::Message(frame) if frame.kind() == FrameKind::Result => return,
            Outcome::Message(frame) => (Some(Line::new(frame.raw_line().clone())), String::new()),
            Outcome::Control(_) => return,
            Outcome::Noise(line) if line.bytes().trim_ascii().is_empty() => return,
            Outcome::Noise(line) => {
                let lost = line.lost_messages().map(|lost| format!("  ({lost})"));
                (Some(line.clone()), lost.unwrap_or_default())
            }
            Outcome::Malformed(malformed) => {
                (malformed.line().cloned(), format!("  ({malformed})"))
            }
            Outcome::TruncatedTail(line) => (Some(line.clone()), "  (cut off)".to_owned()),
        };
        if self.lines.len() == LINES {
            self.more += 1;
            return;
        }
        let text = line.as_ref().map(Line::text).unwrap_or_default();
        let start: String = text.chars().take(SEARCHED).collect();
        self.lines.push(format!("{}{why}", shown(&masked(&start))));
    }

    /// Returns the lines, joined by newlines; empty if there were none.
    pub(super) fn text(&self) -> String {
        let mut text = self.lines.join("\n");
        match self.more {
            0 => {}
            1 => text.push_str("\n... and 1 more line"),
            more => text.push_str(&format!("\n... and {more} more lines")),
        }
        text
    }
}

/// The start of the line, with control characters escaped: a quoted escape sequence must not act on
/// the reader's terminal.
fn shown(text: &str) -> String {
    clip(text, SHOWN).chars().flat_map(visible).collect()
}

fn visible(char: char) -> impl Iterator<Item = char> {
    let is_control = char.is_control();
    let escape = is_control.then(|| char.escape_default()).into_iter().flatten();
    escape.chain((!is_control).then_some(char))
}
