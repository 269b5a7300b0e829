//! What a redacted text may have been.

use super::numbers::placeholders;

/// Whether `text` may be what `redacted` was before something was taken out of it: the same, where each placeholder that [`scrub`](super::scrub)
/// puts in (`mail <email:1> now`) stands for any text but none.
///
/// ```
/// use claude_wire::recording::fits_redacted;
///
/// assert!(fits_redacted("mail <email:1> now", "mail ann@example.org now"));
/// assert!(!fits_redacted("mail <email:1> now", "mail ann@example.org later"));
/// ```
pub fn fits_redacted(redacted: &str, text: &str) -> bool {
    let mut places = placeholders(redacted.as_bytes()).map(|(_, _, place)| place);
    let Some(first) = places.next() else { return redacted == text };
    let Some(mut rest) = text.strip_prefix(&redacted[..first.start]) else { return false };
    let mut literal = first.end;
    loop {
        // One character at least is the placeholder's.
        let Some(after) = rest
            .char_indices()
            .nth(1)
            .map(|(at, _)| &rest[at..])
            .or((!rest.is_empty()).then_some(""))
        else {
            return false;
        };
        let Some(next) = places.next() else { return after.ends_with(&redacted[literal..]) };
        let between = &redacted[literal..next.start];
        // The first place will do: what is skipped is the placeholder's.
        let Some(at) = after.find(between) else { return false };
        rest = &after[at + between.len()..];
        literal = next.end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert!(fits_redacted(recorded, actual), "{recorded} / {actual}");
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
            ("<odd:1>", "anything"),
        ] {
            assert!(!fits_redacted(recorded, actual), "{recorded} / {actual}");
        }
    }
}
