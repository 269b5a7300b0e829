//! Other sessions and programs: what they may send.

use crate::wire::message::{HoldScope, SessionClass};

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
