use std::ffi::{OsStr, OsString};

use serde_json::{Map, Value};

use super::{FileOrJson, OptionError, Options, SystemPrompt, Thinking};

/// What every launch says, before any option. Print mode and stream-json output demand `--verbose`.
const PREFIX: [&str; 6] = ["--print", "--output-format", "stream-json", "--input-format", "stream-json", "--verbose"];

/// The longest prompt, in bytes, that goes onto the command line; a longer one goes into the
/// initialize request, since systems limit the length of an argument.
const LONGEST_PROMPT_ARGUMENT: usize = 8 * 1024;

/// Flags that `extra_args` may not set: those that an option of the SDK writes, under all their names, and
/// those that the conversation with the CLI rests on.
const OWNED: [&str; 46] = [
    "add-dir",
    "agent",
    "allowed-tools",
    "allowedTools",
    "append-system-prompt",
    "await-initialize",
    "betas",
    "continue",
    "cwd",
    "debug",
    "disallowed-tools",
    "disallowedTools",
    "effort",
    "fallback-model",
    "fork-session",
    "help",
    "include-hook-events",
    "include-partial-messages",
    "initialize-fields",
    "input-format",
    "json-schema",
    "managed-settings-in-initialize",
    "max-budget-usd",
    "max-thinking-tokens",
    "max-turns",
    "mcp-config",
    "model",
    "no-session-persistence",
    "output-format",
    "permission-mode",
    "permission-prompt-tool",
    "permission-prompts",
    "print",
    "replay-user-messages",
    "resume",
    "session-id",
    "setting-sources",
    "settings",
    "strict-mcp-config",
    "system-prompt",
    "system-prompt-file",
    "thinking",
    "timeout",
    "tools",
    "verbose",
    "version",
];

pub(super) fn is_owned(flag: &str) -> bool {
    OWNED.contains(&flag)
}

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
        argv.list("--allowed-tools", self.allowed_tools.as_deref());
        argv.list("--disallowed-tools", self.disallowed_tools.as_deref());
        argv.list_or_none("--tools", self.tools.as_deref());
        argv.text("--model", self.model.as_deref());
        argv.text("--fallback-model", self.fallback_model.as_deref());
        argv.text("--agent", self.agent.as_deref());
        argv.text("--permission-mode", self.permission_mode.as_ref().map(|mode| mode.as_str()));
        argv.text("--permission-prompt-tool", self.permission_prompt_tool.as_deref());
        argv.text("--max-turns", self.max_turns.map(|turns| turns.to_string()));
        argv.text("--max-budget-usd", self.max_budget_usd.map(decimal));
        argv.thinking(self.thinking);
        argv.text("--effort", self.effort.as_ref().map(|effort| effort.as_str()));
        argv.list("--betas", self.betas.as_deref());
        argv.attached("--resume", self.resume.as_deref());
        argv.switch("--continue", self.continue_conversation);
        argv.switch("--fork-session", self.fork_session);
        argv.text("--session-id", self.session_id.as_deref());
        argv.switch("--no-session-persistence", self.no_session_persistence);
        argv.each("--add-dir", self.add_dirs.iter().flatten());
        argv.each("--mcp-config", self.mcp_config.iter().flatten().map(file_or_json));
        argv.switch("--strict-mcp-config", self.strict_mcp_config);
        argv.text("--settings", self.settings.as_ref().map(file_or_json));
        let sources: Option<Vec<_>> = self.setting_sources.as_ref().map(|all| all.iter().map(|source| source.as_str()).collect());
        argv.list_or_none("--setting-sources", sources.as_deref());
        argv.text("--json-schema", self.json_schema.as_ref().map(Value::to_string));
        argv.switch("--include-partial-messages", self.include_partial_messages);
        argv.switch("--include-hook-events", self.include_hook_events);
        argv.switch("--replay-user-messages", self.replay_user_messages);
        argv.switch("--debug", self.debug);
        for (name, value) in self.extra_args.iter().flatten() {
            match value {
                Some(value) => argv.text(&format!("--{name}"), Some(value)),
                None => argv.switch(&format!("--{name}"), Some(true)),
            }
        }
        Ok(argv.0)
    }

    /// The fields that these options add to the initialize request: `systemPrompt` or
    /// `appendSystemPrompt`, for a prompt too long for the command line; and with any system prompt
    /// `systemPromptSnapshot: false`, because CLI 2.1.329 else takes the one that a resumed conversation
    /// began with, and says nothing.
    pub fn initialize(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        if self.system_prompt.is_some() {
            fields.insert("systemPromptSnapshot".to_owned(), false.into());
        }
        match &self.system_prompt {
            Some(SystemPrompt::Text(text)) if !is_argument(text) => {
                fields.insert("systemPrompt".to_owned(), Value::from([text.as_str()].as_slice()));
            }
            Some(SystemPrompt::Append(text)) if !is_argument(text) => {
                fields.insert("appendSystemPrompt".to_owned(), Value::from(text.as_str()));
            }
            _ => {}
        }
        fields
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

fn file_or_json(source: &FileOrJson) -> OsString {
    match source {
        FileOrJson::File(path) => path.into(),
        FileOrJson::Json(json) => json.to_string().into(),
    }
}

/// Plain decimal digits, never an exponent. Adding zero turns -0, which is in range, into 0.
fn decimal(usd: f64) -> String {
    (usd + 0.0).to_string()
}
