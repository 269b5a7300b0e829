//! The lines of a made-up conversation, and a recording of it.

use claude_wire::CLI_VERSION;
use claude_wire::recording::{Event, EventKind, Header, RecordedExit, Recording, Stream};

/// The arguments of every launch.
pub(crate) const ARGS: [&str; 6] =
    ["--print", "--output-format", "stream-json", "--input-format", "stream-json", "--verbose"];

/// The ids in lines of the CLI.
pub(crate) const IDS: &str = r#""session_id":"5c1f1c3e-7a52-4c1e-9d31-0c2f6d0f7a11","uuid":"00000000-0000-4000-8000-000000000000""#;

pub(crate) const INITIALIZE: &str =
    r#"{"type":"control_request","request_id":"r1","request":{"subtype":"initialize"}}"#;

/// The answer to [`INITIALIZE`].
pub(crate) const INITIALIZED: &str = r#"{"type":"control_response","response":{"subtype":"success","request_id":"r1","response":{"commands":[],"output_style":"default","models":[],"account":{}}}}"#;

pub(crate) fn prompt(text: &str) -> String {
    format!(
        r#"{{"type":"user","message":{{"role":"user","content":"{text}"}},"parent_tool_use_id":null,"session_id":""}}"#
    )
}

/// The result of a turn. `more` is empty, or further fields, each with a comma behind it.
pub(crate) fn result(more: &str) -> String {
    format!(
        r#"{{"type":"result","subtype":"success","is_error":false,"duration_ms":1,"duration_api_ms":1,"num_turns":1,"result":"done","total_cost_usd":0.0,"usage":{{"input_tokens":1,"output_tokens":1}},"modelUsage":{{}},"permission_denials":[],{more}{IDS}}}"#
    )
}

/// A conversation of these prompts, with this many messages before the result of each turn.
pub(crate) fn recorded(
    prompts: &[String],
    messages: usize,
    message: fn(usize) -> String,
) -> Recording {
    let mut header = Header::new();
    header.cli = Some(CLI_VERSION.to_owned());
    header.argv = Some(ARGS.map(str::to_owned).to_vec());
    let mut recording = Recording::new(header);
    let mut push = |kind| recording.events.push(Event::new(10, kind));
    push(EventKind::In(INITIALIZE.into()));
    push(EventKind::Out(INITIALIZED.into()));
    for prompt in prompts {
        push(EventKind::In(prompt.as_str().into()));
        for number in 0..messages {
            push(EventKind::Out(message(number).as_str().into()));
        }
        push(EventKind::Out(result("").as_str().into()));
    }
    push(EventKind::Eof(Stream::In));
    push(EventKind::Exit(RecordedExit::code(0)));
    recording
}
