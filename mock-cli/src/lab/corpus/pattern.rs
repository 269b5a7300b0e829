//! What a message must have, and texts that are taken from one.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// A part of a JSON value: an object fits one that has its fields, everything else its equal. `{"$contains": x}` fits a text that has the
/// text `x` in it, and an array of which an item fits `x`. `{"$named": "a"}` fits anything; wherever else the entry says `a` stands the same,
/// and under another name something else.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Value")]
pub(crate) struct Pattern(Value);

/// What the names in patterns stand for.
#[derive(Debug, Clone, Default)]
pub(super) struct Names(BTreeMap<String, Value>);

impl Pattern {
    pub(super) fn fits(&self, value: &Value) -> bool {
        self.fits_with(&mut Names::default(), value)
    }

    /// As [`fits`](Self::fits), beside other patterns: what they have named is known, and if this one fits, so is what it names.
    pub(super) fn fits_with(&self, names: &mut Names, value: &Value) -> bool {
        let mut tried = names.clone();
        let fits = fits(&self.0, value, &mut tried);
        if fits {
            *names = tried;
        }
        fits
    }

    /// The text of a field that it asks for.
    pub(super) fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field)?.as_str()
    }
}

impl TryFrom<Value> for Pattern {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        check(&value)?;
        Ok(Self(value))
    }
}

/// The pattern as it stands in the entry.
impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Refuses a field with a dollar that means nothing: the CLI writes none.
fn check(pattern: &Value) -> Result<(), String> {
    match pattern {
        Value::Object(fields) => {
            if let Some(name) = fields.keys().find(|name| name.starts_with('$')) {
                let known = match name.as_str() {
                    "$contains" => true,
                    "$named" => fields[name].is_string(),
                    _ => false,
                };
                if !known || fields.len() != 1 {
                    return Err(format!(
                        "in a pattern stands {{\"$contains\": ...}} or {{\"$named\": \"...\"}} alone; got {pattern}"
                    ));
                }
            }
            fields.values().try_for_each(check)
        }
        Value::Array(items) => items.iter().try_for_each(check),
        _ => Ok(()),
    }
}

fn fits(pattern: &Value, value: &Value, names: &mut Names) -> bool {
    if let Some(part) = pattern.get("$contains") {
        return contains(value, part, names);
    }
    if let Some(name) = pattern.get("$named").and_then(Value::as_str) {
        return names.are(name, value);
    }
    match (pattern, value) {
        (Value::Object(pattern), Value::Object(value)) => pattern.iter().all(|(name, pattern)| {
            value.get(name).is_some_and(|value| fits(pattern, value, names))
        }),
        (Value::Array(pattern), Value::Array(value)) => {
            pattern.len() == value.len()
                && pattern.iter().zip(value).all(|(pattern, value)| fits(pattern, value, names))
        }
        (pattern, value) => pattern == value,
    }
}

fn contains(whole: &Value, part: &Value, names: &mut Names) -> bool {
    match (whole, part) {
        (Value::String(whole), Value::String(part)) => whole.contains(part.as_str()),
        (Value::Array(items), part) => items.iter().any(|item| {
            let mut tried = names.clone();
            let fits = fits(part, item, &mut tried);
            if fits {
                *names = tried;
            }
            fits
        }),
        _ => false,
    }
}

impl Names {
    /// Whether the value may have the name. From then on it has.
    fn are(&mut self, name: &str, value: &Value) -> bool {
        match self.0.get(name) {
            Some(named) => named == value,
            None => {
                let is_new = !self.0.values().any(|named| named == value);
                self.0.insert(name.to_owned(), value.clone());
                is_new
            }
        }
    }
}

/// The value with each text of the form `${...}` replaced by what `find` says for what stands between the braces; where it says nothing, the
/// text stays.
pub(super) fn fill(value: &Value, find: &impl Fn(&str) -> Option<Value>) -> Value {
    match value {
        Value::String(text) => {
            let name = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
            name.and_then(find).unwrap_or_else(|| value.clone())
        }
        Value::Array(items) => items.iter().map(|item| fill(item, find)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), fill(value, find))).collect()
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use serde_json::json;

    #[test]
    fn a_pattern_names_what_must_be_there() {
        let message = json!({"type": "result", "n": 1, "usage": {"in": 1, "out": 2}, "list": [1, {"a": 1, "b": 2}]});
        for (pattern, expected) in [
            (json!({}), true),
            (json!({"type": "result"}), true),
            (json!({"usage": {"out": 2}}), true),
            (json!({"list": [1, {"b": 2}]}), true),
            (json!({"list": [1]}), false),
            (json!({"type": "result", "n": 2}), false),
            (json!({"missing": null}), false),
            (json!([]), false),
            (json!({"type": {"$contains": "sul"}}), true),
            (json!({"type": {"$contains": "sum"}}), false),
            (json!({"list": {"$contains": {"b": 2}}}), true),
            (json!({"list": {"$contains": {"b": 3}}}), false),
            (json!({"n": {"$contains": "1"}}), false),
        ] {
            assert_eq!(
                Pattern::try_from(pattern.clone()).unwrap().fits(&message),
                expected,
                "{pattern}"
            );
        }
    }

    #[test]
    fn a_name_stands_for_one_thing_and_another_for_another() {
        let pattern =
            |name: &str| Pattern::try_from(json!({"id": {"$named": name}, "n": 1})).unwrap();
        let (one, other, odd) =
            (json!({"id": "x", "n": 1}), json!({"id": "y", "n": 1}), json!({"id": "z", "n": 2}));
        let mut names = Names::default();
        assert!(!pattern("a").fits_with(&mut names, &odd), "and does not name it");
        for (name, value, expected) in [
            ("a", &one, true),
            ("a", &other, false),
            ("b", &one, false),
            ("b", &other, true),
            ("a", &one, true),
            ("b", &one, false),
        ] {
            assert_eq!(pattern(name).fits_with(&mut names, value), expected, "{name}: {value}");
        }
    }

    #[test]
    fn a_dollar_that_means_nothing_is_refused() {
        for pattern in
            [json!({"a": [{"$has": "x"}]}), json!({"$contains": "x", "b": 1}), json!({"$named": 1})]
        {
            let error = Pattern::try_from(pattern).unwrap_err();
            assert!(error.contains("alone; got {"), "{error}");
        }
    }

    #[test]
    fn a_text_is_filled_in_where_there_is_something_for_it() {
        let request = json!({"input": {"a": 1}});
        let template = json!({"updatedInput": "${/input}", "list": ["${/none}", "/input", 1]});
        let filled = fill(&template, &|pointer| request.pointer(pointer).cloned());
        assert_eq!(filled, json!({"updatedInput": {"a": 1}, "list": ["${/none}", "/input", 1]}));
    }
}
