//! Runs of plain string content: what every scan of a line spends its time on.

/// The first byte at or after `at` that ends a run of plain string content: a quote, a backslash or a control byte.
#[inline]
pub(super) fn plain_end(text: &[u8], at: usize) -> usize {
    let mut at = at;
    // Most strings on the wire are short: a few words end them.
    for _ in 0..4 {
        let Some(word) = text.get(at..).and_then(<[u8]>::first_chunk::<8>) else { break };
        let hits = specials(u64::from_le_bytes(*word));
        if hits != 0 {
            return at + hits.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    long_plain_end(text, at)
}

/// The same for a long run, or for the end of the text: two passes, each of them in vectors.
#[inline(never)]
fn long_plain_end(text: &[u8], at: usize) -> usize {
    let end = scanned_run_end(text, at);
    let run = text.get(at..end).unwrap_or_default();
    let controls = run.iter().fold(false, |hit, &byte| hit | (byte < 0x20));
    if controls { at + run.iter().take_while(|&&byte| byte >= 0x20).count() } else { end }
}

/// The first quote or backslash at or after `at`, which ends a run in a text that has been scanned before.
pub(super) fn scanned_run_end(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    memchr::memchr2(b'"', b'\\', rest).map_or(at + rest.len(), |found| at + found)
}

/// Sets the high bit of the first special byte of a little-endian word, and perhaps of bytes behind it; 0 when there is none.
#[inline]
const fn specials(word: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGHS: u64 = ONES << 7;
    let quotes = word ^ (ONES * b'"' as u64);
    let backslashes = word ^ (ONES * b'\\' as u64);
    let below_space = word.wrapping_sub(ONES * 0x20) & !word;
    let quote = quotes.wrapping_sub(ONES) & !quotes;
    let backslash = backslashes.wrapping_sub(ONES) & !backslashes;
    (below_space | quote | backslash) & HIGHS
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn plain_runs_end_at_the_first_special_byte(bytes in proptest::collection::vec(prop_oneof![20 => 0x23u8..0x5b, 1 => any::<u8>()], 0..200), start in 0usize..8) {
            let special = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
            let expected = bytes.iter().enumerate().skip(start).find(|(_, byte)| special(**byte)).map_or(bytes.len().max(start), |(at, _)| at);
            prop_assert_eq!(plain_end(&bytes, start), expected);
        }
    }
}
