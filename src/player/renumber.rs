//! Ids that differ from run to run, and are the same ones within a run.
//!
//! A recorded id and the live one in its place are a pair from then on: recorded lines are written
//! with the live id, and what the host writes is compared with the recorded one in it.

use bytes::Bytes;
use serde_json::Value;

use crate::common::is_uuid;

/// The pairs of a run. No id is in two of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Renumbered(Vec<(String, String)>);

impl Renumbered {
    /// Pairs two ids. False if one of them has another partner.
    pub(super) fn add(&mut self, recorded: &str, live: &str) -> bool {
        let may = self.may_add(recorded, live);
        if may && !self.0.iter().any(|(one, _)| one == recorded) {
            self.0.push((recorded.to_owned(), live.to_owned()));
        }
        may
    }

    /// Whether [`add`](Self::add) would pair them.
    pub(super) fn may_add(&self, recorded: &str, live: &str) -> bool {
        self.0.iter().all(|(one, other)| (one == recorded) == (other == live))
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
        self.0.iter().find(|(one, _)| one == recorded).map(|(_, live)| live.as_str())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.changed().next().is_none()
    }

    /// The pairs of two ids.
    fn changed(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.0.iter().map(|(recorded, live)| (recorded.as_str(), live.as_str()));
        // An empty id is in every text.
        pairs
            .filter(|(recorded, live)| recorded != live && !recorded.is_empty() && !live.is_empty())
    }

    /// A recorded line with the live ids.
    pub(super) fn live(&self, line: Bytes) -> Bytes {
        match replaced(&line, &self.changed().collect::<Vec<_>>()) {
            Some(new) => new.into(),
            None => line,
        }
    }

    /// A live value with the recorded ids.
    pub(super) fn recorded(&self, value: &mut Value) {
        if self.is_empty() {
            return;
        }
        match value {
            Value::String(text) => {
                let pairs = self.changed().map(|(recorded, live)| (live, recorded));
                let new = replaced(text.as_bytes(), &pairs.collect::<Vec<_>>());
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

/// A text with each `from` replaced by its `to`, in one pass: what was put in is not looked at
/// again. An id is replaced only where it is whole. `None` if nothing was found.
fn replaced(text: &[u8], pairs: &[(&str, &str)]) -> Option<Vec<u8>> {
    let is_part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    let (mut out, mut copied, mut at) = (Vec::new(), 0, 0);
    while at < text.len() {
        let found = pairs.iter().find(|(from, _)| {
            text[at..].starts_with(from.as_bytes())
                && !is_part(at.checked_sub(1).and_then(|before| text.get(before)))
                && !is_part(text.get(at + from.len()))
        });
        match found {
            Some((from, to)) => {
                out.extend_from_slice(&text[copied..at]);
                out.extend_from_slice(to.as_bytes());
                at += from.len();
                copied = at;
            }
            None => at += 1,
        }
    }
    (copied > 0).then(|| {
        out.extend_from_slice(&text[copied..]);
        out
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_empty_id_is_in_no_text() {
        for (recorded, live) in [("", "x"), ("x", "")] {
            let ids = Renumbered(vec![(recorded.to_owned(), live.to_owned())]);
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
        assert_eq!(ids.0, [(a.clone(), b.clone())]);
        for (recorded, live) in [
            (format!("id {c}."), format!("no {b}.")),
            (format!("id {c}."), format!("id {b}.")),
            (a.clone(), c.clone()),
            (c.clone(), format!("{c} ")),
            (format!("ä{c}"), format!("ö{a}")),
        ] {
            ids.add_uuids(&json!(recorded), &json!(live));
            assert_eq!(ids.0.len(), 1, "{recorded} {live}");
        }
        ids.add_uuids(&json!(format!("ä{c}{a}")), &json!(format!("ä{a}{b}")));
        assert_eq!(ids.0.len(), 2);
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
}
