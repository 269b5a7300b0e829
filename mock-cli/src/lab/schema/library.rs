//! What this library declares, and what it leaves out for a reason.

use std::collections::{BTreeMap, BTreeSet};

use claude_wire::wire::declared::{Kinds, Shape, declared};

use super::difference::What;
use claude_wire::player::FlagTable;

/// Something that a CLI declares and this library leaves out.
struct Exception {
    section: &'static str,
    kind: &'static str,
    path: &'static str,
    reason: &'static str,
}

/// What is left out. A row that has become needless is reported.
const EXCEPTIONS: &[Exception] = &[
    Exception {
        section: "messages",
        kind: "user",
        path: "message.content[].content",
        reason: "the result of a tool is text or blocks: `ToolResultBlock::text` and `blocks` read it",
    },
    Exception {
        section: "messages",
        kind: "user",
        path: "message.content[].source",
        reason: "an image may be megabytes of base64, and is kept as it came",
    },
    Exception {
        section: "messages",
        kind: "user",
        path: "pasted_content[][].content",
        reason: "as in `message.content`",
    },
    Exception {
        section: "messages",
        kind: "user",
        path: "pasted_content[][].source",
        reason: "as in `message.content`",
    },
    Exception {
        section: "requests of the CLI",
        kind: "hook_callback",
        path: "input",
        reason: "the inputs of hooks have their own section",
    },
    Exception {
        section: "replies of the CLI",
        kind: "mcp_message",
        path: "mcp_response",
        reason: "a host sends notifications this way, and they have no answer",
    },
    Exception {
        section: "replies of the CLI",
        kind: "mcp_status",
        path: "mcpServers[].config",
        reason: "a host's own configuration comes back as the host wrote it",
    },
    Exception {
        section: "replies of the CLI",
        kind: "reload_plugins",
        path: "mcpServers[].config",
        reason: "a host's own configuration comes back as the host wrote it",
    },
];

/// The reason to leave out the reply to a request without a method.
const NO_METHOD: &str =
    "no method sends the request yet, and `Session::control` gives the reply as raw JSON";

/// Why something is left out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Excuse {
    /// The exception that applies.
    pub(super) number: Option<usize>,
    pub(super) reason: &'static str,
}

/// What the library knows of a schema.
pub(crate) struct Known {
    pub(super) sections: BTreeMap<&'static str, Kinds>,
    exceptions: &'static [Exception],
}

impl Known {
    /// What this version of the library declares.
    pub(crate) fn of_library() -> Self {
        let declared = declared();
        let specs = FlagTable::of(None).lines().filter_map(|line| line.split("  ").next());
        let flags = specs.map(|spec| (spec.to_owned(), Shape::default()));
        let sections = BTreeMap::from([
            ("messages", declared.messages),
            ("requests of the CLI", declared.requests),
            ("replies of the CLI", declared.replies),
            ("requests of a host", declared.host_requests),
            ("hook inputs", declared.hook_inputs),
            ("hook outputs", declared.hook_outputs),
            ("flags", flags.collect()),
        ]);
        Self { sections, exceptions: EXCEPTIONS }
    }

    /// Why something is left out.
    pub(super) fn excuse(&self, section: &str, kind: &str, what: &What) -> Option<Excuse> {
        let covers = |exception: &&Exception| {
            exception.section == section
                && exception.kind == kind
                && exception.path == what.path()
                && *what != What::Kind
        };
        if let Some(number) = self.exceptions.iter().position(|exception| covers(&exception)) {
            return Some(Excuse { number: Some(number), reason: self.exceptions[number].reason });
        }
        let is_known = self.sections["requests of a host"].contains_key(kind);
        (section == "replies of the CLI" && *what == What::Kind && is_known)
            .then_some(Excuse { number: None, reason: NO_METHOD })
    }

    /// The exceptions that were not used.
    pub(super) fn needless(&self, used: &BTreeSet<usize>) -> Vec<String> {
        let all = self.exceptions.iter().enumerate();
        all.filter(|(number, _)| !used.contains(number))
            .map(|(_, row)| format!("{}, {}: {}", row.section, row.kind, row.path))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::compare::Comparison;
    use super::super::sections::Found;
    use super::super::{SECTIONS, Schema};
    use super::*;

    /// A schema in which one kind has one field.
    fn schema(section: &str, kind: &str, path: &str) -> Schema {
        let mut shape = Shape::default();
        shape.add(path);
        let sections = SECTIONS.map(|name| {
            let mut found = Found::default();
            if name == section {
                found.kinds.insert(kind.to_owned(), shape.clone());
            }
            Ok(found)
        });
        Schema { of: "9.9.9".to_owned(), sections }
    }

    #[test]
    fn each_exception_excuses_only_its_row() {
        let known = Known::of_library();
        for row in EXCEPTIONS {
            let compared =
                |path: &str| Comparison::with_library(&known, &schema(row.section, row.kind, path));
            let excused = compared(&format!("{}.inside", row.path));
            assert_eq!((excused.added(), excused.needless.len()), (0, EXCEPTIONS.len() - 1));
            let other = compared("aura");
            assert_eq!((other.added(), other.needless.len()), (1, EXCEPTIONS.len()));
        }
    }

    #[test]
    fn replies_to_requests_without_a_method_are_excused() {
        let known = Known::of_library();
        let compared = |kind| {
            let compared =
                Comparison::with_library(&known, &schema("replies of the CLI", kind, "aura"));
            compared.added()
        };
        assert_eq!((compared("dictate"), compared("interrupt"), compared("juggle")), (0, 1, 1));
    }
}
