use super::Options;

/// Where an option goes, as a row of [`Options::table`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OptionRow {
    /// The field of [`Options`].
    pub name: &'static str,
    /// The flags that it writes, under all their names.
    pub flags: &'static [&'static str],
    /// The fields of the initialize request that it writes.
    pub initialize: &'static [&'static str],
    /// The variables that it sets for the CLI.
    pub env: &'static [&'static str],
    /// What holds where no layer sets it, in words. Where that is the CLI's doing, nothing is sent.
    pub default: &'static str,
}

impl OptionRow {
    /// Who carries it out: `argv`, `initialize` and `env` are the CLI, by that way; `sdk` is this crate.
    pub fn layer(&self) -> String {
        let ways = [("argv", self.flags), ("initialize", self.initialize), ("env", self.env)];
        let ways: Vec<_> =
            ways.iter().filter(|(_, names)| !names.is_empty()).map(|(way, _)| *way).collect();
        if ways.is_empty() { "sdk".to_owned() } else { ways.join(", ") }
    }
}

impl Options {
    /// Where each option goes, in the order of the fields. `claude-wire options` prints it.
    ///
    /// ```
    /// use claude_wire::session::Options;
    ///
    /// let row = Options::table().iter().find(|row| row.name == "agents").unwrap();
    /// assert_eq!((row.flags.len(), row.initialize, row.layer().as_str()), (0, &["agents"][..], "initialize"));
    /// ```
    pub fn table() -> &'static [OptionRow] {
        TABLE
    }
}

/// Flags on which the conversation with the CLI rests, those that answer and end, and two that the CLI does not have.
const FIXED: [&str; 10] = [
    "cwd",
    "help",
    "input-format",
    "managed-settings",
    "output-format",
    "print",
    "system-prompt-snapshot",
    "timeout",
    "verbose",
    "version",
];

/// May `extra_args` not set it, because an option writes it or the SDK itself?
pub(super) fn is_owned(flag: &str) -> bool {
    FIXED.contains(&flag)
        || TABLE
            .iter()
            .flat_map(|row| row.flags)
            .any(|owned| owned.strip_prefix("--") == Some(flag))
}

const fn row(
    name: &'static str,
    flags: &'static [&'static str],
    initialize: &'static [&'static str],
    env: &'static [&'static str],
    default: &'static str,
) -> OptionRow {
    OptionRow { name, flags, initialize, env, default }
}

#[rustfmt::skip]
const TABLE: &[OptionRow] = &[
    row("model", &["--model"], &[], &[], "the CLI's own choice"),
    row("fallback_model", &["--fallback-model"], &[], &[], "none"),
    row("system_prompt", &["--system-prompt", "--append-system-prompt", "--system-prompt-file"], &["systemPrompt", "appendSystemPrompt"], &[], "the CLI's own prompt"),
    row("allowed_tools", &["--allowed-tools", "--allowedTools"], &[], &[], "none beyond the settings"),
    row("disallowed_tools", &["--disallowed-tools", "--disallowedTools"], &[], &[], "none beyond the settings"),
    row("tools", &["--tools"], &[], &[], "all"),
    row("max_turns", &["--max-turns"], &[], &[], "no limit"),
    row("max_budget_usd", &["--max-budget-usd"], &[], &[], "no limit"),
    row("permission_mode", &["--permission-mode"], &[], &[], "what the settings say, else `default`"),
    row("permission_prompt_tool", &["--permission-prompt-tool"], &[], &[], "none; `stdio` with a permission handler"),
    row("resume", &["--resume"], &[], &[], "a new conversation"),
    row("continue_conversation", &["--continue"], &[], &[], "no"),
    row("fork_session", &["--fork-session"], &[], &[], "no"),
    row("session_id", &["--session-id"], &[], &[], "the CLI makes one"),
    row("no_session_persistence", &["--no-session-persistence"], &[], &[], "no"),
    row("cwd", &[], &[], &[], "that of this process"),
    row("add_dirs", &["--add-dir"], &[], &[], "none"),
    row("include_partial_messages", &["--include-partial-messages"], &[], &[], "no"),
    row("include_hook_events", &["--include-hook-events"], &[], &[], "no"),
    row("replay_user_messages", &["--replay-user-messages"], &[], &[], "no"),
    row("session_mirror", &["--session-mirror"], &[], &[], "no"),
    row("mcp_config", &["--mcp-config", "--await-initialize"], &["mcpServers"], &[], "none"),
    row("strict_mcp_config", &["--strict-mcp-config"], &[], &[], "no"),
    row("settings", &["--settings", "--initialize-fields", "--await-initialize"], &["settings"], &[], "none"),
    row("setting_sources", &["--setting-sources"], &[], &[], "all"),
    row("json_schema", &["--json-schema"], &[], &[], "free text"),
    row("effort", &["--effort"], &[], &[], "the model's own"),
    row("thinking", &["--thinking", "--max-thinking-tokens"], &[], &[], "the CLI's own"),
    row("betas", &["--betas"], &[], &[], "none"),
    row("agent", &["--agent"], &[], &[], "the CLI's own"),
    row("debug", &["--debug"], &[], &[], "no"),
    row("extra_args", &[], &[], &[], "none"),
    row("timeout", &[], &[], &[], "300 s"),
    row("idle_timeout", &[], &[], &[], "none"),
    row("control_timeout", &[], &[], &[], "60 s"),
    row("initialize_timeout", &[], &[], &[], "60 s"),
    row("drain_timeout", &[], &[], &[], "10 s"),
    row("system_prompt_snapshot", &[], &["systemPromptSnapshot"], &[], "yes; no beside `system_prompt`"),
    row("exclude_dynamic_sections", &[], &["excludeDynamicSections"], &[], "no"),
    row("plan_mode_instructions", &[], &["planModeInstructions"], &[], "the CLI's own"),
    row("agents", &[], &["agents"], &[], "none beyond the settings"),
    row("skills", &["--allowed-tools"], &["skills"], &[], "what the settings allow"),
    row("plugins", &["--plugin-dir", "--plugin-dir-no-mcp"], &[], &[], "those installed"),
    row("mcp_servers", &["--await-initialize"], &["mcpServers"], &[], "none beyond the settings"),
    row("tool_aliases", &[], &["toolAliases"], &[], "none"),
    row("sandbox", &["--initialize-fields", "--await-initialize"], &["settings"], &[], "what the settings say"),
    row("managed_settings", &["--managed-settings-in-initialize", "--await-initialize"], &["managedSettings"], &[], "those of the machine"),
    row("project_config_root", &["--project-config-root"], &[], &[], "the working directory"),
    row("thinking_display", &["--thinking-display"], &[], &[], "the model's own"),
    row("task_budget", &["--task-budget"], &[], &[], "none"),
    row("permission_prompts", &["--permission-prompts"], &[], &[], "`host`"),
    row("allow_dangerously_skip_permissions", &["--allow-dangerously-skip-permissions"], &[], &[], "no"),
    row("resume_session_at", &["--resume-session-at"], &[], &[], "the whole conversation"),
    row("resume_drops_turn", &["--resume-drops-turn"], &[], &[], "no check"),
    row("title", &[], &["title"], &[], "the CLI finds one"),
    row("prompt_suggestions", &[], &["promptSuggestions"], &[], "the CLI's own"),
    row("agent_progress_summaries", &[], &["agentProgressSummaries"], &[], "no"),
    row("forward_subagent_text", &[], &["forwardSubagentText"], &[], "no"),
    row("per_task_stop_affordance", &[], &["perTaskStopAffordance"], &[], "no"),
    row("verbatim_prompts", &[], &[], &[], "no"),
    row("file_checkpointing", &[], &[], &["CLAUDE_CODE_ENABLE_SDK_FILE_CHECKPOINTING"], "no"),
    row("question_preview", &[], &[], &["CLAUDE_CODE_QUESTION_PREVIEW_FORMAT"], "no previews"),
    row("max_retries", &[], &[], &["CLAUDE_CODE_MAX_RETRIES"], "10"),
    row("client_app", &[], &[], &["CLAUDE_AGENT_SDK_CLIENT_APP"], "none"),
    row("debug_file", &["--debug-file"], &[], &[], "none"),
    row("inherit_env", &[], &[], &[], "all, but for what tells of another CLI"),
    row("env", &[], &[], &[], "none"),
    row("api_key", &[], &[], &["ANTHROPIC_API_KEY"], "what the CLI finds"),
];

#[cfg(test)]
mod tests {
    use super::super::fields::with_fields;
    use super::*;

    #[test]
    fn every_field_has_a_row_in_its_order() {
        macro_rules! names {
            ($($field:ident),*) => { [$(stringify!($field)),*] };
        }
        let names: Vec<_> = TABLE.iter().map(|row| row.name).collect();
        assert_eq!(names, with_fields!(names));
    }
}
