//! Command lines in a canonical form that keeps only what matters to the CLI.

use serde_json::Value;

/// The arguments of a case without the fixed ones.
pub fn tail(argv: &Value) -> Vec<String> {
    let mut args: Vec<_> =
        argv.as_array().unwrap().iter().map(|arg| arg.as_str().unwrap().to_owned()).collect();
    for fixed in [
        &["--output-format", "stream-json"][..],
        &["--verbose"],
        &["--input-format", "stream-json"],
    ] {
        let at = args
            .windows(fixed.len())
            .position(|window| window == fixed)
            .expect("the fixed arguments");
        args.drain(at..at + fixed.len());
    }
    args
}

/// Each flag with its value as one text, sorted; JSON values without blanks.
pub fn canonical(args: impl Iterator<Item = String>) -> Vec<String> {
    let mut flags: Vec<(String, Option<String>)> = Vec::new();
    for arg in args {
        match (arg.strip_prefix("--"), flags.last_mut()) {
            (None, Some((_, value))) => *value = Some(arg),
            _ => {
                let (flag, value) = arg
                    .split_once('=')
                    .map_or((arg.as_str(), None), |(flag, value)| (flag, Some(value.to_owned())));
                flags.push((spelled(flag).to_owned(), value));
            }
        }
    }
    let mut canonical: Vec<_> = flags
        .into_iter()
        .map(|(flag, value)| match value {
            Some(value) => format!("{flag}={}", compact(value)),
            None => flag,
        })
        .collect();
    canonical.sort();
    canonical
}

/// Removes the empty prompt that represents an unset one.
pub fn without_empty_prompt(expected: &mut Value) {
    if let Some(args) = expected.get_mut("argv").and_then(Value::as_array_mut) {
        args.retain(|arg| arg != "--system-prompt=");
    }
}

fn spelled(flag: &str) -> &str {
    match flag {
        "--allowedTools" => "--allowed-tools",
        "--disallowedTools" => "--disallowed-tools",
        flag => flag,
    }
}

fn compact(value: String) -> String {
    match serde_json::from_str::<Value>(&value) {
        Ok(json) if json.is_object() => json.to_string(),
        _ => value,
    }
}
