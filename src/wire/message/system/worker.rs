//! Workers of sessions in the cloud: what they take over, and what they publish.

object! {
    /// Which questions of an earlier worker still stand (`system` / `inherited_asks_settled`, CLI
    /// 2.1.329, declared, not seen). Any other one is over.
    pub struct InheritedAsksSettled {
        /// The requests that can still be answered.
        pub kept_request_ids: Vec<String> = "kept_request_ids" required declared,
    }
}

object! {
    /// A call will not run although it was allowed, too late (`system` / `late_allow_not_run`, CLI
    /// 2.1.329, declared, not seen).
    pub struct LateAllowNotRun {
        /// The request that was answered.
        pub request_id: String = "request_id" declared,
        /// The call.
        pub tool_use_id: String = "tool_use_id" declared,
        /// Why.
        pub reason: NotRunReason = "reason" declared,
    }
}

open_enum! {
    /// Why a call that was allowed too late does not run (`reason`).
    pub enum NotRunReason {
        TurnRunning = "turn_running",
        CardOpen = "card_open",
        CallGone = "call_gone",
        InvalidAnswer = "invalid_answer",
        Limited = "limited",
        Stopped = "stopped",
        Declined = "declined",
        AskedAgain = "asked_again",
        Withdrawn = "withdrawn",
        Expired = "expired",
        NotRun = "not_run",
    }
}

object! {
    /// A worker in the cloud takes turns that a client began (`system` / `turn_handoff_available`,
    /// CLI 2.1.329, declared, not seen).
    pub struct TurnHandoffAvailable {
        /// The version of the form.
        pub v: u64 = "v" declared,
        /// The tools whose calls it takes.
        pub tools: Vec<String> = "tools" required declared,
        /// The worker; each start has a higher number.
        pub worker_epoch: u64 = "worker_epoch" declared,
        /// True when it waits for files that are still being staged.
        pub staged_files: Option<bool> = "staged_files" declared,
        /// True when it appends prompts without a query first.
        pub no_query_first: Option<bool> = "no_query_first" declared,
        /// True when two messages may share an id.
        pub shared_message_id: Option<bool> = "shared_message_id" declared,
        /// True when it reads `relay_marker`.
        pub relay_marker: Option<bool> = "relay_marker" declared,
        /// True when it takes files for its home folder.
        pub home_files: Option<bool> = "home_files" declared,
        /// True when it reads `file_names`.
        pub file_names: Option<bool> = "file_names" declared,
        /// True when it writes the files of calls that were already answered.
        pub carried_writes: Option<bool> = "carried_writes" declared,
        /// True when it has rebuilt the conversation before it reads a request.
        pub hydrates_carried_lines: Option<bool> = "hydrates_carried_lines" declared,
        /// True when it reads `requires_rewind_request_id`.
        pub requires_rewind_request_id: Option<bool> = "requires_rewind_request_id" declared,
        /// True when it answers `comparison_fork`.
        pub comparison_fork: Option<bool> = "comparison_fork" declared,
    }
}

object! {
    /// Facts about a session in the cloud (`system` / `session_metadata`, CLI 2.1.329, declared,
    /// not seen).
    pub struct SessionMetadata {
        /// The facts that changed.
        pub metadata: SessionFacts = "metadata" declared,
    }
}

object! {
    /// Facts about a session (`metadata`, CLI 2.1.329, declared, not seen).
    pub struct SessionFacts: raw {
        /// What the session has published; the whole list.
        pub artifacts: Vec<Artifact> = "artifacts" declared,
    }
}

object! {
    /// Something that a session has published (an item of `artifacts`, CLI 2.1.329, declared, not
    /// seen).
    pub struct Artifact {
        /// Where it is.
        pub url: String = "url" declared,
        /// Its title.
        pub title: Option<String> = "title" declared,
        /// Its icon.
        pub favicon: Option<String> = "favicon" declared,
        /// What it is.
        pub kind: String = "kind" declared,
        /// When it changed last, ISO 8601.
        pub updated_at: String = "updated_at" declared,
    }
}
