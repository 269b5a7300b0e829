//! The conversation.

use crate::wire::json::RawJson;

object! {
    /// Whether a waiting prompt was dropped (reply to `cancel_async_message`, CLI 2.1.329).
    pub struct CancelledMessage {
        /// False when it runs, has run or was never sent.
        pub cancelled: bool = "cancelled" required,
        /// The prompt.
        pub message_uuid: Option<String> = "message_uuid",
    }
}

object! {
    /// The answer to a question on the side (reply to `side_question`, CLI 2.1.329).
    pub struct SideAnswer: raw {
        /// The answer; `None` where there was none.
        pub response: Option<String> = "response",
        /// True when it is the CLI's own text, such as an error.
        pub synthetic: Option<bool> = "synthetic",
        /// Set when another model answered because the first one refused.
        pub refusal_fallback: Option<RawJson> = "refusal_fallback" declared,
    }
}

object! {
    /// A title for the session (reply to `generate_session_title`, CLI 2.1.329).
    pub struct Title {
        /// The title; `None` where the model gave none.
        pub title: Option<String> = "title",
    }
}

object! {
    /// The conversation as a text (reply to `export_conversation`, CLI 2.1.329).
    pub struct Export {
        /// The text.
        pub text: String = "text" required,
        /// A name for the file.
        pub default_filename: String = "default_filename" required,
    }
}

object! {
    /// What became of the launch of a review (reply to `ultrareview_launch`, CLI 2.1.329).
    pub struct ReviewLaunch: raw {
        /// Such as `error`.
        pub status: String = "status" required,
        /// The same in words.
        pub message: Option<String> = "message",
        /// What is in the way.
        pub gate_blocker: Option<String> = "gate_blocker",
    }
}
