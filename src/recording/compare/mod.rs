//! Comparing the recordings of one conversation with two CLIs.

mod difference;
mod order;

use std::collections::BTreeSet;

pub use self::difference::{Change, Difference, Severity};
use super::census::{Census, Field, JsonType, KindCensus, parent};
use super::event::EventKind;
use super::file::Recording;
use super::normalise::normalise;

/// Returns how a recording differs from an earlier one of the same conversation: the most severe
/// difference first, each once.
///
/// Both are [normalised](normalise) first. Kinds of lines and paths of fields are named as in a
/// [`Census`]. What each difference means for a program written against the earlier recording:
///
/// | severity | what |
/// |---|---|
/// | breaking | a kind of line, a field or a value of a set (words, booleans) is gone; a field that was in all lines is missing from some; a field has a new type; there are more or fewer turns; the lines of the conversation come in another order; the exit differs |
/// | additive | a kind, a field or a value is new; a field may be `null` |
/// | cosmetic | texts or numbers differ; a type is gone; the number of lines differs; lines that do not wait for each other come in another order; stderr differs |
///
/// Nothing is reported below a field that is new or gone.
///
/// ```
/// use claude_wire::recording::{Event, EventKind, Header, Recording, compare};
///
/// let recording = |line: &str| {
///     let mut recording = Recording::new(Header::new());
///     recording.events.push(Event::new(0, EventKind::Out(line.into())));
///     recording
/// };
/// let before = recording(r#"{"type":"system","subtype":"init","mode":"plan","old":1}"#);
/// let after = recording(r#"{"type":"system","subtype":"init","mode":"plan","new":{"a":1}}"#);
///
/// let differences: Vec<String> = compare(&before, &after).iter().map(ToString::to_string).collect();
/// assert_eq!(differences, ["breaking: out system/init: field old is gone", "additive: out system/init: field new is new (object)"]);
/// ```
pub fn compare(before: &Recording, after: &Recording) -> Vec<Difference> {
    let (before, after) = (normalise(before), normalise(after));
    let mut found = BTreeSet::new();
    kinds(&census(&before), &census(&after), &mut found);
    found.extend(order::differences(&before, &after));
    if ends(&before) != ends(&after) {
        found.insert(
            Difference::whole(Severity::Breaking, Change::Exit)
                .between(ends(&before).join(", "), ends(&after).join(", ")),
        );
    }
    if stderr(&before) != stderr(&after) {
        found.insert(Difference::whole(Severity::Cosmetic, Change::Stderr));
    }
    found.into_iter().collect()
}

fn census(recording: &Recording) -> Census {
    let mut census = Census::default();
    census.add_normalised(recording);
    census
}

fn kinds(before: &Census, after: &Census, found: &mut BTreeSet<Difference>) {
    for (name, old) in before.kinds() {
        match after.kind(name) {
            None => drop(found.insert(Difference::of(Severity::Breaking, Change::KindGone, name))),
            Some(new) => {
                if old.lines() != new.lines() {
                    let lines = Difference::of(Severity::Cosmetic, Change::Lines, name);
                    found.insert(lines.between(old.lines().to_string(), new.lines().to_string()));
                }
                fields(name, old, new, found);
            }
        }
    }
    for (name, _) in after.kinds().filter(|(name, _)| before.kind(name).is_none()) {
        found.insert(Difference::of(Severity::Additive, Change::KindNew, name));
    }
}

fn fields(kind: &str, before: &KindCensus, after: &KindCensus, found: &mut BTreeSet<Difference>) {
    let at = |severity, change, path: &str| Difference::of(severity, change, kind).at(path);
    for path in before.fields() {
        match (before.field(path), after.field(path)) {
            (Some(old), Some(new)) => {
                if after.is_optional(path) && !before.is_optional(path) {
                    found.insert(at(Severity::Breaking, Change::FieldOptional, path));
                }
                types(old, new, |severity, change| at(severity, change, path), found);
                values(path, old, new, |severity, change| at(severity, change, path), found);
            }
            _ if after.holds(parent(path)) => {
                found.insert(at(Severity::Breaking, Change::FieldGone, path));
            }
            // If its parent is gone too, or is not an object any more, that is reported instead.
            _ => {}
        }
    }
    let new =
        after.fields().filter(|path| before.field(path).is_none() && before.holds(parent(path)));
    found.extend(
        new.map(|path| {
            at(Severity::Additive, Change::FieldNew, path).now(list(&after.types(path)))
        }),
    );
}

fn types(
    old: &Field,
    new: &Field,
    at: impl Fn(Severity, Change) -> Difference,
    found: &mut BTreeSet<Difference>,
) {
    if old.types == new.types {
        return;
    }
    let gained: Vec<_> = new.types.difference(&old.types).collect();
    let something = new.types.iter().any(|kind| *kind != JsonType::Null);
    let severity = if gained.iter().any(|kind| **kind != JsonType::Null) || !something {
        Severity::Breaking
    } else if gained.is_empty() {
        Severity::Cosmetic
    } else {
        Severity::Additive
    };
    found.insert(at(severity, Change::Type).between(list(&old.types), list(&new.types)));
}

fn values(
    path: &str,
    old: &Field,
    new: &Field,
    at: impl Fn(Severity, Change) -> Difference,
    found: &mut BTreeSet<Difference>,
) {
    // Values of different types are not compared: the change of type is reported.
    let common = old.types.intersection(&new.types).any(|kind| *kind != JsonType::Null);
    let mut gone = old.scalars.difference(&new.scalars).peekable();
    match (old.is_choice(path), new.is_choice(path)) {
        (true, true) => {
            found.extend(
                gone.map(|value| at(Severity::Breaking, Change::ValueGone).was(value.clone())),
            );
            let added = new.scalars.difference(&old.scalars);
            found.extend(
                added.map(|value| at(Severity::Additive, Change::ValueNew).now(value.clone())),
            );
        }
        // The set of words has become free text.
        (true, false) if common && gone.peek().is_some() => {
            found.extend(
                gone.map(|value| at(Severity::Breaking, Change::ValueGone).was(value.clone())),
            );
        }
        _ if old.types == new.types && without_numbers(old) != without_numbers(new) => {
            found.insert(at(Severity::Cosmetic, Change::Text));
        }
        _ => {}
    }
}

/// Drops the numbers: one more id earlier in the recording would change all the later ones.
fn without_numbers(field: &Field) -> BTreeSet<String> {
    let digits = |char: char| char.is_ascii_digit();
    let without = |text: &String| {
        let mut parts = text.split(':');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| text + ":" + part.trim_start_matches(digits))
    };
    field.scalars.iter().map(without).collect()
}

fn list<'a>(types: impl IntoIterator<Item = &'a JsonType>) -> String {
    types.into_iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
}

/// How the CLI ended.
fn ends(recording: &Recording) -> Vec<String> {
    let exits = recording.events.iter().filter_map(|event| match &event.kind {
        EventKind::Exit(exit) => Some(exit),
        _ => None,
    });
    exits
        .map(|exit| match (&exit.code, &exit.signal) {
            (_, Some(signal)) => signal.clone(),
            (Some(code), _) => format!("exit code {code}"),
            _ => "an unknown kind of exit".to_owned(),
        })
        .collect()
}

fn stderr(recording: &Recording) -> Vec<&[u8]> {
    let lines = recording.events.iter().filter_map(|event| match &event.kind {
        EventKind::Err(line) => Some(&**line.bytes()),
        _ => None,
    });
    lines.collect()
}

#[cfg(test)]
mod tests;
