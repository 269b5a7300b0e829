//! Tokens and money: what a turn used, what fills the context window, the limits of the plan.

mod limits;
mod notices;
mod report;
mod tokens;

pub use self::limits::{
    AdminRequestOffer, AdminRequestState, CreditOfferKind, LimitWindow, LimitWindows,
    MemberSpendLimit, OverageDisabledReason, RateLimitEvent, RateLimitInfo, RateLimitScope,
    RateLimitStatus, RateLimitType, SpendLimitPeriod, SpendPeriod, UsageCreditOffer,
};
pub use self::notices::{
    LimitNotice, ORG_POLICY_PREFIXES, USAGE_LIMIT_PREFIXES, USAGE_TRANSITION_PREFIXES,
    USAGE_WARNING_PREFIXES,
};
pub use self::report::{
    ContextAgent, ContextCategory, ContextCategoryKind, ContextFile, ContextSkill, ContextTool,
    ContextUsage, ExtraUsage, LimitScope, OverLimit, OverLimitKind, PlanLimit, PlanLimits,
    ScopeName, SessionTotals, UsageReport,
};
pub use self::tokens::{
    CacheCreation, CostBasis, ModelUsage, OutputTokensDetails, ServerToolUsage, Usage,
};
