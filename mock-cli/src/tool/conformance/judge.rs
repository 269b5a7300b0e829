//! What a host did in a case, compared with what the case expects.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use super::argv::canonical;
use super::cases::Case;
use super::host::Heard;
use super::judged::Judged;
use super::lenient;
use super::plan::{mcp_id, shows_survival};
use super::script::Record;
use super::section::Section;
use super::{delivery, exits};

/// What a host does without any options. It is not compared in cases with options, which are about
/// what an option changes.
#[derive(Default)]
pub(super) struct Baseline {
    argv: Vec<String>,
    initialize: Map<String, Value>,
}

impl Baseline {
    pub(super) fn of(log: &[Record]) -> Self {
        let mut argv = argv(log).map(canonical).unwrap_or_default();
        argv.retain(|arg| arg != NO_PROMPT);
        Self { argv, initialize: initialize(log).unwrap_or_default() }
    }
}

/// The empty prompt that represents an unset one.
const NO_PROMPT: &str = "--system-prompt=";

/// `Err` if the host has not done what every case needs.
pub(super) fn judge(
    case: &Case,
    heard: &Heard,
    log: &[Record],
    baseline: &Baseline,
) -> Result<Judged, String> {
    if argv(log).is_none() && heard.errors.is_empty() {
        return Err("the host neither started its `claude` nor reported an error".to_owned());
    }
    let body = &case.body;
    let judged = match case.section {
        Section::Argv => {
            let found = match argv(log) {
                Some(args) => json!({"argv": args_of(case, args, baseline)}),
                None => refused(heard),
            };
            let expected = match body["expect_argv_after_program"].as_array() {
                Some(args) => {
                    let args = args.iter().filter_map(Value::as_str).map(str::to_owned);
                    json!({"argv": without_prompt(case, canonical(args))})
                }
                None => any_error(&found),
            };
            Judged::compared(&expected, found)
        }
        Section::Initialize => {
            let found = match initialize(log) {
                Some(request)
                    if body.get("expect_request").is_some() || heard.errors.is_empty() =>
                {
                    json!({"request": request_of(case, request, baseline)})
                }
                // A host that says nothing of an error has refused nothing.
                None if heard.errors.is_empty() => json!({"request": null}),
                _ => json!({"error": "refused"}),
            };
            let expected = match body["expect_request"].as_object() {
                Some(request) => json!({"request": without_null_hooks(request.clone())}),
                None => json!({"error": "refused"}),
            };
            Judged::compared(&expected, found)
        }
        Section::Callback => {
            let expected = json!({"replies": body["expect_replies"]});
            let mut judged = Judged::compared(&expected, json!({"replies": replies(body, log)}));
            if handler_is_asked(case) && heard.callbacks == 0 {
                judged.differences.push("the host reported no call of its handler".to_owned());
            }
            judged
        }
        Section::Mcp => {
            let count = body["json_rpc_in_order"].as_array().map_or(0, Vec::len);
            let id = mcp_id(count.saturating_sub(1));
            let reply = inputs(log).find(|line| line["response"]["request_id"] == id.as_str());
            let reply = reply.unwrap_or_default();
            let found =
                match (&reply["response"]["response"]["mcp_response"], &reply["response"]["error"])
                {
                    (Value::Null, Value::String(error)) => json!({"error": error}),
                    (response, _) => json!({"mcp_response": response}),
                };
            Judged::compared(&json!({"mcp_response": body["expect_last_mcp_response"]}), found)
        }
        Section::HostFrame => {
            let mut expected = body["expect_frames"].clone();
            let kind = |frame: &Value| (frame["type"].clone(), frame["request"]["subtype"].clone());
            let kinds: Vec<_> = expected.as_array().into_iter().flatten().map(kind).collect();
            let mut found = inputs(log).filter(|line| kinds.contains(&kind(line))).collect();
            [&mut expected, &mut found].into_iter().for_each(without_ids);
            Judged::compared(&json!({"frames": expected}), json!({"frames": found}))
        }
        Section::Parser => delivery::judge(std::slice::from_ref(&body["expect"]), true, heard),
        Section::Framing => {
            let goes_on = shows_survival(&case.script);
            let expected = body["expect"].as_array().map(Vec::as_slice).unwrap_or_default();
            delivery::judge(expected, goes_on, heard)
        }
        Section::Exit => {
            let exit = log.iter().find_map(|record| match record {
                Record::Exit(ms) => Some(UNIX_EPOCH + Duration::from_millis(*ms)),
                _ => None,
            });
            let exit =
                exit.ok_or("the host did not lead its `claude` to where the case ends it")?;
            exits::judge(&body["expect"], heard, exit)
        }
    };
    Ok(judged)
}

fn argv(log: &[Record]) -> Option<Vec<String>> {
    log.iter().find_map(|record| match record {
        Record::Argv(args) => Some(args.clone()),
        _ => None,
    })
}

/// The lines on stdin.
fn inputs(log: &[Record]) -> impl Iterator<Item = Value> {
    log.iter().filter_map(|record| match record {
        Record::In(line) => lenient::value(line),
        _ => None,
    })
}

fn initialize(log: &[Record]) -> Option<Map<String, Value>> {
    let mut requests = inputs(log).map(|mut line| line["request"].take());
    match requests.find(|request| request["subtype"] == "initialize") {
        Some(Value::Object(request)) => Some(without_null_hooks(request)),
        _ => None,
    }
}

/// Without hooks some clients write null, and others nothing.
fn without_null_hooks(mut request: Map<String, Value>) -> Map<String, Value> {
    if request.get("hooks").is_some_and(Value::is_null) {
        request.remove("hooks");
    }
    request
}

fn request_of(case: &Case, mut request: Map<String, Value>, baseline: &Baseline) -> Value {
    let expected = &case.body["expect_request"];
    if !case.has_no_options() {
        request.retain(|key, value| {
            expected.get(key).is_some() || baseline.initialize.get(key) != Some(value)
        });
    }
    Value::Object(request)
}

fn args_of(case: &Case, args: Vec<String>, baseline: &Baseline) -> Vec<String> {
    let expected = case.body["expect_argv_after_program"].as_array();
    let expected = expected.into_iter().flatten().filter_map(Value::as_str);
    let expected = canonical(expected);
    let mut found = without_prompt(case, canonical(args));
    if !case.has_no_options() {
        found.retain(|arg| expected.contains(arg) || !baseline.argv.contains(arg));
    }
    found
}

fn without_prompt(case: &Case, mut args: Vec<String>) -> Vec<String> {
    if case.body["options"].get("system_prompt").is_none() {
        args.retain(|arg| arg != NO_PROMPT);
    }
    args
}

/// The option that the host refuses, if it names one.
fn refused(heard: &Heard) -> Value {
    let option = heard.errors.iter().find_map(|(error, _)| error["option"].as_str());
    json!({"error": option.unwrap_or("refused")})
}

fn any_error(found: &Value) -> Value {
    if found["error"].is_string() { found.clone() } else { json!({"error": "any"}) }
}

/// The answers to what the case asks, without the id of the tool, which some clients repeat.
fn replies(body: &Value, log: &[Record]) -> Vec<Value> {
    let incoming = match &body["incoming"] {
        Value::Array(lines) => lines.as_slice(),
        line => std::slice::from_ref(line),
    };
    let is_asked = |id: &Value| incoming.iter().any(|line| line["request_id"] == *id);
    let lines = inputs(log).filter(|line| line["type"] == "control_response");
    let mut replies: Vec<_> =
        lines.filter(|line| is_asked(&line["response"]["request_id"])).collect();
    for reply in &mut replies {
        let body = reply.pointer_mut("/response/response").and_then(Value::as_object_mut);
        body.map(|body| body.remove("toolUseID"));
    }
    replies
}

/// Whether the case asks a handler that the host has.
fn handler_is_asked(case: &Case) -> bool {
    let request = match &case.body["incoming"] {
        Value::Array(lines) => lines.first().map(|line| &line["request"]),
        line => Some(&line["request"]),
    };
    request.is_some_and(|request| match request["subtype"].as_str() {
        Some("can_use_tool") => case.ask.contains_key("permission"),
        Some("hook_callback") => {
            case.ask.contains_key("hook") && request["callback_id"] == "hook_0"
        }
        _ => false,
    })
}

/// Ids are random, and those of conversations are the host's.
fn without_ids(frames: &mut Value) {
    for frame in frames.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        for id in ["request_id", "uuid", "session_id"] {
            frame.remove(id);
        }
    }
}
