//! Tokens and money.

use crate::wire::json::RawJson;

object! {
    /// Tokens of a request or of a turn (`usage`, CLI 2.1.329). An absent count reads as 0.
    pub struct Usage: raw {
        /// Input tokens that were not cached.
        pub input_tokens: u64 = "input_tokens" lenient,
        /// Output tokens.
        pub output_tokens: u64 = "output_tokens" lenient,
        /// Input tokens written to the cache.
        pub cache_creation_input_tokens: u64 = "cache_creation_input_tokens" lenient,
        /// Input tokens read from the cache.
        pub cache_read_input_tokens: u64 = "cache_read_input_tokens" lenient,
        /// Parts of the output tokens.
        pub output_tokens_details: Option<OutputTokensDetails> = "output_tokens_details",
        /// Uses of tools on the API's side.
        pub server_tool_use: Option<ServerToolUsage> = "server_tool_use",
        /// The tier that served the request.
        pub service_tier: Option<String> = "service_tier",
        /// Cache writes by lifetime.
        pub cache_creation: Option<CacheCreation> = "cache_creation",
        /// Where the inference ran.
        pub inference_geo: Option<String> = "inference_geo",
        /// Usage of each iteration of the API.
        pub iterations: Option<Vec<RawJson>> = "iterations",
        /// The speed that served the request, such as `standard`.
        pub speed: Option<String> = "speed",
        /// Credit for a fallback.
        pub fallback_credit: Option<RawJson> = "fallback_credit",
    }
}

object! {
    /// Parts of the output tokens (`output_tokens_details`, CLI 2.1.329).
    pub struct OutputTokensDetails {
        /// Tokens of thinking.
        pub thinking_tokens: u64 = "thinking_tokens" lenient,
    }
}

object! {
    /// Uses of tools on the API's side (`server_tool_use` of a usage, CLI 2.1.329).
    pub struct ServerToolUsage {
        /// Web searches.
        pub web_search_requests: u64 = "web_search_requests" lenient,
        /// Web fetches.
        pub web_fetch_requests: u64 = "web_fetch_requests" lenient,
    }
}

object! {
    /// Cache writes by lifetime (`cache_creation` of a usage, CLI 2.1.329).
    pub struct CacheCreation {
        /// Tokens kept for an hour.
        pub ephemeral_1h_input_tokens: u64 = "ephemeral_1h_input_tokens" lenient,
        /// Tokens kept for five minutes.
        pub ephemeral_5m_input_tokens: u64 = "ephemeral_5m_input_tokens" lenient,
    }
}

object! {
    /// Tokens and cost of one model (a value of `modelUsage`, CLI 2.1.329).
    pub struct ModelUsage: raw {
        /// Input tokens that were not cached.
        pub input_tokens: u64 = "inputTokens",
        /// Output tokens.
        pub output_tokens: u64 = "outputTokens",
        /// Tokens of thinking, part of the output tokens.
        pub thinking_tokens: Option<u64> = "thinkingTokens",
        /// Input tokens read from the cache.
        pub cache_read_input_tokens: u64 = "cacheReadInputTokens",
        /// Input tokens written to the cache.
        pub cache_creation_input_tokens: u64 = "cacheCreationInputTokens",
        /// Cache writes kept for five minutes.
        pub cache_creation_ephemeral_5m_input_tokens: Option<u64> = "cacheCreationEphemeral5mInputTokens",
        /// Cache writes kept for an hour.
        pub cache_creation_ephemeral_1h_input_tokens: Option<u64> = "cacheCreationEphemeral1hInputTokens",
        /// Web searches.
        pub web_search_requests: u64 = "webSearchRequests",
        /// Cost in US dollars.
        pub cost_usd: f64 = "costUSD",
        /// The model's context window, in tokens.
        pub context_window: u64 = "contextWindow",
        /// The model's longest output, in tokens.
        pub max_output_tokens: u64 = "maxOutputTokens",
        /// The model's canonical name.
        pub canonical_model: Option<String> = "canonicalModel",
        /// The provider of the model, such as `firstParty`.
        pub provider: Option<String> = "provider",
        /// What the cost is based on.
        pub cost_basis: Option<CostBasis> = "costBasis",
    }
}

open_enum! {
    /// What a cost is based on (`costBasis`).
    pub enum CostBasis {
        List = "list",
        Managed = "managed",
        Unknown = "unknown",
    }
}
