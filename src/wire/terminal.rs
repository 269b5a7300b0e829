//! Invisible terminal output around a frame: control characters and escape sequences.
//!
//! A frame is found between them, because programs between the CLI and its host write to the same
//! stream: a shell that sets the title of its window, a pseudo-terminal that enables bracketed
//! paste, a writer of JSON text sequences.
//!
//! | sequence | form |
//! |---|---|
//! | control character | one byte below `0x20`, or DEL; RS (`0x1e`) among them |
//! | CSI | `ESC [`, parameters, intermediates, one final byte: colours, bracketed paste |
//! | OSC | `ESC ]`, text, BEL or ST: titles, links |
//! | DCS, SOS, PM, APC | `ESC P`, `ESC X`, `ESC ^`, `ESC _`, text, ST |
//! | title of `screen` | `ESC k`, text, ST |
//! | any other | `ESC`, intermediates, one final byte |
//!
//! ST is `ESC \`. The 8-bit form of an introducer (`0x9b` for `ESC [`), as a character or as a
//! byte, counts as well. Inside a text `ESC` begins the next sequence, and CAN and SUB end the
//! text, as in a terminal.

use std::ops::RangeInclusive;

const BEL: u8 = 0x07;
const CAN: u8 = 0x18;
const SUB: u8 = 0x1a;
const ESC: u8 = 0x1b;
const DEL: u8 = 0x7f;

const INTERMEDIATE: RangeInclusive<u8> = 0x20..=0x2f;

/// The offset of the first byte from `at` on that is neither white space nor part of a sequence;
/// the line's length if there is none.
pub(crate) fn skip(line: &[u8], mut at: usize) -> usize {
    loop {
        at = match line.get(at..).unwrap_or_default() {
            // ESC alone: the brace begins an object.
            [ESC, b'{', b'"' | b'}', ..] => at + 1,
            [ESC, kind @ b' '..=b'~', ..] => sequence(line, at + 2, *kind),
            // The 8-bit form is the byte after ESC, plus 0x40.
            [0xc2, kind @ 0x80..=0x9f, ..] => sequence(line, at + 2, kind - 0x40),
            [kind @ 0x80..=0x9f, ..] => sequence(line, at + 1, kind - 0x40),
            [0..=b' ' | DEL, ..] => at + 1,
            _ => return at,
        };
    }
}

/// The end of the sequence of this kind that continues at `at`.
fn sequence(line: &[u8], at: usize, kind: u8) -> usize {
    match kind {
        b'[' => {
            let parameters = run(line, at, &(0x30..=0x3f));
            end(line, run(line, parameters, &INTERMEDIATE), &(0x40..=0x7e))
        }
        b']' => text_end(line, at, true).unwrap_or(line.len()),
        b'P' | b'X' | b'^' | b'_' => text_end(line, at, false).unwrap_or(line.len()),
        // Without its end it is treated like other escapes.
        b'k' => text_end(line, at, false).unwrap_or(at),
        b' '..=b'/' => end(line, run(line, at, &INTERMEDIATE), &(0x30..=0x7e)),
        _ => at,
    }
}

fn run(line: &[u8], at: usize, bytes: &RangeInclusive<u8>) -> usize {
    at + line.iter().skip(at).take_while(|byte| bytes.contains(byte)).count()
}

/// After the final byte. A brace that begins an object is not one: the sequence was cut short
/// there.
fn end(line: &[u8], at: usize, finals: &RangeInclusive<u8>) -> usize {
    match line.get(at..).unwrap_or_default() {
        [b'{', b'"' | b'}', ..] => at,
        [last, ..] if finals.contains(last) => at + 1,
        _ => at,
    }
}

/// The end of a text. `ESC` begins the next sequence, also in `ESC \`.
fn text_end(line: &[u8], at: usize, bel: bool) -> Option<usize> {
    let text = line.get(at..).unwrap_or_default();
    let ends = |(index, byte): (usize, &u8)| match *byte {
        ESC => Some(at + index),
        CAN | SUB => Some(at + index + 1),
        BEL if bel => Some(at + index + 1),
        // U+009C is the 8-bit ST.
        0xc2 if text.get(index + 1) == Some(&0x9c) => Some(at + index + 2),
        _ => None,
    };
    text.iter().enumerate().find_map(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(line: &[u8]) -> &[u8] {
        &line[skip(line, 0)..]
    }

    #[test]
    fn sequences_of_every_kind_are_skipped() {
        for sequence in [
            "",
            " \t",
            "\x1e",
            "\x00\x07\x08\x7f",
            "\x1b[0m",
            "\x1b[m",
            "\x1b[38;5;1m",
            "\x1b[?2004h",
            "\x1b[200~",
            "\x1b[>4;2m",
            "\x1b[ q",
            "\x1b[5{",
            "\x1b]0;a title\x07",
            "\x1b]0;a {\"title\"}\x1b\\",
            "\x1b]8;;https://a.example/\x1b\\",
            "\x1b]0;日本\u{9c}",
            "\x1bP1$r0m\x1b\\",
            "\x1bXstring\x1b\\",
            "\x1b^private\x1b\\",
            "\x1b_application\x1b\\",
            "\x1bktitle\x1b\\",
            "\x1bPtmux;\x1b\x1b]0;t\x07\x1b\\",
            "\x1b]0;cancelled\x18",
            "\x1b(B",
            "\x1b7\x1b=\x1b>\x1bc",
            "\u{9b}1m\u{9d}0;t\x07",
            "\x1b]0;one\x07\x1b]0;two\x07\x1b[?2004h\r\x1b[K",
        ] {
            let line = format!("{sequence}{{\"a\":1}}{sequence}");
            let at = skip(line.as_bytes(), 0);
            assert_eq!(at, sequence.len(), "{sequence:?}");
            assert_eq!(skip(line.as_bytes(), at + 7), line.len(), "{sequence:?}");
        }
    }

    #[test]
    fn bytes_of_the_8_bit_forms_are_skipped() {
        assert_eq!(left(b"\x9b0m{}"), b"{}");
        assert_eq!(left(b"\x9d0;t\x07{}"), b"{}");
    }

    #[test]
    fn a_sequence_that_was_cut_short_leaves_the_object() {
        for cut in ["\x1b", "\x1b[", "\x1b[?20", "\x1b(", "\x1b[1 ", "\x1bk"] {
            for object in ["{}", "{\"a\":1}"] {
                assert_eq!(left(format!("{cut}{object}").as_bytes()), object.as_bytes(), "{cut:?}");
            }
        }
    }

    #[test]
    fn text_is_not_skipped() {
        for line in ["text", "[0m", "é", "\u{feff}", "\u{a0}x", "\"a\""] {
            assert_eq!(left(line.as_bytes()), line.as_bytes(), "{line:?}");
        }
        assert_eq!(left(b"\x1b[31mtext"), b"text");
        assert_eq!(left(b"\x1b]0;no end{}"), b"");
        assert_eq!(left(b"\x1b"), b"");
        assert_eq!(left(b"\xff{}"), b"\xff{}");
    }
}
