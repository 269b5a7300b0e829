//! The sections of a schema, and where each is found in the script.

use std::collections::BTreeSet;

use claude_wire::wire::declared::{EVERY_EVENT, Kinds, Shape};

use super::expression::{Expr, Member};
use super::reader::Reader;
use super::script::Script;

/// Words that identify the schema of some frame, as the script writes them. One is enough: it leads
/// to the script, and to the way it defines schemas.
pub(super) const ANCHORS: [&str; 3] =
    ["(\"control_cancel_request\"),request_id:", "(\"keep_alive\")})", "(\"can_use_tool\"),"];

/// The content of one section, or why it cannot be read.
pub(super) type Section = Result<Found, String>;

/// The kinds of a section.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub(super) kinds: Kinds,
    /// Places whose form is not understood.
    pub(super) unread: BTreeSet<String>,
}

/// What the CLI writes: the union that contains its heartbeat and the start of a turn.
pub(super) fn messages(script: &Script<'_>) -> Section {
    frames(script, |kinds| kinds.contains_key("system/init")).ok_or_else(|| {
        not_found("a union of what the CLI writes (`keep_alive`, `system` / `init`)")
    })
}

/// What a host writes: the union that contains a heartbeat and prompts, and nothing about the
/// session.
pub(super) fn host_messages(script: &Script<'_>) -> Section {
    let is_hosts = |kinds: &Kinds| {
        kinds.contains_key("user") && !kinds.keys().any(|kind| kind.starts_with("system/"))
    };
    frames(script, is_hosts)
        .ok_or_else(|| not_found("a union of what a host writes (`keep_alive`, `user`)"))
}

/// The largest union of frames that has a heartbeat and satisfies the condition.
fn frames(script: &Script<'_>, fits: impl Fn(&Kinds) -> bool) -> Option<Found> {
    let all = unions(script, "keep_alive").into_iter().filter_map(|union| {
        let found = kinds(script, union);
        fits(&found.kinds).then_some(found)
    });
    all.max_by_key(|found| found.kinds.len())
}

/// The definitions that are unions with a frame of type `kind` among their alternatives.
fn unions<'a>(script: &Script<'a>, kind: &str) -> Vec<&'a str> {
    let reader = Reader::new(script);
    let names = script.schemas().iter().copied();
    names
        .filter(|name| {
            script.schema(name).is_some_and(|schema| {
                let alternatives = reader.alternatives(&schema);
                alternatives.len() > 1
                    && alternatives.iter().any(|one| tag_of(&reader, one, "type") == Some(kind))
            })
        })
        .collect()
}

/// The word of a member, as `type: literal("word")` has it.
fn tag_of<'a>(reader: &Reader<'_, 'a>, object: &Expr<'a>, tag: &str) -> Option<&'a str> {
    reader.members(object)?.iter().find_map(|member| match member {
        Member::Named(name, Expr::Call(_, words)) if *name == tag => match &words[..] {
            [Expr::Text(word)] => Some(*word),
            _ => None,
        },
        _ => None,
    })
}

/// Each alternative by its type and subtype.
fn kinds<'a>(script: &Script<'a>, union: &'a str) -> Found {
    let mut reader = Reader::new(script);
    let mut found = Found::default();
    let Some(schema) = script.schema(union) else { return found };
    for one in reader.alternatives(&schema) {
        let mut shape = reader.shape(&one);
        let mut unread = std::mem::take(&mut reader.unread);
        let Some(kind) = shape.words("type").next().map(String::from) else {
            found.unread.insert("an alternative without a type".to_owned());
            continue;
        };
        if let Some(carried) = carried(&kind) {
            shape.retain(|path| !path.contains(carried));
            unread.retain(|path| !path.contains(carried));
        }
        for name in names(&kind, &shape) {
            found.unread.extend(unread.iter().map(|at| format!("{name}: {at}")));
            found.kinds.entry(name).or_default().extend(&shape);
        }
    }
    found
}

/// The content of a frame that has its own sections.
fn carried(kind: &str) -> Option<&'static str> {
    match kind {
        "control_request" => Some("request."),
        "control_response" => Some("requests[]."),
        _ => None,
    }
}

/// A type with subtypes has one kind for each; the subtype of a response is its outcome.
fn names(kind: &str, shape: &Shape) -> Vec<String> {
    let subtypes: Vec<_> = shape.words("subtype").collect();
    match subtypes.is_empty() || kind.starts_with("control_") {
        true => vec![kind.to_owned()],
        false => subtypes.iter().map(|subtype| format!("{kind}/{subtype}")).collect(),
    }
}

/// The sender of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum By {
    Cli,
    Host,
}

/// The table of all requests: `[row(request, "client", reply), ...]`.
pub(super) struct Requests<'s, 'a> {
    script: &'s Script<'a>,
    rows: Vec<Row<'a>>,
}

struct Row<'a> {
    request: Expr<'a>,
    sender: &'a str,
    /// `None` for an acknowledgement.
    reply: Option<Expr<'a>>,
}

impl<'s, 'a> Requests<'s, 'a> {
    pub(super) fn find(script: &'s Script<'a>) -> Result<Self, String> {
        let rows = script.schemas().iter().find_map(|name| match &*script.schema(name)? {
            Expr::List(items) if !items.is_empty() => items.iter().map(Row::of).collect(),
            _ => None,
        });
        let rows = rows.ok_or_else(|| not_found("a table of requests with their senders"))?;
        Ok(Self { script, rows })
    }

    /// The requests of one side, by subtype.
    pub(super) fn requests(&self, by: By) -> Found {
        self.collect(by, |row| Some(row.request.clone()))
    }

    /// The replies to the requests of one side, by the subtype of the request.
    pub(super) fn replies(&self, by: By) -> Found {
        self.collect(by, |row| row.reply.clone())
    }

    fn collect(&self, by: By, of: impl Fn(&Row<'a>) -> Option<Expr<'a>>) -> Found {
        let mut reader = Reader::new(self.script);
        let mut found = Found::default();
        for row in self.rows.iter().filter(|row| row.is_by(by)) {
            let subtypes = reader.shape(&row.request);
            reader.unread.clear();
            let shape = of(row).map(|schema| reader.shape(&schema)).unwrap_or_default();
            let unread = std::mem::take(&mut reader.unread);
            let subtypes: Vec<_> = subtypes.words("subtype").collect();
            if subtypes.is_empty() {
                found.unread.insert("a request without a subtype".to_owned());
            }
            for subtype in subtypes {
                found.unread.extend(unread.iter().map(|at| format!("{subtype}: {at}")));
                found.kinds.entry(subtype.to_owned()).or_default().extend(&shape);
            }
        }
        found
    }
}

impl<'a> Row<'a> {
    fn of(item: &Expr<'a>) -> Option<Self> {
        let Expr::Call(_, arguments) = item else { return None };
        match &arguments[..] {
            [
                request @ Expr::Call(..),
                Expr::Text(sender @ ("client" | "agent" | "both")),
                reply,
            ] => {
                let reply = matches!(reply, Expr::Call(..)).then(|| reply.clone());
                Some(Self { request: request.clone(), sender, reply })
            }
            _ => None,
        }
    }

    fn is_by(&self, by: By) -> bool {
        match by {
            By::Cli => self.sender != "client",
            By::Host => self.sender != "agent",
        }
    }
}

/// The inputs of hooks: the union in which each alternative names its event.
pub(super) fn hook_inputs(script: &Script<'_>) -> Section {
    by_event(script, "hook_event_name").ok_or_else(|| not_found("a union of the inputs of hooks"))
}

/// The answers of hooks: those of each event, and those that all events share.
pub(super) fn hook_outputs(script: &Script<'_>) -> Section {
    let mut reader = Reader::new(script);
    let mut found =
        specific_outputs(&mut reader, script).ok_or_else(|| not_found("the answers of hooks"))?;
    let mut all = Shape::default();
    for name in script.schemas() {
        let Some(schema) = script.schema(name) else { continue };
        let Some(members) = reader.members(&schema) else { continue };
        if has(&members, "hookSpecificOutput") || has(&members, "asyncTimeout") {
            all.extend(&reader.shape(&schema));
        }
    }
    all.retain(|path| !path.starts_with("hookSpecificOutput."));
    reader.unread.retain(|at| !at.starts_with("hookSpecificOutput"));
    found.unread.append(&mut reader.unread);
    found.kinds.insert(EVERY_EVENT.to_owned(), all);
    Ok(found)
}

fn has(members: &[Member<'_>], name: &str) -> bool {
    members.iter().any(|member| matches!(member, Member::Named(found, _) if *found == name))
}

/// The alternatives of the member `hookSpecificOutput`.
fn specific_outputs<'a>(reader: &mut Reader<'_, 'a>, script: &Script<'a>) -> Option<Found> {
    let members = script.schemas().iter().find_map(|name| {
        let members = reader.members(&*script.schema(name)?)?;
        has(&members, "hookSpecificOutput").then_some(members)
    })?;
    let specific = members.iter().find_map(|member| match member {
        Member::Named("hookSpecificOutput", schema) => Some(schema),
        _ => None,
    })?;
    events(reader, specific, "hookEventName")
}

fn by_event(script: &Script<'_>, tag: &str) -> Option<Found> {
    let mut reader = Reader::new(script);
    let all = script.schemas().iter().filter_map(|name| {
        let schema = script.schema(name)?;
        reader.unread.clear();
        events(&mut reader, &schema, tag)
    });
    all.max_by_key(|found| found.kinds.len())
}

/// The alternatives of a union by the event that each names; `None` unless all name one.
fn events<'a>(reader: &mut Reader<'_, 'a>, union: &Expr<'a>, tag: &str) -> Option<Found> {
    let mut found = Found::default();
    let alternatives = reader.alternatives(union);
    if alternatives.len() < 2 {
        return None;
    }
    for one in alternatives {
        let shape = reader.shape(&one);
        let unread = std::mem::take(&mut reader.unread);
        let event = shape.words(tag).next()?.to_owned();
        found.unread.extend(unread.into_iter().map(|at| format!("{event}: {at}")));
        found.kinds.entry(event).or_default().extend(&shape);
    }
    Some(found)
}

fn not_found(what: &str) -> String {
    format!("{what} was not found")
}
