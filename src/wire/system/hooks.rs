//! Progress of hooks.

object! {
    /// A hook started (`system` / `hook_started`, CLI 2.1.329).
    pub struct HookStarted {
        /// This run of the hook.
        pub hook_id: String = "hook_id",
        /// The hook's name, such as `PreToolUse:Bash`.
        pub hook_name: String = "hook_name",
        /// The event that it runs for.
        pub hook_event: String = "hook_event",
        /// A short name for the user.
        pub label: Option<String> = "label" declared,
        /// Who configured it, such as `user_settings`; an open set.
        pub origin: Option<String> = "origin" declared,
        /// The plugin that it is from; not trustworthy.
        pub plugin_name: Option<String> = "plugin_name" declared,
    }
}

object! {
    /// A hook wrote something (`system` / `hook_progress`, CLI 2.1.329, declared, not seen).
    pub struct HookProgress {
        /// This run of the hook.
        pub hook_id: String = "hook_id" declared,
        /// The hook's name, such as `PreToolUse:Bash`.
        pub hook_name: String = "hook_name" declared,
        /// The event that it runs for.
        pub hook_event: String = "hook_event" declared,
        /// Its standard output so far.
        pub stdout: String = "stdout" declared,
        /// Its standard error so far.
        pub stderr: String = "stderr" declared,
        /// Both.
        pub output: String = "output" declared,
        /// True if it continues in the background.
        pub backgrounded: Option<bool> = "backgrounded" declared,
    }
}

object! {
    /// A hook ended (`system` / `hook_response`, CLI 2.1.329).
    pub struct HookResponse {
        /// This run of the hook.
        pub hook_id: String = "hook_id",
        /// The hook's name, such as `PreToolUse:Bash`.
        pub hook_name: String = "hook_name",
        /// The event that it ran for.
        pub hook_event: String = "hook_event",
        /// Its standard output.
        pub stdout: String = "stdout",
        /// Its standard error.
        pub stderr: String = "stderr",
        /// Both.
        pub output: String = "output",
        /// The exit code of its process.
        pub exit_code: Option<i64> = "exit_code",
        /// How it ended.
        pub outcome: HookOutcome = "outcome",
    }
}

open_enum! {
    /// How a hook ended (`outcome`).
    pub enum HookOutcome {
        Success = "success",
        Error = "error",
        Cancelled = "cancelled",
    }
}
