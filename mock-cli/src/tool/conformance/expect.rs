//! The failures of a host that are expected, with reasons.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value};

use super::cases::Case;
use super::section::Section;
use crate::Failure;

/// A file with them, by section and name of the case.
#[derive(Default)]
pub(super) struct Expected(Map<String, Value>);

/// One of them.
pub(super) struct Listed<'a> {
    pub(super) why: &'a str,
    /// The host does not have what the case needs.
    pub(super) not_run: bool,
    /// What is found instead, if it is listed.
    pub(super) found: Value,
}

/// What is explained for readers only.
const NOTES: [&str; 2] = ["about", "everywhere"];

impl Expected {
    pub(super) fn read(path: &Path, cases: &[Case]) -> Result<Self, Failure> {
        let failed = |why: String| format!("--expect {}: {why}", path.display());
        let text = fs::read(path).map_err(|error| failed(error.to_string()))?;
        let value = serde_json::from_slice(&text).map_err(|error| failed(error.to_string()))?;
        let Value::Object(sections) = value else {
            return Err(failed("expected an object".to_owned()));
        };
        for (section, entries) in sections.iter().filter(|(key, _)| !NOTES.contains(&key.as_str()))
        {
            let Some(entries) = entries.as_object() else {
                return Err(failed(format!("{section}: expected an object by names of cases")));
            };
            for (name, entry) in entries {
                let id = format!("{section}/{name}");
                if !cases.iter().any(|case| case.id() == id) {
                    return Err(failed(format!("{id}: no case has this name")));
                }
                if entry["why"].as_str().is_none_or(|why| why.trim().is_empty()) {
                    return Err(failed(format!("{id}: no `why`, the reason")));
                }
            }
        }
        Ok(Self(sections))
    }

    pub(super) fn of(&self, section: Section, name: &str) -> Option<Listed<'_>> {
        let entry = self.0.get(section.name())?.get(name)?;
        let mut found = entry.as_object()?.clone();
        let not_run = found.remove("not_run").is_some_and(|value| value == true);
        found.remove("why");
        Some(Listed { why: entry["why"].as_str()?, not_run, found: Value::Object(found) })
    }
}
