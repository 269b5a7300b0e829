//! The matchers of conformance checks: a plain value, or `$absent`, `$len`, `$contains`, `$type`.

use serde_json::Value;

/// Why the value at `pointer` in `view` is not as expected; `None` if it is.
pub(crate) fn difference(view: &Value, pointer: &str, expected: &Value) -> Option<String> {
    let found = view.pointer(pointer).unwrap_or(&Value::Null);
    let matches =
        match expected.as_object().map(|object| object.iter().collect::<Vec<_>>()).as_deref() {
            Some([(matcher, argument)]) if matcher.starts_with('$') => {
                special(matcher, argument, found)
            }
            _ => equal(found, expected),
        };
    (!matches).then(|| format!("{pointer}: expected {expected}, found {found}"))
}

fn special(matcher: &str, argument: &Value, found: &Value) -> bool {
    match matcher {
        "$absent" => argument.as_bool() == Some(found.is_null()),
        "$len" => length(found) == argument.as_u64(),
        "$contains" => {
            found.as_array().is_some_and(|items| items.iter().any(|item| equal(item, argument)))
        }
        "$type" => argument == kind(found),
        // Nothing matches what is unknown, so a case that asks for it fails.
        _ => false,
    }
}

fn length(value: &Value) -> Option<u64> {
    let length = match value {
        Value::Array(items) => items.len(),
        Value::Object(fields) => fields.len(),
        Value::String(text) => text.chars().count(),
        _ => return None,
    };
    Some(length as u64)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Object(_) => "object",
        Value::Array(_) => "array",
        Value::String(_) => "string",
        Value::Number(_) => "number",
        Value::Bool(_) => "boolean",
        Value::Null => "null",
    }
}

/// Equal as JSON; numbers by value.
fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left.iter().zip(right).all(|(left, right)| equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, value)| right.get(key).is_some_and(|other| equal(value, other)))
        }
        _ => left == right,
    }
}
