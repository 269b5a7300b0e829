//! Each thing that is measured, as a function. Without the feature `metrics` they do nothing.

use std::time::Duration;

#[cfg(feature = "metrics")]
use ::metrics::{counter, gauge, histogram};

#[cfg(feature = "metrics")]
use super::metrics as names;

/// Whether metrics are compiled in, so that what is only for them must be found out.
pub(crate) const MEASURES: bool = cfg!(feature = "metrics");

macro_rules! recorded {
    ($(
        $(#[$doc:meta])*
        fn $name:ident($($argument:ident: $type:ty),*) { $($body:tt)* }
    )*) => {$(
        $(#[$doc])*
        #[inline]
        pub(crate) fn $name($($argument: $type),*) {
            #[cfg(feature = "metrics")]
            { $($body)* }
            #[cfg(not(feature = "metrics"))]
            { $(let _ = $argument;)* }
        }
    )*};
}

recorded! {
    /// The number of sessions has changed.
    fn sessions(change: i32) {
        gauge!(names::SESSIONS).increment(f64::from(change));
    }

    /// The length of a session's queue has changed.
    fn queued(before: usize, now: usize) {
        if before != now {
            gauge!(names::QUEUED).increment(now as f64 - before as f64);
        }
    }

    fn launched() {
        counter!(names::LAUNCHES).increment(1);
    }

    fn started(after: Duration) {
        histogram!(names::START_SECONDS).record(after);
    }

    fn cli_ended(cause: &'static str) {
        counter!(names::ENDS, "cause" => cause).increment(1);
    }

    fn first_message(after: Duration) {
        histogram!(names::WAIT_SECONDS).record(after);
    }

    fn turn_ended(outcome: &'static str, after: Duration) {
        counter!(names::TURNS, "outcome" => outcome).increment(1);
        histogram!(names::TURN_SECONDS, "outcome" => outcome).record(after);
    }

    fn tokens(model: &str, kind: &'static str, count: u64) {
        if count > 0 {
            counter!(names::TOKENS, "model" => model.to_owned(), "kind" => kind).increment(count);
        }
    }

    fn cost(model: &str, usd: f64) {
        gauge!(names::COST, "model" => model.to_owned()).increment(usd);
    }

    fn tool_ended(tool: &str, outcome: &'static str, after: Duration) {
        counter!(names::TOOL_CALLS, "tool" => tool.to_owned(), "outcome" => outcome).increment(1);
        histogram!(names::TOOL_SECONDS, "tool" => tool.to_owned()).record(after);
    }

    fn request_ended(from: &'static str, request: &str, outcome: &'static str, after: Duration) {
        let request = request.to_owned();
        counter!(names::REQUESTS, "from" => from, "request" => request.clone(), "outcome" => outcome)
            .increment(1);
        histogram!(names::REQUEST_SECONDS, "from" => from, "request" => request).record(after);
    }

    fn lines(kind: &'static str, before: u64, now: u64) {
        if now > before {
            counter!(names::LINES, "kind" => kind).increment(now - before);
        }
    }

    /// The number of children in this state has changed.
    fn children(supervisor: &str, state: &'static str, change: i32) {
        gauge!(names::CHILDREN, "supervisor" => supervisor.to_owned(), "state" => state)
            .increment(f64::from(change));
    }

    fn restart(supervisor: &str) {
        counter!(names::RESTARTS, "supervisor" => supervisor.to_owned()).increment(1);
    }

    fn pool_in_use(supervisor: &str, change: i32) {
        gauge!(names::POOL_IN_USE, "supervisor" => supervisor.to_owned())
            .increment(f64::from(change));
    }

    fn pool_waiting(supervisor: &str, change: i32) {
        gauge!(names::POOL_WAITING, "supervisor" => supervisor.to_owned())
            .increment(f64::from(change));
    }

    fn pool_waited(supervisor: &str, time: Duration) {
        histogram!(names::POOL_WAIT_SECONDS, "supervisor" => supervisor.to_owned()).record(time);
    }
}
