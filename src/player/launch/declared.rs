//! Options that a host may declare as a flag or in `initialize`: one value, whatever its form.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::meaning::json_or_text;

/// The longest file of MCP servers that is read, in bytes.
const LONGEST_CONFIG: u64 = 1 << 20;

/// An option with both places.
pub(super) struct Declared {
    /// What reports and rules call it: its flag, or `initialize /FIELD` where there is no flag.
    pub(super) at: &'static str,
    /// Its fields of the initialize request.
    pub(super) fields: &'static [&'static str],
    form: Form,
}

/// How its value is brought to one form.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    /// A text; a list of one text is the same.
    Text,
    /// On or off; off is absent.
    Switch,
    /// An object or a list as it is; an empty one is absent.
    Json,
    /// Hooks: events and matchers, with the callbacks counted instead of named.
    Hooks,
    /// MCP servers, by name.
    Servers,
    /// A list of names, in any order; an empty one is absent.
    Names,
    /// A list of names, in any order; an empty one selects nothing, an absent one everything.
    Selection,
    /// Directories of plugins.
    Plugins,
}

/// The options, by flag. An absent field and `null` are the same.
pub(super) const DECLARED: [Declared; 15] = [
    Declared::new("--agents", &["agents"], Form::Json),
    Declared::new("--append-subagent-system-prompt", &["appendSubagentSystemPrompt"], Form::Text),
    Declared::new("--append-system-prompt", &["appendSystemPrompt"], Form::Text),
    Declared::new("--disallowed-tools", &["disallowedTools"], Form::Names),
    Declared::new(
        "--exclude-dynamic-system-prompt-sections",
        &["excludeDynamicSections"],
        Form::Switch,
    ),
    Declared::new("--json-schema", &["jsonSchema"], Form::Json),
    Declared::new("--managed-settings", &["managedSettings"], Form::Json),
    Declared::new("--mcp-config", &["mcpServers", "sdkMcpServers"], Form::Servers),
    Declared::new("--plan-mode-instructions", &["planModeInstructions"], Form::Text),
    Declared::new("--plugin-dir", &["plugins"], Form::Plugins),
    Declared::new("--settings", &["settings"], Form::Json),
    Declared::new("--system-prompt", &["systemPrompt"], Form::Text),
    Declared::new("initialize /hooks", &["hooks"], Form::Hooks),
    Declared::new("initialize /skills", &["skills"], Form::Selection),
    Declared::new("initialize /toolAliases", &["toolAliases"], Form::Json),
];

impl Declared {
    const fn new(at: &'static str, fields: &'static [&'static str], form: Form) -> Self {
        Self { at, fields, form }
    }

    /// Whether a flag may name a file in the place of its value, which is then compared as well.
    pub(super) fn has_files(&self) -> bool {
        self.form == Form::Servers
    }

    /// Its value, from the flags and from the initialize request. `None`: it is not set.
    pub(super) fn value(
        &self,
        flags: &BTreeMap<&'static str, Value>,
        initialize: Option<&Value>,
    ) -> Option<Value> {
        let sent = |field: &&str| initialize?.get(*field).filter(|value| !value.is_null());
        let value = self.fields.iter().find_map(sent).or_else(|| flags.get(self.at))?.clone();
        match self.form {
            Form::Text => Some(match value {
                Value::Array(parts) if parts.len() == 1 => parts.into_iter().next()?,
                other => other,
            }),
            Form::Switch => (value != false).then_some(true.into()),
            Form::Json => {
                let json = match value {
                    Value::String(text) => json_or_text(&text),
                    other => other,
                };
                present(json)
            }
            Form::Hooks => hooks(value),
            Form::Servers => servers(flags.get(self.at), initialize),
            Form::Names | Form::Selection => match value {
                Value::Array(names) if names.is_empty() && self.form == Form::Names => None,
                Value::Array(names) => Some(sorted(names)),
                other => Some(other),
            },
            Form::Plugins => {
                let path = |plugin: Value| plugin.get("path").cloned().unwrap_or(plugin);
                match value {
                    Value::Array(plugins) => {
                        present(sorted(plugins.into_iter().map(path).collect()))
                    }
                    other => Some(other),
                }
            }
        }
    }
}

/// The name of the place that a field of `initialize` belongs to, if it is one of these options.
pub(in crate::player) fn place_of_field(field: &str) -> Option<&'static str> {
    let declared = DECLARED.iter().find(|declared| declared.fields.contains(&field));
    declared.map(|declared| declared.at)
}

/// Takes the value of such an option out of an `initialize`, in the form that is compared. Nothing
/// for another name.
pub(in crate::player) fn take_declared(name: &str, initialize: &mut Value) -> Option<Value> {
    let declared = DECLARED.iter().find(|declared| declared.at == name)?;
    let value = declared.value(&BTreeMap::new(), Some(initialize));
    let fields = initialize.as_object_mut()?;
    for field in declared.fields {
        fields.shift_remove(*field);
    }
    value
}

/// Whether a field of `initialize` is one of these options.
pub(in crate::player) fn is_declared(field: &str) -> bool {
    place_of_field(field).is_some()
}

/// An empty object or list is not sent by one SDK, and sent by another.
fn present(value: Value) -> Option<Value> {
    let is_empty = match &value {
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Null => true,
        _ => false,
    };
    (!is_empty).then_some(value)
}

fn sorted(mut items: Vec<Value>) -> Value {
    items.sort_by_key(ToString::to_string);
    items.into()
}

/// The hooks of an `initialize`, with the callbacks counted instead of named.
pub(in crate::player) fn hooks(mut hooks: Value) -> Option<Value> {
    for matcher in hooks
        .as_object_mut()
        .into_iter()
        .flat_map(|events| events.values_mut())
        .filter_map(Value::as_array_mut)
        .flatten()
    {
        if let Some(ids) = matcher.get_mut("hookCallbackIds") {
            *ids = ids.as_array().map_or(0, Vec::len).into();
        }
    }
    if let Value::Object(events) = &mut hooks {
        events.retain(|_, matchers| matchers.as_array().is_none_or(|list| !list.is_empty()));
    }
    present(hooks)
}

/// Servers of [`Form::Servers`] with the names in a file in its place, if it can be read.
pub(super) fn with_servers_of_files(servers: &Value, folder: Option<&Path>) -> Value {
    let Value::Array(items) = servers else { return servers.clone() };
    let mut names = Vec::new();
    for item in items {
        let path = item.get("file").and_then(Value::as_str);
        match path.and_then(|path| servers_of(&folder.unwrap_or(Path::new("")).join(path))) {
            Some(found) => names.extend(found.into_iter().map(Value::from)),
            None => names.push(item.clone()),
        }
    }
    names.sort_by_key(ToString::to_string);
    names.dedup();
    names.into()
}

/// The names of the servers in a configuration of the CLI.
fn servers_of(path: &Path) -> Option<Vec<String>> {
    // A pipe would wait for a writer.
    path.metadata().ok().filter(|file| file.is_file() && file.len() <= LONGEST_CONFIG)?;
    let config: Value = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    Some(config.get("mcpServers")?.as_object()?.keys().cloned().collect())
}

/// The names of the MCP servers, from `--mcp-config` and `initialize`. Where a configuration is a
/// file, its servers are not known, and its path is in the list.
fn servers(flag: Option<&Value>, initialize: Option<&Value>) -> Option<Value> {
    let mut names: Vec<Value> = Vec::new();
    let configs = match flag {
        Some(Value::Array(configs)) => configs.as_slice(),
        other => other.map(std::slice::from_ref).unwrap_or_default(),
    };
    for config in configs {
        match config.get("mcpServers").and_then(Value::as_object) {
            Some(servers) => names.extend(servers.keys().map(|name| json!(name))),
            None => names.push(json!({"file": config})),
        }
    }
    let field = |name| initialize.and_then(|initialize| initialize.get(name));
    let external = field("mcpServers").and_then(Value::as_object).into_iter().flat_map(Map::keys);
    names.extend(external.map(|name| json!(name)));
    names.extend(field("sdkMcpServers").and_then(Value::as_array).into_iter().flatten().cloned());
    names.sort_by_key(ToString::to_string);
    names.dedup();
    (!names.is_empty()).then(|| names.into())
}
