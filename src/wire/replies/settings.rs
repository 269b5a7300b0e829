//! The settings that are in force.

use super::hooks::SettingsError;
use crate::wire::json::RawJson;

object! {
    /// The settings that are in force, and where they come from (reply to `get_settings`, CLI 2.1.329).
    pub struct SettingsReport: raw {
        /// All layers merged.
        pub effective: RawJson = "effective" required,
        /// The layers, each as it is written down.
        pub sources: Vec<SettingsLayer> = "sources" required,
        /// Whether settings are served over the network, such as `ineligible`.
        pub served_settings_state: Option<String> = "served_settings_state",
        /// What the session makes of them.
        pub applied: Option<AppliedSettings> = "applied",
        /// Files that could not be read.
        pub errors: Vec<SettingsError> = "errors" declared,
        /// Why remote control is locked.
        pub remote_control_policy_lock_reason: Option<String> = "remote_control_policy_lock_reason" declared,
        /// True when parts of the settings were left out.
        pub withheld: Option<bool> = "withheld" declared,
    }
}

object! {
    /// A layer of the settings (an item of `sources`, CLI 2.1.329).
    pub struct SettingsLayer {
        /// The layer, such as `projectSettings`.
        pub source: String = "source",
        /// Its settings.
        pub settings: RawJson = "settings",
    }
}

object! {
    /// What the session makes of its settings (`applied`, CLI 2.1.329).
    pub struct AppliedSettings {
        /// The model.
        pub model: Option<String> = "model",
        /// How hard the model works.
        pub effort: Option<String> = "effort",
        /// The model that advises.
        pub advisor: Option<RawJson> = "advisor",
        /// True when the ultra mode is on.
        pub ultracode: Option<bool> = "ultracode",
        /// True when the ultra mode was asked for.
        pub ultracode_requested: Option<bool> = "ultracodeRequested",
        /// True when the ultra mode can be asked for.
        pub ultracode_available: Option<bool> = "ultracodeAvailable",
        /// True when the longest thinking can be asked for.
        pub ultrathink_available: Option<bool> = "ultrathinkAvailable",
        /// True when tools may not read files outside the workspace.
        pub outside_file_tool_reads_blocked: Option<bool> = "outsideFileToolReadsBlocked",
        /// True when tools may not write files outside the workspace.
        pub outside_file_tool_writes_blocked: Option<bool> = "outsideFileToolWritesBlocked",
        /// True when only the folders of the launch count as the workspace there.
        pub outside_blocks_count_launch_folders_only: Option<bool> = "outsideBlocksCountLaunchFoldersOnly",
        /// True when the environment of the launch left the CLI's own files where they are.
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
        /// Why no more.
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
