//! Checks of combinations of options.

use serde_json::Value;

use super::check::{Checked, name};
use super::error::shown;
use super::{AgentMcpServer, FileOrJson, OptionError, Options, Thinking};

impl Options {
    /// Checks every option that is set, and their combinations. Nothing is spawned or read.
    ///
    /// Call it on the resolved options: one layer alone may be incomplete.
    ///
    /// # Errors
    ///
    /// The first option that is out of its range, or that contradicts another one. Session ids must
    /// be hyphenated UUIDs; the CLI would exit on any other.
    pub fn validate(&self) -> Result<(), OptionError> {
        self.check_each()?;
        self.check_models()?;
        self.check_conversation()?;
        self.check_thinking()?;
        self.check_permissions()?;
        self.check_sandbox()?;
        self.check_servers()?;
        self.check_tool_servers()?;
        self.check_trace_context()?;
        self.check_variables()?;
        self.check_extra_flags()?;
        self.check_rules()
    }

    fn check_models(&self) -> Checked {
        match (&self.model, &self.fallback_model) {
            (Some(model), Some(fallback)) if model == fallback => Err(OptionError::new(
                "fallback_model",
                "another model than `model`",
                shown(fallback),
            )),
            _ => Ok(()),
        }
    }

    fn check_thinking(&self) -> Checked {
        if self.thinking_display.is_some() && self.thinking == Some(Thinking::Disabled) {
            return Err(OptionError::new(
                "thinking_display",
                "thinking that is not disabled",
                "`Thinking::Disabled`",
            ));
        }
        Ok(())
    }

    fn check_sandbox(&self) -> Checked {
        match (&self.sandbox, &self.settings) {
            (Some(sandbox), _) if !sandbox.is_object() => {
                Err(OptionError::new("sandbox", "a JSON object", "another kind of JSON"))
            }
            (Some(_), Some(FileOrJson::File(_))) => Err(OptionError::new(
                "sandbox",
                "no settings file together with it; write it into that file",
                "both",
            )),
            _ => Ok(()),
        }
    }

    fn check_servers(&self) -> Checked {
        let inline = self.inline_servers().map(|(name, _)| name);
        let mut names: Vec<_> =
            inline.chain(self.mcp_servers.iter().flatten().map(|(name, _)| name)).collect();
        names.sort_unstable();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(OptionError::new(
                "mcp_config",
                "each server once, here and in `mcp_servers`",
                format!("{:?} twice", pair[0]),
            ));
        }
        let of_agents = self.agents.iter().flatten().flat_map(|(_, agent)| &agent.mcp_servers);
        let own = of_agents.filter_map(|server| match server {
            AgentMcpServer::Own(server_name, server) => Some((server_name, server)),
            AgentMcpServer::Named(_) => None,
        });
        for (server_name, server) in self.mcp_servers.iter().flatten().chain(own) {
            name("mcp_servers", server_name)?;
            if let Some((expected, got)) = server.fault() {
                return Err(OptionError::new("mcp_servers", expected, got));
            }
        }
        Ok(())
    }

    /// A variable cannot be set in two ways.
    fn check_variables(&self) -> Checked {
        for (field, variable, _) in self.variables() {
            if self.env.iter().flatten().any(|(name, _)| name == variable) {
                let expected = format!("no {variable} in `env` together with it");
                return Err(OptionError::new(field, expected, "both"));
            }
        }
        Ok(())
    }

    /// The servers given as JSON in `mcp_config`.
    pub(super) fn inline_servers(&self) -> impl Iterator<Item = (&String, &Value)> {
        let configs = self.mcp_config.iter().flatten().filter_map(|config| match config {
            FileOrJson::Json(json) => json["mcpServers"].as_object(),
            FileOrJson::File(_) => None,
        });
        configs.flatten()
    }
}
