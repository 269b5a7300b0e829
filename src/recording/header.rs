//! The heads of files: the first line of a recording, and what scripts and scenarios begin with.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::value::RawValue;

use super::error::Error;
use super::format::FORMAT_VERSION;
use super::object::{Members, members, unknown, value, with_unknown, write_member, write_raw};

/// The first line of a recording: where it comes from, and what a replay may need.
///
/// Everything is optional; what the file does not say is `None` or empty. Unknown keys are kept in
/// their places.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Header {
    /// `cli`: the version of the CLI that was recorded, as in `2.1.329`.
    pub cli: Option<String>,
    /// `recorder`: what made the recording, with its version.
    pub recorder: Option<String>,
    /// `recorded_at`: when, in RFC 3339.
    pub recorded_at: Option<String>,
    /// `argv`: the arguments of the launch, without the program itself.
    pub argv: Option<Vec<String>>,
    /// `env`: the variables of the launch that matter and are not secrets.
    pub env: BTreeMap<String, String>,
    /// `vars`: the variables that are in the events as `${name}`, with a neutral value each; see
    /// [`Recording::expand`](super::Recording::expand).
    pub vars: BTreeMap<String, String>,
    /// `redactions`: how many places were replaced when it was recorded or scrubbed; absent if they
    /// were not counted.
    pub redactions: Option<u64>,
    /// `edited`: the numbers of the lines that were replaced after the recording was made, in
    /// ascending order; the header is line 1, and stands for the arguments. See
    /// [`Recording::edited`](super::Recording::edited).
    pub edited: Vec<u64>,
    /// The line as it was read: written back unless the header was changed, and the source of
    /// unknown keys.
    raw: Option<Bytes>,
}

impl Header {
    /// An empty header.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the version alone, which decides how the rest is read.
    pub(super) fn version(line: &[u8]) -> Result<u64, Error> {
        let first = |message: String| Error::format(message).at_line(1);
        let members = members(line).map_err(|why| {
            first(format!("line 1 of a recording is its header, this is not one: {why}"))
        })?;
        let find =
            |key: &str| members.iter().find(|(name, _)| name == key).map(|(_, raw)| raw.get());
        if find("claude-wire") != Some("\"recording\"") {
            return Err(first(
                "not a claude-wire recording: line 1 must hold \"claude-wire\":\"recording\""
                    .to_owned(),
            ));
        }
        find("version")
            .and_then(|raw| raw.parse().ok())
            .ok_or_else(|| first("the header needs \"version\", a whole number".to_owned()))
    }

    /// Reads a header of [`FORMAT_VERSION`].
    pub(super) fn parse(line: &Bytes) -> Result<Self, String> {
        let mut header = Self { raw: Some(line.clone()), ..Self::default() };
        for (key, raw) in members(line)? {
            match key.as_str() {
                "cli" => header.cli = Some(value(&key, raw, "a string")?),
                "recorder" => header.recorder = Some(value(&key, raw, "a string")?),
                "recorded_at" => header.recorded_at = Some(value(&key, raw, "a string")?),
                "argv" => header.argv = Some(value(&key, raw, "a list of strings")?),
                "env" => header.env = string_map(&key, raw)?,
                "vars" => header.vars = string_map(&key, raw)?,
                "redactions" => header.redactions = Some(value(&key, raw, "a whole number")?),
                "edited" => header.edited = value(&key, raw, "a list of line numbers")?,
                _ => {}
            }
        }
        Ok(header)
    }

    /// Appends the header's line, without the line break.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        if let Some(raw) = &self.raw
            && Self::parse(raw).is_ok_and(|as_read| as_read == *self)
        {
            return out.extend_from_slice(raw);
        }
        out.push(b'{');
        let old = self.raw.as_ref().and_then(|raw| members(raw).ok()).unwrap_or_default();
        for key in key_order(&old) {
            match key.as_str() {
                "claude-wire" => write_member(out, &key, "recording"),
                "version" => write_member(out, &key, &FORMAT_VERSION),
                "cli" => write_some(out, &key, self.cli.as_ref()),
                "recorder" => write_some(out, &key, self.recorder.as_ref()),
                "recorded_at" => write_some(out, &key, self.recorded_at.as_ref()),
                "argv" => write_some(out, &key, self.argv.as_ref()),
                "env" => write_some(out, &key, Some(&self.env).filter(|map| !map.is_empty())),
                "vars" => write_some(out, &key, Some(&self.vars).filter(|map| !map.is_empty())),
                "redactions" => write_some(out, &key, self.redactions.as_ref()),
                "edited" => {
                    write_some(out, &key, Some(&self.edited).filter(|list| !list.is_empty()))
                }
                _ => {
                    if let Some((_, raw)) = old.iter().find(|(name, _)| *name == key) {
                        write_raw(out, &key, raw);
                    }
                }
            }
        }
        out.push(b'}');
    }
}

/// Unknown keys.
impl Header {
    /// The unknown members, as one object, if there are any.
    pub(super) fn unknown(&self) -> Option<String> {
        unknown(self.raw.as_ref()?, |key| KNOWN.contains(&key))
    }

    /// Replaces the unknown members by those of this object.
    pub(super) fn set_unknown(&mut self, object: &str) {
        self.raw = self
            .raw
            .take()
            .map(|raw| with_unknown(&raw, |key| KNOWN.contains(&key), object).into());
    }
}

/// Two headers are equal if they say the same, apart from unknown keys.
impl PartialEq for Header {
    fn eq(&self, other: &Self) -> bool {
        let known = |header: &Self| {
            let Self { cli, recorder, recorded_at, argv, env, vars, redactions, edited, raw: _ } =
                header.clone();
            (cli, recorder, recorded_at, argv, env, vars, redactions, edited)
        };
        known(self) == known(other)
    }
}

const KNOWN: [&str; 10] = [
    "claude-wire",
    "version",
    "cli",
    "recorder",
    "recorded_at",
    "argv",
    "env",
    "vars",
    "redactions",
    "edited",
];

/// The order to write the keys in: as they were read, with new ones in their usual places.
fn key_order(old: &Members<'_>) -> Vec<String> {
    let mut order: Vec<String> = old.iter().map(|(key, _)| key.clone()).collect();
    let mut at = 0;
    for known in KNOWN {
        match order.iter().position(|key| key == known) {
            Some(found) => at = found + 1,
            None => {
                order.insert(at, known.to_owned());
                at += 1;
            }
        }
    }
    order
}

fn write_some<T: serde::Serialize>(out: &mut Vec<u8>, key: &str, value: Option<&T>) {
    if let Some(value) = value {
        write_member(out, key, value);
    }
}

/// Reads a flat object of strings. A repeated key is refused, as in the header itself.
fn string_map(key: &str, raw: &RawValue) -> Result<BTreeMap<String, String>, String> {
    let nested = |why| format!("\"{key}\" must be an object of strings: {why}");
    let mut map = BTreeMap::new();
    for (name, raw) in members(raw.get().as_bytes()).map_err(nested)? {
        let text = value(&name, raw, "a string").map_err(nested)?;
        map.insert(name, text);
    }
    Ok(map)
}

/// Checks that a text is a JSON file of this project, `"claude-wire": KIND, "version": N`, of the
/// version that this build reads. It comes before the rest is read: in a newer file that may mean
/// anything.
#[cfg(feature = "player")]
pub(crate) fn check_head(json: &str, kind: &str, versions: &[u64]) -> Result<(), String> {
    #[derive(serde::Deserialize)]
    struct Head {
        #[serde(rename = "claude-wire")]
        kind: Option<String>,
        version: Option<u64>,
    }
    let head: Head = serde_json::from_str(json).map_err(|error| error.to_string())?;
    if head.kind.as_deref() != Some(kind) {
        return Err(format!(
            "expected \"claude-wire\": \"{kind}\", got {:?}",
            head.kind.unwrap_or_default()
        ));
    }
    if !head.version.is_some_and(|version| versions.contains(&version)) {
        let got = head.version.map_or("none".into(), |version| version.to_string());
        let read = versions.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
        return Err(format!("version: this build reads {read}, the file has {got}"));
    }
    Ok(())
}
