//! Compares the cases of one section with the results.

use serde_json::Value;

use super::{differences, files};
use crate::support::cases::{name, section};

/// The cases of one section, and the failures.
pub struct Run {
    section: &'static str,
    differences: Value,
    unused: Vec<String>,
    failures: Vec<String>,
}

impl Run {
    pub fn new(section_name: &'static str, at_least: usize) -> Self {
        let differences = differences()[section_name].clone();
        let unused = differences.as_object().unwrap().keys().cloned().collect();
        let count: usize =
            files().iter().map(|(_, content)| section(content, section_name).len()).sum();
        assert!(count >= at_least, "only {count} cases in {section_name}");
        Self { section: section_name, differences, unused, failures: Vec::new() }
    }

    pub fn cases(&self) -> Vec<(String, Value)> {
        files()
            .into_iter()
            .flat_map(|(file, content)| {
                section(&content, self.section).into_iter().map(move |case| (file.clone(), case))
            })
            .collect()
    }

    /// The result must match the case, or the listed difference.
    pub fn compare(&mut self, file: &str, case: &Value, expected: &Value, found: &Value) {
        let why = match self.difference(case) {
            None if expected == found => return,
            None => format!("expected {expected}, found {found}"),
            Some(_) if expected == found => {
                "is listed as a difference, but matches the case".to_owned()
            }
            Some(mut difference) => {
                difference.as_object_mut().unwrap().remove("why");
                if difference == *found {
                    return;
                }
                format!("differs as {difference} by the list, found {found}")
            }
        };
        self.failures.push(format!("{file}: {}: {why}", name(case)));
    }

    pub fn not_run(&mut self, file: &str, case: &Value) {
        if self.difference(case).is_none_or(|difference| difference["not_run"] != true) {
            self.failures.push(format!(
                "{file}: {}: nothing here can run it, and the list does not say why",
                name(case)
            ));
        }
    }

    fn difference(&mut self, case: &Value) -> Option<Value> {
        let difference = self.differences.get(name(case))?;
        self.unused.retain(|unused| unused != name(case));
        assert!(
            difference["why"].as_str().is_some_and(|why| !why.is_empty()),
            "{} has no reason",
            name(case)
        );
        Some(difference.clone())
    }

    pub fn end(self) {
        assert!(self.failures.is_empty(), "{}:\n{}", self.section, self.failures.join("\n"));
        assert!(
            self.unused.is_empty(),
            "differences without a case in {}: {:?}",
            self.section,
            self.unused
        );
    }
}
