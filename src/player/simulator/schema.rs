//! Whether a structured answer has the form of a JSON schema, in the words of the CLI.
//!
//! The CLI collects all errors. Their order is that of its validator: for each value the keywords of
//! numbers, of strings, of any value, of arrays and of objects. A keyword that is not known here is
//! not checked: [`unknown_keywords`] names it.

use regex::Regex;
use serde_json::{Map, Value};

/// The keywords that are about any value; those below are about values of one type.
const OF_ANY: [&str; 9] = [
    "type", "const", "enum", "not", "anyOf", "oneOf", "allOf",
    // The CLI does not check formats.
    "format", "default",
];
/// Those that say nothing about a value.
const NOTES: [&str; 10] = [
    "title",
    "description",
    "examples",
    "$schema",
    "$id",
    "$comment",
    "deprecated",
    "readOnly",
    "writeOnly",
    "$defs",
];
const OF_NUMBERS: [&str; 5] =
    ["maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum", "multipleOf"];
const OF_STRINGS: [&str; 3] = ["maxLength", "minLength", "pattern"];
const OF_ARRAYS: [&str; 3] = ["maxItems", "minItems", "items"];
const OF_OBJECTS: [&str; 5] =
    ["maxProperties", "minProperties", "required", "additionalProperties", "properties"];

/// What is wrong with a value; nothing if it has the form of the schema.
pub(super) fn errors(schema: &Value, value: &Value) -> Vec<String> {
    let mut errors = Errors::default();
    errors.check(schema, value, "");
    errors.0
}

/// The keywords of a schema that are not checked, each once.
pub(super) fn unknown_keywords(schema: &Value) -> Vec<String> {
    let mut unknown = Vec::new();
    note_unknown(schema, &mut unknown);
    unknown
}

fn note_unknown(schema: &Value, unknown: &mut Vec<String>) {
    let Some(schema) = schema.as_object() else { return };
    for (keyword, value) in schema {
        match keyword.as_str() {
            "properties" => value
                .as_object()
                .into_iter()
                .flatten()
                .for_each(|(_, schema)| note_unknown(schema, unknown)),
            "anyOf" | "oneOf" | "allOf" => value
                .as_array()
                .into_iter()
                .flatten()
                .for_each(|schema| note_unknown(schema, unknown)),
            "items" | "additionalProperties" | "not" => note_unknown(value, unknown),
            "pattern" if value.as_str().is_some_and(|text| Regex::new(text).is_err()) => {
                add(unknown, &format!("pattern {value}"));
            }
            keyword if is_checked(keyword) || NOTES.contains(&keyword) => {}
            keyword => add(unknown, keyword),
        }
    }
}

fn is_checked(keyword: &str) -> bool {
    let lists = [&OF_ANY[..], &OF_NUMBERS, &OF_STRINGS, &OF_ARRAYS, &OF_OBJECTS];
    lists.iter().any(|list| list.contains(&keyword))
}

fn add(unknown: &mut Vec<String>, keyword: &str) {
    if !unknown.iter().any(|known| known == keyword) {
        unknown.push(keyword.to_owned());
    }
}

#[derive(Default)]
struct Errors(Vec<String>);

impl Errors {
    fn add(&mut self, path: &str, what: &str) {
        let place = if path.is_empty() { "root" } else { path };
        self.0.push(format!("{place}: {what}"));
    }

    fn check(&mut self, schema: &Value, value: &Value, path: &str) {
        if *schema == Value::Bool(false) {
            return self.add(path, "boolean schema is false");
        }
        let Some(schema) = schema.as_object() else { return };
        let types = types(schema);
        let fits = types.is_empty() || types.iter().any(|name| is(name, value));
        let of_type = |name: &str| match name {
            "number" | "integer" => &OF_NUMBERS[..],
            "string" => &OF_STRINGS,
            "array" => &OF_ARRAYS,
            "object" => &OF_OBJECTS,
            _ => &[],
        };
        // A wrong type is named in the place of the keywords that are about that type.
        let place = match &types[..] {
            [name] if of_type(name).iter().any(|keyword| schema.contains_key(*keyword)) => {
                Some(*name)
            }
            _ => None,
        };
        let wrong = format!("must be {}", types.join(","));
        let wrong_type = |errors: &mut Self, names: &[&str]| {
            let is_here = place.map_or(names.is_empty(), |name| names.contains(&name));
            if !fits && is_here {
                errors.add(path, &wrong);
            }
        };
        wrong_type(self, &[]);
        if let Some(number) = value.as_f64() {
            self.number(schema, number, path);
        }
        wrong_type(self, &["number", "integer"]);
        if let Some(text) = value.as_str() {
            self.string(schema, text, path);
        }
        wrong_type(self, &["string"]);
        self.any(schema, value, path);
        if let Some(items) = value.as_array() {
            self.array(schema, items, path);
        }
        wrong_type(self, &["array"]);
        if let Some(fields) = value.as_object() {
            self.object(schema, fields, path);
        }
        wrong_type(self, &["object"]);
    }

    fn number(&mut self, schema: &Map<String, Value>, number: f64, path: &str) {
        let limit = |name: &str| schema.get(name).and_then(Value::as_f64);
        let mut fail = |fits: bool, sign: &str, limit: f64| {
            if !fits {
                self.add(path, &format!("must be {sign} {}", plain(limit)));
            }
        };
        if let Some(limit) = limit("maximum") {
            fail(number <= limit, "<=", limit);
        }
        if let Some(limit) = limit("minimum") {
            fail(number >= limit, ">=", limit);
        }
        if let Some(limit) = limit("exclusiveMaximum") {
            fail(number < limit, "<", limit);
        }
        if let Some(limit) = limit("exclusiveMinimum") {
            fail(number > limit, ">", limit);
        }
        if let Some(step) = limit("multipleOf") {
            fail((number / step).fract() == 0.0, "multiple of", step);
        }
    }

    fn string(&mut self, schema: &Map<String, Value>, text: &str, path: &str) {
        self.count(schema, "Length", "characters", text.chars().count(), path);
        if let Some(pattern) = schema.get("pattern").and_then(Value::as_str)
            && Regex::new(pattern).is_ok_and(|regex| !regex.is_match(text))
        {
            self.add(path, &format!("must match pattern \"{pattern}\""));
        }
    }

    /// The limits on how many there are.
    fn count(&mut self, schema: &Map<String, Value>, of: &str, what: &str, got: usize, path: &str) {
        let limit = |name: &str| schema.get(&format!("{name}{of}")).and_then(Value::as_u64);
        let got = got as u64;
        if let Some(limit) = limit("max").filter(|limit| got > *limit) {
            self.add(path, &format!("must NOT have more than {limit} {what} (got {got})"));
        }
        if let Some(limit) = limit("min").filter(|limit| got < *limit) {
            self.add(path, &format!("must NOT have fewer than {limit} {what} (got {got})"));
        }
    }

    fn any(&mut self, schema: &Map<String, Value>, value: &Value, path: &str) {
        if let Some(known) = schema.get("const").filter(|known| !equal(known, value)) {
            self.add(path, &format!("must be equal to constant: {known}"));
        }
        if let Some(known) = schema.get("enum").and_then(Value::as_array)
            && !known.iter().any(|known| equal(known, value))
        {
            let known = Value::from(known.clone());
            self.add(path, &format!("must be equal to one of the allowed values: {known}"));
        }
        let errors_of = |schema: &Value| {
            let mut errors = Self::default();
            errors.check(schema, value, path);
            errors.0
        };
        if schema.get("not").is_some_and(|schema| errors_of(schema).is_empty()) {
            self.add(path, "must NOT be valid");
        }
        let list = |name: &str| schema.get(name).and_then(Value::as_array);
        // Each is checked once: in schemas within schemas the times would multiply.
        let errors_of_each = |name: &str| -> Option<Vec<Vec<String>>> {
            Some(list(name)?.iter().map(errors_of).collect())
        };
        if let Some(each) = errors_of_each("anyOf")
            && !each.iter().any(Vec::is_empty)
        {
            self.0.extend(each.into_iter().flatten());
            self.add(path, "must match a schema in anyOf");
        }
        if let Some(each) = errors_of_each("oneOf") {
            let fitting = each.iter().filter(|errors| errors.is_empty()).count();
            if fitting == 0 {
                self.0.extend(each.into_iter().flatten());
            }
            if fitting != 1 {
                self.add(path, "must match exactly one schema in oneOf");
            }
        }
        list("allOf").into_iter().flatten().for_each(|schema| self.check(schema, value, path));
    }

    fn array(&mut self, schema: &Map<String, Value>, items: &[Value], path: &str) {
        self.count(schema, "Items", "items", items.len(), path);
        if let Some(schema) = schema.get("items") {
            for (index, item) in items.iter().enumerate() {
                self.check(schema, item, &format!("{path}/{index}"));
            }
        }
    }

    fn object(&mut self, schema: &Map<String, Value>, fields: &Map<String, Value>, path: &str) {
        self.count(schema, "Properties", "properties", fields.len(), path);
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        for name in required.filter_map(Value::as_str) {
            if !fields.contains_key(name) {
                self.add(path, &format!("must have required property '{name}'"));
            }
        }
        let empty = Map::new();
        let known = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
        let below = |name: &str| format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
        if let Some(others) = schema.get("additionalProperties") {
            for (name, value) in fields.iter().filter(|(name, _)| !known.contains_key(*name)) {
                if *others == Value::Bool(false) {
                    let what =
                        format!("must NOT have additional properties ('{name}' is not allowed)");
                    self.add(path, &what);
                } else {
                    self.check(others, value, &below(name));
                }
            }
        }
        for (name, schema) in known {
            if let Some(value) = fields.get(name) {
                self.check(schema, value, &below(name));
            }
        }
    }
}

/// The names of `type`.
fn types(schema: &Map<String, Value>) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn is(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    }
}

/// Whether two values are the same to a script, to which `1` is `1.0`.
fn equal(one: &Value, other: &Value) -> bool {
    one == other || one.is_number() && one.as_f64() == other.as_f64()
}

/// A number as a script writes it.
fn plain(number: f64) -> String {
    let text = Value::from(number).to_string();
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What CLI 2.1.332 said about such a schema and such an answer.
    #[test]
    fn errors_are_worded_and_ordered_as_by_the_cli() {
        let text = json!({"type": "string"});
        for (schema, value, expected) in [
            (json!({"type": "number"}), json!("x"), vec!["/v: must be number"]),
            (json!({"type": "integer"}), json!(1.5), vec!["/v: must be integer"]),
            (json!({"type": "boolean"}), json!("no"), vec!["/v: must be boolean"]),
            (json!({"type": "null"}), json!(0), vec!["/v: must be null"]),
            (json!({"type": "object"}), json!([]), vec!["/v: must be object"]),
            (json!({"type": ["string", "null"]}), json!(3), vec!["/v: must be string,null"]),
            (
                json!({"type": "array", "items": text, "minItems": 3}),
                json!([1, 1]),
                vec![
                    "/v: must NOT have fewer than 3 items (got 2)",
                    "/v/0: must be string",
                    "/v/1: must be string",
                ],
            ),
            (
                json!({"type": "array", "maxItems": 1}),
                json!([1, 2]),
                vec!["/v: must NOT have more than 1 items (got 2)"],
            ),
            (
                json!({"enum": ["a", "b"]}),
                json!("q"),
                vec![r#"/v: must be equal to one of the allowed values: ["a","b"]"#],
            ),
            (json!({"const": "x"}), json!("y"), vec![r#"/v: must be equal to constant: "x""#]),
            (json!({"type": "number", "minimum": 5}), json!(1), vec!["/v: must be >= 5"]),
            (json!({"type": "number", "maximum": 5}), json!(9), vec!["/v: must be <= 5"]),
            (json!({"exclusiveMinimum": 5}), json!(5), vec!["/v: must be > 5"]),
            (json!({"exclusiveMaximum": 5}), json!(5), vec!["/v: must be < 5"]),
            (json!({"multipleOf": 2}), json!(3), vec!["/v: must be multiple of 2"]),
            (
                json!({"type": "string", "minLength": 3}),
                json!("a"),
                vec!["/v: must NOT have fewer than 3 characters (got 1)"],
            ),
            (
                json!({"maxLength": 1}),
                json!("abc"),
                vec!["/v: must NOT have more than 1 characters (got 3)"],
            ),
            (json!({"pattern": "^a+$"}), json!("b"), vec![r#"/v: must match pattern "^a+$""#]),
            (json!({"type": "string", "format": "email"}), json!("nope"), vec![]),
            (
                json!({"type": "object", "minProperties": 2, "additionalProperties": {"type": "number"}}),
                json!({"k": "v"}),
                vec!["/v: must NOT have fewer than 2 properties (got 1)", "/v/k: must be number"],
            ),
            (
                json!({"maxProperties": 1, "required": ["q"], "properties": {"q": text}, "additionalProperties": false}),
                json!({"a": 1, "b": 2}),
                vec![
                    "/v: must NOT have more than 1 properties (got 2)",
                    "/v: must have required property 'q'",
                    "/v: must NOT have additional properties ('a' is not allowed)",
                    "/v: must NOT have additional properties ('b' is not allowed)",
                ],
            ),
            (
                json!({"anyOf": [text, {"type": "number"}]}),
                json!(true),
                vec![
                    "/v: must be string",
                    "/v: must be number",
                    "/v: must match a schema in anyOf",
                ],
            ),
            (
                json!({"oneOf": [text, {"const": "z"}]}),
                json!("z"),
                vec!["/v: must match exactly one schema in oneOf"],
            ),
            (
                json!({"allOf": [text, {"minLength": 9}]}),
                json!("short"),
                vec!["/v: must NOT have fewer than 9 characters (got 5)"],
            ),
            (json!({"not": text}), json!("str"), vec!["/v: must NOT be valid"]),
        ] {
            let whole = json!({"type": "object", "properties": {"v": schema}});
            assert_eq!(errors(&whole, &json!({"v": value})), expected, "{schema}");
            assert!(unknown_keywords(&whole).is_empty(), "{schema}");
        }
        let root = json!({"type": "object", "required": ["age"], "properties": {"name": text}});
        assert_eq!(
            errors(&root, &json!({"name": 1})),
            ["root: must have required property 'age'", "/name: must be string"]
        );
        assert_eq!(errors(&json!({"type": "array"}), &json!({})), ["root: must be array"]);
    }

    /// A check of each level twice would not end.
    #[test]
    fn schemas_within_schemas_are_checked_once() {
        let nested = (0..60).fold(json!({"type": "string"}), |schema, level| {
            let keyword = if level % 2 == 0 { "anyOf" } else { "oneOf" };
            json!({keyword: [schema]})
        });
        let found = errors(&nested, &json!(1));
        assert_eq!((found.len(), &*found[0]), (61, "root: must be string"));
        assert!(errors(&nested, &json!("text")).is_empty());
    }

    #[test]
    fn keywords_that_are_not_checked_are_named_wherever_they_are() {
        let schema = json!({
            "type": "object", "title": "T", "patternProperties": {}, "properties": {
                "title": {"type": "string", "pattern": "("},
                "list": {"items": {"$ref": "#/$defs/a"}},
                "other": {"anyOf": [{"uniqueItems": true}, {"$ref": "#"}]},
            },
        });
        assert_eq!(
            unknown_keywords(&schema).into_iter().collect::<std::collections::BTreeSet<_>>(),
            ["$ref", "pattern \"(\"", "patternProperties", "uniqueItems"].map(str::to_owned).into()
        );
    }
}
