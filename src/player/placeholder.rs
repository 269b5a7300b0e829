//! Texts from which something was taken out: `mail <email:1> now`.

use std::ops::Range;

use crate::recording::next_placeholder;

/// Whether a text is a placeholder (`<text:1>`) and nothing else.
pub(super) fn is_placeholder(text: &str) -> bool {
    find(text, 0).is_some_and(|place| place == (0..text.len()))
}

/// Whether an actual text may be the recorded one: the same, where each placeholder stands for any text but none.
pub(super) fn fits(recorded: &str, actual: &str) -> bool {
    let Some(first) = find(recorded, 0) else { return recorded == actual };
    let Some(mut rest) = actual.strip_prefix(&recorded[..first.start]) else { return false };
    let mut literal = first.end;
    loop {
        // One character at least is the placeholder's.
        let Some(after) = rest.char_indices().nth(1).map(|(at, _)| &rest[at..]).or((!rest.is_empty()).then_some("")) else { return false };
        match find(recorded, literal) {
            None => return after.ends_with(&recorded[literal..]),
            Some(next) => {
                let between = &recorded[literal..next.start];
                // The first place will do: what is skipped is the placeholder's.
                let Some(at) = after.find(between) else { return false };
                rest = &after[at + between.len()..];
                literal = next.end;
            }
        }
    }
}

/// The next placeholder at or after `from`.
fn find(text: &str, from: usize) -> Option<Range<usize>> {
    next_placeholder(&text[from..]).map(|place| from + place.start..from + place.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_is_all_of_the_text() {
        assert!(is_placeholder("<text:1>") && is_placeholder("<organization:12>"));
        for text in ["<text:x>", "text:1", "<:1>", "<text:1> ", "a<text:1>", "<b>", "<a<text:1>", ""] {
            assert!(!is_placeholder(text), "{text}");
        }
    }

    #[test]
    fn what_was_taken_out_may_have_been_anything() {
        for (recorded, actual) in [
            ("hi", "hi"),
            ("<key:1>", "k"),
            ("mail <email:1> now", "mail ann@x.io now"),
            ("<email:1>, <email:2>.", "a@b.cd, e@f.gh."),
            ("if a < b: <key:1> else <key:1>", "if a < b: ü else ü"),
            ("<key:1><key:2>", "ab"),
            ("<user:1>/x/x", "ann/x/x/x"),
        ] {
            assert!(fits(recorded, actual), "{recorded} / {actual}");
        }
        for (recorded, actual) in [
            ("hi", "ho"),
            ("<key:1>", ""),
            ("mail <email:1> now", "mail  now"),
            ("mail <email:1> now", "mail ann@x.io later"),
            ("mail <email:1>", "post ann@x.io"),
            ("<key:1>, <key:2>", "a, "),
            ("<key:1><key:2>", "a"),
            ("a<b>", "a<c>"),
        ] {
            assert!(!fits(recorded, actual), "{recorded} / {actual}");
        }
    }
}
