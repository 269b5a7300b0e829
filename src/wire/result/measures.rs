//! Measurements of a turn: how long its phases took, and what the process used.

use std::collections::BTreeMap;

object! {
    /// How the attachments of a prompt were made (`input_attachments_detail`, CLI 2.1.329); sent
    /// with startup timing.
    pub struct AttachmentsDetail {
        /// What took longest.
        pub slowest_producer: Option<String> = "slowest_producer",
        /// How long that took, in milliseconds.
        pub slowest_producer_ms: Option<f64> = "slowest_producer_ms",
        /// CPU time, in milliseconds.
        pub cpu_ms: Option<f64> = "cpu_ms",
        /// Major page faults.
        pub major_faults: Option<u64> = "major_faults",
        /// Preparing, in milliseconds.
        pub setup_ms: Option<f64> = "setup_ms",
        /// What depends on the prompt, in milliseconds.
        pub prompt_producers_ms: Option<f64> = "prompt_producers_ms",
        /// Starting the rest, in milliseconds.
        pub ambient_start_ms: Option<f64> = "ambient_start_ms",
        /// Waiting for the rest, in milliseconds.
        pub ambient_wait_ms: Option<f64> = "ambient_wait_ms",
        /// Writing it out, in milliseconds.
        pub render_ms: Option<f64> = "render_ms",
        /// How many things were asked.
        pub producers: Option<u64> = "producers",
        /// How often tokens were counted.
        pub token_counts: Option<u64> = "token_counts",
        /// How long that took, in milliseconds.
        pub token_count_ms: Option<f64> = "token_count_ms" declared,
        /// How many changed files were read again.
        pub changed_files_reread: Option<u64> = "changed_files_reread" declared,
        /// How long that took, in milliseconds.
        pub changed_files_read_ms: Option<f64> = "changed_files_read_ms" declared,
        /// The outcomes for files that were only touched.
        pub touch_compare: BTreeMap<String, u64> = "touch_compare" declared,
        /// How many files differ, by size.
        pub differs_files: BTreeMap<String, u64> = "differs_files" declared,
    }
}

object! {
    /// How the messages for the API were made (`message_normalization_detail`, CLI 2.1.329); sent
    /// with startup timing.
    pub struct NormalizationDetail {
        /// Before, in milliseconds.
        pub before_ms: f64 = "before_ms",
        /// Normalising them, in milliseconds.
        pub normalize_ms: f64 = "normalize_ms",
        /// Images, in milliseconds.
        pub images_ms: f64 = "images_ms",
        /// The following step, in milliseconds.
        pub post_process_ms: f64 = "post_process_ms",
        /// After, in milliseconds.
        pub after_ms: f64 = "after_ms",
        /// The rest, in milliseconds.
        pub other_ms: f64 = "other_ms",
        /// How many messages there were.
        pub messages: Option<u64> = "messages",
        /// How many went to the API.
        pub wire_messages: Option<u64> = "wire_messages",
    }
}

object! {
    /// How the request to the API was made (`request_build_detail`, CLI 2.1.329); sent with startup
    /// timing.
    pub struct RequestBuildDetail {
        /// Records, in milliseconds.
        pub records_ms: f64 = "records_ms",
        /// The system prompt, in milliseconds.
        pub system_ms: f64 = "system_ms",
        /// Headers, in milliseconds.
        pub headers_ms: f64 = "headers_ms",
        /// Recording what breaks the cache, in milliseconds.
        pub cache_break_record_ms: f64 = "cache_break_record_ms",
        /// Plans, in milliseconds.
        pub plans_ms: f64 = "plans_ms",
        /// Preparing retries, in milliseconds.
        pub retry_setup_ms: f64 = "retry_setup_ms",
        /// Building what is sent, in milliseconds.
        pub sent_build_ms: f64 = "sent_build_ms",
        /// The safety part of it, in milliseconds.
        pub sent_build_safety_context_ms: Option<f64> = "sent_build_safety_context_ms",
        /// The cache part of it, in milliseconds.
        pub sent_build_cache_breakpoints_ms: Option<f64> = "sent_build_cache_breakpoints_ms",
        /// The part of it that checks for broken characters, in milliseconds.
        pub sent_build_surrogate_scan_ms: Option<f64> = "sent_build_surrogate_scan_ms",
        /// Recording the attempt, in milliseconds.
        pub record_attempt_ms: f64 = "record_attempt_ms",
        /// The rest, in milliseconds.
        pub other_ms: f64 = "other_ms",
    }
}

object! {
    /// How the schemas of the tools were made (`tool_schema_build_detail`, CLI 2.1.329); sent with
    /// startup timing.
    pub struct ToolSchemaDetail {
        /// Betas, in milliseconds.
        pub betas_ms: f64 = "betas_ms",
        /// Waiting, in milliseconds.
        pub waits_ms: f64 = "waits_ms",
        /// Placing, in milliseconds.
        pub placement_ms: f64 = "placement_ms",
        /// Writing them out, in milliseconds.
        pub render_ms: f64 = "render_ms",
        /// After, in milliseconds.
        pub after_ms: f64 = "after_ms",
        /// The rest, in milliseconds.
        pub other_ms: f64 = "other_ms",
        /// How many tools there are.
        pub tools: Option<u64> = "tools",
        /// How many schemas are new.
        pub new_schemas: Option<u64> = "new_schemas",
    }
}

object! {
    /// How the store of a resumed session was confirmed (`resume_store_confirm_detail`, CLI
    /// 2.1.329, declared, not seen).
    pub struct ResumeStoreConfirm {
        /// Writing, in milliseconds.
        pub write_ms: f64 = "write_ms" declared,
        /// Waiting for earlier writes, in milliseconds.
        pub ahead_ms: f64 = "ahead_ms" declared,
        /// Posting, in milliseconds.
        pub post_ms: f64 = "post_ms" declared,
        /// The rest, in milliseconds.
        pub other_ms: f64 = "other_ms" declared,
        /// How many posts.
        pub posts: u64 = "posts" declared,
        /// How many of them failed.
        pub failed_posts: u64 = "failed_posts" declared,
        /// How many rows were queued before.
        pub rows_ahead: u64 = "rows_ahead" declared,
        /// How many rows.
        pub rows: u64 = "rows" declared,
    }
}

object! {
    /// Calls that waited for the session's files (`tool_hold_detail`, CLI 2.1.332, declared, not
    /// seen).
    pub struct ToolHoldDetail {
        /// When the first result of a tool came, in milliseconds.
        pub first_result_ms: Option<f64> = "first_result_ms" v2_1_332 declared,
        /// What they waited for.
        pub holds: Vec<ToolHold> = "holds" required v2_1_332 declared,
    }
}

object! {
    /// Something that calls waited for (an item of `holds`, CLI 2.1.332, declared, not seen).
    pub struct ToolHold {
        /// What it is.
        pub name: String = "name" v2_1_332 declared,
        /// How it ended.
        pub end: ToolHoldEnd = "end" v2_1_332 declared,
        /// When it began, in milliseconds.
        pub began_ms: f64 = "began_ms" v2_1_332 declared,
        /// How long it took, in milliseconds.
        pub held_ms: f64 = "held_ms" v2_1_332 declared,
    }
}

open_enum! {
    /// How a wait of calls ended (`end`).
    pub enum ToolHoldEnd {
        Well = "well",
        Failed = "failed",
        TimedOut = "timed_out",
        Open = "open",
    }
}

object! {
    /// How a turn looked for new memories (`memory_check_detail`, CLI 2.1.329, declared, not seen).
    pub struct MemoryCheck {
        /// The feature flag.
        pub flag: Option<u64> = "flag" declared,
        /// What the request waited for.
        pub hold: MemoryHold = "hold" declared,
        /// How the wait for the answer ended.
        pub wait: Option<MemoryWait> = "wait" declared,
        /// How many requests there were.
        pub requests: Option<u64> = "requests" declared,
        /// How old the process was, in milliseconds.
        pub boot_age_ms: Option<f64> = "boot_age_ms" declared,
    }
}

open_enum! {
    /// What the request for new memories waited for (`hold`).
    pub enum MemoryHold {
        Off = "off",
        NotDue = "not_due",
        NothingToSend = "nothing_to_send",
        Sent = "sent",
        Cap = "cap",
        Abort = "abort",
        Failed = "failed",
    }
}

open_enum! {
    /// How the wait for new memories ended (`wait`).
    pub enum MemoryWait {
        WentOn = "went_on",
        Answered = "answered",
        Cut = "cut",
        Unanswered = "unanswered",
        GraceAnswered = "grace_answered",
        GraceCut = "grace_cut",
        GraceUnanswered = "grace_unanswered",
    }
}

object! {
    /// What one part of a turn used (a value of `process_turn_states`, CLI 2.1.329, declared, not
    /// seen).
    pub struct TurnState {
        /// CPU time, in milliseconds.
        pub cpu_ms: f64 = "cpu_ms" declared,
        /// Wall time, in milliseconds.
        pub wall_ms: f64 = "wall_ms" declared,
        /// How often it occurred.
        pub entries: u64 = "entries" declared,
    }
}

object! {
    /// Garbage collections of the process (`process_garbage_collections`, CLI 2.1.329, declared,
    /// not seen).
    pub struct GarbageCollections {
        /// Up to the first turn.
        pub to_first_message: Option<CollectionCount> = "to_first_message" declared,
        /// Up to this result.
        pub to_first_result: Option<CollectionCount> = "to_first_result" declared,
    }
}

object! {
    /// A count of garbage collections (a field of `process_garbage_collections`, CLI 2.1.329,
    /// declared, not seen).
    pub struct CollectionCount {
        /// Those of young objects.
        pub eden: u64 = "eden" declared,
        /// Those of all objects.
        pub full: u64 = "full" declared,
        /// How long they took, in milliseconds.
        pub wall_ms: f64 = "wall_ms" declared,
        /// The size of the heap after the last one, in MiB.
        pub heap_after_mib: Option<u64> = "heap_after_mib" declared,
    }
}
