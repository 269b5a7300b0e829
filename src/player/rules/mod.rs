//! Rules for what a replay compares: places that are ignored, and values that need not be equal.

mod error;
mod matcher;
mod place;

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::difference::Difference;
use super::launch::take_declared;
use super::renumber::Renumbered;
use crate::recording::is_recordings_folder;

pub use self::error::RulesError;
pub(super) use self::matcher::Matcher;
pub(super) use self::place::Place;

/// What a replay does not compare, or not literally.
///
/// In a file, `rules.json` in a folder of recordings or `NAME.rules.json` next to `NAME.jsonl`:
///
/// ```
/// use claude_wire::player::Rules;
///
/// let rules = Rules::parse(r#"{
///   "ignore": ["--model"],
///   "match": [
///     {"at": "prompt[0]", "any": true},
///     {"at": "--name", "regex": "^run-[0-9]+$"},
///     {"at": "mcp_message /params/arguments/path", "path": true}
///   ]
/// }"#)?;
/// # Ok::<(), claude_wire::player::RulesError>(())
/// ```
///
/// A place is one of:
///
/// | place | what |
/// |---|---|
/// | `--model` | a flag, under any of its names, and its field of `initialize` |
/// | `prompt[0]` | the text of a prompt; the first of a launch is number 0 |
/// | `set_model /model` | a field of a control request, as a JSON pointer into its `request`, or into the answer to a request of the CLI; of an `mcp_message` into the JSON-RPC message |
///
/// `ignore` lists places that are not compared. A `match` has exactly one of these:
///
/// | match | the live value must be |
/// |---|---|
/// | `"any": true` | anything, or absent |
/// | `"id": true` | an id: a text or a number. A text is paired: it must be the same one each time that the recorded one comes, and takes its place wherever that comes in a text. A number is not paired, since its digits are something else elsewhere |
/// | `"regex": "..."` | a text in which the expression is found |
/// | `"date": true` | a date, or a date and a time, in the form of ISO 8601 |
/// | `"uuid": true` | a uuid |
/// | `"path": true` | an absolute path |
/// | `"one_of": [...]` | one of these |
#[derive(Clone, Debug, Default)]
pub struct Rules {
    rows: Vec<(Place, Matcher)>,
    lenient: bool,
}

/// What rules found in two requests or answers.
#[derive(Default)]
pub(super) struct Applied {
    pub(super) differences: Vec<Difference>,
    /// Recorded ids, and the live ones in their places.
    pub(super) ids: Vec<(String, String)>,
    /// The places that one of the two has, with their rules.
    pub(super) seen: Vec<(String, Matcher)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    ignore: Vec<String>,
    #[serde(default, rename = "match")]
    matches: Vec<MatchRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MatchRow {
    at: String,
    any: Option<bool>,
    id: Option<bool>,
    regex: Option<String>,
    date: Option<bool>,
    uuid: Option<bool>,
    path: Option<bool>,
    one_of: Option<Vec<Value>>,
}

impl Rules {
    /// No rules: everything is compared.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the rules of a file.
    ///
    /// # Errors
    /// If it cannot be read, or is not a file of rules: the message names the file, the place in
    /// it, and what was expected there.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, RulesError> {
        let path = path.as_ref();
        let text =
            std::fs::read_to_string(path).map_err(|error| RulesError::unread(path, error))?;
        Self::parse(&text).map_err(|error| error.in_file(path))
    }

    /// Reads the rules of a recording, from `NAME.rules.json` next to `NAME.jsonl`, or those of a
    /// folder of recordings, from its `rules.json`. Without such a file there are none.
    ///
    /// # Errors
    /// If the file exists, and [`load`](Self::load) fails.
    pub fn of_recordings(path: impl AsRef<Path>) -> Result<Self, RulesError> {
        let file = Self::file_of(path);
        if file.exists() { Self::load(file) } else { Ok(Self::new()) }
    }

    /// The file with the rules of a recording, or of a folder of recordings, whether it exists or
    /// not.
    pub fn file_of(recordings: impl AsRef<Path>) -> PathBuf {
        let path = recordings.as_ref();
        match is_recordings_folder(path) {
            true => path.join("rules.json"),
            false => path.with_extension("rules.json"),
        }
    }

    /// Reads the rules of such a text.
    ///
    /// # Errors
    /// If it is not a file of rules. Unknown keys are errors.
    pub fn parse(json: &str) -> Result<Self, RulesError> {
        if !json.trim_start().starts_with('{') {
            return Err(RulesError::new("not a file of rules: expected an object"));
        }
        let file: File = serde_json::from_str(json).map_err(RulesError::json)?;
        let mut rules = Self::new().ignore(file.ignore)?;
        for (index, row) in file.matches.into_iter().enumerate() {
            let at = |error: RulesError| error.at(format!("match[{index}]"));
            let place = Place::parse(&row.at).map_err(at)?;
            rules.rows.push((place, row.matcher().map_err(at)?));
        }
        Ok(rules)
    }

    /// Also ignores these places.
    ///
    /// # Errors
    /// If one is not a place, or names a flag that no known version of the CLI has.
    pub fn ignore(
        mut self,
        places: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Self, RulesError> {
        for (index, place) in places.into_iter().enumerate() {
            let at = |error: RulesError| error.at(format!("ignore[{index}]"));
            self.rows.push((Place::parse(place.as_ref()).map_err(at)?, Matcher::Any));
        }
        Ok(self)
    }

    /// Does not compare flags that the CLI of the recording does not know.
    #[must_use]
    pub fn lenient(mut self) -> Self {
        self.lenient = true;
        self
    }

    /// Whether unknown flags are compared.
    pub(super) fn compares_unknown_flags(&self) -> bool {
        !self.lenient
    }

    /// Whether one of them is about ids.
    pub(super) fn has_ids(&self) -> bool {
        self.rows.iter().any(|(_, matcher)| matches!(matcher, Matcher::Id))
    }

    /// All rules of both.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.rows.extend(other.rows);
        self.lenient |= other.lenient;
        self
    }

    /// The matcher of a place. The first rule counts.
    pub(super) fn matcher(&self, place: &Place) -> Option<&Matcher> {
        self.rows.iter().find(|(at, _)| at == place).map(|(_, matcher)| matcher)
    }

    /// Compares what rules name in two control requests, and takes it out of both.
    pub(super) fn apply(
        &self,
        subtype: &str,
        expected: &mut Value,
        actual: &mut Value,
        ids: &Renumbered,
    ) -> Applied {
        let root = if subtype == "mcp_message" { "/message" } else { "" };
        self.apply_below(subtype, root, expected, actual, ids)
    }

    /// The same for two answers to a request of the CLI: their `response` fields.
    pub(super) fn apply_to_answer(
        &self,
        subtype: &str,
        expected: &mut Value,
        actual: &mut Value,
        ids: &Renumbered,
    ) -> Applied {
        let is_mcp = subtype == "mcp_message";
        let root = if is_mcp { "/response/mcp_response" } else { "/response" };
        self.apply_below(subtype, root, expected, actual, ids)
    }

    /// Compares two `initialize` requests at the flags that rules name, where the launch is not
    /// compared, and takes their fields out of both.
    pub(super) fn apply_to_declared(&self, expected: &mut Value, actual: &mut Value) -> Applied {
        let mut applied = Applied::default();
        for (place, matcher) in &self.rows {
            let Place::Flag(name) = place else { continue };
            let (recorded, live) = (take_declared(name, expected), take_declared(name, actual));
            if recorded.is_none() && live.is_none() {
                continue;
            }
            applied.seen.push((name.clone(), matcher.clone()));
            if !matcher.fits(recorded.as_ref(), live.as_ref()) {
                applied.differences.push(Difference::of_rule(name, matcher.to_string(), live));
            }
        }
        applied
    }

    fn apply_below(
        &self,
        subtype: &str,
        root: &str,
        expected: &mut Value,
        actual: &mut Value,
        ids: &Renumbered,
    ) -> Applied {
        let mut applied = Applied::default();
        for (place, matcher) in &self.rows {
            let Place::Request { subtype: of, pointer } = place else { continue };
            if of != subtype {
                continue;
            }
            let pointer = format!("{root}{pointer}");
            let (recorded, live) = (take(expected, &pointer), take(actual, &pointer));
            if recorded.is_none() && live.is_none() {
                continue;
            }
            applied.seen.push((place.to_string(), matcher.clone()));
            let pair = matcher.pair(recorded.as_ref(), live.as_ref());
            let is_known = pair.as_ref().is_none_or(|(one, other)| ids.may_add(one, other));
            if is_known && matcher.fits(recorded.as_ref(), live.as_ref()) {
                applied.ids.extend(pair);
            } else {
                let differs = Difference::of_rule(&place.to_string(), matcher.to_string(), live);
                applied.differences.push(differs);
            }
        }
        applied
    }

    /// The differences at a place: by its rule, or else by `compare`.
    pub(super) fn differences(
        &self,
        place: &Place,
        name: &str,
        expected: Option<&Value>,
        actual: Option<&Value>,
        compare: impl FnOnce() -> Vec<Difference>,
    ) -> Vec<Difference> {
        match self.matcher(place) {
            None => compare(),
            Some(matcher) if matcher.fits(expected, actual) => Vec::new(),
            Some(matcher) => {
                vec![Difference::of_rule(name, matcher.to_string(), actual.cloned())]
            }
        }
    }
}

/// Takes what a JSON pointer points at.
fn take(value: &mut Value, pointer: &str) -> Option<Value> {
    let (parent, key) = pointer.rsplit_once('/')?;
    match value.pointer_mut(parent)? {
        Value::Object(fields) => fields.shift_remove(&key.replace("~1", "/").replace("~0", "~")),
        // The places of the other items stay.
        Value::Array(items) => items.get_mut(key.parse::<usize>().ok()?).map(Value::take),
        _ => None,
    }
}

impl MatchRow {
    fn matcher(self) -> Result<Matcher, RulesError> {
        let switch = |name, on: Option<bool>, matcher| {
            on.map(|on| match on {
                true => Ok(matcher),
                false => Err(RulesError::new(format!("{name} must be true, or absent"))),
            })
        };
        let found = [
            switch("any", self.any, Matcher::Any),
            switch("id", self.id, Matcher::Id),
            self.regex.map(|regex| Matcher::regex(&regex)),
            switch("date", self.date, Matcher::Date),
            switch("uuid", self.uuid, Matcher::Uuid),
            switch("path", self.path, Matcher::Path),
            self.one_of.map(Matcher::one_of),
        ];
        let mut found = found.into_iter().flatten();
        match (found.next(), found.next()) {
            (Some(one), None) => one,
            (one, _) => Err(RulesError::new(format!(
                "a match needs exactly one of any, id, regex, date, uuid, path, one_of; this one has {}",
                if one.is_some() { "several" } else { "none" }
            ))),
        }
    }
}
