//! `result`: the end of a turn.

use std::collections::BTreeMap;

use super::measures::{
    AttachmentsDetail, GarbageCollections, MemoryCheck, NormalizationDetail, RequestBuildDetail,
    ResumeStoreConfirm, ToolHoldDetail, ToolSchemaDetail, TurnState,
};
use crate::wire::decode::{At, Decode, Sink};
use crate::wire::json::{RawJson, Reader};
use crate::wire::message::{
    ApiErrorOrigin, FastModeDisabledReason, FastModeState, Origin, StopReason, stated_origin,
};
use crate::wire::usage::{ModelUsage, Usage};

object! {
    /// The end of a turn (`result`, CLI 2.1.329). [`outcome`](Self::outcome) says how it ended; the
    /// subtype alone does not.
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
        /// The structured answer, if a JSON schema was given.
        pub structured_output: Option<RawJson> = "structured_output",
        /// The HTTP status of the failed API call.
        pub api_error_status: Option<u16> = "api_error_status",
        /// The API's own word for the error, such as `overloaded_error`.
        pub api_error_type: Option<String> = "api_error_type",
        /// A failure without an HTTP status, such as `connection_failed`.
        pub api_error: Option<String> = "api_error",
        /// Where the message that started the turn came from; set for turns that the CLI started by
        /// itself.
        pub origin: Option<Origin> = "origin" => stated_origin,
        /// The last prompt that the turn answers, by the uuid its sender gave it.
        pub user_message_uuid: Option<String> = "user_message_uuid",
        /// All prompts that the turn answers, by the uuids their sender gave them.
        pub user_message_uuids: Option<Vec<String>> = "user_message_uuids",
        /// Why the turn continues one that a restart cut off.
        pub resume_reason: Option<String> = "resume_reason" declared,
        /// The number of prompts that still wait; if it is not 0, another result follows.
        pub queued_turn_count: Option<u64> = "queued_turn_count",
        /// Counts the results of the process from 0; a gap means a lost result.
        pub result_index: Option<u64> = "result_index",
        /// The local command that produced the turn.
        pub local_command: Option<String> = "local_command",
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
        /// True if the turn was served by a process that was started in advance.
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
        pub input_attachments_detail: Option<Box<AttachmentsDetail>> = "input_attachments_detail",
        /// Details of a phase; sent with startup timing.
        pub message_normalization_detail: Option<Box<NormalizationDetail>> = "message_normalization_detail",
        /// Details of a phase; sent with startup timing.
        pub request_build_detail: Option<Box<RequestBuildDetail>> = "request_build_detail",
        /// Details of a phase; sent with startup timing.
        pub tool_schema_build_detail: Option<Box<ToolSchemaDetail>> = "tool_schema_build_detail",
        /// The model messages that began in this turn, by their API ids.
        pub begun_message_ids: Option<Vec<String>> = "begun_message_ids" v2_1_332,
        /// True if the turn was cut off because the process ends.
        pub interrupted_by_shutdown: Option<bool> = "interrupted_by_shutdown" declared,
        /// True if the check of permissions stopped the turn.
        pub stopped_by_permission_check: Option<bool> = "stopped_by_permission_check" declared,
        /// Set if a message for a session in the cloud was not delivered.
        pub message_undelivered: Option<Undelivered> = "message_undelivered" declared,
        /// The API's own code for the error, from its details.
        pub api_error_code: Option<String> = "api_error_code" declared,
        /// Set if Anthropic's own API sent the error.
        pub api_error_origin: Option<ApiErrorOrigin> = "api_error_origin" declared,
        /// A rewind that was undone, since the turn was refused.
        pub restored_rewind: Option<RestoredRewind> = "restored_rewind" declared,
        /// How the process of a runner ended.
        pub runner_exit: Option<RunnerExit> = "runner_exit" declared,
        /// What is known about the organization's policy; an open set.
        pub policy_answer: Option<String> = "policy_answer" declared,
        /// Why no more is known.
        pub policy_answer_reason: Option<String> = "policy_answer_reason" declared,
        /// When the server received the prompt, in milliseconds since 1970.
        pub user_message_server_received_wall_ms: Option<f64> = "user_message_server_received_wall_ms" declared,
        /// When the prompt arrived, in milliseconds since 1970.
        pub frame_received_wall_ms: Option<f64> = "frame_received_wall_ms" declared,
        /// When it was put in the queue, in milliseconds since 1970.
        pub frame_enqueued_wall_ms: Option<f64> = "frame_enqueued_wall_ms" declared,
        /// Time between the two by phase, in milliseconds.
        pub frame_intake_phases_ms: Option<BTreeMap<String, f64>> = "frame_intake_phases_ms" declared,
        /// The same for a turn that a client started, in milliseconds.
        pub handoff_intake_phases_ms: Option<BTreeMap<String, f64>> = "handoff_intake_phases_ms" declared,
        /// When the turn started, in milliseconds since 1970.
        pub turn_started_wall_ms: Option<f64> = "turn_started_wall_ms" declared,
        /// Time from the queue to the start by phase, in milliseconds.
        pub turn_start_phases_ms: Option<BTreeMap<String, f64>> = "turn_start_phases_ms" declared,
        /// How long control requests delayed the start, in milliseconds.
        pub turn_start_control_requests_ms: Option<f64> = "turn_start_control_requests_ms" declared,
        /// Details of a phase.
        pub resume_store_confirm_detail: Option<ResumeStoreConfirm> = "resume_store_confirm_detail" declared,
        /// Calls that waited for the session's files.
        pub tool_hold_detail: Option<ToolHoldDetail> = "tool_hold_detail" v2_1_332 declared,
        /// How many posts had new text.
        pub text_post_count: Option<u64> = "text_post_count" declared,
        /// How many of them came more than half a second after the one before.
        pub text_post_gap_over_500ms_count: Option<u64> = "text_post_gap_over_500ms_count" declared,
        /// How late the timer of the posts was at most, in milliseconds.
        pub text_post_flush_timer_max_late_ms: Option<f64> = "text_post_flush_timer_max_late_ms" declared,
        /// Whether the flags were fetched before they were needed; an open set.
        pub flag_fetch_kick: Option<String> = "flag_fetch_kick" declared,
        /// How often the list of tools was made.
        pub tool_pool_build_count: Option<u64> = "tool_pool_build_count" declared,
        /// How often only because it was too old.
        pub tool_pool_build_lapsed_count: Option<u64> = "tool_pool_build_lapsed_count" declared,
        /// Its maximum age, in milliseconds.
        pub tool_pool_limit_ms: Option<f64> = "tool_pool_limit_ms" declared,
        /// How many tools had been added or removed by then.
        pub tool_pool_moved_at_lapse_count: Option<u64> = "tool_pool_moved_at_lapse_count" declared,
        /// How many streams of the main conversation there were.
        pub main_stream_count: Option<u64> = "main_stream_count" declared,
        /// How many events they had.
        pub main_stream_event_count: Option<u64> = "main_stream_event_count" declared,
        /// In how many chunks they came.
        pub main_stream_chunk_count: Option<u64> = "main_stream_chunk_count" declared,
        /// How the turn looked for new memories.
        pub memory_check_detail: Option<MemoryCheck> = "memory_check_detail" declared,
        /// Memory of the process at the start of the turn, in MiB.
        pub process_rss_mib_turn_start: Option<u64> = "process_rss_mib_turn_start" declared,
        /// The same at its end, in MiB.
        pub process_rss_mib_result: Option<u64> = "process_rss_mib_result" declared,
        /// The anonymous part of it at the start, in MiB.
        pub process_anon_mib_turn_start: Option<u64> = "process_anon_mib_turn_start" declared,
        /// The same at its end, in MiB.
        pub process_anon_mib_result: Option<u64> = "process_anon_mib_result" declared,
        /// The peak memory of the process so far, in MiB.
        pub process_peak_rss_mib: Option<u64> = "process_peak_rss_mib" declared,
        /// CPU time of the turn, in milliseconds.
        pub process_cpu_ms_turn: Option<f64> = "process_cpu_ms_turn" declared,
        /// Wall time of the same, in milliseconds.
        pub process_wall_ms_turn: Option<f64> = "process_wall_ms_turn" declared,
        /// CPU time while a reply streamed, in milliseconds.
        pub process_cpu_ms_streaming: Option<f64> = "process_cpu_ms_streaming" declared,
        /// Wall time of the same, in milliseconds.
        pub process_wall_ms_streaming: Option<f64> = "process_wall_ms_streaming" declared,
        /// CPU time since the last turn, in milliseconds.
        pub process_cpu_ms_between_turns: Option<f64> = "process_cpu_ms_between_turns" declared,
        /// Wall time of the same, in milliseconds.
        pub process_wall_ms_between_turns: Option<f64> = "process_wall_ms_between_turns" declared,
        /// CPU and wall time of the turn by what it did, such as `tool`.
        pub process_turn_states: BTreeMap<String, TurnState> = "process_turn_states" declared,
        /// CPU time of the turn by what it did, then by thread, in milliseconds.
        pub process_turn_threads: BTreeMap<String, BTreeMap<String, f64>> = "process_turn_threads" declared,
        /// Garbage collections of the process.
        pub process_garbage_collections: Option<GarbageCollections> = "process_garbage_collections" declared,
        /// The tuning variables that the process was started with, as bits.
        pub process_start_tuning: Option<u64> = "process_start_tuning" declared,
        /// One of them, in milliseconds.
        pub process_start_purge_delay_ms: Option<f64> = "process_start_purge_delay_ms" declared,
        /// CPU time of shell commands in the turn, in milliseconds.
        pub shell_cpu_ms_turn: Option<f64> = "shell_cpu_ms_turn" declared,
        /// CPU time of the same since the last result, in milliseconds.
        pub shell_cpu_ms_since_last_result: Option<f64> = "shell_cpu_ms_since_last_result" declared,
        /// Wall time of the same, in milliseconds.
        pub shell_wall_ms_since_last_result: Option<f64> = "shell_wall_ms_since_last_result" declared,
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
    /// A tool call that a hook deferred (`deferred_tool_use`, CLI 2.1.329, declared, not seen).
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
    /// A configuration file that could not be read (`invalid_config_file`, CLI 2.1.329, declared,
    /// not seen).
    pub struct InvalidConfigFile {
        /// The file.
        pub path: String = "path" declared,
        /// True for the configuration of the whole installation.
        pub is_global: bool = "is_global" declared,
        /// True if a backup was looked for.
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
        /// How many succeeded.
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

object! {
    /// A rewind that was undone (`restored_rewind`, CLI 2.1.329, declared, not seen).
    pub struct RestoredRewind {
        /// The request that asked for the rewind.
        pub request_id: String = "request_id" declared,
        /// The last message of the conversation now.
        pub last_message_uuid: String = "last_message_uuid" declared,
    }
}

object! {
    /// How the process of a runner ended (`runner_exit`, CLI 2.1.329, declared, not seen).
    pub struct RunnerExit {
        /// Its phase.
        pub phase: RunnerPhase = "phase" declared,
        /// Its exit code.
        pub exit_code: Option<i64> = "exit_code" declared,
        /// The signal that ended it.
        pub signal: Option<String> = "signal" declared,
    }
}

open_enum! {
    /// The phase of a runner's process (`phase`): it never started, or it ended.
    pub enum RunnerPhase {
        Setup = "setup",
        Run = "run",
    }
}

open_enum! {
    /// Why a message for a session in the cloud was not delivered (`message_undelivered`).
    pub enum Undelivered {
        SessionNotOpened = "session_not_opened",
        SendFailed = "send_failed",
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
        /// Feature flags cannot be read (CLI 2.1.332).
        SideloadFlagsDisabled = "sideload_flags_disabled",
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
