//! Commands that the CLI runs itself.

object! {
    /// A local command that ran (`local_command_run`, CLI 2.1.329).
    pub struct LocalCommandRun {
        /// The command, without the slash.
        pub command: String = "command",
        /// What stands behind it.
        pub args: String = "args",
        /// The plugin that it is from.
        pub plugin: Option<String> = "plugin" declared,
    }
}

object! {
    /// How a local command ended (`local_command_outcome`, CLI 2.1.329, declared, not seen).
    pub struct LocalCommandOutcome {
        /// How.
        pub kind: LocalCommandEnd = "kind" declared,
        /// The command that was probably meant.
        pub suggestion: Option<String> = "suggestion" declared,
    }
}

open_enum! {
    /// How a local command ended (`kind` of a `local_command_outcome`).
    pub enum LocalCommandEnd {
        UnavailableHeadless = "unavailable_headless",
        Unknown = "unknown",
        Failed = "failed",
        RestartRequired = "restart_required",
    }
}
