//! What the API answers in the place of a reply, if it has a fault.

use std::time::Duration;

use super::reply::{ApiReply, Block, Cut};
use crate::faults::{ArmedFaults, Fault, FaultKind};

/// The answer of an API with a fault.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Faulted {
    pub(crate) reply: ApiReply,
    /// Whether the reply that it is made of is still to come: for the request that the CLI makes
    /// again, or the next one.
    pub(crate) keeps_reply: bool,
    /// Whether the connection is closed before anything is answered.
    pub(crate) refuses: bool,
}

/// The answer to the next request, if one of the faults happens at it; `place` says which one it
/// is.
pub(crate) fn next_faulted(faults: &ArmedFaults, place: &str, reply: &ApiReply) -> Option<Faulted> {
    let calls = reply.content.iter().any(|block| matches!(block, Block::ToolUse { .. }));
    let hits = faults.hits(place, |fault| {
        fault.info().kind() == FaultKind::Api && (calls || !fault.info().needs_tool_call())
    });
    hits.iter().fold(None, |made: Option<Faulted>, hit| {
        let Some(before) = made else { return Some(faulted(&hit.fault, reply.clone())) };
        let mut made = faulted(&hit.fault, before.reply);
        made.keeps_reply |= before.keeps_reply;
        made.refuses |= before.refuses;
        Some(made)
    })
}

/// The answer with this fault, in the place of `reply`.
fn faulted(fault: &Fault, reply: ApiReply) -> Faulted {
    let time = || Duration::from_millis(fault.number("ms"));
    let cut = |reply: ApiReply, after: u64, cut: Cut| {
        reply.cut(usize::try_from(after).unwrap_or(usize::MAX), cut)
    };
    let (reply, keeps_reply) = match fault.name() {
        "ttft" => (reply.first_byte_after(time()), false),
        "ping_gap" => (reply.delta_every(time()), false),
        "truncated_json_delta" => (truncated(reply), false),
        "connect_refused" => (cut(reply, 0, Cut::Close), true),
        "api_reset" => (cut(reply, fault.number("events"), Cut::Reset), true),
        "drop_mid_sse" => (cut(reply, fault.number("events"), Cut::Close), true),
        "malformed_chunk" => {
            let garbage =
                Cut::Garbage("event: content_block_delta\ndata: {\"type\":\"cont\n\n".into());
            (cut(reply, fault.number("events"), garbage), true)
        }
        "api_error_event" => {
            (cut(reply, fault.number("events"), Cut::Error("overloaded_error".into())), true)
        }
        // The last event is `message_stop`; nothing replaces it, and the body ends normally.
        "missing_message_stop" => {
            let events = super::OutMessage::new(&reply, "", 0).events().len();
            (cut(reply, events as u64 - 1, Cut::Garbage(String::new())), true)
        }
        "wrong_content_type" => {
            (ApiReply::raw("text/html", "<html><body>Welcome to the portal.</body></html>"), true)
        }
        name => (error(name, fault), true),
    };
    Faulted { reply, keeps_reply, refuses: fault.name() == "connect_refused" }
}

fn error(name: &str, fault: &Fault) -> ApiReply {
    let with = |status: u16, message: &str| ApiReply::error(status).message(message);
    match name {
        "api_400" => with(
            400,
            "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_0",
        ),
        "out_of_credits" => with(
            400,
            "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.",
        ),
        "api_401" => with(401, "invalid x-api-key"),
        "api_403" => with(403, "Your account does not have permission to use this model."),
        "api_404" => with(404, "model: not found"),
        "api_413" => with(413, "Request exceeds the maximum size"),
        "api_429" => with(429, "This request would exceed your account's rate limit.")
            .retry_after(Duration::from_secs(fault.number("retry_after"))),
        "api_529" => with(529, "Overloaded"),
        _ => with(500, "Internal server error"),
    }
}

/// The input of each tool call without its second half.
fn truncated(mut reply: ApiReply) -> ApiReply {
    for block in &mut reply.content {
        if let Block::ToolUse { input, partial_json, .. } = block {
            let whole = input.to_string();
            let half =
                whole.char_indices().map(|(at, _)| at).take_while(|at| *at <= whole.len() / 2);
            let end = half.last().unwrap_or_default();
            *partial_json = Some(whole[..end].to_owned());
        }
    }
    reply
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::*;
    use crate::faults::{FaultPlan, catalogue};

    fn made(fault: &str, reply: &ApiReply) -> Faulted {
        faulted(&Fault::parse(fault).unwrap(), reply.clone())
    }

    /// What differs from the reply without the fault, as in a script's file.
    fn changed(fault: &str, reply: &ApiReply) -> Value {
        let (before, after) = (json!(reply), json!(made(fault, reply).reply));
        let fields = after.as_object().unwrap().iter();
        fields
            .filter(|(name, value)| before.get(name) != Some(value))
            .map(|(n, v)| (n.clone(), v.clone()))
            .collect()
    }

    fn error(status: u16, message: &str) -> Value {
        json!({"error": {"status": status, "message": message}})
    }

    #[test]
    fn every_fault_of_the_api_answers_what_it_says() {
        let text = ApiReply::text("Hello there");
        let tool = ApiReply::tool_use("Bash", json!({"command": "ls -l"}));
        let cases = [
            (
                "api_400",
                &text,
                error(
                    400,
                    "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_0",
                ),
            ),
            (
                "out_of_credits",
                &text,
                error(
                    400,
                    "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.",
                ),
            ),
            ("api_401", &text, error(401, "invalid x-api-key")),
            (
                "api_403",
                &text,
                error(403, "Your account does not have permission to use this model."),
            ),
            ("api_404", &text, error(404, "model: not found")),
            ("api_413", &text, error(413, "Request exceeds the maximum size")),
            (
                "api_429:retry_after=9",
                &text,
                json!({"error": {"status": 429, "message": "This request would exceed your account's rate limit.", "retry_after": 9}}),
            ),
            ("api_500", &text, error(500, "Internal server error")),
            ("api_529", &text, error(529, "Overloaded")),
            ("connect_refused", &text, json!({"cut": {"after": 0, "by": "close"}})),
            ("api_reset:events=4", &text, json!({"cut": {"after": 4, "by": "reset"}})),
            ("drop_mid_sse", &text, json!({"cut": {"after": 3, "by": "close"}})),
            (
                "malformed_chunk:events=1",
                &text,
                json!({"cut": {"after": 1, "by": {"garbage": "event: content_block_delta\ndata: {\"type\":\"cont\n\n"}}}),
            ),
            (
                "api_error_event",
                &text,
                json!({"cut": {"after": 3, "by": {"error": "overloaded_error"}}}),
            ),
            // Six events: start, block, delta, end of the block, delta, and the one that is left out.
            ("missing_message_stop", &text, json!({"cut": {"after": 5, "by": {"garbage": ""}}})),
            (
                "wrong_content_type",
                &ApiReply::new(),
                json!({"raw": {"content_type": "text/html", "body": "<html><body>Welcome to the portal.</body></html>"}}),
            ),
            ("ttft:ms=70", &text, json!({"first_byte_ms": 70})),
            ("ping_gap:ms=80", &text, json!({"delta_ms": 80})),
            (
                "truncated_json_delta",
                &tool,
                json!({"content": [{"type": "tool_use", "name": "Bash", "input": {"command": "ls -l"}, "partial_json": "{\"command"}]}),
            ),
        ];
        let mut tested = BTreeSet::new();
        for (fault, reply, expected) in cases {
            assert_eq!(changed(fault, reply), expected, "{fault}");
            tested.insert(fault.split(':').next().unwrap());
        }
        let of_api = catalogue().iter().filter(|fault| fault.kind() == FaultKind::Api);
        assert_eq!(tested, of_api.map(|fault| fault.name()).collect());
    }

    #[test]
    fn only_a_late_or_other_answer_takes_the_reply() {
        let reply = ApiReply::text("Hello");
        for fault in catalogue().iter().filter(|fault| fault.kind() == FaultKind::Api) {
            let takes = ["ttft", "ping_gap", "truncated_json_delta"];
            let made = made(fault.name(), &reply);
            assert_eq!(made.keeps_reply, !takes.contains(&fault.name()), "{}", fault.name());
            assert_eq!(made.refuses, fault.name() == "connect_refused");
        }
    }

    /// A message without a call is not an opportunity: nothing would be cut off.
    #[test]
    fn the_input_of_a_call_is_cut_off_at_the_first_call() {
        let armed = FaultPlan::parse("truncated_json_delta").unwrap().arm();
        assert_eq!(next_faulted(&armed, "request 1", &ApiReply::text("Hello")), None);
        let call = ApiReply::text("Look").and_tool_use("Bash", json!({"command": "ls"}));
        let made = next_faulted(&armed, "request 2", &call).unwrap();
        assert_ne!(made.reply, call);
        assert_eq!(armed.injections()[0].place(), "request 2");
    }

    #[test]
    fn the_faults_of_a_request_add_up_and_count_requests() {
        let armed = FaultPlan::parse("ttft:ms=5,every; api_529:nth=2; crlf").unwrap().arm();
        let reply = ApiReply::text("Hello");
        let first = next_faulted(&armed, "request 1", &reply).unwrap();
        assert_eq!((first.reply.first_byte_ms, first.keeps_reply), (5, false));
        let second = next_faulted(&armed, "request 2", &reply).unwrap();
        assert!(second.keeps_reply && second.reply.error.is_some());
        let armed = FaultPlan::parse("api_529:nth=2").unwrap().arm();
        assert_eq!(next_faulted(&armed, "request 1", &reply), None);
        assert!(next_faulted(&armed, "request 2", &reply).is_some());
        assert_eq!(armed.injections()[0].place(), "request 2");
    }
}
