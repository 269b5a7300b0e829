//! A JSON value, kept as its bytes on the wire.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};

use super::scan::{Fault, value_end};
use super::skip::skip_space;

/// A JSON value as it was on the wire, byte for byte.
///
/// Cheap to clone: it shares the memory of its line, and keeps that line alive. It is well-formed
/// JSON, except for two things that the CLI was seen to send: bytes that are not UTF-8 in strings,
/// and lone surrogate escapes. Both read as U+FFFD.
///
/// ```
/// use claude_wire::wire::RawJson;
///
/// let input = RawJson::parse(r#"{"command": "ls", "timeout": 5}"#)?;
/// assert_eq!(input.pointer("/command").and_then(|value| value.as_str().map(String::from)), Some("ls".into()));
/// assert_eq!(input.to_value()?["timeout"], 5);
/// assert_eq!(input.text(), r#"{"command": "ls", "timeout": 5}"#);
/// # Ok::<(), claude_wire::wire::JsonError>(())
/// ```
#[derive(Clone)]
pub struct RawJson(Bytes);

impl RawJson {
    /// Takes one JSON text; white space around it is dropped.
    ///
    /// # Errors
    /// When the text is not one JSON value.
    pub fn parse(text: impl Into<Bytes>) -> Result<Self, JsonError> {
        let bytes = text.into();
        let start = skip_space(&bytes, 0);
        let end = value_end(&bytes, start).map_err(JsonError::fault)?;
        let rest = skip_space(&bytes, end);
        if rest != bytes.len() {
            return Err(JsonError::fault(Fault::Byte(rest)));
        }
        Ok(Self(bytes.slice(start..end)))
    }

    /// Serialises any value.
    ///
    /// # Errors
    /// When the value's own `Serialize` fails, or it has a map with keys that are not strings.
    pub fn from_serialize(value: &(impl Serialize + ?Sized)) -> Result<Self, JsonError> {
        serde_json::to_vec(value).map(|bytes| Self(bytes.into())).map_err(JsonError::serde)
    }

    /// A value that has been scanned already.
    pub(crate) fn scanned(bytes: Bytes) -> Self {
        Self(bytes)
    }

    /// The bytes of the value, without white space around it.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, shared.
    pub fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// The JSON text; borrowed unless the line has bytes that are not UTF-8.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// True if the value is `null`.
    pub fn is_null(&self) -> bool {
        self.cursor().is_null()
    }

    /// The text of a string value, `None` for any other kind of value.
    pub fn as_str(&self) -> Option<Cow<'_, str>> {
        self.cursor().string()
    }

    /// The value at a JSON pointer (RFC 6901). Of a repeated key, the last counts.
    pub fn pointer(&self, pointer: &str) -> Option<RawJson> {
        let mut cursor = self.cursor();
        let mut steps = pointer.split('/');
        if !steps.next()?.is_empty() {
            return None;
        }
        for step in steps {
            let step = step.replace("~1", "/").replace("~0", "~");
            let member = cursor.get(&step);
            cursor = match member {
                Some(member) => member,
                None => cursor.items().nth(step.parse().ok()?)?,
            };
        }
        Some(cursor.raw())
    }

    /// The value as `serde_json` reads it.
    ///
    /// # Errors
    /// When it is nested deeper than 127 levels or has a number beyond the range of a double.
    pub fn to_value(&self) -> Result<serde_json::Value, JsonError> {
        self.deserialize()
    }

    /// Deserialises the value into the caller's type.
    ///
    /// # Errors
    /// When the value does not have the type's shape, is nested deeper than 127 levels, or has a
    /// number beyond the range of a double.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, JsonError> {
        serde_json::from_slice(&self.0).or_else(|first| {
            // Only the two tolerated exceptions need a second attempt.
            let mended = mend_surrogates(&self.text());
            serde_json::from_str(&mended).map_err(|_| JsonError::serde(first))
        })
    }
}

/// Replaces lone surrogate escapes by the escape of U+FFFD.
fn mend_surrogates(json: &str) -> String {
    let unit = |at: usize| {
        let digits = json.get(at..at + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(digits, 16).ok()
    };
    let mut mended = String::with_capacity(json.len());
    let mut from = 0;
    while let Some(found) = memchr::memchr(b'\\', &json.as_bytes()[from..]) {
        let at = from + found;
        mended.push_str(&json[from..at]);
        let (used, keep) = match (unit(at), unit(at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (12, true),
            (Some(0xd800..=0xdfff), _) => (6, false),
            (Some(_), _) => (6, true),
            // An escape of one ASCII letter: the scan has checked that.
            (None, _) => (2, true),
        };
        let end = (at + used).min(json.len());
        mended.push_str(if keep { json.get(at..end).unwrap_or_default() } else { "\\ufffd" });
        from = end;
    }
    mended.push_str(&json[from..]);
    mended
}

impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl fmt::Display for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// Equal bytes; two spellings of one value differ.
impl PartialEq for RawJson {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for RawJson {}

/// `null`.
impl Default for RawJson {
    fn default() -> Self {
        Self(Bytes::from_static(b"null"))
    }
}

impl From<serde_json::Value> for RawJson {
    fn from(value: serde_json::Value) -> Self {
        Self(value.to_string().into())
    }
}

/// Writes the value as it was on the wire (`serde_json` only; bytes that are not UTF-8 are written
/// as U+FFFD).
impl Serialize for RawJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw = serde_json::value::RawValue::from_string(self.text().into_owned())
            .map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

/// A text that is not the expected JSON.
pub struct JsonError(Repr);

enum Repr {
    Fault(Fault),
    Serde(serde_json::Error),
}

impl JsonError {
    pub(crate) fn fault(fault: Fault) -> Self {
        Self(Repr::Fault(fault))
    }

    fn serde(error: serde_json::Error) -> Self {
        Self(Repr::Serde(error))
    }

    /// True if the text ended inside a value.
    pub fn is_truncated(&self) -> bool {
        match &self.0 {
            Repr::Fault(fault) => *fault == Fault::End,
            Repr::Serde(error) => error.is_eof(),
        }
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Fault(Fault::End) => f.write_str("not JSON: the text ends inside a value"),
            Repr::Fault(Fault::Byte(at)) => write!(f, "not JSON: unexpected byte at offset {at}"),
            Repr::Serde(error) => write!(f, "JSON of another shape: {error}"),
        }
    }
}

debug_is_message!(JsonError);

impl std::error::Error for JsonError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0 {
            Repr::Fault(_) => None,
            Repr::Serde(error) => Some(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lone_surrogates_and_bad_bytes_still_deserialise() {
        let raw =
            RawJson::parse(&br#"{"a":"x\ud83d","b":"\ud83d\ude00\\ud83d\n","c":"\udc00"}"#[..])
                .unwrap();
        let value = raw.to_value().unwrap();
        assert_eq!(value["a"], "x\u{fffd}");
        assert_eq!(value["b"], "\u{1f600}\\ud83d\n");
        assert_eq!(value["c"], "\u{fffd}");
        assert_eq!(RawJson::parse(&b"[\"\xff\"]"[..]).unwrap().to_value().unwrap()[0], "\u{fffd}");
    }

    #[test]
    fn keeps_the_spelling() {
        let text = r#"{"b": 1.0e0,  "a":[ ]}"#;
        let raw = RawJson::parse(text).unwrap();
        assert_eq!(serde_json::to_string(&raw).unwrap(), text);
    }

    #[test]
    fn pointers_lead_through_objects_and_arrays() {
        let raw = RawJson::parse(r#"{"a/b":[{"c":1},{"c":2,"c":3}]}"#).unwrap();
        assert_eq!(raw.pointer("/a~1b/1/c").unwrap().text(), "3");
        assert!(raw.pointer("/a~1b/7").is_none());
        assert_eq!(raw.pointer("").unwrap(), raw);
    }

    #[test]
    fn errors_say_where() {
        assert_eq!(
            RawJson::parse(r#"{"a":1} x"#).unwrap_err().to_string(),
            "not JSON: unexpected byte at offset 8"
        );
        assert!(RawJson::parse(r#"{"a":"#).unwrap_err().is_truncated());
    }
}
