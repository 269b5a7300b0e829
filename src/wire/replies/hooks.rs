//! The hooks of the settings files.

use crate::wire::json::RawJson;

object! {
    /// The hooks of the settings files (reply to `get_hooks_listing`, CLI 2.1.329). Those that the host registered are not in it.
    pub struct HookListing {
        /// Events that have hooks.
        pub events: Vec<HookEventCount> = "events" required,
        /// The hooks.
        pub hooks: Vec<Hook> = "hooks" required,
        /// All events that hooks can be registered for.
        pub event_catalog: Vec<HookEvent> = "eventCatalog" required,
        /// What the administrator says about hooks.
        pub policy: HookPolicy = "policy" required,
        /// Set when the CLI runs in its safe mode.
        pub safe_mode: Option<HooksOff> = "safeMode" declared,
        /// Set when the CLI was started bare.
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
        /// True when its hooks can be limited to some tools or kinds.
        pub supports_matcher: bool = "supportsMatcher",
        /// How many hooks it has.
        pub hook_count: u64 = "hookCount",
    }
}

object! {
    /// An event that hooks can be registered for (an item of `eventCatalog`, CLI 2.1.329).
    pub struct HookEvent {
        /// The event.
        pub name: String = "name",
        /// When it happens.
        pub summary: String = "summary",
        /// True when its hooks can be limited to some tools or kinds.
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
        /// True when it runs once and is then gone.
        pub runs_once: Option<bool> = "runsOnce" declared,
        /// True when nothing waits for it.
        pub runs_in_background: Option<bool> = "runsInBackground" declared,
        /// True when it is switched off.
        pub disabled: Option<bool> = "disabled" declared,
        /// Set when it can be edited: what is written down.
        pub editable: Option<EditableHook> = "editable",
    }
}

object! {
    /// A hook as it is written down (`editable`, CLI 2.1.329).
    pub struct EditableHook {
        /// The tools or kinds that it is limited to.
        pub matcher: Option<String> = "matcher",
        /// The hook.
        pub config: RawJson = "config",
        /// True when its headers were left out.
        pub headers_redacted: Option<bool> = "headersRedacted" declared,
    }
}

object! {
    /// What the administrator says about hooks (`policy`, CLI 2.1.329).
    pub struct HookPolicy {
        /// True when hooks are off.
        pub disabled_by_policy: bool = "disabledByPolicy",
        /// True when only the administrator's hooks run.
        pub managed_only: bool = "managedOnly",
        /// True when only the hooks of plugins run.
        pub plugin_only: bool = "pluginOnly",
        /// True when no hook runs, for whatever reason.
        pub all_disabled: bool = "allDisabled",
        /// How many hooks the administrator has.
        pub policy_hook_count: u64 = "policyHookCount",
        /// True when the policy could not be read.
        pub policy_unreadable: Option<bool> = "policyUnreadable" declared,
    }
}

object! {
    /// Why hooks do not run (`safeMode` or `bareMode`, CLI 2.1.329, declared, not seen).
    pub struct HooksOff {
        /// True when the administrator's hooks run nevertheless.
        pub managed_hooks_still_apply: Option<bool> = "managedHooksStillApply" declared,
        /// How to get out of that mode.
        pub exit_hint: String = "exitHint" declared,
    }
}

object! {
    /// A settings file that could not be read (an item of `errors`, CLI 2.1.329, declared, not seen).
    pub struct SettingsError {
        /// The file.
        pub file: Option<String> = "file" declared,
        /// The key in it.
        pub path: String = "path" declared,
        /// What is wrong.
        pub message: String = "message" declared,
    }
}
