//! Details of errors of the API.

use super::account::RateLimitInfo;

object! {
    /// Details of an error of the API (`api_error_params`, CLI 2.1.329). Which are set depends on
    /// the error.
    pub struct ApiErrorParams: raw {
        /// What cut the reply off.
        pub cut: Option<OutputCut> = "cut",
        /// The effort that the model does not take.
        pub effort: Option<String> = "effort" declared,
        /// Who serves the model.
        pub provider: Option<String> = "provider" declared,
        /// What would help with the credentials of a provider.
        pub remedy: Option<String> = "remedy" declared,
        /// What kind of medium was refused.
        pub media: Option<String> = "media" declared,
        /// Why it was refused.
        pub media_reason: Option<String> = "media_reason" declared,
        /// The limits of the plan.
        pub rate_limit_info: Option<Box<RateLimitInfo>> = "rate_limit_info" declared,
        /// How to say that the account is on hold.
        pub hold_wording: Option<HoldWording> = "hold_wording" v2_1_332 declared,
        /// True when an administrator has to act.
        pub hold_admin_required: Option<bool> = "hold_admin_required" v2_1_332 declared,
        /// Where to act.
        pub hold_url: Option<String> = "hold_url" v2_1_332 declared,
    }
}

open_enum! {
    /// What cut a reply off (`cut`).
    pub enum OutputCut {
        OutputLimit = "output_limit",
        ContextWindow = "context_window",
    }
}

open_enum! {
    /// How to say that an account is on hold (`hold_wording`).
    pub enum HoldWording {
        VerifyNow = "verify_now",
        OwnerMustVerify = "owner_must_verify",
        Contact = "contact",
    }
}

open_enum! {
    /// Who sent an error of the API (`api_error_origin`).
    pub enum ApiErrorOrigin {
        FirstParty = "first_party",
    }
}
