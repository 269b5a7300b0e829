//! The flags of each version of the CLI that recordings were made with, one table a version.

use claude_wire::CLI_VERSION;

/// The newest version first.
pub(crate) const TABLES: FlagTables = FlagTables(&[
    (CLI_VERSION, include_str!("../flags/2.1.332.txt")),
    ("2.1.329", include_str!("../flags/2.1.329.txt")),
]);

/// The tables by the names of their versions. Never empty.
#[derive(Clone, Copy)]
pub(crate) struct FlagTables(pub(crate) &'static [(&'static str, &'static str)]);

impl FlagTables {
    /// The lines of a version's table, one for each flag. A version without a table has that of the
    /// newest.
    pub(crate) fn lines(self, version: Option<&str>) -> impl Iterator<Item = &'static str> {
        let own = self.0.iter().find(|(name, _)| Some(*name) == version);
        let (_, table) = own.unwrap_or(&self.0[0]);
        table.lines().filter(|line| line.starts_with('-'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the table's own words, since its name is a literal.
    #[test]
    fn each_table_is_that_of_its_version() {
        for (version, table) in TABLES.0 {
            let first = table.lines().next().unwrap_or_default();
            assert!(first.starts_with(&format!("# The flags of CLI {version},")), "{first}");
        }
    }
}
