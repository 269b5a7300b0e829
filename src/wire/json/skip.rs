//! Skips what need not be examined: runs of plain string content, where every scan spends most of
//! its time; white space; values of a text that was scanned before.

/// The first byte at or after `at` that ends a run of plain string content: a quote, a backslash or
/// a control byte.
#[inline]
pub(crate) fn plain_end(text: &[u8], at: usize) -> usize {
    let mut at = at;
    let Some((first, rest)) = text.get(at..).unwrap_or_default().split_first_chunk() else {
        return last_plain_end(text, at);
    };
    // Most strings are short: the answer is needed at once.
    if let Some(index) = first_special(first) {
        return at + index;
    }
    at += BLOCK;
    for block in rest.as_chunks().0 {
        if has_special(block) {
            return at + first_special(block).unwrap_or_default();
        }
        at += BLOCK;
    }
    last_plain_end(text, at)
}

/// The same for the end of the text, which is shorter than a block.
#[inline(never)]
fn last_plain_end(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| is_special(*byte)).unwrap_or(rest.len())
}

/// The number of bytes in a block.
const BLOCK: usize = 16;

const fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Without a branch for each byte, so that it compiles to a few vector instructions.
#[inline]
fn has_special(block: &[u8; BLOCK]) -> bool {
    let mut any = 0;
    for byte in block {
        any |= u8::from(*byte < 0x20) | u8::from(*byte == b'"') | u8::from(*byte == b'\\');
    }
    any != 0
}

/// The index of the first special byte.
#[inline]
fn first_special(block: &[u8; BLOCK]) -> Option<usize> {
    let (halves, _) = block.as_chunks();
    match (specials(halves[0]), specials(halves[1])) {
        (0, 0) => None,
        (0, high) => Some(HALF + high.trailing_zeros() as usize / 8),
        (low, _) => Some(low.trailing_zeros() as usize / 8),
    }
}

const HALF: usize = BLOCK / 2;

/// The lowest bit that is set is the top bit of the first special byte. A subtraction that borrows
/// may set bits above it that mean nothing.
#[inline]
fn specials(bytes: [u8; HALF]) -> u64 {
    const ONES: u64 = u64::MAX / 0xff;
    const TOPS: u64 = ONES << 7;
    let word = u64::from_le_bytes(bytes);
    let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word;
    let quote = word ^ (ONES * u64::from(b'"'));
    let backslash = word ^ (ONES * u64::from(b'\\'));
    (below(word, 0x20) | below(quote, 1) | below(backslash, 1)) & TOPS
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\t' | b'\r')
}

/// The offset of the first byte at or after `at` that is not white space.
#[inline]
pub(super) fn skip_space(text: &[u8], at: usize) -> usize {
    match text.get(at) {
        Some(byte) if *byte > b' ' => at,
        _ => space_end(text, at),
    }
}

/// The CLI writes almost no white space.
#[cold]
#[inline(never)]
fn space_end(text: &[u8], at: usize) -> usize {
    at + text.get(at..).unwrap_or_default().iter().take_while(|byte| is_space(**byte)).count()
}

/// The end of the value at `at`, in a text that was scanned before: nothing is checked again.
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

/// The offset after the closing quote of the string whose content starts at `at`, in a text that
/// was scanned before.
pub(super) fn skip_string(text: &[u8], at: usize) -> usize {
    let end = plain_end(text, at);
    if text.get(end) == Some(&b'"') { end + 1 } else { skip_escaped_string(text, end) }
}

/// The same from the first escape on: the string ends at the first quote with an even number of
/// backslashes before it.
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
    use proptest::prelude::*;

    use super::*;
    use crate::wire::json::scan::value_end;

    proptest! {
        #[test]
        fn plain_runs_end_at_the_first_special_byte(bytes in proptest::collection::vec(prop_oneof![20 => 0x23u8..0x5b, 1 => any::<u8>()], 0..200), start in 0usize..8) {
            let special = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
            let expected = bytes.iter().enumerate().skip(start).find(|(_, byte)| special(**byte)).map_or(bytes.len().max(start), |(at, _)| at);
            prop_assert_eq!(plain_end(&bytes, start), expected);
        }
    }

    #[test]
    fn each_byte_at_each_place_of_a_block_is_recognised() {
        for byte in 0..=u8::MAX {
            for place in 0..2 * BLOCK {
                for after in [b'a', b'"', 0, 0x80, 0xff] {
                    let mut text = [b'a'; 2 * BLOCK + 3];
                    text[place..].fill(after);
                    text[place] = byte;
                    let expected = text.iter().position(|byte| is_special(*byte));
                    assert_eq!(plain_end(&text, 0), expected.unwrap_or(text.len()), "{text:?}");
                }
            }
        }
    }

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
