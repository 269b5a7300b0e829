//! The state of the session: its status, its retries, fallback models.

use std::time::Duration;

use crate::wire::message::ApiErrorKind;
use crate::wire::permission::PermissionMode;

object! {
    /// The activity of the session, or a new permission mode (`system` / `status`, CLI 2.1.329).
    pub struct Status {
        /// Its activity; `None` for nothing in particular.
        pub status: Option<StatusKind> = "status",
        /// The new permission mode.
        pub permission_mode: Option<PermissionMode> = "permissionMode",
        /// How a compaction ended.
        pub compact_result: Option<CompactResult> = "compact_result",
        /// Why a compaction failed.
        pub compact_error: Option<String> = "compact_error",
        /// How long the summary is so far, in characters.
        pub compact_output_chars: Option<u64> = "compact_output_chars",
        /// The prompts that the turn answers, by the uuids their sender gave them.
        pub user_message_uuids: Option<Vec<String>> = "user_message_uuids",
        /// True if a turn that a restart cut off waits for its plan to be approved.
        pub resume_held_for_plan: Option<bool> = "resume_held_for_plan" declared,
    }
}

open_enum! {
    /// The activity of the session (`status` of a status).
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
        /// True for an earlier message that is sent again.
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
        /// Messages that are kept, as one segment.
        pub preserved_segment: Option<PreservedSegment> = "preserved_segment" v2_1_332,
        /// Messages that are kept, one by one; supersedes `preserved_segment`.
        pub preserved_messages: Option<PreservedMessages> = "preserved_messages",
        /// How many messages the summary covers.
        pub messages_summarized: Option<u64> = "messages_summarized" declared,
        /// What the user wants the summary to be about.
        pub user_context: Option<String> = "user_context" declared,
        /// True if the summary was made ahead, in the background.
        pub precomputed: Option<bool> = "precomputed" declared,
        /// Tools that had been found before.
        pub pre_compact_discovered_tools: Option<Vec<String>> = "pre_compact_discovered_tools" declared,
        /// Versions of artifacts that had been read before.
        pub pre_compact_artifact_read_versions: Vec<ArtifactVersion> = "pre_compact_artifact_read_versions" declared,
    }
}

object! {
    /// Messages that are kept, as one segment (`preserved_segment`, CLI 2.1.332).
    pub struct PreservedSegment {
        /// The first.
        pub head_uuid: String = "head_uuid" v2_1_332,
        /// The parent of the segment.
        pub anchor_uuid: String = "anchor_uuid" v2_1_332,
        /// The last.
        pub tail_uuid: String = "tail_uuid" v2_1_332,
    }
}

object! {
    /// Messages that are kept, one by one (`preserved_messages`, CLI 2.1.329).
    pub struct PreservedMessages {
        /// The parent of the first of them.
        pub anchor_uuid: String = "anchor_uuid",
        /// The messages; each is the parent of the next.
        pub uuids: Vec<String> = "uuids",
        /// The messages with everything that belongs to them.
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
    /// An API call failed and will be retried (`system` / `api_retry`, CLI 2.1.329).
    pub struct ApiRetry {
        /// Counts the retries from 1.
        pub attempt: u64 = "attempt",
        /// The maximum number of retries.
        pub max_retries: u64 = "max_retries",
        /// The wait before the next attempt, in milliseconds.
        pub retry_delay_ms: f64 = "retry_delay_ms",
        /// The HTTP status; `None` if there was no answer.
        pub error_status: Option<u16> = "error_status",
        /// The class of the error.
        pub error: ApiErrorKind = "error",
        /// Set if not even the headers came in time.
        pub no_response: Option<NoResponse> = "no_response" declared,
    }
}

impl ApiRetry {
    /// `retry_delay_ms` as a duration. The CLI waits this long by itself, and at least as long as
    /// the API's `retry-after` header says, which is not on the wire.
    pub fn retry_after(&self) -> Duration {
        Duration::try_from_secs_f64((self.retry_delay_ms / 1000.0).max(0.0))
            .unwrap_or(Duration::MAX)
    }
}

object! {
    /// No headers came in time (`no_response`, CLI 2.1.329, declared, not seen).
    pub struct NoResponse {
        /// How long it waited, in milliseconds.
        pub waited_ms: f64 = "waited_ms" declared,
        /// How long the next attempt waits, in milliseconds.
        pub retry_wait_ms: f64 = "retry_wait_ms" declared,
    }
}

object! {
    /// A control request of the host is still in progress (`system` / `control_request_progress`,
    /// CLI 2.1.329).
    pub struct ControlRequestProgress {
        /// The request.
        pub request_id: String = "request_id",
        /// What happens to it.
        pub status: ControlRequestStatus = "status",
        /// Counts the retries from 1.
        pub attempt: Option<u64> = "attempt" declared,
        /// The maximum number of retries.
        pub max_retries: Option<u64> = "max_retries" declared,
        /// The wait before the next attempt, in milliseconds.
        pub retry_delay_ms: Option<f64> = "retry_delay_ms" declared,
        /// The HTTP status; `None` if there was no answer.
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
    /// An estimate of the tokens of thinking (`system` / `thinking_tokens`, CLI 2.1.329); comes
    /// before each thinking delta, even if partial messages are not enabled.
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
    /// Idle, running or waiting (`system` / `session_state_changed`, CLI 2.1.329). Only sent if the
    /// host requests it.
    pub struct SessionStateChanged {
        /// The new state.
        pub state: SessionActivity = "state",
        /// True if the message is only for the SDK and not for its user.
        pub sdk_host_only: Option<bool> = "sdk_host_only" v2_1_332,
    }
}

open_enum! {
    /// State of a session (`state`).
    pub enum SessionActivity {
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
    /// The model refused, and another one is used (`system` / `model_refusal_fallback`, CLI
    /// 2.1.329, declared, not seen).
    pub struct ModelRefusalFallback {
        /// Always `refusal`.
        pub trigger: String = "trigger" declared,
        /// What happens next.
        pub direction: RefusalDirection = "direction" declared,
        /// How long the other model stays; absent means for the session.
        pub scope: Option<RefusalScope> = "scope" declared,
        /// The model that refused.
        pub original_model: String = "original_model" declared,
        /// The new model.
        pub fallback_model: String = "fallback_model" declared,
        /// The API's id of the request.
        pub request_id: Option<String> = "request_id" declared,
        /// The category of the refusal, an open set.
        pub api_refusal_category: Option<String> = "api_refusal_category" declared,
        /// The API's reason for the refusal.
        pub api_refusal_explanation: Option<String> = "api_refusal_explanation" declared,
        /// Messages to discard, by uuid.
        pub retracted_message_uuids: Option<Vec<String>> = "retracted_message_uuids" declared,
        /// The prompt that was refused.
        pub refused_user_message_uuid: Option<String> = "refused_user_message_uuid" declared,
        /// The text for the user.
        pub content: String = "content" declared,
        /// What the API knows of the account's verification.
        pub api_refusal_cyber_verification: Option<CyberVerification> = "api_refusal_cyber_verification" declared,
        /// True if any refusal of the chain was of that category.
        pub saw_cyber_refusal: Option<bool> = "saw_cyber_refusal" declared,
        /// The notice for the user that comes with the list of models.
        pub served_notice: Option<ServedNotice> = "served_notice" v2_1_332 declared,
    }
}

object! {
    /// The model refused, and there is no fallback (`system` / `model_refusal_no_fallback`, CLI
    /// 2.1.329).
    pub struct ModelRefusalNoFallback {
        /// The model that refused.
        pub original_model: String = "original_model",
        /// The API's id of the request.
        pub request_id: Option<String> = "request_id",
        /// The category of the refusal, an open set.
        pub api_refusal_category: Option<String> = "api_refusal_category" v2_1_332,
        /// The API's reason for the refusal.
        pub api_refusal_explanation: Option<String> = "api_refusal_explanation" v2_1_332,
        /// The prompt that was refused.
        pub refused_user_message_uuid: Option<String> = "refused_user_message_uuid" v2_1_332,
        /// The text for the user.
        pub content: String = "content",
    }
}

object! {
    /// The model is unavailable, and another one is used (`system` / `model_fallback`, CLI
    /// 2.1.329).
    pub struct ModelFallback {
        /// What caused it.
        pub trigger: String = "trigger",
        /// The unavailable model.
        pub original_model: String = "original_model",
        /// The new model.
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
    /// A notice for the user (`served_notice`, CLI 2.1.332, declared, not seen).
    pub struct ServedNotice {
        /// The text, with `{model}` for the model.
        pub text: String = "text" v2_1_332 declared,
        /// Where to read more.
        pub learn_more_url: Option<String> = "learn_more_url" v2_1_332 declared,
    }
}
