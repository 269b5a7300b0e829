//! Shapes that are recognised by their context: addresses, hosts, users, URLs with passwords,
//! private keys, commands.
//!
//! Each function gets the place of an anchor of its [row](super::patterns::PATTERNS) and returns
//! the place to replace.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use memchr::memmem;

use super::text::{FILL, Text, is_word, looks_secret, refers};

/// An address, except `git@...`, which is part of a repository's name, and `noreply@...`, which no
/// one reads.
pub(super) fn email(text: &Text<'_>, at: Range<usize>) -> Option<Range<usize>> {
    let is_local = |byte: u8| byte.is_ascii_alphanumeric() || b"._%+-".contains(&byte);
    let is_domain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let start = text.run_back(at.start, is_local);
    let mut domain = text.get(at.end..text.run(at.end, is_domain));
    while let [rest @ .., b'.' | b'-'] = domain {
        domain = rest;
    }
    let top = domain.rsplit(|byte| *byte == b'.').next()?;
    let named =
        domain.len() > top.len() + 1 && top.len() >= 2 && top.iter().all(u8::is_ascii_alphabetic);
    // The user of a URL is before its host.
    let in_url = text.get(start.saturating_sub(3)..start) == b"://";
    let is_person = !matches!(text.get(start..at.start), b"" | b"git" | b"noreply") && !in_url;
    (named && is_person && !ends_password(text, at.start)).then_some(start..at.end + domain.len())
}

/// Whether this `@` ends the password of a URL: `//me:password@host.org`. Then it is not an
/// address, and the host stays.
fn ends_password(text: &Text<'_>, at: usize) -> bool {
    let begin = text.run_back(at, |byte| byte.is_ascii_graphic());
    let sign =
        memmem::rfind(text.get(begin..at), b"://").map(|sign| begin + sign..begin + sign + 3);
    sign.and_then(|sign| password_in_url(text, sign)).is_some_and(|password| password.end == at)
}

/// The password in `postgres://me:password@host`, or the token in `https://token@host`.
pub(super) fn password_in_url(text: &Text<'_>, sign: Range<usize>) -> Option<Range<usize>> {
    let start = sign.end;
    let end = text.run(start, |byte| byte.is_ascii_graphic() && !b"\"'`<>".contains(&byte));
    let rest = text.get(start..end);
    // Up to the last `@` before a path. An unencoded password may have a slash in it, which no port
    // precedes.
    let path = memchr::memchr3(b'/', b'?', b'#', rest).unwrap_or(rest.len());
    let at = memchr::memrchr(b'@', &rest[..path]).or_else(|| {
        let port = &rest[memchr::memchr(b':', &rest[..path])? + 1..path];
        let is_port = port.len() >= 2 && port.iter().all(u8::is_ascii_digit);
        (!is_port).then(|| memchr::memchr(b'@', rest))?
    })?;
    match memchr::memchr(b':', &rest[..at]) {
        Some(colon) => {
            let value = start + colon + 1..start + at;
            (!value.is_empty() && !refers(text.get(value.clone()))).then_some(value)
        }
        None => looks_secret(&rest[..at], 16).then_some(start..start + at),
    }
}

/// The first and the last line of a private key: how they begin, and how they end.
pub(super) const BEGIN_KEY: &[u8] = b"-----BEGIN ";
pub(super) const END_KEY: &[u8] = b"-----END ";
const KEY_KINDS: [&[u8]; 2] = [b"PRIVATE KEY-----", b"PRIVATE KEY BLOCK-----"];

/// From `-----BEGIN ... PRIVATE KEY-----` to its end, or to the end of the text.
pub(super) fn private_key(text: &Text<'_>, begin: Range<usize>) -> Option<Range<usize>> {
    after_mark(text.from(begin.start, 80), BEGIN_KEY)?;
    let end = after_mark(text.get(begin.start..text.len()), END_KEY);
    Some(begin.start..end.map_or(text.len(), |end| begin.start + end))
}

/// The end of the first such line of a private key in a text, if there is one.
pub(super) fn after_mark(text: &[u8], mark: &[u8]) -> Option<usize> {
    memmem::find_iter(text, mark).find_map(|at| {
        let title = &text[at..text.len().min(at + 60)];
        KEY_KINDS.into_iter().find_map(|kind| Some(at + memmem::find(title, kind)? + kind.len()))
    })
}

/// The password in `host:5432:database:user:password`, a line of a `.pgpass`; the anchor is the end
/// of the port.
pub(super) fn pgpass(text: &Text<'_>, port: Range<usize>) -> Option<Range<usize>> {
    let is_part = |byte: u8| is_word(byte) || matches!(byte, b'.' | b'*');
    let digits = text.run_back(port.end - 1, |byte| byte.is_ascii_digit() || byte == b'*');
    let host = text.run_back(digits.checked_sub(1)?, is_part);
    let is_line = matches!(text.before(host), None | Some(b'\n' | b' ' | b'\t' | b'"' | b'\''));
    if text.before(digits) != Some(b':') || host + 1 == digits || !is_line {
        return None;
    }
    let mut at = port.end;
    for _ in ["database", "user"] {
        let end = text.run(at, is_part);
        if end == at || text.at(end) != Some(b':') {
            return None;
        }
        at = end + 1;
    }
    let value = at..text.run(at, |byte| byte.is_ascii_graphic() && !b"\"'".contains(&byte));
    (value.len() >= 4).then_some(value)
}

/// `Bearer abc`.
pub(super) fn token_after_scheme(text: &Text<'_>, scheme: Range<usize>) -> Option<Range<usize>> {
    let token = scheme.end
        ..text.run(scheme.end, |byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte));
    let word = text.get(token.clone());
    let is_one = match text.get(scheme.clone()) {
        b"Basic " => is_login(word),
        b"Bearer " | b"bearer " | b"BEARER " => looks_secret(word, 16),
        _ => looks_secret(word, 20),
    };
    (is_one && !text.before(scheme.start).is_some_and(is_word)).then_some(token)
}

/// Whether this is a name and a password in base64, and not the second word of `Basic
/// Authentication`.
fn is_login(word: &[u8]) -> bool {
    let unpadded = word
        .trim_ascii_end()
        .strip_suffix(b"==")
        .or_else(|| word.strip_suffix(b"="))
        .unwrap_or(word);
    STANDARD_NO_PAD.decode(unpadded).is_ok_and(|login| login.contains(&b':'))
        || looks_secret(word, 20)
}

/// `eyJ...`: a JSON web token, three parts in base64 of which the first is an object.
pub(super) fn web_token(text: &Text<'_>, begin: Range<usize>) -> Option<Range<usize>> {
    let start = begin.start;
    let end = text.run(start, |byte| is_word(byte) || byte == b'.');
    let token = text.get(start..end);
    let dots = memchr::memchr_iter(b'.', token).count();
    let begins = token.starts_with(b"eyJ")
        && !text.before(start).is_some_and(|byte| is_word(byte) || b".~+/=".contains(&byte));
    (begins && (dots == 2 || dots == 4) && token.len() >= 40).then_some(start..end)
}

/// The quoted value of a quoted name, however they are escaped: the account in the CLI's own files,
/// wherever such a text occurs.
pub(super) fn quoted_value(text: &Text<'_>, name: Range<usize>) -> Option<Range<usize>> {
    let closed = text.run(name.end, |byte| byte == FILL);
    if text.before(name.start) != Some(b'"') || text.at(closed) != Some(b'"') {
        return None;
    }
    let sign = text.run(closed + 1, |byte| byte == b' ');
    let quote = text.run(sign + 1, |byte| byte == b' ' || byte == FILL);
    if text.at(sign) != Some(b':') || text.at(quote) != Some(b'"') {
        return None;
    }
    let value = text.quoted(quote + 1, b'"', text.slashes(quote))?;
    (!value.is_empty() && text.at(value.start) != Some(b'<')).then_some(value)
}

/// Up to the end of the text: a note that the CLI appends to a tool's output.
pub(super) fn to_the_end(text: &Text<'_>, note: Range<usize>) -> Option<Range<usize>> {
    Some(note.start..text.len())
}

/// Names of home folders that do not belong to a person.
const IMPERSONAL: [&str; 9] =
    ["Public", "Shared", "linuxbrew", "node", "root", "runner", "ubuntu", "user", "vscode"];

/// The name in `/home/NAME`, in `/Users/NAME`, and in the CLI's own spelling of such a folder
/// (`-home-NAME`).
pub(super) fn user(text: &Text<'_>, parent: Range<usize>) -> Option<Range<usize>> {
    let is_slug = text.at(parent.start) == Some(b'-');
    let begins = !is_slug || matches!(text.before(parent.start), None | Some(b'/' | b'"'));
    let is_name =
        |byte: u8| byte.is_ascii_alphanumeric() || (!is_slug && matches!(byte, b'_' | b'-' | b'.'));
    let name = parent.end..text.run(parent.end, is_name);
    if begins { person(text, name) } else { None }
}

/// The name in `C:\Users\NAME`, with any number of backslashes for each separator.
pub(super) fn user_on_drive(text: &Text<'_>, folder: Range<usize>) -> Option<Range<usize>> {
    let slashes =
        |bytes: &mut dyn Iterator<Item = &u8>| bytes.take_while(|byte| **byte == b'\\').count();
    // A name may begin with the letter of an escape, so this reads the raw text.
    let raw = text.raw;
    let before = slashes(&mut raw[..folder.start].iter().rev());
    let after = slashes(&mut raw[folder.end..].iter());
    let drive = raw.get((folder.start - before).checked_sub(2)?..folder.start - before)?;
    let start = folder.end + after;
    let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let name = start..start + raw[start..].iter().take_while(is_name).count();
    let is_drive = matches!(drive, [letter, b':'] if letter.is_ascii_alphabetic());
    if is_drive && before == after && before > 0 { person(text, name) } else { None }
}

fn person(text: &Text<'_>, mut name: Range<usize>) -> Option<Range<usize>> {
    while text.raw.get(name.clone()).is_some_and(|name| name.ends_with(b".")) {
        name.end -= 1;
    }
    let bytes = text.raw.get(name.clone())?;
    let is_person = !bytes.is_empty() && !IMPERSONAL.iter().any(|other| bytes == other.as_bytes());
    is_person.then_some(name)
}

/// IPv4 addresses of private networks: 10/8, 172.16/12, 192.168/16, 169.254/16 and 100.64/10.
pub(super) fn private_address(text: &Text<'_>, begin: Range<usize>) -> Option<Range<usize>> {
    let start = begin.start;
    let mut end = text.run(start, |byte| byte.is_ascii_digit() || byte == b'.');
    if text.before(end) == Some(b'.') {
        end -= 1;
    }
    let is_inside = text.before(start).is_some_and(|byte| is_word(byte) || byte == b'.')
        || text.at(end).is_some_and(is_word);
    let address =
        std::str::from_utf8(text.get(start..end)).ok()?.parse::<std::net::Ipv4Addr>().ok()?;
    let [first, second, ..] = address.octets();
    let is_private = address.is_private()
        || address.is_link_local()
        || (first == 100 && (64..128).contains(&second));
    (!is_inside && is_private).then_some(start..end)
}

/// `db1.corp`, `https://wiki.internal`. In code `this.local` is not a machine, so the name must
/// have a digit or a hyphen, or be in a URL.
pub(super) fn private_host(text: &Text<'_>, top: Range<usize>) -> Option<Range<usize>> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    let (mut start, end) = (text.run_back(top.start, is_name), top.end);
    while matches!(text.at(start), Some(b'-' | b'.')) && start < top.start {
        start += 1;
    }
    let goes_on = match text.from(end, 2) {
        [b'.', next] => is_name(*next),
        [next, ..] => next.is_ascii_alphanumeric() || matches!(next, b'-' | b'_' | b'('),
        [] => false,
    };
    let label = text.get(start..top.start).split(|byte| *byte == b'.').next()?;
    let in_url =
        text.get(start.saturating_sub(2)..start) == b"//" || text.before(start) == Some(b'@');
    let says_much = in_url || label.iter().any(|byte| byte.is_ascii_digit() || *byte == b'-');
    let in_path = text.before(start).is_some_and(|byte| matches!(byte, b'/' | b'_')) && !in_url;
    let is_host = start < top.start && !goes_on && says_much && !in_path;
    (is_host && text.get(start..end) != b"host.docker.internal").then_some(start..end)
}

/// How a command takes a password.
#[derive(Clone, Copy, PartialEq)]
enum Takes {
    /// `-pPASSWORD`.
    Attached,
    /// `-p PASSWORD`.
    Next,
    /// `-u NAME:PASSWORD`.
    Pair,
}

/// A program, its flags, and the place of its secret.
type Command = (&'static [u8], &'static [&'static [u8]], Takes);

/// Commands that take a password by a flag whose name does not say so.
const COMMANDS: [Command; 9] = [
    (b"mysql", &[b"-p"], Takes::Attached),
    (b"mariadb", &[b"-p"], Takes::Attached),
    (b"mongo", &[b"-p"], Takes::Next),
    (b"sshpass", &[b"-p"], Takes::Attached),
    (b"sshpass", &[b"-p"], Takes::Next),
    (b"curl", &[b"-u", b"--user", b"-U", b"--proxy-user"], Takes::Pair),
    (b"redis-cli", &[b"-a"], Takes::Next),
    (b"ldap", &[b"-w"], Takes::Next),
    (b"login", &[b"-p"], Takes::Next),
];

/// The password in a command: `mysql -pabc`, `curl -u me:abc`, `sshpass -p abc`, `docker login -p
/// abc`.
pub(super) fn password_of_command(text: &Text<'_>, command: Range<usize>) -> Option<Range<usize>> {
    if text.before(command.start).is_some_and(|byte| is_word(byte) || byte == b'.') {
        return None;
    }
    let begin = text.run(command.end, is_word);
    let end =
        text.run(begin, |byte| byte != b'\n' && byte != b'|' && byte != b';').min(begin + 512);
    let name = text.get(command);
    let mut words = Words { text, at: begin, end };
    let mut before: Option<Range<usize>> = None;
    std::iter::from_fn(|| words.next()).find_map(|word| {
        let bytes = text.get(word.clone());
        let is_flag =
            |flag: &&[u8]| before.as_ref().is_some_and(|before| text.get(before.clone()) == *flag);
        let value = COMMANDS
            .iter()
            .filter(|(known, ..)| known.eq_ignore_ascii_case(name))
            .find_map(|(_, flags, takes)| match takes {
                Takes::Attached => {
                    let flag = flags
                        .iter()
                        .find(|flag| bytes.starts_with(flag) && bytes.len() > flag.len())?;
                    Some(word.start + flag.len()..word.end)
                }
                Takes::Next => flags.iter().any(&is_flag).then(|| word.clone()),
                Takes::Pair => {
                    let attached = flags
                        .iter()
                        .find(|flag| flag.len() == 2 && bytes.starts_with(flag))
                        .map_or(0, |flag| flag.len());
                    let is_pair = attached > 0 || flags.iter().any(&is_flag);
                    let colon = memchr::memchr(b':', bytes).filter(|_| is_pair)?;
                    Some(word.start + colon + 1..word.end)
                }
            });
        before = Some(word);
        value.filter(|value| {
            let bytes = text.get(value.clone());
            let is_flag = bytes.starts_with(b"-") && !looks_secret(bytes, 16);
            bytes.len() >= 3 && !refers(bytes) && !is_flag
        })
    })
}

/// The words of a command line, without their quotes.
struct Words<'t, 'a> {
    text: &'t Text<'a>,
    at: usize,
    end: usize,
}

impl Words<'_, '_> {
    fn next(&mut self) -> Option<Range<usize>> {
        let text = self.text;
        let is_gap = |byte: u8| matches!(byte, b' ' | b'\t' | b'"' | b'\'' | FILL);
        let start = text.run(self.at, is_gap);
        let quote = text.before(start).filter(|byte| matches!(byte, b'"' | b'\''));
        let end = match quote {
            Some(quote) => text.run(start, |byte| byte != quote && byte != FILL && byte != b'\n'),
            None => text.run(start, |byte| !is_gap(byte) && byte != b'\n'),
        };
        self.at = end + 1;
        (start < end && end <= self.end).then_some(start..end)
    }
}
