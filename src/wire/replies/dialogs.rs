//! What the CLI's own dialogs show.

use super::server::ModelInfo;

object! {
    /// The CLI's version (reply to `get_binary_version`, CLI 2.1.329).
    pub struct BinaryVersion {
        /// The version.
        pub version: String = "version" required,
        /// When it was built, ISO 8601.
        pub build_time: Option<String> = "buildTime",
        /// The oldest version of the desktop SDK that it works with.
        pub oldest_desktop_sdk: Option<String> = "oldestDesktopSdk",
    }
}

object! {
    /// The models (reply to `list_models`, CLI 2.1.329).
    pub struct ModelList {
        /// The models, including those that cannot be chosen.
        pub models: Vec<ModelInfo> = "models" required,
    }
}

object! {
    /// The state of the session, for display (reply to `get_status`, CLI 2.1.329).
    pub struct StatusDialog {
        /// Titled tables.
        pub sections: Vec<StatusSection> = "sections" required,
    }
}

object! {
    /// A table (an item of `sections`, CLI 2.1.329).
    pub struct StatusSection {
        /// Its title.
        pub title: String = "title",
        /// Its rows.
        pub rows: Vec<StatusRow> = "rows",
    }
}

object! {
    /// A row (an item of `rows`, CLI 2.1.329).
    pub struct StatusRow {
        /// The label.
        pub label: Option<String> = "label",
        /// The value.
        pub value: String = "value",
    }
}

object! {
    /// The plan of the plan mode (reply to `get_plan`, CLI 2.1.329).
    pub struct Plan {
        /// False if there is none.
        pub exists: bool = "exists" required,
        /// The plan, in Markdown.
        pub content: Option<String> = "content" declared,
        /// Its file.
        pub path: Option<String> = "path" declared,
    }
}

object! {
    /// Memory files (reply to `get_memory_dialog`, CLI 2.1.329).
    pub struct Memories {
        /// Files with instructions.
        pub files: Vec<MemoryFile> = "files" required,
        /// Directories of memories.
        pub folders: Vec<MemoryFolder> = "folders" required,
        /// Memories that the CLI wrote automatically.
        pub memories: Vec<MemoryEntry> = "memories",
        /// Whether the CLI writes memories automatically.
        pub auto_memory: AutoMemory = "auto_memory" required,
        /// Whether the CLI tidies them up automatically.
        pub auto_dream: AutoDream = "auto_dream" required,
    }
}

object! {
    /// A file with instructions (an item of `files`, CLI 2.1.329).
    pub struct MemoryFile {
        /// Whose it is, such as `user` or `project`.
        pub kind: String = "kind",
        /// The file.
        pub path: String = "path",
        /// Its name for display.
        pub label: String = "label",
        /// What it is, for display.
        pub description: String = "description",
        /// True if it exists.
        pub exists: bool = "exists",
    }
}

object! {
    /// A directory of memories (an item of `folders`, CLI 2.1.329).
    pub struct MemoryFolder {
        /// Whose they are, such as `auto`.
        pub kind: String = "kind",
        /// The directory.
        pub path: String = "path",
        /// Its name for display.
        pub label: String = "label",
        /// What it is, for display.
        pub description: String = "description",
    }
}

object! {
    /// A memory (an item of `memories`, CLI 2.1.329, declared, not seen).
    pub struct MemoryEntry {
        /// Its name.
        pub name: String = "name" declared,
        /// Its file.
        pub path: String = "path" declared,
        /// Its subject.
        pub description: Option<String> = "description" declared,
        /// The kind of memory, such as `feedback`.
        pub kind: Option<String> = "type" declared,
        /// When it was written, in milliseconds since 1970.
        pub modified_ms: f64 = "modified_ms" declared,
    }
}

object! {
    /// Whether the CLI writes memories automatically (`auto_memory`, CLI 2.1.329).
    pub struct AutoMemory {
        /// True if it does.
        pub enabled: bool = "enabled",
        /// True if that can be changed.
        pub toggleable: bool = "toggleable",
        /// The same for display.
        pub status: String = "status",
    }
}

object! {
    /// Whether the CLI tidies its memories up automatically (`auto_dream`, CLI 2.1.329).
    pub struct AutoDream {
        /// True if it should be shown.
        pub shown: bool = "shown",
        /// True if it does.
        pub enabled: bool = "enabled",
        /// True if that can be changed.
        pub toggleable: bool = "toggleable",
        /// The same for display.
        pub status: String = "status",
        /// More, for display.
        pub detail: String = "detail",
    }
}

object! {
    /// The skills (reply to `get_skills_dialog`, CLI 2.1.329).
    pub struct SkillList {
        /// The skills.
        pub skills: Vec<Skill> = "skills" required,
    }
}

object! {
    /// A skill (an item of `skills`, CLI 2.1.329).
    pub struct Skill {
        /// Its name.
        pub name: String = "name",
        /// Its name for display.
        pub display_name: String = "display_name",
        /// When to use it.
        pub description: String = "description",
        /// Its origin, such as `project`.
        pub source: String = "source",
        /// Tokens of what the model sees of it.
        pub tokens: u64 = "tokens",
        /// Who may use it: `on`, `name-only`, `user-invocable-only` or `off`.
        pub state: String = "state",
        /// Who decided that, if it cannot be changed.
        pub locked_by: Option<String> = "locked_by" declared,
        /// True if the model sees it.
        pub advertised: bool = "advertised",
        /// Its other names.
        pub handles: SkillHandles = "handles",
    }
}

object! {
    /// The names of a skill (`handles`, CLI 2.1.329).
    pub struct SkillHandles {
        /// Its name without the plugin's.
        pub unqualified_name: Option<String> = "unqualified_name" declared,
        /// Other names.
        pub aliases: Vec<String> = "aliases" declared,
        /// True if the short name belongs to something else.
        pub bare_name_reserved: Option<bool> = "bare_name_reserved" declared,
    }
}

object! {
    /// The sandbox (reply to `get_sandbox_dialog`, CLI 2.1.329).
    pub struct Sandbox {
        /// True if this machine can have one.
        pub supported: bool = "supported" required,
        /// Why not.
        pub unsupported_reason: Option<String> = "unsupported_reason" declared,
        /// True if the administrator decides.
        pub locked: bool = "locked" required,
        /// True if the administrator decides on the exceptions.
        pub overrides_locked: bool = "overrides_locked" required,
        /// Where the administrator's settings come from.
        pub policy_origins: Vec<String> = "policy_origins",
        /// True if it is on in this session.
        pub enabled: bool = "enabled" required,
        /// True if the settings switch it on.
        pub enabled_in_settings: bool = "enabled_in_settings" required,
        /// Why it is off although the settings switch it on.
        pub unavailable_reason: Option<String> = "unavailable_reason" declared,
        /// What it means for permissions: `auto-allow`, `regular` or `disabled`.
        pub mode: String = "mode" required,
        /// True if sandboxed commands can be allowed automatically.
        pub auto_allow_available: bool = "auto_allow_available",
        /// True if it may be switched off.
        pub no_sandbox_allowed: bool = "no_sandbox_allowed",
        /// True if a command may run outside if it cannot run inside.
        pub unsandboxed_fallback: bool = "unsandboxed_fallback",
        /// Its missing requirements.
        pub dependencies: SandboxDependencies = "dependencies",
        /// Commands that run outside.
        pub excluded_commands: Vec<String> = "excluded_commands",
        /// What is forbidden inside.
        pub restrictions: SandboxRestrictions = "restrictions",
        /// What the sandbox allows and denies.
        pub lists: Option<SandboxLists> = "lists" v2_1_332 declared,
        /// The settings that the session reads, if these are not all.
        pub setting_sources: Option<String> = "setting_sources" v2_1_332 declared,
    }
}

object! {
    /// Missing requirements of the sandbox (`dependencies`, CLI 2.1.329).
    pub struct SandboxDependencies {
        /// The required ones.
        pub errors: Vec<String> = "errors",
        /// The optional ones.
        pub warnings: Vec<String> = "warnings",
    }
}

object! {
    /// What is forbidden inside the sandbox (`restrictions`, CLI 2.1.329).
    pub struct SandboxRestrictions {
        /// Paths that cannot be read.
        pub fs_deny_read: Vec<String> = "fs_deny_read",
        /// Exceptions to that.
        pub fs_allow_read: Vec<String> = "fs_allow_read",
        /// Paths that can be written.
        pub fs_allow_write: Vec<String> = "fs_allow_write",
        /// Exceptions to that.
        pub fs_deny_write: Vec<String> = "fs_deny_write",
        /// Hosts that can be reached.
        pub network_allowed_domains: Vec<String> = "network_allowed_domains",
        /// Hosts that cannot be reached.
        pub network_denied_domains: Vec<String> = "network_denied_domains",
        /// True if the administrator decides on the network.
        pub network_managed: bool = "network_managed",
        /// Sockets that can be used.
        pub unix_sockets: Vec<String> = "unix_sockets",
        /// True if all of them can.
        pub allow_all_unix_sockets: bool = "allow_all_unix_sockets",
        /// Patterns of paths that have no effect on this machine.
        pub ignored_glob_patterns: Vec<String> = "ignored_glob_patterns",
        /// Sockets that have no effect on this machine.
        pub ignored_unix_sockets: Vec<String> = "ignored_unix_sockets",
    }
}

object! {
    /// What a sandbox allows and denies (`lists`, CLI 2.1.332, declared, not seen).
    pub struct SandboxLists {
        /// The lists that are not empty.
        pub rows: Vec<SandboxRow> = "rows" required v2_1_332 declared,
        /// True if files are restricted.
        pub files_confined: bool = "files_confined" v2_1_332 declared,
        /// True if all Unix sockets are open.
        pub all_unix_sockets: bool = "all_unix_sockets" v2_1_332 declared,
        /// What happens to hosts that are on no list.
        pub other_hosts: OtherHosts = "other_hosts" v2_1_332 declared,
    }
}

object! {
    /// One list of a sandbox (an item of `rows`, CLI 2.1.332, declared, not seen).
    pub struct SandboxRow {
        /// Which list.
        pub id: SandboxList = "id" v2_1_332 declared,
        /// Its entries, at most a thousand.
        pub entries: Vec<String> = "entries" required v2_1_332 declared,
        /// How many there are.
        pub total: u64 = "total" v2_1_332 declared,
    }
}

open_enum! {
    /// A list of a sandbox (`id` of a row).
    pub enum SandboxList {
        ReadsDenied = "reads_denied",
        ReadsAllowedAnyway = "reads_allowed_anyway",
        WritesAllowed = "writes_allowed",
        WritesDenied = "writes_denied",
        WritesAllowedAnyway = "writes_allowed_anyway",
        HostsAllowed = "hosts_allowed",
        HostsDenied = "hosts_denied",
        UnixSocketsAllowed = "unix_sockets_allowed",
    }
}

open_enum! {
    /// What happens to hosts that no list names (`other_hosts`).
    pub enum OtherHosts {
        Refused = "refused",
        ByPermissionMode = "by_permission_mode",
        OwnProxy = "own_proxy",
    }
}
