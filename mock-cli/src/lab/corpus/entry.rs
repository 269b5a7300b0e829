//! The format of an entry, and its parser.

use std::collections::BTreeMap;
use std::fmt;

use claude_wire::lab::ApiScript;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::host::{Answer, SessionStep, StreamStep};
use super::log::{Channel, Item};
use super::options::HostOptions;
use super::pattern::{Names, Pattern};

const KIND: &str = "corpus-entry";
const VERSION: u64 = 1;

/// One entry: options, host script and API script of one or more launches.
#[derive(Debug)]
pub struct Entry {
    /// The file's name without its extension; the recordings have the same.
    pub name: String,
    /// What the recording shows, in one sentence without a full stop.
    pub shows: String,
    /// Variables of the CLI's environment; `None` removes one.
    pub(super) env: BTreeMap<String, Option<String>>,
    /// Files in the CLI's working folder, and below `${config}/` in that of its settings.
    pub(super) files: BTreeMap<String, Content>,
    /// What a server on loopback answers, by path. In files `${http}` is its address.
    pub(super) http: BTreeMap<String, Value>,
    pub(super) host: Host,
    /// How the host answers the CLI's requests: the first that fits applies.
    pub(super) answers: Vec<Answer>,
    pub(super) api: ApiScript,
    /// What must be delivered, in this order; other things may come between.
    pub(super) expect: Vec<Pattern>,
    /// What must not be delivered.
    pub(super) never: Vec<Pattern>,
    /// Requests that the CLI must make of the API, in this order; others may come between.
    pub(super) requests: Vec<Pattern>,
}

/// What the host does.
#[derive(Debug)]
pub(super) enum Host {
    /// Through a session of this library.
    Session(Box<HostOptions>, Vec<SessionStep>),
    /// On the bare streams: what no session writes.
    Streams(Vec<String>, Vec<StreamStep>),
}

/// The content of a file in the working folder.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Content {
    Text(String),
    Lines {
        lines: Vec<String>,
    },
    Json {
        json: Value,
    },
    /// The same text repeated.
    Repeated {
        text: String,
        repeat: usize,
    },
    /// A named pipe: a tool that writes to it reports to the host that it runs.
    Pipe {
        #[allow(dead_code, reason = "only its presence counts")]
        pipe: bool,
    },
}

/// Why a file is not an entry, and where in it.
#[derive(Debug, PartialEq)]
pub struct EntryError {
    name: String,
    why: String,
}

impl fmt::Display for EntryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "corpus entry {}.json: {}", self.name, self.why)
    }
}

impl std::error::Error for EntryError {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File<'a> {
    #[serde(rename = "claude-wire")]
    kind: String,
    version: u64,
    shows: String,
    #[serde(default)]
    env: BTreeMap<String, Option<String>>,
    #[serde(default)]
    files: BTreeMap<String, Content>,
    #[serde(default)]
    http: BTreeMap<String, Value>,
    session: Option<HostOptions>,
    streams: Option<Vec<String>>,
    host: Vec<Value>,
    #[serde(default)]
    answers: Vec<Value>,
    #[serde(borrow)]
    api: &'a RawValue,
    expect: Vec<Value>,
    #[serde(default)]
    never: Vec<Value>,
    #[serde(default)]
    requests: Vec<Value>,
}

impl Entry {
    /// The model's side.
    pub(in crate::lab) fn api(&self) -> &ApiScript {
        &self.api
    }

    /// The lines of its project's skills, by their names.
    pub(in crate::lab) fn skills(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.files.iter().filter_map(|(path, content)| {
            let name = path.strip_prefix(".claude/skills/")?.strip_suffix("/SKILL.md")?;
            match content {
                Content::Lines { lines } => Some((name, lines.as_slice())),
                _ => None,
            }
        })
    }

    /// Whether it removes the key from the environment of the CLI.
    pub(in crate::lab) fn has_no_key(&self) -> bool {
        let is_set = |name: &str| matches!(self.env.get(name), Some(Some(_)));
        self.env.get("ANTHROPIC_API_KEY") == Some(&None) && !is_set("CLAUDE_CODE_OAUTH_TOKEN")
    }

    /// The texts in its working folder, by their paths.
    pub(in crate::lab) fn texts(&self) -> impl Iterator<Item = (&str, String)> {
        self.files.iter().filter_map(|(path, content)| {
            let text = match content {
                Content::Text(text) => text.clone(),
                Content::Lines { lines } => lines.iter().map(|line| format!("{line}\n")).collect(),
                _ => return None,
            };
            Some((path.as_str(), text))
        })
    }

    /// The names of the pipes that its tools report to.
    pub(in crate::lab) fn pipes(&self) -> impl Iterator<Item = &str> {
        let is_pipe = |content: &Content| matches!(content, Content::Pipe { .. });
        let pipes = self.files.iter().filter(move |(_, content)| is_pipe(content));
        pipes.map(|(name, _)| name.as_str())
    }

    /// The files that its host makes for tools that wait for them.
    pub(in crate::lab) fn touched(&self) -> Vec<&str> {
        let Host::Session(_, steps) = &self.host else { return Vec::new() };
        let touched = steps.iter().filter_map(|step| match step {
            SessionStep::Touch { file } => Some(file.as_str()),
            _ => None,
        });
        touched.collect()
    }

    /// The name of the recording of a launch, counted from 1.
    pub fn file_name(&self, launch: usize) -> String {
        if launch == 1 {
            format!("{}.jsonl", self.name)
        } else {
            format!("{}-{launch}.jsonl", self.name)
        }
    }

    /// The first thing that was expected and did not come, or that came and must not. Order counts
    /// only within a channel: a turn and the events, say, have no order between them.
    pub fn missing(&self, delivered: &[Item]) -> Option<String> {
        let mut passed: BTreeMap<Channel, usize> = BTreeMap::new();
        let mut names = Names::default();
        let missing = self.expect.iter().find(|pattern| {
            let later = |index: usize, item: &Item| {
                passed.get(&item.channel).is_none_or(|last| index > *last)
            };
            let found = (0..).zip(delivered).find(|(index, item)| {
                later(*index, item) && pattern.fits_with(&mut names, item.json())
            });
            found.map(|(index, item)| passed.insert(item.channel, index)).is_none()
        });
        let came = || {
            self.never.iter().find(|pattern| delivered.iter().any(|item| pattern.fits(item.json())))
        };
        match missing {
            Some(missing) => Some(format!("missing (in this order): {missing}")),
            None => came().map(|came| format!("delivered, but must not be: {came}")),
        }
    }

    /// The first request that the CLI should have made of the API and did not.
    pub(super) fn not_asked<'a>(
        &self,
        requests: impl IntoIterator<Item = &'a Value>,
    ) -> Option<String> {
        let mut requests = requests.into_iter();
        let missing =
            self.requests.iter().find(|pattern| !requests.any(|request| pattern.fits(request)))?;
        Some(format!("missing in the requests to the API (in this order): {missing}"))
    }

    /// Reads an entry.
    ///
    /// # Errors
    /// If the text is not an entry; the error says where.
    pub fn parse(name: &str, text: &str) -> Result<Self, EntryError> {
        Self::read(name, text).map_err(|why| EntryError { name: name.to_owned(), why })
    }

    fn read(name: &str, text: &str) -> Result<Self, String> {
        let file: File<'_> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if (file.kind.as_str(), file.version) != (KIND, VERSION) {
            return Err(format!(
                "expected \"claude-wire\": \"{KIND}\", \"version\": {VERSION}; got {:?}, {}",
                file.kind, file.version
            ));
        }
        let host = match (file.session, file.streams) {
            (Some(options), None) => Host::Session(Box::new(options), each("host", file.host)?),
            (None, Some(args)) => Host::Streams(args, each("host", file.host)?),
            _ => return Err("either \"session\" (its options) or \"streams\" (the arguments of the CLI) is required".to_owned()),
        };
        let start = text.find(file.api.get()).map_or(1, |at| text[..at].lines().count());
        let written: Value =
            serde_json::from_str(file.api.get()).map_err(|error| error.to_string())?;
        let meant = repeated(written.clone());
        // Errors count the lines of the text.
        let api = if meant == written { file.api.get().to_owned() } else { meant.to_string() };
        let api = ApiScript::parse(&api)
            .map_err(|error| format!("\"api\", counted from line {start}: {error}"))?;
        // A long text is expected in the form in which it is written.
        let expect = each("expect", file.expect.into_iter().map(repeated).collect())?;
        let (never, requests) = (each("never", file.never)?, each("requests", file.requests)?);
        let answers = each("answers", file.answers)?;
        let name = name.to_owned();
        Ok(Self {
            name,
            shows: file.shows,
            env: file.env,
            files: file.files,
            http: file.http,
            host,
            answers,
            api,
            expect,
            never,
            requests,
        })
    }
}

/// A repeated text may be written as `{"text": "...", "repeat": 3}`.
fn repeated(value: Value) -> Value {
    match value {
        Value::Object(fields) if fields.len() == 2 => {
            match (
                fields.get("text").and_then(Value::as_str),
                fields.get("repeat").and_then(Value::as_u64),
            ) {
                (Some(text), Some(times)) => {
                    text.repeat(usize::try_from(times).unwrap_or(usize::MAX)).into()
                }
                _ => Value::Object(
                    fields.into_iter().map(|(name, value)| (name, repeated(value))).collect(),
                ),
            }
        }
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, value)| (name, repeated(value))).collect())
        }
        Value::Array(items) => items.into_iter().map(repeated).collect(),
        other => other,
    }
}

/// Reads a list item by item, so that an error can name the item.
fn each<T: for<'a> Deserialize<'a>>(what: &str, items: Vec<Value>) -> Result<Vec<T>, String> {
    let read = |(number, item)| {
        serde_json::from_value(item).map_err(|error| format!("\"{what}\", item {number}: {error}"))
    };
    (1..).zip(items).map(read).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use claude_wire::transport::Exit;

    use super::super::log::Log;
    use super::*;

    const ENTRY: &str = r#"{"claude-wire": "corpus-entry", "version": 1, "shows": "A thing",
        "session": {"allowed_tools": ["Bash"]},
        "host": [{"do": "prompt", "content": "Hello"}, {"do": "wait", "gate": "middle"}],
        "api": {"claude-wire": "api-script", "version": 1, "rules": []},
        "expect": [{"type": "result"}]}"#;

    fn error(from: &str, to: &str) -> String {
        assert!(ENTRY.contains(from), "{from}");
        Entry::parse("x", &ENTRY.replace(from, to)).unwrap_err().to_string()
    }

    #[test]
    fn an_entry_is_read() {
        let entry = Entry::parse("x", ENTRY).unwrap();
        assert_eq!((&*entry.name, &*entry.shows), ("x", "A thing"));
        assert!(matches!(&entry.host, Host::Session(_, steps) if steps.len() == 2));
    }

    #[test]
    fn expectations_are_ordered_within_a_channel() {
        let expect = r#"[{"type": "result", "n": 1}, {"type": "note"}, {"type": "result"}]"#;
        let entry = Entry::parse("x", &ENTRY.replace(r#"[{"type": "result"}]"#, expect)).unwrap();
        let (one, two, note) =
            (r#"{"type":"result","n":1}"#, r#"{"type":"result","n":2}"#, r#"{"type":"note"}"#);
        let missing = |items: &[(Channel, &'static str)]| {
            let log = Log::new();
            items.iter().for_each(|(channel, line)| log.push(*channel, *line));
            entry.missing(&log.take())
        };
        assert_eq!(
            missing(&[(Channel::Event(1), note), (Channel::Turn(1), one), (Channel::Turn(2), two)]),
            None
        );
        assert_eq!(
            missing(&[(Channel::Turn(1), one), (Channel::Turn(1), note), (Channel::Turn(1), two)]),
            None
        );
        for items in [
            vec![(Channel::Turn(1), one), (Channel::Turn(2), two)],
            vec![(Channel::Turn(1), note), (Channel::Turn(1), one), (Channel::Turn(2), two)],
            vec![(Channel::Event(1), note), (Channel::Turn(1), one)],
        ] {
            assert!(missing(&items).is_some(), "{items:?}");
        }
    }

    #[test]
    fn ends_and_stderr_can_be_expected_or_excluded() {
        let expect = r#"[{"exit": {"code": 1}}, {"stderr": {"$contains": "no"}}], "never": [{"stderr": "never"}]"#;
        let entry = Entry::parse("x", &ENTRY.replace(r#"[{"type": "result"}]"#, expect)).unwrap();
        let missing = |code: i32, stderr: &[&str]| {
            let log = Log::new();
            stderr.iter().for_each(|line| log.stderr(line));
            log.exit(Some(Exit::from_code(code)));
            entry.missing(&log.take())
        };
        assert_eq!(missing(1, &["so", "no"]), None);
        for (code, stderr, why) in [
            (0, &["no"][..], "missing"),
            (1, &["so"], "missing"),
            (1, &["no", "never"], "must not be"),
        ] {
            assert!(
                missing(code, stderr).is_some_and(|missing| missing.contains(why)),
                "{code}, {stderr:?}"
            );
        }
    }

    #[test]
    fn names_carry_over_to_later_expectations() {
        let expect =
            r#"[{"id": {"$named": "a"}}, {"id": {"$named": "b"}}, {"id": {"$named": "a"}}]"#;
        let entry = Entry::parse("x", &ENTRY.replace(r#"[{"type": "result"}]"#, expect)).unwrap();
        let missing = |ids: [&str; 3]| {
            let log = Log::new();
            ids.iter().for_each(|id| log.push(Channel::Event(1), format!(r#"{{"id":"{id}"}}"#)));
            entry.missing(&log.take())
        };
        assert_eq!(missing(["1", "2", "1"]), None);
        assert!(missing(["1", "2", "2"]).is_some() && missing(["1", "1", "2"]).is_some());
    }

    #[test]
    fn requests_of_the_api_have_an_order() {
        let entry = Entry::parse(
            "x",
            &ENTRY.replace(r#""expect""#, r#""requests": [{"n": 1}, {"n": 2}], "expect""#),
        )
        .unwrap();
        let not_asked = |numbers: &[u8]| {
            entry
                .not_asked(&numbers.iter().map(|n| serde_json::json!({"n": n})).collect::<Vec<_>>())
        };
        assert_eq!(not_asked(&[0, 1, 0, 2]), None);
        assert!(not_asked(&[2, 1]).is_some_and(|missing| missing.contains(r#"{"n":2}"#)));
    }

    #[test]
    fn an_unknown_field_is_refused_and_the_error_says_where() {
        for (from, to, why) in [
            (
                r#""version": 1, "shows""#,
                r#""version": 2, "shows""#,
                "expected \"claude-wire\": \"corpus-entry\", \"version\": 1; got \"corpus-entry\", 2",
            ),
            (r#""shows": "A thing","#, r#""shows": "A thing", "show": 1,"#, "unknown field `show`"),
            (r#"["Bash"]}"#, r#"["Bash"], "modle": 1}"#, "unknown field `modle`"),
            (
                r#""gate": "middle""#,
                r#""gaet": "middle""#,
                "\"host\", item 2: unknown field `gaet`",
            ),
            (
                r#""gate": "middle""#,
                r#""gate": "middle", "exits": 1"#,
                "\"host\", item 2: a wait is for one thing",
            ),
            (
                r#"{"do": "prompt""#,
                r#"{"do": "write""#,
                "\"host\", item 1: unknown variant `write`",
            ),
            (
                r#""rules": []"#,
                r#""rule": []"#,
                "\"api\", counted from line 4: API script: unknown field `rule`",
            ),
            (r#""session": {"allowed_tools": ["Bash"]},"#, "", "either \"session\""),
            (
                r#""expect": [{"type""#,
                r#""expect": [{"$like""#,
                "\"expect\", item 1: in a pattern,",
            ),
            (r#""expect""#, r#"expect"#, "line 5 column 9"),
        ] {
            let error = error(from, to);
            assert!(error.starts_with("corpus entry x.json: ") && error.contains(why), "{error}");
        }
    }
}
