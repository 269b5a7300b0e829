//! One JSON object, split without touching its values.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of an object in order; each value keeps its exact spelling.
pub(super) type Members<'a> = Vec<(String, &'a RawValue)>;

/// Splits one JSON object. A repeated key is refused, since readers disagree about which one
/// counts. Values are only checked for syntax (without recursion, so depth costs nothing), and may
/// repeat keys inside.
pub(super) fn members(text: &[u8]) -> Result<Members<'_>, String> {
    match serde_json::from_slice::<Object<'_>>(text) {
        Ok(object) => Ok(object.0),
        Err(error) => Err(explain(&error)),
    }
}

/// Reads one member's value. The error names the key and what was expected.
pub(super) fn value<'a, T: Deserialize<'a>>(
    key: &str,
    raw: &'a RawValue,
    expected: &str,
) -> Result<T, String> {
    serde_json::from_str(raw.get())
        .map_err(|error| format!("\"{key}\" must be {expected}: {}", explain(&error)))
}

/// The members whose keys are not known, as one object, if there are any.
pub(super) fn unknown(object: &[u8], is_known: impl Fn(&str) -> bool) -> Option<String> {
    let mut out = vec![b'{'];
    for (key, value) in members(object).ok()?.iter().filter(|(key, _)| !is_known(key)) {
        write_raw(&mut out, key, value);
    }
    out.push(b'}');
    (out.len() > 2).then(|| String::from_utf8_lossy(&out).into_owned())
}

/// Replaces the unknown members of an object by those of another.
pub(super) fn with_unknown(
    object: &[u8],
    is_known: impl Fn(&str) -> bool,
    unknown: &str,
) -> Vec<u8> {
    let mut out = vec![b'{'];
    let old = members(object).unwrap_or_default();
    let new = members(unknown.as_bytes()).unwrap_or_default();
    for (key, value) in old.iter().filter(|(key, _)| is_known(key)).chain(&new) {
        write_raw(&mut out, key, value);
    }
    out.push(b'}');
    out
}

/// Appends `"key":value` to an object that was begun with `{`.
pub(super) fn write_member(out: &mut Vec<u8>, key: &str, value: &(impl serde::Serialize + ?Sized)) {
    write_key(out, key);
    write_value(out, value);
}

/// Appends `"key":` and a value that is JSON text already.
pub(super) fn write_raw(out: &mut Vec<u8>, key: &str, value: &RawValue) {
    write_key(out, key);
    out.extend_from_slice(value.get().as_bytes());
}

/// Appends `"key":`, after a comma where one is needed.
pub(super) fn write_key(out: &mut Vec<u8>, key: &str) {
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
    write_value(out, key);
    out.push(b':');
}

fn write_value(out: &mut Vec<u8>, value: &(impl serde::Serialize + ?Sized)) {
    let start = out.len();
    if serde_json::to_writer(&mut *out, value).is_err() {
        // Strings, numbers, lists and string-keyed maps always serialise, and a Vec takes every
        // byte.
        out.truncate(start);
        out.extend_from_slice(b"null");
    }
}

/// serde_json counts lines within the one line it was given; only the column is useful.
fn explain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((what, _)) => format!("{what} (column {})", error.column()),
        None => text,
    }
}

struct Object<'a>(Members<'a>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;

        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                let mut seen = HashSet::new();
                while let Some(key) = map.next_key::<String>()? {
                    if !seen.insert(key.clone()) {
                        return Err(A::Error::custom(format_args!(
                            "the key {key:?} appears twice"
                        )));
                    }
                    members.push((key, map.next_value()?));
                }
                Ok(Object(members))
            }
        }

        deserializer.deserialize_map(ObjectVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::members;

    #[test]
    fn values_keep_their_spelling() {
        let text = br#" { "b" : 1.50e+3 ,"a":{"x":1,"x":2} , "s":"\ud800" } "#;
        let members = members(text).unwrap();
        let pairs: Vec<_> = members.iter().map(|(key, raw)| (key.as_str(), raw.get())).collect();
        assert_eq!(pairs, [("b", "1.50e+3"), ("a", r#"{"x":1,"x":2}"#), ("s", r#""\ud800""#)]);
    }

    #[test]
    fn a_repeated_key_is_refused_however_it_is_spelled() {
        let error = members(br#"{"us":1,"\u0075s":2}"#).unwrap_err();
        assert!(error.contains("\"us\" appears twice"), "{error}");
    }

    #[test]
    fn anything_but_one_object_is_refused() {
        for text in [&b"[]"[..], b"1", b"", b"{", b"{} {}", b"{\"a\":\xff}", b"\xef\xbb\xbf{}"] {
            assert!(members(text).is_err(), "{}", String::from_utf8_lossy(text));
        }
    }
}
