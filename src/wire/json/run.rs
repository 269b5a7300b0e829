//! Runs of plain string content: what every scan of a line spends its time on.

use wide::u8x16;

/// The first byte at or after `at` that ends a run of plain string content: a quote, a backslash or a control byte.
#[inline]
pub(super) fn plain_end(text: &[u8], at: usize) -> usize {
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

/// The same where less than a block is left of the text: what was seen of its last block counts no more.
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

/// How many bytes are looked at at once.
const BLOCK: usize = 16;

/// A bit for each special byte of the block, from the lowest.
#[inline]
fn specials(block: &[u8; BLOCK]) -> u32 {
    let block = u8x16::new(*block);
    let control = block.simd_eq(block.min(u8x16::splat(0x1f)));
    let special = control | block.simd_eq(u8x16::splat(b'"')) | block.simd_eq(u8x16::splat(b'\\'));
    special.to_bitmask()
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
