use std::ffi::{OsStr, OsString};

use serde_json::Value;

use super::{FileOrJson, OptionError, Options, Skills, SystemPrompt, Thinking};

/// What every launch says, before any option. Print mode and stream-json output demand `--verbose`.
const PREFIX: [&str; 6] =
    ["--print", "--output-format", "stream-json", "--input-format", "stream-json", "--verbose"];

/// The longest prompt, in bytes, that goes onto the command line; a longer one goes into the
/// initialize request, since systems limit the length of an argument.
const LONGEST_PROMPT_ARGUMENT: usize = 8 * 1024;

impl Options {
    /// The arguments for the CLI, without the program: first the fixed ones, then each option that is set.
    ///
    /// An option that is off, such as `debug(false)`, writes nothing.
    ///
    /// # Errors
    ///
    /// Those of [`Options::validate`].
    pub fn args(&self) -> Result<Vec<OsString>, OptionError> {
        self.validate()?;
        let mut argv = Argv(PREFIX.map(OsString::from).to_vec());
        argv.system_prompt(self.system_prompt.as_ref());
        argv.list("--allowed-tools", self.allowed_rules().as_deref());
        argv.list("--disallowed-tools", self.disallowed_tools.as_deref());
        argv.list_or_none("--tools", self.tools.as_deref());
        argv.text("--model", self.model.as_deref());
        argv.text("--fallback-model", self.fallback_model.as_deref());
        argv.text("--agent", self.agent.as_deref());
        argv.text("--permission-mode", self.permission_mode.as_ref().map(|mode| mode.as_str()));
        argv.text("--permission-prompt-tool", self.permission_prompt_tool.as_deref());
        argv.text("--permission-prompts", self.permission_prompts.as_ref().map(|who| who.as_str()));
        argv.switch(
            "--allow-dangerously-skip-permissions",
            self.allow_dangerously_skip_permissions,
        );
        argv.text("--max-turns", self.max_turns.map(|turns| turns.to_string()));
        argv.text("--max-budget-usd", self.max_budget_usd.map(decimal));
        argv.text("--task-budget", self.task_budget.map(|tokens| tokens.to_string()));
        argv.thinking(self.thinking);
        argv.text(
            "--thinking-display",
            self.thinking_display.as_ref().map(|display| display.as_str()),
        );
        argv.text("--effort", self.effort.as_ref().map(|effort| effort.as_str()));
        argv.list("--betas", self.betas.as_deref());
        argv.attached("--resume", self.resume.as_deref());
        argv.switch("--continue", self.continue_conversation);
        argv.switch("--fork-session", self.fork_session);
        argv.attached("--resume-session-at", self.resume_session_at.as_deref());
        argv.attached("--resume-drops-turn", self.resume_drops_turn.as_deref());
        argv.text("--session-id", self.session_id.as_deref());
        argv.switch("--no-session-persistence", self.no_session_persistence);
        argv.each("--add-dir", self.add_dirs.iter().flatten());
        argv.each("--mcp-config", self.mcp_config.iter().flatten().filter_map(FileOrJson::file));
        argv.switch("--strict-mcp-config", self.strict_mcp_config);
        argv.switch("--await-initialize", Some(self.awaits_initialize()));
        argv.text("--settings", self.settings.as_ref().and_then(FileOrJson::file));
        argv.text("--initialize-fields", self.inline_settings().map(|_| "settings"));
        argv.switch("--managed-settings-in-initialize", Some(self.managed_settings.is_some()));
        argv.text("--project-config-root", self.project_config_root.as_deref());
        for plugin in self.plugins.iter().flatten() {
            argv.text(
                if plugin.without_mcp { "--plugin-dir-no-mcp" } else { "--plugin-dir" },
                Some(&plugin.path),
            );
        }
        let sources: Option<Vec<_>> = self
            .setting_sources
            .as_ref()
            .map(|all| all.iter().map(|source| source.as_str()).collect());
        argv.list_or_none("--setting-sources", sources.as_deref());
        argv.text("--json-schema", self.json_schema.as_ref().map(Value::to_string));
        argv.switch("--include-partial-messages", self.include_partial_messages);
        argv.switch("--include-hook-events", self.include_hook_events);
        argv.switch("--replay-user-messages", self.replay_user_messages);
        argv.switch("--session-mirror", self.session_mirror);
        argv.switch("--debug", self.debug.filter(|_| self.debug_file.is_none()));
        argv.text("--debug-file", self.debug_file.as_deref());
        for (name, value) in self.extra_args.iter().flatten() {
            match value {
                Some(value) => argv.text(&format!("--{name}"), Some(value)),
                None => argv.switch(&format!("--{name}"), Some(true)),
            }
        }
        Ok(argv.0)
    }

    /// The rules of `allowed_tools`, and those that `skills` adds to them; none is there twice.
    pub(super) fn allowed_rules(&self) -> Option<Vec<String>> {
        let added = match &self.skills {
            Some(Skills::All) => vec!["Skill".to_owned()],
            Some(Skills::Named(names)) => {
                names.iter().map(|name| format!("Skill({name})")).collect()
            }
            None => return self.allowed_tools.clone(),
        };
        let mut rules = self.allowed_tools.clone().unwrap_or_default();
        for rule in added {
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
        Some(rules)
    }
}

/// An argument list under construction; the one place where a flag and its value come together.
struct Argv(Vec<OsString>);

impl Argv {
    fn system_prompt(&mut self, prompt: Option<&SystemPrompt>) {
        match prompt {
            Some(SystemPrompt::Text(text)) if is_argument(text) => {
                self.text("--system-prompt", Some(text));
            }
            Some(SystemPrompt::Append(text)) if is_argument(text) => {
                self.text("--append-system-prompt", Some(text));
            }
            Some(SystemPrompt::File(path)) => self.text("--system-prompt-file", Some(path)),
            _ => {}
        }
    }

    fn thinking(&mut self, thinking: Option<Thinking>) {
        match thinking {
            Some(Thinking::Adaptive) => self.text("--thinking", Some("adaptive")),
            Some(Thinking::Budget(tokens)) => {
                self.text("--max-thinking-tokens", Some(tokens.to_string()));
            }
            Some(Thinking::Disabled) => self.text("--thinking", Some("disabled")),
            None => {}
        }
    }

    /// A list in one comma-joined value; an empty one is not sent.
    fn list(&mut self, flag: &str, items: Option<&[impl AsRef<str>]>) {
        self.list_or_none(flag, items.filter(|items| !items.is_empty()));
    }

    /// A list in one comma-joined value; an empty one is sent, and means "none".
    fn list_or_none(&mut self, flag: &str, items: Option<&[impl AsRef<str>]>) {
        self.text(flag, items.map(joined));
    }

    fn each(&mut self, flag: &str, values: impl Iterator<Item = impl AsRef<OsStr>>) {
        values.for_each(|value| self.text(flag, Some(value)));
    }

    fn switch(&mut self, flag: &str, on: Option<bool>) {
        if on == Some(true) {
            self.0.push(flag.into());
        }
    }

    fn text(&mut self, flag: &str, value: Option<impl AsRef<OsStr>>) {
        let Some(value) = value else { return };
        let value = value.as_ref();
        if value.is_empty() || value.as_encoded_bytes().starts_with(b"-") {
            self.attached(flag, Some(value));
        } else {
            self.0.extend([flag.into(), value.to_owned()]);
        }
    }

    fn attached(&mut self, flag: &str, value: Option<impl AsRef<OsStr>>) {
        let Some(value) = value else { return };
        let mut argument = OsString::from(flag);
        argument.push("=");
        argument.push(value);
        self.0.push(argument);
    }
}

pub(super) fn joined(items: &[impl AsRef<str>]) -> String {
    items.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(",")
}

pub(super) fn is_argument(prompt: &str) -> bool {
    prompt.len() <= LONGEST_PROMPT_ARGUMENT
}

/// Plain decimal digits, never an exponent. Adding zero turns -0, which is in range, into 0.
fn decimal(usd: f64) -> String {
    (usd + 0.0).to_string()
}
