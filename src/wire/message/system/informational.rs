//! Texts for the user, with what they say for a program.

object! {
    /// A text for the user (`system` / `informational`, CLI 2.1.329).
    pub struct Informational {
        /// The text.
        pub content: String = "content",
        /// How important it is.
        pub level: InformationalLevel = "level",
        /// The tool call that it is about.
        pub tool_use_id: Option<String> = "tool_use_id" declared,
        /// True when the turn does not go on.
        pub prevent_continuation: Option<bool> = "prevent_continuation",
        /// What kind of text it is, such as `hook_callback_failed`.
        pub tag: Option<String> = "tag",
        /// How a prompt ended before the model saw it.
        pub prompt_submit_outcome: Option<PromptSubmitOutcome> = "prompt_submit_outcome",
        /// A note that a plugin left for an agent.
        pub agent_note: Option<AgentNote> = "agent_note" v2_1_332 declared,
        /// The hook that gave no verdict.
        pub hook_no_verdict: Option<HookNoVerdict> = "hook_no_verdict" v2_1_332,
        /// The model that was asked for, and the one that works.
        pub model_restriction: Option<ModelRestriction> = "model_restriction" declared,
        /// Files of a connector that were saved.
        pub saved_files: Vec<SavedFile> = "saved_files" declared,
        /// How many they are, and where they came from.
        pub saved_from: Option<SavedFrom> = "saved_from" v2_1_332 declared,
        /// True when no user caused it.
        pub is_meta: Option<bool> = "isMeta" v2_1_332,
        /// When it was made, ISO 8601.
        pub timestamp: Option<String> = "timestamp" v2_1_332,
    }
}

open_enum! {
    /// How important a text is (`level`).
    pub enum InformationalLevel {
        Info = "info",
        Notice = "notice",
        Suggestion = "suggestion",
        Warning = "warning",
    }
}

object! {
    /// How a prompt ended before the model saw it (`prompt_submit_outcome`, CLI 2.1.329, declared,
    /// not seen).
    pub struct PromptSubmitOutcome {
        /// How.
        pub kind: Option<PromptEnd> = "kind" declared,
        /// Why a hook gave no verdict.
        pub no_verdict_kind: Option<NoVerdictKind> = "no_verdict_kind" declared,
        /// True when the prompt stays in the conversation.
        pub prompt_kept: bool = "prompt_kept" declared,
        /// Why, in the hook's words.
        pub reason: Option<String> = "reason" declared,
    }
}

open_enum! {
    /// How a prompt ended before the model saw it (`kind` of a `prompt_submit_outcome`).
    pub enum PromptEnd {
        BlockedByHook = "blocked_by_hook",
        StoppedByHook = "stopped_by_hook",
        DroppedByHook = "dropped_by_hook",
        NotPassedOn = "not_passed_on",
        NoVerdict = "no_verdict",
    }
}

open_enum! {
    /// Why a hook gave no verdict (`no_verdict_kind`).
    pub enum NoVerdictKind {
        RemoteRunFailed = "remote_run_failed",
        RemoteRunTimedOut = "remote_run_timed_out",
        Interrupted = "interrupted",
        RemoteRunnerRefused = "remote_runner_refused",
        UnsupportedInCloudSession = "unsupported_in_cloud_session",
        OutputDistrusted = "output_distrusted",
        CallbackTimedOut = "callback_timed_out",
        HookFailed = "hook_failed",
        HookTimedOut = "hook_timed_out",
        HooksNeverRan = "hooks_never_ran",
        PersonalConfigRefused = "personal_config_refused",
        RewriteUnplaceable = "rewrite_unplaceable",
    }
}

object! {
    /// A note that a plugin left for an agent (`agent_note`, CLI 2.1.332, declared, not seen).
    pub struct AgentNote {
        /// The agent that it is for.
        pub to: AgentRef = "to" v2_1_332 declared,
        /// The agent that it is about.
        pub about: AgentRef = "about" v2_1_332 declared,
        /// The note.
        pub text: String = "text" v2_1_332 declared,
        /// The plugin.
        pub source: String = "source" v2_1_332 declared,
    }
}

object! {
    /// An agent, as a note names it (`to` and `about` of an `agent_note`, CLI 2.1.332, declared,
    /// not seen).
    pub struct AgentRef {
        /// What kind of agent.
        pub kind: AgentRefKind = "kind" v2_1_332 declared,
        /// What it does.
        pub description: Option<String> = "description" v2_1_332 declared,
        /// The call that started it.
        pub tool_use_id: Option<String> = "tool_use_id" v2_1_332 declared,
    }
}

open_enum! {
    /// What kind of agent a note names (`kind`).
    pub enum AgentRefKind {
        Main = "main",
        Agent = "agent",
        Session = "session",
    }
}

object! {
    /// A hook that gave no verdict (`hook_no_verdict`, CLI 2.1.332).
    pub struct HookNoVerdict {
        /// The event.
        pub hook_event: String = "hook_event" v2_1_332,
        /// The call.
        pub tool_use_id: String = "tool_use_id" v2_1_332,
        /// True when it took too long.
        pub timed_out: bool = "timed_out" v2_1_332,
        /// The plugin that it is from.
        pub plugin_id: Option<String> = "plugin_id" declared,
        /// Where the plugin is.
        pub plugin_root: Option<String> = "plugin_root" declared,
    }
}

object! {
    /// A model that was refused (`model_restriction`, CLI 2.1.329, declared, not seen).
    pub struct ModelRestriction {
        /// The model that was asked for.
        pub requested_model: String = "requested_model" declared,
        /// The model that works.
        pub effective_model: String = "effective_model" declared,
        /// When it was refused.
        pub at: Option<RestrictedAt> = "at" declared,
    }
}

open_enum! {
    /// When a model was refused (`at` of a `model_restriction`).
    pub enum RestrictedAt {
        Start = "start",
        Switch = "switch",
        Resume = "resume",
    }
}

object! {
    /// A file that was saved (an item of `saved_files`, CLI 2.1.329, declared, not seen).
    pub struct SavedFile {
        /// The line of the text that names it.
        pub line: u64 = "line" declared,
        /// Where it is.
        pub path: String = "path" declared,
        /// How the text names it.
        pub shown: String = "shown" declared,
    }
}

object! {
    /// Files that were saved (`saved_from`, CLI 2.1.332, declared, not seen).
    pub struct SavedFrom {
        /// How many.
        pub files: u64 = "files" v2_1_332 declared,
        /// The only one.
        pub file: Option<String> = "file" v2_1_332 declared,
        /// The app that they came from.
        pub app: Option<String> = "app" v2_1_332 declared,
    }
}
