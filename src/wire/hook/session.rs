//! The session: its start and end, compactions, settings and instructions.

use super::traits::NoOutput;
use crate::wire::system::status::CompactTrigger;

event! {
    /// A session starts (`SessionStart`, CLI 2.1.329; for a host's hooks only after `/clear` and
    /// after a compaction).
    SessionStart -> SessionStartOutput {
        /// How it starts.
        pub source: StartSource = "source" required,
        /// The type of the agent.
        pub agent_type: Option<String> = "agent_type" declared,
        /// The model.
        pub model: Option<String> = "model",
        /// The session's title.
        pub session_title: Option<String> = "session_title" declared,
        /// Seconds since the last response of a resumed session.
        pub seconds_since_last_response: Option<f64> = "seconds_since_last_response" declared,
        /// Tokens in the context.
        pub context_tokens: Option<u64> = "context_tokens" declared,
        /// True if the prompt cache has probably expired.
        pub prompt_cache_likely_expired: Option<bool> = "prompt_cache_likely_expired" declared,
        /// What writing the cache again would cost, in US dollars.
        pub estimated_cache_write_usd: Option<f64> = "estimated_cache_write_usd" declared,
    }
}

open_enum! {
    /// How a session starts (`source`).
    pub enum StartSource {
        Startup = "startup",
        Resume = "resume",
        Clear = "clear",
        Compact = "compact",
        Fork = "fork",
    }
}

output! {
    /// A hook's answer to the start of a session.
    SessionStartOutput of "SessionStart" {
        /// A text for the model.
        additional_context: String = "additionalContext",
        /// A first prompt.
        initial_user_message: String = "initialUserMessage",
        /// A title for the session.
        session_title: String = "sessionTitle",
        /// Paths to watch for changes.
        watch_paths: Vec<String> = "watchPaths",
        /// True loads the skills again.
        reload_skills: bool = "reloadSkills",
    }
}

event! {
    /// A session ends (`SessionEnd`, CLI 2.1.329; for a host's hooks only at `/clear`).
    SessionEnd -> NoOutput {
        /// Why.
        pub reason: EndReason = "reason" required,
    }
}

open_enum! {
    /// Why a session ends (`reason`).
    pub enum EndReason {
        Clear = "clear",
        Resume = "resume",
        Logout = "logout",
        PromptInputExit = "prompt_input_exit",
        /// `other`, the CLI's own word.
        Unnamed = "other",
    }
}

event! {
    /// The CLI sets itself up (`Setup`, CLI 2.1.329, declared, not seen; never called for a host's
    /// hooks).
    Setup -> SetupOutput {
        /// The occasion.
        pub trigger: SetupTrigger = "trigger" required declared,
    }
}

open_enum! {
    /// The occasion of a setup (`trigger`).
    pub enum SetupTrigger {
        Init = "init",
        Maintenance = "maintenance",
    }
}

output! {
    /// A hook's answer to a setup.
    SetupOutput of "Setup" {
        /// A text for the model.
        additional_context: String = "additionalContext",
    }
}

event! {
    /// The conversation is about to be compacted (`PreCompact`, CLI 2.1.329).
    PreCompact -> NoOutput {
        /// Who started it.
        pub trigger: CompactTrigger = "trigger" required,
        /// What the user wants to keep.
        pub custom_instructions: Option<String> = "custom_instructions",
    }
}

event! {
    /// The conversation has been compacted (`PostCompact`, CLI 2.1.329).
    PostCompact -> NoOutput {
        /// Who started it.
        pub trigger: CompactTrigger = "trigger" required,
        /// The summary from which the conversation continues.
        pub compact_summary: String = "compact_summary",
    }
}

event! {
    /// Settings have changed on disk (`ConfigChange`, CLI 2.1.329).
    ConfigChange -> NoOutput {
        /// Which settings.
        pub source: ConfigSource = "source" required,
        /// The file.
        pub file_path: Option<String> = "file_path",
    }
}

open_enum! {
    /// Which settings have changed (`source`).
    pub enum ConfigSource {
        UserSettings = "user_settings",
        ProjectSettings = "project_settings",
        LocalSettings = "local_settings",
        PolicySettings = "policy_settings",
        Skills = "skills",
    }
}

event! {
    /// A file of instructions was loaded (`InstructionsLoaded`, CLI 2.1.329).
    InstructionsLoaded -> NoOutput {
        /// The file.
        pub file_path: String = "file_path" required,
        /// Whose instructions.
        pub memory_type: MemoryKind = "memory_type",
        /// Why now.
        pub load_reason: LoadReason = "load_reason",
        /// The patterns that the file applies to.
        pub globs: Option<Vec<String>> = "globs" declared,
        /// The file that triggered the load.
        pub trigger_file_path: Option<String> = "trigger_file_path" declared,
        /// The file that includes this one.
        pub parent_file_path: Option<String> = "parent_file_path" declared,
    }
}

open_enum! {
    /// Whose instructions are in a file (`memory_type`).
    pub enum MemoryKind {
        User = "User",
        Project = "Project",
        Local = "Local",
        Managed = "Managed",
    }
}

open_enum! {
    /// Why a file of instructions is loaded (`load_reason`).
    pub enum LoadReason {
        SessionStart = "session_start",
        NestedTraversal = "nested_traversal",
        PathGlobMatch = "path_glob_match",
        Include = "include",
        Compact = "compact",
    }
}

adds_context!(SessionStartOutput, SetupOutput);
