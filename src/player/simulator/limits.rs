//! The limits of a plan: the API says in its headers how much is used, and the CLI passes on what
//! changed.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::common::civil;

use super::errors::ApiFailure;
use super::state::State;

const PREFIX: &str = "anthropic-ratelimit-unified-";
/// The windows of a plan, by the names that lines and headers have for them.
const WINDOWS: [(&str, &str); 2] = [("five_hour", "5h"), ("seven_day", "7d")];

/// What is reported where an API key is used: the CLI reads no limits then.
const WITH_A_KEY: &str = "the limits in the API's headers: the CLI reads them with CLAUDE_CODE_OAUTH_TOKEN and no API key";

/// `rate_limit_info`, from the headers of a response; `None` if they have none.
fn info(headers: &BTreeMap<String, String>) -> Option<Value> {
    let text = |name: &str| headers.get(&format!("{PREFIX}{name}")).map(String::as_str);
    let number = |name: &str| {
        let number = text(name)?;
        number
            .parse::<u64>()
            .map(Value::from)
            .or_else(|_| number.parse::<f64>().map(Value::from))
            .ok()
    };
    let status = text("status")?;
    let claim = text("representative-claim");
    let window = WINDOWS.iter().find(|(name, _)| claim == Some(*name)).map(|(_, short)| *short);
    let of_window = |name: &str| number(&format!("{}-{name}", window?));
    let warns = status == "allowed_warning";
    let fields = [
        ("status", Some(status.into())),
        ("resetsAt", if warns { of_window("reset") } else { number("reset") }),
        ("rateLimitType", claim.map(Value::from)),
        ("utilization", of_window("utilization").filter(|_| warns)),
        ("overageStatus", text("overage-status").map(Value::from)),
        ("overageDisabledReason", text("overage-disabled-reason").map(Value::from)),
        ("isUsingOverage", Some(false.into())),
        ("surpassedThreshold", of_window("surpassed-threshold").filter(|_| warns)),
    ];
    let mut info = present(fields);
    let windows = WINDOWS.iter().filter_map(|(name, short)| {
        let of = |field: &str| number(&format!("{short}-{field}"));
        let fields = [
            ("utilization", Some(of("utilization")?)),
            ("resetsAt", Some(of("reset")?)),
            ("status", text(&format!("{short}-status")).map(Value::from)),
            ("surpassedThreshold", of("surpassed-threshold")),
        ];
        Some(((*name).to_owned(), present(fields).into()))
    });
    let windows: Map<String, Value> = windows.collect();
    if !windows.is_empty() {
        info.insert("unifiedWindows".to_owned(), windows.into());
    }
    Some(info.into())
}

fn present<const N: usize>(fields: [(&str, Option<Value>); N]) -> Map<String, Value> {
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// How the turn ends where a limit is reached. The CLI leaves out the day if that is today.
pub(super) fn reached(status: u16, headers: &BTreeMap<String, String>) -> Option<ApiFailure> {
    let info = info(headers).filter(|info| info["status"] == "rejected")?;
    let limit = match info["rateLimitType"].as_str() {
        Some("five_hour") => "5-hour limit",
        Some("seven_day") => "weekly limit",
        _ => "usage limit",
    };
    let resets = info["resetsAt"].as_u64().map(|at| format!(" · resets {}", time(at)));
    let text = format!("You've hit your {limit}{}", resets.unwrap_or_default());
    Some(ApiFailure {
        kind: Some("usage_limit_reached"),
        params: json!({"rate_limit_info": info}),
        ..ApiFailure::of_status(status, text)
    })
}

/// A time in seconds since 1970, as `Jan 1, 2100, 12am (UTC)`.
fn time(seconds: u64) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (days, of_day) = (seconds / 86_400, seconds % 86_400);
    let (hours, minutes) = (of_day / 3600, of_day / 60 % 60);
    let (year, month, day) = civil(days);
    let half = if hours < 12 { "am" } else { "pm" };
    let hour = match hours % 12 {
        0 => 12,
        hour => hour,
    };
    let minutes = if minutes == 0 { String::new() } else { format!(":{minutes:02}") };
    format!("{} {day}, {year}, {hour}{minutes}{half} (UTC)", MONTHS[month as usize - 1])
}

impl State {
    /// Passes on the limits of a response, if they are not those that the host knows.
    pub(super) fn note_limits(&mut self, headers: &BTreeMap<String, String>) {
        let Some(info) = info(headers) else { return };
        if !self.options.subscribed {
            return self.note_not_simulated(WITH_A_KEY.to_owned());
        }
        if self.limits.as_ref() != Some(&info) {
            let line = json!({
                "type": "rate_limit_event", "rate_limit_info": info, "uuid": self.lines.uuid(), "session_id": self.lines.session,
            });
            self.out(&line);
            self.limits = Some(info);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_a_calendar() {
        for (seconds, text) in [
            (0, "Jan 1, 1970, 12am (UTC)"),
            (4_102_444_800, "Jan 1, 2100, 12am (UTC)"),
            (951_827_700, "Feb 29, 2000, 12:35pm (UTC)"),
            (1_767_225_599, "Dec 31, 2025, 11:59pm (UTC)"),
        ] {
            assert_eq!(time(seconds), text);
        }
    }

    #[test]
    fn only_what_the_headers_say_is_in_the_info() {
        let headers = |fields: &[(&str, &str)]| -> BTreeMap<String, String> {
            let named =
                |(name, value): &(&str, &str)| (format!("{PREFIX}{name}"), (*value).to_owned());
            fields.iter().map(named).collect()
        };
        assert_eq!(info(&headers(&[("reset", "1")])), None);
        let few = [("status", "allowed")];
        assert_eq!(
            info(&headers(&few)),
            Some(json!({"status": "allowed", "isUsingOverage": false}))
        );
        let warning = [
            ("status", "allowed_warning"),
            ("reset", "5"),
            ("representative-claim", "seven_day"),
            ("7d-utilization", "0.8"),
            ("7d-surpassed-threshold", "0.75"),
        ];
        let expected = json!({
            "status": "allowed_warning", "rateLimitType": "seven_day", "utilization": 0.8, "isUsingOverage": false,
            "surpassedThreshold": 0.75,
        });
        assert_eq!(info(&headers(&warning)), Some(expected));
    }
}
