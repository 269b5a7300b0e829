//! The report, as text or as JSON.

use std::collections::BTreeMap;
use std::fmt;

use claude_wire::recording::{Difference, Gap, Severity};
use serde_json::{Value, json};

use super::compare::{Baseline, Compared};
use crate::{Failure, Found};

/// A comparison: each difference once, with the entries that have it.
pub(super) struct Report<'a> {
    version: &'a str,
    baseline: &'a Baseline,
    entries: usize,
    differences: BTreeMap<Difference, Vec<String>>,
    /// Entries that were not compared, and why.
    problems: Vec<(String, String)>,
    /// Why single runs failed of entries that were compared.
    earlier: Vec<(String, String)>,
    gaps: BTreeMap<Gap, Vec<String>>,
}

impl<'a> Report<'a> {
    pub(super) fn new(version: &'a str, baseline: &'a Baseline, compared: Vec<Compared>) -> Self {
        let mut report = Self {
            version,
            baseline,
            entries: compared.len(),
            differences: BTreeMap::new(),
            problems: Vec::new(),
            earlier: Vec::new(),
            gaps: BTreeMap::new(),
        };
        for Compared { entry, differences, problem, earlier, gaps } in compared {
            for gap in gaps {
                report.gaps.entry(gap).or_default().push(entry.clone());
            }
            report.earlier.extend(earlier.into_iter().map(|problem| (entry.clone(), problem)));
            for difference in differences {
                report.differences.entry(difference).or_default().push(entry.clone());
            }
            report.problems.extend(problem.map(|problem| (entry, problem)));
        }
        report
    }

    /// The exit code. What was not compared may be different: it is as bad as a difference.
    pub(super) fn verdict(&self) -> Result<Found, Failure> {
        if self.entries == 0 {
            return Err("nothing was compared".to_owned());
        }
        match (self.problems.len(), self.baseline.missing()) {
            (0, None) if self.count(Severity::Breaking) + self.count(Severity::Additive) == 0 => {
                Ok(Found::Nothing)
            }
            (0, None) => Ok(Found::Something),
            (0, Some(missing)) => Err(format!("not compared: {missing}")),
            (count, _) => Err(format!("{count} of {} entries could not be compared", self.entries)),
        }
    }

    pub(super) fn json(&self) -> Value {
        let differences = self.differences.iter().map(|(difference, entries)| {
            let mut object = serde_json::to_value(difference).unwrap_or_default();
            object["entries"] = entries.clone().into();
            object
        });
        let problems = |problems: &[(String, String)]| {
            problems
                .iter()
                .map(|(entry, problem)| json!({"entry": entry, "problem": problem}))
                .collect::<Vec<_>>()
        };
        let gaps = self
            .gaps
            .iter()
            .map(|(gap, entries)| json!({"kind": gap.kind, "what": gap.what, "entries": entries}));
        json!({
            "from": self.baseline.version(),
            "cli": self.version,
            "entries": self.entries,
            "differences": differences.collect::<Vec<_>>(),
            "untyped": gaps.collect::<Vec<_>>(),
            "problems": problems(&self.problems),
            "problems_of_single_runs": problems(&self.earlier),
            "missing": self.baseline.missing(),
        })
    }

    fn count(&self, severity: Severity) -> usize {
        self.differences.keys().filter(|difference| difference.severity == severity).count()
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (difference, entries) in &self.differences {
            writeln!(f, "{difference}\n    in {}", self.list(entries))?;
        }
        for (gap, entries) in &self.gaps {
            writeln!(f, "untyped: {gap}\n    in {}", self.list(entries))?;
        }
        let earlier = self.earlier.iter().map(|problem| ("failed, and went well again", problem));
        let problems = self.problems.iter().map(|problem| ("not compared", problem));
        for (what, (entry, problem)) in earlier.chain(problems) {
            writeln!(f, "{what}: {entry}")?;
            for line in problem.lines() {
                writeln!(f, "    {line}")?;
            }
        }
        if let Some(missing) = self.baseline.missing() {
            writeln!(f, "not compared: {missing}")?;
        }
        let [breaking, additive, cosmetic] =
            [Severity::Breaking, Severity::Additive, Severity::Cosmetic]
                .map(|severity| self.count(severity));
        let done = self.entries - self.problems.len();
        writeln!(
            f,
            "{done} of {} entries compared{} version {}: {breaking} breaking, {additive} additive, {cosmetic} cosmetic",
            self.entries,
            self.baseline
                .version()
                .map_or_else(|| " with".to_owned(), |from| format!(", version {from} with")),
            self.version
        )
    }
}

impl Report<'_> {
    fn list(&self, entries: &[String]) -> String {
        const SHOWN: usize = 6;
        if entries.len() == self.entries && self.entries > SHOWN {
            return "all entries".to_owned();
        }
        let more = entries.len().saturating_sub(SHOWN);
        let shown = entries.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
        if more > 0 { format!("{shown} and {more} more") } else { shown }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::collections::BTreeSet;
    use std::sync::Arc;

    use claude_wire::recording::{Event, EventKind, Header, Recording, compare};

    use super::*;
    use crate::lab::{AskedFile, Cli};

    fn recorded() -> Baseline {
        Baseline::Recorded("old/folder".into(), Some(Arc::new(AskedFile::default())))
    }

    /// An entry with the differences between two lines.
    fn compared(entry: &str, before: &str, after: &str) -> Compared {
        let recording = |line: &str| {
            let mut recording = Recording::new(Header::new());
            recording.events.push(Event::new(0, EventKind::Out(line.into())));
            recording
        };
        let differences = compare(&recording(before), &recording(after)).into_iter().collect();
        Compared {
            entry: entry.into(),
            differences,
            problem: None,
            earlier: BTreeSet::new(),
            gaps: BTreeSet::new(),
        }
    }

    const LINE: &str = r#"{"type":"a","n":1,"old":true}"#;

    #[test]
    fn a_failed_run_is_a_note_if_another_succeeded() {
        let entry = |problem: Option<&str>, earlier: &[&str]| Compared {
            problem: problem.map(Into::into),
            earlier: earlier.iter().map(|problem| (*problem).into()).collect(),
            ..compared("one-shot", LINE, LINE)
        };
        let baseline = recorded();
        let report = Report::new("9.9.9", &baseline, vec![entry(None, &["it hung"])]);
        assert_eq!(
            report.to_string(),
            "failed, and went well again: one-shot\n    it hung\n1 of 1 entries compared with version 9.9.9: 0 breaking, 0 additive, 0 cosmetic\n"
        );
        assert!(matches!(report.verdict(), Ok(Found::Nothing)));
        let report = Report::new("9.9.9", &baseline, vec![entry(Some("it hung\nfor ever"), &[])]);
        assert_eq!(
            report.to_string(),
            "not compared: one-shot\n    it hung\n    for ever\n0 of 1 entries compared with version 9.9.9: 0 breaking, 0 additive, 0 cosmetic\n"
        );
        assert_eq!(report.verdict().err().unwrap(), "1 of 1 entries could not be compared");
    }

    #[test]
    fn kinds_of_differences_are_counted_separately() {
        let baseline = recorded();
        for (after, counts, found) in [
            (LINE, "0 breaking, 0 additive, 0 cosmetic", Found::Nothing),
            (
                r#"{"type":"a","n":2,"old":true}"#,
                "0 breaking, 0 additive, 1 cosmetic",
                Found::Nothing,
            ),
            (
                r#"{"type":"a","n":1,"old":true,"new":1}"#,
                "0 breaking, 1 additive, 0 cosmetic",
                Found::Something,
            ),
            (r#"{"type":"a","n":1}"#, "1 breaking, 0 additive, 0 cosmetic", Found::Something),
            (
                r#"{"type":"a","n":2,"new":1}"#,
                "1 breaking, 1 additive, 1 cosmetic",
                Found::Something,
            ),
        ] {
            let report = Report::new("9.9.9", &baseline, vec![compared("x", LINE, after)]);
            let text = report.to_string();
            assert!(text.ends_with(&format!("with version 9.9.9: {counts}\n")), "{text}");
            assert!(report.verdict().is_ok_and(|verdict| verdict == found), "{after}");
        }
    }

    #[test]
    fn a_report_says_what_it_compares_and_what_it_cannot() {
        let old = Baseline::Live(Cli { path: "claude".into(), version: "1.0.0".into() });
        let report = Report::new("9.9.9", &old, vec![compared("x", LINE, LINE)]);
        assert_eq!(
            report.to_string(),
            "1 of 1 entries compared, version 1.0.0 with version 9.9.9: 0 breaking, 0 additive, 0 cosmetic\n"
        );
        assert_eq!(report.json()["from"], "1.0.0");

        let silent = Baseline::Recorded("old/folder".into(), None);
        let report = Report::new("9.9.9", &silent, vec![compared("x", LINE, LINE)]);
        let missing = "not compared: what it asks the API: old/folder has no requests.json";
        assert!(report.to_string().starts_with(missing), "{report}");
        assert_eq!(report.verdict().err().unwrap(), missing);
        assert!(Report::new("9.9.9", &old, vec![]).verdict().is_err());
    }
}
