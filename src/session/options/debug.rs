//! What `Debug` shows of options that may hold secrets: their shape.

use std::collections::BTreeMap;

use serde_json::Value;

use super::FileOrJson;

pub(super) fn keys(variables: &BTreeMap<String, Option<String>>) -> Vec<&String> {
    variables.keys().collect()
}

pub(super) fn names(args: &[(String, Option<String>)]) -> Vec<&String> {
    args.iter().map(|(name, _)| name).collect()
}

pub(super) fn json(_: &Value) -> FileOrJson {
    FileOrJson::Json(Value::Null)
}
