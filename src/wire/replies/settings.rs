//! The settings that are in force.

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
        pub errors: Vec<RawJson> = "errors" declared,
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
    }
}
