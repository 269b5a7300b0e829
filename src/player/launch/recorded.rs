//! A recorded launch, and where a live one differs from it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::player::compare;
use crate::player::difference::Difference;
use crate::player::renumber::Renumbered;
use crate::player::rules::{Place, Rules};
use crate::recording::{Event, EventKind, Header};

use super::argv::CommandLine;
use super::declared::{DECLARED, Declared};
use super::meaning;
use super::not_compared::{is_left_out, is_shown_by_both};

/// A command line with the meaning of its flags.
#[derive(Clone, Debug)]
struct Line {
    args: Vec<String>,
    /// `None`: the CLI refuses it, so it is compared word for word.
    read: Option<CommandLine>,
    flags: BTreeMap<&'static str, Value>,
}

/// The command line of a live launch, read with the table of a recording's CLI.
#[derive(Clone, Debug)]
pub(in crate::player) struct LiveLaunch {
    line: Line,
    /// The sessions of earlier launches of the run: the recorded ids, and the live ones.
    sessions: Renumbered,
}

/// The launch of a recording: its command line, and what it declared in `initialize`.
#[derive(Clone, Debug)]
pub(in crate::player) struct RecordedLaunch {
    line: Line,
    initialize: Option<Value>,
}

impl Line {
    fn read(args: Vec<String>, version: Option<&str>) -> Self {
        let read = CommandLine::read(&args, version, true).ok();
        let flags = read.as_ref().map(meaning::flags).unwrap_or_default();
        Self { args, read, flags }
    }

    fn prompt(&self) -> Option<&str> {
        self.read.as_ref()?.prompt()
    }

    fn session_id(&self) -> Option<&str> {
        self.read.as_ref()?.value("--session-id")
    }

    /// The words of the subcommand with its arguments.
    fn command(&self) -> Value {
        let Some(read) = &self.read else { return Value::Null };
        let words = read.subcommand().iter().map(|word| Value::from(*word));
        words.chain(read.arguments().iter().map(|word| Value::from(word.as_str()))).collect()
    }

    fn is_session(&self) -> bool {
        self.read.as_ref().is_none_or(|read| read.subcommand().is_empty())
    }

    fn unknown(&self) -> Value {
        self.read.iter().flat_map(|read| read.unknown()).map(|flag| flag.as_str()).collect()
    }
}

impl LiveLaunch {
    /// Reads the arguments as the CLI of that version does.
    pub(in crate::player) fn new(
        args: impl IntoIterator<Item = impl Into<String>>,
        version: Option<&str>,
    ) -> Self {
        let line = Line::read(args.into_iter().map(Into::into).collect(), version);
        Self { line, sessions: Renumbered::default() }
    }

    /// After these sessions.
    pub(in crate::player) fn after(self, sessions: Renumbered) -> Self {
        Self { sessions, ..self }
    }

    /// The sessions of earlier launches of the run.
    pub(in crate::player) fn sessions(&self) -> &Renumbered {
        &self.sessions
    }

    /// The prompt among the arguments.
    pub(in crate::player) fn prompt(&self) -> Option<&str> {
        self.line.prompt()
    }

    /// Whether a host with this `initialize` has an MCP server of this name, as far as is known:
    /// the servers of a file are not.
    pub(in crate::player) fn has_server(&self, name: &str, initialize: &Value) -> bool {
        let declared = DECLARED.iter().find(|declared| declared.at == "--mcp-config");
        let servers =
            declared.and_then(|declared| declared.value(&self.line.flags, Some(initialize)));
        let has = |server: &Value| server == name || server.is_object();
        servers.as_ref().and_then(Value::as_array).is_some_and(|servers| servers.iter().any(has))
    }

    /// The id of the new session, where the arguments name one.
    pub(in crate::player) fn session_id(&self) -> Option<&str> {
        self.line.session_id()
    }
}

impl RecordedLaunch {
    /// The launch of a header; `folders` are the live values of its variables. `None` for a
    /// recording that does not say how it was launched: it is not compared.
    pub(in crate::player) fn of_header(
        header: &Header,
        folders: &BTreeMap<String, String>,
    ) -> Option<Self> {
        let args = super::paths::with_folders(header, folders)?;
        let line = Line::read(args, header.cli.as_deref());
        Some(Self { line, initialize: None })
    }

    /// Takes in the `initialize` of the events, whose variables have been replaced.
    pub(in crate::player) fn with_events(mut self, events: &[Event]) -> Self {
        self.initialize = events.iter().find_map(|event| match &event.kind {
            EventKind::In(line) => initialize_of(line.bytes()),
            _ => None,
        });
        self
    }

    /// The recorded prompt among the arguments.
    pub(in crate::player) fn prompt(&self) -> Option<&str> {
        self.line.prompt()
    }

    /// The id of the recorded session, where the arguments name it.
    pub(in crate::player) fn session_id(&self) -> Option<&str> {
        self.line.session_id()
    }

    /// Where the command line alone contradicts the recorded one: all that cannot also be declared
    /// in `initialize`, without the prompt.
    pub(in crate::player) fn contradictions(
        &self,
        live: &LiveLaunch,
        rules: &Rules,
    ) -> Vec<Difference> {
        let sessions = &live.sessions;
        let (recorded, live) = (&self.line, &live.line);
        if recorded.read.is_none() || live.read.is_none() {
            let words = |line: &Line| line.args.iter().map(String::as_str).collect::<Value>();
            return compare::values("arguments", &words(recorded), &words(live), true);
        }
        let mut found = compare::values("subcommand", &recorded.command(), &live.command(), true);
        if !found.is_empty() {
            return found;
        }
        if rules.compares_unknown_flags() {
            found.extend(list("unknown flags", &recorded.unknown(), &live.unknown()));
        }
        let names: BTreeSet<_> = recorded.flags.keys().chain(live.flags.keys()).collect();
        for name in names {
            let (expected, actual) = (recorded.flags.get(name), live.flags.get(name));
            // The session of an earlier launch has the id that it has in this run.
            let resumed = expected.filter(|_| *name == "--resume").and_then(Value::as_str);
            let resumed = resumed.and_then(|id| sessions.live_of(id)).map(Value::from);
            let expected = resumed.as_ref().or(expected);
            let is_left_out = recorded.is_session()
                && (is_left_out(name)
                    || is_shown_by_both(name) && (expected.is_none() || actual.is_none())
                    || DECLARED.iter().any(|declared| declared.at == *name));
            if !is_left_out {
                found.extend(differences(name, expected, actual, rules));
            }
        }
        found
    }

    /// The ids that rules name among the flags, with the live ones.
    pub(in crate::player) fn ids(&self, live: &LiveLaunch, rules: &Rules) -> Vec<(String, String)> {
        let pair = |(name, recorded): (&&'static str, &Value)| {
            let matcher = rules.matcher(&Place::named(name))?;
            matcher.pair(Some(recorded), live.line.flags.get(name))
        };
        self.line.flags.iter().filter_map(pair).collect()
    }

    /// Where the id of the new session is one of another session of the run.
    pub(in crate::player) fn session_differences(
        &self,
        live: &LiveLaunch,
        rules: &Rules,
    ) -> Vec<Difference> {
        const FLAG: &str = "--session-id";
        let (Some(recorded), Some(id)) = (self.session_id(), live.session_id()) else {
            return Vec::new();
        };
        if live.sessions.may_add(recorded, id) || rules.matcher(&Place::named(FLAG)).is_some() {
            return Vec::new();
        }
        let actual = Some(id.into());
        vec![match live.sessions.live_of(recorded) {
            Some(known) => Difference::new(FLAG, Some(known.into()), actual),
            None => Difference::of_rule(FLAG, "an id that no other launch has".to_owned(), actual),
        }]
    }

    /// Where the prompts among the arguments differ.
    pub(in crate::player) fn prompt_differences(
        &self,
        live: &LiveLaunch,
        rules: &Rules,
    ) -> Vec<Difference> {
        let text = |prompt: Option<&str>| prompt.map(Value::from);
        let (expected, actual) = (text(self.prompt()), text(live.prompt()));
        rules.differences(
            &Place::Prompt(0),
            "prompt[0]",
            expected.as_ref(),
            actual.as_ref(),
            || compare::optional("prompt[0]", expected.as_ref(), actual.as_ref()),
        )
    }

    /// Where the two differ in what a host may declare as a flag or in `initialize`. Call it with
    /// the live `initialize`, or at the first prompt where none came.
    pub(in crate::player) fn declared(
        &self,
        live: &LiveLaunch,
        initialize: Option<&Value>,
        rules: &Rules,
    ) -> Vec<Difference> {
        if !self.line.is_session() {
            return Vec::new();
        }
        let differ = |declared: &Declared| {
            let expected = declared.value(&self.line.flags, self.initialize.as_ref());
            let actual = declared.value(&live.line.flags, initialize);
            if declared.at == "--mcp-config"
                && names_a_file(expected.as_ref()) != names_a_file(actual.as_ref())
            {
                // The servers of the file are not known.
                return Vec::new();
            }
            differences(declared.at, expected.as_ref(), actual.as_ref(), rules)
        };
        DECLARED.iter().flat_map(differ).collect()
    }
}

/// The `request` of an `initialize` line.
fn initialize_of(line: &[u8]) -> Option<Value> {
    memchr::memmem::find(line, b"initialize")?;
    let mut line: Value = serde_json::from_slice(line).ok()?;
    let is_request = line.get("type").is_some_and(|kind| kind == "control_request");
    let request = line.get_mut("request").filter(|_| is_request)?.take();
    (request.get("subtype")? == "initialize").then_some(request)
}

fn names_a_file(servers: Option<&Value>) -> bool {
    servers.and_then(Value::as_array).into_iter().flatten().any(|name| name.is_object())
}

fn differences(
    name: &str,
    expected: Option<&Value>,
    actual: Option<&Value>,
    rules: &Rules,
) -> Vec<Difference> {
    rules.differences(&Place::named(name), name, expected, actual, || match (expected, actual) {
        (Some(expected @ Value::Array(_)), Some(actual @ Value::Array(_))) => {
            list(name, expected, actual)
        }
        _ => compare::optional(name, expected, actual),
    })
}

/// The difference between two lists whose order does not matter.
fn list(name: &str, expected: &Value, actual: &Value) -> Vec<Difference> {
    let (mut missing, mut left) = (Vec::new(), actual.as_array().cloned().unwrap_or_default());
    let equal = |one: &Value, other: &Value| compare::values(name, one, other, true).is_empty();
    for item in expected.as_array().into_iter().flatten() {
        match left.iter().position(|other| item == other) {
            Some(found) => drop(left.remove(found)),
            None => missing.push(item),
        }
    }
    // What is left may have placeholders.
    missing.retain(|item| match left.iter().position(|other| equal(item, other)) {
        Some(found) => {
            left.remove(found);
            false
        }
        None => true,
    });
    if missing.is_empty() && left.is_empty() {
        return Vec::new();
    }
    vec![Difference::new(name, Some(expected.clone()), Some(actual.clone()))]
}
