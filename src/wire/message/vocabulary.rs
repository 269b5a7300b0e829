//! The open sets of strings that several messages share.

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
        /// Aborts the running turn.
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
