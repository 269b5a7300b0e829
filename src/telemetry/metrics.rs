//! The names of the metrics (feature `metrics`).
//!
//! Install a recorder of the [`metrics`](https://docs.rs/metrics) crate, such as an exporter for
//! Prometheus, then call [`describe`]. Without a recorder nothing is kept.

use ::metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

macro_rules! names {
    ($($kind:ident $name:ident = $text:literal in $unit:ident, $what:literal;)*) => {
        $(
            #[doc = $what]
            pub const $name: &str = $text;
        )*

        /// Reports the unit and the meaning of each metric to the recorder that is installed.
        pub fn describe() {
            $(names!(@$kind $text, Unit::$unit, $what);)*
        }
    };
    (@counter $($arguments:tt)*) => { describe_counter!($($arguments)*) };
    (@gauge $($arguments:tt)*) => { describe_gauge!($($arguments)*) };
    (@histogram $($arguments:tt)*) => { describe_histogram!($($arguments)*) };
}

names! {
    gauge SESSIONS = "claude_wire_sessions" in Count, "Sessions that have begun and not ended.";
    gauge QUEUED = "claude_wire_queued_prompts" in Count, "Prompts that wait behind a turn, or for a CLI, in all sessions.";
    counter LAUNCHES = "claude_wire_launches_total" in Count, "Launches of a CLI.";
    histogram START_SECONDS = "claude_wire_start_seconds" in Seconds, "From a launch to the answered handshake.";
    counter ENDS = "claude_wire_ends_total" in Count, "CLIs that have ended, or could not be started, by `cause`.";
    counter TURNS = "claude_wire_turns_total" in Count, "Turns that have ended, by `outcome`.";
    histogram TURN_SECONDS = "claude_wire_turn_seconds" in Seconds, "From the call of a turn to its end, by `outcome`.";
    histogram WAIT_SECONDS = "claude_wire_wait_seconds" in Seconds, "From the call of a turn to its first message.";
    counter TOKENS = "claude_wire_tokens_total" in Count, "Tokens, by `model` and by `kind`: `input`, `output`, `cache_read`, `cache_creation`.";
    gauge COST = "claude_wire_cost_usd" in Count, "US dollars, as the CLI computes them, by `model`. Only grows.";
    counter TOOL_CALLS = "claude_wire_tool_calls_total" in Count, "Calls of tools that have ended, by `tool` and `outcome`.";
    histogram TOOL_SECONDS = "claude_wire_tool_call_seconds" in Seconds, "From the call of a tool to its result, by `tool`.";
    counter REQUESTS = "claude_wire_control_requests_total" in Count, "Control requests that are over, by `from` (`host` or `cli`), `request` and `outcome`.";
    histogram REQUEST_SECONDS = "claude_wire_control_request_seconds" in Seconds, "From a control request to its answer, by `from` and `request`.";
    counter LINES = "claude_wire_lines_not_understood_total" in Count, "Lines that no reader got, by `kind`: `noise`, `malformed`, `stray_reply`, `stray_cancel`, `repeated_request`, `refused_request`.";
    gauge CHILDREN = "claude_wire_supervisor_children" in Count, "Children of supervisors, by `supervisor` and `state`.";
    counter RESTARTS = "claude_wire_supervisor_restarts_total" in Count, "Restarts by supervisors, by `supervisor`.";
    gauge POOL_IN_USE = "claude_wire_pool_sessions_in_use" in Count, "Sessions of pools that serve a request, or are being reset, by `supervisor`.";
    gauge POOL_WAITING = "claude_wire_pool_waiting" in Count, "Requests that wait for a session of a pool, by `supervisor`.";
    histogram POOL_WAIT_SECONDS = "claude_wire_pool_wait_seconds" in Seconds, "How long requests waited for a session of a pool, by `supervisor`.";
}
