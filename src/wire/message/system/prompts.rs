//! What becomes of prompts, calls and files before the model sees them.

object! {
    /// The CLI stopped the turn for a prompt that came right behind (`system` / `turn_preempted`,
    /// CLI 2.1.329, declared, not seen). Comes before the result of the stopped turn.
    pub struct TurnPreempted {
        /// Why, such as `rapid_followup`; an open set.
        pub reason: String = "reason" declared,
        /// The prompt that runs next, by the uuid its sender gave it.
        pub preempted_by_uuid: String = "preempted_by_uuid" declared,
        /// The prompts of the stopped turn, by the uuids their sender gave them.
        pub preempted_message_uuids: Vec<String> = "preempted_message_uuids" required declared,
    }
}

object! {
    /// A tool call waits for its automatic check (`system` / `permission_check_status`, CLI
    /// 2.1.329, declared, not seen).
    pub struct PermissionCheckStatus {
        /// The call.
        pub tool_use_id: String = "tool_use_id" declared,
        /// The sub-agent that called.
        pub agent_id: Option<String> = "agent_id" declared,
        /// Whether it still waits.
        pub status: PermissionCheck = "status" declared,
    }
}

open_enum! {
    /// Whether a call waits for its check (`status` of a `permission_check_status`).
    pub enum PermissionCheck {
        Checking = "checking",
        Done = "done",
    }
}

object! {
    /// The effort is not sent with each turn any more (`system` / `per_turn_effort_changed`, CLI
    /// 2.1.329, declared, not seen).
    pub struct PerTurnEffortChanged {
        /// Always false; only `init` says that it is on.
        pub per_turn_effort_active: bool = "per_turn_effort_active" declared,
    }
}

object! {
    /// The files of instructions are longer than recommended (`system` /
    /// `instruction_size_warning`, CLI 2.1.329, declared, not seen).
    pub struct InstructionSizeWarning {
        /// How long they are together, in characters.
        pub total_chars: u64 = "total_chars" declared,
        /// The recommended limit, in characters.
        pub total_limit_chars: u64 = "total_limit_chars" declared,
        /// How many files that is.
        pub file_count: u64 = "file_count" declared,
        /// How long the largest is, in characters, where it alone is over the limit.
        pub largest_chars: Option<u64> = "largest_chars" declared,
    }
}

object! {
    /// Files of a prompt did not arrive (`system` / `file_attachments_missing`, CLI 2.1.329,
    /// declared, not seen). The turn goes on without them.
    pub struct FileAttachmentsMissing {
        /// The prompt, by the uuid its sender gave it.
        pub message_uuid: String = "message_uuid" declared,
        /// How many files the prompt named.
        pub sent_count: u64 = "sent_count" declared,
        /// The files that did not arrive.
        pub missing: Vec<MissingFile> = "missing" required declared,
    }
}

object! {
    /// A file that did not arrive (an item of `missing`, CLI 2.1.329, declared, not seen).
    pub struct MissingFile {
        /// The file.
        pub file_uuid: String = "file_uuid" declared,
        /// Why, such as `download` or `too_large`; an open set.
        pub reason: String = "reason" declared,
    }
}

object! {
    /// A draft of feedback was written to disk (`system` / `feedback_draft_queued`, CLI 2.1.329,
    /// declared, not seen). Nothing is sent before the user says so.
    pub struct FeedbackDraftQueued {
        /// The draft.
        pub draft_id: String = "draft_id" declared,
        /// What it is about.
        pub draft_type: FeedbackDraft = "draft_type" declared,
        /// Its title.
        pub title: String = "title" declared,
        /// The beginning of its text.
        pub details_preview: String = "details_preview" declared,
    }
}

open_enum! {
    /// What a draft of feedback is about (`draft_type`).
    pub enum FeedbackDraft {
        Bug = "bug",
        Idea = "idea",
        MissingCapability = "missing_capability",
    }
}
