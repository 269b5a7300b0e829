//! The table of agreement, as a part of a page.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use claude_wire::CLI_VERSION;
use claude_wire::recording::normalised_fields;
use claude_wire_cli::Failure;

use crate::generated;

/// What is to agree at least, in percent.
const GOALS: [(&str, usize); 2] = [("lines", 97), ("entries", 90)];

/// The row of an entry.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) entry: String,
    pub(super) lines: usize,
    pub(super) equal: usize,
    /// With the number of lines that each explains.
    pub(super) reasons: BTreeMap<String, usize>,
}

/// The page, with its generated part written again and the rest as it is.
pub(super) fn page(rows: &[Row], before: &str) -> Result<String, Failure> {
    generated::replaced(before, "agreement", &tables(rows))
}

fn tables(rows: &[Row]) -> String {
    let mut page = format!(
        "\nWhat is not compared, because no two runs of CLI {CLI_VERSION} share it:\n\n| what | recognised by | example | becomes |\n|---|---|---|---|\n"
    );
    for field in normalised_fields().iter().filter(|field| !field.is_kept_in_runs) {
        let (what, by) = (field.what, field.by);
        let _ = writeln!(page, "| {what} | {by} | `{}` | `{}` |", field.example, field.becomes);
    }
    page.push_str("| long texts of the CLI | redaction, in the recording | `{\"description\":\"<text:1>\"}` | any text |\n");
    page.push_str("\nAn id of the recording is one id of the simulation, everywhere. `claude-wire drift`, which compares two versions, replaces these too:");
    for field in normalised_fields().iter().filter(|field| field.is_kept_in_runs) {
        let _ = write!(page, " {} ({});", field.what, field.by);
    }
    page.pop();
    page.push_str(".\n\n");
    page.push_str(&totals(rows));
    page.push_str("\n| entry | lines | equal | differences |\n|---|---|---|---|\n");
    for Row { entry, lines, equal, reasons } in rows {
        let reasons = reasons.iter().map(|(reason, lines)| match lines {
            0 => reason.clone(),
            1 => format!("1 line: {reason}"),
            _ => format!("{lines} lines: {reason}"),
        });
        let reasons = reasons.collect::<Vec<_>>().join("; ");
        let _ = writeln!(page, "| `{entry}` | {lines} | {equal} | {reasons} |");
    }
    page.push('\n');
    page
}

/// The goals that are missed, in words.
pub(super) fn missed(rows: &[Row]) -> Vec<String> {
    let counts = counts(rows).into_iter().zip(GOALS);
    let missed = counts.filter(|((equal, all), (_, goal))| equal * 100 < goal * all);
    missed
        .map(|((equal, all), (what, goal))| {
            format!("{equal} of {all} {what} are equal, and {goal} % are the goal")
        })
        .collect()
}

/// The equal lines and entries, each with their number.
fn counts(rows: &[Row]) -> [(usize, usize); 2] {
    let lines: usize = rows.iter().map(|row| row.lines).sum();
    let equal: usize = rows.iter().map(|row| row.equal).sum();
    let whole = rows.iter().filter(|row| row.lines == row.equal).count();
    [(equal, lines), (whole, rows.len())]
}

/// The sums, with the goals.
pub(super) fn totals(rows: &[Row]) -> String {
    let parts = counts(rows).into_iter().zip(GOALS).map(|((equal, all), (what, goal))| {
        let percent = 100.0 * share(equal, all);
        format!("{equal} of {all} {what} are equal ({percent:.1} %, goal {goal} %)")
    });
    format!("{}.\n", parts.collect::<Vec<_>>().join(", and "))
}

#[expect(clippy::cast_precision_loss, reason = "a share")]
fn share(part: usize, all: usize) -> f64 {
    part as f64 / all.max(1) as f64
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "helpers of tests")]

    use super::*;

    fn rows() -> [Row; 2] {
        let row = |entry: &str, equal, reasons: &[(&str, usize)]| Row {
            entry: entry.to_owned(),
            lines: 4,
            equal,
            reasons: reasons.iter().map(|(reason, lines)| ((*reason).to_owned(), *lines)).collect(),
        };
        [row("a", 4, &[]), row("b", 2, &[("odd", 2), ("slow", 0)])]
    }

    #[test]
    fn only_the_part_between_the_marks_is_written() {
        let begin = "<!-- From here to the end mark written by `cargo xtask agreement`. -->\n";
        let end = "<!-- The end mark. -->\n";
        let before = format!("# Title\n\n{begin}old\n{end}\nThe rest.\n");
        let page = page(&rows(), &before).unwrap();
        assert!(page.starts_with(&format!("# Title\n\n{begin}\nWhat is")), "{page}");
        assert!(page.ends_with(&format!("\n\n{end}\nThe rest.\n")), "{page}");
        assert!(
            page.contains("| `a` | 4 | 4 |  |\n| `b` | 4 | 2 | 2 lines: odd; slow |\n"),
            "{page}"
        );
        assert!(super::page(&rows(), "# Title\n").is_err());
    }

    #[test]
    fn totals_have_goals() {
        assert_eq!(
            totals(&rows()),
            "6 of 8 lines are equal (75.0 %, goal 97 %), and 1 of 2 entries are equal (50.0 %, goal 90 %).\n"
        );
        assert_eq!(
            missed(&rows()),
            [
                "6 of 8 lines are equal, and 97 % are the goal",
                "1 of 2 entries are equal, and 90 % are the goal"
            ]
        );
        let row = |equal| Row { entry: String::new(), lines: 100, equal, reasons: BTreeMap::new() };
        let table = |of: &[usize]| missed(&of.iter().map(|equal| row(*equal)).collect::<Vec<_>>());
        // One entry of ten differs, in 30 lines of 1000 and in one more.
        assert_eq!(table(&[70, 100, 100, 100, 100, 100, 100, 100, 100, 100]).len(), 0);
        assert_eq!(table(&[69, 100, 100, 100, 100, 100, 100, 100, 100, 100]).len(), 1);
        assert_eq!(table(&[99, 99, 100, 100, 100, 100, 100, 100, 100, 100]).len(), 1);
    }
}
