use crate::wire::PermissionMode;
use crate::wire::json::RawJson;

object! {
    /// What every event has (CLI 2.1.329).
    pub struct HookBase {
        /// The session.
        pub session_id: String = "session_id" required,
        /// The file that holds the session's transcript.
        pub transcript_path: String = "transcript_path" required,
        /// The working directory.
        pub cwd: String = "cwd" required,
        /// The event.
        pub hook_event_name: String = "hook_event_name" required,
        /// The prompt that is worked on.
        pub prompt_id: Option<String> = "prompt_id",
        /// What may be done without asking.
        pub permission_mode: Option<PermissionMode> = "permission_mode",
        /// The sub-agent that the event comes from; `None` for the main thread.
        pub agent_id: Option<String> = "agent_id",
        /// The type of the agent.
        pub agent_type: Option<String> = "agent_type",
        /// How hard the model works.
        pub effort: Option<HookEffort> = "effort",
    }
}

object! {
    /// How hard the model works (`effort`, CLI 2.1.329).
    pub struct HookEffort {
        /// The level, such as `medium`.
        pub level: String = "level",
    }
}

impl HookBase {
    /// What an input says; fields that are missing or of the wrong type are empty.
    pub fn of(input: &RawJson) -> Self {
        super::event::decode(input).unwrap_or_default()
    }
}
