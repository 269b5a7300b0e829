//! The table of outcomes, and the page that shows it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use claude_wire_cli::Failure;
use serde_json::Value;

use crate::generated::replaced;
use crate::root;

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Column {
    Session,
    Python,
    TypeScript,
}

const COLUMNS: [Column; 3] = [Column::Session, Column::Python, Column::TypeScript];

impl Column {
    fn title(self, names: &str) -> String {
        match self {
            Self::Session => "`Session`".to_owned(),
            Self::Python => format!("Python {}", version(names, "python")),
            Self::TypeScript => format!("TypeScript {}", version(names, "typescript")),
        }
    }
}

/// The version of an official SDK, from the list of names.
fn version(names: &str, sdk: &str) -> String {
    let line = names.lines().find(|line| line.starts_with(&format!("{sdk} ")));
    line.and_then(|line| line.rsplit(' ').next()).unwrap_or_default().to_owned()
}

/// A case, its level and the cells of the columns.
struct Row {
    case: String,
    level: String,
    cells: [String; 3],
}

const HEAD: &str = "case\tlevel\tsession\tpython\ttypescript\n";

/// What the files have after these columns were played; the others stay.
pub(super) fn files(columns: &[(Column, Vec<Value>)]) -> Result<[(PathBuf, String); 2], Failure> {
    let table = root().join("xtask/conformance.tsv");
    let before = fs::read_to_string(&table).unwrap_or_default();
    let rows = rows(columns, &before)?;
    let mut text = HEAD.to_owned();
    for Row { case, level, cells } in &rows {
        let _ = writeln!(text, "{case}\t{level}\t{}", cells.join("\t"));
    }
    let read = |path: &PathBuf| {
        fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let names = read(&root().join("xtask/official-names.tsv"))?;
    let page = root().join("docs/conformance.md");
    let written = replaced(&read(&page)?, "conformance", &part(&rows, &names))?;
    Ok([(table, text), (page, written)])
}

fn rows(columns: &[(Column, Vec<Value>)], before: &str) -> Result<Vec<Row>, Failure> {
    let mut old: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in before.lines().skip(1) {
        let mut cells = row.split('\t');
        old.insert(cells.next().unwrap_or_default(), cells.skip(1).collect());
    }
    let (_, all) = columns.first().ok_or("nothing was played")?;
    let cell = |column: Column, at: usize, case: &str| {
        let played = columns.iter().find(|(played, _)| *played == column);
        let played = played.and_then(|(_, all)| all.iter().find(|it| it["case"] == case));
        let kept = || old.get(case).and_then(|cells| cells.get(at)).copied().unwrap_or_default();
        played.map_or_else(|| kept().to_owned(), word)
    };
    let row = |outcome: &Value| {
        let case = outcome["case"].as_str().unwrap_or_default();
        let cells = [0, 1, 2].map(|at| cell(COLUMNS[at], at, case));
        let level = outcome["level"].as_str().unwrap_or_default().to_owned();
        Row { case: case.to_owned(), level, cells }
    };
    Ok(all.iter().map(row).collect())
}

/// `passes`, or why not.
fn word(outcome: &Value) -> String {
    let reason = outcome["reason"].as_str().unwrap_or_default();
    let reason = reason.strip_suffix('.').unwrap_or(reason).replace(['\t', '\n'], " ");
    match outcome["result"].as_str() {
        Some("passed") => "passes".to_owned(),
        _ if outcome["found"]["not_run"] == true => format!("not run: {reason}"),
        _ => format!("fails: {reason}"),
    }
}

/// The counts, and the cases that do not pass everywhere.
fn part(rows: &[Row], names: &str) -> String {
    let titles = COLUMNS.map(|column| column.title(names)).join(" | ");
    let mut sections: Vec<&str> = Vec::new();
    for row in rows {
        let section = row.case.split('/').next().unwrap_or_default();
        if !sections.contains(&section) {
            sections.push(section);
        }
    }
    let mut part = format!("\n| cases that pass | of | {titles} |\n|---|---|---|---|---|\n");
    let counts = |name: &str, of: &dyn Fn(&Row) -> bool| {
        let all: Vec<_> = rows.iter().filter(|row| of(row)).collect();
        let cells = [0, 1, 2].map(|at| {
            let has = |cell: &str| all.iter().filter(|row| row.cells[at] == cell).count();
            match all.len() - has("") {
                0 => "not played".to_owned(),
                played if played == all.len() => has("passes").to_string(),
                played => format!("{} of {played} played", has("passes")),
            }
        });
        format!("| {name} | {} | {} |\n", all.len(), cells.join(" | "))
    };
    for section in &sections {
        part +=
            &counts(&format!("`{section}`"), &|row| row.case.starts_with(&format!("{section}/")));
    }
    for level in ["must", "should", "may"] {
        part += &counts(&format!("level {level}"), &|row| row.level == level);
    }
    part += &counts("all", &|_| true);
    let _ = write!(
        part,
        "\nThe cases that do not pass everywhere, and why:\n\n| case | level | {titles} |\n|---|---|---|---|---|\n"
    );
    let passes = |cell: &String| ["passes", ""].contains(&cell.as_str());
    for row in rows.iter().filter(|row| !row.cells.iter().all(passes)) {
        let cells = row.cells.iter().map(|cell| cell.replace('|', "\\|"));
        let cells = cells.collect::<Vec<_>>().join(" | ");
        let _ = writeln!(part, "| `{}` | {} | {cells} |", row.case, row.level);
    }
    part.push('\n');
    part
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "helpers of tests")]

    use serde_json::json;

    use super::*;

    /// What does not pass, for each column.
    const LISTS: [&str; 3] = [
        "mock-cli/conformance/host-differences.json",
        "tests/official/conformance-python.json",
        "tests/official/conformance-typescript.json",
    ];

    fn text(path: &str) -> String {
        fs::read_to_string(root().join(path)).unwrap()
    }

    /// The cells of the table, by row.
    fn table() -> Vec<Row> {
        let table = text("xtask/conformance.tsv");
        let rows = table.strip_prefix(HEAD).unwrap().lines().map(|row| {
            let cells: Vec<String> = row.split('\t').map(str::to_owned).collect();
            let [case, level, session, python, typescript]: [String; 5] = cells.try_into().unwrap();
            Row { case, level, cells: [session, python, typescript] }
        });
        rows.collect()
    }

    /// A reason that is changed in a list is changed in the table, too, without the SDK.
    #[test]
    fn the_columns_have_what_their_lists_have() {
        for (at, path) in LISTS.into_iter().enumerate() {
            let list: Value = serde_json::from_str(&text(path)).unwrap();
            let mut listed = BTreeMap::new();
            for (section, entries) in list.as_object().unwrap() {
                // `about` and `everywhere` are for readers.
                for (name, entry) in entries.as_object().into_iter().flatten() {
                    let found = json!({"not_run": entry["not_run"]});
                    let outcome =
                        json!({"result": "expected", "reason": entry["why"], "found": found});
                    listed.insert(format!("{section}/{name}"), word(&outcome));
                }
            }
            for Row { case, cells, .. } in table() {
                let expected = listed.remove(&case).unwrap_or_else(|| "passes".to_owned());
                assert_eq!(cells[at], expected, "{case}: the table is not as {path} says");
            }
            assert!(listed.is_empty(), "{path}: no row has these names: {listed:?}");
        }
    }

    #[test]
    fn the_page_shows_the_table() {
        let page = text("docs/conformance.md");
        let part = part(&table(), &text("xtask/official-names.tsv"));
        let expected = replaced(&page, "conformance", &part).unwrap();
        assert!(page == expected, "docs/conformance.md: run cargo xtask conformance");
    }

    #[test]
    fn a_column_that_was_not_played_stays() {
        let outcome = |case: &str, result: &str| json!({"case": case, "level": "must", "result": result, "reason": "Why.\tSo"});
        let before = format!("{HEAD}a/x\tmust\tpasses\tfails: X\tpasses\na/gone\tmay\t\t\t\n");
        let session = vec![outcome("a/x", "expected"), outcome("a/new", "passed")];
        let typescript = vec![outcome("a/x", "passed")];
        let columns = [(Column::Session, session), (Column::TypeScript, typescript)];
        let rows = rows(&columns, &before).unwrap();
        let rows: Vec<_> = rows.iter().map(|row| (row.case.as_str(), &row.cells)).collect();
        let cells = |cells: [&str; 3]| cells.map(str::to_owned);
        let (x, new) = (cells(["fails: Why. So", "fails: X", "passes"]), cells(["passes", "", ""]));
        assert_eq!(rows, [("a/x", &x), ("a/new", &new)]);
        assert!(super::rows(&[], &before).is_err());
    }
}
