//! A recorded launch, and where a live one differs from it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::player::candidate::FieldCheck;
use crate::player::compare;
use crate::player::difference::Difference;
use crate::player::renumber::Renumbered;
use crate::player::rules::{Place, Rules};
use crate::recording::{Event, EventKind, Header};

use super::argv::{CommandLine, reads_text};
use super::declared::{DECLARED, Declared, with_servers_of_files};
use super::meaning;
use super::not_compared::{Why, left_out};

/// The flag whose absence means a value.
const OUTPUT: &str = "--output-format";

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
    version: Option<String>,
    /// Where it starts, if that is known.
    folder: Option<PathBuf>,
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

    /// The value of a flag. Without one, output is text; with `--verbose`, `json` is another form.
    fn flag(&self, name: &str) -> Option<Cow<'_, Value>> {
        let given = self.flags.get(name);
        match name {
            OUTPUT if !self.is_session() => given.map(Cow::Borrowed),
            OUTPUT if given.is_some_and(|form| form == "json") && self.has("--verbose") => {
                Some(Cow::Owned("json --verbose".into()))
            }
            OUTPUT => Some(given.map_or_else(|| Cow::Owned("text".into()), Cow::Borrowed)),
            _ => given.map(Cow::Borrowed),
        }
    }

    fn has(&self, flag: &str) -> bool {
        self.flags.contains_key(flag)
    }

    fn unknown(&self) -> Value {
        let flags = self.read.iter().flat_map(CommandLine::unknown_with_values);
        flags.map(String::as_str).collect()
    }
}

impl LiveLaunch {
    /// Reads the arguments as the CLI of that version does.
    pub(in crate::player) fn new(
        args: impl IntoIterator<Item = impl Into<String>>,
        version: Option<&str>,
    ) -> Self {
        let line = Line::read(args.into_iter().map(Into::into).collect(), version);
        let version = version.map(str::to_owned);
        Self { line, version, folder: None, sessions: Renumbered::default() }
    }

    /// In this folder.
    pub(in crate::player) fn started_in(self, folder: Option<&String>) -> Self {
        Self { folder: folder.map(PathBuf::from), ..self }
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

    /// Whether its stdin is text.
    pub(in crate::player) fn reads_text(&self) -> bool {
        reads_text(&self.line.args)
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

    /// The command line with the recorded ids, but for those that are the values of these flags.
    fn with_recorded(&self, ids: &Renumbered) -> Cow<'_, Line> {
        const KEPT: [&str; 2] = ["--resume", "--session-id"];
        if ids.is_empty() {
            return Cow::Borrowed(&self.line);
        }
        let text = |arg: &String| String::from_utf8(ids.recorded_text(arg.as_bytes())?).ok();
        let found: Vec<_> = self.line.args.iter().map(text).collect();
        if found.iter().all(Option::is_none) {
            return Cow::Borrowed(&self.line);
        }
        let args = found.into_iter().zip(&self.line.args);
        let args = args.map(|(found, arg)| found.unwrap_or_else(|| arg.clone()));
        let mut line = Line::read(args.collect(), self.version.as_deref());
        for (flag, value) in self.line.flags.iter().filter(|(flag, _)| KEPT.contains(flag)) {
            line.flags.insert(flag, value.clone());
        }
        Cow::Owned(line)
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

    /// Whether the CLI writes a transcript of its session.
    pub(in crate::player) fn keeps_its_session(&self) -> bool {
        !self.line.flags.contains_key("--no-session-persistence")
    }

    /// Where the command line alone contradicts the recorded one: all that cannot also be declared
    /// in `initialize`, without the prompt.
    pub(in crate::player) fn contradictions(
        &self,
        live: &LiveLaunch,
        rules: &Rules,
    ) -> Vec<Difference> {
        let sessions = &live.sessions;
        let (recorded, live) = (&self.line, &*live.with_recorded(&self.ids(live, None, rules)));
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
            let (expected, actual) = (recorded.flag(name), live.flag(name));
            let resumed = self.resumed(name, sessions);
            let expected = resumed.as_ref().or(expected.as_deref());
            if !self.is_declared(name) && self.left_out(name).is_none() {
                found.extend(differences(name, expected, actual.as_deref(), rules));
            }
        }
        found
    }

    /// The id of the session of an earlier launch, as it is in this run, for the flag with that id.
    fn resumed(&self, flag: &str, sessions: &Renumbered) -> Option<Value> {
        let recorded = self.line.flags.get("--resume").filter(|_| flag == "--resume")?;
        sessions.live_of(recorded.as_str()?).map(Value::from)
    }

    /// Whether a flag is compared with what may be in `initialize`.
    fn is_declared(&self, name: &str) -> bool {
        self.line.is_session() && DECLARED.iter().any(|declared| declared.at == name)
    }

    /// Why a flag is not compared; `None`: it is.
    fn left_out(&self, name: &str) -> Option<&'static str> {
        left_out(name).filter(|_| self.line.is_session()).map(Why::text)
    }

    /// What the comparison does with each part of the launch. `settled`: it is known what the live
    /// host declares in `initialize`, which is then given.
    pub(in crate::player) fn checks(
        &self,
        live: &LiveLaunch,
        settled: bool,
        initialize: Option<&Value>,
        rules: &Rules,
    ) -> Vec<FieldCheck> {
        let contradictions = self.contradictions(live, rules);
        let whole = |at: &str, expected: &Value| {
            let of = contradictions.iter().filter(|difference| difference.path.starts_with(at));
            FieldCheck::of(at, None, Some(expected), &of.cloned().collect::<Vec<_>>())
        };
        let (recorded, other) = (&self.line, &*live.with_recorded(&self.ids(live, None, rules)));
        if recorded.read.is_none() || other.read.is_none() {
            return vec![whole("arguments", &recorded.args.clone().into())];
        }
        let is_empty = |value: &Value| value.as_array().is_none_or(Vec::is_empty);
        let mut found = Vec::new();
        let (expected, actual) = (recorded.command(), other.command());
        if !is_empty(&expected) || !is_empty(&actual) {
            found.push(whole("subcommand", &expected));
            if contradictions.iter().any(|difference| difference.path.starts_with("subcommand")) {
                return found;
            }
        }
        let (expected, actual) = (recorded.unknown(), other.unknown());
        if !is_empty(&expected) || !is_empty(&actual) {
            found.push(match rules.compares_unknown_flags() {
                true => whole("unknown flags", &expected),
                false => FieldCheck::ignored("unknown flags", "CLAUDE_WIRE_LENIENT is set"),
            });
        }
        let names: BTreeSet<_> = recorded.flags.keys().chain(other.flags.keys()).collect();
        for name in names.into_iter().filter(|name| !self.is_declared(name)) {
            let (expected, actual) = (recorded.flag(name), other.flag(name));
            let resumed = self.resumed(name, &live.sessions);
            let expected = resumed.as_ref().or(expected.as_deref());
            found.push(match self.left_out(name) {
                Some(why) => FieldCheck::ignored(name, why),
                None => {
                    let differences = differences(name, expected, actual.as_deref(), rules);
                    check(name, expected, &differences, rules)
                }
            });
        }
        let prompts = self.prompt_differences(live, rules);
        if self.prompt().is_some() || live.prompt().is_some() {
            let (rule, expected) = (rules.matcher(&Place::Prompt(0)), self.prompt());
            let expected = expected.map(Value::from);
            found.push(FieldCheck::of("prompt[0]", rule, expected.as_ref(), &prompts));
        }
        if recorded.is_session() {
            for declared in &DECLARED {
                let expected = declared.value(&recorded.flags, self.initialize.as_ref());
                let actual = declared.value(&other.flags, initialize);
                if expected.is_none() && actual.is_none() {
                    continue;
                }
                found.push(match settled || live.prompt().is_some() {
                    false => FieldCheck::ignored(
                        declared.at,
                        "until `initialize` or a prompt is there, since it can be declared there",
                    ),
                    true => {
                        let differences = declared_differences(
                            declared,
                            expected.as_ref(),
                            actual.as_ref(),
                            live.folder.as_deref(),
                            rules,
                        );
                        check(declared.at, expected.as_ref(), &differences, rules)
                    }
                });
            }
        }
        found
    }

    /// The ids that are known when a launch starts, with the live ones: those of the sessions of
    /// earlier launches, its session, and those that rules name among the flags. `session`: the
    /// id of the recorded session, which the command line may not say.
    pub(in crate::player) fn ids(
        &self,
        live: &LiveLaunch,
        session: Option<&str>,
        rules: &Rules,
    ) -> Renumbered {
        let mut ids = live.sessions.clone();
        if let (Some(recorded), Some(live)) = (self.session_id().or(session), live.session_id()) {
            ids.add(recorded, live);
        }
        for (name, recorded) in self.line.flags.iter().filter(|_| rules.has_ids()) {
            let matcher = rules.matcher(&Place::named(name));
            let live = live.line.flags.get(name);
            if let Some((recorded, live)) = matcher.and_then(|id| id.pair(Some(recorded), live)) {
                ids.add(&recorded, &live);
            }
        }
        ids
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
        let live = live.with_recorded(&self.ids(live, None, rules));
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
        let folder = live.folder.as_deref();
        let live = live.with_recorded(&self.ids(live, None, rules));
        let differ = |declared: &Declared| {
            let expected = declared.value(&self.line.flags, self.initialize.as_ref());
            let actual = declared.value(&live.flags, initialize);
            declared_differences(declared, expected.as_ref(), actual.as_ref(), folder, rules)
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

/// Where an option of two launches differs. Files of MCP servers are equal by their paths, or by the
/// names of their servers; one that cannot be read here differs from servers with names.
fn declared_differences(
    declared: &Declared,
    expected: Option<&Value>,
    actual: Option<&Value>,
    folder: Option<&Path>,
    rules: &Rules,
) -> Vec<Difference> {
    let found = differences(declared.at, expected, actual, rules);
    match (expected, actual) {
        (Some(expected), Some(actual)) if declared.has_files() && !found.is_empty() => {
            let [expected, actual] =
                [expected, actual].map(|servers| with_servers_of_files(servers, folder));
            differences(declared.at, Some(&expected), Some(&actual), rules)
        }
        _ => found,
    }
}

fn check(
    name: &str,
    expected: Option<&Value>,
    differences: &[Difference],
    rules: &Rules,
) -> FieldCheck {
    FieldCheck::of(name, rules.matcher(&Place::named(name)), expected, differences)
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
