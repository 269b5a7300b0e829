//! Cost and limits.

use crate::wire::usage::{ExtraUsage, SessionTotals};

object! {
    /// Cost of the session as a text for display (reply to `get_session_cost`, CLI 2.1.329).
    pub struct SessionCost {
        /// The text, of several lines.
        pub text: String = "text" required,
    }
}

object! {
    /// Cost, limits and habits (reply to `get_usage`, CLI 2.1.329). The CLI calls it experimental.
    pub struct UsageDetails {
        /// The session's totals.
        pub session: SessionTotals = "session" required,
        /// The plan; `None` without one.
        pub subscription_type: Option<String> = "subscription_type",
        /// True if the plan has limits that can be requested.
        pub rate_limits_available: bool = "rate_limits_available" required,
        /// The limits of the plan.
        pub rate_limits: Option<RateWindows> = "rate_limits",
        /// What the usage was spent on; left out on request.
        pub behaviors: Option<Behaviors> = "behaviors",
    }
}

object! {
    /// The limits of the plan (`rate_limits`, CLI 2.1.329, declared, not seen).
    pub struct RateWindows: raw {
        /// The last five hours.
        pub five_hour: Option<RateWindow> = "five_hour" declared,
        /// The last seven days.
        pub seven_day: Option<RateWindow> = "seven_day" declared,
        /// The last seven days, in other applications.
        pub seven_day_oauth_apps: Option<RateWindow> = "seven_day_oauth_apps" declared,
        /// The last seven days of Opus.
        pub seven_day_opus: Option<RateWindow> = "seven_day_opus" declared,
        /// The last seven days of Sonnet.
        pub seven_day_sonnet: Option<RateWindow> = "seven_day_sonnet" declared,
        /// Limits by model.
        pub model_scoped: Vec<ModelWindow> = "model_scoped" declared,
        /// Usage beyond the plan.
        pub extra_usage: Option<ExtraUsage> = "extra_usage" declared,
    }
}

object! {
    /// A limit over a time (a member of `rate_limits`, CLI 2.1.329, declared, not seen).
    pub struct RateWindow {
        /// How much is used up, in percent.
        pub utilization: Option<f64> = "utilization" declared,
        /// When it resets, ISO 8601.
        pub resets_at: Option<String> = "resets_at" declared,
    }
}

object! {
    /// The limit of a model (an item of `model_scoped`, CLI 2.1.329, declared, not seen).
    pub struct ModelWindow {
        /// The model's name for display.
        pub display_name: String = "display_name" declared,
        /// How much is used up, in percent.
        pub utilization: Option<f64> = "utilization" declared,
        /// When it resets, ISO 8601.
        pub resets_at: Option<String> = "resets_at" declared,
    }
}

object! {
    /// What the usage was spent on (`behaviors`, CLI 2.1.329, declared, not seen).
    pub struct Behaviors {
        /// The last day.
        pub day: Option<UsagePeriod> = "day" declared,
        /// The last week.
        pub week: Option<UsagePeriod> = "week" declared,
    }
}

object! {
    /// The usage of a day or week (a member of `behaviors`, CLI 2.1.329, declared, not seen).
    pub struct UsagePeriod: raw {
        /// Requests.
        pub request_count: u64 = "request_count" declared,
        /// Sessions.
        pub session_count: u64 = "session_count" declared,
        /// Expensive habits.
        pub behaviors: Vec<Behavior> = "behaviors" declared,
        /// What to do about them.
        pub recommendations: Vec<Recommendation> = "recommendations" declared,
        /// What can be done about them immediately.
        pub fix: Option<UsageFix> = "fix" declared,
        /// Sub-agents, by their share.
        pub agents: Vec<Share> = "agents" declared,
        /// Skills, by their share.
        pub skills: Vec<Share> = "skills" declared,
        /// Plugins, by their share.
        pub plugins: Vec<Share> = "plugins" declared,
        /// MCP servers, by their share.
        pub mcp_servers: Vec<Share> = "mcp_servers" declared,
    }
}

object! {
    /// An expensive habit (an item of `behaviors`, CLI 2.1.329, declared, not seen).
    pub struct Behavior {
        /// The habit, such as `cache_miss` or `long_context`.
        pub key: String = "key" declared,
        /// Its share of the usage, in percent.
        pub pct: f64 = "pct" declared,
        /// How often.
        pub count: u64 = "count" declared,
    }
}

object! {
    /// A share of the usage (CLI 2.1.329, declared, not seen).
    pub struct Share {
        /// Whose.
        pub name: String = "name" declared,
        /// The share, in percent.
        pub pct: f64 = "pct" declared,
    }
}

object! {
    /// How to use less (an item of `recommendations`, CLI 2.1.329, declared, not seen).
    pub struct Recommendation {
        /// Its subject.
        pub key: String = "key" declared,
        /// The share of the usage that it concerns, in percent.
        pub pct: f64 = "pct" declared,
        /// What to do.
        pub title: String = "title" declared,
        /// More about it.
        pub detail: Option<String> = "detail" declared,
    }
}

object! {
    /// What can be done immediately to use less (`fix`, CLI 2.1.329, declared, not seen).
    pub struct UsageFix {
        /// The recommendations that it covers.
        pub keys: Vec<String> = "keys" required declared,
        /// The prompts to send for it, in order.
        pub messages: Vec<String> = "messages" required declared,
    }
}
