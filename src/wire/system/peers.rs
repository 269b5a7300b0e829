//! Messages from other sessions that are held back.

object! {
    /// A message from another session is held back, or was released (`system` /
    /// `peer_message_hold`, CLI 2.1.329, declared, not seen). The model does not see it while it is
    /// held.
    pub struct PeerMessageHold {
        /// What happens to it.
        pub state: HoldState = "state" declared,
        /// The message.
        pub message_uuid: Option<String> = "message_uuid" declared,
        /// How it came.
        pub lane: PeerLane = "lane" declared,
        /// The sender's address as it will be shown; not verified.
        pub from: String = "from" declared,
        /// The sender's name; not verified.
        pub from_name: Option<String> = "from_name" declared,
        /// Why it is held.
        pub cause: Option<HoldCause> = "cause" declared,
        /// How it ended, if it was dropped.
        pub outcome: Option<HoldOutcome> = "outcome" declared,
        /// Which check dropped it.
        pub reason: Option<DropReason> = "reason" declared,
        /// Its id for `decide_held_peer_message`.
        pub hold_id: Option<String> = "hold_id" v2_1_332 declared,
        /// True if a person may deliver it now.
        pub can_deliver: Option<bool> = "can_deliver" v2_1_332 declared,
        /// The narrowest "always" that covers the sender.
        pub always_scope: Option<HoldScope> = "always_scope" v2_1_332 declared,
        /// Whether this session asks before it acts.
        pub session_class: Option<SessionClass> = "session_class" v2_1_332 declared,
        /// The process id that the kernel reported for the sender.
        pub verified_pid: Option<u64> = "verified_pid" v2_1_332 declared,
        /// The sender's text; not trustworthy.
        pub preview: Option<PeerPreview> = "preview" v2_1_332 declared,
    }
}

object! {
    /// The text of a held message (`preview` of a `peer_message_hold`, CLI 2.1.332, declared, not
    /// seen).
    pub struct PeerPreview {
        /// The text.
        pub text: String = "text" v2_1_332 declared,
        /// How long the whole text is, in UTF-16 units.
        pub total_chars: u64 = "total_chars" v2_1_332 declared,
        /// How many blocks are not text.
        pub other_blocks: u64 = "other_blocks" v2_1_332 declared,
        /// False if something was cut or left out.
        pub is_whole: bool = "is_whole" v2_1_332 declared,
    }
}

open_enum! {
    /// What happens to a message from another session (`state` of a `peer_message_hold`).
    pub enum HoldState {
        Held = "held",
        Released = "released",
        Dropped = "dropped",
    }
}

open_enum! {
    /// How a message from another session came (`lane`).
    pub enum PeerLane {
        Bridge = "bridge",
        Stdin = "stdin",
        Socket = "socket",
    }
}

open_enum! {
    /// Why a message from another session is held (`cause`).
    pub enum HoldCause {
        ExplicitSetting = "explicit-setting",
        ManagedSetting = "managed-setting",
        RepoSetting = "repo-setting",
        InvalidSetting = "invalid-setting",
        BypassDefault = "bypass-default",
        ModeUnknown = "mode-unknown",
        ModeMismatch = "mode-mismatch",
        NoModeAsserted = "no-mode-asserted",
    }
}

open_enum! {
    /// How a message that was dropped ended (`outcome` of a `peer_message_hold`).
    pub enum HoldOutcome {
        Expired = "expired",
        Refused = "refused",
        Dropped = "dropped",
        Discarded = "discarded",
        Denied = "denied",
    }
}

open_enum! {
    /// Which check dropped a message (`reason` of a `peer_message_hold`).
    pub enum DropReason {
        RateLimited = "rate-limited",
        Duplicate = "duplicate",
        HopLoop = "hop-loop",
        HopRunaway = "hop-runaway",
        QueueFull = "queue-full",
        Unverified = "unverified",
    }
}

open_enum! {
    /// Whose messages an "always" would let through (`always_scope`).
    pub enum HoldScope {
        Mine = "mine",
        Anyone = "anyone",
    }
}

open_enum! {
    /// Whether a session asks before it acts (`session_class`).
    pub enum SessionClass {
        Prompting = "prompting",
        Bypass = "bypass",
    }
}
