//! Files, memories, plugins, titles: what happens alongside the conversation.

object! {
    /// The title of the session changed (`system` / `session_title_changed`, CLI 2.1.329).
    pub struct SessionTitleChanged {
        /// The title.
        pub title: String = "title",
    }
}

object! {
    /// A plugin is being installed (`system` / `plugin_install`, CLI 2.1.329, declared, not seen).
    pub struct PluginInstall {
        /// Its progress.
        pub status: PluginInstallStatus = "status" declared,
        /// The plugin.
        pub name: Option<String> = "name" declared,
        /// Why it failed.
        pub error: Option<String> = "error" declared,
    }
}

open_enum! {
    /// The progress of an installation of plugins (`status` of a plugin install).
    pub enum PluginInstallStatus {
        Started = "started",
        Installed = "installed",
        Failed = "failed",
        /// All plugins are done.
        Completed = "completed",
    }
}

object! {
    /// Files were stored on the host's side (`system` / `files_persisted`, CLI 2.1.329, declared,
    /// not seen).
    pub struct FilesPersisted {
        /// The files.
        pub files: Vec<PersistedFile> = "files" required declared,
        /// Those that could not be stored.
        pub failed: Vec<FailedFile> = "failed" required declared,
        /// When, ISO 8601.
        pub processed_at: String = "processed_at" declared,
    }
}

object! {
    /// A stored file (an item of `files`, CLI 2.1.329, declared, not seen).
    pub struct PersistedFile {
        /// Its name.
        pub filename: String = "filename" declared,
        /// Its id in the store.
        pub file_id: String = "file_id" declared,
    }
}

object! {
    /// A file that could not be stored (an item of `failed`, CLI 2.1.329, declared, not seen).
    pub struct FailedFile {
        /// Its name.
        pub filename: String = "filename" declared,
        /// Why.
        pub error: String = "error" declared,
    }
}

object! {
    /// Memories were recalled (`system` / `memory_recall`, CLI 2.1.329, declared, not seen).
    pub struct MemoryRecall {
        /// How.
        pub mode: MemoryMode = "mode" declared,
        /// The memories.
        pub memories: Vec<RecalledMemory> = "memories" required declared,
    }
}

object! {
    /// A memory (an item of `memories`, CLI 2.1.329, declared, not seen).
    pub struct RecalledMemory {
        /// Its file.
        pub path: String = "path" declared,
        /// Whose it is.
        pub scope: MemoryScope = "scope" declared,
        /// What it says.
        pub content: Option<String> = "content" declared,
    }
}

open_enum! {
    /// How memories were recalled (`mode`).
    pub enum MemoryMode {
        Select = "select",
        Synthesize = "synthesize",
    }
}

open_enum! {
    /// Whose memory it is (`scope` of a memory).
    pub enum MemoryScope {
        Personal = "personal",
        Team = "team",
        Organization = "organization",
    }
}

object! {
    /// The disk was full and something was not written (`system` / `session_writes_lost`, CLI
    /// 2.1.329, declared, not seen).
    pub struct SessionWritesLost {
        /// The error of the system: `ENOSPC` or `EDQUOT`.
        pub error_code: String = "error_code" declared,
        /// What was lost: `transcript` or `global_config`.
        pub lost: Vec<String> = "lost" required declared,
        /// The sessions whose transcripts have gaps.
        pub transcript_session_ids: Option<Vec<String>> = "transcript_session_ids" declared,
    }
}

object! {
    /// The worker of a remote session ends (`system` / `worker_shutting_down`, CLI 2.1.329,
    /// declared, not seen).
    pub struct WorkerShuttingDown {
        /// Why, such as `host_exit`.
        pub reason: String = "reason" declared,
    }
}

object! {
    /// The session store of an SDK failed (`system` / `mirror_error`, CLI 2.1.329, declared, not
    /// seen). Made by SDKs; the CLI never sends it.
    pub struct MirrorError {
        /// What went wrong.
        pub error: String = "error" declared,
        /// What could not be stored.
        pub key: MirrorKey = "key" declared,
    }
}

object! {
    /// A transcript in a session store (`key`, CLI 2.1.329, declared, not seen).
    pub struct MirrorKey {
        /// The project.
        pub project_key: String = "projectKey" declared,
        /// The session.
        pub session_id: String = "sessionId" declared,
        /// The part of the session, such as a sub-agent.
        pub subpath: Option<String> = "subpath" declared,
    }
}

object! {
    /// A summary after a turn (`system` / `post_turn_summary`, CLI 2.1.329, declared, not seen).
    pub struct PostTurnSummary {
        /// The message that it sums up.
        pub summarizes_uuid: String = "summarizes_uuid" declared,
        /// The state of the work, as a category.
        pub status_category: String = "status_category" declared,
        /// The same, in words.
        pub status_detail: String = "status_detail" declared,
        /// What the user has to do.
        pub needs_action: String = "needs_action" declared,
    }
}
