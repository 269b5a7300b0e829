//! What a person, or a program, is told.

use std::collections::BTreeMap;
use std::fmt;

use claude_wire::recording::{Difference, Severity};
use serde_json::{Value, json};

use super::compare::Compared;
use crate::{Failure, Found};

/// A comparison: each difference once, with the entries that have it.
pub(super) struct Report<'a> {
    version: &'a str,
    entries: usize,
    differences: BTreeMap<Difference, Vec<String>>,
    problems: Vec<(String, String)>,
}

impl<'a> Report<'a> {
    pub(super) fn new(version: &'a str, compared: Vec<Compared>) -> Self {
        let mut report = Self { version, entries: compared.len(), differences: BTreeMap::new(), problems: Vec::new() };
        for Compared { entry, differences, problem } in compared {
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
            0 if self.count(Severity::Breaking) + self.count(Severity::Additive) == 0 => Ok(Found::Nothing),
            0 => Ok(Found::Something),
            count => Err(format!("{count} of {} entries could not be compared to the end", self.entries)),
        }
    }

    pub(super) fn json(&self) -> Value {
        let differences = self.differences.iter().map(|(difference, entries)| {
            let mut object = serde_json::to_value(difference).unwrap_or_default();
            object["entries"] = entries.clone().into();
            object
        });
        let problems = self.problems.iter().map(|(entry, problem)| json!({"entry": entry, "problem": problem}));
        json!({
            "cli": self.version,
            "entries": self.entries,
            "differences": differences.collect::<Vec<_>>(),
            "problems": problems.collect::<Vec<_>>(),
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
        for (entry, problem) in &self.problems {
            writeln!(f, "not compared to the end: {entry}")?;
            for line in problem.lines() {
                writeln!(f, "    {line}")?;
            }
        }
        let [breaking, additive, cosmetic] =
            [Severity::Breaking, Severity::Additive, Severity::Cosmetic].map(|severity| self.count(severity));
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
