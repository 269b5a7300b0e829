//! Skips what need not be examined: runs of plain string content, where every scan spends most of
//! its time; white space; values of a text that was scanned before.

use wide::u8x16;

/// The first byte at or after `at` that ends a run of plain string content: a quote, a backslash or
/// a control byte.
#[inline]
pub(crate) fn plain_end(text: &[u8], at: usize) -> usize {
    let mut at = at;
    for block in text.get(at..).unwrap_or_default().as_chunks().0 {
        let specials = specials(block);
        if specials != 0 {
            return at + specials.trailing_zeros() as usize;
        }
        at += BLOCK;
    }
    last_plain_end(text, at)
}

/// The same for the end of the text, which is shorter than a block: bytes of the last block that
/// were seen already do not count.
#[inline(never)]
fn last_plain_end(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let Some(block) = text.last_chunk() else {
        let special = |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\';
        return at + rest.iter().position(special).unwrap_or(rest.len());
    };
    let specials = specials(block) >> (BLOCK - rest.len());
    at + rest.len().min(specials.trailing_zeros() as usize)
}

/// The number of bytes in a block.
const BLOCK: usize = 16;

/// A bit for each special byte of the block, from the lowest.
#[inline]
fn specials(block: &[u8; BLOCK]) -> u32 {
    let block = u8x16::new(*block);
    let control = block.simd_eq(block.min(u8x16::splat(0x1f)));
    let special = control | block.simd_eq(u8x16::splat(b'"')) | block.simd_eq(u8x16::splat(b'\\'));
    special.to_bitmask()
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
