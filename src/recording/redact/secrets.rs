//! Secrets that are known by what stands before them.

use std::ops::Range;

use memchr::memmem;

use super::members;
use super::text::{Text, Words, places, words};

/// What a name of a secret is given: `API_KEY=abc`, `--password=abc`, `"token": "abc"`, `?code=abc`.
///
/// Names are as telling as in [`members`]; the value of one that is neither in quotes nor in capitals must also look like a secret, because
/// most `token = ...` and `password: ...` are programs and prose.
pub(super) fn assigned(text: &Text<'_>) -> Vec<Range<usize>> {
    memchr::memchr2_iter(b'=', b':', &text.plain)
        .filter_map(|sign| value_after(text, sign))
        .collect()
}

/// The account in the CLI's own files, wherever such a text turns up: `"accountUuid": "..."`.
pub(super) fn accounts(text: &Text<'_>) -> Vec<Range<usize>> {
    static NAMES: Words = Words::new(|| words(["accountUuid"]));
    places(&NAMES, &text.plain)
        .filter_map(|(_, at)| quoted_value(text, at, at + "accountUuid".len()))
        .collect()
}

/// The organization, likewise.
pub(super) fn organizations(text: &Text<'_>) -> Vec<Range<usize>> {
    const LEN: usize = "organizationUuid".len();
    static NAMES: Words = Words::new(|| words(["organizationUuid", "organizationName"]));
    places(&NAMES, &text.plain).filter_map(|(_, at)| quoted_value(text, at, at + LEN)).collect()
}

/// The value in quotes of a name in quotes, however they are escaped. A placeholder is none.
fn quoted_value(text: &Text<'_>, start: usize, end: usize) -> Option<Range<usize>> {
    let is_named = text.raw.get(start.checked_sub(1)?) == Some(&b'"')
        && matches!(text.raw.get(end), Some(b'"' | b'\\'));
    let sign = text.run(end, is_gap);
    let begin = text.run(sign + 1, is_gap);
    if !is_named
        || text.plain.get(sign) != Some(&b':')
        || text.raw.get(begin.checked_sub(1)?) != Some(&b'"')
    {
        return None;
    }
    let value = begin..end_of_quoted(text, begin, b'"');
    let first = text.raw.get(value.clone())?.first()?;
    (*first != b'<').then_some(value)
}

fn is_gap(byte: u8) -> bool {
    matches!(byte, b' ' | b'"' | b'\'')
}

fn value_after(text: &Text<'_>, sign: usize) -> Option<Range<usize>> {
    let end = text.run_back(sign, is_gap);
    let start =
        text.run_back(end, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    let name = text.get(start..end);
    if name.is_empty() || sign - end > NEAR {
        return None;
    }
    let in_url = text.before(start).is_some_and(|byte| matches!(byte, b'?' | b'&'));
    let is_flag = name.starts_with(b"-");
    let in_a_place_for_secrets = (in_url && members::is_secret_in_url(name))
        || (is_flag && members::is_secret_argument(name));
    let (named, perhaps) =
        (members::is_secret(name) || in_a_place_for_secrets, members::may_be_secret(name));
    if !named && !perhaps {
        return None;
    }
    let begin = text.run(sign + 1, is_gap);
    if begin - sign > NEAR {
        return None;
    }
    let quote =
        text.raw.get(sign + 1..begin)?.iter().find(|byte| matches!(byte, b'"' | b'\'')).copied();
    let value = match quote {
        Some(quote) => begin..end_of_quoted(text, begin, quote),
        None => {
            begin
                ..text.run(begin, |byte| {
                    byte.is_ascii_graphic() && !b"\"'`,;&|()[]{}<>".contains(&byte)
                })
        }
    };
    let bytes = text.raw.get(value.clone())?;
    let has = |is: fn(&u8) -> bool| bytes.iter().any(is);
    let looks_secret = || {
        has(u8::is_ascii_digit)
            && has(u8::is_ascii_alphabetic)
            && !has(|byte| *byte == b'.')
            && bytes.len() >= 8
    };
    let whole = match quote {
        Some(_) => bytes.len() >= 4,
        None if in_url => bytes.len() >= 6,
        None if members::is_variable(name) && begin == sign + 1 => has(u8::is_ascii_alphanumeric),
        None => looks_secret(),
    };
    // What refers to something: `$VARIABLE`, `<placeholder>`, a path; or was taken out by another.
    let refers = memchr::memchr2(b'<', b'$', bytes).is_some()
        || bytes.starts_with(b"/")
        || bytes.starts_with(b"[REDACTED");
    (whole && !refers && (named || members::looks_secret(bytes))).then_some(value)
}

/// How far a name, the sign and the value may be apart: quotes, escaped quotes, a space.
const NEAR: usize = 6;

/// Before the same quote, and the backslashes that escape it.
fn end_of_quoted(text: &Text<'_>, begin: usize, quote: u8) -> usize {
    let rest = text.raw.get(begin..).unwrap_or_default();
    let mut end = begin + memchr::memchr(quote, rest).unwrap_or(rest.len());
    while end > begin && text.raw.get(end - 1) == Some(&b'\\') {
        end -= 1;
    }
    end
}

static SCHEME_END: Words = Words::new(|| words(["://"]));

/// `postgres://me:password@host`.
pub(super) fn passwords_in_urls(text: &Text<'_>) -> Vec<Range<usize>> {
    places(&SCHEME_END, &text.plain)
        .filter_map(|(_, at)| {
            let start = at + 3;
            let end =
                text.run(start, |byte| byte.is_ascii_graphic() && !b"/\"'?#<>$".contains(&byte));
            let authority = text.get(start..end);
            let at = memchr::memrchr(b'@', authority)?;
            let colon = memchr::memchr(b':', &authority[..at])?;
            (colon + 1 < at).then_some(start + colon + 1..start + at)
        })
        .collect()
}

/// How the first and the last line of a private key begin, and how they end.
pub(super) const BEGIN_KEY: &[u8] = b"-----BEGIN ";
pub(super) const END_KEY: &[u8] = b"-----END ";
pub(super) const KEY_KIND: &[u8] = b"PRIVATE KEY-----";

static BEGIN: Words = Words::new(|| words(["-----BEGIN "]));

/// From `-----BEGIN ... PRIVATE KEY-----` to its end, or to the end of the text.
pub(super) fn private_keys(text: &Text<'_>) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (_, start) in places(&BEGIN, &text.plain) {
        let title = text.get(start..(start + 60).min(text.plain.len()));
        if found.last().is_some_and(|last| start < last.end)
            || memmem::find(title, KEY_KIND).is_none()
        {
            continue;
        }
        let rest = text.get(start..text.plain.len());
        let end = memmem::find(rest, END_KEY)
            .and_then(|end| Some(end + memmem::find(&rest[end..], KEY_KIND)? + KEY_KIND.len()));
        found.push(start..end.map_or(text.plain.len(), |end| start + end));
    }
    found
}
