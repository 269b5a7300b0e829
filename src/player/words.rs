//! Where two long texts differ, word by word.

use std::fmt;
use std::time::Duration;

use similar::{Algorithm, ChangeTag, TextDiff};

/// How many characters around a difference, and of a difference, are shown.
const AROUND: usize = 40;
const SHOWN: usize = 120;

/// How many differences are shown.
const PLACES: usize = 3;

/// The longest that the comparison may take; then larger parts count as different.
const AT_MOST: Duration = Duration::from_millis(500);

/// The differing words of two texts, each with the words around it and the place of the first:
/// `character 812, line 9: …the quick [-brown-]{+red+} fox…`.
#[derive(Debug, PartialEq)]
pub(super) struct WordDiff {
    /// The first difference in the expected text, from 1.
    character: usize,
    line: usize,
    places: Vec<Place>,
}

#[derive(Debug, Default, PartialEq)]
struct Place {
    before: String,
    removed: String,
    added: String,
    after: String,
}

impl WordDiff {
    /// `None` if the texts are equal.
    pub(super) fn of(expected: &str, actual: &str) -> Option<Self> {
        let diff = TextDiff::configure()
            .algorithm(Algorithm::Myers)
            .timeout(AT_MOST)
            .diff_words(expected, actual);
        let mut equal = String::new();
        let mut places: Vec<Place> = Vec::new();
        let mut start = None;
        let mut passed = 0;
        // Whether the last place still grows: a blank between two changed words belongs to it.
        let mut is_open = false;
        for change in diff.iter_all_changes() {
            let word = change.value();
            if change.tag() == ChangeTag::Equal {
                if is_open && !word.trim().is_empty() {
                    is_open = false;
                }
                equal.push_str(word);
                passed += word.len();
                continue;
            }
            let place = match places.last_mut().filter(|_| is_open) {
                Some(place) => {
                    place.removed.push_str(&equal);
                    place.added.push_str(&equal);
                    place
                }
                None => {
                    if let Some(last) = places.last_mut() {
                        last.after.clone_from(&equal);
                    }
                    start.get_or_insert(passed);
                    let before = equal.clone();
                    places.push(Place { before, ..Place::default() });
                    is_open = true;
                    places.last_mut()?
                }
            };
            equal.clear();
            if change.tag() == ChangeTag::Delete {
                place.removed.push_str(word);
                passed += word.len();
            } else {
                place.added.push_str(word);
            }
        }
        places.last_mut()?.after = equal;
        let same = expected.get(..start?)?;
        Some(Self {
            character: same.chars().count() + 1,
            line: same.matches('\n').count() + 1,
            places,
        })
    }
}

impl fmt::Display for WordDiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "character {}", self.character)?;
        if self.line > 1 {
            write!(f, ", line {}", self.line)?;
        }
        f.write_str(": ")?;
        for (index, place) in self.places.iter().take(PLACES).enumerate() {
            // The words between two places are shown once, before the second.
            f.write_str(&end_of(&place.before, AROUND))?;
            for (open, text, close) in [("[-", &place.removed, "-]"), ("{+", &place.added, "+}")] {
                if !text.is_empty() {
                    write!(f, "{open}{}{close}", start_of(text, SHOWN))?;
                }
            }
            if index + 1 == self.places.len().min(PLACES) {
                f.write_str(&start_of(&place.after, AROUND))?;
            }
        }
        if self.places.len() > PLACES {
            write!(f, " (and {} more places)", self.places.len() - PLACES)?;
        }
        Ok(())
    }
}

/// At most `limit` characters of the start of a text, on one line.
fn start_of(text: &str, limit: usize) -> String {
    super::host_line::one_line(text, limit)
}

/// At most `limit` characters of the end of a text, on one line.
fn end_of(text: &str, limit: usize) -> String {
    match text.char_indices().rev().nth(limit.saturating_sub(1)) {
        Some((at, _)) if at > 0 => format!("…{}", text[at..].replace('\n', " ")),
        _ => text.replace('\n', " "),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn diff(expected: &str, actual: &str) -> String {
        WordDiff::of(expected, actual).map_or_else(String::new, |diff| diff.to_string())
    }

    #[test]
    fn the_changed_word_is_marked_within_its_sentence() {
        let before = "word ".repeat(400);
        let expected = format!("{before}the quick brown fox jumps. {before}");
        let actual = expected.replace("brown", "red");
        let text = diff(&expected, &actual);
        assert!(text.starts_with("character 2011: …"), "{text}");
        assert!(text.contains("the quick [-brown-]{+red+} fox jumps. word"), "{text}");
        assert!(text.ends_with('…') && text.chars().count() < 150, "{text}");
    }

    #[test]
    fn lines_words_and_ends_are_marked() {
        assert_eq!(diff("one\ntwo", "one\nthree"), "character 5, line 2: one [-two-]{+three+}");
        assert_eq!(diff("a b", "a b c"), "character 4: a b{+ c+}");
        assert_eq!(diff("x a b", "a b"), "character 1: [-x -]a b");
        assert_eq!(diff("", "new"), "character 1: {+new+}");
        assert_eq!(diff("ä ö ü", "ä ö u"), "character 5: ä ö [-ü-]{+u+}");
        assert_eq!(diff("same", "same"), "");
    }

    #[test]
    fn several_places_are_counted() {
        let expected: String = (0..10).map(|n| format!("key{n} value{n} and more. ")).collect();
        let mut actual = expected.clone();
        for n in [1, 3, 5, 7] {
            actual = actual.replace(&format!("value{n}"), "other");
        }
        let text = diff(&expected, &actual);
        assert!(text.contains("[-value1-]{+other+}") && text.contains("[-value5-]"), "{text}");
        assert!(!text.contains("value7-]") && text.ends_with("(and 1 more places)"), "{text}");
    }

    #[test]
    fn long_differences_are_cut() {
        let text = diff(&"a ".repeat(5000), &"b ".repeat(5000));
        assert!(text.chars().count() < 300, "{text}");
    }

    proptest! {
        #[test]
        fn every_difference_has_a_place(
            one in "[ab \n]{0,30}",
            other in "[ab \n]{0,30}",
        ) {
            let diff = WordDiff::of(&one, &other);
            prop_assert_eq!(diff.is_none(), one == other);
            if let Some(diff) = diff {
                let same = diff.character - 1;
                prop_assert_eq!(one.chars().take(same).collect::<String>(), other.chars().take(same).collect::<String>());
            }
        }
    }
}
