//! Converts steps of the model to inputs of the machine, and its outputs to facts.

use std::time::Duration;

use super::super::*;
use super::reference::PROBE;
use super::vocabulary::{Ask, End, Fact, Fate, Request, Says, Setting, Step};

impl Rig {
    pub(super) fn step(&mut self, step: &Step, echoes: bool) -> Vec<Fact> {
        let command = Input::Command;
        let control = |n: u64, body: &str| {
            command(Command::Control(RequestId(n), Box::new(parsed(body)), None))
        };
        let input = match *step {
            Step::Query(ask) => command(Command::Prompt(asked(ask))),
            Step::Steer(message, turn) => command(Command::Steer(Steer {
                id: SteerId(message),
                turn: TurnId(turn),
                uuid: format!("p-{message}"),
                content: json("\"more\""),
                fields: PromptFields::default(),
            })),
            Step::Drop(turn) => command(Command::Abandon(TurnId(turn))),
            Step::Connect(n) => command(Command::Connect(RequestId(n))),
            Step::Control(n, Request::Usage) => control(n, r#"{"subtype":"get_usage"}"#),
            Step::Control(n, Request::Interrupt) => control(n, r#"{"subtype":"interrupt"}"#),
            Step::Control(n, Request::Set(setting, value)) => control(n, &set(setting, value)),
            Step::Cancel(n) => command(Command::Cancel(RequestId(n))),
            Step::Answer(n) => Input::Answered(CallbackId(n), Answer::Success(json("{}"))),
            Step::Forget => command(Command::Forget),
            Step::Restart(n, fresh) => command(Command::Restart(RequestId(n), fresh)),
            Step::Probe(n) => {
                let request = Box::new(parsed(r#"{"subtype":"get_binary_version"}"#));
                command(Command::Probe(RequestId(n), request, Duration::from_secs(PROBE)))
            }
            Step::Stop => command(Command::Stop),
            Step::Reading(reading) => Input::Reading(reading),
            Step::Opened => Input::Opened,
            Step::Tick(seconds) => {
                self.now += Duration::from_secs(seconds);
                Input::Tick
            }
            Step::Leaving => Input::Leaving,
            Step::HungUp => Input::HungUp("standard input"),
            Step::Exit => Input::Closed,
            Step::ExitUnread(turn) => {
                let unwritten = written(turn).into_bytes().into();
                let before = self.observed.handle(self.now, Input::Unwritten(unwritten));
                assert!(before.is_empty(), "{before:?}");
                Input::Closed
            }
            Step::Says(ref says) => Input::Received(classify(Line::new(said(says, echoes)))),
        };
        self.observed.handle(self.now, input).iter().map(fact).collect()
    }
}

fn asked(ask: Ask) -> QueuedPrompt {
    let switch = |setting: &Setting| Switch {
        apply: parsed(&set(*setting, Ask::VALUE)),
        restore: parsed(&set(*setting, 0)),
    };
    QueuedPrompt {
        timeout: ask.timeout.map(Duration::from_secs),
        idle_timeout: ask.idle.map(Duration::from_secs),
        profile: Profile(ask.profile),
        switches: ask.switches.iter().map(switch).collect(),
        ..prompt(ask.turn)
    }
}

fn set(setting: Setting, value: u64) -> String {
    match (setting, value) {
        (Setting::Model, 0) => r#"{"subtype":"set_model"}"#.into(),
        (Setting::Model, _) => format!(r#"{{"subtype":"set_model","model":"m-{value}"}}"#),
        (Setting::Mode, _) => format!(r#"{{"subtype":"set_permission_mode","mode":"m-{value}"}}"#),
    }
}

fn said(says: &Says, echoes: bool) -> String {
    let in_session = |session: u64, line: &str| {
        line.replacen('{', &format!(r#"{{"session_id":"s-{session}","#), 1)
    };
    match *says {
        Says::Initialized(wire) => success(wire, "{}"),
        Says::Refused(wire) => {
            format!(
                r#"{{"type":"control_response","response":{{"subtype":"error","request_id":"cw-{wire}","error":"no"}}}}"#
            )
        }
        Says::StartupFailure => {
            r#"{"type":"result","subtype":"error_during_execution","is_error":true}"#.into()
        }
        Says::Queued(turn) => lifecycle(turn, "queued"),
        Says::TakeUp(id) | Says::Add(id) => lifecycle(id, "started"),
        Says::Done(id) => lifecycle(id, "completed"),
        Says::Begin(turn, session) if echoes => in_session(session, &init(turn)),
        Says::Begin(_, session) | Says::ForeignBegin(session) => in_session(session, PLAIN_INIT),
        Says::Text => TEXT.into(),
        Says::End(turn, session) if echoes => in_session(session, &result(turn)),
        Says::End(_, session) => in_session(session, PLAIN_RESULT),
        Says::Cancelled(turn) => lifecycle(turn, "cancelled"),
        Says::Late(turn) => lifecycle(turn, "completed"),
        Says::Stray => PLAIN_RESULT.into(),
        Says::Other => result(0),
        Says::Report => {
            r#"{"type":"system","subtype":"task_notification","output_file":"f"}"#.into()
        }
        Says::ForeignEnd(session) => in_session(session, FOREIGN_RESULT),
        Says::Reply { wire, cancelled } => {
            success(wire, &format!(r#"{{"cancelled":{cancelled}}}"#))
        }
        Says::StrayReply => success(1_000_000, "{}"),
        Says::Ask(id) => format!(
            r#"{{"type":"control_request","request_id":{id},"request":{{"subtype":"can_use_tool"}}}}"#
        ),
        Says::TakeBack(id) => format!(r#"{{"type":"control_cancel_request","request_id":{id}}}"#),
        Says::KeepAlive => r#"{"type":"keep_alive"}"#.into(),
        Says::Noise => "[debug] noise".into(),
        Says::Malformed => r#"{"type":"#.into(),
    }
}

fn fact(output: &Output) -> Fact {
    match output {
        Output::Open { resume, profile, .. } => {
            Fact::Open { profile: profile.0, resume: resume.as_deref().map(number) }
        }
        Output::Write(line) => wrote(&Frame::parse(line.clone()).unwrap()),
        Output::Message(turn, _) => Fact::Delivered(turn.0),
        Output::Ended(turn, end) => Fact::Ended(turn.0, ended(end)),
        Output::Reply(request, result) => Fact::Replied(request.0, result.is_ok()),
        Output::Callback(callback, _) => Fact::Asked(callback.0),
        Output::CallbackCancelled(callback) => Fact::TakenBack(callback.0),
        Output::Event(_) => Fact::Event,
        Output::SessionId(id) => Fact::Session(number(id)),
        Output::Steered(message, steered) => {
            let fate = match steered {
                Steered::Written => Fate::Written,
                Steered::Added => Fate::Added,
                Steered::Follows => Fate::Follows,
                Steered::Lost(why) => Fate::Lost(failure(why)),
            };
            Fact::Steered(message.0, fate)
        }
        Output::CloseStdin => Fact::CloseStdin,
        Output::Terminate => Fact::Terminate,
    }
}

/// The number of `s-7`, `p-7`, `cw-7`.
fn number(id: &str) -> u64 {
    id[id.find('-').unwrap() + 1..].parse().unwrap()
}

fn wrote(frame: &Frame) -> Fact {
    match frame.kind() {
        FrameKind::User => Fact::Prompt(number(&frame.uuid().unwrap())),
        FrameKind::ControlCancelRequest => Fact::TookBack,
        FrameKind::ControlResponse => Fact::Answered,
        _ => {
            let wire = number(&frame.request_id().unwrap().as_str().unwrap());
            let body = frame.field("request").unwrap();
            let subtype = body.pointer("/subtype").unwrap();
            let value =
                |pointer| body.pointer(pointer).map_or(0, |value| number(&value.as_str().unwrap()));
            match &*subtype.as_str().unwrap() {
                "interrupt" if body.pointer("/cancel_queued").is_some() => Fact::InterruptAll(wire),
                "interrupt" => Fact::Interrupt(wire),
                "cancel_async_message" => Fact::Withdraw(wire),
                "set_model" => Fact::Set(wire, Setting::Model, value("/model")),
                "set_permission_mode" => Fact::Set(wire, Setting::Mode, value("/mode")),
                _ => Fact::Request(wire),
            }
        }
    }
}

fn ended(end: &TurnEnd) -> End {
    match end {
        TurnEnd::Result | TurnEnd::Interrupted => End::Result,
        TurnEnd::Failed(why) => failure(why),
    }
}

fn failure(failure: &Failure) -> End {
    match failure {
        Failure::Closed => End::Closed,
        Failure::Timeout(_) => End::Timeout,
        Failure::IdleTimeout(_) => End::Silence,
        Failure::Withdrawn => End::Withdrawn,
        Failure::Stopped => End::Stopped,
        Failure::QueueFull(_) => End::QueueFull,
        Failure::HandshakeTimeout(_) => End::Handshake,
        Failure::Refused(_) => End::Refused,
        Failure::HungUp(_) => End::HungUp,
        Failure::TurnOver => End::Over,
        Failure::Unsupported(_) => unreachable!("the model's CLI supports everything"),
    }
}
