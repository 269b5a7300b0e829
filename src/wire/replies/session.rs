//! The running session: interrupts, model and mode, its conversation, messages from other sessions.

use crate::wire::json::RawJson;
use crate::wire::permission::PermissionMode;
use crate::wire::system::peers::{HoldScope, SessionClass};

object! {
    /// The effect of an interrupt (reply to `interrupt`, CLI 2.1.329). A CLI without the capability
    /// `interrupt_receipt_v1` returns nothing, and both lists are empty.
    pub struct Interrupted {
        /// Uuids of prompts that are still in the CLI's queue and will run.
        pub still_queued: Vec<String> = "still_queued",
        /// Uuids of prompts that were dropped; only if that was requested.
        pub cancelled: Vec<String> = "cancelled",
        /// Those of `still_queued` that an interrupt put back.
        pub put_back: Option<Vec<String>> = "put_back" declared,
        /// What happened to the request to send the waiting prompts.
        pub send_now: Option<SendNow> = "send_now" declared,
        /// What happened to the turn, if the request named prompts.
        pub turn: Option<InterruptedTurn> = "turn" declared,
    }
}

object! {
    /// The new model (reply to `set_model`, CLI 2.1.329).
    pub struct ModelSet {
        /// The model as the CLI resolved it.
        pub model: Option<String> = "model",
    }
}

object! {
    /// The new permission mode (reply to `set_permission_mode`, CLI 2.1.329).
    pub struct ModeSet {
        /// The mode.
        pub mode: Option<PermissionMode> = "mode",
    }
}

open_enum! {
    /// What happened to the request to send the waiting prompts (`send_now`).
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
        /// False if it is running, has run or was never sent.
        pub cancelled: bool = "cancelled" required,
        /// The prompt.
        pub message_uuid: Option<String> = "message_uuid",
    }
}

object! {
    /// The answer to a side question (reply to `side_question`, CLI 2.1.329).
    pub struct SideAnswer: raw {
        /// The answer; `None` if there was none.
        pub response: Option<String> = "response",
        /// True if it is the CLI's own text, such as an error.
        pub synthetic: Option<bool> = "synthetic",
        /// Set if another model answered because the first one refused.
        pub refusal_fallback: Option<RawJson> = "refusal_fallback" declared,
    }
}

object! {
    /// A title for the session (reply to `generate_session_title`, CLI 2.1.329).
    pub struct Title {
        /// The title; `None` if the model returned none.
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
    /// The result of launching a review (reply to `ultrareview_launch`, CLI 2.1.329).
    pub struct ReviewLaunch: raw {
        /// Such as `error`.
        pub status: String = "status" required,
        /// The same in words.
        pub message: Option<String> = "message",
        /// What prevents the launch.
        pub gate_blocker: Option<String> = "gate_blocker",
    }
}

object! {
    /// Which messages of other sessions are delivered (reply to `set_peer_delivery`, CLI 2.1.332).
    pub struct PeerDelivery {
        /// Those that are always delivered.
        pub always_deliver: AlwaysDeliver = "always_deliver" v2_1_332,
    }
}

object! {
    /// Messages that are always delivered (`always_deliver`, CLI 2.1.332).
    pub struct AlwaysDeliver {
        /// Those for this session.
        pub session: Option<SessionDelivery> = "session" v2_1_332,
        /// True for all sessions of the account.
        pub account: bool = "account" v2_1_332,
    }
}

object! {
    /// What became of a held message from another session (reply to `decide_held_peer_message`, CLI
    /// 2.1.332).
    pub struct HeldMessageDecision {
        /// What became of it.
        pub outcome: HeldMessageOutcome = "outcome" v2_1_332,
        /// Messages that are always delivered from now on.
        pub always_deliver: AlwaysDeliver = "always_deliver" v2_1_332,
    }
}

open_enum! {
    /// What became of a held message (`outcome`).
    pub enum HeldMessageOutcome {
        Delivered = "delivered",
        /// It will be delivered when the queue has room.
        Waiting = "waiting",
        Denied = "denied",
        Refused = "refused",
        Dropped = "dropped",
        /// A setting holds it now, and it stays held.
        NotDecidable = "not-decidable",
        /// It was already delivered or dropped.
        Gone = "gone",
    }
}

object! {
    /// Messages that are always delivered to a session (`session`, CLI 2.1.332, declared, not
    /// seen).
    pub struct SessionDelivery {
        /// Whose messages.
        pub scope: HoldScope = "scope" v2_1_332 declared,
        /// The kind of session that it was decided in.
        pub made_in: SessionClass = "made_in" v2_1_332 declared,
        /// The session.
        pub session_id: String = "session_id" v2_1_332 declared,
        /// True while it has no effect, since the session does not ask any more.
        pub paused: bool = "paused" v2_1_332 declared,
    }
}

object! {
    /// A process that was started in advance is bound to a conversation (reply to `claim_session`,
    /// CLI 2.1.332).
    pub struct ClaimedSession {
        /// Always `ok`.
        pub status: String = "status" v2_1_332,
        /// The directory, with all links resolved; absent if its name has characters that are not
        /// shown.
        pub cwd: Option<String> = "cwd" v2_1_332,
        /// The id of the conversation.
        pub session_id: String = "session_id" v2_1_332,
        /// How long the process has waited, in milliseconds.
        pub parked_ms: Option<u64> = "parked_ms" v2_1_332,
        /// True if the handshakes with in-process MCP servers were over.
        pub sdk_mcp_settled: bool = "sdk_mcp_settled" v2_1_332,
        /// The reply to the handshake for this directory: a
        /// [`ServerInfo`](crate::wire::replies::server::ServerInfo).
        pub initialize: Option<RawJson> = "initialize" v2_1_332,
        /// Whether the trust of the user in the directory was saved.
        pub workspace_trust_recorded: Option<bool> = "workspace_trust_recorded" declared,
    }
}

object! {
    /// The result of logging a host's events (reply to `log_host_events`, CLI 2.1.332).
    pub struct HostEventsReceipt {
        /// What happened to them.
        pub status: HostEventsStatus = "status" v2_1_332,
        /// Why they were not accepted.
        pub reason: Option<String> = "reason" v2_1_332,
    }
}

open_enum! {
    /// What happened to a host's events (`status`).
    pub enum HostEventsStatus {
        Ok = "ok",
        Dropped = "dropped",
        Unavailable = "unavailable",
    }
}
