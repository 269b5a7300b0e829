//! One model in place of another.

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
