//! The protocol's state machine under arbitrary inputs, with the observer of its invariants.

use std::time::{Duration, Instant};

use super::Source;
use crate::protocol::invariants::Observed;
use crate::protocol::{
    Answer, CallbackId, Command, Config, Input, Output, Profile, QueuedPrompt, Reconnect,
    RequestId, Steer, SteerId, Switch, TurnId,
};
use crate::wire::control::{PromptFields, Request, RequestName};
use crate::wire::{Line, RawJson, classify};

/// A sequence of operations: a byte that selects one, and its arguments. The CLI may misbehave.
///
/// Checks the invariants of the protocol.
pub fn protocol(data: &[u8]) {
    play(data, |_| ());
}

/// Passes every output to the observer.
pub(super) fn play(data: &[u8], mut tell: impl FnMut(&Output)) {
    let mut source = Source::new(data);
    let mut host = Host::new(source.byte());
    while !source.is_empty() {
        host.operation(&mut source).iter().for_each(&mut tell);
    }
    host.observed.finish(host.now);
}

struct Host {
    observed: Observed,
    now: Instant,
    /// Turns and requests, in one numbering.
    next: u64,
    callbacks: u64,
    /// The last request of the host on the wire.
    wire: u64,
}

/// Lines that a CLI would write; `$P` is replaced by a prompt, `$R` by a request of the host, `$N`
/// by a small number.
const LINES: [&str; 24] = [
    r#"{"type":"control_response","response":{"subtype":"success","request_id":"cw-$R","response":{"cancelled":true}}}"#,
    r#"{"type":"control_response","response":{"subtype":"error","request_id":"cw-$R","error":"no"}}"#,
    r#"{"type":"control_response","response":{"subtype":"success","request_id":"cw-$R","pending_permission_requests":[{"type":"control_request","request_id":"$N","request":{"subtype":"can_use_tool"}}]}}"#,
    r#"{"type":"command_lifecycle","command_uuid":"p-$P","state":"queued"}"#,
    r#"{"type":"command_lifecycle","command_uuid":"p-$P","state":"started"}"#,
    r#"{"type":"command_lifecycle","command_uuid":"p-$P","state":"cancelled"}"#,
    r#"{"type":"system","subtype":"init","session_id":"s-$N","user_message_uuids":["p-$P"]}"#,
    r#"{"type":"system","subtype":"init","session_id":"s-$N"}"#,
    r#"{"type":"assistant","message":{"content":[]}}"#,
    r#"{"type":"assistant","message":{"content":[]},"user_message_uuid":"p-$P"}"#,
    r#"{"type":"result","subtype":"success","session_id":"s-$N","user_message_uuid":"p-$P"}"#,
    r#"{"type":"result","subtype":"success"}"#,
    r#"{"type":"result","tool_use_id":"t"}"#,
    r#"{"type":"result","subtype":"success","origin":{"kind":"task-notification"}}"#,
    r#"{"type":"control_request","request_id":"$N","request":{"subtype":"can_use_tool"}}"#,
    r#"{"type":"control_request","request_id":$N}"#,
    r#"{"type":"control_cancel_request","request_id":"$N"}"#,
    r#"{"type":"keep_alive"}"#,
    "noise",
    r#"{"type":"#,
    r#"{"type":"result","subtype":"success","num_turns":0}"#,
    r#"{"type":"system","subtype":"task_notification","output_file":"f"}"#,
    r#"{"type":"command_lifecycle","command_uuid":"p-$P","state":"completed"}"#,
    r#"{"type":"assistant","message":{"content":[]},"parent_tool_use_id":"t"}"#,
];

/// Requests of a caller.
fn request(number: usize) -> Request {
    match number % 5 {
        0 => Request::new(RequestName::GetUsage),
        1 => Request::new(RequestName::Interrupt),
        2 => Request::new(RequestName::SetModel).with("model", "m"),
        3 => Request::new(RequestName::SetModel).with("model", "n"),
        _ => Request::new(RequestName::SetPermissionMode).with("mode", "plan"),
    }
}

impl Host {
    fn new(choice: u8) -> Self {
        let reconnect = match choice >> 2 {
            1 => Reconnect::ByHand,
            2 => Reconnect::Never,
            _ => Reconnect::OnDemand,
        };
        let config = Config { max_queue: usize::from(choice % 4), reconnect, ..Config::default() };
        Self {
            observed: Observed::new(config),
            now: Instant::now(),
            next: 1,
            callbacks: 0,
            wire: 0,
        }
    }

    fn operation(&mut self, source: &mut Source<'_>) -> Vec<Output> {
        let (operation, number) = (source.byte(), source.byte());
        let back = u64::from(number % 4);
        let input = match operation % 16 {
            0 | 1 => self.prompt(number),
            2 if number & 4 != 0 => self.steer(back),
            2 => Input::Command(Command::Abandon(TurnId(self.next.saturating_sub(back + 1)))),
            3 if number & 4 != 0 => {
                Input::Command(Command::Restart(RequestId(self.next), number & 8 != 0))
            }
            3 => Input::Command(Command::Connect(RequestId(self.next))),
            4 if number & 64 != 0 => {
                let request = Box::new(Request::new(RequestName::GetBinaryVersion));
                Input::Command(Command::Probe(
                    RequestId(self.next),
                    request,
                    Duration::from_secs(9),
                ))
            }
            4 => Input::Command(Command::Control(
                RequestId(self.next),
                Box::new(request(usize::from(number))),
                None,
            )),
            5 => Input::Command(Command::Cancel(RequestId(self.next.saturating_sub(back + 1)))),
            6 => Input::Answered(CallbackId(self.callbacks.saturating_sub(back)), answer(number)),
            7 => Input::Opened,
            8 => {
                self.now += Duration::from_secs(u64::from(number));
                Input::Tick
            }
            9 if number % 4 == 0 => Input::Command(Command::Stop),
            9 if number % 4 == 1 => Input::Closed,
            9 if number % 4 == 2 => Input::Command(Command::Forget),
            9 if number & 4 == 0 => Input::Leaving,
            9 => Input::Reading(number & 8 == 0),
            10 => {
                let count = usize::from(number);
                received(source.take(count).to_vec())
            }
            _ => received(self.line(number, source.byte()).into_bytes()),
        };
        self.next += 1;
        let outputs = self.observed.handle(self.now, input);
        for output in &outputs {
            match output {
                Output::Callback(callback, _) => self.callbacks = callback.0,
                Output::Write(line) if line.starts_with(br#"{"type":"control_request""#) => {
                    self.wire += 1
                }
                _ => {}
            }
        }
        outputs
    }

    fn prompt(&self, number: u8) -> Input {
        let limit = |bit: u8| (number & bit != 0).then_some(Duration::from_secs(u64::from(number)));
        Input::Command(Command::Prompt(QueuedPrompt {
            turn: TurnId(self.next),
            uuid: format!("p-{}", self.next),
            content: literal("\"x\""),
            fields: PromptFields::default(),
            verbatim: number & 16 != 0,
            timeout: limit(1),
            idle_timeout: limit(2),
            profile: Profile(u64::from(number & 4)),
            switches: if number & 8 == 0 { Vec::new() } else { vec![switch()] },
            settled: Vec::new(),
        }))
    }

    /// A message for a recent turn. Its uuid is one that lines can name.
    fn steer(&self, back: u64) -> Input {
        Input::Command(Command::Steer(Steer {
            id: SteerId(self.next),
            turn: TurnId(self.next.saturating_sub(back + 1)),
            uuid: format!("p-{}", self.next),
            content: literal("\"y\""),
            fields: PromptFields::default(),
        }))
    }

    /// A line about something recent.
    fn line(&self, which: u8, number: u8) -> String {
        let back = |last: u64, span: u8| last.saturating_sub(u64::from(number % span)).to_string();
        let line = LINES[usize::from(which) % LINES.len()];
        line.replace("$P", &back(self.next, 16))
            .replace("$R", &back(self.wire, 4))
            .replace("$N", &(number % 4).to_string())
    }
}

fn switch() -> Switch {
    Switch { apply: request(2), restore: Request::new(RequestName::SetModel) }
}

fn answer(number: u8) -> Answer {
    match number % 3 {
        0 => Answer::Success(literal("{}")),
        1 => Answer::Error("no".into(), None),
        _ => Answer::Silence,
    }
}

fn received(line: Vec<u8>) -> Input {
    Input::Received(classify(Line::new(line)))
}

fn literal(json: &'static str) -> RawJson {
    RawJson::parse(json).unwrap_or_default()
}
