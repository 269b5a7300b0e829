//! Shapes of things that should not be shared, found in plain bytes.

use std::ops::Range;

use memchr::memmem;

/// One shape.
pub(super) struct Pattern {
    pub(super) kind: &'static str,
    pub(super) find: fn(&[u8]) -> Vec<Range<usize>>,
}

/// What scrubbing replaces.
pub(super) const REPLACED: &[Pattern] =
    &[Pattern { kind: "key", find: api_keys }, Pattern { kind: "token", find: bearer_tokens }, Pattern { kind: "email", find: emails }];

/// What only a person can judge.
pub(super) const REPORTED: &[Pattern] = &[Pattern { kind: "path", find: home_paths }];

/// The same text with every escape (`\n`, `\u0041`, also `\\n` of JSON in JSON) as spaces, so that no shape begins with the
/// letter of an escape, and replacing one cannot tear an escape apart.
pub(super) fn without_escapes(text: &[u8]) -> Vec<u8> {
    let mut plain = text.to_vec();
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\\', &plain[at..]) {
        let start = at + found;
        let letter = start + plain[start..].iter().take_while(|byte| **byte == b'\\').count();
        let length = if plain.get(letter) == Some(&b'u') { 5 } else { 1 };
        at = (letter + length).min(plain.len());
        plain[start..at].fill(b' ');
    }
    plain
}

fn api_keys(text: &[u8]) -> Vec<Range<usize>> {
    let is_key = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    memmem::find_iter(text, b"sk-ant-").map(|start| start..run(text, start, is_key)).collect()
}

fn bearer_tokens(text: &[u8]) -> Vec<Range<usize>> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    [&b"Bearer "[..], b"bearer "]
        .iter()
        .flat_map(|word| memmem::find_iter(text, word).map(|at| at + word.len()))
        .map(|start| start..run(text, start, is_token))
        .filter(|token| token.len() >= 16)
        .collect()
}

fn emails(text: &[u8]) -> Vec<Range<usize>> {
    let is_local = |byte: &u8| byte.is_ascii_alphanumeric() || b"._%+-".contains(byte);
    let is_domain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    memchr::memchr_iter(b'@', text)
        .filter_map(|at| {
            let start = at - text[..at].iter().rev().take_while(|byte| is_local(byte)).count();
            let mut domain = &text[at + 1..run(text, at + 1, is_domain)];
            while let [rest @ .., b'.' | b'-'] = domain {
                domain = rest;
            }
            let top = domain.rsplit(|byte| *byte == b'.').next()?;
            let named = domain.len() > top.len() + 1 && top.len() >= 2 && top.iter().all(u8::is_ascii_alphabetic);
            (named && start < at).then_some(start..at + 1 + domain.len())
        })
        .collect()
}

/// Home folders of people; `/home/user` is nobody's.
fn home_paths(text: &[u8]) -> Vec<Range<usize>> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    [&b"/home/"[..], b"/Users/"]
        .iter()
        .flat_map(|parent| memmem::find_iter(text, parent).map(|at| (at, at + parent.len())))
        .map(|(at, name)| (at, name, run(text, name, is_name)))
        .filter(|(_, name, end)| name < end && &text[*name..*end] != b"user")
        .map(|(at, _, end)| at..end)
        .collect()
}

/// Where the run of such bytes that begins at `start` ends.
fn run(text: &[u8], start: usize, is_part: impl Fn(u8) -> bool) -> usize {
    start + text[start..].iter().take_while(|byte| is_part(**byte)).count()
}
