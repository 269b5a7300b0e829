//! Shapes of things that should not be shared: they are known by how they look.

use std::ops::Range;

use super::hosts::{hosts, users};
use super::secrets::{accounts, assigned, organizations, passwords_in_urls, private_keys};
use super::text::{Text, Words, places, words};

/// One shape.
pub(super) struct Shape {
    pub(super) kind: &'static str,
    pub(super) find: fn(&Text<'_>) -> Vec<Range<usize>>,
}

/// All of them. Where two match the same text, the first wins.
pub(super) const SHAPES: [Shape; 10] = [
    Shape { kind: "secret", find: private_keys },
    Shape { kind: "key", find: api_keys },
    Shape { kind: "token", find: tokens },
    Shape { kind: "secret", find: passwords_in_urls },
    Shape { kind: "secret", find: assigned },
    Shape { kind: "account", find: accounts },
    Shape { kind: "organization", find: organizations },
    Shape { kind: "email", find: emails },
    Shape { kind: "user", find: users },
    Shape { kind: "host", find: hosts },
];

/// How keys of well-known services begin, and how many characters must follow at least. Of those that begin alike the longer comes first.
const KEYS: [(&str, usize); 37] = [
    ("sk-ant-", 0),
    ("sk-proj-", 20),
    ("sk-svcacct-", 20),
    ("sk-or-", 20),
    ("sk-", 32),
    ("gsk_", 32),
    ("xai-", 32),
    ("sk_live_", 16),
    ("sk_test_", 16),
    ("rk_live_", 16),
    ("rk_test_", 16),
    ("whsec_", 20),
    ("ghp_", 20),
    ("gho_", 20),
    ("ghu_", 20),
    ("ghs_", 20),
    ("ghr_", 20),
    ("github_pat_", 20),
    ("glpat-", 16),
    ("xoxa-", 10),
    ("xoxb-", 10),
    ("xoxp-", 10),
    ("xapp-", 10),
    ("npm_", 30),
    ("pypi-", 32),
    ("hf_", 30),
    ("hvs.", 20),
    ("ya29.", 20),
    ("GOCSPX-", 20),
    ("SG.", 40),
    ("dop_v1_", 32),
    ("shpat_", 32),
    ("AIza", 35),
    ("AKIA", 16),
    ("ASIA", 16),
    // Of connection strings, base64.
    ("AccountKey=", 40),
    ("SharedAccessKey=", 40),
];

/// Those whose keys have more than letters, digits, `_` and `-`.
const WIDER: [(&str, &[u8]); 5] = [
    ("ya29.", b"."),
    ("SG.", b"."),
    ("hvs.", b"."),
    ("AccountKey=", b"+/="),
    ("SharedAccessKey=", b"+/="),
];

static KEY_WORDS: Words = Words::new(|| words(KEYS.map(|(prefix, _)| prefix)));

fn api_keys(text: &Text<'_>) -> Vec<Range<usize>> {
    let is_key = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let mut found = Vec::new();
    for (index, start) in places(&KEY_WORDS, &text.plain) {
        let (prefix, least) = KEYS[index];
        let wider =
            WIDER.iter().find(|(wide, _)| *wide == prefix).map_or(&b""[..], |(_, more)| more);
        let mut end = text.run(start + prefix.len(), |byte| is_key(byte) || wider.contains(&byte));
        while text.before(end) == Some(b'.') {
            end -= 1;
        }
        let begins = !text.before(start).is_some_and(is_key);
        let key = text.get((start + prefix.len()).min(end)..end);
        // Words with hyphens between them are as long: only a key that is one word of letters and digits counts after a bare `sk-`.
        let plain = prefix != "sk-" || (key.iter().any(u8::is_ascii_digit) && !key.contains(&b'-'));
        if begins && plain && key.len() >= least {
            found.push(start + if prefix.ends_with('=') { prefix.len() } else { 0 }..end);
        }
    }
    found
}

/// Words before a token, and how long it is at least.
const SCHEMES: [(&str, usize); 4] =
    [("Bearer ", 16), ("bearer ", 16), ("Basic ", 12), ("basic ", 20)];

static SCHEME_WORDS: Words = Words::new(|| words(SCHEMES.map(|(word, _)| word)));

/// How the first part of a JSON web token begins: an object, in base64.
static JWT: Words = Words::new(|| words(["eyJ"]));

/// What follows `Bearer` or `Basic`, and JSON web tokens.
fn tokens(text: &Text<'_>) -> Vec<Range<usize>> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    let mut found = Vec::new();
    for (index, at) in places(&SCHEME_WORDS, &text.plain) {
        let (word, least) = SCHEMES[index];
        let token = at + word.len()..text.run(at + word.len(), is_token);
        if token.len() >= least {
            found.push(token);
        }
    }
    for (_, start) in places(&JWT, &text.plain) {
        let end = text.run(start, |byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        let dots = memchr::memchr_iter(b'.', text.get(start..end)).count();
        if !text.before(start).is_some_and(is_token) && dots == 2 && end - start >= 40 {
            found.push(start..end);
        }
    }
    found
}

/// Addresses, but for `git@...`, which is part of a repository's name, and `noreply@...`, which is nobody's.
fn emails(text: &Text<'_>) -> Vec<Range<usize>> {
    let is_local = |byte: u8| byte.is_ascii_alphanumeric() || b"._%+-".contains(&byte);
    let is_domain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    memchr::memchr_iter(b'@', &text.plain)
        .filter_map(|at| {
            let start = text.run_back(at, is_local);
            let mut domain = text.get(at + 1..text.run(at + 1, is_domain));
            while let [rest @ .., b'.' | b'-'] = domain {
                domain = rest;
            }
            let top = domain.rsplit(|byte| *byte == b'.').next()?;
            let named = domain.len() > top.len() + 1
                && top.len() >= 2
                && top.iter().all(u8::is_ascii_alphabetic);
            let somebody = !matches!(text.get(start..at), b"" | b"git" | b"noreply");
            (named && somebody && !is_password(text, start)).then_some(start..at + 1 + domain.len())
        })
        .collect()
}

/// Whether what begins here is the password of a URL: `//me:password@host.org`. The name of the host may matter, so it is no address.
fn is_password(text: &Text<'_>, start: usize) -> bool {
    let begin = text.run_back(start, |byte| byte.is_ascii_graphic() && byte != b'/');
    text.get(begin.saturating_sub(3)..begin) == b"://"
        && memchr::memchr(b':', text.get(begin..start)).is_some()
}
