//! The limits of the plan.

use std::time::{Duration, SystemTime};

object! {
    /// The limits of the plan changed (`rate_limit_event`, CLI 2.1.332). Not an
    /// error.
    pub struct RateLimitEvent {
        /// The current limits.
        pub info: RateLimitInfo = "rate_limit_info" required v2_1_332,
    }
}

object! {
    /// The limits of the plan (`rate_limit_info`, CLI 2.1.332).
    pub struct RateLimitInfo: raw {
        /// Whether requests are allowed.
        pub status: RateLimitStatus = "status" v2_1_332,
        /// When the limit resets, in seconds since 1970.
        pub resets_at: Option<f64> = "resetsAt" v2_1_332,
        /// Which limit it is.
        pub rate_limit_type: Option<RateLimitType> = "rateLimitType" v2_1_332,
        /// How much is used up, as a fraction of 1.
        pub utilization: Option<f64> = "utilization" v2_1_332,
        /// Whether requests beyond the limit are allowed.
        pub overage_status: Option<RateLimitStatus> = "overageStatus" v2_1_332,
        /// When the overage limit resets, in seconds since 1970.
        pub overage_resets_at: Option<f64> = "overageResetsAt" declared,
        /// Why there is no overage.
        pub overage_disabled_reason: Option<OverageDisabledReason> = "overageDisabledReason" v2_1_332,
        /// True if the overage is being used.
        pub is_using_overage: Option<bool> = "isUsingOverage" v2_1_332,
        /// True if the overage is in use.
        pub overage_in_use: Option<bool> = "overageInUse" declared,
        /// True if the overage may be used.
        pub overage_enabled: Option<bool> = "overageEnabled" declared,
        /// The threshold that was just passed.
        pub surpassed_threshold: Option<f64> = "surpassedThreshold" v2_1_332,
        /// Whose limit it is.
        pub limit_scope: Option<RateLimitScope> = "limitScope" declared,
        /// What is needed, such as `credits_required`.
        pub error_code: Option<String> = "errorCode" declared,
        /// True if the user can buy credits.
        pub can_user_purchase_credits: Option<bool> = "canUserPurchaseCredits" declared,
        /// True if a payment method is on file.
        pub has_chargeable_saved_payment_method: Option<bool> = "hasChargeableSavedPaymentMethod" declared,
        /// An offer to ask an administrator for more.
        pub admin_request_offer: Option<AdminRequestOffer> = "adminRequestOffer" declared,
        /// True while the organization has reached its daily limit.
        pub daily_cap_paused: Option<bool> = "dailyCapPaused" declared,
        /// Set if the user's own spending limit is reached.
        pub member_spend_limit: Option<MemberSpendLimit> = "memberSpendLimit" declared,
        /// How much of the channel's limit is used up.
        pub overage_period_channel: Option<SpendPeriod> = "overagePeriodChannel" declared,
        /// How much of the month's limit is used up.
        pub overage_period_monthly: Option<SpendPeriod> = "overagePeriodMonthly" declared,
        /// True if requests are only allowed by grace.
        pub rate_limit_grace_active: Option<bool> = "rateLimitGraceActive" declared,
        /// How much of each window is used up.
        pub unified_windows: Option<LimitWindows> = "unifiedWindows" v2_1_332,
        /// An offer of credits.
        pub usage_credit_offer: Option<UsageCreditOffer> = "usageCreditOffer" declared,
    }
}

/// In seconds since 1970, more than a time can be.
const TOO_LATE: f64 = 1e11;

impl RateLimitInfo {
    /// How long from `now` until the limit resets (`resetsAt`), zero if that is past; `None` if the
    /// CLI does not say, or the number is not a valid time.
    ///
    /// The field has seconds. One of 100,000,000,000 or more, which as seconds would be after the
    /// year 5000, counts as milliseconds.
    pub fn resets_in(&self, now: SystemTime) -> Option<Duration> {
        let at = self.resets_at?;
        let seconds = if at < TOO_LATE { at } else { at / 1000.0 };
        let at = Duration::try_from_secs_f64(seconds).ok().filter(|_| seconds < TOO_LATE)?;
        Some(SystemTime::UNIX_EPOCH.checked_add(at)?.duration_since(now).unwrap_or_default())
    }

    /// True if requests are refused: the limit is used up (`status` is `rejected`), and there is no
    /// overage that would allow them (`overageStatus`).
    pub fn is_exhausted(&self) -> bool {
        let passes = |status: &RateLimitStatus| {
            matches!(status, RateLimitStatus::Allowed | RateLimitStatus::AllowedWarning)
        };
        self.status == RateLimitStatus::Rejected
            && !self.overage_status.as_ref().is_some_and(passes)
    }
}

open_enum! {
    /// Whether requests are allowed (`status` of a rate limit).
    pub enum RateLimitStatus {
        Allowed = "allowed",
        AllowedWarning = "allowed_warning",
        Rejected = "rejected",
    }
}

open_enum! {
    /// Which limit it is (`rateLimitType`).
    pub enum RateLimitType {
        FiveHour = "five_hour",
        SevenDay = "seven_day",
        SevenDayOpus = "seven_day_opus",
        SevenDaySonnet = "seven_day_sonnet",
        SevenDayOverageIncluded = "seven_day_overage_included",
        Overage = "overage",
    }
}

open_enum! {
    /// Whose limit it is (`limitScope`).
    pub enum RateLimitScope {
        Service = "service",
        Channel = "channel",
        GroupPool = "group_pool",
    }
}

open_enum! {
    /// Why there is no overage (`overageDisabledReason`).
    pub enum OverageDisabledReason {
        OverageNotProvisioned = "overage_not_provisioned",
        OrgLevelDisabled = "org_level_disabled",
        OrgLevelDisabledUntil = "org_level_disabled_until",
        OutOfCredits = "out_of_credits",
        SeatTierLevelDisabled = "seat_tier_level_disabled",
        MemberLevelDisabled = "member_level_disabled",
        SeatTierZeroCreditLimit = "seat_tier_zero_credit_limit",
        GroupZeroCreditLimit = "group_zero_credit_limit",
        MemberZeroCreditLimit = "member_zero_credit_limit",
        OrgServiceLevelDisabled = "org_service_level_disabled",
        NoLimitsConfigured = "no_limits_configured",
        FetchError = "fetch_error",
        Unknown = "unknown",
    }
}

object! {
    /// How much of each window is used up (`unifiedWindows`, CLI 2.1.332).
    pub struct LimitWindows {
        /// The window of five hours.
        pub five_hour: Option<LimitWindow> = "five_hour" v2_1_332,
        /// The window of seven days.
        pub seven_day: Option<LimitWindow> = "seven_day" v2_1_332,
        /// The window of seven days with the overage.
        pub seven_day_overage_included: Option<LimitWindow> = "seven_day_overage_included" declared,
    }
}

object! {
    /// How much of a window is used up (an item of `unifiedWindows`, CLI 2.1.332).
    pub struct LimitWindow {
        /// As a fraction of 1.
        pub utilization: f64 = "utilization" v2_1_332,
        /// When it resets, in seconds since 1970.
        pub resets_at: f64 = "resetsAt" v2_1_332,
        /// Whether requests are allowed.
        pub status: Option<RateLimitStatus> = "status" v2_1_332,
        /// The threshold that was just passed.
        pub surpassed_threshold: Option<f64> = "surpassedThreshold" v2_1_332,
    }
}

object! {
    /// The user's own spending limit (`memberSpendLimit`, CLI 2.1.329, declared, not seen).
    pub struct MemberSpendLimit {
        /// Its period; absent means a month.
        pub period: Option<SpendLimitPeriod> = "period" declared,
    }
}

open_enum! {
    /// The period of a spending limit (`period`).
    pub enum SpendLimitPeriod {
        Daily = "daily",
        Weekly = "weekly",
        Monthly = "monthly",
    }
}

object! {
    /// How much of a spending limit is used up (`overagePeriodMonthly`, `overagePeriodChannel`, CLI
    /// 2.1.329, declared, not seen).
    pub struct SpendPeriod {
        /// As a fraction of 1.
        pub utilization: f64 = "utilization" declared,
    }
}

object! {
    /// An offer of credits (`usageCreditOffer`, CLI 2.1.329, declared, not seen).
    pub struct UsageCreditOffer {
        /// What is offered.
        pub kind: CreditOfferKind = "kind" declared,
        /// How much, in percent.
        pub headline_pct: f64 = "headlinePct" declared,
        /// For how many days.
        pub days_left: f64 = "daysLeft" declared,
        /// The text of the offer.
        pub label: String = "label" declared,
    }
}

open_enum! {
    /// What is offered (`kind` of a `usageCreditOffer`).
    pub enum CreditOfferKind {
        PctOff = "pct_off",
        ExtraCredit = "extra_credit",
    }
}

object! {
    /// An offer to ask an administrator for more (`adminRequestOffer`, CLI 2.1.329, declared, not
    /// seen).
    pub struct AdminRequestOffer {
        /// Its progress.
        pub state: AdminRequestState = "state" declared,
        /// The text of the offer.
        pub label: String = "label" declared,
        /// The text after it is done.
        pub done_label: String = "doneLabel" declared,
        /// True if the user is asked to confirm.
        pub confirm: bool = "confirm" declared,
        /// The text of that question.
        pub confirm_prompt: String = "confirmPrompt" declared,
        /// True if the last attempt failed.
        pub last_file_failed: Option<bool> = "lastFileFailed" declared,
        /// Counts its changes.
        pub revision: Option<u64> = "revision" declared,
    }
}

open_enum! {
    /// The progress of a request to an administrator (`state` of an `adminRequestOffer`).
    pub enum AdminRequestState {
        CanAsk = "can_ask",
        Pending = "pending",
        Sending = "sending",
        Sent = "sent",
    }
}
