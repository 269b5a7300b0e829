use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use super::{
    AgentDefinition, Effort, FileOrJson, McpServer, PermissionMode, PermissionPrompts, Plugin,
    QuestionPreview, SettingSource, Skills, SystemPrompt, Thinking,
};
use crate::transport::{Inherit, Secret};
use crate::wire::ThinkingDisplay;

/// What a session or a query may choose: one layer of it.
///
/// Every field is an `Option`: `None` leaves the choice to the layer below, and in the last resort to
/// the CLI. Set the fields directly, or through the setters of the same names, which say what each
/// one does, its unit and its range:
///
/// ```
/// use claude_wire::session::Options;
///
/// let app = Options::default().model("sonnet").max_turns(20);
/// let session = Options::default().model("opus");
///
/// let resolved = Options::resolve(&[&session, &app]);
/// assert_eq!(resolved.model.as_deref(), Some("opus"));
/// assert_eq!(resolved.max_turns, Some(20));
/// resolved.validate()?;
/// # Ok::<(), claude_wire::session::OptionError>(())
/// ```
///
/// A query's own options are an `Options` as well, laid over the session's.
///
/// Flags are those of CLI 2.1.329. The `Debug` form shows the fields that are set, without the key,
/// the values of environment variables, and inline JSON.
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Options {
    /// `--model`.
    pub model: Option<String>,
    /// `--fallback-model`.
    pub fallback_model: Option<String>,
    /// `--system-prompt`, `--append-system-prompt` or `--system-prompt-file`.
    pub system_prompt: Option<SystemPrompt>,
    /// `--allowed-tools`: rules that need no permission prompt.
    pub allowed_tools: Option<Vec<String>>,
    /// `--disallowed-tools`: rules that are always refused.
    pub disallowed_tools: Option<Vec<String>>,
    /// `--tools`: the built-in tools that exist at all.
    pub tools: Option<Vec<String>>,
    /// `--max-turns`.
    pub max_turns: Option<u32>,
    /// `--max-budget-usd`, in US dollars.
    pub max_budget_usd: Option<f64>,
    /// `--permission-mode`.
    pub permission_mode: Option<PermissionMode>,
    /// `--permission-prompt-tool`.
    pub permission_prompt_tool: Option<String>,
    /// `--resume`: the id of the conversation to take up.
    pub resume: Option<String>,
    /// `--continue`: take up the latest conversation of the working directory.
    pub continue_conversation: Option<bool>,
    /// `--fork-session`: take it up under a new id.
    pub fork_session: Option<bool>,
    /// `--session-id`: the id of the new conversation.
    pub session_id: Option<String>,
    /// `--no-session-persistence`.
    pub no_session_persistence: Option<bool>,
    /// The working directory of the child. Never a flag.
    pub cwd: Option<PathBuf>,
    /// `--add-dir`, once for each.
    pub add_dirs: Option<Vec<PathBuf>>,
    /// `--include-partial-messages`.
    pub include_partial_messages: Option<bool>,
    /// `--include-hook-events`.
    pub include_hook_events: Option<bool>,
    /// `--replay-user-messages`.
    pub replay_user_messages: Option<bool>,
    /// `--session-mirror`.
    pub session_mirror: Option<bool>,
    /// `--mcp-config`, once for each file; `mcpServers` of the initialize request, and `--await-initialize`, for JSON.
    pub mcp_config: Option<Vec<FileOrJson>>,
    /// `--strict-mcp-config`.
    pub strict_mcp_config: Option<bool>,
    /// `--settings` for a file; `settings` of the initialize request, and `--initialize-fields`, for JSON.
    pub settings: Option<FileOrJson>,
    /// `--setting-sources`.
    pub setting_sources: Option<Vec<SettingSource>>,
    /// `--json-schema`.
    pub json_schema: Option<Value>,
    /// `--effort`.
    pub effort: Option<Effort>,
    /// `--thinking` or `--max-thinking-tokens`.
    pub thinking: Option<Thinking>,
    /// `--betas`.
    pub betas: Option<Vec<String>>,
    /// `--agent`.
    pub agent: Option<String>,
    /// `--debug`.
    pub debug: Option<bool>,
    /// Flags that have no option here: names without dashes, in order, each with its value if it has one.
    pub extra_args: Option<Vec<(String, Option<String>)>>,
    /// How long a whole turn may take. `Duration::MAX` is "for ever". Never a flag.
    pub timeout: Option<Duration>,
    /// How long a turn may be silent. `Duration::MAX` is "for ever".
    pub idle_timeout: Option<Duration>,
    /// How long the CLI may take to answer a control request. `Duration::MAX` is "for ever".
    pub control_timeout: Option<Duration>,
    /// How long the CLI may take to answer the handshake. `Duration::MAX` is "for ever".
    pub initialize_timeout: Option<Duration>,
    /// How long an interrupted turn may take to end. `Duration::MAX` is "for ever".
    pub drain_timeout: Option<Duration>,
    /// `systemPromptSnapshot` of the initialize request: whether a resumed conversation keeps the prompt that it has recorded.
    pub system_prompt_snapshot: Option<bool>,
    /// `excludeDynamicSections` of the initialize request.
    pub exclude_dynamic_sections: Option<bool>,
    /// `planModeInstructions` of the initialize request.
    pub plan_mode_instructions: Option<String>,
    /// `agents` of the initialize request, by name.
    pub agents: Option<BTreeMap<String, AgentDefinition>>,
    /// Rules in `--allowed-tools`, and `skills` of the initialize request.
    pub skills: Option<Skills>,
    /// `--plugin-dir` or `--plugin-dir-no-mcp`, once for each.
    pub plugins: Option<Vec<Plugin>>,
    /// `mcpServers` of the initialize request, by name, and `--await-initialize`.
    pub mcp_servers: Option<BTreeMap<String, McpServer>>,
    /// `toolAliases` of the initialize request: from a name to a name.
    pub tool_aliases: Option<BTreeMap<String, String>>,
    /// The key `sandbox` of the settings.
    pub sandbox: Option<Value>,
    /// `managedSettings` of the initialize request, and `--managed-settings-in-initialize`.
    pub managed_settings: Option<Value>,
    /// `--project-config-root`.
    pub project_config_root: Option<PathBuf>,
    /// `--thinking-display`.
    pub thinking_display: Option<ThinkingDisplay>,
    /// `--task-budget`, in tokens.
    pub task_budget: Option<u64>,
    /// `--permission-prompts`.
    pub permission_prompts: Option<PermissionPrompts>,
    /// `--allow-dangerously-skip-permissions`.
    pub allow_dangerously_skip_permissions: Option<bool>,
    /// `--resume-session-at`: the uuid of the last message to keep.
    pub resume_session_at: Option<String>,
    /// `--resume-drops-turn`: the uuid of the prompt whose turn may be dropped.
    pub resume_drops_turn: Option<String>,
    /// `title` of the initialize request.
    pub title: Option<String>,
    /// `promptSuggestions` of the initialize request.
    pub prompt_suggestions: Option<bool>,
    /// `agentProgressSummaries` of the initialize request.
    pub agent_progress_summaries: Option<bool>,
    /// `forwardSubagentText` of the initialize request.
    pub forward_subagent_text: Option<bool>,
    /// `perTaskStopAffordance` of the initialize request.
    pub per_task_stop_affordance: Option<bool>,
    /// `client_composed` of each prompt.
    pub verbatim_prompts: Option<bool>,
    /// `CLAUDE_CODE_ENABLE_SDK_FILE_CHECKPOINTING` in the environment of the child.
    pub file_checkpointing: Option<bool>,
    /// `CLAUDE_CODE_QUESTION_PREVIEW_FORMAT` in the environment of the child.
    pub question_preview: Option<QuestionPreview>,
    /// `CLAUDE_CODE_MAX_RETRIES` in the environment of the child.
    pub max_retries: Option<u32>,
    /// `CLAUDE_AGENT_SDK_CLIENT_APP` in the environment of the child.
    pub client_app: Option<String>,
    /// `--debug-file`.
    pub debug_file: Option<PathBuf>,
    /// What the child inherits of the environment of this process.
    pub inherit_env: Option<Inherit>,
    /// Environment variables of the child: a value, or `None` to remove the variable.
    pub env: Option<BTreeMap<String, Option<String>>>,
    /// `ANTHROPIC_API_KEY` in the environment of the child, and nowhere else.
    pub api_key: Option<Secret>,
}

/// Hands the names of all fields to another macro. Forgetting one does not compile: see `over`.
macro_rules! with_fields {
    ($use_fields:ident) => {
        $use_fields!(
            model,
            fallback_model,
            system_prompt,
            allowed_tools,
            disallowed_tools,
            tools,
            max_turns,
            max_budget_usd,
            permission_mode,
            permission_prompt_tool,
            resume,
            continue_conversation,
            fork_session,
            session_id,
            no_session_persistence,
            cwd,
            add_dirs,
            include_partial_messages,
            include_hook_events,
            replay_user_messages,
            session_mirror,
            mcp_config,
            strict_mcp_config,
            settings,
            setting_sources,
            json_schema,
            effort,
            thinking,
            betas,
            agent,
            debug,
            extra_args,
            timeout,
            idle_timeout,
            control_timeout,
            initialize_timeout,
            drain_timeout,
            system_prompt_snapshot,
            exclude_dynamic_sections,
            plan_mode_instructions,
            agents,
            skills,
            plugins,
            mcp_servers,
            tool_aliases,
            sandbox,
            managed_settings,
            project_config_root,
            thinking_display,
            task_budget,
            permission_prompts,
            allow_dangerously_skip_permissions,
            resume_session_at,
            resume_drops_turn,
            title,
            prompt_suggestions,
            agent_progress_summaries,
            forward_subagent_text,
            per_task_stop_affordance,
            verbatim_prompts,
            file_checkpointing,
            question_preview,
            max_retries,
            client_app,
            debug_file,
            inherit_env,
            env,
            api_key
        )
    };
}

#[cfg(test)]
pub(super) use with_fields;

impl Options {
    /// These options laid over those `below`: field by field, what is set here wins.
    ///
    /// A field is taken whole. A list or a map replaces the one below, and is not added to it.
    pub fn over(&self, below: &Options) -> Options {
        macro_rules! either {
            ($($field:ident),*) => {
                Options { $($field: self.$field.clone().or_else(|| below.$field.clone())),* }
            };
        }
        with_fields!(either)
    }

    /// All layers in one, the first having the last word: query, session, application.
    pub fn resolve(layers: &[&Options]) -> Options {
        layers.iter().rev().fold(Options::default(), |below, layer| layer.over(&below))
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // These may hold secrets; their shape is still worth seeing.
        let env = self.env.as_ref().map(|vars| vars.keys().collect::<Vec<_>>());
        let extra_args = self
            .extra_args
            .as_ref()
            .map(|args| args.iter().map(|(name, _)| name).collect::<Vec<_>>());
        let [sandbox, managed] = [&self.sandbox, &self.managed_settings]
            .map(|json| json.as_ref().map(|_| FileOrJson::Json(Value::Null)));
        let mut shown = f.debug_struct("Options");
        macro_rules! show {
            ($($field:ident),*) => {
                $(match stringify!($field) {
                    "env" => show!(@ "env", &env),
                    "extra_args" => show!(@ "extra_args", &extra_args),
                    "sandbox" => show!(@ "sandbox", &sandbox),
                    "managed_settings" => show!(@ "managed_settings", &managed),
                    name => show!(@ name, &self.$field),
                })*
            };
            (@ $name:expr, $field:expr) => {
                if let Some(value) = $field {
                    shown.field($name, value);
                }
            };
        }
        with_fields!(show);
        shown.finish()
    }
}
