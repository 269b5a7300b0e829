//! Texts about limits, which programs recognise by how they begin.

/// How texts begin that say that a limit of the plan is reached: `USAGE_LIMIT_ERROR_PREFIXES` of
/// the TypeScript SDK 0.3.332. They are the text of a failed turn.
///
/// CLI 2.1.332 wrote "You've hit your 5-hour limit · resets 2:46am (UTC)"; the others are declared,
/// not seen.
pub const USAGE_LIMIT_PREFIXES: &[&str] = &[
    "You've hit your",
    "You've reached your",
    "You're out of usage credits",
    "Your org is out of usage · add funds to continue",
    "Your org is out of usage · contact your admin",
    "Your seat type doesn't include usage credits",
    "Your seat type doesn't include usage",
    "Your usage allocation has been disabled by your admin",
    "Your group's usage limit is set to $0",
    "Fable 5 requires usage credits",
    "You're out of extra usage",
    "Your seat type doesn't include extra usage",
];

/// How texts begin that say that the organization has switched the service off:
/// `ORG_POLICY_LIMIT_PREFIXES` of the TypeScript SDK 0.3.332 (declared, not seen). They are the
/// text of a failed turn, but no limit is used up.
pub const ORG_POLICY_PREFIXES: &[&str] = &["This service is disabled for your org"];

/// How texts begin that warn of a limit: `USAGE_WARNING_PREFIXES` of the TypeScript SDK 0.3.332
/// (declared, not seen). They are notices, never errors. Other warnings begin otherwise, such as
/// "Approaching".
pub const USAGE_WARNING_PREFIXES: &[&str] = &["You've used", "You're close to"];

/// How texts begin that say that credits are being used from now on: `USAGE_TRANSITION_PREFIXES` of
/// the TypeScript SDK 0.3.332 (declared, not seen). They are notices, never errors.
pub const USAGE_TRANSITION_PREFIXES: &[&str] = &[
    "You're now using usage credits",
    "You're now using your usage allocation",
    "Now using your usage allocation",
    "Now using usage credits",
    "Now using credits",
    "You're now using extra usage",
    "Now using extra usage",
];

/// What a text of the CLI says of a limit of the plan.
///
/// The texts are for users, and a later CLI may word them otherwise: where there are numbers, such
/// as those of a [`RateLimitInfo`](super::RateLimitInfo), they are the better source.
///
/// ```
/// use claude_wire::wire::usage::LimitNotice;
///
/// let text = "You've hit your 5-hour limit · resets 2:46am (UTC)";
/// assert_eq!(LimitNotice::of(text), Some(LimitNotice::Reached));
/// assert_eq!(LimitNotice::of("You've been busy."), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LimitNotice {
    /// A limit is reached ([`USAGE_LIMIT_PREFIXES`]).
    Reached,
    /// The organization has switched the service off ([`ORG_POLICY_PREFIXES`]).
    OrgPolicy,
    /// A limit comes close ([`USAGE_WARNING_PREFIXES`]).
    Warning,
    /// Credits are being used from now on ([`USAGE_TRANSITION_PREFIXES`]).
    Transition,
}

impl LimitNotice {
    /// Returns what the text says, by how it begins; `None` if it begins otherwise. White space
    /// before it does not count.
    pub fn of(text: &str) -> Option<Self> {
        let text = text.trim_start();
        [
            (Self::Reached, USAGE_LIMIT_PREFIXES),
            (Self::OrgPolicy, ORG_POLICY_PREFIXES),
            (Self::Warning, USAGE_WARNING_PREFIXES),
            (Self::Transition, USAGE_TRANSITION_PREFIXES),
        ]
        .into_iter()
        .find(|(_, prefixes)| prefixes.iter().any(|prefix| text.starts_with(prefix)))
        .map(|(notice, _)| notice)
    }
}
