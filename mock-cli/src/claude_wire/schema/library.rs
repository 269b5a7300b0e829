//! What this library declares, and what it leaves out for a reason.

use std::collections::{BTreeMap, BTreeSet};

use claude_wire::wire::declared::{Kinds, Shape, declared};

use super::compare::What;

/// The flags that `mock-claude` knows of the newest version.
const FLAGS: &str = include_str!("../../../flags/2.1.329.txt");

/// Something that a CLI declares and that this library leaves out.
struct Exception {
    section: &'static str,
    /// The kind; `*` at its end stands for anything.
    kind: &'static str,
    /// The field; `*` at its end stands for anything, and alone for the kind too.
    path: &'static str,
    reason: &'static str,
}

/// What is left out. A row that is not needed any more is reported.
const EXCEPTIONS: &[Exception] = &[];

/// What the library knows of a schema.
pub(crate) struct Known {
    pub(super) sections: BTreeMap<&'static str, Kinds>,
    exceptions: &'static [Exception],
}

impl Known {
    /// What this version of the library declares.
    pub(crate) fn of_library() -> Self {
        let declared = declared();
        let specs = FLAGS.lines().filter(|line| line.starts_with('-'));
        let flags = specs.map(|line| {
            let spec = line.split("  ").next().unwrap_or_default();
            (spec.to_owned(), Shape::default())
        });
        let sections = BTreeMap::from([
            ("messages", declared.messages),
            ("requests of the CLI", declared.requests),
            ("replies of the CLI", declared.replies),
            ("hook inputs", declared.hook_inputs),
            ("hook outputs", declared.hook_outputs),
            ("flags", flags.collect()),
        ]);
        Self { sections, exceptions: EXCEPTIONS }
    }

    /// The number of the exception that something falls under, and its reason.
    pub(super) fn excuse(
        &self,
        section: &str,
        kind: &str,
        what: &What,
    ) -> Option<(usize, &'static str)> {
        let covers = |exception: &&Exception| {
            exception.section == section
                && fits(exception.kind, kind)
                && (exception.path == "*"
                    || fits(exception.path, what.path()) && *what != What::Kind)
        };
        let (number, exception) =
            self.exceptions.iter().enumerate().find(|(_, exception)| covers(exception))?;
        Some((number, exception.reason))
    }

    /// The exceptions that were not used.
    pub(super) fn needless(&self, used: &BTreeSet<usize>) -> Vec<String> {
        let all = self.exceptions.iter().enumerate();
        all.filter(|(number, _)| !used.contains(number))
            .map(|(_, row)| format!("{}, {}: {}", row.section, row.kind, row.path))
            .collect()
    }
}

fn fits(pattern: &str, text: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => text.starts_with(start),
        None => text == pattern,
    }
}
