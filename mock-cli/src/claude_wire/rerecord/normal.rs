//! What was delivered, without what differs from run to run.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use claude_wire::recording::{Event, EventKind, Header, Payload, Recording, Root, scrub};

use crate::corpus::{Channel, Item};

/// The lines of each channel in order: scrubbed, and with ids and placeholders named by the order in which they are first seen.
pub(super) type Normal = BTreeMap<Channel, Vec<String>>;

pub(super) fn normal(items: &[Item], roots: &[Root]) -> Normal {
    let mut items: Vec<_> = items.iter().collect();
    // Each prompt has an order of its own there.
    items.sort_by_key(|item| if item.channel == Channel::Lifecycle { item.command() } else { "" });
    let mut lines = Recording::new(Header::new());
    lines.events = items.iter().map(|item| Event::new(0, EventKind::Out(Payload::line(item.line.clone())))).collect();
    scrub(&mut lines, roots);
    let mut channels: BTreeMap<Channel, Vec<Bytes>> = BTreeMap::new();
    for (item, event) in items.into_iter().zip(&lines.events) {
        let line = event.payload().map(|line| line.bytes().clone()).unwrap_or_default();
        channels.entry(item.channel).or_default().push(line);
    }
    let mut names = Names::default();
    let named = |lines: Vec<Bytes>, names: &mut Names| lines.iter().map(|line| names.rename(line)).collect();
    channels.into_iter().map(|(channel, lines)| (channel, named(lines, &mut names))).collect()
}

/// A number for each id.
#[derive(Default)]
struct Names(HashMap<String, usize>);

impl Names {
    fn rename(&mut self, line: &[u8]) -> String {
        let text = String::from_utf8_lossy(line);
        let (mut out, mut rest) = (String::with_capacity(text.len()), &*text);
        while let Some(first) = rest.chars().next() {
            let (found, after) = rest.split_at(placeholder(rest).or_else(|| uuid(rest)).unwrap_or(first.len_utf8()));
            if found.len() > first.len_utf8() {
                let next = self.0.len();
                let number = self.0.entry(found.to_owned()).or_insert(next);
                out.push_str(&format!("<id {number}>"));
            } else {
                out.push(first);
            }
            rest = after;
        }
        out
    }
}

/// The length of the placeholder of a scrub (`<text:1>`) that the text begins with.
fn placeholder(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('<')?;
    let end = inner.find('>')?;
    let (kind, number) = inner.get(..end)?.split_once(':')?;
    let is_one = kind.bytes().all(|byte| byte.is_ascii_lowercase()) && number.bytes().all(|byte| byte.is_ascii_digit());
    is_one.then_some(end + 2)
}

/// The length of the UUID that the text begins with.
fn uuid(text: &str) -> Option<usize> {
    const LENGTH: usize = 36;
    const DASHES: [usize; 4] = [8, 13, 18, 23];
    let bytes = text.as_bytes().get(..LENGTH)?;
    let fits = |(at, byte): (usize, &u8)| if DASHES.contains(&at) { *byte == b'-' } else { byte.is_ascii_hexdigit() };
    bytes.iter().enumerate().all(fits).then_some(LENGTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_named_by_the_order_in_which_they_are_seen() {
        let line = |a: &str, b: &str, text: &str| format!(r#"{{"a":"{a}","b":["{b}","{a}"],"c":"<text:{text}> é < 1:2>"}}"#);
        let (one, other) = ("10000000-aaaa-4bbb-8ccc-00000000000a", "20000000-aaaa-4bbb-8ccc-00000000000b");
        let rename = |line: String| Names::default().rename(line.as_bytes());
        assert_eq!(rename(line(one, other, "7")), r#"{"a":"<id 0>","b":["<id 1>","<id 0>"],"c":"<id 2> é < 1:2>"}"#);
        assert_eq!(rename(line(one, other, "7")), rename(line(other, one, "8")));
        assert_ne!(rename(line(one, other, "7")), rename(line(one, one, "7")));
    }
}
