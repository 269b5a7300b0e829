//! Raw lines in, exact lines and outputs out. Every test runs under the observer of `invariants`.

mod again;
mod callbacks;
mod dialects;
mod doubt;
mod drain;
mod endings;
mod forget;
mod handshake;
mod in_force;
mod initial;
mod limits;
mod made_again;
mod model;
mod one_turn;
mod queue;
mod requests;
mod restart;
mod routing;
mod starts;
mod steer;
mod stop;
mod stray;
mod work;

use std::time::{Duration, Instant};

use super::invariants::Observed;
use super::*;
use crate::wire::control::{PromptFields, Request, RequestName};
use crate::wire::{Frame, FrameKind, Line, LineCodec, RawJson, classify};

/// A machine with a manual clock, and a CLI that the test plays. Outputs are described as text.
struct Rig {
    observed: Observed,
    now: Instant,
}

impl Rig {
    /// Not connected.
    fn idle() -> Self {
        Self::with(Config::default())
    }

    fn with(config: Config) -> Self {
        Self { observed: Observed::new(config), now: Instant::now() }
    }

    /// Connected, with the handshake answered under the id `cw-1`.
    fn ready() -> Self {
        Self::ready_with(Config::default())
    }

    fn ready_with(config: Config) -> Self {
        let mut rig = Self::with(config);
        rig.connect(0);
        rig.opened();
        rig.line(INITIALIZED);
        assert!(rig.machine().is_ready());
        rig
    }

    fn machine(&self) -> &Machine {
        self.observed.machine()
    }

    fn input(&mut self, input: Input) -> Vec<String> {
        self.observed.handle(self.now, input).iter().map(described).collect()
    }

    fn command(&mut self, command: Command) -> Vec<String> {
        self.input(Input::Command(command))
    }

    fn connect(&mut self, request: u64) -> Vec<String> {
        self.command(Command::Connect(RequestId(request)))
    }

    fn opened(&mut self) -> Vec<String> {
        self.input(Input::Opened)
    }

    /// These bytes did not reach the CLI, which ends.
    fn closed_without(&mut self, unwritten: &str) -> Vec<String> {
        let bytes = unwritten.to_owned().into_bytes().into();
        [self.input(Input::Unwritten(bytes)), self.closed()].concat()
    }

    fn closed(&mut self) -> Vec<String> {
        self.input(Input::Closed)
    }

    fn stop(&mut self) -> Vec<String> {
        self.command(Command::Stop)
    }

    /// Turn `n` has the uuid `p-n` and the content `"n"`.
    fn prompt(&mut self, turn: u64) -> Vec<String> {
        self.command(Command::Prompt(prompt(turn)))
    }

    fn prompt_within(
        &mut self,
        turn: u64,
        timeout: Option<u64>,
        idle_timeout: Option<u64>,
    ) -> Vec<String> {
        let limits = (timeout.map(Duration::from_secs), idle_timeout.map(Duration::from_secs));
        self.command(Command::Prompt(QueuedPrompt {
            timeout: limits.0,
            idle_timeout: limits.1,
            ..prompt(turn)
        }))
    }

    fn abandon(&mut self, turn: u64) -> Vec<String> {
        self.command(Command::Abandon(TurnId(turn)))
    }

    fn control(&mut self, request: u64, body: &str) -> Vec<String> {
        self.control_within(request, body, None)
    }

    fn control_within(&mut self, request: u64, body: &str, seconds: Option<u64>) -> Vec<String> {
        self.command(Command::Control(
            RequestId(request),
            Box::new(parsed(body)),
            seconds.map(Duration::from_secs),
        ))
    }

    fn cancel(&mut self, request: u64) -> Vec<String> {
        self.command(Command::Cancel(RequestId(request)))
    }

    fn answer(&mut self, callback: u64, response: &str) -> Vec<String> {
        self.input(Input::Answered(CallbackId(callback), Answer::Success(json(response))))
    }

    /// A line from the CLI.
    fn line(&mut self, line: &str) -> Vec<String> {
        self.input(Input::Received(classify(Line::new(line.to_owned()))))
    }

    fn lines(&mut self, lines: &[&str]) -> Vec<String> {
        lines.iter().flat_map(|line| self.line(line)).collect()
    }

    /// Passes bytes from the CLI through a codec with a line limit, then ends the output.
    fn bytes(&mut self, max_line: usize, bytes: &[u8]) -> Vec<String> {
        use tokio_util::codec::Decoder;
        let mut codec = LineCodec::with_max_line(max_line);
        let mut buffer = bytes::BytesMut::from(bytes);
        let mut out = Vec::new();
        while let Some(item) = codec.decode_eof(&mut buffer).unwrap() {
            out.extend(self.input(Input::Received(classify(item))));
        }
        out
    }

    /// Advances the clock, then sends a tick.
    fn tick_after(&mut self, seconds: u64) -> Vec<String> {
        self.now += Duration::from_secs(seconds);
        self.input(Input::Tick)
    }

    /// Seconds to the next deadline.
    fn due(&self) -> Option<u64> {
        self.machine().deadline().map(|at| (at - self.now).as_secs())
    }
}

/// Every test ends with a check that nothing is left over.
impl Drop for Rig {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            std::mem::replace(&mut self.observed, Observed::new(Config::default()))
                .finish(self.now);
        }
    }
}

const INITIALIZED: &str = r#"{"type":"control_response","response":{"subtype":"success","request_id":"cw-1","response":{"pid":7}}}"#;

fn prompt(turn: u64) -> QueuedPrompt {
    QueuedPrompt {
        turn: TurnId(turn),
        uuid: format!("p-{turn}"),
        content: json(&format!("\"{turn}\"")),
        fields: PromptFields::default(),
        verbatim: false,
        timeout: None,
        idle_timeout: None,
        profile: Profile::default(),
        switches: Vec::new(),
        settled: Vec::new(),
    }
}

/// A request of the host, by its body.
fn parsed(body: &str) -> Request {
    Request::parse(&json(body)).unwrap()
}

fn json(text: &str) -> RawJson {
    RawJson::parse(text.to_owned()).unwrap()
}

/// The line of a prompt.
fn written(turn: u64) -> String {
    format!(
        r#"> {{"type":"user","message":{{"role":"user","content":"{turn}"}},"parent_tool_use_id":null,"session_id":"","uuid":"p-{turn}"}}"#
    )
}

/// A whole turn, from the prompt to the result.
fn run(rig: &mut Rig, turn: u64) {
    rig.line(&init(turn));
    rig.line(&result(turn));
}

/// A request of the host.
fn request(id: u64, body: &str) -> String {
    format!(r#"> {{"type":"control_request","request_id":"cw-{id}","request":{body}}}"#)
}

fn interrupt(id: u64) -> String {
    request(id, r#"{"subtype":"interrupt"}"#)
}

/// A success reply of the CLI to a request of the host.
fn success(id: u64, response: &str) -> String {
    format!(
        r#"{{"type":"control_response","response":{{"subtype":"success","request_id":"cw-{id}","response":{response}}}}}"#
    )
}

/// `command_lifecycle` of a prompt.
fn lifecycle(turn: u64, state: &str) -> String {
    format!(
        r#"{{"type":"command_lifecycle","command_uuid":"p-{turn}","state":"{state}","uuid":"u"}}"#
    )
}

/// The `system/init` that opens a turn and names its prompt.
fn init(turn: u64) -> String {
    format!(r#"{{"type":"system","subtype":"init","user_message_uuids":["p-{turn}"],"uuid":"u"}}"#)
}

/// The `result` that ends a turn and names its prompt.
fn result(turn: u64) -> String {
    format!(
        r#"{{"duration_api_ms":1,"subtype":"success","type":"result","user_message_uuid":"p-{turn}","user_message_uuids":["p-{turn}"]}}"#
    )
}

const PLAIN_INIT: &str = r#"{"type":"system","subtype":"init"}"#;
const PLAIN_RESULT: &str = r#"{"subtype":"success","type":"result"}"#;
const TEXT: &str = r#"{"type":"assistant","message":{"content":[{"type":"text","text":"hi"}]},"parent_tool_use_id":null}"#;
const FOREIGN_RESULT: &str =
    r#"{"subtype":"success","origin":{"kind":"task-notification"},"type":"result"}"#;

fn turn(turn: u64, line: &str) -> String {
    format!("turn {turn} < {line}")
}

fn event(line: &str) -> String {
    format!("event < {line}")
}

/// Describes an output; lines are quoted as on the wire, `>` to the CLI and `<` from it.
fn described(output: &Output) -> String {
    match output {
        Output::Open { resume: None, profile: Profile(0), .. } => "open".into(),
        Output::Open { resume: Some(id), profile: Profile(0), .. } => {
            format!("open, resume {id}")
        }
        Output::Open { resume, profile: Profile(profile), .. } => {
            format!("open {profile}, resume {}", resume.as_deref().unwrap_or("nothing"))
        }
        Output::Write(line) => format!("> {}", std::str::from_utf8(line).unwrap()),
        Output::Message(turn, frame) => format!("turn {} < {}", turn.0, frame.text()),
        Output::Ended(turn, TurnEnd::Result) => format!("turn {} ended", turn.0),
        Output::Ended(turn, TurnEnd::Interrupted) => format!("turn {} ended, interrupted", turn.0),
        Output::Ended(turn, TurnEnd::Failed(failure)) => {
            format!("turn {} failed: {failure:?}", turn.0)
        }
        Output::Steered(steer, Steered::Lost(failure)) => {
            format!("message {} lost: {failure:?}", steer.0)
        }
        Output::Steered(steer, steered) => format!("message {} {steered:?}", steer.0),
        Output::Reply(request, Ok(None)) => format!("reply {}", request.0),
        Output::Reply(request, Ok(Some(response))) => {
            format!("reply {}: {}", request.0, response.text())
        }
        Output::Reply(request, Err(failure)) => format!("reply {} failed: {failure:?}", request.0),
        Output::Callback(callback, frame) => format!("callback {} < {}", callback.0, frame.text()),
        Output::CallbackCancelled(callback) => format!("callback {} cancelled", callback.0),
        Output::Event(ConnectionEvent::Message(frame)) => format!("event < {}", frame.text()),
        Output::Event(ConnectionEvent::Control(frame)) => {
            format!("control event < {}", frame.text())
        }
        Output::Event(ConnectionEvent::StrayReply(frame)) => format!("stray < {}", frame.text()),
        Output::Event(ConnectionEvent::Warning { text, .. }) => format!("warning: {text}"),
        Output::Event(ConnectionEvent::Noise(line)) => format!("noise < {}", line.text()),
        Output::Event(ConnectionEvent::Malformed(malformed)) => format!("malformed: {malformed}"),
        Output::Event(ConnectionEvent::TruncatedTail(line)) => {
            format!("truncated < {}", line.text())
        }
        Output::SessionId(id) => format!("session {id}"),
        Output::CloseStdin => "close stdin".into(),
        Output::Terminate => "terminate".into(),
    }
}
