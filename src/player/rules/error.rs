//! Why rules cannot be read.

use std::fmt;
use std::io;
use std::path::Path;

/// Rules that cannot be read.
///
/// Its text names the file if there is one, the place in it, and what was expected.
#[derive(Debug)]
pub struct RulesError {
    /// The file and the place, from the outside in.
    within: Vec<String>,
    what: String,
    source: Option<io::Error>,
}

impl RulesError {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self { within: Vec::new(), what: what.into(), source: None }
    }

    pub(super) fn json(error: serde_json::Error) -> Self {
        Self::new(format!("not a file of rules: {error}"))
    }

    pub(super) fn unread(path: &Path, error: io::Error) -> Self {
        let what = format!("cannot be read: {error}");
        Self { source: Some(error), ..Self::new(what) }.in_file(path)
    }

    pub(super) fn at(mut self, place: String) -> Self {
        self.within.insert(0, place);
        self
    }

    pub(super) fn in_file(self, path: &Path) -> Self {
        self.at(path.display().to_string())
    }

    /// Whether the file could not be read.
    pub fn is_io(&self) -> bool {
        self.source.is_some()
    }
}

impl fmt::Display for RulesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in &self.within {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.what)
    }
}

impl std::error::Error for RulesError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|error| error as _)
    }
}
