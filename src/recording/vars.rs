//! Host paths as variables: out of a recording when it is made, into it when it is replayed.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::event::{Event, EventKind};
use super::file::Recording;
use super::header::Header;
use super::payload::Payload;

/// The name that stands for a literal `$` where the data itself holds something like `${cwd}`.
const DOLLAR: &str = "dollar";
const SLUG: &str = "_slug";
/// The CLI cuts longer slugs here and adds a hash.
const SLUG_LIMIT: usize = 200;

/// A folder of the recording host that becomes a variable.
///
/// Its path turns into `${name}`, and the path's *slug* into `${name_slug}`: the form in which the CLI names a folder
/// after a path, every character outside `[A-Za-z0-9]` a `-`. A path of fewer than two parts has no slug, and `/` is
/// no root: they would match too much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    var: String,
    path: String,
    default: String,
}

impl Root {
    /// The folder `path` as `${var}`; `default` is the neutral path that the header keeps for it.
    pub fn new(var: impl Into<String>, path: impl Into<String>, default: impl Into<String>) -> Self {
        let mut path = path.into();
        path.truncate(path.trim_end_matches(['/', '\\']).len());
        Self { var: var.into(), path, default: default.into() }
    }

    /// The working folder of the CLI: `${cwd}`, by default `/home/user/project`.
    pub fn cwd(path: impl Into<String>) -> Self {
        Self::new("cwd", path, "/home/user/project")
    }

    /// The home folder of the CLI: `${home}`, by default `/home/user`.
    pub fn home(path: impl Into<String>) -> Self {
        Self::new("home", path, "/home/user")
    }

    /// The name of the variable.
    pub fn var(&self) -> &str {
        &self.var
    }

    /// The folder on the recording host.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl Recording {
    /// Puts values in the place of the `${name}` of the header's `vars`: the live ones, else the defaults.
    ///
    /// A player does this once, before it sends anything, with the folders of the live session (`cwd`, `home`); a slug
    /// follows from its folder. Only names in `vars` are touched: any other `${...}` is the session's own text, and
    /// one that would have looked like a variable was stored as `${dollar}{...}`. The result has no `vars` left.
    ///
    /// In a line that is JSON the value is escaped as in a JSON string; a path that needs escaping (one with `\` or
    /// `"`) is therefore right in the line's own strings, but not in JSON that stands inside such a string.
    #[must_use]
    pub fn expand(&self, live: &BTreeMap<String, String>) -> Recording {
        let mut values = BTreeMap::new();
        for (name, default) in &self.header.vars {
            let slug_of = name.strip_suffix(SLUG).and_then(|name| live.get(name));
            let value = live.get(name).cloned().or_else(|| slug_of.map(|path| slug(path)));
            values.insert(format!("${{{name}}}"), value.unwrap_or_else(|| default.clone()));
        }
        let mut table = Table::default();
        for (token, value) in &values {
            table.add(token, value, |_| true);
        }
        let mut recording = self.clone();
        table.apply(&mut recording);
        recording.header.vars.clear();
        recording
    }
}

/// Puts `${name}` in the place of every root's path and slug, and tells how often.
///
/// Where one root lies in another, the longer path wins. A path is only taken where it ends: `/home/me` is not in
/// `/home/me-too`.
pub(super) fn hide(recording: &mut Recording, roots: &[Root]) -> u64 {
    let vars: Vec<Var> = roots.iter().flat_map(Root::vars).collect();
    let table = Table::hiding(&vars, &recording.header);
    let used = table.apply(recording);
    let defined = &mut recording.header.vars;
    let mut hidden = 0;
    for var in vars {
        if let Some(count) = used.get(&token(&var.name)) {
            hidden += count;
            defined.entry(var.name.clone()).or_insert_with(|| var.default.clone());
        }
        // A recorder names the folder itself, so that the recording plays where it was made.
        if let Some(value) = defined.get_mut(&var.name).filter(|value| **value == var.path) {
            value.clone_from(&var.default);
            hidden += u64::from(var.path != var.default);
        }
    }
    if used.keys().any(|with| with.starts_with(&literal(""))) {
        defined.insert(DOLLAR.to_owned(), "$".to_owned());
    }
    hidden
}

/// [`hide`] for a recorder: line by line, and the header is written before the first line is known.
#[derive(Debug)]
#[cfg(feature = "session")]
pub(crate) struct Hider {
    table: Table,
    hidden: Counts,
}

#[cfg(feature = "session")]
impl Hider {
    /// Hides the roots in the header, and names them all there.
    pub(crate) fn new(roots: &[Root], header: &mut Header) -> Self {
        let vars: Vec<Var> = roots.iter().flat_map(Root::vars).collect();
        let mut hider = Self { table: Table::hiding(&vars, header), hidden: Counts::new() };
        hider.table.apply_to_header(header, &mut hider.hidden);
        header.vars.insert(DOLLAR.to_owned(), "$".to_owned());
        header.vars.extend(vars.into_iter().map(|var| (var.name, var.default)));
        hider
    }

    pub(crate) fn event(&mut self, event: &mut Event) {
        self.table.apply_to_event(event, &mut self.hidden);
    }

    /// How often a root was hidden.
    pub(crate) fn hidden(&self) -> u64 {
        self.hidden.iter().filter(|(with, _)| !with.starts_with(&literal(""))).map(|(_, count)| count).sum()
    }
}

/// How a variable stands in the events.
fn token(name: &str) -> String {
    format!("${{{name}}}")
}

/// How a text stands there that would look like [`token`]; without a name, how it begins.
fn literal(name: &str) -> String {
    let closing = if name.is_empty() { "" } else { "}" };
    format!("${{{DOLLAR}}}{{{name}{closing}")
}

/// A path that is one variable.
struct Var {
    name: String,
    path: String,
    default: String,
    ends: fn(&[u8]) -> bool,
}

impl Root {
    fn vars(&self) -> Vec<Var> {
        let Self { var, path, default } = self;
        let mut vars = Vec::new();
        if !path.is_empty() {
            vars.push(Var { name: var.clone(), path: path.clone(), default: default.clone(), ends: ends_path });
        }
        if path.matches(['/', '\\']).count() >= 2 {
            let name = format!("{var}{SLUG}");
            vars.push(Var { name, path: slug(path), default: slug(default), ends: ends_slug });
        }
        vars
    }
}

/// How the CLI names a folder after a path.
fn slug(path: &str) -> String {
    let dashed = path.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' });
    dashed.take(SLUG_LIMIT).collect()
}

/// Whether a path may end before `rest`.
fn ends_path(rest: &[u8]) -> bool {
    match rest {
        [b'.', next, ..] => !next.is_ascii_alphanumeric(),
        [next, ..] => !next.is_ascii_alphanumeric() && !matches!(next, b'_' | b'-'),
        [] => true,
    }
}

fn ends_slug(rest: &[u8]) -> bool {
    !rest.first().is_some_and(u8::is_ascii_alphanumeric)
}

/// What to put in the place of what, all in one pass: nothing that was put in is looked at again.
#[derive(Debug, Default)]
struct Table {
    /// The longest first.
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    needle: Form,
    with: Form,
    /// The replacement as it was given, to count by.
    name: String,
    ends: fn(&[u8]) -> bool,
}

/// A text as it is, and as it stands in a JSON string.
#[derive(Debug)]
struct Form {
    plain: Vec<u8>,
    json: Vec<u8>,
}

impl Form {
    fn new(text: &str) -> Self {
        let quoted = serde_json::Value::from(text).to_string();
        Self { plain: text.into(), json: quoted[1..quoted.len() - 1].into() }
    }

    fn get(&self, json: bool) -> &[u8] {
        if json { &self.json } else { &self.plain }
    }
}

type Counts = BTreeMap<String, u64>;

impl Table {
    fn hiding(vars: &[Var], header: &Header) -> Self {
        let mut table = Self::default();
        for var in vars {
            table.add(&var.path, &token(&var.name), var.ends);
        }
        // What looks like a variable before there are any is the session's own text.
        let names = vars.iter().map(|var| var.name.as_str()).chain([DOLLAR]);
        for name in names.filter(|name| !header.vars.contains_key(*name)) {
            table.add(&token(name), &literal(name), |_| true);
        }
        table
    }

    fn add(&mut self, needle: &str, with: &str, ends: fn(&[u8]) -> bool) {
        self.rows.push(Row { needle: Form::new(needle), with: Form::new(with), name: with.to_owned(), ends });
        self.rows.sort_by_key(|row| std::cmp::Reverse(row.needle.plain.len()));
    }

    fn apply(&self, recording: &mut Recording) -> Counts {
        let mut counts = Counts::new();
        self.apply_to_header(&mut recording.header, &mut counts);
        for event in &mut recording.events {
            self.apply_to_event(event, &mut counts);
        }
        counts
    }

    fn apply_to_event(&self, event: &mut Event, counts: &mut Counts) {
        if let Some(payload) = event.payload_mut() {
            self.apply_to_payload(payload, counts);
        } else if let EventKind::Mark(text) = &mut event.kind {
            self.apply_to_text(text, counts);
        }
    }

    fn apply_to_header(&self, header: &mut Header, counts: &mut Counts) {
        for text in header.argv.iter_mut().flatten().chain(header.env.values_mut()) {
            self.apply_to_text(text, counts);
        }
    }

    fn apply_to_payload(&self, payload: &mut Payload, counts: &mut Counts) {
        if let Some(new) = self.replace(payload.bytes(), payload.json().is_some(), counts) {
            *payload = Payload::line(Bytes::from(new)).with_eol(payload.eol());
        }
    }

    fn apply_to_text(&self, text: &mut String, counts: &mut Counts) {
        if let Some(new) = self.replace(text.as_bytes(), false, counts) {
            *text = String::from_utf8_lossy(&new).into_owned();
        }
    }

    /// `None` when nothing was found.
    fn replace(&self, text: &[u8], json: bool, counts: &mut Counts) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let (mut at, mut copied) = (0, 0);
        while at < text.len() {
            let rest = &text[at..];
            let hit = self
                .rows
                .iter()
                .find_map(|row| rest.strip_prefix(row.needle.get(json)).filter(|rest| (row.ends)(rest)).map(|rest| (row, rest)));
            let Some((row, rest)) = hit else {
                // An escape is one piece: the `/` of `\/` begins no path.
                at += if json && text[at] == b'\\' { 2 } else { 1 };
                continue;
            };
            out.extend_from_slice(&text[copied..at]);
            out.extend_from_slice(row.with.get(json));
            *counts.entry(row.name.clone()).or_default() += 1;
            at = text.len() - rest.len();
            copied = at;
        }
        (copied > 0).then(|| {
            out.extend_from_slice(&text[copied..]);
            out
        })
    }
}
