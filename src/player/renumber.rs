//! Ids that differ from run to run, and are the same ones within a run.
//!
//! A recorded id and the live one in its place are a pair from then on: recorded lines are written
//! with the live id, and what the host writes is compared with the recorded one in it.

use bytes::Bytes;
use serde_json::Value;

/// The pairs of a run. No id is in two of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Renumbered(Vec<(String, String)>);

impl Renumbered {
    /// Pairs two ids. False if one of them has another partner.
    pub(super) fn add(&mut self, recorded: &str, live: &str) -> bool {
        match self.0.iter().find(|(one, other)| one == recorded || other == live) {
            Some(pair) => pair.0 == recorded && pair.1 == live,
            None => {
                self.0.push((recorded.to_owned(), live.to_owned()));
                true
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A recorded line with the live ids.
    pub(super) fn live(&self, line: Bytes) -> Bytes {
        let pairs = self.0.iter().map(|(recorded, live)| (recorded.as_str(), live.as_str()));
        match replaced(&line, &pairs.collect::<Vec<_>>()) {
            Some(new) => new.into(),
            None => line,
        }
    }

    /// A live value with the recorded ids.
    pub(super) fn recorded(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                let pairs =
                    self.0.iter().map(|(recorded, live)| (live.as_str(), recorded.as_str()));
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
