//! The checks of single values, named in the declarations.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::argv::{is_argument, joined};
use super::error::{kind, shown};
use super::values::{FileOrJson, Plugin, Skills, SystemPrompt, Thinking};
use super::variable::{VARIABLES, is_variable};
use super::{AgentDefinition, OptionError, rules as rule, w3c};
use crate::transport::Secret;

/// The maximum length of a value in one argument, in bytes. Linux accepts 128 KiB, including flag
/// and final NUL.
const LONGEST_ARGUMENT: usize = 128 * 1024 - 64;

pub(super) type Checked = Result<(), OptionError>;

/// What every argument must satisfy so that the child can be spawned.
pub(super) fn argument(field: &'static str, value: impl AsRef<OsStr>) -> Checked {
    let bytes = value.as_ref().as_encoded_bytes();
    if bytes.contains(&0) {
        return Err(OptionError::new(field, "a text without NUL", "one with it"));
    }
    if bytes.len() > LONGEST_ARGUMENT {
        let expected = format!("at most {LONGEST_ARGUMENT} bytes in one argument");
        return Err(OptionError::new(field, expected, format!("{} bytes", bytes.len())));
    }
    Ok(())
}

/// A value from the vocabulary of the CLI or of the service.
pub(super) fn name(field: &'static str, value: &str) -> Checked {
    if value.is_empty() || value.chars().any(char::is_control) {
        let expected = "a text that is not empty and has no control characters";
        return Err(OptionError::new(field, expected, shown(value)));
    }
    argument(field, value)
}

/// A value of an open enum.
pub(super) fn word(field: &'static str, value: &impl AsRef<str>) -> Checked {
    name(field, value.as_ref())
}

/// Values that go into a comma-joined list.
pub(super) fn items(field: &'static str, values: &[impl AsRef<str>]) -> Checked {
    values.iter().map(AsRef::as_ref).try_for_each(|value| {
        if value.contains(',') {
            return Err(OptionError::new(field, "items without a comma", shown(value)));
        }
        name(field, value)
    })
}

pub(super) fn rules(field: &'static str, rules: &[String]) -> Checked {
    for rule in rules {
        if let Some(expected) = rule::fault(rule) {
            return Err(OptionError::new(field, expected, shown(rule)));
        }
    }
    argument(field, joined(rules))
}

pub(super) fn aliases(field: &'static str, aliases: &BTreeMap<String, String>) -> Checked {
    aliases.iter().try_for_each(|(from, to)| name(field, from).and_then(|()| name(field, to)))
}

pub(super) fn system_prompt(field: &'static str, prompt: &SystemPrompt) -> Checked {
    match prompt {
        SystemPrompt::File(path) => file(field, path),
        SystemPrompt::Text(text) | SystemPrompt::Append(text) if is_argument(text) => {
            argument(field, text)
        }
        SystemPrompt::Blocks(blocks) if blocks.is_empty() => {
            Err(OptionError::new(field, "at least one block", "none"))
        }
        _ => Ok(()),
    }
}

pub(super) fn turns(field: &'static str, turns: &u32) -> Checked {
    from_one(field, (*turns).into(), "a number from 1 up")
}

pub(super) fn tokens(field: &'static str, tokens: &u64) -> Checked {
    from_one(field, *tokens, "a number of tokens from 1 up")
}

fn from_one(field: &'static str, number: u64, expected: &str) -> Checked {
    if number == 0 { Err(OptionError::new(field, expected, "0")) } else { Ok(()) }
}

pub(super) fn dollars(field: &'static str, usd: &f64) -> Checked {
    if usd.is_finite() && *usd >= 0.0 {
        return Ok(());
    }
    Err(OptionError::new(field, "a finite number of dollars from 0 up", usd.to_string()))
}

pub(super) fn thinking(field: &'static str, thinking: &Thinking) -> Checked {
    if *thinking == Thinking::Budget(0) {
        let expected = "a budget from 1 token up, or `Thinking::Disabled`";
        return Err(OptionError::new(field, expected, "a budget of 0"));
    }
    Ok(())
}

pub(super) fn longer_than_zero(field: &'static str, limit: &Duration) -> Checked {
    if limit.is_zero() {
        return Err(OptionError::new(field, "a duration longer than zero", "0 s"));
    }
    Ok(())
}

pub(super) fn uuid(field: &'static str, id: &str) -> Checked {
    // Of the forms that `uuid` reads, only the hyphenated one has 36 characters.
    if id.len() != 36 || uuid::Uuid::try_parse(id).is_err() {
        let expected = "a UUID such as 123e4567-e89b-42d3-a456-426614174000";
        return Err(OptionError::new(field, expected, shown(id)));
    }
    Ok(())
}

pub(super) fn file(field: &'static str, path: &Path) -> Checked {
    if path.as_os_str().is_empty() {
        return Err(OptionError::new(field, "a path", "an empty one"));
    }
    argument(field, path)
}

pub(super) fn files(field: &'static str, paths: &[PathBuf]) -> Checked {
    paths.iter().try_for_each(|path| file(field, path))
}

pub(super) fn plugins(field: &'static str, plugins: &[Plugin]) -> Checked {
    plugins.iter().try_for_each(|plugin| file(field, &plugin.path))
}

pub(super) fn settings(field: &'static str, settings: &FileOrJson) -> Checked {
    file_or(field, settings, object)
}

pub(super) fn server_files(field: &'static str, configs: &[FileOrJson]) -> Checked {
    let has_servers = |json: &Value| json.get("mcpServers").is_some_and(Value::is_object);
    configs.iter().try_for_each(|config| {
        file_or(field, config, |field, json| {
            of_kind(field, json, "a JSON object with the object `mcpServers`", has_servers)
        })
    })
}

pub(super) fn object(field: &'static str, json: &Value) -> Checked {
    of_kind(field, json, "a JSON object", Value::is_object)
}

pub(super) fn schema(field: &'static str, schema: &Value) -> Checked {
    object(field, schema)?;
    argument(field, schema.to_string())
}

fn file_or(
    field: &'static str,
    source: &FileOrJson,
    json: impl Fn(&'static str, &Value) -> Checked,
) -> Checked {
    match source {
        FileOrJson::File(path) => file(field, path),
        FileOrJson::Json(value) => json(field, value),
    }
}

/// The error has the kind of the JSON value, but not the value: it may contain a secret.
fn of_kind(
    field: &'static str,
    json: &Value,
    expected: &str,
    is_right: impl Fn(&Value) -> bool,
) -> Checked {
    if is_right(json) {
        return Ok(());
    }
    let got = if json.is_object() { "an object without it" } else { kind(json) };
    Err(OptionError::new(field, expected, got))
}

pub(super) fn agents(field: &'static str, agents: &BTreeMap<String, AgentDefinition>) -> Checked {
    agents.iter().try_for_each(|(agent, definition)| {
        name(field, agent)?;
        match definition.max_turns {
            Some(0) => Err(OptionError::new(field, "`max_turns` from 1 up", "0")),
            _ => Ok(()),
        }
    })
}

pub(super) fn skills(field: &'static str, skills: &Skills) -> Checked {
    let Skills::Named(names) = skills else { return Ok(()) };
    for skill in names {
        name(field, skill)?;
        let parts = |letter: char| matches!(letter, '(' | ')' | ',' | '*' | '\u{feff}');
        let expected = if skill.contains(parts) {
            "names without parentheses, commas and `*`"
        } else if skill.starts_with('/')
            || skill.trim() != skill
            || skill.ends_with('\\')
            || skill.contains("\\\\")
        {
            "names without a leading `/`, blanks around them, and stray backslashes"
        } else {
            continue;
        };
        return Err(OptionError::new(field, expected, shown(skill)));
    }
    Ok(())
}

pub(super) fn extra_flags(field: &'static str, args: &[(String, Option<String>)]) -> Checked {
    for (flag, value) in args {
        let mut letters = flag.bytes();
        if !letters.next().is_some_and(|first| first.is_ascii_alphanumeric())
            || !letters.all(|letter| letter.is_ascii_alphanumeric() || letter == b'-')
        {
            let expected = "names of flags without leading dashes, of letters, digits and `-`";
            return Err(OptionError::new(field, expected, shown(flag)));
        }
        if let Some(value) = value {
            argument(field, value)?;
        }
    }
    Ok(())
}

pub(super) fn variables(
    field: &'static str,
    variables: &BTreeMap<String, Option<String>>,
) -> Checked {
    for (variable, value) in variables {
        if !is_variable(variable) {
            return Err(OptionError::new(field, VARIABLES, shown(variable)));
        }
        if value.as_ref().is_some_and(|value| value.contains('\0')) {
            let got = format!("one in the value of {variable}");
            return Err(OptionError::new(field, "values without NUL", got));
        }
    }
    Ok(())
}

pub(super) fn traceparent(field: &'static str, value: &str) -> Checked {
    let form = "a W3C traceparent such as 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    w3c_text(field, form, w3c::parent_fault(value), value)
}

pub(super) fn tracestate(field: &'static str, value: &str) -> Checked {
    let form = "a W3C tracestate such as vendor=value,other=value";
    w3c_text(field, form, w3c::state_fault(value), value)
}

fn w3c_text(field: &'static str, form: &str, fault: Option<&str>, value: &str) -> Checked {
    match fault {
        None => Ok(()),
        Some(what) => Err(OptionError::new(field, format!("{form}, with {what}"), shown(value))),
    }
}

pub(super) fn key(field: &'static str, key: &Secret) -> Checked {
    let key = key.expose();
    if key.is_empty() {
        return Err(OptionError::new(field, "a key", "an empty one"));
    }
    if key.chars().any(|letter| letter.is_control() || letter == ' ') {
        let expected = "a key without blanks and control characters";
        return Err(OptionError::new(field, expected, "one with them"));
    }
    Ok(())
}
