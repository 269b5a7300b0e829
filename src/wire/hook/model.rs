//! Model switches.

use super::tool::PermissionDecision;
use super::traits::Decides;

event! {
    /// The model is about to be switched (`PreModelSwitch`, CLI 2.1.329). May allow or deny it.
    PreModelSwitch -> PreModelSwitchOutput {
        /// The current model.
        pub from_model: String = "from_model",
        /// The new model.
        pub to_model: String = "to_model" required,
        /// The requested model; `None` for the default.
        pub requested_model: Option<String> = "requested_model",
        /// Who requested it.
        pub source: ModelSwitchSource = "source",
        /// Tokens in the context.
        pub context_tokens: u64 = "context_tokens",
        /// True if the prompt cache is warm, and would be lost.
        pub prompt_cache_warm: bool = "prompt_cache_warm",
        /// How long the cache lasts.
        pub cache_ttl: CacheTtl = "cache_ttl",
        /// What writing the cache again will cost, in US dollars.
        pub estimated_cache_write_usd: f64 = "estimated_cache_write_usd",
        /// The source of the price.
        pub pricing: ModelPricing = "pricing",
    }
}

open_enum! {
    /// Who requested another model (`source`).
    pub enum ModelSwitchSource {
        Command = "command",
        Picker = "picker",
        Sdk = "sdk",
        /// After the switch only.
        Auto = "auto",
        /// After the switch only.
        Resume = "resume",
    }
}

open_enum! {
    /// How long the cache of a prompt lasts (`cache_ttl`).
    pub enum CacheTtl {
        FiveMinutes = "5m",
        OneHour = "1h",
    }
}

open_enum! {
    /// The source of a model's price (`pricing`).
    pub enum ModelPricing {
        Configured = "configured",
        Catalog = "catalog",
        Default = "default",
    }
}

output! {
    /// A hook's answer to a model switch.
    PreModelSwitchOutput of "PreModelSwitch" {
        /// Whether the model may be switched; `defer` does not apply here.
        permission_decision: PermissionDecision = "permissionDecision",
        /// Why.
        permission_decision_reason: String = "permissionDecisionReason",
    }
}

event! {
    /// The model has been switched (`PostModelSwitch`, CLI 2.1.329).
    PostModelSwitch -> PostModelSwitchOutput {
        /// The previous model.
        pub from_model: String = "from_model",
        /// The current model.
        pub to_model: String = "to_model" required,
        /// The requested model; `None` for the default.
        pub requested_model: Option<String> = "requested_model",
        /// Who requested it.
        pub source: ModelSwitchSource = "source",
        /// Tokens in the context.
        pub context_tokens: u64 = "context_tokens",
        /// True if the prompt cache was warm, and is lost.
        pub prompt_cache_warm: bool = "prompt_cache_warm",
        /// How long the cache lasts.
        pub cache_ttl: CacheTtl = "cache_ttl",
        /// What writing the cache again will cost, in US dollars.
        pub estimated_cache_write_usd: f64 = "estimated_cache_write_usd",
        /// The source of the price.
        pub pricing: ModelPricing = "pricing",
    }
}

output! {
    /// A hook's answer after a model switch.
    PostModelSwitchOutput of "PostModelSwitch" {
        /// A text for the model.
        additional_context: String = "additionalContext",
    }
}

adds_context!(PostModelSwitchOutput);

impl Decides for PreModelSwitchOutput {
    fn of_allow() -> Self {
        Self::default().permission_decision(PermissionDecision::Allow)
    }

    fn of_deny(reason: String) -> Self {
        Self::default()
            .permission_decision(PermissionDecision::Deny)
            .permission_decision_reason(reason)
    }
}
