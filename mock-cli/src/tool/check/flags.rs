//! Flags on the command line, as options of a session.

use serde_json::{Map, Value, json};

use crate::Failure;

/// How the value of a flag is written that is an option of a session.
#[derive(Clone, Copy)]
enum Form {
    /// It has none.
    Switch,
    Text,
    /// Separated by commas.
    List,
    Json,
}

const OPTIONS: [(&str, Form); 17] = [
    ("allowed-tools", Form::List),
    ("include-hook-events", Form::Switch),
    ("include-partial-messages", Form::Switch),
    ("json-schema", Form::Json),
    ("max-budget-usd", Form::Json),
    ("max-turns", Form::Json),
    ("mcp-config", Form::Json),
    ("model", Form::Text),
    ("no-session-persistence", Form::Switch),
    ("permission-mode", Form::Text),
    ("replay-user-messages", Form::Switch),
    ("session-id", Form::Text),
    ("session-mirror", Form::Switch),
    ("setting-sources", Form::List),
    ("strict-mcp-config", Form::Switch),
    ("system-prompt", Form::Text),
    ("tools", Form::List),
];

/// The options of a session that has these flags, `--NAME` or `--NAME=VALUE`.
///
/// # Errors
/// If one is not a flag, or its value is not one of it.
pub(super) fn options(flags: &[String]) -> Result<Map<String, Value>, Failure> {
    let mut options = Map::new();
    let mut others = Map::new();
    for flag in flags {
        let name = flag.strip_prefix("--").ok_or_else(|| {
            format!("{flag:?} is not a flag: write --NAME, or --NAME=VALUE for one with a value")
        })?;
        let (name, value) = match name.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (name, None),
        };
        let option = OPTIONS.iter().find(|(known, _)| *known == name);
        match (option, value) {
            (None, value) => drop(others.insert(name.to_owned(), value.into())),
            (Some((_, form)), value) => {
                let value = form.read(value).map_err(|why| format!("--{name}: {why}"))?;
                options.insert(name.replace('-', "_"), value);
            }
        }
    }
    options.insert("flags".to_owned(), others.into());
    Ok(options)
}

impl Form {
    fn read(self, value: Option<&str>) -> Result<Value, String> {
        match (self, value) {
            (Self::Switch, None) => Ok(true.into()),
            (Self::Switch, Some(value)) => Err(format!("takes no value, got {value:?}")),
            (_, None) => Err("needs a value: write --NAME=VALUE".to_owned()),
            (Self::Text, Some(value)) => Ok(value.into()),
            (Self::List, Some(value)) => Ok(json!(value.split(',').collect::<Vec<_>>())),
            (Self::Json, Some(value)) => {
                serde_json::from_str(value).map_err(|error| format!("{value:?}: {error}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(flags: &[&str]) -> Result<Value, Failure> {
        let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        options(&flags).map(Value::Object)
    }

    #[test]
    fn flags_of_a_session_are_its_options_and_others_are_passed_on() {
        assert_eq!(
            read(&[
                "--model=opus",
                "--include-partial-messages",
                "--max-turns=3",
                "--tools=Bash,Read",
                "--x=a=b",
                "--y"
            ]),
            Ok(json!({
                "model": "opus", "include_partial_messages": true, "max_turns": 3, "tools": ["Bash", "Read"],
                "flags": {"x": "a=b", "y": null},
            }))
        );
    }

    #[test]
    fn what_is_not_a_flag_is_refused() {
        for (flag, why) in [
            ("opus", "\"opus\" is not a flag: "),
            ("--model", "--model: needs a value"),
            ("--session-mirror=yes", "--session-mirror: takes no value, got \"yes\""),
            ("--max-turns=many", "--max-turns: \"many\": expected value"),
        ] {
            assert!(read(&[flag]).is_err_and(|error| error.starts_with(why)), "{flag}");
        }
    }
}
