//! What a person, or a program, is told.

use std::collections::BTreeMap;
use std::fmt;

use claude_wire::recording::{Difference, Gap, Severity};
use serde_json::{Value, json};

use super::compare::Compared;
use crate::{Failure, Found};

/// A comparison: each difference once, with the entries that have it.
pub(super) struct Report<'a> {
    version: &'a str,
    entries: usize,
    differences: BTreeMap<Difference, Vec<String>>,
    problems: Vec<(String, String)>,
    /// Of runs that were not the last.
    earlier: Vec<(String, String)>,
    gaps: BTreeMap<Gap, Vec<String>>,
}

impl<'a> Report<'a> {
    pub(super) fn new(version: &'a str, compared: Vec<Compared>) -> Self {
        let mut report = Self {
            version,
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

    /// The exit code: what could not be looked at is no better than what was found.
    pub(super) fn verdict(&self) -> Result<Found, Failure> {
        if self.entries == 0 {
            return Err("nothing was compared".to_owned());
        }
        match self.problems.len() {
            0 if self.count(Severity::Breaking) + self.count(Severity::Additive) == 0 => {
                Ok(Found::Nothing)
            }
            0 => Ok(Found::Something),
            count => {
                Err(format!("{count} of {} entries could not be compared to the end", self.entries))
            }
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
            "cli": self.version,
            "entries": self.entries,
            "differences": differences.collect::<Vec<_>>(),
            "untyped": gaps.collect::<Vec<_>>(),
            "problems": problems(&self.problems),
            "problems_of_other_runs": problems(&self.earlier),
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
        let problems = self.earlier.iter().map(|problem| ("cosmetic: not in each run", problem));
        for (what, (entry, problem)) in
            problems.chain(self.problems.iter().map(|problem| ("not compared to the end", problem)))
        {
            writeln!(f, "{what}: {entry}")?;
            for line in problem.lines() {
                writeln!(f, "    {line}")?;
            }
        }
        let [breaking, additive, cosmetic] =
            [Severity::Breaking, Severity::Additive, Severity::Cosmetic]
                .map(|severity| self.count(severity));
        let done = self.entries - self.problems.len();
        writeln!(
            f,
            "{done} of {} entries compared with version {}: {breaking} breaking, {additive} additive, {cosmetic} cosmetic",
            self.entries, self.version
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
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_problem_of_one_run_of_several_is_a_note() {
        let compared = |problem: Option<&str>, earlier: &[&str]| Compared {
            entry: "one-shot".into(),
            differences: BTreeSet::new(),
            problem: problem.map(Into::into),
            earlier: earlier.iter().map(|problem| (*problem).into()).collect(),
            gaps: BTreeSet::new(),
        };
        let report = Report::new("9.9.9", vec![compared(None, &["it hung"])]);
        assert_eq!(
            report.to_string(),
            "cosmetic: not in each run: one-shot\n    it hung\n1 of 1 entries compared with version 9.9.9: 0 breaking, 0 additive, 0 cosmetic\n"
        );
        assert!(report.verdict().is_ok_and(|found| matches!(found, Found::Nothing)));
        assert!(Report::new("9.9.9", vec![compared(Some("it hung"), &[])]).verdict().is_err());
    }
}
