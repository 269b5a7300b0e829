//! Files that a launch names and that do not exist: the CLI refuses such a launch.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::player::launch::CommandLine;

/// Flags that name a file of text, and what the CLI calls it.
const PROMPTS: [(&str, &str); 2] = [
    ("--system-prompt-file", "System prompt file"),
    ("--append-system-prompt-file", "Append system prompt file"),
];

/// Why the CLI refuses a launch in the folder `cwd`, as it says it; `None` if the files of its flags
/// exist. `files` are those that the scenario has.
pub(super) fn refusal(
    line: &CommandLine,
    cwd: &str,
    files: Option<&BTreeMap<String, String>>,
) -> Option<String> {
    let path = |name: &str| {
        if name.starts_with('/') { name.to_owned() } else { format!("{cwd}/{name}") }
    };
    let has = |name: &str| files.is_some_and(|files| files.contains_key(name));
    let is_missing = |name: &str| !has(name) && !Path::new(&path(name)).exists();
    let named = |flag: &str| line.value(flag).filter(|value| !value.is_empty());
    for (flag, what) in PROMPTS {
        if let Some(name) = named(flag).filter(|name| is_missing(name)) {
            return Some(format!("Error: {what} not found: {}", path(name)));
        }
    }
    // JSON that does not parse is the name of a file.
    let is_json =
        |text: &str| serde_json::from_str::<Value>(text).is_ok_and(|json| json.is_object());
    let is_unread = |text: &&str| !is_json(text) && is_missing(text);
    if let Some(name) = named("--settings").filter(is_unread) {
        return Some(format!("Error: Settings file not found: {}", path(name)));
    }
    if let Some(name) = named("--agents").filter(is_unread) {
        if name.trim_start().starts_with('{') {
            return Some("Error: Invalid --agents configuration:\ninvalid JSON".to_owned());
        }
        return Some(format!(
            "Error: --agents file not found: {} (a value that is not a JSON object is read as a file path)",
            path(name)
        ));
    }
    let configs = line.given().iter().filter(|(name, _)| *name == "--mcp-config");
    let configs = configs.filter_map(|(_, value)| value.as_deref());
    let missing: Vec<_> = configs
        .filter(|text| !text.is_empty())
        .filter(is_unread)
        .map(|name| format!("\nMCP config file not found: {}", path(name)))
        .collect();
    if !missing.is_empty() {
        return Some(format!("Error: Invalid MCP configuration:{}", missing.concat()));
    }
    let schema = named("--json-schema")?;
    serde_json::from_str::<Value>(schema)
        .is_err()
        .then(|| "Error: --json-schema is not valid JSON".to_owned())
}
