//! The fields of the initialize request that are not just the value of one option.
//!
//! They include values that may contain secrets, since any process of the machine can read a
//! command line.

use serde_json::{Map, Value, json};

use super::argv::{Argv, is_argument};
use super::open::Json;
use super::{FileOrJson, Options, Skills, SystemPrompt};

impl Options {
    /// Otherwise CLI 2.1.329 silently uses the prompt with which a resumed conversation began.
    pub(super) fn prompt_snapshot(&self) -> Option<Value> {
        let unless_set = self.system_prompt.as_ref().map(|_| false);
        self.system_prompt_snapshot.or(unless_set).map(Value::Bool)
    }

    pub(super) fn sent_prompt(&self) -> Option<Value> {
        match &self.system_prompt {
            Some(SystemPrompt::Text(text)) if !is_argument(text) => Some(json!([text])),
            Some(SystemPrompt::Blocks(blocks)) => Some(json!(blocks)),
            _ => None,
        }
    }

    pub(super) fn long_appended_prompt(&self) -> Option<Value> {
        match &self.system_prompt {
            Some(SystemPrompt::Append(text)) if !is_argument(text) => Some(json!(text)),
            _ => None,
        }
    }

    /// A list in the schema of the CLI.
    pub(super) fn claimed_prompt(&self) -> Option<Value> {
        match &self.system_prompt {
            Some(SystemPrompt::Text(text)) => Some(json!([text])),
            Some(SystemPrompt::Blocks(blocks)) => Some(json!(blocks)),
            _ => None,
        }
    }

    pub(super) fn appended_prompt(&self) -> Option<Value> {
        match &self.system_prompt {
            Some(SystemPrompt::Append(text)) => Some(json!(text)),
            _ => None,
        }
    }

    /// The process that is claimed has another directory, where a relative path would not mean this
    /// one.
    pub(super) fn claimed_folder(&self) -> Option<Value> {
        let cwd = self.cwd.as_ref()?;
        Some(json!(std::path::absolute(cwd).unwrap_or_else(|_| cwd.clone())))
    }

    pub(super) fn claimed_variables(&self) -> Option<Value> {
        self.env.as_ref().map(|env| json!(env))
    }

    pub(super) fn sent_agents(&self) -> Option<Value> {
        self.agents.as_ref().filter(|all| !all.is_empty()).map(Json::to_json)
    }

    pub(super) fn named_skills(&self) -> Option<Value> {
        match &self.skills {
            Some(Skills::Named(names)) => Some(json!(names)),
            _ => None,
        }
    }

    /// Writes the flags for fields of the initialize request. Some only take effect if the CLI
    /// waits for the request before it does anything.
    pub(super) fn announce_initialize(&self, argv: &mut Argv) {
        let (settings, managed) =
            (self.inline_settings().is_some(), self.managed_settings.is_some());
        let awaits = self.external_servers().is_some() || settings || managed;
        argv.switch(&["--await-initialize"], &awaits);
        if settings {
            argv.text(&["--initialize-fields"], &"settings");
        }
        argv.switch(&["--managed-settings-in-initialize"], &managed);
    }

    /// The servers of `mcp_servers`, and those given as JSON in a source. The CLI treats them like
    /// those of `--mcp-config`.
    pub(super) fn external_servers(&self) -> Option<Value> {
        let typed = self.mcp_servers.iter().flatten();
        let typed = typed.map(|(name, server)| (name.clone(), server.to_json()));
        let inline = self.inline_servers().map(|(name, server)| (name.clone(), server.clone()));
        let servers: Map<_, _> = inline.chain(typed).collect();
        (!servers.is_empty()).then(|| servers.into())
    }

    pub(super) fn sent_settings(&self) -> Option<Value> {
        self.inline_settings().map(Value::Object)
    }

    /// The settings given as JSON, including the sandbox.
    pub(in crate::session) fn inline_settings(&self) -> Option<Map<String, Value>> {
        let settings = match &self.settings {
            Some(FileOrJson::Json(Value::Object(settings))) => Some(settings.clone()),
            _ => None,
        };
        let Some(sandbox) = &self.sandbox else { return settings };
        let mut sandbox = sandbox.clone();
        // A requested sandbox must not be skipped silently because something is not installed.
        if sandbox["enabled"] == true && sandbox.get("failIfUnavailable").is_none() {
            sandbox["failIfUnavailable"] = true.into();
        }
        let mut settings = settings.unwrap_or_default();
        settings.insert("sandbox".into(), sandbox);
        Some(settings)
    }
}
