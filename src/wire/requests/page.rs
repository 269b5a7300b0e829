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

/// A request.
pub(super) struct Row {
    pub(super) subtype: &'static str,
    pub(super) effect: Effect,
    pub(super) published: &'static str,
    pub(super) seen: &'static str,
    pub(super) note: &'static [&'static str],
    pub(super) methods: &'static [Method],
}

/// A method: its form (`fn`, `with`, ..), its arguments with their types, and the fields that it
/// writes with their values.
pub(super) struct Method {
    pub(super) form: &'static str,
    pub(super) name: &'static str,
    pub(super) arguments: &'static [(&'static str, &'static str)],
    pub(super) fields: &'static [(&'static str, &'static str)],
}

const HEAD: &str = "# Control requests\n
<!-- Written by the test wire::requests::page::the_table_in_docs_is_up_to_date. Do not edit. -->\n
The requests that your program can send to the CLI, and the method of `Session` for each. `Session::control(subtype, fields)` sends any
request, including one that is not in this table.\n
\"Fields\": those that the methods write, with their types; a constant is shown as it is. One with a question mark may be left out.
\"Effect\": a request that *lasts* sets a value until the CLI ends, and is sent again to the next process. \"Published\": the request is in the
types that the makers of the CLI publish. \"VERSION\": what that version did with the request, in a session with no network and an API key.
*Refuses* means that it knows the request and gave a reason, such as that no sign-in had begun.\n
| subtype | method | fields | effect | published | VERSION |
|---|---|---|---|---|---|
";

impl Method {
    fn sends(&self) -> bool {
        self.form.starts_with("fn")
    }

    /// The type of the argument that a value is made of.
    fn argument(&self, value: &str) -> Option<&'static str> {
        let mut words = value.split(|char: char| !(char.is_alphanumeric() || char == '_'));
        words.find_map(|word| self.arguments.iter().find(|(name, _)| *name == word)).map(|it| it.1)
    }

    /// What is in a field, in a word; a constant as it is.
    fn kind(&self, value: &'static str) -> &'static str {
        let starts = |start: &[&str]| start.iter().any(|start| value.starts_with(start));
        if self.form == "add" {
            return "list";
        }
        if starts(&["object(", "json!", "always("]) {
            return "object";
        }
        if value == "Value :: Null" {
            return "null";
        }
        let Some(of) = self.argument(value) else { return value };
        if of.contains("IntoIterator") {
            return "list";
        }
        if starts(&["or_null("]) {
            return if of.contains("bool") { "bool or null" } else { "word or null" };
        }
        let kinds = [
            ("bool", "bool"),
            ("u32", "number"),
            ("u64", "number"),
            ("Map", "object"),
            ("Value", "JSON"),
            ("str", "text"),
        ];
        kinds.iter().find(|(part, _)| of.contains(part)).map_or("word", |(_, kind)| kind)
    }

    /// Is a field left out for some values of the argument?
    fn may_leave_out(&self, value: &str) -> bool {
        let of = self.argument(value).unwrap_or_default();
        let has_none = of.contains("Option") || of.contains("Change");
        value.contains("then_some") || (has_none && value.ends_with(".into()"))
    }
}

impl Row {
    fn senders(&self) -> impl Iterator<Item = &'static Method> {
        self.methods.iter().filter(|method| method.sends())
    }

    fn method(&self, accessor: &str) -> String {
        let methods: Vec<_> =
            self.senders().map(|method| format!("`{accessor}{}`", method.name)).collect();
        match (methods.is_empty(), self.note) {
            (false, _) => methods.join(", "),
            (true, [note]) => (*note).to_owned(),
            (true, _) => "none: not yet; `Session::control` sends it".to_owned(),
        }
    }

    fn fields(&self) -> String {
        let mut fields: Vec<(&str, bool, Vec<&str>)> = Vec::new();
        for method in self.methods {
            for (name, value) in method.fields {
                let kind = method.kind(value);
                let is_everywhere =
                    self.senders().all(|method| method.fields.iter().any(|field| field.0 == *name));
                let is_optional = !is_everywhere || method.may_leave_out(value);
                match fields.iter_mut().find(|field| field.0 == *name) {
                    Some((_, _, kinds)) if kinds.contains(&kind) => {}
                    Some((_, _, kinds)) => kinds.push(kind),
                    None => fields.push((name, is_optional, vec![kind])),
                }
            }
        }
        let shown = fields.iter().map(|(name, is_optional, kinds)| {
            format!("`{name}{}: {}`", if *is_optional { "?" } else { "" }, kinds.join(" or "))
        });
        shown.collect::<Vec<_>>().join(", ")
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
fn a_field_is_shown_as_json_has_it() {
    let method = Method {
        form: "with",
        name: "any",
        arguments: &[("scope", "HoldScope"), ("on", "impl Into < Option < bool > >")],
        fields: &[],
    };
    for (value, kind) in [
        ("always(scope, made_in, None)", "object"),
        ("json! ({\"a\" : scope})", "object"),
        ("Value :: Null", "null"),
        ("or_null(on.into())", "bool or null"),
        ("scope", "word"),
        ("true", "true"),
    ] {
        assert_eq!(method.kind(value), kind, "{value}");
    }
    for row in GROUPS.iter().flat_map(|group| group.rows) {
        assert!(!row.fields().contains("::"), "{}: {}", row.subtype, row.fields());
    }
}

#[test]
fn no_request_is_declared_twice_and_each_clause_has_a_known_word() {
    let mut subtypes = BTreeSet::new();
    for row in GROUPS.iter().flat_map(|group| group.rows) {
        assert!(subtypes.insert(row.subtype), "{}", row.subtype);
        assert!(["answers", "refuses", "unknown"].contains(&row.seen), "{}", row.seen);
        assert!(["published", "internal", "hidden"].contains(&row.published), "{}", row.published);
        let is_sent = row.senders().next().is_some();
        assert!(!is_sent || row.note.is_empty(), "{} has a method and a note", row.subtype);
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
