//! The one declaration of every option: its field and setter, what it becomes on the wire, its key
//! in the configuration, its check, its default and its documentation.
//!
//! [`declare`](super::declare) makes the struct, the layers, the arguments, the initialize fields,
//! the variables, the configuration keys and the rows of the table out of it;
//! [`setters`](super::setters) the setters. The order here is the order of the arguments and of all
//! tables. An option has these clauses, in this order:
//!
//! | clause | what it says |
//! |---|---|
//! | `set` | the setter takes a value (`into` or `as_is`), a `switch`, a `list<T>`, a `map<T>`, or a `map_of<T>` whose values are not converted; `push<T>` adds one item, `flags` one flag; `none`: it is written by hand in `setters.rs` |
//! | `default` | what holds where no layer sets it, in words |
//! | `argv` | the method of `Argv` that writes it, and its flags |
//! | `also` | further flags that setting it writes |
//! | `initialize` | its field of the initialize request; `= f` where that is not the value as JSON but what `f` makes of all options |
//! | `claim` | its field of `claim_session`, for a process that was started in advance; `= f` as for `initialize` |
//! | `env` | its variable for the CLI, as a `text` or a `switch` |
//! | `config` | its key in the configuration, the method of `Input` that reads it, and its values in words |
//! | `check` | the function of `check.rs` that a value must pass |
//! | `debug` | the function of the module `debug` of `declare.rs` that hides what may be secret |
//! | `session` | `only`: a query that sets it is refused; `start`: so too, and it is dropped once the CLI has confirmed a conversation |
//! | `index` | its row in the index of [`SessionBuilder`](crate::SessionBuilder) |

/// Hands the declarations to the macro `$then`, behind its other arguments.
macro_rules! option_table {
    ($then:ident $($with:tt)*) => { $crate::session::options::$then! { $($with)*
        /// Whether a conversation keeps the system prompt that it began with, whatever later
        /// launches say. CLI 2.1.329 keeps it without a message, so a launch with a system prompt
        /// sends `false`.
        system_prompt_snapshot: bool {
            set switch;
            default "yes; no where `system_prompt` is set";
            initialize "systemPromptSnapshot" = prompt_snapshot;
            index model;
        }

        /// The system prompt: in place of the CLI's own, or appended to it. One of up to 8 KiB is
        /// an argument, which every user of the machine can read; a longer one, or one in blocks, is
        /// an initialize field.
        system_prompt: $crate::session::options::SystemPrompt {
            set none;
            default "the CLI's own prompt";
            argv system_prompt "--system-prompt" "--append-system-prompt" "--system-prompt-file";
            initialize "systemPrompt" = sent_prompt;
            initialize "appendSystemPrompt" = long_appended_prompt;
            claim "system_prompt" = claimed_prompt;
            claim "append_system_prompt" = appended_prompt;
            config "system_prompt" prompt "text";
            config "append_system_prompt" appended_prompt "text";
            config "system_prompt_file" prompt_file "path";
            check system_prompt;
            index model;
        }

        /// Whether the parts of the CLI's own prompt that differ from user to user are left out, so
        /// that it can be cached for all of them.
        exclude_dynamic_sections: bool {
            set switch;
            default "no";
            initialize "excludeDynamicSections";
            index model;
        }

        /// What plan mode asks of the model, in place of the CLI's own text.
        plan_mode_instructions: String {
            set into;
            default "the CLI's own text";
            initialize "planModeInstructions";
            index permission;
        }

        /// Rules for what needs no permission prompt, such as `Read` or `Bash(git:*)`; joined by
        /// commas on the command line.
        ///
        /// One rule is one item: its parentheses are balanced, and spaces and commas are only
        /// inside them. Names of tools are passed on unchecked.
        allowed_tools: Vec<String> {
            set list<String>;
            default "none beyond the settings";
            argv list "--allowed-tools" "--allowedTools";
            config "allowed_tools" list "list";
            check rules;
            index permission;
        }

        /// Rules for what is always refused, in the form of `allowed_tools`.
        disallowed_tools: Vec<String> {
            set list<String>;
            default "none beyond the settings";
            argv list "--disallowed-tools" "--disallowedTools";
            config "disallowed_tools" list "list";
            check rules;
            index permission;
        }

        /// The built-in tools that the model has at all. The empty list, sent as `--tools=`, is
        /// none of them; `["default"]` is all.
        tools: Vec<String> {
            set list<String>;
            default "all";
            argv list_or_none "--tools";
            config "tools" list "list";
            check rules;
            index permission;
        }

        /// Other names for tools: from the name that the model uses to the tool that is meant, one
        /// step deep.
        tool_aliases: ::std::collections::BTreeMap<String, String> {
            set map<String>;
            default "none";
            initialize "toolAliases";
            check aliases;
            index servers;
        }

        /// The model, by alias or by full name.
        model: String {
            set into;
            default "the CLI's own choice";
            argv text "--model";
            config "model" text "text; without it, the variable `CLAUDE_MODEL`";
            check name;
            index model;
        }

        /// The models to use when the first is overloaded, separated by commas. It must differ from
        /// `model`.
        fallback_model: String {
            set into;
            default "none";
            argv text "--fallback-model";
            config "fallback_model" text "text";
            check name;
            index model;
        }

        /// The agent that leads the conversation: one of `agents`, or one of the settings.
        agent: String {
            set into;
            default "the CLI's own";
            argv text "--agent";
            config "agent" text "text";
            check name;
            index model;
        }

        /// The sub-agents of this session, by name, alongside those in the settings of the CLI.
        agents: ::std::collections::BTreeMap<String, $crate::session::options::AgentDefinition> {
            set map_of<$crate::session::options::AgentDefinition>;
            default "none beyond the settings";
            initialize "agents" = sent_agents;
            claim "agents" = sent_agents;
            check agents;
            index model;
        }

        /// The title of a new conversation.
        title: String {
            set into;
            default "the CLI finds one";
            initialize "title";
            claim "title";
            check name;
            session only;
            index conversation;
        }

        /// The skills that the model may use without asking:
        /// [`Skills::All`](crate::session::options::Skills::All), or the names of some, which hides
        /// the rest. Each adds a rule to `allowed_tools`.
        skills: $crate::session::options::Skills {
            set as_is;
            default "what the settings allow";
            also "--allowed-tools";
            initialize "skills" = named_skills;
            check skills;
            index model;
        }

        /// How tools are decided about that no rule covers. The SDK never chooses
        /// `bypassPermissions` by itself. A word on which the CLI would exit is refused when the
        /// session starts; a mode of a later version can be set once it runs
        /// (`set_permission_mode`).
        permission_mode: $crate::session::options::PermissionMode {
            set into;
            default "what the settings say, else `default`";
            argv word "--permission-mode";
            claim "permission_mode";
            config "permission_mode" word "text";
            check word;
            index permission;
        }

        /// The MCP tool that is asked for permission. Without one, what would have been asked is
        /// refused. Not together with a permission handler.
        permission_prompt_tool: String {
            set into;
            default "none; `stdio` with a permission handler";
            argv text "--permission-prompt-tool";
            config "permission_prompt_tool" text "text";
            check name;
            index permission;
        }

        /// Who answers when the CLI would ask for permission. `none` is not possible together with
        /// a permission handler or `permission_prompt_tool`.
        permission_prompts: $crate::session::options::PermissionPrompts {
            set into;
            default "`host`";
            argv word "--permission-prompts";
            check word;
            index permission;
        }

        /// Whether the session may be switched to `bypassPermissions` while it runs. The SDK never
        /// sets it by itself.
        allow_dangerously_skip_permissions: bool {
            set switch;
            default "no";
            argv switch "--allow-dangerously-skip-permissions";
            index permission;
        }

        /// Whether the CLI suggests the next prompt after each turn.
        prompt_suggestions: bool {
            set switch;
            default "the CLI's own";
            initialize "promptSuggestions";
            index output;
        }

        /// Whether sub-agents report their progress from time to time.
        agent_progress_summaries: bool {
            set switch;
            default "no";
            initialize "agentProgressSummaries";
            index output;
        }

        /// Whether text and thinking of sub-agents are sent as well; by default only their tool
        /// calls are.
        forward_subagent_text: bool {
            set switch;
            default "no";
            initialize "forwardSubagentText";
            index output;
        }

        /// Whether the host can stop each background task by itself.
        per_task_stop_affordance: bool {
            set switch;
            default "no";
            initialize "perTaskStopAffordance";
            index output;
        }

        /// How many requests to the model one query may take, from 1 up.
        max_turns: u32 {
            set as_is;
            default "no limit";
            argv number "--max-turns";
            config "max_turns" whole_number "whole number from 1 up";
            check turns;
            index limits;
        }

        /// What the session may cost, in US dollars, finite and from 0 up.
        max_budget_usd: f64 {
            set as_is;
            default "no limit";
            argv dollars "--max-budget-usd";
            config "max_budget_usd" number "number from 0 up";
            check dollars;
            index limits;
        }

        /// How many tokens the model may plan to use for the whole task, from 1 up. The model sees
        /// the number, and paces itself.
        task_budget: u64 {
            set as_is;
            default "none";
            argv number "--task-budget";
            check tokens;
            index limits;
        }

        /// Whether and how long the model thinks. A budget is in tokens, from 1 up.
        thinking: $crate::session::options::Thinking {
            set as_is;
            default "the CLI's own";
            argv thinking "--thinking" "--max-thinking-tokens";
            config "thinking" thinking "`adaptive`, `disabled`, or a number of tokens";
            check thinking;
            index model;
        }

        /// How much of the thinking is shown. Not together with `Thinking::Disabled`.
        thinking_display: $crate::wire::message::ThinkingDisplay {
            set into;
            default "the model's own";
            argv word "--thinking-display";
            check word;
            index model;
        }

        /// How hard the model tries.
        effort: $crate::session::options::Effort {
            set into;
            default "the model's own";
            argv word "--effort";
            config "effort" word "text";
            check word;
            index model;
        }

        /// Names of beta features of the API, joined by commas on the command line.
        betas: Vec<String> {
            set list<String>;
            default "none";
            argv list "--betas";
            config "betas" list "list";
            check items;
            index model;
        }

        /// The id of the conversation to resume, a UUID. Not together with
        /// `continue_conversation`.
        resume: String {
            set into;
            default "a new conversation";
            argv attached "--resume";
            check uuid;
            session start;
            index conversation;
        }

        /// Whether to resume the latest conversation of the working directory. Not together with
        /// `resume`.
        continue_conversation: bool {
            set switch;
            default "no";
            argv switch "--continue";
            session start;
            index conversation;
        }

        /// Whether the conversation that is resumed goes on under a new id, and the old one is left
        /// as it is. It needs `resume` or `continue_conversation`.
        fork_session: bool {
            set switch;
            default "no";
            argv switch "--fork-session";
            session start;
            index conversation;
        }

        /// The uuid of the last message to keep of the conversation that `resume` names.
        resume_session_at: String {
            set into;
            default "the whole conversation";
            argv attached "--resume-session-at";
            check uuid;
            session start;
            index conversation;
        }

        /// The uuid of the prompt whose turn `resume_session_at` may cut off. The CLI refuses a cut
        /// that would drop anything else.
        resume_drops_turn: String {
            set into;
            default "no check";
            argv attached "--resume-drops-turn";
            check uuid;
            session start;
            index conversation;
        }

        /// The id of the new conversation, a UUID that is not in use. With `resume` or
        /// `continue_conversation` it needs `fork_session`.
        session_id: String {
            set into;
            default "the CLI makes one";
            argv text "--session-id";
            check uuid;
            session start;
            index conversation;
        }

        /// Whether the conversation is kept off the disk, so that it cannot be resumed.
        no_session_persistence: bool {
            set switch;
            default "no";
            argv switch "--no-session-persistence";
            config "no_session_persistence" yes_or_no "yes or no";
            index conversation;
        }

        /// The working directory of the CLI and its tools. It is set when the child is spawned, and
        /// is never a flag. Where the CLI runs on this machine, the directory must exist when the
        /// session starts.
        cwd: ::std::path::PathBuf {
            set into;
            default "that of this process";
            claim "cwd" = claimed_folder;
            config "cwd" path "path";
            check file;
            index place;
        }

        /// The directories that the tools may use in addition to `cwd`, in place of those added
        /// before.
        add_dirs: Vec<::std::path::PathBuf> {
            set list<::std::path::PathBuf>;
            default "none";
            argv each "--add-dir";
            claim "additional_directories";
            config "add_dirs" paths "list of paths";
            check files;
            index place;
        }

        /// One more source of MCP servers. A file is an argument. An object with `mcpServers` is a
        /// field of the initialize request, for which the CLI then waits, so that no token in it is
        /// on the command line.
        mcp_config: Vec<$crate::session::options::FileOrJson> {
            set push<$crate::session::options::FileOrJson>;
            default "none";
            argv each_file "--mcp-config";
            also "--await-initialize";
            initialize "mcpServers" = external_servers;
            config "mcp_config" files "list of paths";
            check server_files;
            index servers;
        }

        /// MCP servers outside this process, by name. No part of them is on the command line.
        /// Together with `strict_mcp_config` these servers are the only ones, with those of
        /// `mcp_config`.
        mcp_servers: ::std::collections::BTreeMap<String, $crate::session::options::McpServer> {
            set none;
            default "none beyond the settings";
            also "--await-initialize";
            initialize "mcpServers" = external_servers;
            index servers;
        }

        /// Time limits and policies for the tools of servers in this process, by the name of the
        /// server. The CLI ignores one of a name that no server has. A server that is added while
        /// the session runs is offered with its entry.
        tool_server_configs: ::std::collections::BTreeMap<String, $crate::session::options::ToolServerConfig> {
            set map_of<$crate::session::options::ToolServerConfig>;
            default "none";
            initialize "sdkMcpServerConfigs" = sent_tool_server_configs;
            index servers;
        }

        /// Whether only the servers of `mcp_config` and `mcp_servers` are used.
        strict_mcp_config: bool {
            set switch;
            default "no";
            argv switch "--strict-mcp-config";
            config "strict_mcp_config" yes_or_no "yes or no";
            index servers;
        }

        /// More settings for the CLI. A file is an argument. An object is a field of the initialize
        /// request, for which the CLI then waits, so that no key in it is on the command line.
        settings: $crate::session::options::FileOrJson {
            set into;
            default "none";
            argv file "--settings";
            also "--initialize-fields" "--await-initialize";
            initialize "settings" = sent_settings;
            config "settings" file "path";
            check settings;
            index settings;
        }

        /// The sandbox that commands run in: a
        /// [`SandboxSettings`](crate::session::options::SandboxSettings), or any object in the form of the
        /// CLI's settings, where it replaces a `sandbox` that `settings` brings as JSON.
        ///
        /// `{"enabled": true}` also sets `failIfUnavailable`, unless it says otherwise: a sandbox
        /// that is not available is an error, and commands do not run without one. Not together
        /// with a settings file: write it into that file.
        ///
        /// The CLI checks settings as a whole. If it rejects one field, it ignores all of them, the
        /// sandbox included, and still reports them as applied: `errors` of
        /// [`Settings::get`](crate::session::control::Settings::get) then names the field, and the first
        /// turn has an [`Informational`](crate::wire::system::notices::Informational) message with
        /// the tag `settings_not_in_effect`.
        sandbox: ::serde_json::Value {
            set into;
            default "what the settings say";
            also "--initialize-fields" "--await-initialize";
            initialize "settings" = sent_settings;
            debug json;
            index permission;
        }

        /// Settings that no layer below can override, an object.
        managed_settings: ::serde_json::Value {
            set as_is;
            default "those of the machine";
            also "--managed-settings-in-initialize" "--await-initialize";
            initialize "managedSettings";
            check object;
            debug json;
            index settings;
        }

        /// The directory whose project settings count.
        project_config_root: ::std::path::PathBuf {
            set into;
            default "the working directory";
            argv text "--project-config-root";
            check file;
            index settings;
        }

        /// Plugins in directories of this machine, each with or without its MCP servers.
        plugins: Vec<$crate::session::options::Plugin> {
            set none;
            default "those installed";
            argv plugins "--plugin-dir" "--plugin-dir-no-mcp";
            check plugins;
            index servers;
        }

        /// The places that the CLI loads settings from. The empty list, sent as
        /// `--setting-sources=`, is none.
        setting_sources: Vec<$crate::session::options::SettingSource> {
            set list<$crate::session::options::SettingSource>;
            default "all";
            argv list_or_none "--setting-sources";
            config "setting_sources" sources "list";
            check items;
            index settings;
        }

        /// The JSON Schema that the answer must meet, an object.
        json_schema: ::serde_json::Value {
            set as_is;
            default "free text";
            argv json "--json-schema";
            check schema;
            index output;
        }

        /// Whether the answer arrives in pieces, as stream events, and not only in whole blocks.
        include_partial_messages: bool {
            set switch;
            default "no";
            argv switch "--include-partial-messages";
            config "include_partial_messages" yes_or_no "yes or no";
            index output;
        }

        /// Whether messages report hooks as they run.
        include_hook_events: bool {
            set switch;
            default "no";
            argv switch "--include-hook-events";
            config "include_hook_events" yes_or_no "yes or no";
            index output;
        }

        /// Whether the CLI sends prompts back as it takes them in.
        replay_user_messages: bool {
            set switch;
            default "no";
            argv switch "--replay-user-messages";
            config "replay_user_messages" yes_or_no "yes or no";
            index output;
        }

        /// Whether the CLI sends each line that it writes to the transcript, for a store of your
        /// own. They arrive as [`SessionEvent::Control`](crate::session::SessionEvent::Control),
        /// whose frame [`ControlFrame::of`](crate::wire::control::ControlFrame::of) types as a
        /// [`TranscriptMirror`](crate::wire::control::TranscriptMirror).
        session_mirror: bool {
            set switch;
            default "no";
            argv switch "--session-mirror";
            index conversation;
        }

        /// Whether prompts are taken as they are, without files for `@path` and without slash
        /// commands: `client_composed` of each prompt. For prompts with text from strangers.
        verbatim_prompts: bool {
            set switch;
            default "no";
            index output;
        }

        /// Whether the CLI keeps copies of the files that it changes, so that they can be rewound.
        file_checkpointing: bool {
            set switch;
            default "no";
            env switch "CLAUDE_CODE_ENABLE_SDK_FILE_CHECKPOINTING";
            config "file_checkpointing" yes_or_no "yes or no";
            index conversation;
        }

        /// The form of a preview in a question to the user.
        question_preview: $crate::session::options::QuestionPreview {
            set into;
            default "no previews";
            env text "CLAUDE_CODE_QUESTION_PREVIEW_FORMAT";
            check word;
            index output;
        }

        /// How often the CLI tries a failed request to the API again, from 0 up.
        max_retries: u32 {
            set as_is;
            default "10";
            env text "CLAUDE_CODE_MAX_RETRIES";
            config "max_retries" whole_number "whole number";
            index limits;
        }

        /// The name of your application, for the user agent of the CLI's requests.
        client_app: String {
            set into;
            default "none";
            env text "CLAUDE_AGENT_SDK_CLIENT_APP";
            config "client_app" text "text";
            check name;
            index diagnosis;
        }

        /// The span that the CLI's own spans belong to, as a W3C `traceparent`, such as
        /// `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`. It is set at each launch of
        /// the CLI.
        ///
        /// With the feature `otel` it is the current span where this is not set: that of the
        /// `query`, `connect` or request for which the CLI is launched. Where one of the two is set,
        /// an inherited `TRACEPARENT` and `TRACESTATE` are stale and never passed on.
        ///
        /// Without either, what this process has inherited is passed on, as the official SDKs do:
        /// a program that knows nothing of traces may run in the job of a build server that traces
        /// its children. If your process outlives the span that started it, such as a server, the
        /// CLI's spans would hang on a span that has ended: leave the variable out by
        /// `env_remove("TRACEPARENT")`, and the `TRACESTATE` goes with it.
        trace_parent: String {
            set into;
            default "that of the current span (feature `otel`), else what is inherited";
            env text "TRACEPARENT";
            check traceparent;
            session only;
            index diagnosis;
        }

        /// What tracing systems add to `trace_parent`, as a W3C `tracestate`, such as
        /// `vendor=value`. It needs `trace_parent`.
        trace_state: String {
            set into;
            default "none, with `trace_parent`";
            env text "TRACESTATE";
            check tracestate;
            session only;
            index diagnosis;
        }

        /// Whether the CLI writes its debug log. `debug_file` says where to.
        debug: bool {
            set switch;
            default "no";
            argv switch "--debug";
            config "debug" yes_or_no "yes or no";
            index diagnosis;
        }

        /// The file that the CLI writes its debug log to; it takes the place of `debug`.
        debug_file: ::std::path::PathBuf {
            set into;
            default "none";
            argv text "--debug-file";
            config "debug_file" path "path";
            check file;
            index diagnosis;
        }

        /// Flags that have no option here: names without dashes, in order, each with its value if
        /// it has one. A flag that an option covers is refused.
        extra_args: Vec<(String, Option<String>)> {
            set flags;
            default "none";
            check extra_flags;
            debug names;
            index diagnosis;
        }

        /// How long a whole turn may take, longer than zero; `Duration::MAX` is without limit. It
        /// begins when the prompt is written, and goes on while a slow reader holds the CLI back.
        ///
        /// The SDK keeps this timer; it is never a flag. When it runs out, the turn ends with its
        /// error at once. The CLI is interrupted, and what it still says of the turn is read and
        /// counted as [drained](crate::protocol::Counters::drained) before the next prompt is
        /// written: see `drain_timeout`. A result that was written by then counts, also where this
        /// program was stopped meanwhile and reads it later.
        timeout: ::std::time::Duration {
            set as_is;
            default "300 s";
            config "timeout_ms" milliseconds "milliseconds, or `off`";
            check longer_than_zero;
            index time;
        }

        /// How long a turn may be silent between two messages, longer than zero; `Duration::MAX` is
        /// without limit.
        ///
        /// Not counted is the time in which the CLI waits for this program (a permission, a hook),
        /// in which a slow reader holds it back, in which a tool runs that has been called and has
        /// no result yet, in which it compacts the conversation, and which it has said to wait
        /// before it asks the API again. A tool that hangs is for `timeout` to end.
        idle_timeout: ::std::time::Duration {
            set as_is;
            default "none";
            config "idle_timeout_ms" milliseconds "milliseconds, or `off`";
            check longer_than_zero;
            index time;
        }

        /// How long the CLI may take to answer a control request, longer than zero; `Duration::MAX`
        /// is without limit.
        control_timeout: ::std::time::Duration {
            set as_is;
            default "60 s";
            config "control_timeout_ms" milliseconds "milliseconds, or `off`";
            check longer_than_zero;
            session only;
            index time;
        }

        /// How long the CLI may take to answer the handshake, longer than zero; `Duration::MAX` is
        /// without limit.
        initialize_timeout: ::std::time::Duration {
            set as_is;
            default "60 s";
            config "initialize_timeout_ms" milliseconds "milliseconds, or `off`";
            check longer_than_zero;
            session only;
            index time;
        }

        /// How long an interrupted turn may take to end, longer than zero; `Duration::MAX` is
        /// without limit. Its own reader does not wait for that, the next prompt does. A CLI that
        /// takes longer is ended.
        drain_timeout: ::std::time::Duration {
            set as_is;
            default "10 s";
            config "drain_timeout_ms" milliseconds "milliseconds, or `off`";
            check longer_than_zero;
            session only;
            index time;
        }

        /// What the child inherits of the environment of this process. What would make the CLI
        /// believe that it runs inside another one is left out in any case.
        inherit_env: $crate::transport::Inherit {
            set as_is;
            default "all, but for what another CLI has set";
            index place;
        }

        /// Environment variables of the child: a value, or `None` to remove an inherited one.
        env: ::std::collections::BTreeMap<String, Option<String>> {
            set none;
            default "none";
            claim "env" = claimed_variables;
            check variables;
            debug keys;
            index place;
        }

        /// The API key: `ANTHROPIC_API_KEY` in the environment of the child, where it wins over
        /// every other source, and nowhere else.
        api_key: $crate::transport::Secret {
            set into;
            default "what the CLI finds";
            env key "ANTHROPIC_API_KEY";
            check key;
            index place;
        }
    } };
}

pub(crate) use option_table;
