//! The page of all versions.

use std::collections::BTreeSet;
use std::fmt;

use super::column::{Column, Has};

pub(super) struct Page<'a>(pub(super) &'a [Column]);

const HEAD: &str = "\
# Versions of the CLI

What each of some versions of the CLI wrote when it was played the corpus, and which flags it takes. A thing appeared, or went, somewhere between
two columns. Kinds are named as in `docs/census.json`: `out` is the CLI's stdout, a reply is of the kind of its request; `[]` stands for the
items of an array, `*` for keys that are data.

| | |
|---|---|
| x | there |
| - | not there |
| ? | not known: an entry of the corpus that shows it in another version did not come to its end |
| (empty) | nothing there could have it |

";

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEAD)?;
        let versions: Vec<&str> = self.0.iter().map(|column| &*column.version).collect();
        writeln!(f, "Written by `claude-wire drift --matrix {} > docs/cli-versions.md`.", versions.join(","))?;
        self.entries(f)?;
        self.flags(f)?;
        self.kinds(f)?;
        self.fields(f)
    }
}

impl Page<'_> {
    /// What a version could not be played.
    fn entries(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.0.iter().map(|column| column.entries.len()).max().unwrap_or_default();
        writeln!(
            f,
            "\n## Entries that did not come to their end\n\nOf {all} entries, in the versions where it is not as the corpus has it.\n"
        )?;
        writeln!(f, "| version | entry | what came in the way |\n|---|---|---|")?;
        for column in self.0 {
            for played in &column.entries {
                if let Some(problem) = &played.problem {
                    writeln!(f, "| {} | {} | {} |", column.version, played.name, cell(problem))?;
                }
            }
        }
        Ok(())
    }

    fn flags(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: BTreeSet<&String> = self.0.iter().flat_map(|column| &column.flags).collect();
        let rows = all.iter().map(|flag| {
            let has = self.0.iter().map(|column| if column.flags.contains(*flag) { Has::Yes } else { Has::No });
            ((*flag).clone(), has.collect())
        });
        self.changes(f, "Flags", "flag", rows.collect())
    }

    /// All kinds, those of all versions too: there are few.
    fn kinds(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n## Kinds of lines\n")?;
        self.table(f, "kind", &self.kind_rows())
    }

    fn kind_rows(&self) -> Vec<Row> {
        let kinds: BTreeSet<&str> = self.0.iter().flat_map(Column::kinds).collect();
        let rows = kinds.iter().map(|kind| {
            let shown_by = self.0.iter().flat_map(|column| column.shows(kind)).collect();
            ((*kind).to_owned(), self.0.iter().map(|column| column.has_kind(kind, &shown_by)).collect())
        });
        rows.collect()
    }

    fn fields(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds: BTreeSet<&str> = self.0.iter().flat_map(Column::kinds).collect();
        let mut rows = Vec::new();
        for kind in kinds {
            let fields: BTreeSet<&str> = self.0.iter().flat_map(|column| column.fields(kind)).collect();
            rows.extend(fields.iter().map(|path| {
                let has = self.0.iter().map(|column| column.has_field(kind, path));
                (format!("{kind}: {path}"), has.collect())
            }));
        }
        self.changes(f, "Fields", "field", rows)
    }

    /// The rows in which versions differ, and how many there are besides.
    fn changes(&self, f: &mut fmt::Formatter<'_>, title: &str, what: &str, rows: Vec<Row>) -> fmt::Result {
        let (changed, same): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(|(_, has)| has.contains(&Has::No));
        writeln!(f, "\n## {title}\n\n{} more are in every version that could have them.\n", same.len())?;
        self.table(f, what, &changed)
    }

    fn table(&self, f: &mut fmt::Formatter<'_>, what: &str, rows: &[Row]) -> fmt::Result {
        let versions: Vec<&str> = self.0.iter().map(|column| &*column.version).collect();
        writeln!(f, "| {what} | {} |\n|---|{}", versions.join(" | "), "---|".repeat(versions.len()))?;
        for (name, has) in rows {
            let cells: Vec<&str> = has.iter().map(|has| has.sign()).collect();
            writeln!(f, "| `{}` | {} |", cell(name), cells.join(" | "))?;
        }
        Ok(())
    }
}

type Row = (String, Vec<Has>);

impl Has {
    fn sign(self) -> &'static str {
        match self {
            Self::Yes => "x",
            Self::No => "-",
            Self::Unknown => "?",
            Self::Nowhere => "",
        }
    }
}

/// In one cell of a table.
fn cell(text: &str) -> String {
    let line = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ");
    line.replace('|', "\\|")
}
