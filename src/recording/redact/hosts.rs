//! Shapes of people's folders and of machines.

use std::ops::Range;

use super::text::{Text, Words, places, words};

/// Names of home folders that are nobody's.
const NOBODY: [&str; 9] =
    ["Public", "Shared", "linuxbrew", "node", "root", "runner", "ubuntu", "user", "vscode"];

/// What stands before the name of a home folder.
const PARENTS: [&str; 4] = ["/home/", "/Users/", "-home-", "-Users-"];

static PARENT_WORDS: Words = Words::new(|| words(PARENTS));

static WINDOWS: Words = Words::new(|| words(["Users\\"]));

/// How private addresses begin.
static ADDRESS_WORDS: Words = Words::new(|| words(["10.", "172.", "192.168.", "169.254.", "100."]));

/// Top-level names of networks that are somebody's own.
const OWN_NETWORKS: [&str; 8] =
    [".corp", ".home.arpa", ".internal", ".intranet", ".lan", ".local", ".localdomain", ".private"];

static NETWORK_WORDS: Words = Words::new(|| words(OWN_NETWORKS));

/// The name in `/home/NAME`, in `/Users/NAME`, in `C:\Users\NAME`, and in the CLI's own spelling of such a folder (`-home-NAME`).
pub(super) fn users(text: &Text<'_>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (index, at) in places(&PARENT_WORDS, &text.plain) {
        let parent = PARENTS[index];
        let is_slug = parent.ends_with('-');
        let is_name = |byte: u8| {
            byte.is_ascii_alphanumeric() || (!is_slug && matches!(byte, b'_' | b'-' | b'.'))
        };
        let begins = !is_slug || matches!(text.before(at), None | Some(b'/' | b'"'));
        let name = at + parent.len();
        if begins {
            found.push(name..text.run(name, is_name));
        }
    }
    found.extend(places(&WINDOWS, text.raw).filter_map(|(_, at)| after_drive(text.raw, at)));
    for name in &mut found {
        while text.raw.get(name.clone()).is_some_and(|name| name.ends_with(b".")) {
            name.end -= 1;
        }
    }
    found.retain(|name| {
        !name.is_empty()
            && !NOBODY.iter().any(|nobody| text.raw.get(name.clone()) == Some(nobody.as_bytes()))
    });
    found
}

/// `C:\Users\NAME`, with as many backslashes in each place as the text needs to say one.
fn after_drive(raw: &[u8], at: usize) -> Option<Range<usize>> {
    let slashes =
        |bytes: &mut dyn Iterator<Item = &u8>| bytes.take_while(|byte| **byte == b'\\').count();
    let (before, after) =
        (slashes(&mut raw[..at].iter().rev()), slashes(&mut raw[at + 5..].iter()));
    let drive = raw.get((at - before).checked_sub(2)?..at - before)?;
    let start = at + 5 + after;
    let len = raw[start..]
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
        .count();
    let is_drive = matches!(drive, [letter, b':'] if letter.is_ascii_alphabetic());
    (is_drive && before == after && before > 0).then_some(start..start + len)
}

/// Addresses of networks that are not the internet, and names of machines in them.
pub(super) fn hosts(text: &Text<'_>) -> Vec<Range<usize>> {
    let mut found = addresses(text);
    found.extend(
        places(&NETWORK_WORDS, &text.plain)
            .filter_map(|(index, at)| name_under(text, at, OWN_NETWORKS[index])),
    );
    found
}

/// IPv4 addresses from 10/8, 172.16/12, 192.168/16, 169.254/16 and 100.64/10.
fn addresses(text: &Text<'_>) -> Vec<Range<usize>> {
    let is_part = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    let mut found = Vec::new();
    for (_, start) in places(&ADDRESS_WORDS, &text.plain) {
        let mut end = text.run(start, is_part);
        if text.before(end) == Some(b'.') {
            end -= 1;
        }
        let goes_on = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let inside = text.before(start).is_some_and(|byte| goes_on(byte) || byte == b'.')
            || text.run(end, goes_on) > end;
        if !inside && is_private(text.get(start..end)) {
            found.push(start..end);
        }
    }
    found
}

fn is_private(address: &[u8]) -> bool {
    let Some(address) =
        std::str::from_utf8(address).ok().and_then(|text| text.parse::<std::net::Ipv4Addr>().ok())
    else {
        return false;
    };
    let [first, second, ..] = address.octets();
    address.is_private() || address.is_link_local() || (first == 100 && (64..128).contains(&second))
}

/// `db1.corp`, `https://wiki.internal`. In a program `this.local` is no machine: the name has a digit or a hyphen, or stands in a URL.
fn name_under(text: &Text<'_>, at: usize, top: &str) -> Option<Range<usize>> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    let (mut start, end) = (text.run_back(at, is_name), at + top.len());
    while matches!(text.plain.get(start), Some(b'-' | b'.')) && start < at {
        start += 1;
    }
    let goes_on = match text.get(end..(end + 2).min(text.plain.len())) {
        [b'.', next] => is_name(*next),
        [next, ..] => next.is_ascii_alphanumeric() || matches!(next, b'-' | b'_' | b'('),
        [] => false,
    };
    let label = text.get(start..at).split(|byte| *byte == b'.').next()?;
    let in_url =
        text.get(start.saturating_sub(2)..start) == b"//" || text.before(start) == Some(b'@');
    let telling = in_url || label.iter().any(|byte| byte.is_ascii_digit() || *byte == b'-');
    let in_path = text.before(start).is_some_and(|byte| matches!(byte, b'/' | b'_')) && !in_url;
    (start < at
        && !goes_on
        && telling
        && !in_path
        && text.get(start..end) != b"host.docker.internal")
        .then_some(start..end)
}
