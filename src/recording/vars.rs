//! Replacing host paths by variables when a recording is made.

use std::ops::Range;

use super::event::Event;
use super::header::Header;
use super::table::{Counts, Table};

/// The name for a literal `$` where the data itself has something like `${cwd}`.
const DOLLAR: &str = "dollar";
pub(super) const SLUG: &str = "_slug";
/// The CLI cuts longer slugs here and adds a hash.
const SLUG_LIMIT: usize = 200;

/// A folder of the recording host that becomes a variable.
///
/// [`Recording::expand`](super::Recording::expand) puts the path back in place of `${name}`. The
/// path's *slug* becomes `${name_slug}`: the form in which the CLI names a folder after a path,
/// with a `-` for every character outside `[A-Za-z0-9]`. A path of fewer than two parts has no
/// slug, and `/` cannot be a root: they would match too much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    var: String,
    path: String,
    default: String,
}

impl Root {
    /// The folder `path` as `${var}`; `default` is the neutral path in the header.
    pub fn new(
        var: impl Into<String>,
        path: impl Into<String>,
        default: impl Into<String>,
    ) -> Self {
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

/// Replaces every root's path and slug by `${name}`.
///
/// If one root is in another, the longer path wins. A path matches only where it ends: `/home/me`
/// does not match `/home/me-too`.
#[derive(Debug, Default)]
pub(crate) struct Hider {
    vars: Vec<Var>,
    table: Table,
    used: Counts,
    /// The number of places that became variables.
    values: u64,
}

impl Hider {
    /// Prepares the texts that belong to this header.
    pub(crate) fn new(roots: &[Root], header: &Header) -> Self {
        let vars: Vec<Var> = roots.iter().flat_map(Root::vars).collect();
        let mut table = Table::default();
        for var in &vars {
            table.add(&var.path, &token(&var.name), var.ends);
        }
        // What looks like a variable before any are inserted is the session's own text.
        let names = vars.iter().map(|var| var.name.as_str()).chain([DOLLAR]);
        for name in names.filter(|name| !header.vars.contains_key(*name)) {
            table.add(&token(name), &literal(name), |_| true);
        }
        Self { vars, table, used: Counts::new(), values: 0 }
    }

    /// Lists all variables in the header, for a writer that does not know yet which of them occur.
    #[cfg(feature = "player")]
    pub(crate) fn name_all(&self, header: &mut Header) {
        header.vars.insert(DOLLAR.to_owned(), "$".to_owned());
        header.vars.extend(self.vars.iter().map(|var| (var.name.clone(), var.default.clone())));
    }

    /// Lists the variables that occurred.
    pub(super) fn name_used(&self, header: &mut Header) {
        for var in self.vars.iter().filter(|var| self.used.contains_key(&token(&var.name))) {
            header.vars.entry(var.name.clone()).or_insert_with(|| var.default.clone());
        }
        if self.used.keys().any(|with| is_literal(with)) {
            header.vars.insert(DOLLAR.to_owned(), "$".to_owned());
        }
    }

    pub(super) fn header(&mut self, header: &mut Header) {
        self.table.apply_to_header(header, &mut self.used);
        // A recorder gives the folder itself, so that the recording plays where it was made.
        for var in &self.vars {
            if let Some(value) = header
                .vars
                .get_mut(&var.name)
                .filter(|value| **value == var.path && var.path != var.default)
            {
                value.clone_from(&var.default);
                self.values += 1;
            }
        }
    }

    /// Replaces in all of an event but this part of its text. Returns whether the text changed.
    pub(super) fn event(&mut self, event: &mut Event, but: Option<Range<usize>>) -> bool {
        self.table.apply_to_event(event, but, &mut self.used)
    }

    /// The paths in a part of a JSON string, and their replacements.
    pub(super) fn places<'a>(
        &'a self,
        text: &'a [u8],
    ) -> impl Iterator<Item = (Range<usize>, &'a str)> {
        self.table.places(text, true).into_iter().map(|(range, row)| (range, row.name()))
    }

    /// The start of a path that the end of this text cuts, if there is one.
    pub(super) fn open_at(&self, text: &[u8]) -> Option<usize> {
        self.table.open_at(text)
    }

    /// Counts one of [`places`](Self::places) as hidden.
    pub(super) fn note(&mut self, with: &str) {
        *self.used.entry(with.to_owned()).or_default() += 1;
    }

    /// Resets the counts.
    pub(super) fn forget(&mut self) {
        (self.used, self.values) = Default::default();
    }

    /// How often a root was hidden.
    pub(super) fn hidden(&self) -> u64 {
        self.values
            + self
                .used
                .iter()
                .filter(|(with, _)| !is_literal(with))
                .map(|(_, count)| count)
                .sum::<u64>()
    }
}

/// Replaces folders by others, as paths and as slugs.
#[cfg(feature = "player")]
#[derive(Debug)]
pub(crate) struct Moved(Table);

#[cfg(feature = "player")]
impl Moved {
    /// The first folder of each pair becomes the second.
    pub(crate) fn new(pairs: &[(&str, &str)]) -> Self {
        let mut table = Table::default();
        for (from, to) in pairs {
            let (from, to) = (Root::new("", *from, ""), Root::new("", *to, ""));
            for (from, to) in from.vars().iter().zip(&to.vars()) {
                table.add(&from.path, &to.path, from.ends);
            }
        }
        Self(table)
    }

    /// A text in which one occurs, with the other folder; `None` if none does. `json`: whether the
    /// text is a JSON line.
    pub(crate) fn in_text(&self, text: &[u8], json: bool) -> Option<Vec<u8>> {
        self.0.replace(text, json, None, &mut Counts::new())
    }
}

/// The spelling of a variable in the events.
fn token(name: &str) -> String {
    format!("${{{name}}}")
}

/// The escaped spelling of a text that would look like [`token`].
fn literal(name: &str) -> String {
    format!("{}{{{name}}}", token(DOLLAR))
}

fn is_literal(with: &str) -> bool {
    with.starts_with(&token(DOLLAR))
}

/// A path that is one variable.
#[derive(Debug)]
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
            vars.push(Var {
                name: var.clone(),
                path: path.clone(),
                default: default.clone(),
                ends: ends_path,
            });
        }
        if path.matches(['/', '\\']).count() >= 2 {
            let name = format!("{var}{SLUG}");
            vars.push(Var { name, path: slug(path), default: slug(default), ends: ends_slug });
        }
        vars
    }
}

/// How the CLI names a folder after a path.
pub(super) fn slug(path: &str) -> String {
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
