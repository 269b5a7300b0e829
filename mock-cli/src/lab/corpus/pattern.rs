//! Patterns for messages, and texts that are filled in from them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// A part of a JSON value: an object matches one that has its fields, everything else matches its
/// equal. `{"$contains": x}` matches a text that contains the text `x`, and an array with an item
/// that matches `x`. `{"$named": "a"}` matches anything; everywhere else in the entry `a` means the
/// same value, and another name means a different value.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Value")]
pub(crate) struct Pattern(Value);

/// The values of the names in patterns.
#[derive(Debug, Clone, Default)]
pub(super) struct Names(BTreeMap<String, Value>);

impl Pattern {
    pub(super) fn fits(&self, value: &Value) -> bool {
        self.fits_with(&mut Names::default(), value)
    }

    /// As [`fits`](Self::fits), together with other patterns: the names that they bound are known,
    /// and if this one fits, its names are too.
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

/// The pattern as it is written in the entry.
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
                        "in a pattern, {{\"$contains\": ...}} or {{\"$named\": \"...\"}} must be the only field; got {pattern}"
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
    /// Whether the value may have the name. If so, it has it from then on.
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

/// The value with each `${...}` in a text replaced by what `find` returns for the text between the
/// braces; if it returns `None`, the text is unchanged.
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
    fn a_pattern_lists_what_is_required() {
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
    fn a_name_means_one_value_and_another_name_another() {
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
    fn an_unknown_dollar_field_is_refused() {
        for pattern in
            [json!({"a": [{"$has": "x"}]}), json!({"$contains": "x", "b": 1}), json!({"$named": 1})]
        {
            let error = Pattern::try_from(pattern).unwrap_err();
            assert!(error.contains("must be the only field; got {"), "{error}");
        }
    }

    #[test]
    fn a_text_is_filled_in_if_there_is_a_value() {
        let request = json!({"input": {"a": 1}});
        let template = json!({"updatedInput": "${/input}", "list": ["${/none}", "/input", 1]});
        let filled = fill(&template, &|pointer| request.pointer(pointer).cloned());
        assert_eq!(filled, json!({"updatedInput": {"a": 1}, "list": ["${/none}", "/input", 1]}));
    }
}
