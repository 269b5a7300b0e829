//! The table of outcomes, `xtask/compatibility.tsv`, and the page that is written from it.

use std::fmt::Write as _;
use std::fs;

use claude_wire_cli::Failure;

use super::cases::{Case, Source, cases};
use super::client::Client;
use super::counts::Counts;
use super::outcome::{ELSEWHERE, Outcome};
use super::wrapper::Tests;
use crate::{generated, root};

const TABLE: &str = "xtask/compatibility.tsv";
const PAGE: &str = "docs/compatibility.md";
const HEAD: &str = "client\tplays\texact\tnormalised\tdiverged\tunmatched\tplayed\tchanged";

/// The outcomes, by case.
#[derive(Default)]
pub(super) struct Table(Vec<(String, Outcome)>);

/// What names a case in the table.
fn key(case: &Case) -> String {
    format!("{}\t{}", case.client.name(), case.plays())
}

impl Table {
    pub(super) fn load() -> Self {
        Self::parse(&fs::read_to_string(root().join(TABLE)).unwrap_or_default())
    }

    fn parse(text: &str) -> Self {
        Self(text.lines().skip(1).filter_map(row).collect())
    }

    pub(super) fn get(&self, case: &Case) -> Option<&Outcome> {
        let key = key(case);
        self.0.iter().find(|(known, _)| *known == key).map(|(_, outcome)| outcome)
    }

    pub(super) fn set(&mut self, case: &Case, outcome: Outcome) {
        let key = key(case);
        self.0.retain(|(known, _)| *known != key);
        self.0.push((key, outcome));
    }

    /// In the order of the page; outcomes of cases that no longer exist are left out.
    fn text(&self) -> String {
        let mut text = format!("{HEAD}\n");
        for case in cases() {
            let Some(Outcome { counts, played, changed }) = self.get(&case) else { continue };
            let Counts { exact, normalised, diverged, unmatched } = counts;
            let key = key(&case);
            let _ = writeln!(
                text,
                "{key}\t{exact}\t{normalised}\t{diverged}\t{unmatched}\t{played}\t{changed}"
            );
        }
        text
    }

    /// Writes the table and the page.
    pub(super) fn save(&self) -> Result<(), Failure> {
        let write = |path: &str, text: String| {
            fs::write(root().join(path), text).map_err(|error| format!("{path}: {error}"))
        };
        write(TABLE, self.text())?;
        let page =
            fs::read_to_string(root().join(PAGE)).map_err(|error| format!("{PAGE}: {error}"))?;
        write(PAGE, generated::replaced(&page, "compatibility", &self.part())?)
    }

    fn part(&self) -> String {
        let mut part = self.totals();
        for client in Client::ALL {
            let of_client = || cases().into_iter().filter(move |case| case.client == client);
            if of_client().all(|case| self.get(&case).is_none()) {
                continue;
            }
            let _ = writeln!(part, "\n## {}\n", client.title());
            part.push_str("| what the program does | it plays | exact | normalised | diverged | unmatched | played | the changed program |\n|---|---|---|---|---|---|---|---|\n");
            for case in of_client() {
                let Some(outcome) = self.get(&case) else { continue };
                let Outcome { counts, played, changed } = outcome;
                let Counts { exact, normalised, diverged, unmatched } = counts;
                let exact = match case.source {
                    Source::Scenario => "".to_owned(),
                    _ => exact.to_string(),
                };
                let _ = writeln!(
                    part,
                    "| {} | {} | {exact} | {normalised} | {diverged} | {unmatched} | {} | {} |",
                    case.program.feature,
                    what(&case),
                    cell(played),
                    cell(changed),
                );
            }
        }
        part.push_str(&Tests::load().part());
        part.push('\n');
        part
    }

    fn totals(&self) -> String {
        let known: Vec<_> =
            cases().into_iter().filter_map(|case| Some((self.get(&case)?.clone(), case))).collect();
        let own = known.iter().filter(|(_, case)| case.is_own());
        let misses = own.clone().filter(|(outcome, _)| outcome.played != "yes").count();
        let changed = known.iter().map(|(outcome, _)| outcome.changed.as_str());
        let changed: Vec<&str> = changed.filter(|changed| !changed.is_empty()).collect();
        let greens = changed.iter().filter(|changed| **changed == "accepted").count();
        let elsewhere = changed.iter().filter(|changed| changed.starts_with(ELSEWHERE)).count();
        format!(
            "\nFalse misses: {misses} of {} (budget: 0). False greens: {greens} of {} (budget: 0).\n\
             Refused elsewhere than at the change, which shows nothing: {elsewhere}.\n",
            own.count(),
            changed.len() - elsewhere,
        )
    }
}

/// How an outcome breaks the budget.
pub(super) fn broken(case: &Case, outcome: &Outcome) -> Option<String> {
    let what = format!("{} with {}", case.client.name(), case.plays());
    if case.is_own() && outcome.played != "yes" {
        return Some(format!("false miss: {what}: {}", outcome.played));
    }
    if outcome.changed == "accepted" {
        return Some(format!("false green: {what}"));
    }
    // Where the unchanged program is refused, too, nothing else can be expected.
    let is_elsewhere = outcome.played == "yes" && outcome.changed.starts_with(ELSEWHERE);
    is_elsewhere.then(|| format!("not refused for its change: {what}: {}", outcome.changed))
}

/// What is played, for readers.
fn what(case: &Case) -> String {
    let plays = case.plays();
    match case.source {
        Source::Recorded(by) if by == case.client => {
            format!("its recording [`{}`](../{plays})", file(&plays))
        }
        Source::Recorded(by) => {
            format!("a recording of the {} [`{}`](../{plays})", by.title(), file(&plays))
        }
        Source::Corpus => format!("the entry [`{}`](../{plays}) of the corpus", case.program.name),
        Source::Scenario => format!("the scenario [`{}`](../{plays})", file(&plays)),
    }
}

fn file(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// How long the reason of a cell may be.
const LONGEST: usize = 140;

/// A text in a table.
pub(super) fn cell(text: &str) -> String {
    let mut text: String = text.replace('|', "\\|").replace('<', "\\<");
    if text.chars().count() > LONGEST {
        text = text.chars().take(LONGEST).chain(" ...".chars()).collect();
    }
    text
}

fn row(line: &str) -> Option<(String, Outcome)> {
    let cells: Vec<&str> = line.split('\t').collect();
    let [client, plays, exact, normalised, diverged, unmatched, played, changed] = cells[..] else {
        return None;
    };
    let number = |cell: &str| cell.parse().ok();
    let counts = Counts {
        exact: number(exact)?,
        normalised: number(normalised)?,
        diverged: number(diverged)?,
        unmatched: number(unmatched)?,
    };
    let outcome = Outcome { counts, played: played.to_owned(), changed: changed.to_owned() };
    Some((format!("{client}\t{plays}"), outcome))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_that_of_the_last_run() {
        let page = fs::read_to_string(root().join(PAGE)).unwrap();
        let expected = generated::replaced(&page, "compatibility", &Table::load().part()).unwrap();
        assert!(page == expected, "{PAGE} is not up to date: run cargo xtask compatibility");
    }

    #[test]
    fn each_case_was_run_with_files_that_exist() {
        let table = Table::load();
        for case in cases() {
            let key = key(&case);
            let outcome = table.get(&case).unwrap_or_else(|| panic!("{key}: not in {TABLE}"));
            assert!(root().join(case.plays()).exists(), "{key}");
            assert_eq!(case.is_changed_too(), !outcome.changed.is_empty(), "{key}");
            for recording in case.recordings() {
                assert!(recording.is_file(), "{}", recording.display());
            }
            assert_eq!(case.recordings().is_empty(), case.source == Source::Scenario, "{key}");
        }
        assert_eq!(table.0.len(), cases().len(), "outcomes of cases that no longer exist");
    }

    #[test]
    fn no_program_is_refused_unchanged_or_accepted_changed() {
        let table = Table::load();
        let broken: Vec<_> =
            cases().iter().filter_map(|case| broken(case, table.get(case)?)).collect();
        assert_eq!(broken, Vec::<String>::new());
    }

    #[test]
    fn every_refusal_has_a_reason() {
        for (key, Outcome { played, changed, .. }) in Table::load().0 {
            let has_reason =
                |text: &str, word: &str| text.strip_prefix(word).is_some_and(|why| !why.is_empty());
            assert!(played == "yes" || has_reason(&played, "no: "), "{key}: {played}");
            let is_refused = ["refused: ", ELSEWHERE].iter().any(|word| has_reason(&changed, word));
            assert!(changed.is_empty() || is_refused, "{key}: {changed}");
        }
    }

    #[test]
    fn a_miss_and_a_green_break_the_budget() {
        let case = cases().into_iter().find(Case::is_own).unwrap();
        let outcome = |played: &str, changed: &str| Outcome {
            counts: Counts::default(),
            played: played.to_owned(),
            changed: changed.to_owned(),
        };
        assert_eq!(broken(&case, &outcome("yes", "refused: x")), None);
        assert!(broken(&case, &outcome("no: x", "refused: x")).unwrap().contains("false miss"));
        assert!(broken(&case, &outcome("yes", "accepted")).unwrap().contains("false green"));
        let elsewhere = broken(&case, &outcome("yes", "refused elsewhere: it crashed")).unwrap();
        assert!(elsewhere.contains("not refused for its change"), "{elsewhere}");
        let other = cases().into_iter().find(|case| !case.is_own()).unwrap();
        assert_eq!(broken(&other, &outcome("no: another client", "")), None);
        assert_eq!(broken(&other, &outcome("no: x", "refused elsewhere: x")), None);
        assert!(broken(&other, &outcome("yes", "refused elsewhere: x")).is_some());
    }

    #[test]
    fn what_is_refused_elsewhere_is_no_proof() {
        let mut table = Table::default();
        let cases = cases();
        let all = cases.iter().filter(|case| case.is_changed_too());
        for (case, changed) in all.zip(["refused: x", "refused elsewhere: x", "accepted"]) {
            let (played, changed) = ("yes".to_owned(), changed.to_owned());
            table.set(case, Outcome { counts: Counts::default(), played, changed });
        }
        let totals = table.totals();
        assert!(totals.contains("False greens: 1 of 2 (budget: 0)."), "{totals}");
        assert!(totals.contains("than at the change, which shows nothing: 1."), "{totals}");
    }
}
