//! The effective settings, with their hooks and permission rules.

use crate::wire::json::RawJson;

object! {
    /// The effective settings, and their sources (reply to `get_settings`, CLI 2.1.329).
    pub struct SettingsReport: raw {
        /// All layers merged.
        pub effective: RawJson = "effective" required,
        /// The layers that set something, each as it is saved; a later one overrides an earlier
        /// one.
        pub sources: Vec<SettingsLayer> = "sources" required,
        /// Whether settings are served over the network, such as `ineligible`.
        pub served_settings_state: Option<String> = "served_settings_state",
        /// What the session derives from them.
        pub applied: Option<AppliedSettings> = "applied",
        /// Files that could not be read.
        pub errors: Vec<SettingsError> = "errors" declared,
        /// Why remote control is locked.
        pub remote_control_policy_lock_reason: Option<String> = "remote_control_policy_lock_reason" declared,
        /// True if parts of the settings were left out.
        pub withheld: Option<bool> = "withheld" declared,
    }
}

object! {
    /// A layer of the settings (an item of `sources`, CLI 2.1.329).
    pub struct SettingsLayer {
        /// The layer.
        pub source: SettingsSource = "source",
        /// Its settings.
        pub settings: RawJson = "settings",
    }
}

open_enum! {
    /// A layer of the settings (`source`, CLI 2.1.332).
    pub enum SettingsSource {
        /// The user's own, in the configuration directory.
        User = "userSettings",
        /// The project's, which are committed with it.
        Project = "projectSettings",
        /// The project's on this machine.
        Local = "localSettings",
        /// The options `settings` and `sandbox`, and
        /// [`Settings::apply`](crate::session::control::Settings::apply).
        Flag = "flagSettings",
        /// The administrator's, and those that a program gives the CLI as managed. Of the latter,
        /// the CLI takes only what restricts.
        Policy = "policySettings",
    }
}

object! {
    /// What the session derives from its settings (`applied`, CLI 2.1.329).
    pub struct AppliedSettings {
        /// The model.
        pub model: Option<String> = "model",
        /// How hard the model works.
        pub effort: Option<String> = "effort",
        /// The model that advises.
        pub advisor: Option<RawJson> = "advisor",
        /// True if the ultra mode is on.
        pub ultracode: Option<bool> = "ultracode",
        /// True if the ultra mode was requested.
        pub ultracode_requested: Option<bool> = "ultracodeRequested",
        /// True if the ultra mode can be requested.
        pub ultracode_available: Option<bool> = "ultracodeAvailable",
        /// True if the longest thinking can be requested.
        pub ultrathink_available: Option<bool> = "ultrathinkAvailable",
        /// True if tools may not read files outside the workspace.
        pub outside_file_tool_reads_blocked: Option<bool> = "outsideFileToolReadsBlocked",
        /// True if tools may not write files outside the workspace.
        pub outside_file_tool_writes_blocked: Option<bool> = "outsideFileToolWritesBlocked",
        /// True if only the folders of the launch count as the workspace there.
        pub outside_blocks_count_launch_folders_only: Option<bool> = "outsideBlocksCountLaunchFoldersOnly",
        /// True if the environment of the launch did not move the CLI's own files.
        pub launch_env_left_own_files_in_place: Option<bool> = "launchEnvLeftOwnFilesInPlace",
        /// Directories whose settings were not read in full.
        pub additional_directory_config_roots_withheld: Vec<WithheldRoot> = "additionalDirectoryConfigRootsWithheld" declared,
    }
}

object! {
    /// A directory whose settings were not read in full (an item of
    /// `additionalDirectoryConfigRootsWithheld`, CLI 2.1.329, declared, not seen).
    pub struct WithheldRoot {
        /// The directory.
        pub dir: String = "dir" declared,
        /// Where its settings are.
        pub root: Option<String> = "root" declared,
        /// What was read.
        pub reads: WithheldReads = "reads" declared,
        /// Why the rest was not.
        pub reason: WithheldReason = "reason" declared,
        /// How many entries were left out.
        pub entries_withheld: Option<u64> = "entriesWithheld" declared,
    }
}

open_enum! {
    /// What was read of a directory's settings (`reads`).
    pub enum WithheldReads {
        RootLessEntries = "root_less_entries",
        Nothing = "nothing",
    }
}

open_enum! {
    /// Why a directory's settings were not read in full (`reason`).
    pub enum WithheldReason {
        RootUnusable = "root_unusable",
        MatchLost = "match_lost",
        RootMoved = "root_moved",
        InsideWritable = "inside_writable",
        EntryIsLink = "entry_is_link",
        Unreadable = "unreadable",
        TooManyEntries = "too_many_entries",
        SettingsDropped = "settings_dropped",
    }
}

object! {
    /// The permission rules (reply to `list_permission_rules`, CLI 2.1.329).
    pub struct PermissionRules {
        /// The rules and where they apply.
        pub state: RuleState = "state" required,
    }
}

object! {
    /// The rules and where they apply (`state`, CLI 2.1.329).
    pub struct RuleState {
        /// The rules.
        pub rules: Vec<PermissionRuleEntry> = "rules" required,
        /// Directories of the workspace other than the working directory.
        pub workspace_directories: Vec<WorkspaceDirectory> = "workspaceDirectories" required,
        /// The directory that the CLI was started in.
        pub original_cwd: String = "originalCwd" required,
        /// True if only the administrator's rules count.
        pub managed_only: bool = "managedOnly" required,
        /// Settings files that could not be read.
        pub errors: Vec<SettingsError> = "errors" declared,
        /// Rules that are not listed.
        pub withheld: Option<RawJson> = "withheld" declared,
    }
}

object! {
    /// A permission rule (an item of `rules`, CLI 2.1.329).
    pub struct PermissionRuleEntry {
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
        /// Why it currently has no effect.
        pub not_in_effect: Option<RawJson> = "notInEffect" declared,
    }
}

object! {
    /// The meaning of a rule, for display in three parts (`description`, CLI 2.1.329).
    pub struct RuleDescription {
        /// The text.
        pub prefix: String = "prefix",
        /// The part to emphasise.
        pub emphasis: Option<String> = "emphasis" declared,
        /// The text after that.
        pub suffix: Option<String> = "suffix" declared,
    }
}

object! {
    /// A directory of the workspace (an item of `workspaceDirectories`, CLI 2.1.329, declared, not
    /// seen).
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
        /// It is saved.
        Persistent = "persistent",
        /// It ends with the session.
        Session = "session",
        Readonly = "readonly",
    }
}

object! {
    /// The hooks of the settings files (reply to `get_hooks_listing`, CLI 2.1.329). The hooks of
    /// the host are not included.
    pub struct HookListing {
        /// Events that have hooks.
        pub events: Vec<HookEventCount> = "events" required,
        /// The hooks.
        pub hooks: Vec<Hook> = "hooks" required,
        /// All events that hooks can be registered for.
        pub event_catalog: Vec<HookEventEntry> = "eventCatalog" required,
        /// The administrator's policy on hooks.
        pub policy: HookPolicy = "policy" required,
        /// Set if the CLI runs in its safe mode.
        pub safe_mode: Option<HooksOff> = "safeMode" declared,
        /// Set if the CLI was started bare.
        pub bare_mode: Option<HooksOff> = "bareMode" declared,
        /// Settings files that could not be read.
        pub errors: Vec<SettingsError> = "errors" declared,
    }
}

object! {
    /// An event that has hooks (an item of `events`, CLI 2.1.329).
    pub struct HookEventCount {
        /// The event.
        pub name: String = "name",
        /// When it happens.
        pub summary: String = "summary",
        /// True if its hooks can be limited to some tools or kinds.
        pub supports_matcher: bool = "supportsMatcher",
        /// How many hooks it has.
        pub hook_count: u64 = "hookCount",
    }
}

object! {
    /// An event that hooks can be registered for (an item of `eventCatalog`, CLI 2.1.329).
    pub struct HookEventEntry {
        /// The event.
        pub name: String = "name",
        /// When it happens.
        pub summary: String = "summary",
        /// True if its hooks can be limited to some tools or kinds.
        pub supports_matcher: bool = "supportsMatcher",
    }
}

object! {
    /// A hook (an item of `hooks`, CLI 2.1.329).
    pub struct Hook {
        /// The event.
        pub event: String = "event",
        /// The tools or kinds that it is limited to.
        pub matcher: String = "matcher",
        /// The layer of the settings, such as `projectSettings`.
        pub source: String = "source",
        /// The same for display.
        pub source_label: String = "sourceLabel",
        /// The plugin.
        pub plugin_name: Option<String> = "pluginName" declared,
        /// The kind of hook, such as `command`.
        pub kind: String = "type",
        /// What it does, for display.
        pub display_text: String = "displayText",
        /// Its command.
        pub command_text: String = "commandText",
        /// What kind of text that is, for display.
        pub content_label: String = "contentLabel",
        /// When it runs, within its event.
        pub condition: Option<String> = "condition" declared,
        /// How long it may take, in seconds.
        pub timeout: Option<f64> = "timeout",
        /// What is shown while it runs.
        pub status_message: Option<String> = "statusMessage" declared,
        /// True if it runs only once.
        pub runs_once: Option<bool> = "runsOnce" declared,
        /// True if it runs asynchronously.
        pub runs_in_background: Option<bool> = "runsInBackground" declared,
        /// True if it is switched off.
        pub disabled: Option<bool> = "disabled" declared,
        /// Set if it can be edited: its saved form.
        pub editable: Option<EditableHook> = "editable",
    }
}

object! {
    /// A hook in its saved form (`editable`, CLI 2.1.329).
    pub struct EditableHook {
        /// The tools or kinds that it is limited to.
        pub matcher: Option<String> = "matcher",
        /// The hook.
        pub config: RawJson = "config",
        /// True if its headers were left out.
        pub headers_redacted: Option<bool> = "headersRedacted" declared,
    }
}

object! {
    /// The administrator's policy on hooks (`policy`, CLI 2.1.329).
    pub struct HookPolicy {
        /// True if hooks are off.
        pub disabled_by_policy: bool = "disabledByPolicy",
        /// True if only the administrator's hooks run.
        pub managed_only: bool = "managedOnly",
        /// True if only the hooks of plugins run.
        pub plugin_only: bool = "pluginOnly",
        /// True if no hook runs, for whatever reason.
        pub all_disabled: bool = "allDisabled",
        /// How many hooks the administrator has.
        pub policy_hook_count: u64 = "policyHookCount",
        /// True if the policy could not be read.
        pub policy_unreadable: Option<bool> = "policyUnreadable" declared,
    }
}

object! {
    /// Why hooks do not run (`safeMode` or `bareMode`, CLI 2.1.329, declared, not seen).
    pub struct HooksOff {
        /// True if the administrator's hooks run all the same.
        pub managed_hooks_still_apply: Option<bool> = "managedHooksStillApply" declared,
        /// How to leave that mode.
        pub exit_hint: String = "exitHint" declared,
    }
}

object! {
    /// A settings file that could not be read (an item of `errors`, CLI 2.1.329, declared, not
    /// seen).
    pub struct SettingsError {
        /// The file.
        pub file: Option<String> = "file" declared,
        /// The key in it.
        pub path: String = "path" declared,
        /// What is wrong.
        pub message: String = "message" declared,
    }
}
