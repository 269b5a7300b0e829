//! What a message must have, and texts that are taken from one.

use serde::Deserialize;
use serde_json::Value;

/// A part of a JSON value: an object fits one that has its fields, everything else its equal.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Pattern(Value);

impl Pattern {
    pub(super) fn new(value: Value) -> Self {
        Self(value)
    }

    pub(super) fn fits(&self, value: &Value) -> bool {
        fits(&self.0, value)
    }

    /// The text of a field that it asks for.
    pub(super) fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field)?.as_str()
    }
}

/// The pattern as it stands in the entry.
impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

fn fits(pattern: &Value, value: &Value) -> bool {
    match (pattern, value) {
        (Value::Object(pattern), Value::Object(value)) => {
            pattern.iter().all(|(name, pattern)| value.get(name).is_some_and(|value| fits(pattern, value)))
        }
        (Value::Array(pattern), Value::Array(value)) => {
            pattern.len() == value.len() && pattern.iter().zip(value).all(|(pattern, value)| fits(pattern, value))
        }
        (pattern, value) => pattern == value,
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
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), fill(value, find))).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
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
        ] {
            assert_eq!(Pattern::new(pattern.clone()).fits(&message), expected, "{pattern}");
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
