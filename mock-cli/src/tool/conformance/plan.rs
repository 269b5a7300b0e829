//! What a host and its `claude` do in a case.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::script::{Script, Step};
use super::section::Section;

/// The text of the messages that show that a session goes on after a case.
pub(super) const AFTER: &str = "after the case";

/// What the limit of a line is where a case does not say it.
const USUAL_LIMIT: u64 = 1 << 20;

/// The host's part, and the steps of its `claude`.
type Plan = (Map<String, Value>, Vec<Step>);

/// How long the stand-in waits for an answer that must come.
const ANSWER: Duration = Duration::from_secs(10);
/// How long it waits for one that need not come.
const NO_ANSWER: Duration = Duration::from_millis(300);
/// For how long a slow handler works, which a cancel must stop, and how long its answer is awaited.
const SLOW: u64 = 1_000;
const CANCELLED: Duration = Duration::from_millis(2 * SLOW);
/// How long the repeated part of a chunk may be.
const LONGEST: usize = 256 * 1024 * 1024;
/// Between two writes, so that they arrive in two reads.
const APART: Duration = Duration::from_millis(3);

pub(super) fn plan(section: Section, case: &Value) -> Result<Plan, String> {
    match section {
        Section::Argv => {
            expects_one_of(case, &["expect_argv_after_program", "expect_error"])?;
            Ok((options(case)?, answered(vec![])))
        }
        Section::Initialize => {
            expects_one_of(case, &["expect_request", "expect_error"])?;
            Ok((options(case)?, answered(vec![])))
        }
        Section::Callback => callback(case),
        Section::Mcp => mcp(case),
        Section::HostFrame => host_frame(case),
        Section::Parser => {
            let line = case["line"].as_str().ok_or("no `line`")?;
            case["expect"]["outcome"].as_str().ok_or("no `expect` with an `outcome`")?;
            let steps = vec![Step::Prompt, Step::write(format!("{line}\n"))];
            Ok((Map::new(), goes_on(steps)))
        }
        Section::Framing => framing(case),
        Section::Exit => exit(case),
    }
}

fn expects_one_of(case: &Value, keys: &[&str]) -> Result<(), String> {
    let has = keys.iter().any(|key| case.get(*key).is_some());
    if has { Ok(()) } else { Err(format!("no {}", keys.join(" or "))) }
}

/// The options for the host. Keys with a dollar are the stand-in's.
fn options(case: &Value) -> Result<Map<String, Value>, String> {
    let mut options = case["options"].as_object().cloned().ok_or("no `options`")?;
    options.retain(|name, _| !name.starts_with('$'));
    Ok(fields(json!({"options": options})))
}

/// Steps within a turn that succeeds.
fn answered(within: Vec<Step>) -> Vec<Step> {
    let mut steps = vec![Step::Prompt];
    steps.extend(within);
    steps.push(Step::line(&result("done")));
    steps
}

fn result(text: &str) -> Value {
    json!({"type": "result", "subtype": "success", "is_error": false, "duration_ms": 1, "duration_api_ms": 1,
        "num_turns": 1, "session_id": "s", "result": text})
}

/// Adds messages that arrive only where a session goes on, and the end.
fn goes_on(mut steps: Vec<Step>) -> Vec<Step> {
    let message = json!({"model": "m", "content": [{"type": "text", "text": AFTER}]});
    steps.push(Step::line(&json!({"type": "assistant", "message": message})));
    steps.push(Step::line(&result(AFTER)));
    steps.push(Step::Answer(NO_ANSWER));
    steps.push(Step::Exit { code: Some(0), signal: None });
    steps
}

/// Whether messages follow the case.
pub(super) fn shows_survival(script: &Script) -> bool {
    matches!(&script.steps[..], [.., Step::Answer(NO_ANSWER), Step::Exit { .. }])
}

fn callback(case: &Value) -> Result<Plan, String> {
    let replies = case["expect_replies"].as_array().ok_or("no `expect_replies`")?;
    let incoming = match &case["incoming"] {
        Value::Array(lines) => lines.clone(),
        Value::Null => return Err("no `incoming`".to_owned()),
        line => vec![line.clone()],
    };
    let is_hook =
        incoming[..].first().is_some_and(|line| line["request"]["subtype"] == "hook_callback");
    let ask = match (case.get("ask"), case["host"].as_str()) {
        (Some(_), _) => Map::new(),
        (None, Some(words)) => handler(words, is_hook)?,
        (None, None) => return Err("no `host`, and no `ask`".to_owned()),
    };
    let ids = incoming.iter().filter(|line| line["type"] == "control_request");
    let ids: Vec<_> = ids.filter_map(|line| line["request_id"].as_str()).collect();
    let mut steps: Vec<_> = incoming.iter().map(Step::line).collect();
    if replies.is_empty() {
        // The handler must have been called before it is cancelled.
        steps.insert(1.min(steps.len()), Step::Answer(NO_ANSWER));
        steps.push(Step::Answer(CANCELLED));
    }
    let wait = |id: &&str| Step::Reply { id: (*id).to_owned(), most: ANSWER };
    steps.extend(ids.iter().filter(|_| !replies.is_empty()).map(wait));
    Ok((ask, answered(steps)))
}

/// What the words of a case ask of a handler.
fn handler(words: &str, is_hook: bool) -> Result<Map<String, Value>, String> {
    let update = json!({"type": "addRules", "behavior": "allow", "destination": "session"});
    let fails = |with: &str| {
        let kind = if is_hook { "hook" } else { "permission" };
        json!({kind: {"fail": with}})
    };
    Ok(fields(match words {
        "no permission callback set" => json!({}),
        "allow with an explicitly empty input object" => {
            json!({"permission": {"behavior": "allow", "input": {}}})
        }
        "allow with an addRules update that has no rules" => {
            json!({"permission": {"behavior": "allow", "updates": [update]}})
        }
        "deny, message no, interrupt" => {
            json!({"permission": {"behavior": "deny", "message": "no", "interrupt": true}})
        }
        "callback returns a value of the wrong type" => json!({"permission": {"wrong_type": true}}),
        "callback takes 10 s" => json!({"permission": {"behavior": "allow", "delay_ms": SLOW}}),
        "returns null" => json!({"hook": {"output": null}}),
        "continue false, stopReason s" => {
            json!({"hook": {"output": {"continue": false, "stopReason": "s"}}})
        }
        "only hook_0 registered" => json!({"hook": {"output": {}}}),
        words => match words.strip_prefix("callback fails: ") {
            Some(with) => fails(with),
            None => return Err(format!("`host`: {words:?} is unknown; say it in `ask`")),
        },
    }))
}

fn mcp(case: &Value) -> Result<Plan, String> {
    expects_one_of(case, &["expect_last_mcp_response"])?;
    let messages = case["json_rpc_in_order"].as_array().ok_or("no `json_rpc_in_order`")?;
    let mut steps = Vec::new();
    for (number, message) in messages.iter().enumerate() {
        let id = mcp_id(number);
        let most = if message.get("id").is_some() { ANSWER } else { NO_ANSWER };
        steps.push(Step::line(&json!({"type": "control_request", "request_id": id, "request": {
            "subtype": "mcp_message", "server_name": case["server_name"], "message": message,
        }})));
        steps.push(Step::Reply { id, most });
    }
    Ok((fields(json!({"server": "s"})), answered(steps)))
}

pub(super) fn mcp_id(number: usize) -> String {
    format!("m{number}")
}

fn host_frame(case: &Value) -> Result<Plan, String> {
    let frames = case["expect_frames"].as_array().ok_or("no `expect_frames`")?;
    let prompts = frames.iter().filter(|frame| frame["type"] == "user").count();
    let mut steps = vec![Step::Prompt; prompts];
    if prompts > 0 {
        steps.push(Step::line(&result("done")));
    }
    if case.get("ask").is_some() {
        return Ok((Map::new(), steps));
    }
    let words = case["call"].as_str().ok_or("no `call`, and no `ask`")?;
    let call = |name: &str, argument: Option<&str>| json!({"prompt": null, "call": {"name": name, "argument": argument}});
    let ask = match words.rsplit_once(' ') {
        _ if words.starts_with("query of two frames") => {
            let frame =
                |text: &str| json!({"type": "user", "message": {"role": "user", "content": text}});
            let (first, mut second) = (frame("a"), frame("b"));
            second["session_id"] = "x".into();
            second["priority"] = "now".into();
            json!({"prompt": null, "frames": [first, second]})
        }
        None if words == "interrupt" => call("interrupt", None),
        None => match words.strip_prefix("query('").and_then(|rest| rest.strip_suffix("')")) {
            Some(prompt) => json!({"prompt": prompt}),
            None => return Err(format!("`call`: {words:?} is unknown; say it in `ask`")),
        },
        Some(("set_model", model)) => call("set_model", Some(model)),
        Some(("rewind_files", message)) => call("rewind_files", Some(message)),
        Some(("reconnect mcp server", server)) => call("reconnect_mcp_server", Some(server)),
        Some(("stop task", task)) => call("stop_task", Some(task)),
        Some(_) => return Err(format!("`call`: {words:?} is unknown; say it in `ask`")),
    };
    Ok((fields(ask), steps))
}

fn framing(case: &Value) -> Result<Plan, String> {
    case["expect"].as_array().ok_or("no list `expect`")?;
    let chunks = case["chunks"].as_array().ok_or("no `chunks`")?;
    let chunks = chunks.iter().map(chunk).collect::<Result<Vec<_>, _>>()?;
    let ends = chunks.iter().rfind(|chunk| !chunk.is_empty()).is_none_or(|it| it.ends_with(b"\n"));
    let mut steps = vec![Step::Prompt];
    for chunk in chunks {
        steps.extend([Step::write(chunk), Step::Pause(APART)]);
    }
    let steps = if ends {
        goes_on(steps)
    } else {
        steps.push(Step::Exit { code: Some(0), signal: None });
        steps
    };
    let limit = case["limit_bytes"].as_u64().unwrap_or(USUAL_LIMIT);
    let ask = if limit == USUAL_LIMIT { json!({}) } else { json!({"max_line_bytes": limit}) };
    Ok((fields(ask), steps))
}

/// The bytes that arrive in one read.
fn chunk(chunk: &Value) -> Result<Vec<u8>, String> {
    if let Some(text) = chunk.as_str() {
        return Ok(text.into());
    }
    if let Some(text) = chunk["b64"].as_str() {
        return STANDARD.decode(text).map_err(|error| format!("`b64`: {error}"));
    }
    let parts = chunk["repeat"].as_array().map(Vec::as_slice);
    let Some([Value::String(prefix), Value::String(part), times, Value::String(suffix)]) = parts
    else {
        return Err("a chunk is a text, {b64}, or {repeat: [prefix, char, n, suffix]}".to_owned());
    };
    let times = times.as_u64().and_then(|times| usize::try_from(times).ok());
    let times = times.ok_or("`repeat`: not a number of times")?;
    if part.len().saturating_mul(times) > LONGEST {
        return Err(format!("`repeat`: more than {LONGEST} bytes"));
    }
    Ok([prefix.as_str(), &part.repeat(times), suffix].concat().into_bytes())
}

fn exit(case: &Value) -> Result<Plan, String> {
    case["expect"].as_object().ok_or("no `expect`")?;
    let (ask, mut steps) = match case["phase"].as_str() {
        Some("before_initialize_reply") => {
            (json!({}), vec![Step::Request("initialize".to_owned())])
        }
        Some("after_prompt") => (json!({}), vec![Step::Prompt]),
        Some("instead_of_interrupt_reply") => (
            json!({"call": {"name": "interrupt", "argument": null}}),
            vec![Step::Prompt, Step::Request("interrupt".to_owned())],
        ),
        phase => return Err(format!("`phase`: {phase:?} is unknown")),
    };
    if let Some(text) = case["stderr"].as_str() {
        steps.push(Step::Complain(text.to_owned()));
    }
    let lines = case["stdout_lines"].as_array().into_iter().flatten();
    let lines = lines.filter_map(Value::as_str).map(|line| Step::write(format!("{line}\n")));
    steps.extend(lines);
    steps.extend(case["stdout_tail"].as_str().map(Step::write));
    let number =
        |key: &str| case["exit"][key].as_i64().and_then(|number| i32::try_from(number).ok());
    let (code, signal) = (number("code"), number("signal"));
    if code.is_none() && signal.is_none() {
        return Err("`exit`: no `code` and no `signal`".to_owned());
    }
    steps.push(Step::Exit { code, signal });
    Ok((fields(ask), steps))
}

fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
