//! What changes a running session.

use crate::wire::message::PermissionMode;

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
