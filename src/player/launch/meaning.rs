//! What the flags of a command line mean, whatever their spelling.

use std::collections::BTreeMap;

use serde_json::Value;

use super::argv::CommandLine;
use super::flags::Flag;

/// Flags whose lists are split at commas and blanks outside parentheses.
const RULES: [&str; 3] = ["--allowed-tools", "--disallowed-tools", "--tools"];

/// Flags whose lists are split at commas.
const NAMES: [&str; 2] = ["--betas", "--setting-sources"];

/// Flags of one value that may be given several times.
const REPEATED: [&str; 4] = ["--metadata", "--plugin-dir", "--plugin-dir-no-mcp", "--plugin-url"];

/// The value of each flag that is given, by its long name: `true` for a flag without a value, a
/// list for one that takes several, else a text, a number or JSON. Of a flag that is given twice
/// the last counts, and a list grows.
pub(super) fn flags(line: &CommandLine) -> BTreeMap<&'static str, Value> {
    let mut meaning = BTreeMap::new();
    for (name, text) in line.given() {
        let flag = line.flag(name);
        let Some(text) = text else {
            meaning.insert(*name, Value::Bool(true));
            continue;
        };
        match items(name, flag, text) {
            Some(new) => match meaning.entry(*name).or_insert_with(|| Value::Array(Vec::new())) {
                Value::Array(list) => list.extend(new),
                other => *other = new.into(),
            },
            None => {
                meaning.insert(*name, scalar(flag, text));
            }
        }
    }
    meaning
}

/// What one value adds to a list; `None` for a flag that is not a list.
fn items(name: &str, flag: Option<&Flag>, text: &str) -> Option<Vec<Value>> {
    let whole = |parts: Vec<&str>| {
        let parts = parts.into_iter().map(str::trim).filter(|part| !part.is_empty());
        Some(parts.map(Value::from).collect())
    };
    if RULES.contains(&name) {
        return whole(split_rules(text));
    }
    if NAMES.contains(&name) {
        return whole(text.split(',').collect());
    }
    let is_list = flag.is_some_and(|flag| flag.variadic) || REPEATED.contains(&name);
    is_list.then(|| vec![json_or_text(text)])
}

fn scalar(flag: Option<&Flag>, text: &str) -> Value {
    let number = flag.filter(|flag| flag.is_number()).and_then(|_| text.trim().parse::<f64>().ok());
    match number {
        Some(number) if number.fract() == 0.0 && number.abs() < 1e15 => (number as i64).into(),
        Some(number) => number.into(),
        None => json_or_text(text),
    }
}

/// JSON objects and lists are compared as JSON.
pub(super) fn json_or_text(text: &str) -> Value {
    let json = text.trim_start().starts_with(['{', '[']).then(|| serde_json::from_str(text).ok());
    json.flatten().unwrap_or_else(|| text.into())
}

/// Splits at commas and blanks outside parentheses, as the CLI does.
fn split_rules(text: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let split = text.split(|letter: char| {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && (letter == ',' || letter.is_whitespace())
    });
    split.collect()
}
