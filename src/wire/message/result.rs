//! `result`: the end of a turn.

use std::collections::BTreeMap;

use super::origin::{Origin, stated_origin};
use super::usage::{ModelUsage, Usage};
use super::vocabulary::{FastModeDisabledReason, FastModeState, StopReason};
use crate::wire::decode::{At, Decode, Sink};
use crate::wire::json::{RawJson, Reader};

object! {
    /// The end of a turn (`result`, CLI 2.1.329). [`outcome`](Self::outcome) tells how it ended: the subtype alone does not.
    ///
    /// Costs, `model_usage` and API times are running totals of the process; `usage` is the turn's.
    pub struct ResultMessage {
        /// `success` or one of the errors; an API error has `success` too.
        pub subtype: ResultSubtype = "subtype" required,
        /// True for an error, whatever the subtype.
        pub is_error: bool = "is_error" required,
        /// Wall time of the turn, in milliseconds.
        pub duration_ms: f64 = "duration_ms" required,
        /// Time spent in API calls, in milliseconds.
        pub duration_api_ms: f64 = "duration_api_ms" required,
        /// Round trips to the model in this turn.
        pub num_turns: u64 = "num_turns" required,
        /// The session.
        pub session_id: String = "session_id" required,
        /// The final text, or the text of an API error.
        pub result: Option<String> = "result",
        /// What went wrong, for an error subtype.
        pub errors: Vec<String> = "errors" => error_list,
        /// Why the loop ended.
        pub terminal_reason: Option<TerminalReason> = "terminal_reason",
        /// The API's ids of the model's messages that have begun in this turn; with partial messages, or
        /// where the turn was interrupted (CLI 2.1.332).
        pub begun_message_ids: Option<Vec<String>> = "begun_message_ids",
        /// Why the model stopped.
        pub stop_reason: Option<StopReason> = "stop_reason",
        /// Cost so far in US dollars: a running total of the process.
        pub total_cost_usd: Option<f64> = "total_cost_usd",
        /// Tokens of the main loop in this turn.
        pub usage: Option<Usage> = "usage",
        /// Tokens and cost by model: a running total of the process.
        pub model_usage: BTreeMap<String, ModelUsage> = "modelUsage",
        /// Tokens and cost by model since the last result.
        pub model_usage_since_last_result: Option<BTreeMap<String, ModelUsage>> = "model_usage_since_last_result",
        /// Tool calls that were refused.
        pub permission_denials: Vec<PermissionDenial> = "permission_denials",
        /// The answer as a value, where a JSON schema asked for one.
        pub structured_output: Option<RawJson> = "structured_output",
        /// The HTTP status of the failed API call.
        pub api_error_status: Option<u16> = "api_error_status",
        /// The API's own word for the error, such as `overloaded_error`.
        pub api_error_type: Option<String> = "api_error_type",
        /// A failure without an HTTP status, such as `connection_failed`.
        pub api_error: Option<String> = "api_error",
        /// Where the message that started the turn came from; set for turns that the CLI started by itself.
        pub origin: Option<Origin> = "origin" => stated_origin,
        /// The last prompt that the turn answers, by the uuid its sender gave it.
        pub user_message_uuid: Option<String> = "user_message_uuid",
        /// All prompts that the turn answers, by the uuids their sender gave them.
        pub user_message_uuids: Option<Vec<String>> = "user_message_uuids",
        /// Why the turn goes on from one that a restart cut off.
        pub resume_reason: Option<String> = "resume_reason" declared,
        /// Prompts that still wait; more than 0 says that another result follows.
        pub queued_turn_count: Option<u64> = "queued_turn_count",
        /// Counts the results of the process from 0; a gap is a lost result.
        pub result_index: Option<u64> = "result_index",
        /// The local command that made the turn.
        pub local_command: Option<String> = "local_command" declared,
        /// The tool call that a hook deferred.
        pub deferred_tool_use: Option<DeferredToolUse> = "deferred_tool_use" declared,
        /// Why the CLI could not start; it exits after this result.
        pub startup_failure_reason: Option<StartupFailureReason> = "startup_failure_reason",
        /// The configuration file that could not be read.
        pub invalid_config_file: Option<InvalidConfigFile> = "invalid_config_file" declared,
        /// How often a safety check stopped the turn.
        pub safety_stops: Option<u64> = "safety_stops",
        /// Counts of sub-agents.
        pub subagent_stats: Option<Box<SubagentStats>> = "subagent_stats",
        /// When the login ends, ISO 8601.
        pub credential_expires_at: Option<String> = "credential_expires_at" declared,
        /// State of the fast mode.
        pub fast_mode_state: Option<FastModeState> = "fast_mode_state",
        /// Why the fast mode is off.
        pub fast_mode_disabled_reason: Option<FastModeDisabledReason> = "fast_mode_disabled_reason",
        /// Input tokens of the first request.
        pub first_request_input_tokens: Option<u64> = "first_request_input_tokens",
        /// Input tokens of the first request that a cache served.
        pub first_request_cache_read_input_tokens: Option<u64> = "first_request_cache_read_input_tokens",
        /// Time to the first token, in milliseconds.
        pub ttft_ms: Option<f64> = "ttft_ms",
        /// Time to the first token of the stream, in milliseconds.
        pub ttft_stream_ms: Option<f64> = "ttft_stream_ms",
        /// Time until the request was sent, in milliseconds.
        pub time_to_request_ms: Option<f64> = "time_to_request_ms",
        /// The same, from the start of the process, in milliseconds.
        pub time_to_request_from_spawn_ms: Option<f64> = "time_to_request_from_spawn_ms" declared,
        /// When the process started, in milliseconds since 1970.
        pub time_origin_ms: Option<f64> = "time_origin_ms" declared,
        /// When the request was sent, in milliseconds since 1970.
        pub request_sent_wall_ms: Option<f64> = "request_sent_wall_ms",
        /// Time to the first frame with content, in milliseconds.
        pub first_content_frame_ms: Option<f64> = "first_content_frame_ms",
        /// Time to the first stream post, in milliseconds.
        pub first_stream_post_ms: Option<f64> = "first_stream_post_ms" declared,
        /// Time until it was acknowledged, in milliseconds.
        pub first_stream_post_ack_ms: Option<f64> = "first_stream_post_ack_ms" declared,
        /// How long it waited in a queue, in milliseconds.
        pub first_stream_post_queue_wait_ms: Option<f64> = "first_stream_post_queue_wait_ms" declared,
        /// What it waited for.
        pub first_stream_post_queued_behind: Option<QueuedBehind> = "first_stream_post_queued_behind" declared,
        /// When it was sent, in milliseconds since 1970.
        pub first_stream_post_wall_ms: Option<f64> = "first_stream_post_wall_ms" declared,
        /// Time to the first post with text, in milliseconds.
        pub first_text_post_ms: Option<f64> = "first_text_post_ms" declared,
        /// How long it waited in a queue, in milliseconds.
        pub first_text_post_queue_wait_ms: Option<f64> = "first_text_post_queue_wait_ms" declared,
        /// What it waited for.
        pub first_text_post_queued_behind: Option<QueuedBehind> = "first_text_post_queued_behind" declared,
        /// When it was sent, in milliseconds since 1970.
        pub first_text_post_wall_ms: Option<f64> = "first_text_post_wall_ms" declared,
        /// True when a process that was started in advance served the turn.
        pub warm_spare_claimed: Option<bool> = "warm_spare_claimed" declared,
        /// Counts the turns of the process from 0; sent with startup timing.
        pub process_turn_index: Option<u64> = "process_turn_index",
        /// How the turn was resumed; sent with startup timing.
        pub turn_start_resume_kind: Option<String> = "turn_start_resume_kind",
        /// CPU time until the request, in milliseconds; sent with startup timing.
        pub time_to_request_cpu_ms: Option<f64> = "time_to_request_cpu_ms",
        /// Lag of the event loop until the request, in milliseconds; sent with startup timing.
        pub time_to_request_loop_lag_ms: Option<f64> = "time_to_request_loop_lag_ms",
        /// Major page faults until the request; sent with startup timing.
        pub time_to_request_major_faults: Option<u64> = "time_to_request_major_faults",
        /// Time until the request by phase, in milliseconds; sent with startup timing.
        pub time_to_request_phases_ms: Option<BTreeMap<String, f64>> = "time_to_request_phases_ms",
        /// Details of a phase; sent with startup timing.
        pub input_attachments_detail: Option<RawJson> = "input_attachments_detail",
        /// Details of a phase; sent with startup timing.
        pub message_normalization_detail: Option<RawJson> = "message_normalization_detail",
        /// Details of a phase; sent with startup timing.
        pub request_build_detail: Option<RawJson> = "request_build_detail",
        /// Details of a phase; sent with startup timing.
        pub tool_schema_build_detail: Option<RawJson> = "tool_schema_build_detail",
    }
}

object! {
    /// A tool call that was refused (an item of `permission_denials`, CLI 2.1.329).
    pub struct PermissionDenial: raw {
        /// The tool.
        pub tool_name: String = "tool_name",
        /// The call.
        pub tool_use_id: String = "tool_use_id",
        /// The tool's input, whatever its shape.
        pub tool_input: Option<RawJson> = "tool_input",
    }
}

object! {
    /// A tool call that a hook deferred (`deferred_tool_use`, CLI 2.1.329, declared only).
    pub struct DeferredToolUse: raw {
        /// The call.
        pub id: Option<String> = "id" declared,
        /// The tool.
        pub name: Option<String> = "name" declared,
        /// The tool's input, whatever its shape.
        pub input: Option<RawJson> = "input" declared,
    }
}

object! {
    /// A configuration file that could not be read (`invalid_config_file`, CLI 2.1.329, declared only).
    pub struct InvalidConfigFile {
        /// The file.
        pub path: String = "path" declared,
        /// True for the configuration of the whole installation.
        pub is_global: bool = "is_global" declared,
        /// True when a backup was looked for.
        pub backup_searched: bool = "backup_searched" declared,
        /// The backup that was found.
        pub backup_path: Option<String> = "backup_path" declared,
    }
}

object! {
    /// Counts of sub-agents (`subagent_stats`, CLI 2.1.329).
    pub struct SubagentStats {
        /// Sub-agents that were started.
        pub spawned: u64 = "spawned",
        /// How they were asked for: `background`, `foreground`, `unset`.
        pub requested: BTreeMap<String, u64> = "requested",
        /// How many began in the background.
        pub started_in_background: u64 = "started_in_background",
        /// The deepest nesting.
        pub max_depth: u64 = "max_depth",
        /// How many other sub-agents started.
        pub spawned_by_subagents: u64 = "spawned_by_subagents",
        /// How many ended well.
        pub completed: u64 = "completed",
        /// How many failed.
        pub failed: u64 = "failed",
        /// How many were killed, by whom: `parent`, `user`, `system`.
        pub killed: BTreeMap<String, u64> = "killed",
        /// How many were refused, by what: `depth_limit`, `concurrency_limit`, `budget`.
        pub refused: BTreeMap<String, u64> = "refused",
        /// How many there were of each type.
        pub by_type: BTreeMap<String, u64> = "by_type",
    }
}

open_enum! {
    /// The subtype of a result.
    pub enum ResultSubtype {
        Success = "success",
        ErrorDuringExecution = "error_during_execution",
        ErrorMaxTurns = "error_max_turns",
        ErrorMaxBudgetUsd = "error_max_budget_usd",
        ErrorMaxStructuredOutputRetries = "error_max_structured_output_retries",
    }
}

open_enum! {
    /// Why the loop of a turn ended (`terminal_reason`).
    pub enum TerminalReason {
        BlockingLimit = "blocking_limit",
        RapidRefillBreaker = "rapid_refill_breaker",
        PromptTooLong = "prompt_too_long",
        ImageError = "image_error",
        ModelError = "model_error",
        ApiError = "api_error",
        MalformedToolUseExhausted = "malformed_tool_use_exhausted",
        AbortedStreaming = "aborted_streaming",
        AbortedTools = "aborted_tools",
        StopHookPrevented = "stop_hook_prevented",
        HookStopped = "hook_stopped",
        ToolDeferred = "tool_deferred",
        MaxTurns = "max_turns",
        BackgroundRequested = "background_requested",
        Completed = "completed",
        BudgetExhausted = "budget_exhausted",
        StructuredOutputRetryExhausted = "structured_output_retry_exhausted",
        ToolDeferredUnavailable = "tool_deferred_unavailable",
        TurnSetupFailed = "turn_setup_failed",
    }
}

open_enum! {
    /// Why the CLI could not start (`startup_failure_reason`).
    pub enum StartupFailureReason {
        OrgPinApiKeyConflict = "org_pin_api_key_conflict",
        ProviderNotAllowed = "provider_not_allowed",
        OrgVerifyFailed = "org_verify_failed",
        OrgPinMismatch = "org_pin_mismatch",
        ManagedSettingsInvalid = "managed_settings_invalid",
        RemoteSettingsRequiredUnavailable = "remote_settings_required_unavailable",
        GatewaySigninRequired = "gateway_signin_required",
        GatewayAccessDenied = "gateway_access_denied",
        ProxyInvalid = "proxy_invalid",
        TempDirUnusable = "temp_dir_unusable",
        CwdUnavailable = "cwd_unavailable",
        ShellToolMissing = "shell_tool_missing",
        SessionHeldByBackground = "session_held_by_background",
        WorktreeResumeRefused = "worktree_resume_refused",
        WorktreeUnverified = "worktree_unverified",
        CliVersionTooOld = "cli_version_too_old",
        BypassRoot = "bypass_root",
        OrgConfigRequiredUnavailable = "org_config_required_unavailable",
        OrgConfigRefused = "org_config_refused",
        SandboxRequiredUnavailable = "sandbox_required_unavailable",
        InitializeNotFirst = "initialize_not_first",
        ConfigFileInvalid = "config_file_invalid",
        ManagedSettingsNotDelivered = "managed_settings_not_delivered",
        InitializeFieldsNotDelivered = "initialize_fields_not_delivered",
    }
}

open_enum! {
    /// What a post waited for (`first_stream_post_queued_behind`).
    pub enum QueuedBehind {
        DurablePost = "durable_post",
        EphemeralPost = "ephemeral_post",
        RetryBackoff = "retry_backoff",
        Hold = "hold",
        None = "none",
    }
}

/// The list of errors; a bare string counts as a list of one.
fn error_list(reader: &mut Reader<'_>, at: &At<'_>, sink: &mut Sink) -> Option<Vec<String>> {
    match reader.string() {
        Some(text) => Some(vec![text.into_owned()]),
        None => Vec::decode(reader, at, sink),
    }
}
