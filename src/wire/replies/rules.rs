//! The permission rules.

use super::hooks::SettingsError;
use crate::wire::json::RawJson;

object! {
    /// The permission rules (reply to `list_permission_rules`, CLI 2.1.329).
    pub struct PermissionRules {
        /// The rules and where they hold.
        pub state: RuleState = "state" required,
    }
}

object! {
    /// The rules and where they hold (`state`, CLI 2.1.329).
    pub struct RuleState {
        /// The rules.
        pub rules: Vec<PermissionRule> = "rules" required,
        /// Directories of the workspace beside the working directory.
        pub workspace_directories: Vec<WorkspaceDirectory> = "workspaceDirectories" required,
        /// The directory that the CLI was started in.
        pub original_cwd: String = "originalCwd" required,
        /// True when only the administrator's rules count.
        pub managed_only: bool = "managedOnly" required,
        /// Settings files that could not be read.
        pub errors: Vec<SettingsError> = "errors" declared,
        /// Rules that are not told.
        pub withheld: Option<RawJson> = "withheld" declared,
    }
}

object! {
    /// A permission rule (an item of `rules`, CLI 2.1.329).
    pub struct PermissionRule {
        /// `allow`, `ask` or `deny`.
        pub behavior: String = "behavior",
        /// Where the rule is from, such as `cliArg` or `projectSettings`.
        pub source: String = "source",
        /// The rule, such as `Bash(ls:*)`.
        pub rule: String = "rule",
        /// What it means, for display.
        pub description: Option<RuleDescription> = "description",
        /// Whether it can be changed.
        pub editability: RuleEditability = "editability",
        /// Why it has no effect at present.
        pub not_in_effect: Option<RawJson> = "notInEffect" declared,
    }
}

object! {
    /// What a rule means, for display in three pieces (`description`, CLI 2.1.329).
    pub struct RuleDescription {
        /// The text.
        pub prefix: String = "prefix",
        /// The piece of it to stress.
        pub emphasis: Option<String> = "emphasis" declared,
        /// The text after that.
        pub suffix: Option<String> = "suffix" declared,
    }
}

object! {
    /// A directory of the workspace (an item of `workspaceDirectories`, CLI 2.1.329, declared, not seen).
    pub struct WorkspaceDirectory {
        /// The directory.
        pub path: String = "path" declared,
        /// Who added it.
        pub source: String = "source" declared,
    }
}

open_enum! {
    /// Whether a rule can be changed (`editability`).
    pub enum RuleEditability {
        /// It is written down.
        Persistent = "persistent",
        /// It ends with the session.
        Session = "session",
        Readonly = "readonly",
    }
}
