//! The table of `docs/control-requests.md`: every request, and the method that sends it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use super::declare::GROUPS;
use super::{Effect, RequestName};
use crate::CLI_VERSION;

/// A group of requests, and the prefix of its methods, such as `mcp().`.
pub(super) struct Group {
    pub(super) accessor: &'static str,
    pub(super) rows: &'static [Row],
}

/// A request. Each method has its form (`fn`, `with`, ..), its name and the fields that it writes.
pub(super) struct Row {
    pub(super) subtype: &'static str,
    pub(super) effect: Effect,
    pub(super) published: &'static str,
    pub(super) seen: &'static str,
    pub(super) note: &'static [&'static str],
    pub(super) methods: &'static [(&'static str, &'static str, &'static [&'static str])],
}

const HEAD: &str = "# Control requests\n
<!-- Written by the test wire::requests::page::the_table_in_docs_is_up_to_date. Do not edit. -->\n
The requests that your program can send to the CLI, and the method of `Session` for each. `Session::control(subtype, fields)` sends any
request, including one that is not in this table.\n
\"Fields\": those that the methods write. One with a question mark is optional: methods of the `Call` set it, or not every method writes it.
\"Effect\": a request that *lasts* sets a value until the CLI ends, and is sent again to the next process. \"Published\": the request is in the
types that the makers of the CLI publish. \"VERSION\": what that version did with the request, in a session with no network and an API key.
*Refuses* means that it knows the request and gave a reason, such as that no sign-in had begun.\n
| subtype | method | fields | effect | published | VERSION |
|---|---|---|---|---|---|
";

impl Row {
    fn senders(&self) -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
        let all = self.methods.iter().filter(|(form, ..)| form.starts_with("fn"));
        all.map(|(_, name, fields)| (*name, *fields))
    }

    fn method(&self, accessor: &str) -> String {
        let methods: Vec<_> =
            self.senders().map(|(name, _)| format!("`{accessor}{name}`")).collect();
        match (methods.is_empty(), self.note) {
            (false, _) => methods.join(", "),
            (true, [note]) => (*note).to_owned(),
            (true, _) => "none: not yet; `Session::control` sends it".to_owned(),
        }
    }

    fn fields(&self) -> String {
        let is_required = |field: &str| self.senders().all(|(_, fields)| fields.contains(&field));
        let mut fields = Vec::new();
        for field in self.methods.iter().flat_map(|(.., fields)| *fields) {
            let optional = if is_required(field) { "" } else { "?" };
            let shown = format!("`{field}`{optional}");
            if !fields.contains(&shown) {
                fields.push(shown);
            }
        }
        fields.join(", ")
    }
}

fn render() -> String {
    let mut page = HEAD.replace("VERSION", CLI_VERSION);
    for Group { accessor, rows } in GROUPS {
        for row in *rows {
            let (method, fields) = (row.method(accessor), row.fields());
            let effect = match row.effect {
                Effect::Reads => "reads",
                Effect::Acts => "acts",
                Effect::Lasts(_) => "lasts",
            };
            let published = if row.published == "published" { "yes" } else { "no" };
            let seen = if row.seen == "unknown" { "does not know it" } else { row.seen };
            let Row { subtype, .. } = row;
            let _ = writeln!(
                page,
                "| `{subtype}` | {method} | {fields} | {effect} | {published} | {seen} |"
            );
        }
    }
    page
}

/// Rewrites the page if `CLAUDE_WIRE_WRITE_DOCS` is set.
#[test]
fn the_table_in_docs_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/control-requests.md");
    if std::env::var_os("CLAUDE_WIRE_WRITE_DOCS").is_some() {
        std::fs::write(&path, render()).unwrap();
    }
    let page = std::fs::read_to_string(&path).unwrap();
    assert!(
        page == render(),
        "{} is out of date: run the test again with CLAUDE_WIRE_WRITE_DOCS=1",
        path.display()
    );
}

#[test]
fn no_request_is_declared_twice_and_each_clause_has_a_known_word() {
    let mut subtypes = BTreeSet::new();
    for row in GROUPS.iter().flat_map(|group| group.rows) {
        assert!(subtypes.insert(row.subtype), "{}", row.subtype);
        assert!(["answers", "refuses", "unknown"].contains(&row.seen), "{}", row.seen);
        assert!(["published", "internal", "hidden"].contains(&row.published), "{}", row.published);
        let is_sent = row.senders().next().is_some();
        assert!(!(is_sent && !row.note.is_empty()), "{} has a method and a note", row.subtype);
    }
    assert_eq!(subtypes, RequestName::KNOWN.iter().copied().collect());
    assert!(subtypes.len() > 100);
}

#[test]
fn every_request_with_a_method_has_a_type_for_its_reply() {
    let replies = super::replies();
    let rows = GROUPS.iter().flat_map(|group| group.rows);
    let sent: Vec<_> = rows.filter(|row| row.senders().next().is_some()).collect();
    assert!(sent.len() > 60);
    for row in sent {
        assert!(replies.contains_key(row.subtype), "{}", row.subtype);
    }
}
