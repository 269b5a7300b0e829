//! What plugins draw on a remote screen.

object! {
    /// A part of a screen is out of date (`system` / `ui_invalidate`, CLI 2.1.329).
    pub struct UiInvalidate {
        /// What to draw again.
        pub event: String = "event",
        /// True while a plugin may change what is kept of a prompt.
        pub prompts_screened: Option<bool> = "prompts_screened" declared,
        /// The parts to draw again; absent for all.
        pub instances: Option<Vec<UiInstance>> = "instances" declared,
        /// The events without a plugin that listens; it replaces the previous list.
        pub unhooked: Option<Vec<String>> = "unhooked" v2_1_332 declared,
    }
}

object! {
    /// A part of a screen (an item of `instances`, CLI 2.1.329, declared, not seen).
    pub struct UiInstance {
        /// The screen.
        pub surface: String = "surface" declared,
        /// The kind of part.
        pub component: String = "component" declared,
        /// The part.
        pub instance_id: String = "instance_id" declared,
    }
}

object! {
    /// A plugin moved the focus (`system` / `ui_focus`, CLI 2.1.329, declared, not seen).
    pub struct UiFocus {
        /// The client that draws the place.
        pub client_id: String = "client_id" declared,
        /// The kind of place.
        pub component: UiSite = "component" declared,
        /// The place.
        pub instance_id: String = "instance_id" declared,
        /// The plugin whose element it is.
        pub plugin: String = "plugin" declared,
        /// The element.
        pub key: String = "key" declared,
    }
}

object! {
    /// A plugin scrolled (`system` / `ui_scroll`, CLI 2.1.329, declared, not seen).
    pub struct UiScroll {
        /// The client that draws the place.
        pub client_id: String = "client_id" declared,
        /// The kind of place.
        pub component: UiSite = "component" declared,
        /// The place.
        pub instance_id: String = "instance_id" declared,
        /// The first row to show, from 0.
        pub offset: u64 = "offset" declared,
        /// True keeps the last rows visible.
        pub follow_end: Option<bool> = "follow_end" declared,
    }
}

open_enum! {
    /// A place that plugins draw in (`component`).
    pub enum UiSite {
        Pane = "Pane",
        AbovePrompt = "AbovePrompt",
    }
}

object! {
    /// A plugin wrote a line below the conversation (`system` / `ui_log`, CLI 2.1.329, declared,
    /// not seen). The model does not see it.
    pub struct UiLog {
        /// The plugin.
        pub plugin: String = "plugin" declared,
        /// The line.
        pub text: String = "text" declared,
    }
}

object! {
    /// A plugin pinned a line (`system` / `ui_status`, CLI 2.1.329, declared, not seen).
    pub struct UiStatus {
        /// The plugin.
        pub plugin: String = "plugin" declared,
        /// The line; `None` removes it.
        pub text: Option<String> = "text" declared,
    }
}

object! {
    /// A plugin shows a line for some seconds (`system` / `ui_toast`, CLI 2.1.329, declared, not
    /// seen).
    pub struct UiToast {
        /// The plugin.
        pub plugin: String = "plugin" declared,
        /// The line.
        pub text: String = "text" declared,
        /// How long it is shown, in milliseconds.
        pub timeout_ms: f64 = "timeout_ms" declared,
    }
}

object! {
    /// A plugin wants a notification (`system` / `ui_notify`, CLI 2.1.329, declared, not seen).
    pub struct UiNotify {
        /// The plugin's name.
        pub plugin: String = "plugin" declared,
        /// The plugin's full id.
        pub source: String = "source" declared,
        /// The heading.
        pub title: String = "title" declared,
        /// What it says.
        pub text: String = "text" declared,
        /// Identifies it; a new one of the same source and key replaces it.
        pub key: Option<String> = "key" declared,
        /// How long to wait before it is shown, in milliseconds.
        pub delay_ms: Option<f64> = "delay_ms" declared,
        /// When to show it, in milliseconds since 1970.
        pub at: Option<f64> = "at" declared,
        /// True drops it if the user returns earlier.
        pub until_back: Option<bool> = "until_back" declared,
        /// True if another plugin changed it.
        pub rewritten: bool = "rewritten" declared,
    }
}

object! {
    /// A plugin withdraws a notification (`system` / `ui_notify_cancel`, CLI 2.1.329, declared, not
    /// seen).
    pub struct UiNotifyCancel {
        /// The plugin's name.
        pub plugin: String = "plugin" declared,
        /// The plugin's full id.
        pub source: String = "source" declared,
        /// The notification; absent for all of the plugin.
        pub key: Option<String> = "key" declared,
    }
}

object! {
    /// The panes that plugins have open (reply to `ui_panes`, CLI 2.1.332; also `system` / `ui_panes`,
    /// declared, not seen).
    pub struct UiPanes {
        /// The panes, in the order they were opened.
        pub panes: Vec<UiPane> = "panes" required v2_1_332,
        /// The one that is shown.
        pub shown_id: Option<String> = "shown_id" v2_1_332,
        /// The one with the keyboard focus.
        pub focused_id: Option<String> = "focused_id" v2_1_332,
        /// The one that requests the keyboard focus.
        pub focus_requested_id: Option<String> = "focus_requested_id" v2_1_332,
    }
}

object! {
    /// A pane (an item of `panes`, CLI 2.1.329, declared, not seen).
    pub struct UiPane {
        /// The pane.
        pub id: String = "id" declared,
        /// Its title.
        pub title: String = "title" declared,
        /// The plugin that opened it.
        pub plugin: String = "plugin" declared,
        /// True if the escape key closes it.
        pub close_on_escape: Option<bool> = "close_on_escape" declared,
        /// True if toasts wait while it is shown.
        pub hold_toasts: Option<bool> = "hold_toasts" declared,
        /// Its background.
        pub background_color: Option<String> = "background_color" declared,
        /// How many rows it requests.
        pub rows: Option<u64> = "rows" declared,
        /// How many columns it requests.
        pub columns: Option<u64> = "columns" declared,
        /// The requested display mode.
        pub placement: Option<String> = "placement" declared,
    }
}

object! {
    /// A plugin placed rows in the conversation (`system` / `ui_placed`, CLI 2.1.329, declared, not
    /// seen). They are only shown.
    pub struct UiPlaced {
        /// The rows, in order.
        pub rows: Vec<UiRow> = "rows" required declared,
    }
}

object! {
    /// A row in the conversation (an item of `rows`, CLI 2.1.329, declared, not seen).
    pub struct UiRow {
        /// The plugin that placed it.
        pub plugin: String = "plugin" declared,
        /// The row.
        pub id: String = "id" declared,
        /// Its renderer.
        pub request_id: String = "request_id" declared,
        /// The message before it; absent at the beginning.
        pub after_uuid: Option<String> = "after_uuid" declared,
    }
}
