//! What the session is doing: its state, its retries, one model in place of another.

use std::time::Duration;

use crate::wire::message::ApiErrorKind;
use crate::wire::permission::PermissionMode;

object! {
    /// What the session does, or a new permission mode (`system` / `status`, CLI 2.1.329).
    pub struct Status {
        /// What it does; `None` for nothing in particular.
        pub status: Option<StatusKind> = "status",
        /// The permission mode from now on.
        pub permission_mode: Option<PermissionMode> = "permissionMode",
        /// How a compaction ended.
        pub compact_result: Option<CompactResult> = "compact_result",
        /// Why a compaction failed.
        pub compact_error: Option<String> = "compact_error",
        /// How long the summary is so far, in characters.
        pub compact_output_chars: Option<u64> = "compact_output_chars",
        /// The prompts that the turn answers, by the uuids their sender gave them.
        pub user_message_uuids: Option<Vec<String>> = "user_message_uuids",
        /// True when a turn that a restart cut off waits for its plan to be approved.
        pub resume_held_for_plan: Option<bool> = "resume_held_for_plan" declared,
    }
}

open_enum! {
    /// What the session does (`status` of a status).
    pub enum StatusKind {
        Requesting = "requesting",
        Compacting = "compacting",
    }
}

open_enum! {
    /// How a compaction ended (`compact_result`).
    pub enum CompactResult {
        Success = "success",
        Failed = "failed",
    }
}

object! {
    /// The conversation was compacted here (`system` / `compact_boundary`, CLI 2.1.329).
    pub struct CompactBoundary {
        /// What was done.
        pub compact_metadata: CompactMetadata = "compact_metadata",
        /// The message before this one.
        pub logical_parent_uuid: Option<String> = "logical_parent_uuid",
        /// True for a message of the past that is sent again.
        pub historical: Option<bool> = "historical" declared,
    }
}

object! {
    /// What a compaction did (`compact_metadata`, CLI 2.1.329).
    pub struct CompactMetadata {
        /// Who started it.
        pub trigger: CompactTrigger = "trigger",
        /// Tokens before.
        pub pre_tokens: u64 = "pre_tokens",
        /// Tokens after.
        pub post_tokens: Option<u64> = "post_tokens",
        /// How long it took, in milliseconds.
        pub duration_ms: Option<f64> = "duration_ms",
        /// Tokens dropped so far.
        pub cumulative_dropped_tokens: Option<u64> = "cumulative_dropped_tokens",
        /// Messages that stay, as one piece.
        pub preserved_segment: Option<PreservedSegment> = "preserved_segment" declared,
        /// Messages that stay, one by one; supersedes `preserved_segment`.
        pub preserved_messages: Option<PreservedMessages> = "preserved_messages",
        /// How many messages the summary covers.
        pub messages_summarized: Option<u64> = "messages_summarized" declared,
        /// What the user wants the summary to be about.
        pub user_context: Option<String> = "user_context" declared,
        /// True when the summary was made ahead, in the background.
        pub precomputed: Option<bool> = "precomputed" declared,
        /// Tools that had been found before.
        pub pre_compact_discovered_tools: Option<Vec<String>> = "pre_compact_discovered_tools" declared,
        /// Versions of artifacts that had been read before.
        pub pre_compact_artifact_read_versions: Vec<ArtifactVersion> = "pre_compact_artifact_read_versions" declared,
    }
}

object! {
    /// Messages that stay, as one piece (`preserved_segment`, CLI 2.1.329, declared, not seen).
    pub struct PreservedSegment {
        /// The first.
        pub head_uuid: String = "head_uuid" declared,
        /// The message that they hang on.
        pub anchor_uuid: String = "anchor_uuid" declared,
        /// The last.
        pub tail_uuid: String = "tail_uuid" declared,
    }
}

object! {
    /// Messages that stay, one by one (`preserved_messages`, CLI 2.1.329).
    pub struct PreservedMessages {
        /// The message that the first of them hangs on.
        pub anchor_uuid: String = "anchor_uuid",
        /// The messages, each hanging on the one before.
        pub uuids: Vec<String> = "uuids",
        /// The messages with all that belongs to them.
        pub all_uuids: Vec<String> = "all_uuids",
    }
}

open_enum! {
    /// Who started a compaction (`trigger` of a compaction).
    pub enum CompactTrigger {
        Manual = "manual",
        Auto = "auto",
    }
}

object! {
    /// An API call failed and will be repeated (`system` / `api_retry`, CLI 2.1.329).
    pub struct ApiRetry {
        /// Counts the repetitions from 1.
        pub attempt: u64 = "attempt",
        /// How many there will be.
        pub max_retries: u64 = "max_retries",
        /// The wait before the next attempt, in milliseconds.
        pub retry_delay_ms: f64 = "retry_delay_ms",
        /// The HTTP status; `None` where no answer came.
        pub error_status: Option<u16> = "error_status",
        /// The class of the error.
        pub error: ApiErrorKind = "error",
        /// Set when not even the headers came in time.
        pub no_response: Option<NoResponse> = "no_response" declared,
    }
}

impl ApiRetry {
    /// `retry_delay_ms` as a duration. The CLI waits that long by itself, at least what the API asked for in its header `retry-after`, which is
    /// not on the wire.
    pub fn retry_after(&self) -> Duration {
        Duration::try_from_secs_f64((self.retry_delay_ms / 1000.0).max(0.0))
            .unwrap_or(Duration::MAX)
    }
}

object! {
    /// No headers came in time (`no_response`, CLI 2.1.329, declared, not seen).
    pub struct NoResponse {
        /// How long was waited, in milliseconds.
        pub waited_ms: f64 = "waited_ms" declared,
        /// How long the next attempt waits, in milliseconds.
        pub retry_wait_ms: f64 = "retry_wait_ms" declared,
    }
}

object! {
    /// A control request of the host is still worked on (`system` / `control_request_progress`, CLI 2.1.329).
    pub struct ControlRequestProgress {
        /// The request.
        pub request_id: String = "request_id",
        /// What happens to it.
        pub status: ControlRequestStatus = "status",
        /// Counts the repetitions from 1.
        pub attempt: Option<u64> = "attempt" declared,
        /// How many there will be.
        pub max_retries: Option<u64> = "max_retries" declared,
        /// The wait before the next attempt, in milliseconds.
        pub retry_delay_ms: Option<f64> = "retry_delay_ms" declared,
        /// The HTTP status; `None` where no answer came.
        pub error_status: Option<u16> = "error_status" declared,
    }
}

open_enum! {
    /// What happens to a control request (`status` of a progress).
    pub enum ControlRequestStatus {
        Started = "started",
        ApiRetry = "api_retry",
    }
}

object! {
    /// An estimate of the tokens of thinking (`system` / `thinking_tokens`, CLI 2.1.329); comes before each thinking delta, also where partial
    /// messages were not asked for.
    pub struct ThinkingTokens {
        /// Tokens of the block so far.
        pub estimated_tokens: u64 = "estimated_tokens",
        /// Tokens since the last estimate.
        pub estimated_tokens_delta: u64 = "estimated_tokens_delta",
        /// The prompt that is answered, by the uuid its sender gave it.
        pub user_message_uuid: Option<String> = "user_message_uuid",
    }
}

object! {
    /// Idle, running or waiting (`system` / `session_state_changed`, CLI 2.1.329). Sent only where the host asked for it.
    pub struct SessionStateChanged {
        /// The state from now on.
        pub state: SessionState = "state",
        /// True when the message is for the SDK alone and not for the consumer.
        pub sdk_host_only: Option<bool> = "sdk_host_only" declared,
    }
}

open_enum! {
    /// State of a session (`state`).
    pub enum SessionState {
        Idle = "idle",
        Running = "running",
        RequiresAction = "requires_action",
    }
}

object! {
    /// A version of an artifact (an item of `pre_compact_artifact_read_versions`, CLI 2.1.329,
    /// declared, not seen).
    pub struct ArtifactVersion {
        /// The artifact.
        pub slug: String = "slug" declared,
        /// The version.
        pub ver: String = "ver" declared,
    }
}

object! {
    /// The model refused, and another one is asked (`system` / `model_refusal_fallback`, CLI 2.1.329, declared, not seen).
    pub struct ModelRefusalFallback {
        /// Always `refusal`.
        pub trigger: String = "trigger" declared,
        /// What happens now.
        pub direction: RefusalDirection = "direction" declared,
        /// How long the other model stays; absent means for the session.
        pub scope: Option<RefusalScope> = "scope" declared,
        /// The model that refused.
        pub original_model: String = "original_model" declared,
        /// The model that is asked now.
        pub fallback_model: String = "fallback_model" declared,
        /// The API's id of the request.
        pub request_id: Option<String> = "request_id" declared,
        /// The category of the refusal, an open set.
        pub api_refusal_category: Option<String> = "api_refusal_category" declared,
        /// Why the API says it refused.
        pub api_refusal_explanation: Option<String> = "api_refusal_explanation" declared,
        /// Messages to forget now, by uuid.
        pub retracted_message_uuids: Option<Vec<String>> = "retracted_message_uuids" declared,
        /// The prompt that was refused.
        pub refused_user_message_uuid: Option<String> = "refused_user_message_uuid" declared,
        /// The text for the user.
        pub content: String = "content" declared,
        /// What the API knows of the account's verification.
        pub api_refusal_cyber_verification: Option<CyberVerification> = "api_refusal_cyber_verification" declared,
        /// True when any refusal of the chain was of that category.
        pub saw_cyber_refusal: Option<bool> = "saw_cyber_refusal" declared,
        /// The words for the user that come with the list of models.
        pub served_notice: Option<ServedNotice> = "served_notice" v2_1_332 declared,
    }
}

object! {
    /// The model refused, and no other one is asked (`system` / `model_refusal_no_fallback`, CLI 2.1.329).
    pub struct ModelRefusalNoFallback {
        /// The model that refused.
        pub original_model: String = "original_model",
        /// The API's id of the request.
        pub request_id: Option<String> = "request_id",
        /// The category of the refusal, an open set.
        pub api_refusal_category: Option<String> = "api_refusal_category" declared,
        /// Why the API says it refused.
        pub api_refusal_explanation: Option<String> = "api_refusal_explanation" declared,
        /// The prompt that was refused.
        pub refused_user_message_uuid: Option<String> = "refused_user_message_uuid" declared,
        /// The text for the user.
        pub content: String = "content",
    }
}

object! {
    /// The model cannot be reached, and another one is asked (`system` / `model_fallback`, CLI 2.1.329).
    pub struct ModelFallback {
        /// What caused it.
        pub trigger: String = "trigger",
        /// The model that could not be reached.
        pub original_model: String = "original_model",
        /// The model that is asked now.
        pub fallback_model: String = "fallback_model",
        /// The text for the user.
        pub content: String = "content",
    }
}

open_enum! {
    /// What happens after a refusal (`direction`).
    pub enum RefusalDirection {
        Retry = "retry",
        Revert = "revert",
        Sticky = "sticky",
    }
}

open_enum! {
    /// How long a fallback model stays (`scope`).
    pub enum RefusalScope {
        Session = "session",
        Local = "local",
    }
}

object! {
    /// What the API knows of an account's verification (`api_refusal_cyber_verification`, CLI
    /// 2.1.329, declared, not seen).
    pub struct CyberVerification {
        /// The kind of status.
        pub kind: String = "type" declared,
        /// The tier.
        pub tier: Option<String> = "tier" declared,
        /// Why.
        pub reason: Option<String> = "reason" declared,
    }
}

object! {
    /// Words for the user (`served_notice`, CLI 2.1.332, declared, not seen).
    pub struct ServedNotice {
        /// The words, with `{model}` for the model.
        pub text: String = "text" v2_1_332 declared,
        /// Where more is said.
        pub learn_more_url: Option<String> = "learn_more_url" v2_1_332 declared,
    }
}
