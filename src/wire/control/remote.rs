//! Requests of the CLI to a host that provides credentials, tools or a screen.

use crate::wire::json::RawJson;

object! {
    /// Asks for a new credential of a provider (`host_auth_token_refresh`, CLI 2.1.329, declared,
    /// not seen).
    pub struct HostAuthTokenRefresh: subtyped {
        /// The HTTP status for the old one.
        pub status: Option<u16> = "status" declared,
        /// What happened to the old one.
        pub token_state: Option<TokenState> = "token_state" declared,
    }
}

object! {
    /// Asks for a new access token (`oauth_token_refresh`, CLI 2.1.329, declared, not seen).
    pub struct OauthTokenRefresh: subtyped {
        /// Which token; absent for the login's own.
        pub kind: Option<String> = "kind" declared,
        /// Tokens that were refused, as SHA-256 in hexadecimal digits.
        pub refused_bearer_sha256: Option<Vec<String>> = "refused_bearer_sha256" declared,
        /// What happened to the old one.
        pub token_state: Option<TokenState> = "token_state" declared,
        /// What kind of call was refused.
        pub refused_call: Option<RefusedCall> = "refused_call" declared,
    }
}

open_enum! {
    /// What happened to a token (`token_state`).
    pub enum TokenState {
        Refused = "refused",
        NotRefused = "not_refused",
    }
}

open_enum! {
    /// What kind of call a token was refused for (`refused_call`).
    pub enum RefusedCall {
        Model = "model",
        Connector = "connector",
        /// The CLI's own word.
        Unnamed = "other",
    }
}

object! {
    /// Asks for the secret of a session's work (`remote_control_work_secret`, CLI 2.1.329,
    /// declared, not seen).
    pub struct RemoteControlWorkSecret: subtyped {
        /// The session.
        pub session_id: String = "session_id" declared,
    }
}

object! {
    /// A tool call for the machine that announced the tool (`remote_tool_call`, CLI 2.1.329,
    /// declared, not seen).
    pub struct RemoteToolCall: subtyped {
        /// The announcement that is addressed; other clients ignore the request.
        pub instance_id: String = "instance_id" declared,
        /// The machine's name.
        pub host: String = "host" declared,
        /// The tool.
        pub name: String = "name" declared,
        /// The tool's input.
        pub input: RawJson = "input" declared,
        /// The protocol's own fields.
        pub envelope: RawJson = "envelope" declared,
        /// The call.
        pub tool_use_id: String = "tool_use_id" declared,
        /// When it was sent, in milliseconds since 1970 by the CLI's clock.
        pub issued_at: f64 = "issued_at" declared,
        /// How long the CLI waits, in milliseconds.
        pub deadline_ms: f64 = "deadline_ms" declared,
    }
}

object! {
    /// A call by the session itself for the machine that announced the tool
    /// (`remote_plumbing_call`, CLI 2.1.329, declared, not seen).
    pub struct RemotePlumbingCall: subtyped {
        /// The announcement that is addressed; other clients ignore the request.
        pub instance_id: String = "instance_id" declared,
        /// The machine's name.
        pub host: String = "host" declared,
        /// The tool.
        pub name: String = "name" declared,
        /// Its arguments.
        pub args: RawJson = "args" declared,
        /// When it was sent, in milliseconds since 1970 by the CLI's clock.
        pub issued_at: f64 = "issued_at" declared,
        /// How long the CLI waits, in milliseconds.
        pub deadline_ms: f64 = "deadline_ms" declared,
    }
}

object! {
    /// Asks whether the machine that announced tools still exists (`remote_tools_probe`, CLI
    /// 2.1.329, declared, not seen).
    pub struct RemoteToolsProbe: subtyped {
        /// The announcement that is addressed; other clients ignore the request.
        pub instance_id: String = "instance_id" declared,
        /// When it was sent, in milliseconds since 1970 by the CLI's clock.
        pub issued_at: f64 = "issued_at" declared,
        /// How long the CLI waits, in milliseconds.
        pub deadline_ms: f64 = "deadline_ms" declared,
    }
}

object! {
    /// Asks all clients with tools to announce them again (`remote_tools_reannounce`, CLI 2.1.329,
    /// declared, not seen).
    pub struct RemoteToolsReannounce: subtyped {
        /// The worker that asks; each start has a higher number.
        pub worker_epoch: u64 = "worker_epoch" declared,
        /// How long the CLI waits, in milliseconds.
        pub deadline_ms: f64 = "deadline_ms" declared,
        /// What the worker can do.
        pub worker_capabilities: Option<Vec<String>> = "worker_capabilities" v2_1_332 declared,
    }
}

object! {
    /// A plugin copies a text (`ui_copy`, CLI 2.1.329, declared, not seen).
    pub struct UiCopy: subtyped {
        /// The screen.
        pub surface: Surface = "surface" declared,
        /// The client.
        pub client_id: String = "client_id" declared,
        /// The plugin.
        pub plugin: String = "plugin" declared,
        /// The text.
        pub text: String = "text" declared,
        /// The press that it answers.
        pub answers_press: Option<String> = "answers_press" declared,
    }
}

object! {
    /// A plugin writes into the user's draft (`ui_prompt_fill`, CLI 2.1.329, declared, not seen).
    pub struct UiPromptFill: subtyped {
        /// The screen.
        pub surface: Surface = "surface" declared,
        /// The client.
        pub client_id: String = "client_id" declared,
        /// The text.
        pub text: String = "text" declared,
        /// Where it goes.
        pub mode: FillMode = "mode" declared,
        /// How parts of it look.
        pub decorations: Vec<Decoration> = "decorations" declared,
        /// The position of the caret afterwards, in UTF-16 units of the draft.
        pub cursor: Option<u64> = "cursor" declared,
        /// The press that it answers.
        pub answers_press: Option<String> = "answers_press" declared,
    }
}

object! {
    /// A plugin changes how the user's draft looks (`ui_prompt_paint`, CLI 2.1.329, declared, not
    /// seen).
    pub struct UiPromptPaint: subtyped {
        /// The screen.
        pub surface: Surface = "surface" declared,
        /// The client.
        pub client_id: String = "client_id" declared,
        /// Whose decorations these are; they replace the earlier ones.
        pub layer: String = "layer" declared,
        /// The draft that they apply to.
        pub text: Option<String> = "text" declared,
        /// How parts of it look.
        pub decorations: Vec<Decoration> = "decorations" declared,
    }
}

object! {
    /// Asks for the user's draft (`ui_prompt_read`, CLI 2.1.329, declared, not seen).
    pub struct UiPromptRead: subtyped {
        /// The screen.
        pub surface: Surface = "surface" declared,
        /// The client.
        pub client_id: String = "client_id" declared,
    }
}

object! {
    /// A plugin suggests a prompt (`ui_prompt_suggest`, CLI 2.1.329, declared, not seen).
    pub struct UiPromptSuggest: subtyped {
        /// The screen.
        pub surface: Surface = "surface" declared,
        /// The client.
        pub client_id: String = "client_id" declared,
        /// The prompt.
        pub text: String = "text" declared,
    }
}

object! {
    /// Asks what the user has selected (`ui_read_selection`, CLI 2.1.329, declared, not seen).
    pub struct UiReadSelection: subtyped {
        /// The screen.
        pub surface: Surface = "surface" declared,
        /// The client.
        pub client_id: String = "client_id" declared,
    }
}

object! {
    /// How a part of a draft looks (an item of `decorations`, CLI 2.1.329, declared, not seen).
    pub struct Decoration {
        /// Where it begins, in UTF-16 units of the text.
        pub start: u64 = "start" declared,
        /// Where it ends.
        pub end: u64 = "end" declared,
        /// The colour of the text.
        pub color: Option<String> = "color" declared,
        /// The colour behind it.
        pub background_color: Option<String> = "backgroundColor" declared,
        /// True if it is dim.
        pub dim_color: Option<bool> = "dimColor" declared,
        /// True if it is bold.
        pub bold: Option<bool> = "bold" declared,
        /// True if it is italic.
        pub italic: Option<bool> = "italic" declared,
        /// True if it is underlined.
        pub underline: Option<bool> = "underline" declared,
        /// True if it is struck through.
        pub strikethrough: Option<bool> = "strikethrough" declared,
    }
}

open_enum! {
    /// A screen that plugins draw on (`surface`).
    pub enum Surface {
        Desktop = "desktop",
        Mobile = "mobile",
        Vscode = "vscode",
    }
}

open_enum! {
    /// Where a text goes in a draft (`mode`).
    pub enum FillMode {
        Replace = "replace",
        Append = "append",
        Insert = "insert",
    }
}
