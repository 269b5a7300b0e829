//! The checks of what extends a session, and of what goes together with what.

use super::args::joined;
use super::error::shown;
use super::validate::{Checked, argument, file, name, object};
use super::{AgentMcpServer, OptionError, Options, PermissionPrompts, Skills, Thinking};

impl Options {
    pub(super) fn check_extensions(&self) -> Checked {
        self.check_sandbox()?;
        self.check_own_variables()?;
        self.check_agents()?;
        self.check_skills()?;
        self.check_servers()?;
        for (from, to) in self.tool_aliases.iter().flatten() {
            name("tool_aliases", from)?;
            name("tool_aliases", to)?;
        }
        for (field, text) in [("client_app", &self.client_app), ("title", &self.title)] {
            text.as_deref().map_or(Ok(()), |text| name(field, text))?;
        }
        for plugin in self.plugins.iter().flatten() {
            file("plugins", &plugin.path)?;
        }
        for (field, path) in
            [("project_config_root", &self.project_config_root), ("debug_file", &self.debug_file)]
        {
            path.as_deref().map_or(Ok(()), |path| file(field, path))?;
        }
        if let Some(settings) = &self.managed_settings {
            object("managed_settings", settings, "a JSON object", serde_json::Value::is_object)?;
        }
        if let Some(form) = &self.question_preview {
            name("question_preview", form.as_str())?;
        }
        Ok(())
    }

    pub(super) fn check_combinations(&self) -> Checked {
        if self.task_budget == Some(0) {
            return Err(OptionError::new("task_budget", "a number of tokens from 1 up", "0"));
        }
        if let Some(display) = &self.thinking_display {
            name("thinking_display", display.as_str())?;
            if self.thinking == Some(Thinking::Disabled) {
                return Err(OptionError::new(
                    "thinking_display",
                    "thinking that is not disabled",
                    "`Thinking::Disabled`",
                ));
            }
        }
        if let Some(who) = &self.permission_prompts {
            name("permission_prompts", who.as_str())?;
            if *who == PermissionPrompts::None && self.permission_prompt_tool.is_some() {
                let expected = "`host` beside a permission handler or `permission_prompt_tool`";
                return Err(OptionError::new("permission_prompts", expected, "none"));
            }
        }
        if self.resume_session_at.is_some() && self.resume.is_none() {
            return Err(OptionError::new("resume_session_at", "`resume` beside it", "none"));
        }
        if self.resume_drops_turn.is_some() && self.resume_session_at.is_none() {
            return Err(OptionError::new(
                "resume_drops_turn",
                "`resume_session_at` beside it",
                "none",
            ));
        }
        Ok(())
    }

    fn check_agents(&self) -> Checked {
        for (agent, definition) in self.agents.iter().flatten() {
            name("agents", agent)?;
            if definition.max_turns == Some(0) {
                return Err(OptionError::new("agents", "`max_turns` from 1 up", "0"));
            }
        }
        Ok(())
    }

    fn check_skills(&self) -> Checked {
        let Some(Skills::Named(names)) = &self.skills else { return Ok(()) };
        for skill in names {
            name("skills", skill)?;
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
            return Err(OptionError::new("skills", expected, shown(skill)));
        }
        argument("skills", joined(&self.allowed_rules().unwrap_or_default()))
    }

    fn check_servers(&self) -> Checked {
        self.check_server_names()?;
        let own =
            self.agents.iter().flatten().flat_map(|(_, agent)| &agent.mcp_servers).filter_map(
                |server| match server {
                    AgentMcpServer::Own(server_name, server) => Some((server_name, server)),
                    AgentMcpServer::Named(_) => None,
                },
            );
        for (server_name, server) in self.mcp_servers.iter().flatten().chain(own) {
            name("mcp_servers", server_name)?;
            if let Some((expected, got)) = server.fault() {
                return Err(OptionError::new("mcp_servers", expected, got));
            }
        }
        Ok(())
    }
}
