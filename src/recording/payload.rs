//! One line that crossed a pipe, to the byte.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde_json::value::RawValue;

use super::object::{value, write_key, write_member};

/// One line as it crossed a pipe: its bytes and how it ended.
///
/// The bytes can be anything. In the file, a line that is one JSON text is written inline, byte for
/// byte; any other line is a JSON string marked `"as":"text"`, or `"as":"base64"` where text cannot
/// carry it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Payload {
    bytes: Bytes,
    eol: Eol,
}

/// How a line ended (`eol` in the file).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Eol {
    /// `\n`, the usual case; `eol` is absent.
    #[default]
    Lf,
    /// `\r\n`; `"eol":"\r\n"`.
    CrLf,
    /// Not at all: the stream ended, or the writer paused, in the middle of a line; `"eol":""`.
    None,
}

impl Eol {
    /// The bytes on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Eol::Lf => "\n",
            Eol::CrLf => "\r\n",
            Eol::None => "",
        }
    }
}

impl Payload {
    /// A line that ends with LF; `bytes` is the line without it.
    pub fn line(bytes: impl Into<Bytes>) -> Self {
        Self { bytes: bytes.into(), eol: Eol::Lf }
    }

    /// The same line with another ending.
    pub fn with_eol(mut self, eol: Eol) -> Self {
        self.eol = eol;
        self
    }

    /// Splits the ending (`\r\n`, `\n` or none) from a line as it was read.
    pub fn from_wire(wire: impl Into<Bytes>) -> Self {
        let mut bytes = wire.into();
        let eol = if bytes.ends_with(b"\r\n") {
            Eol::CrLf
        } else if bytes.ends_with(b"\n") {
            Eol::Lf
        } else {
            Eol::None
        };
        bytes.truncate(bytes.len() - eol.as_str().len());
        Self { bytes, eol }
    }

    /// The line without its ending.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// How the line ended.
    pub fn eol(&self) -> Eol {
        self.eol
    }

    /// The line with its ending: the bytes to put on the wire.
    pub fn wire(&self) -> Bytes {
        if self.eol == Eol::None {
            return self.bytes.clone();
        }
        let mut wire = Vec::with_capacity(self.bytes.len() + 2);
        wire.extend_from_slice(&self.bytes);
        wire.extend_from_slice(self.eol.as_str().as_bytes());
        wire.into()
    }

    /// The line as JSON text, without surrounding spaces, or `None` if it is not exactly one JSON
    /// text.
    pub fn json(&self) -> Option<&RawValue> {
        serde_json::from_slice(&self.bytes).ok()
    }

    /// Reads the value of `in`, `out` or `err`; `line` is the recording's line around it, so that
    /// an inline payload shares its memory.
    pub(super) fn parse(parts: Parts<'_>, line: &Bytes) -> Result<Self, String> {
        let eol = match parts.eol {
            None => Eol::Lf,
            Some(raw) => match value::<String>("eol", raw, "a string")?.as_str() {
                "" => Eol::None,
                "\n" => Eol::Lf,
                "\r\n" => Eol::CrLf,
                other => {
                    return Err(format!(
                        "\"eol\" must be \"\" or \"\\r\\n\" (absent for LF), not {other:?}"
                    ));
                }
            },
        };
        let form = match parts.form {
            Some(raw) => value::<String>("as", raw, "a string")?,
            // Stderr is text: there a bare string is the line itself.
            None if parts.stderr && parts.value.get().starts_with('"') => "text".to_owned(),
            None => {
                return Ok(Self { bytes: line.slice_ref(parts.value.get().as_bytes()), eol });
            }
        };
        let bytes = match form.as_str() {
            "text" => value::<String>(
                parts.key,
                parts.value,
                "a string of whole characters (or use \"as\":\"base64\")",
            )?
            .into(),
            "base64" => {
                let text: String = value(parts.key, parts.value, "a base64 string")?;
                BASE64
                    .decode(text)
                    .map_err(|error| format!("\"{}\" must be base64: {error}", parts.key))?
                    .into()
            }
            other => {
                return Err(format!("\"as\" must be \"text\" or \"base64\", not {other:?}"));
            }
        };
        Ok(Self { bytes, eol })
    }

    /// Writes `"key":value` and, where needed, `as` and `eol`.
    pub(super) fn write(&self, out: &mut Vec<u8>, key: &str) {
        let mut form = None;
        if self.is_inline(key == "err") {
            write_key(out, key);
            out.extend_from_slice(&self.bytes);
        } else if let Some(text) = self.as_text() {
            write_member(out, key, text);
            form = (key != "err").then_some("text");
        } else {
            write_member(out, key, &BASE64.encode(&self.bytes));
            form = Some("base64");
        }
        if let Some(form) = form {
            write_member(out, "as", form);
        }
        if self.eol != Eol::Lf {
            write_member(out, "eol", self.eol.as_str());
        }
    }

    /// Whether the bytes can be written inline. Spaces around the JSON would be lost among the
    /// envelope's own, and a line break would end the line.
    fn is_inline(&self, stderr: bool) -> bool {
        let bytes = &self.bytes;
        let blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
        if blank(bytes.first()) || blank(bytes.last()) {
            return false;
        }
        let line_break = memchr::memchr2(b'\n', b'\r', bytes).is_some();
        let text_of_stderr = stderr && bytes.starts_with(b"\"");
        !line_break && !text_of_stderr && self.json().is_some()
    }

    /// The bytes as text. `None` if they are not UTF-8, or are JSON but for raw control bytes,
    /// which a JSON string would escape and so hide.
    fn as_text(&self) -> Option<&str> {
        let text = std::str::from_utf8(&self.bytes).ok()?;
        let json_like = text.trim_start().starts_with(['{', '[', '"']);
        let control = text.bytes().any(|byte| byte < 0x20 && byte != b'\t');
        (!(json_like && control)).then_some(text)
    }
}

/// The members of an event that form a payload.
pub(super) struct Parts<'a> {
    pub(super) key: &'a str,
    pub(super) value: &'a RawValue,
    pub(super) form: Option<&'a RawValue>,
    pub(super) eol: Option<&'a RawValue>,
    pub(super) stderr: bool,
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Payload({:?}, {:?})", String::from_utf8_lossy(&self.bytes), self.eol)
    }
}

impl From<&str> for Payload {
    /// A line that ends with LF.
    fn from(text: &str) -> Self {
        Self::line(text.to_owned())
    }
}
