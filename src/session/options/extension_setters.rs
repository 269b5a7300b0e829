//! The setters of what extends a session and of its edges; [`option_setters`](super::setters) calls for them.

macro_rules! extension_setters {
    ($type:ty, [$($path:tt)*]) => {
        /// # Setters of further options
        ///
        /// Agents, skills, plugins, MCP servers, the sandbox, and what is rarely needed.
        impl $type {
            /// Whether a conversation goes on with the system prompt that it began with, whatever later launches say:
            /// `systemPromptSnapshot`. Default: yes, and no where this launch has a system prompt of its own.
            pub fn system_prompt_snapshot(mut self, on: bool) -> Self {
                self $($path)* .system_prompt_snapshot = Some(on);
                self
            }

            /// Whether the parts of the CLI's own prompt that change from user to user are left out, so that it can be
            /// cached for all: `excludeDynamicSections`. Default: no.
            pub fn exclude_dynamic_sections(mut self, on: bool) -> Self {
                self $($path)* .exclude_dynamic_sections = Some(on);
                self
            }

            /// What plan mode tells the model to do, in place of the CLI's own words: `planModeInstructions`. Default: those.
            pub fn plan_mode_instructions(mut self, text: impl Into<String>) -> Self {
                self $($path)* .plan_mode_instructions = Some(text.into());
                self
            }

            /// The sub-agents of this session, by name, beside those in the settings of the CLI: `agents` of the initialize
            /// request. Default: none. `agent` may name one of them.
            pub fn agents<N: Into<String>>(mut self, agents: impl IntoIterator<Item = (N, $crate::session::options::AgentDefinition)>) -> Self {
                self $($path)* .agents = Some(agents.into_iter().map(|(name, agent)| (name.into(), agent)).collect());
                self
            }

            /// The skills that the model may use without asking: `Skills::All`, or the names of some, which hides the rest.
            /// Default: whatever the settings of the CLI allow.
            pub fn skills(mut self, skills: $crate::session::options::Skills) -> Self {
                self $($path)* .skills = Some(skills);
                self
            }

            /// One more plugin: `--plugin-dir`, or `--plugin-dir-no-mcp` for one without its MCP servers. Default: none beyond those
            /// that are installed.
            pub fn plugin(mut self, plugin: $crate::session::options::Plugin) -> Self {
                self $($path)* .plugins.get_or_insert_default().push(plugin);
                self
            }

            /// One more MCP server outside this process, under a name: `mcpServers` of the initialize request, with
            /// `--await-initialize`. Default: none beyond those in the settings of the CLI. No part of it is on the command line.
            ///
            /// Servers of this process are given to `mcp_server`. Beside `strict_mcp_config` these servers are the only ones, with those of `mcp_config`.
            pub fn external_mcp_server(mut self, name: impl Into<String>, server: $crate::session::options::McpServer) -> Self {
                self $($path)* .mcp_servers.get_or_insert_default().insert(name.into(), server);
                self
            }

            /// Other names for tools, from the name that the model uses to the tool that is meant, one step deep: `toolAliases`.
            /// Default: none.
            pub fn tool_aliases<F: Into<String>, T: Into<String>>(mut self, aliases: impl IntoIterator<Item = (F, T)>) -> Self {
                self $($path)* .tool_aliases = Some(aliases.into_iter().map(|(from, to)| (from.into(), to.into())).collect());
                self
            }

            /// The sandbox that commands run in, an object in the form of the CLI's settings: the key `sandbox` of the settings in the
            /// initialize request, where it replaces one that `settings` brings as JSON. Default: what the settings of the CLI say.
            ///
            /// `{"enabled": true}` also sets `failIfUnavailable`, unless it says otherwise: a sandbox that cannot be had is an error,
            /// and commands do not run without one. Not together with a settings file: it belongs into that file.
            pub fn sandbox(mut self, sandbox: ::serde_json::Value) -> Self {
                self $($path)* .sandbox = Some(sandbox);
                self
            }

            /// Settings that nobody below can override, an object: `managedSettings` of the initialize request, with
            /// `--managed-settings-in-initialize` and `--await-initialize`. Default: those of the machine.
            pub fn managed_settings(mut self, settings: ::serde_json::Value) -> Self {
                self $($path)* .managed_settings = Some(settings);
                self
            }

            /// The directory whose project settings count: `--project-config-root`. Default: the working directory.
            pub fn project_config_root(mut self, path: impl Into<::std::path::PathBuf>) -> Self {
                self $($path)* .project_config_root = Some(path.into());
                self
            }

            /// How much of the thinking is shown: `--thinking-display`. Default: the model's own. Not beside `Thinking::Disabled`.
            pub fn thinking_display(mut self, display: impl Into<$crate::wire::ThinkingDisplay>) -> Self {
                self $($path)* .thinking_display = Some(display.into());
                self
            }

            /// How many tokens the model may plan to use for the whole task, from 1 up: `--task-budget`. It is told of them, and
            /// paces itself. Default: none.
            pub fn task_budget(mut self, tokens: u64) -> Self {
                self $($path)* .task_budget = Some(tokens);
                self
            }

            /// Who answers when the CLI would ask for permission: `--permission-prompts`. Default: the host. `none` is not
            /// possible beside a permission handler or `permission_prompt_tool`.
            pub fn permission_prompts(mut self, who: impl Into<$crate::session::options::PermissionPrompts>) -> Self {
                self $($path)* .permission_prompts = Some(who.into());
                self
            }

            /// Whether the session may be switched to `bypassPermissions` while it runs: `--allow-dangerously-skip-permissions`.
            /// Default: no. The SDK never sets it by itself.
            pub fn allow_dangerously_skip_permissions(mut self, on: bool) -> Self {
                self $($path)* .allow_dangerously_skip_permissions = Some(on);
                self
            }

            /// The uuid of the last message to keep of the conversation that `resume` names: `--resume-session-at=`. Default: all
            /// of it is kept.
            pub fn resume_session_at(mut self, message: impl Into<String>) -> Self {
                self $($path)* .resume_session_at = Some(message.into());
                self
            }

            /// The uuid of the prompt whose turn `resume_session_at` may cut off: `--resume-drops-turn=`. The CLI refuses a cut
            /// that would drop anything else. Default: no such check.
            pub fn resume_drops_turn(mut self, prompt: impl Into<String>) -> Self {
                self $($path)* .resume_drops_turn = Some(prompt.into());
                self
            }

            /// The title of a new conversation: `title` of the initialize request. Default: the CLI finds one.
            pub fn title(mut self, title: impl Into<String>) -> Self {
                self $($path)* .title = Some(title.into());
                self
            }

            /// Whether the CLI suggests the next prompt after each turn: `promptSuggestions`. Default: the CLI's own.
            pub fn prompt_suggestions(mut self, on: bool) -> Self {
                self $($path)* .prompt_suggestions = Some(on);
                self
            }

            /// Whether sub-agents tell from time to time how far they are: `agentProgressSummaries`. Default: no.
            pub fn agent_progress_summaries(mut self, on: bool) -> Self {
                self $($path)* .agent_progress_summaries = Some(on);
                self
            }

            /// Whether text and thinking of sub-agents are sent too: `forwardSubagentText`. Default: no, their tool calls only.
            pub fn forward_subagent_text(mut self, on: bool) -> Self {
                self $($path)* .forward_subagent_text = Some(on);
                self
            }

            /// Whether the host can stop each background task by itself: `perTaskStopAffordance`. Default: no.
            pub fn per_task_stop_affordance(mut self, on: bool) -> Self {
                self $($path)* .per_task_stop_affordance = Some(on);
                self
            }

            /// Whether prompts are taken as they are, without files for `@path` and without slash commands: `client_composed` of each
            /// prompt. For prompts that hold a stranger's text. Default: no.
            pub fn verbatim_prompts(mut self, on: bool) -> Self {
                self $($path)* .verbatim_prompts = Some(on);
                self
            }

            /// Whether the CLI keeps copies of the files that it changes, so that they can be rewound:
            /// `CLAUDE_CODE_ENABLE_SDK_FILE_CHECKPOINTING`. Default: no.
            pub fn file_checkpointing(mut self, on: bool) -> Self {
                self $($path)* .file_checkpointing = Some(on);
                self
            }

            /// The form of a preview in a question to the user: `CLAUDE_CODE_QUESTION_PREVIEW_FORMAT`. Default: no previews.
            pub fn question_preview(mut self, form: impl Into<$crate::session::options::QuestionPreview>) -> Self {
                self $($path)* .question_preview = Some(form.into());
                self
            }

            /// How often the CLI tries a failed request to the API again, from 0 up: `CLAUDE_CODE_MAX_RETRIES`. Default: 10.
            pub fn max_retries(mut self, retries: u32) -> Self {
                self $($path)* .max_retries = Some(retries);
                self
            }

            /// The name of the application for the service, in the user agent of requests: `CLAUDE_AGENT_SDK_CLIENT_APP`.
            /// Default: none.
            pub fn client_app(mut self, name: impl Into<String>) -> Self {
                self $($path)* .client_app = Some(name.into());
                self
            }

            /// The file that the CLI writes its debug log to: `--debug-file`, which stands for `debug` as well. Default: none.
            pub fn debug_file(mut self, path: impl Into<::std::path::PathBuf>) -> Self {
                self $($path)* .debug_file = Some(path.into());
                self
            }

            /// What the CLI inherits of the environment of this process. Default: all of it, but for what would make it believe that it
            /// runs inside another CLI.
            pub fn inherit_env(mut self, inherit: $crate::transport::Inherit) -> Self {
                self $($path)* .inherit_env = Some(inherit);
                self
            }
        }
    };
}

pub(crate) use extension_setters;
