//! The running session: interrupts, model and mode, its conversation, what may reach it from outside.

use crate::wire::json::RawJson;
use crate::wire::permission::PermissionMode;
use crate::wire::system::peers::{HoldScope, SessionClass};

object! {
    /// What an interrupt has brought about (reply to `interrupt`, CLI 2.1.329). A CLI without the capability `interrupt_receipt_v1` says
    /// nothing, and both lists are empty.
    pub struct Interrupted {
        /// Uuids of prompts that the CLI still holds, and will run.
        pub still_queued: Vec<String> = "still_queued",
        /// Uuids of prompts that were dropped; filled only where that was asked for.
        pub cancelled: Vec<String> = "cancelled",
        /// Those of `still_queued` that an interrupt put back.
        pub put_back: Option<Vec<String>> = "put_back" declared,
        /// What became of the wish to send what waits.
        pub send_now: Option<SendNow> = "send_now" declared,
        /// What became of the turn, where the request named prompts.
        pub turn: Option<InterruptedTurn> = "turn" declared,
    }
}

object! {
    /// The model from now on (reply to `set_model`, CLI 2.1.329).
    pub struct ModelSet {
        /// The model as the CLI resolved it.
        pub model: Option<String> = "model",
    }
}

object! {
    /// The permission mode from now on (reply to `set_permission_mode`, CLI 2.1.329).
    pub struct ModeSet {
        /// The mode.
        pub mode: Option<PermissionMode> = "mode",
    }
}

open_enum! {
    /// What became of the wish to send what waits (`send_now`).
    pub enum SendNow {
        Stopped = "stopped",
        Delivering = "delivering",
        NothingWaiting = "nothing_waiting",
    }
}

open_enum! {
    /// What an interrupt did to the turn (`turn`).
    pub enum InterruptedTurn {
        Stopped = "stopped",
        Idle = "idle",
        Spared = "spared",
    }
}

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

object! {
    /// Which messages of other sessions come through (reply to `set_peer_delivery`, CLI 2.1.332).
    pub struct PeerDelivery {
        /// Those that always do.
        pub always_deliver: AlwaysDeliver = "always_deliver" v2_1_332,
    }
}

object! {
    /// Messages that always come through (`always_deliver`, CLI 2.1.332).
    pub struct AlwaysDeliver {
        /// Those for this session.
        pub session: Option<SessionDelivery> = "session" v2_1_332 declared,
        /// True for all sessions of the account.
        pub account: bool = "account" v2_1_332,
    }
}

object! {
    /// Messages that always come through to a session (`session`, CLI 2.1.332, declared, not seen).
    pub struct SessionDelivery {
        /// Whose messages.
        pub scope: HoldScope = "scope" v2_1_332 declared,
        /// The kind of session that it was decided in.
        pub made_in: SessionClass = "made_in" v2_1_332 declared,
        /// The session.
        pub session_id: String = "session_id" v2_1_332 declared,
        /// True while it does not count, since the session asks no more.
        pub paused: bool = "paused" v2_1_332 declared,
    }
}

object! {
    /// What became of events of a host (reply to `log_host_events`, CLI 2.1.332).
    pub struct HostEventsReceipt {
        /// What became of them.
        pub status: HostEventsStatus = "status" v2_1_332,
        /// Why they were not taken.
        pub reason: Option<String> = "reason" v2_1_332,
    }
}

open_enum! {
    /// What became of events of a host (`status`).
    pub enum HostEventsStatus {
        Ok = "ok",
        Dropped = "dropped",
        Unavailable = "unavailable",
    }
}
