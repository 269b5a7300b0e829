//! Ids that differ from run to run, and are the same ones within a run.
//!
//! A recorded id and the live one in its place are a pair from then on: recorded lines are written
//! with the live id, and what the host writes is compared with the recorded one in it.

use std::sync::Arc;

use bytes::Bytes;
use memchr::memmem;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::common::is_uuid;

use super::claimed::Claimed;

/// The pairs of a run. No id is in two of them. The directory of a claim is another pair.
#[derive(Clone, Debug, Default)]
pub(super) struct Renumbered {
    ids: Arc<Vec<(String, String)>>,
    folder: Option<Arc<Claimed>>,
}

impl Renumbered {
    /// Pairs two ids. False if one of them has another partner.
    pub(super) fn add(&mut self, recorded: &str, live: &str) -> bool {
        let may = self.may_add(recorded, live);
        if may && !self.ids.iter().any(|(one, _)| one == recorded) {
            Arc::make_mut(&mut self.ids).push((recorded.to_owned(), live.to_owned()));
        }
        may
    }

    /// Whether [`add`](Self::add) would pair them.
    pub(super) fn may_add(&self, recorded: &str, live: &str) -> bool {
        self.ids.iter().all(|(one, other)| (one == recorded) == (other == live))
    }

    /// Pairs the uuids of two values whose texts differ in their uuids and in nothing else. Equal ones
    /// are a pair, too.
    pub(super) fn add_uuids(&mut self, recorded: &Value, live: &Value) {
        match (recorded, live) {
            (Value::String(recorded), Value::String(live)) => {
                for (one, other) in uuids(recorded, live).unwrap_or_default() {
                    // One that has another partner is a difference, which the comparison finds.
                    self.add(one, other);
                }
            }
            (Value::Array(recorded), Value::Array(live)) => {
                recorded.iter().zip(live).for_each(|(one, other)| self.add_uuids(one, other));
            }
            (Value::Object(recorded), Value::Object(live)) => {
                for (key, one) in recorded {
                    if let Some(other) = live.get(key) {
                        self.add_uuids(one, other);
                    }
                }
            }
            _ => {}
        }
    }

    /// The live id in the place of a recorded one.
    pub(super) fn live_of(&self, recorded: &str) -> Option<&str> {
        self.ids.iter().find(|(one, _)| one == recorded).map(|(_, live)| live.as_str())
    }

    /// How many pairs there are.
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// The pairs of uuids after the first `count` pairs.
    pub(super) fn uuids_after(&self, count: usize) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.ids.iter().skip(count);
        let are_uuids =
            |one: &str, other: &str| is_uuid(one.as_bytes()) && is_uuid(other.as_bytes());
        pairs
            .map(|(recorded, live)| (recorded.as_str(), live.as_str()))
            .filter(move |(recorded, live)| are_uuids(recorded, live))
    }

    /// Whether no id is another one in this run.
    pub(super) fn is_empty(&self) -> bool {
        self.folder.is_none() && self.changed().next().is_none()
    }

    /// Pairs the directories that two requests name.
    pub(super) fn claim(&mut self, recorded: &Value, live: &Value) {
        if let Some(claimed) = Claimed::of(recorded, live) {
            self.folder = Some(Arc::new(claimed));
        }
    }

    /// The pairs of two ids.
    fn changed(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.ids.iter().map(|(recorded, live)| (recorded.as_str(), live.as_str()));
        // An empty id is in every text.
        pairs
            .filter(|(recorded, live)| recorded != live && !recorded.is_empty() && !live.is_empty())
    }

    /// A recorded line with the live ids: in JSON in its texts, and in no number.
    pub(super) fn live(&self, line: Bytes) -> Bytes {
        let is_json = serde_json::from_slice::<IgnoredAny>(&line).is_ok();
        let new = if is_json {
            let pairs = self.changed().map(|(recorded, live)| (spelled(recorded), spelled(live)));
            let pairs: Vec<_> = pairs.collect();
            replaced_in_strings(&line, &borrowed(&pairs))
        } else {
            replaced(&line, &self.changed().collect::<Vec<_>>(), false)
        };
        let line = new.map_or(line, Bytes::from);
        let moved = self.folder.as_ref().and_then(|folder| folder.live(&line, is_json));
        moved.map_or(line, Bytes::from)
    }

    /// A live text with the recorded ids; `None` if that is the same. A uuid that was recorded in the
    /// place of another live one is not that of this run, and becomes something else. (An id of
    /// another form may be a word or a number, too.)
    pub(super) fn recorded_text(&self, text: &[u8]) -> Option<Vec<u8>> {
        let is_stale = |recorded: &str| {
            is_uuid(recorded.as_bytes())
                && memmem::find(text, recorded.as_bytes()).is_some()
                && self.ids.iter().all(|(_, live)| live != recorded)
        };
        let stale = self.changed().filter(|(recorded, _)| is_stale(recorded));
        let stale = stale.map(|(recorded, live)| (recorded, format!("{recorded} (now {live})")));
        let stale: Vec<_> = stale.collect();
        let stale = stale.iter().map(|(recorded, now)| (*recorded, now.as_str()));
        let pairs = self.changed().map(|(recorded, live)| (live, recorded));
        let new = replaced(text, &pairs.chain(stale).collect::<Vec<_>>(), false);
        let folder = self.folder.as_ref();
        folder.and_then(|folder| folder.recorded(new.as_deref().unwrap_or(text))).or(new)
    }

    /// A live value with the recorded ids, as [`recorded_text`](Self::recorded_text) has them.
    pub(super) fn recorded(&self, value: &mut Value) {
        if self.is_empty() {
            return;
        }
        match value {
            Value::String(text) => {
                let new = self.recorded_text(text.as_bytes());
                if let Some(new) = new.and_then(|new| String::from_utf8(new).ok()) {
                    *text = new;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.recorded(item)),
            Value::Object(fields) => fields.values_mut().for_each(|field| self.recorded(field)),
            _ => {}
        }
    }
}

/// The length of a uuid in the usual form.
const UUID: usize = 36;

/// The uuids in the same places of two texts that are otherwise the same.
fn uuids<'a>(recorded: &'a str, live: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < recorded.len() || at < live.len() {
        let (one, other) = (recorded.get(at..at + UUID), live.get(at..at + UUID));
        if let (Some(one), Some(other)) = (one, other)
            && is_uuid(one.as_bytes())
            && is_uuid(other.as_bytes())
        {
            found.push((one, other));
            at += UUID;
        } else if recorded.as_bytes().get(at) == live.as_bytes().get(at) {
            at += 1;
        } else {
            return None;
        }
    }
    Some(found)
}

/// A text as it is within a JSON string.
fn spelled(text: &str) -> String {
    let json = Value::from(text).to_string();
    json[1..json.len() - 1].to_owned()
}

fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect()
}

/// JSON in whose strings each `from` is replaced by its `to`, both as they are spelled there.
/// `None` if nothing was found.
fn replaced_in_strings(json: &[u8], pairs: &[(&str, &str)]) -> Option<Vec<u8>> {
    let pairs = found_in(json, pairs);
    if pairs.is_empty() {
        return None;
    }
    let (mut out, mut copied, mut at) = (Vec::new(), 0, 0);
    while let Some(open) = memchr::memchr(b'"', &json[at..]) {
        let start = at + open + 1;
        let end = start + string_length(&json[start..])?;
        if let Some(new) = replaced(&json[start..end], &pairs, true) {
            out.extend_from_slice(&json[copied..start]);
            out.extend_from_slice(&new);
            copied = end;
        }
        at = end + 1;
    }
    (copied > 0).then(|| {
        out.extend_from_slice(&json[copied..]);
        out
    })
}

/// The length of a JSON string, whose opening quote is before this.
fn string_length(json: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', json.get(at..)?)?;
        match json[at] {
            b'"' => return Some(at),
            _ => at += 2,
        }
    }
}

/// A text with each `from` replaced by its `to`, in one pass: what was put in is not looked at
/// again. An id is replaced only where it is whole. `in_json`: the text is in a JSON string, with
/// its escapes. `None` if nothing was found.
fn replaced(text: &[u8], pairs: &[(&str, &str)], in_json: bool) -> Option<Vec<u8>> {
    let pairs = found_in(text, pairs);
    if pairs.is_empty() {
        return None;
    }
    let is_part = |at: usize| text.get(at).is_some_and(u8::is_ascii_alphanumeric);
    // The letter of an escape, such as that of a line break, is not part of what follows.
    let is_escape = |at: usize| at > 0 && text[at - 1] == b'\\';
    let begins = |at: usize| at == 0 || !is_part(at - 1) || is_escape(at - 1);
    let (mut out, mut copied, mut at) = (Vec::new(), 0, 0);
    while at < text.len() {
        let found = pairs.iter().find(|(from, _)| {
            begins(at) && text[at..].starts_with(from.as_bytes()) && !is_part(at + from.len())
        });
        match found {
            Some((from, to)) => {
                out.extend_from_slice(&text[copied..at]);
                out.extend_from_slice(to.as_bytes());
                at += from.len();
                copied = at;
            }
            None if in_json && text[at] == b'\\' => at += 2,
            None => at += 1,
        }
    }
    (copied > 0).then(|| {
        out.extend_from_slice(&text[copied..]);
        out
    })
}

/// The pairs whose first id is in a text: mostly none is.
fn found_in<'a>(text: &[u8], pairs: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let is_in = |from: &str| memmem::find(text, from.as_bytes()).is_some();
    pairs.iter().copied().filter(|(from, _)| is_in(from)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_empty_id_is_in_no_text() {
        for (recorded, live) in [("", "x"), ("x", "")] {
            let ids = Renumbered {
                ids: Arc::new(vec![(recorded.to_owned(), live.to_owned())]),
                folder: None,
            };
            let line = Bytes::from_static(br#"{"type":"x","": " "}"#);
            assert_eq!(ids.live(line.clone()), line);
            let mut value = json!(" x ");
            ids.recorded(&mut value);
            assert_eq!(value, " x ");
        }
    }

    #[test]
    fn uuids_are_paired_where_the_rest_is_the_same() {
        let [a, b, c] = ["a", "b", "c"].map(|digit| {
            format!(
                "{0}{0}{0}{0}{0}{0}{0}{0}-0000-4000-8000-{0}{0}{0}{0}{0}{0}{0}{0}{0}{0}{0}{0}",
                digit
            )
        });
        let mut ids = Renumbered::default();
        ids.add_uuids(&json!({"t": [format!("id {a}.")]}), &json!({"t": [format!("id {b}.")]}));
        assert_eq!(*ids.ids, [(a.clone(), b.clone())]);
        for (recorded, live) in [
            (format!("id {c}."), format!("no {b}.")),
            (format!("id {c}."), format!("id {b}.")),
            (a.clone(), c.clone()),
            (c.clone(), format!("{c} ")),
            (format!("ä{c}"), format!("ö{a}")),
        ] {
            ids.add_uuids(&json!(recorded), &json!(live));
            assert_eq!(ids.ids.len(), 1, "{recorded} {live}");
        }
        ids.add_uuids(&json!(format!("ä{c}{a}")), &json!(format!("ä{a}{b}")));
        assert_eq!(ids.ids.len(), 2);
    }

    #[test]
    fn pairs_are_replaced_in_both_directions() {
        let mut ids = Renumbered::default();
        assert!(ids.add("a1", "b2") && ids.add("a1", "b2") && ids.add("b2", "a1"));
        assert!(!ids.add("a1", "c3") && !ids.add("d4", "b2"));
        assert_eq!(ids.live(Bytes::from_static(b"a1 b2 xa1 a12 a1")), "b2 a1 xa1 a12 b2");
        let mut value = json!({"k": ["b2", {"n": "is b2."}], "m": 2});
        ids.recorded(&mut value);
        assert_eq!(value, json!({"k": ["a1", {"n": "is a1."}], "m": 2}));
    }

    #[test]
    fn a_line_stays_json() {
        let line = |ids: &Renumbered, line: &str| {
            String::from_utf8(ids.live(Bytes::from(line.to_owned())).to_vec()).unwrap()
        };
        let ids = |recorded: &str, live: &str| {
            let mut ids = Renumbered::default();
            assert!(ids.add(recorded, live));
            ids
        };
        for (recorded, live, from, to) in [
            // Numbers are not texts.
            ("7", "9", r#"{"n":7,"t":"7 of 17, 7."}"#, r#"{"n":7,"t":"9 of 17, 9."}"#),
            ("true", "x", r#"{"a":true,"b":"true"}"#, r#"{"a":true,"b":"x"}"#),
            // Both are spelled as JSON.
            ("a", r#"b"\c"#, r#"{"t":"a, a"}"#, r#"{"t":"b\"\\c, b\"\\c"}"#),
            (r#"a"b"#, "c", r#"{"t":"a\"b","u":"a"}"#, r#"{"t":"c","u":"a"}"#),
            ("ä\n", "ö\t", r#"{"t":"(ä\n)"}"#, r#"{"t":"(ö\t)"}"#),
            // An escape is not part of an id, and no id begins within one.
            ("a1", "b2", r#"{"t":"made\na1\ta1\\na1"}"#, r#"{"t":"made\nb2\tb2\\nb2"}"#),
            ("n1", "b2", r#"{"t":"\n1 n1"}"#, r#"{"t":"\n1 b2"}"#),
            // JSON within a text, and names.
            ("a1", "b2", r#"{"t":"{\"id\":\"a1\"}"}"#, r#"{"t":"{\"id\":\"b2\"}"}"#),
            ("a1", "b2", r#"{"a1":[{"t":"\ud800 a1"}]}"#, r#"{"b2":[{"t":"\ud800 b2"}]}"#),
            // What is not JSON is a text.
            ("a1", r#"b"2"#, "a1 \"a1\" 1", "b\"2 \"b\"2\" 1"),
        ] {
            assert_eq!(line(&ids(recorded, live), from), to, "{recorded} {live}");
            assert_eq!(line(&ids(recorded, live), &format!("{from}\n")), format!("{to}\n"));
        }
    }
}
