//! The page of all versions.

use std::collections::BTreeSet;
use std::fmt;

use claude_wire_cli::clip;

use super::column::{Column, Has, Thing};

pub(super) struct Page<'a>(pub(super) &'a [Column]);

const HEAD: &str = "\
# Versions of the CLI

What several versions of the CLI wrote when the corpus ran with them, and which flags they accept. What differs between two columns appeared or
disappeared in a version between them. Kinds are named as in `docs/census.json`: `out` is stdout, a reply has the kind of its request, `[]` means
the items of an array, `*` means keys that are data.

| | |
|---|---|
| x | yes |
| - | no |
| ? | not known: each entry that shows it in another version failed here, or the CLI did not say |
| (empty) | it would be in something that this version does not have |

";

const FLAGS: &str = "\
Each version was tried with each flag that is in the help of any version, and with each hidden flag of the pinned version. A hidden flag that only
another version has is not found.

";

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEAD)?;
        let versions: Vec<&str> = self.0.iter().map(|column| &*column.version).collect();
        writeln!(
            f,
            "Written by `cargo xtask matrix {} > docs/cli-versions.md`.",
            versions.join(",")
        )?;
        self.entries(f)?;
        self.flags(f)?;
        self.kinds(f)?;
        self.fields(f)
    }
}

impl Page<'_> {
    /// The versions that could not be played, and what they tried to reach.
    fn entries(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.0.iter().map(|column| column.entries.len()).max().unwrap_or_default();
        writeln!(f, "\n## Entries that failed\n\nOf {all} entries.\n")?;
        writeln!(f, "| version | entry | problem |\n|---|---|---|")?;
        for column in self.0 {
            for played in &column.entries {
                if let Some(what) = &played.problem {
                    writeln!(
                        f,
                        "| {} | {} | `{}` |",
                        column.version,
                        played.name,
                        clip(&cell(what), 150)
                    )?;
                }
            }
            // Not listed by entry: several run at a time in one namespace, and each sees what any
            // of them tried.
            if column.entries.iter().any(|played| played.called_home) {
                writeln!(
                    f,
                    "| {} | none | it tried to leave the network namespace; nothing depended on that |",
                    column.version
                )?;
            }
        }
        Ok(())
    }

    fn flags(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: BTreeSet<&String> = self.0.iter().flat_map(|column| column.flags.keys()).collect();
        let rows = all.into_iter().map(|flag| {
            let has =
                self.0.iter().map(|column| column.flags.get(flag).copied().unwrap_or(Has::Unknown));
            (flag.clone(), has.collect())
        });
        self.changes(f, "Flags", FLAGS, "flag", rows.collect())
    }

    /// All kinds, also those that every version has: there are few.
    fn kinds(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n## Kinds of lines\n")?;
        let kinds: BTreeSet<&str> = self.0.iter().flat_map(Column::kinds).collect();
        let rows =
            kinds.iter().map(|kind| ((*kind).to_owned(), self.row(&Thing { kind, path: None })));
        self.table(f, "kind", &rows.collect::<Vec<_>>())
    }

    fn fields(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds: BTreeSet<&str> = self.0.iter().flat_map(Column::kinds).collect();
        let mut rows = Vec::new();
        for kind in kinds {
            let fields: BTreeSet<&str> =
                self.0.iter().flat_map(|column| column.fields(kind)).collect();
            rows.extend(fields.iter().map(|path| {
                (format!("{kind}: {path}"), self.row(&Thing { kind, path: Some(path) }))
            }));
        }
        self.changes(f, "Fields", "", "field", rows)
    }

    fn row(&self, thing: &Thing<'_>) -> Vec<Has> {
        let shown_by = self.0.iter().flat_map(|column| column.shows(thing)).collect();
        self.0.iter().map(|column| column.has(thing, &shown_by)).collect()
    }

    /// The rows in which versions differ, and the number of the other rows.
    fn changes(
        &self,
        f: &mut fmt::Formatter<'_>,
        title: &str,
        how: &str,
        what: &str,
        rows: Vec<Row>,
    ) -> fmt::Result {
        let (changed, same): (Vec<Row>, Vec<Row>) =
            rows.into_iter().partition(|(_, has)| has.contains(&Has::No));
        writeln!(
            f,
            "\n## {title}\n\n{how}Left out are {} that no version was seen to lack.\n",
            same.len()
        )?;
        self.table(f, what, &changed)
    }

    fn table(&self, f: &mut fmt::Formatter<'_>, what: &str, rows: &[Row]) -> fmt::Result {
        let versions: Vec<&str> = self.0.iter().map(|column| &*column.version).collect();
        writeln!(
            f,
            "| {what} | {} |\n|---|{}",
            versions.join(" | "),
            "---|".repeat(versions.len())
        )?;
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
    let line =
        text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ");
    line.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "helpers of tests")]

    use claude_wire::recording::{Census, Event, EventKind, Header, Recording};

    use crate::matrix::column::Played;

    use super::*;

    fn column(
        version: &str,
        entries: &[(&str, &[&str], Option<&str>)],
        flags: &[(&str, Has)],
    ) -> Column {
        let played = |(name, lines, problem): &(&str, &[&str], Option<&str>)| {
            let mut recording = Recording::new(Header::new());
            recording.events =
                lines.iter().map(|line| Event::new(0, EventKind::Out((*line).into()))).collect();
            let called_home = problem.is_some();
            Played {
                name: (*name).into(),
                census: Census::of([&recording]),
                problem: problem.map(Into::into),
                called_home,
            }
        };
        let entries = entries.iter().map(played).collect();
        Column {
            version: version.into(),
            path: "claude".into(),
            entries,
            flags: flags.iter().map(|(flag, has)| ((*flag).into(), *has)).collect(),
        }
    }

    #[test]
    fn what_came_and_went_is_distinguished_from_what_could_not_be_seen() {
        let old = column(
            "1.0.0",
            &[
                ("calm", &[r#"{"type":"a","x":1}"#, r#"{"type":"gone"}"#], None),
                ("wild", &[r#"{"type":"a"}"#], Some("it\nhangs | here")),
            ],
            &[
                ("--both", Has::Yes),
                ("--new", Has::No),
                ("--old", Has::Yes),
                ("--shy", Has::Unknown),
            ],
        );
        let new = column(
            "2.0.0",
            &[
                ("calm", &[r#"{"type":"a","x":1,"o":{"y":1}}"#, r#"{"type":"came"}"#], None),
                ("wild", &[r#"{"type":"a","z":1}"#, r#"{"type":"hidden"}"#], None),
            ],
            &[("--both", Has::Yes), ("--new", Has::Yes), ("--old", Has::No), ("--shy", Has::No)],
        );
        let page = Page(&[old, new]).to_string();
        let (_, tables) =
            page.split_once("cargo xtask matrix 1.0.0,2.0.0 > docs/cli-versions.md`.\n").unwrap();
        let expected = "
## Entries that failed

Of 2 entries.

| version | entry | problem |
|---|---|---|
| 1.0.0 | wild | `it; hangs \\| here` |
| 1.0.0 | none | it tried to leave the network namespace; nothing depended on that |

## Flags

Each version was tried with each flag that is in the help of any version, and with each hidden flag of the pinned version. A hidden flag that only
another version has is not found.

Left out are 1 that no version was seen to lack.

| flag | 1.0.0 | 2.0.0 |
|---|---|---|
| `--new` | - | x |
| `--old` | x | - |
| `--shy` | ? | - |

## Kinds of lines

| kind | 1.0.0 | 2.0.0 |
|---|---|---|
| `out a` | x | x |
| `out came` | - | x |
| `out gone` | x | - |
| `out hidden` | ? | x |

## Fields

Left out are 7 that no version was seen to lack.

| field | 1.0.0 | 2.0.0 |
|---|---|---|
| `out a: o` | - | x |
";
        assert_eq!(tables, expected);
    }
}
