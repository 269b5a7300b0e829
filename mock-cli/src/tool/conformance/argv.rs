//! Command lines in a canonical form that keeps only what matters to the CLI.

use serde_json::Value;

/// The flags that every client passes, in any order.
const FIXED: [&str; 4] =
    ["--input-format=stream-json", "--output-format=stream-json", "--print", "--verbose"];

/// Each flag with its value as one text, sorted, without the fixed ones; JSON without blanks and
/// with its keys in order.
pub(crate) fn canonical<T: Into<String>>(args: impl IntoIterator<Item = T>) -> Vec<String> {
    let mut flags: Vec<(String, Option<String>)> = Vec::new();
    for arg in args.into_iter().map(Into::into) {
        match (arg.strip_prefix("--"), flags.last_mut()) {
            (None, Some((_, value @ None))) if arg != "-p" => *value = Some(arg),
            _ => {
                let (flag, value) = arg
                    .split_once('=')
                    .map_or((arg.as_str(), None), |(flag, value)| (flag, Some(value.to_owned())));
                flags.push((spelled(flag).to_owned(), value));
            }
        }
    }
    let one = |(flag, value): (String, Option<String>)| match value {
        Some(value) => format!("{flag}={}", compact(value)),
        None => flag,
    };
    let mut canonical: Vec<_> = flags.into_iter().map(one).collect();
    canonical.retain(|arg| !FIXED.contains(&arg.as_str()));
    canonical.sort();
    canonical
}

fn spelled(flag: &str) -> &str {
    match flag {
        "-p" => "--print",
        "--allowedTools" => "--allowed-tools",
        "--disallowedTools" => "--disallowed-tools",
        flag => flag,
    }
}

fn compact(value: String) -> String {
    match serde_json::from_str::<Value>(&value) {
        Ok(mut json) if json.is_object() => {
            json.sort_all_objects();
            json.to_string()
        }
        _ => value,
    }
}
