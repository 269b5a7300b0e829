//! The file that records what the pinned CLI asked, next to its recordings.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::shape::Asked;

const KIND: &str = "requests";
const VERSION: u64 = 1;

/// What a CLI asked in each entry of a folder of recordings: `requests.json`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AskedFile(BTreeMap<String, Asked>);

/// Lines by name, and the names of its lines for each entry. Most entries have most lines in
/// common.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "claude-wire")]
    kind: String,
    version: u64,
    lines: BTreeMap<String, Value>,
    entries: BTreeMap<String, Vec<String>>,
}

impl AskedFile {
    /// The name of the file.
    pub const NAME: &str = "requests.json";

    /// Reads the file of a folder; `None` if the folder has none.
    ///
    /// # Errors
    /// If the file cannot be read or does not have this form; the error names it.
    pub fn load(folder: &Path) -> Result<Option<Self>, String> {
        let path = folder.join(Self::NAME);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|error| format!("{}: {error}", path.display()))?,
        };
        Self::parse(&text).map(Some).map_err(|why| format!("{}: {why}", path.display()))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if (file.kind.as_str(), file.version) != (KIND, VERSION) {
            return Err(format!(
                "expected \"claude-wire\": \"{KIND}\", \"version\": {VERSION}; got {:?}, {}",
                file.kind, file.version
            ));
        }
        let line = |name: &String| {
            file.lines.get(name).cloned().ok_or_else(|| format!("no line is named {name:?}"))
        };
        let entry = |(entry, names): (&String, &Vec<String>)| {
            let lines: Result<_, String> = names.iter().map(line).collect();
            Ok((entry.clone(), Asked::new(lines?)))
        };
        file.entries.iter().map(entry).collect::<Result<_, _>>().map(Self)
    }

    /// Returns what was asked in an entry.
    pub fn get(&self, entry: &str) -> Option<&Asked> {
        self.0.get(entry)
    }

    /// Sets what was asked in an entry, and replaces what was set before.
    pub fn insert(&mut self, entry: &str, asked: Asked) {
        self.0.insert(entry.to_owned(), asked);
    }

    /// The entries, by name.
    #[cfg(test)]
    pub fn entries(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Writes the file into a folder.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn save(&self, folder: &Path) -> Result<(), String> {
        let path = folder.join(Self::NAME);
        fs::write(&path, self.to_json()).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// One line of the file for each line and each entry.
    fn to_json(&self) -> String {
        let mut named: Vec<(String, &Value)> = Vec::new();
        let mut entries = Vec::new();
        for (entry, asked) in &self.0 {
            let names = asked.lines().iter().map(|line| name(&mut named, line));
            entries.push((entry, Value::from_iter(names)));
        }
        named.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut json = format!("{{\"claude-wire\":\"{KIND}\",\"version\":{VERSION},\"lines\":{{");
        // Writing to a string does not fail.
        for (number, (name, line)) in named.iter().enumerate() {
            let _ = write!(json, "{}\n{}:{line}", comma(number), Value::from(name.as_str()));
        }
        json.push_str("\n},\"entries\":{");
        for (number, (entry, names)) in entries.iter().enumerate() {
            let _ = write!(json, "{}\n{}:{names}", comma(number), Value::from(entry.as_str()));
        }
        json + "\n}}\n"
    }
}

/// The name of a line: its kind, and a number if several lines are of one kind.
fn name<'a>(named: &mut Vec<(String, &'a Value)>, line: &'a Value) -> String {
    if let Some((name, _)) = named.iter().find(|(_, known)| *known == line) {
        return name.clone();
    }
    let word = |key: &str| line[key].as_str().unwrap_or_default();
    let kind = match word("subtype") {
        "" => word("type").to_owned(),
        subtype => format!("{}/{subtype}", word("type")),
    };
    let is_free = |name: &String| named.iter().all(|(taken, _)| taken != name);
    let numbered = (2..).map(|number| format!("{kind}#{number}"));
    // There is always a free number.
    let name = std::iter::once(kind.clone()).chain(numbered).find(is_free).unwrap_or(kind.clone());
    named.push((name.clone(), line));
    name
}

fn comma(number: usize) -> &'static str {
    if number > 0 { "," } else { "" }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use claude_wire::CLI_VERSION;
    use serde_json::json;

    use super::*;
    use crate::lab::corpus;

    fn asked(lines: &[Value]) -> Asked {
        Asked::new(lines.to_vec())
    }

    #[test]
    fn a_file_has_each_line_once_and_round_trips() {
        let bash = json!({"type": "tool", "subtype": "Bash", "input_schema": {"type": "object"}});
        let other = json!({"type": "tool", "subtype": "Bash", "input_schema": {"type": "string"}});
        let request = json!({"type": "request", "model": "m"});
        let mut file = AskedFile::default();
        file.insert("two", asked(&[request.clone(), other.clone()]));
        file.insert("one", asked(&[request.clone(), bash.clone()]));
        file.insert("three", asked(&[bash, other]));
        file.insert("none", asked(&[]));
        let expected = r#"{"claude-wire":"requests","version":1,"lines":{
"request":{"type":"request","model":"m"},
"tool/Bash":{"type":"tool","subtype":"Bash","input_schema":{"type":"object"}},
"tool/Bash#2":{"type":"tool","subtype":"Bash","input_schema":{"type":"string"}}
},"entries":{
"none":[],
"one":["request","tool/Bash"],
"three":["tool/Bash","tool/Bash#2"],
"two":["request","tool/Bash#2"]
}}
"#;
        assert_eq!(file.to_json(), expected);
        assert_eq!(AskedFile::parse(expected), Ok(file));
    }

    #[test]
    fn another_file_is_refused_and_a_missing_one_is_none() {
        for (text, why) in [
            (
                r#"{"claude-wire":"requests","version":2,"lines":{},"entries":{}}"#,
                "got \"requests\", 2",
            ),
            (
                r#"{"claude-wire":"requests","version":1,"lines":{},"entries":{"a":["x"]}}"#,
                "no line is named \"x\"",
            ),
            ("{", "EOF"),
        ] {
            let error = AskedFile::parse(text).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(AskedFile::load(folder.path()), Ok(None));
        fs::write(folder.path().join(AskedFile::NAME), "{").unwrap();
        assert!(AskedFile::load(folder.path()).unwrap_err().contains("requests.json"));
    }

    fn pinned() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../recordings").join(CLI_VERSION)
    }

    #[test]
    fn the_committed_file_has_exactly_the_entries() {
        let file = AskedFile::load(&pinned()).unwrap().unwrap();
        let mut entries: Vec<String> =
            corpus::entries().unwrap().into_iter().map(|entry| entry.name).collect();
        entries.sort();
        assert_eq!(file.entries().collect::<Vec<_>>(), entries);
        let text = fs::read_to_string(pinned().join(AskedFile::NAME)).unwrap();
        assert!(file.to_json() == text, "the file is not as `cargo xtask rerecord` writes it");
    }

    #[test]
    fn the_committed_file_has_no_long_text_and_no_machine_path() {
        let text = fs::read_to_string(pinned().join(AskedFile::NAME)).unwrap();
        let file: Value = serde_json::from_str(&text).unwrap();
        for text in texts(&file) {
            assert!(text.chars().count() <= 70, "{text}");
            for trace in ["/tmp", "/root", "/home", "sk-ant", "127.0.0.1"] {
                assert!(!text.contains(trace), "{text}");
            }
        }
    }

    fn texts(value: &Value) -> Vec<&str> {
        match value {
            Value::String(text) => vec![text],
            Value::Array(items) => items.iter().flat_map(texts).collect(),
            Value::Object(members) => members.values().flat_map(texts).collect(),
            _ => Vec::new(),
        }
    }
}
