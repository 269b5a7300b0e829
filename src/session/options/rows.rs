//! A row of the table of all options, for documents and tools.

/// Where an option goes, as a row of [`Options::table`](super::Options::table).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OptionRow {
    /// The field of [`Options`](super::Options).
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
