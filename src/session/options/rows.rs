//! The table of all options, for documents and tools.

use super::Options;
use super::declare::TABLE;

/// Where an option goes, as a row of [`Options::table`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OptionRow {
    /// The field of [`Options`].
    pub name: &'static str,
    /// The flags that it writes, under all their names.
    pub flags: &'static [&'static str],
    /// The fields of the initialize request that it writes.
    pub initialize: &'static [&'static str],
    /// The variables that it sets for the CLI.
    pub env: &'static [&'static str],
    /// Its keys in an [`AppConfig`](super::AppConfig), each with a description of its values.
    pub config: &'static [(&'static str, &'static str)],
    /// A description of the default if no layer sets it. If the CLI decides, nothing is sent.
    pub default: &'static str,
}

impl OptionRow {
    /// How it is implemented: by the CLI (`argv`, `initialize` or `env`), or by this crate (`sdk`).
    pub fn layer(&self) -> String {
        let ways = [("argv", self.flags), ("initialize", self.initialize), ("env", self.env)];
        let ways: Vec<_> =
            ways.iter().filter(|(_, names)| !names.is_empty()).map(|(way, _)| *way).collect();
        if ways.is_empty() { "sdk".to_owned() } else { ways.join(", ") }
    }
}

impl Options {
    /// Returns where each option goes, in the order of the fields. `docs/options.md` is made of it.
    ///
    /// ```
    /// use claude_wire::session::Options;
    ///
    /// let row = Options::table().iter().find(|row| row.name == "agents").unwrap();
    /// assert_eq!((row.flags.len(), row.initialize), (0, &["agents"][..]));
    /// assert_eq!(row.layer(), "initialize");
    /// ```
    pub fn table() -> &'static [OptionRow] {
        TABLE
    }
}

/// Flags that are essential for the conversation with the CLI, flags that print something and exit,
/// and two that the CLI does not have.
const FIXED: [&str; 10] = [
    "cwd",
    "help",
    "input-format",
    "managed-settings",
    "output-format",
    "print",
    "system-prompt-snapshot",
    "timeout",
    "verbose",
    "version",
];

/// Whether an extra flag must not be it, because an option or the SDK itself does.
pub(super) fn is_owned(flag: &str) -> bool {
    let owned = || TABLE.iter().flat_map(|row| row.flags);
    FIXED.contains(&flag) || owned().any(|owned| owned.strip_prefix("--") == Some(flag))
}
