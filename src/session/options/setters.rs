//! The fluent setters, written once and given to every type that carries [`Options`](super::Options).

/// Gives a type the setters of all options. `option_setters!(Options)` writes into the type itself,
/// `option_setters!(SessionBuilder, options)` into its field `options`.
///
/// Usable in `session` and below.
macro_rules! option_setters {
    ($type:ty) => {
        $crate::session::options::option_setters!(@impl $type, []);
    };
    ($type:ty, $field:ident) => {
        $crate::session::options::option_setters!(@impl $type, [.$field]);
    };
    (@impl $type:ty, [$($path:tt)*]) => {
        /// # Setters of options
        ///
        /// What is not set is left to the layer below, and at last to the CLI. Values are checked when the session starts, and
        /// not by the setter. Where a setter takes a list, it replaces the list of an earlier call.
        impl $type {
            /// The model, by alias or by full name: `--model`. Default: the CLI's own choice.
            pub fn model(mut self, model: impl Into<String>) -> Self {
                self $($path)* .model = Some(model.into());
                self
            }

            /// The models to fall back on when the first is overloaded, by comma: `--fallback-model`.
            /// Default: none. It must differ from `model`.
            pub fn fallback_model(mut self, models: impl Into<String>) -> Self {
                self $($path)* .fallback_model = Some(models.into());
                self
            }

            /// The prompt in place of the CLI's own: `--system-prompt`. Default: the CLI's own. One longer
            /// than 8 KiB goes into the initialize request instead.
            ///
            /// A shorter one stands on the command line, which every user of the machine can read.
            pub fn system_prompt(mut self, text: impl Into<String>) -> Self {
                let prompt = $crate::session::options::SystemPrompt::Text(text.into());
                self $($path)* .system_prompt = Some(prompt);
                self
            }

            /// A text after the CLI's own prompt: `--append-system-prompt`. It replaces what
            /// `system_prompt` has set. One longer than 8 KiB goes into the initialize request instead.
            pub fn append_system_prompt(mut self, text: impl Into<String>) -> Self {
                let prompt = $crate::session::options::SystemPrompt::Append(text.into());
                self $($path)* .system_prompt = Some(prompt);
                self
            }

            /// A file that holds the prompt in place of the CLI's own: `--system-prompt-file`. It
            /// replaces what `system_prompt` has set. A relative path starts at the child's `cwd`.
            pub fn system_prompt_file(mut self, path: impl Into<::std::path::PathBuf>) -> Self {
                let prompt = $crate::session::options::SystemPrompt::File(path.into());
                self $($path)* .system_prompt = Some(prompt);
                self
            }

            /// Rules for what needs no permission prompt, such as `Read` or `Bash(git:*)`: `--allowed-tools`,
            /// joined by commas. Default: none beyond the settings of the CLI.
            ///
            /// One rule is one item: parentheses are balanced, and blanks and commas stand between them only.
            /// Names of tools are passed on unchecked.
            pub fn allowed_tools<T: Into<String>>(
                mut self,
                rules: impl IntoIterator<Item = T>,
            ) -> Self {
                self $($path)* .allowed_tools = Some(rules.into_iter().map(Into::into).collect());
                self
            }

            /// Rules for what is always refused: `--disallowed-tools`, in the form of `allowed_tools`.
            /// Default: none beyond the settings of the CLI.
            pub fn disallowed_tools<T: Into<String>>(
                mut self,
                rules: impl IntoIterator<Item = T>,
            ) -> Self {
                self $($path)* .disallowed_tools =
                    Some(rules.into_iter().map(Into::into).collect());
                self
            }

            /// The built-in tools that the model has at all: `--tools`. The empty list, sent as `--tools=`, is
            /// none of them; `["default"]` is all. Default: all.
            pub fn tools<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
                self $($path)* .tools = Some(names.into_iter().map(Into::into).collect());
                self
            }

            /// How many requests to the model one query may take, from 1 up: `--max-turns`. Default: no limit.
            pub fn max_turns(mut self, turns: u32) -> Self {
                self $($path)* .max_turns = Some(turns);
                self
            }

            /// What the session may cost, in US dollars, finite and from 0 up: `--max-budget-usd`.
            /// Default: no limit.
            pub fn max_budget_usd(mut self, usd: f64) -> Self {
                self $($path)* .max_budget_usd = Some(usd);
                self
            }

            /// How tools are decided about that no rule covers: `--permission-mode`. Default: the CLI's
            /// own. The SDK never chooses `bypassPermissions` by itself.
            pub fn permission_mode(
                mut self,
                mode: impl Into<$crate::session::options::PermissionMode>,
            ) -> Self {
                self $($path)* .permission_mode = Some(mode.into());
                self
            }

            /// The MCP tool that is asked for permission: `--permission-prompt-tool`. Default: none, so
            /// what would have been asked is refused. Not together with a permission handler.
            pub fn permission_prompt_tool(mut self, tool: impl Into<String>) -> Self {
                self $($path)* .permission_prompt_tool = Some(tool.into());
                self
            }

            /// The id of the conversation to take up, a UUID: `--resume=`. Default: a new one.
            /// Not together with `continue_conversation`.
            pub fn resume(mut self, session_id: impl Into<String>) -> Self {
                self $($path)* .resume = Some(session_id.into());
                self
            }

            /// Whether to take up the latest conversation of the working directory: `--continue`.
            /// Default: no. Not together with `resume`.
            pub fn continue_conversation(mut self, on: bool) -> Self {
                self $($path)* .continue_conversation = Some(on);
                self
            }

            /// Whether the conversation that is taken up goes on under a new id, and the old one is left
            /// alone: `--fork-session`. Default: no. It needs `resume` or `continue_conversation`.
            pub fn fork_session(mut self, on: bool) -> Self {
                self $($path)* .fork_session = Some(on);
                self
            }

            /// The id of the new conversation, a UUID that is not in use: `--session-id`. Default: the CLI
            /// makes one. Beside `resume` or `continue_conversation` it needs `fork_session`.
            pub fn session_id(mut self, session_id: impl Into<String>) -> Self {
                self $($path)* .session_id = Some(session_id.into());
                self
            }

            /// Whether the conversation is kept off the disk, so that it cannot be resumed:
            /// `--no-session-persistence`. Default: no.
            pub fn no_session_persistence(mut self, on: bool) -> Self {
                self $($path)* .no_session_persistence = Some(on);
                self
            }

            /// The working directory of the CLI and its tools. Default: this process's. It is set when the
            /// child is spawned, and is never a flag.
            pub fn cwd(mut self, path: impl Into<::std::path::PathBuf>) -> Self {
                self $($path)* .cwd = Some(path.into());
                self
            }

            /// One more directory that the tools may use beside `cwd`: `--add-dir`. Default: none.
            pub fn add_dir(mut self, path: impl Into<::std::path::PathBuf>) -> Self {
                self $($path)* .add_dirs.get_or_insert_default().push(path.into());
                self
            }

            /// The directories that the tools may use beside `cwd`, in place of those added before:
            /// `--add-dir`, once for each. Default: none.
            pub fn add_dirs<T: Into<::std::path::PathBuf>>(
                mut self,
                paths: impl IntoIterator<Item = T>,
            ) -> Self {
                self $($path)* .add_dirs = Some(paths.into_iter().map(Into::into).collect());
                self
            }

            /// Whether the answer arrives in pieces, as stream events: `--include-partial-messages`.
            /// Default: no, whole blocks only.
            pub fn include_partial_messages(mut self, on: bool) -> Self {
                self $($path)* .include_partial_messages = Some(on);
                self
            }

            /// Whether messages tell of hooks as they run: `--include-hook-events`. Default: no.
            pub fn include_hook_events(mut self, on: bool) -> Self {
                self $($path)* .include_hook_events = Some(on);
                self
            }

            /// Whether the CLI sends prompts back as it takes them in: `--replay-user-messages`.
            /// Default: no.
            pub fn replay_user_messages(mut self, on: bool) -> Self {
                self $($path)* .replay_user_messages = Some(on);
                self
            }

            /// Whether the CLI sends each line that it writes to the transcript: `--session-mirror`. They come as
            /// [`SessionEvent::Control`]($crate::session::SessionEvent::Control), whose frame
            /// [`Control::of`]($crate::wire::Control::of) types as a
            /// [`TranscriptMirror`]($crate::wire::TranscriptMirror), for a store of the host's own. Default: no.
            pub fn session_mirror(mut self, on: bool) -> Self {
                self $($path)* .session_mirror = Some(on);
                self
            }

            /// One more source of MCP servers. A file: `--mcp-config`. An object with `mcpServers`: `mcpServers` of the
            /// initialize request, with `--await-initialize`, so that no token in it is on the command line. Default: none.
            pub fn mcp_config(
                mut self,
                config: impl Into<$crate::session::options::FileOrJson>,
            ) -> Self {
                self $($path)* .mcp_config.get_or_insert_default().push(config.into());
                self
            }

            /// Whether only the servers of `mcp_config` are used: `--strict-mcp-config`. Default: no.
            pub fn strict_mcp_config(mut self, on: bool) -> Self {
                self $($path)* .strict_mcp_config = Some(on);
                self
            }

            /// More settings for the CLI. A file: `--settings`. An object: `settings` of the initialize request, with
            /// `--initialize-fields` and `--await-initialize`, so that no key in it is on the command line. Default: none.
            pub fn settings(
                mut self,
                settings: impl Into<$crate::session::options::FileOrJson>,
            ) -> Self {
                self $($path)* .settings = Some(settings.into());
                self
            }

            /// The places that the CLI loads settings from: `--setting-sources`. The empty list, sent as
            /// `--setting-sources=`, is none. Default: all.
            pub fn setting_sources<T: Into<$crate::session::options::SettingSource>>(
                mut self,
                sources: impl IntoIterator<Item = T>,
            ) -> Self {
                self $($path)* .setting_sources = Some(sources.into_iter().map(Into::into).collect());
                self
            }

            /// The JSON Schema that the answer must meet, an object: `--json-schema`. Default: free text.
            pub fn json_schema(mut self, schema: ::serde_json::Value) -> Self {
                self $($path)* .json_schema = Some(schema);
                self
            }

            /// How hard the model tries: `--effort`. Default: the model's own.
            pub fn effort(mut self, effort: impl Into<$crate::session::options::Effort>) -> Self {
                self $($path)* .effort = Some(effort.into());
                self
            }

            /// Whether and how long the model thinks: `--thinking` or `--max-thinking-tokens`. A budget is in
            /// tokens, from 1 up. Default: the CLI's own.
            pub fn thinking(mut self, thinking: $crate::session::options::Thinking) -> Self {
                self $($path)* .thinking = Some(thinking);
                self
            }

            /// Names of beta features of the API: `--betas`, joined by commas. Default: none.
            pub fn betas<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
                self $($path)* .betas = Some(names.into_iter().map(Into::into).collect());
                self
            }

            /// The agent that leads the conversation: `--agent`. Default: the CLI's own.
            pub fn agent(mut self, name: impl Into<String>) -> Self {
                self $($path)* .agent = Some(name.into());
                self
            }

            /// Whether the CLI writes its debug log: `--debug`. Default: no. `debug_file` says where to.
            pub fn debug(mut self, on: bool) -> Self {
                self $($path)* .debug = Some(on);
                self
            }

            /// One more flag that has no option here, with its value: `--name value`. Default: none.
            ///
            /// The name is written without dashes. A flag that an option covers is refused.
            pub fn extra_arg(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
                let argument = (name.into(), Some(value.into()));
                self $($path)* .extra_args.get_or_insert_default().push(argument);
                self
            }

            /// One more flag that has no option here and takes no value: `--name`. Default: none.
            pub fn extra_flag(mut self, name: impl Into<String>) -> Self {
                self $($path)* .extra_args.get_or_insert_default().push((name.into(), None));
                self
            }

            /// How long a whole turn may take, longer than zero. Default: 300 seconds. It begins when
            /// the prompt is written, and goes on while a slow reader holds the CLI back.
            ///
            /// The SDK keeps this timer; it is never a flag. When it runs out, the turn ends with its
            /// error at once. The CLI is interrupted, and what it still says of the turn is read
            /// and counted as [drained](crate::protocol::Counters::drained) before the next prompt is
            /// written: see `drain_timeout`. A result that has been written by then counts, also where
            /// this program was stopped meanwhile and reads it later.
            pub fn timeout(mut self, limit: ::std::time::Duration) -> Self {
                self $($path)* .timeout = Some(limit);
                self
            }

            /// Lets a turn take as long as it will, whatever a layer below says.
            pub fn no_timeout(self) -> Self {
                self.timeout(::std::time::Duration::MAX)
            }

            /// How long a turn may be silent between two messages, longer than zero. Default: as long as
            /// it will.
            pub fn idle_timeout(mut self, limit: ::std::time::Duration) -> Self {
                self $($path)* .idle_timeout = Some(limit);
                self
            }

            /// Lets a turn be silent as long as it will, whatever a layer below says.
            pub fn no_idle_timeout(self) -> Self {
                self.idle_timeout(::std::time::Duration::MAX)
            }

            /// How long the CLI may take to answer a control request, longer than zero. Default: 60 seconds.
            pub fn control_timeout(mut self, limit: ::std::time::Duration) -> Self {
                self $($path)* .control_timeout = Some(limit);
                self
            }

            /// How long the CLI may take to answer the handshake, longer than zero. Default: 60 seconds.
            pub fn initialize_timeout(mut self, limit: ::std::time::Duration) -> Self {
                self $($path)* .initialize_timeout = Some(limit);
                self
            }

            /// How long an interrupted turn may take to end, longer than zero. Default: 10 seconds. Its
            /// own reader does not wait for that, the next prompt does. A CLI that takes longer is ended.
            pub fn drain_timeout(mut self, limit: ::std::time::Duration) -> Self {
                self $($path)* .drain_timeout = Some(limit);
                self
            }

            /// One more variable in the environment of the CLI; it wins over an inherited one.
            pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
                let env = self $($path)* .env.get_or_insert_default();
                env.insert(name.into(), Some(value.into()));
                self
            }

            /// Keeps an inherited variable out of the environment of the CLI.
            pub fn env_remove(mut self, name: impl Into<String>) -> Self {
                self $($path)* .env.get_or_insert_default().insert(name.into(), None);
                self
            }

            /// The API key: `ANTHROPIC_API_KEY` in the environment of the CLI, winning over every other
            /// source. Default: whatever the CLI finds by itself. It is never in an argument or a log.
            pub fn api_key(mut self, key: impl Into<$crate::transport::Secret>) -> Self {
                self $($path)* .api_key = Some(key.into());
                self
            }
        }

        // Behind these, as in the documentation.
        $crate::session::options::extension_setters!($type, [$($path)*]);
    };
}

pub(crate) use option_setters;

option_setters!(super::Options);

#[cfg(test)]
mod tests {
    #![allow(dead_code, unreachable_pub, reason = "most setters go unused here")]

    use super::super::Options;

    struct Builder<'a> {
        options: Options,
        prompt: &'a str,
    }

    option_setters!(Builder<'_>, options);

    #[test]
    fn a_type_with_a_field_of_options_has_the_same_setters() {
        let builder = Builder { options: Options::default(), prompt: "kept" };
        let builder = builder.model("opus").add_dir("/a").no_timeout().env("A", "b");
        let expected = Options::default().model("opus").add_dir("/a").no_timeout().env("A", "b");
        assert_eq!(builder.options, expected);
        assert_eq!(builder.prompt, "kept");
    }
}
