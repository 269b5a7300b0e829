//! The options of a case, named as in the Python SDK, converted to ours.

use claude_wire::SessionBuilder;
use claude_wire::session::options::{
    AgentDefinition, FileOrJson, McpServer, Plugin, Skills, Thinking,
};
use claude_wire::session::{Matcher, Options};
use claude_wire::wire::hook::{HookOutput, PreToolUse};
use serde_json::Value;

/// Cannot be expressed here.
pub struct NoForm;

pub fn of(case: &Value) -> Result<Options, NoForm> {
    let mut options = Options::default();
    for (name, value) in case.as_object().ok_or(NoForm)? {
        options = set(options, name, value)?;
    }
    Ok(options)
}

fn set(options: Options, name: &str, value: &Value) -> Result<Options, NoForm> {
    let text = || value.as_str().map(str::to_owned).ok_or(NoForm);
    let on = || value.as_bool().ok_or(NoForm);
    Ok(match name {
        "system_prompt" => return system_prompt(options, value),
        "tools" => options.tools(list(value)?),
        "allowed_tools" => options.allowed_tools(list(value)?),
        "disallowed_tools" => options.disallowed_tools(list(value)?),
        "max_turns" => {
            options.max_turns(value.as_u64().and_then(|turns| turns.try_into().ok()).ok_or(NoForm)?)
        }
        "max_budget_usd" => options.max_budget_usd(value.as_f64().ok_or(NoForm)?),
        "model" => options.model(text()?),
        "resume" => options.resume(text()?),
        "session_id" => options.session_id(text()?),
        "setting_sources" => options.setting_sources(list(value)?),
        "skills" => options.skills(if value == "all" {
            Skills::All
        } else {
            list(value)?.into_iter().collect()
        }),
        "thinking" if value["type"] == "disabled" => options.thinking(Thinking::Disabled),
        "thinking" if value["type"] == "adaptive" => options.thinking(Thinking::Adaptive),
        "sandbox" => options.sandbox(value.clone()),
        "settings" => options.settings(FileOrJson::File(text()?.into())),
        "mcp_servers" => return servers(options, value),
        "plugins" => value.as_array().ok_or(NoForm)?.iter().try_fold(
            options,
            |options, plugin| match plugin["type"].as_str() {
                Some("local") => {
                    Ok(options.plugin(Plugin::new(plugin["path"].as_str().ok_or(NoForm)?)))
                }
                _ => Err(NoForm),
            },
        )?,
        "output_format" => options.json_schema(value.get("schema").ok_or(NoForm)?.clone()),
        "extra_args" => {
            value.as_object().ok_or(NoForm)?.iter().fold(options, |options, (name, value)| {
                match value.as_str() {
                    Some(value) => options.extra_arg(name, value),
                    None => options.extra_flag(name),
                }
            })
        }
        "agents" => options.agents(value.as_object().ok_or(NoForm)?.iter().map(|(name, agent)| {
            let text = |field: &str| agent[field].as_str().unwrap_or_default().to_owned();
            (name.clone(), AgentDefinition::new(text("description"), text("prompt")))
        })),
        "forward_subagent_text" => options.forward_subagent_text(on()?),
        // Handled by `hooks` and by the CLI of the test.
        "hooks" | "$initialize_response" => options,
        _ => return Err(NoForm),
    })
}

/// The hooks of a case.
pub fn hooks(builder: SessionBuilder, case: &Value) -> SessionBuilder {
    let hooks =
        case.pointer("/hooks/PreToolUse").and_then(Value::as_array).cloned().unwrap_or_default();
    hooks.iter().fold(builder, |builder, hook| {
        let matcher = Matcher::new(hook["matcher"].as_str().unwrap_or_default());
        let matcher =
            if hook["on_failure"] == "block" { matcher.block_on_failure() } else { matcher };
        builder.on_hook(matcher, |_: PreToolUse, _| async { HookOutput::new() })
    })
}

fn system_prompt(options: Options, value: &Value) -> Result<Options, NoForm> {
    if let Some(text) = value.as_str() {
        return Ok(options.system_prompt(text));
    }
    let text = |field: &str| value[field].as_str().ok_or(NoForm);
    let options = match value["type"].as_str() {
        Some("preset") if value.get("append").is_some() => {
            options.append_system_prompt(text("append")?)
        }
        Some("preset") => options,
        Some("file") => options.system_prompt_file(text("path")?),
        Some("custom") => options.system_prompt(text("prompt")?),
        _ => return Err(NoForm),
    };
    let options = match value["snapshot"].as_bool() {
        Some(on) => options.system_prompt_snapshot(on),
        None => options,
    };
    Ok(match value["exclude_dynamic_sections"].as_bool() {
        Some(on) => options.exclude_dynamic_sections(on),
        None => options,
    })
}

fn servers(options: Options, value: &Value) -> Result<Options, NoForm> {
    if let Some(path) = value.as_str() {
        return Ok(options.mcp_config(FileOrJson::File(path.into())));
    }
    value.as_object().ok_or(NoForm)?.iter().try_fold(options, |options, (name, server)| {
        let text = |field: &str| server[field].as_str().ok_or(NoForm);
        let server = match server["type"].as_str() {
            // An in-process server, not an option.
            Some("sdk") => return Ok(options),
            Some("http") => McpServer::http(text("url")?),
            Some("sse") => McpServer::sse(text("url")?),
            _ => McpServer::stdio(text("command")?, [""; 0]),
        };
        Ok(options.external_mcp_server(name, server))
    })
}

fn list(value: &Value) -> Result<Vec<String>, NoForm> {
    value
        .as_array()
        .ok_or(NoForm)?
        .iter()
        .map(|item| item.as_str().map(str::to_owned).ok_or(NoForm))
        .collect()
}
