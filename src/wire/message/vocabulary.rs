//! The open sets of strings that several messages share.

open_enum! {
    /// What a session may do without asking (`permissionMode`).
    pub enum PermissionMode {
        /// Ask.
        Default = "default",
        /// Ask, but not for edits of files.
        AcceptEdits = "acceptEdits",
        /// Never ask, allow everything. Refused by the CLI when it runs as root outside a sandbox.
        BypassPermissions = "bypassPermissions",
        /// Read and plan; change nothing.
        Plan = "plan",
        /// Never ask, refuse what would have been asked.
        DontAsk = "dontAsk",
        /// The CLI's own classifier decides.
        Auto = "auto",
    }
}

open_enum! {
    /// Why an API call failed (`error` of an assistant message and of `api_retry`).
    pub enum ApiErrorKind {
        AuthenticationFailed = "authentication_failed",
        OauthOrgNotAllowed = "oauth_org_not_allowed",
        AccountOnHold = "account_on_hold",
        VerificationRequired = "verification_required",
        BillingError = "billing_error",
        RateLimit = "rate_limit",
        Overloaded = "overloaded",
        InvalidRequest = "invalid_request",
        ModelNotFound = "model_not_found",
        ServerError = "server_error",
        Unknown = "unknown",
        MaxOutputTokens = "max_output_tokens",
        CloudCredentialError = "cloud_credential_error",
    }
}

open_enum! {
    /// Why the model stopped (`stop_reason`).
    pub enum StopReason {
        EndTurn = "end_turn",
        MaxTokens = "max_tokens",
        StopSequence = "stop_sequence",
        ToolUse = "tool_use",
        PauseTurn = "pause_turn",
        Refusal = "refusal",
        ModelContextWindowExceeded = "model_context_window_exceeded",
        /// Declared by the API, not seen.
        Compaction = "compaction",
    }
}

open_enum! {
    /// Where a message goes in the queue (`priority`).
    pub enum Priority {
        /// Aborts what runs.
        Now = "now",
        Next = "next",
        Later = "later",
    }
}

open_enum! {
    /// State of the fast mode (`fast_mode_state`).
    pub enum FastModeState {
        Off = "off",
        Cooldown = "cooldown",
        On = "on",
    }
}

open_enum! {
    /// Why the fast mode is off (`fast_mode_disabled_reason`).
    pub enum FastModeDisabledReason {
        Free = "free",
        Preference = "preference",
        ExtraUsageDisabled = "extra_usage_disabled",
        NetworkError = "network_error",
        Unknown = "unknown",
        NotFirstParty = "not_first_party",
        DisabledByEnv = "disabled_by_env",
        ModelNotAllowed = "model_not_allowed",
        SdkOptInRequired = "sdk_opt_in_required",
        Pending = "pending",
    }
}

open_enum! {
    /// How hard the model works (`effort`).
    pub enum Effort {
        Low = "low",
        Medium = "medium",
        High = "high",
        Xhigh = "xhigh",
        Max = "max",
    }
}

open_enum! {
    /// How much of the model's thinking is shown (`thinking_display`).
    pub enum ThinkingDisplay {
        Updates = "updates",
        Summarized = "summarized",
        Omitted = "omitted",
        Highlights = "highlights",
    }
}

open_enum! {
    /// A code for the reason of a decision (`decision_reason_code`).
    pub enum DecisionReasonCode {
        ClassifierTranscriptTooLong = "classifier_transcript_too_long",
        OutsideReadsBlocked = "outside_reads_blocked",
        MemoryPaused = "memory_paused",
        AutoModeNoCheckInSession = "auto_mode_no_check_in_session",
        AutoModeStopNoCheckInSession = "auto_mode_stop_no_check_in_session",
        AutoModeStopNoResultForCalls = "auto_mode_stop_no_result_for_calls",
        AutoModeStopNoVerdict = "auto_mode_stop_no_verdict",
        OrgAskCeiling = "org_ask_ceiling",
        DenialLimitHostReset = "denial_limit_host_reset",
    }
}
