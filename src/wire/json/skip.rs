//! Steps over a value of a text that has been scanned before.

use super::run::plain_end;
use super::scan::is_space;

/// The end of the value at `at`, in a text that has been scanned before: nothing is checked again.
pub(super) fn skip_value(text: &[u8], at: usize) -> usize {
    match text.get(at) {
        Some(b'"') => skip_string(text, at + 1),
        Some(b'{' | b'[') => skip_container(text, at),
        _ => {
            let rest = text.get(at..).unwrap_or_default();
            let scalar = |byte: &u8| !matches!(byte, b',' | b'}' | b']') && !is_space(*byte);
            at + rest.iter().position(|byte| !scalar(byte)).unwrap_or(rest.len())
        }
    }
}

/// The offset behind the closing quote of the string whose content starts at `at`, in a text that has been scanned before.
pub(super) fn skip_string(text: &[u8], at: usize) -> usize {
    let end = plain_end(text, at);
    if text.get(end) == Some(&b'"') { end + 1 } else { skip_escaped_string(text, end) }
}

/// The same from the first escape on: the string ends at the first quote with an even number of backslashes before it.
pub(super) fn skip_escaped_string(text: &[u8], first: usize) -> usize {
    let mut at = first;
    while let Some(found) = memchr::memchr(b'"', text.get(at..).unwrap_or_default()) {
        let quote = at + found;
        let backslashes =
            text[first..quote].iter().rev().take_while(|&&byte| byte == b'\\').count();
        at = quote + 1;
        if backslashes.is_multiple_of(2) {
            return at;
        }
    }
    text.len()
}

fn skip_container(text: &[u8], at: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = at;
    loop {
        match text.get(at) {
            Some(b'"') => {
                at = skip_string(text, at + 1);
                continue;
            }
            Some(b'{' | b'[') => depth += 1,
            Some(b'}' | b']') if depth <= 1 => return at + 1,
            Some(b'}' | b']') => depth -= 1,
            Some(_) => {}
            None => return text.len(),
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::json::scan::{skip_space, value_end};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn skipping_a_scanned_value_ends_where_the_scan_did(text in r#"[\{\}\[\],:"\\ua0-9eE+\-. tfn\x01é]{0,40}"#) {
            let text = [text.as_bytes(), b" "].concat();
            let start = skip_space(&text, 0);
            if let Ok(end) = value_end(&text, start) {
                prop_assert_eq!(skip_value(&text[..end], start), end);
            }
        }
    }
}
