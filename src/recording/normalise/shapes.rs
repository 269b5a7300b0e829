//! Finding in a text what differs from run to run, by its shape.

use std::ops::Range;

use crate::common::is_uuid;

pub(super) const TIME: &str = "time";

pub(super) const VERSION: &str = "version";

/// The kinds of numbered names.
pub(super) const KINDS: [&str; 5] = ["uuid", "id", "path", VERSION, "host"];

pub(super) enum Shape {
    /// Replaced by a name of this kind.
    Named(&'static str),
    Time,
    /// A run of letters, digits, `_` and `-`: an id, if it is known as one.
    Word,
}

/// The next shape from here on, and its range.
pub(super) fn next(text: &str, from: usize) -> Option<(Shape, Range<usize>)> {
    let bytes = text.as_bytes();
    (from..bytes.len()).find_map(|at| {
        // A second slash is part of a URL.
        let inside = at > 0 && (is_word(bytes[at - 1]) || bytes[at - 1..].starts_with(b"//"));
        let (shape, length) = (!inside).then(|| shape(&bytes[at..])).flatten()?;
        Some((shape, at..at + length))
    })
}

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// The shape that begins here, and its length.
fn shape(text: &[u8]) -> Option<(Shape, usize)> {
    if let Some(length) = path(text) {
        return Some((Shape::Named("path"), length));
    }
    let word = text.iter().take_while(|byte| is_word(**byte)).count();
    if word == 0 {
        return None;
    }
    if let Some(length) = time(text).or_else(|| spoken_time(text)).or_else(|| duration(text)) {
        return Some((Shape::Time, length));
    }
    if let Some(length) = host(text) {
        return Some((Shape::Named("host"), length));
    }
    if let Some(found) = dotted_numbers(text) {
        return Some(found);
    }
    Some((if is_uuid(&text[..word]) { Shape::Named("uuid") } else { Shape::Word }, word))
}

/// `/a/b`, or a variable and the path after it. A single name after a slash may be a command.
fn path(text: &[u8]) -> Option<usize> {
    if !matches!(text, [b'/', next, ..] if *next != b'/') && !text.starts_with(b"${") {
        return None;
    }
    let is_part = |byte: &u8| {
        is_word(*byte) || matches!(byte, b'/' | b'.' | b'@' | b'+' | b'~' | b'$' | b'{' | b'}')
    };
    let length = text.iter().take_while(|byte| is_part(byte)).count();
    let path = &text[..length];
    // The end of a sentence is not part of the path.
    let length = length - path.iter().rev().take_while(|byte| **byte == b'.').count();
    let slashes = path.iter().filter(|byte| **byte == b'/').count();
    (slashes > 1 || path.starts_with(b"${")).then_some(length)
}

/// Whether a text is a day: `2026-11-21`.
pub(super) fn is_day(text: &str) -> bool {
    const DAY: &[u8] = b"0000-00-00";
    text.len() == DAY.len() && begins_with(text.as_bytes(), DAY)
}

/// Whether a text begins in this form, in which `0` is any digit.
fn begins_with(text: &[u8], form: &[u8]) -> bool {
    let is = |(form, byte): (&u8, &u8)| {
        if *form == b'0' { byte.is_ascii_digit() } else { form == byte }
    };
    text.len() >= form.len() && form.iter().zip(text).all(is)
}

/// `2026-11-21T01:06:49.992Z`, and `2026-11-21-010649` in the name of a file.
fn time(text: &[u8]) -> Option<usize> {
    const IN_A_NAME: &[u8] = b"0000-00-00-000000";
    if begins_with(text, IN_A_NAME) {
        return Some(IN_A_NAME.len());
    }
    let form = b"0000-00-00T00:00:00";
    let fits = begins_with(text, form);
    let is_rest =
        |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b':' | b'+' | b'-' | b'Z');
    fits.then(|| form.len() + text[form.len()..].iter().take_while(|byte| is_rest(byte)).count())
}

/// `Nov 29 4:20am`, the form in which scheduled tasks report their time.
fn spoken_time(text: &[u8]) -> Option<usize> {
    const MONTHS: [&[u8]; 12] = [
        b"Jan ", b"Feb ", b"Mar ", b"Apr ", b"May ", b"Jun ", b"Jul ", b"Aug ", b"Sep ", b"Oct ",
        b"Nov ", b"Dec ",
    ];
    let month = MONTHS.iter().find(|month| text.starts_with(month))?;
    let (day, rest) = number(&text[month.len()..])?;
    let (hour, rest) = number(rest.strip_prefix(b" ")?)?;
    let (minute, rest) = number(rest.strip_prefix(b":")?)?;
    let half = [&b"am"[..], b"pm"].into_iter().find(|half| rest.starts_with(half))?;
    Some(month.len() + day + 1 + hour + 1 + minute + half.len())
}

/// `duration_ms: 344` or `duration_ms>344`, as the CLI reports to the model.
fn duration(text: &[u8]) -> Option<usize> {
    let rest = text.strip_prefix(b"duration_ms")?;
    let digits = rest.strip_prefix(b": ").or_else(|| rest.strip_prefix(b">"))?;
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (count > 0).then(|| text.len() - digits.len() + count)
}

/// A number of one or two digits, and what follows it.
fn number(text: &[u8]) -> Option<(usize, &[u8])> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (1..=2).contains(&digits).then(|| (digits, &text[digits..]))
}

/// `127.0.0.1:40123`.
fn host(text: &[u8]) -> Option<usize> {
    let port =
        text.strip_prefix(b"127.0.0.1:")?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (port > 0).then_some(b"127.0.0.1:".len() + port)
}

/// `2.1.329`: exactly three numbers. Longer or shorter dotted numbers are skipped as a whole.
fn dotted_numbers(text: &[u8]) -> Option<(Shape, usize)> {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    let length = length - text[..length].iter().rev().take_while(|byte| **byte == b'.').count();
    let parts: Vec<&[u8]> = text[..length].split(|byte| *byte == b'.').collect();
    let ends = text.get(length).is_none_or(|byte| !is_word(*byte));
    let version = parts.len() == 3 && parts.iter().all(|part| !part.is_empty());
    let shape = if version { Shape::Named(VERSION) } else { Shape::Word };
    (ends && parts.len() > 1).then_some((shape, length))
}
