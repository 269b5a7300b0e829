//! What is left of a recording.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What the recording has and the run did not do, one text each, in order.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Item>", into = "Vec<Item>")]
pub(super) struct Left {
    texts: Vec<String>,
    kinds: Vec<Kind>,
}

/// The form in JSON.
#[derive(Serialize, Deserialize)]
struct Item {
    kind: Kind,
    text: String,
}

impl From<Vec<Item>> for Left {
    fn from(items: Vec<Item>) -> Self {
        let mut left = Self::default();
        items.into_iter().for_each(|item| left.push(item.kind, item.text));
        left
    }
}

impl From<Left> for Vec<Item> {
    fn from(left: Left) -> Self {
        let items = left.kinds.into_iter().zip(left.texts);
        items.map(|(kind, text)| Item { kind, text }).collect()
    }
}

/// The kind of something that is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Recording,
    Prompt,
    Request,
    Answer,
    /// Another line of the host.
    Line,
    /// A line of the CLI, or the end of one of its streams.
    Output,
    /// A kept file that could not be put back.
    File,
}

/// The kinds in the order of a summary, with their names: of one, and of several.
const KINDS: [(Kind, &str, &str); 7] = [
    (Kind::Recording, "recording", "recordings"),
    (Kind::Prompt, "prompt", "prompts"),
    (Kind::Request, "request", "requests"),
    (Kind::Answer, "answer", "answers"),
    (Kind::Line, "line", "lines"),
    (Kind::Output, "line of the CLI", "lines of the CLI"),
    (Kind::File, "file that was not put back", "files that were not put back"),
];

/// How many prompts a summary shows.
const SHOWN: usize = 8;

impl Left {
    pub(super) fn push(&mut self, kind: Kind, text: String) {
        self.kinds.push(kind);
        self.texts.push(text);
    }

    pub(super) fn texts(&self) -> &[String] {
        &self.texts
    }

    pub(super) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.texts.extend(other.texts);
        self.kinds.extend(other.kinds);
    }

    /// Names the recording in each text.
    pub(super) fn of(mut self, name: &str) -> Self {
        self.texts.iter_mut().for_each(|text| *text = format!("{name}: {text}"));
        self
    }

    /// `2 prompts, 1 answer, 14 lines of the CLI`.
    fn counts(&self) -> String {
        let counts = KINDS.iter().filter_map(|(kind, one, several)| {
            match self.kinds.iter().filter(|known| *known == kind).count() {
                0 => None,
                1 => Some(format!("1 {one}")),
                count => Some(format!("{count} {several}")),
            }
        });
        counts.collect::<Vec<_>>().join(", ")
    }
}

/// Lines that begin with a line break: the counts, and the prompts; in the alternate form
/// everything. If there is no prompt, the first of what is left.
impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return Ok(());
        }
        write!(f, "\n  left: {}", self.counts())?;
        let is_named = |kind: &Kind| matches!(kind, Kind::Prompt | Kind::Recording | Kind::File);
        let has_names = self.kinds.iter().any(is_named);
        let all = f.alternate();
        let mut shown = 0;
        let mut more = 0;
        for (index, (text, kind)) in self.texts.iter().zip(&self.kinds).enumerate() {
            if !all && !is_named(kind) && (has_names || index > 0) {
                continue;
            }
            if shown == SHOWN && !all {
                more += 1;
                continue;
            }
            shown += 1;
            write!(f, "\n  left: {text}")?;
        }
        if more > 0 {
            write!(f, "\n  left: ... and {more} more")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(kinds: &[Kind]) -> Left {
        let mut left = Left::default();
        for (index, kind) in kinds.iter().enumerate() {
            left.push(*kind, format!("event {}", index + 1));
        }
        left
    }

    #[test]
    fn counts_and_prompts_are_shown() {
        let some = left(&[Kind::Request, Kind::Output, Kind::Prompt, Kind::Output, Kind::Answer]);
        assert_eq!(
            some.to_string(),
            "\n  left: 1 prompt, 1 request, 1 answer, 2 lines of the CLI\n  left: event 3"
        );
        assert_eq!(format!("{some:#}").lines().count(), 7);
        assert_eq!(left(&[]).to_string(), "");
    }

    #[test]
    fn without_a_prompt_the_first_is_shown() {
        let text = left(&[Kind::Output, Kind::Request]).to_string();
        assert_eq!(text, "\n  left: 1 request, 1 line of the CLI\n  left: event 1");
    }

    #[test]
    fn many_prompts_are_cut() {
        let text = left(&[Kind::Prompt; 12]).to_string();
        assert!(text.starts_with("\n  left: 12 prompts\n"), "{text}");
        assert!(text.ends_with("event 8\n  left: ... and 4 more"), "{text}");
        assert_eq!(format!("{:#}", left(&[Kind::Prompt; 12])).lines().count(), 14);
    }
}
