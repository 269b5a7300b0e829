//! Comparing two lines, and which ids of two runs correspond.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::recording::normalise::placeholders;
use crate::recording::redact::fits_redacted;

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct FieldDifference {
    /// Its path, such as `message.content[].text`; empty for a line that is not JSON.
    pub path: String,
    /// Its normalised JSON in the expected run, if it has the field.
    pub expected: Option<String>,
    /// Its normalised JSON in the actual run, if it has the field.
    pub actual: Option<String>,
}

/// Which placeholders of the actual run are which of the expected one.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    actual: HashMap<String, String>,
    expected: HashMap<String, String>,
}

impl Pairs {
    /// What differs between two lines.
    pub(super) fn differences(&mut self, expected: &Value, actual: &Value) -> Vec<FieldDifference> {
        let mut found = Vec::new();
        self.compare("", expected, actual, &mut found);
        found
    }

    fn compare(
        &mut self,
        path: &str,
        expected: &Value,
        actual: &Value,
        found: &mut Vec<FieldDifference>,
    ) {
        match (expected, actual) {
            (Value::String(one), Value::String(other)) if self.same(one, other) => {}
            (Value::Object(one), Value::Object(other)) => self.members(path, one, other, found),
            (Value::Array(one), Value::Array(other)) => self.items(path, one, other, found),
            (one, other) if one == other => {}
            _ => found.push(difference(path, Some(expected), Some(actual))),
        }
    }

    fn members(
        &mut self,
        path: &str,
        expected: &Map<String, Value>,
        actual: &Map<String, Value>,
        found: &mut Vec<FieldDifference>,
    ) {
        let mut left: Vec<&String> = actual.keys().collect();
        for (key, one) in expected {
            let at = join(path, key);
            match left.iter().position(|other| self.same(key, other)) {
                Some(place) => {
                    let other = &actual[left.remove(place)];
                    self.compare(&at, one, other, found);
                }
                None => found.push(difference(&at, Some(one), None)),
            }
        }
        found.extend(
            left.into_iter().map(|key| difference(&join(path, key), None, actual.get(key))),
        );
    }

    fn items(
        &mut self,
        path: &str,
        expected: &[Value],
        actual: &[Value],
        found: &mut Vec<FieldDifference>,
    ) {
        let at = format!("{path}[]");
        let before = found.len();
        for (one, other) in expected.iter().zip(actual) {
            self.compare(&at, one, other, found);
        }
        if expected.len() != actual.len() && found.len() == before {
            let common = expected.len().min(actual.len());
            found.push(difference(&at, expected.get(common), actual.get(common)));
        }
    }

    /// Whether two texts are the same. Ids that are new correspond from then on.
    fn same(&mut self, expected: &str, actual: &str) -> bool {
        if expected == actual && placeholders(expected).next().is_none() {
            return true;
        }
        if !alike(expected, actual) {
            return false;
        }
        let ids: Vec<_> = placeholders(expected).zip(placeholders(actual)).collect();
        if placeholders(expected).count() != placeholders(actual).count() {
            // A placeholder of redaction covers the others.
            return true;
        }
        let (one, other) = (
            |at: &std::ops::Range<usize>| expected[at.clone()].to_owned(),
            |at: &std::ops::Range<usize>| actual[at.clone()].to_owned(),
        );
        let fits = ids.iter().all(|(at, other_at)| {
            let (one, other) = (one(at), other(other_at));
            match (self.actual.get(&one), self.expected.get(&other)) {
                (Some(known), Some(_)) => *known == other,
                (None, None) => true,
                _ => false,
            }
        });
        if fits {
            for (at, other_at) in ids {
                let (one, other) = (one(&at), other(&other_at));
                self.actual.insert(one.clone(), other.clone());
                self.expected.insert(other, one);
            }
        }
        fits
    }
}

/// How many of the values of a line differ, whatever its ids are, and how many there are.
pub(super) fn unlike(expected: &Value, actual: &Value) -> (usize, usize) {
    let sum = |(differing, all): (usize, usize), (more, others): (usize, usize)| {
        (differing + more, all + others)
    };
    match (expected, actual) {
        (Value::String(one), Value::String(other)) => (usize::from(!alike(one, other)), 1),
        (Value::Object(one), Value::Object(other)) => {
            let common = one.iter().map(|(key, one)| match other.get(key) {
                Some(other) => unlike(one, other),
                None => (1, 1),
            });
            let new = other.keys().filter(|key| !one.contains_key(*key)).count();
            common.fold((new, new), sum)
        }
        (Value::Array(one), Value::Array(other)) => {
            let common = one.iter().zip(other).map(|(one, other)| unlike(one, other));
            let alone = one.len().abs_diff(other.len());
            common.fold((alone, alone), sum)
        }
        (one, other) => (usize::from(one != other), 1),
    }
}

/// Whether two texts are the same but for their ids.
fn alike(expected: &str, actual: &str) -> bool {
    let (one, other) = (without_numbers(expected), without_numbers(actual));
    one == other || fits_redacted(&one, &other)
}

fn without_numbers(text: &str) -> String {
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for place in placeholders(text) {
        let number = text[place.clone()].find(':').map_or(place.end, |colon| place.start + colon);
        out.push_str(&text[at..number]);
        at = place.end;
    }
    out.push_str(&text[at..]);
    out
}

/// A line that only one run has.
pub(super) fn whole(expected: Option<&Value>, actual: Option<&Value>) -> FieldDifference {
    difference("", expected, actual)
}

fn difference(path: &str, expected: Option<&Value>, actual: Option<&Value>) -> FieldDifference {
    FieldDifference {
        path: path.to_owned(),
        expected: expected.map(ToString::to_string),
        actual: actual.map(ToString::to_string),
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
