//! The machine against a model: any sequence of what a caller, a CLI, a clock and a process can do.

mod reference;

use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::Union;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

use self::reference::{CONTROL, DRAIN, End, Fact, HANDSHAKE, MAX_QUEUE, Model, Says, Step};
use super::*;

prop_state_machine! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_history_goes_as_the_model_says(sequential 1..60 => Modelled);
}

struct Modelled;

impl ReferenceStateMachine for Model {
    type State = Model;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Model> {
        any::<bool>().prop_map(Model::new).boxed()
    }

    fn transitions(model: &Model) -> BoxedStrategy<Step> {
        Union::new_weighted(model.possible().into_iter().map(|(weight, step)| (weight, Just(step))).collect()).boxed()
    }

    fn apply(model: Model, step: &Step) -> Model {
        model.step(step)
    }

    fn preconditions(model: &Model, step: &Step) -> bool {
        model.possible().iter().any(|(_, possible)| possible == step)
    }
}

impl StateMachineTest for Modelled {
    type SystemUnderTest = Rig;
    type Reference = Model;

    fn init_test(_: &Model) -> Rig {
        Rig::with(Config {
            max_queue: MAX_QUEUE,
            initialize_timeout: Duration::from_secs(HANDSHAKE),
            control_timeout: Duration::from_secs(CONTROL),
            drain_timeout: Duration::from_secs(DRAIN),
            ..Config::default()
        })
    }

    fn apply(mut rig: Rig, model: &Model, step: Step) -> Rig {
        let facts = rig.step(&step, model.echoes);
        assert_eq!(facts, model.facts, "at {step:?}");
        rig
    }

    fn check_invariants(rig: &Rig, model: &Model) {
        assert_eq!(rig.machine().queue_len(), model.queue_len());
    }
}

impl Rig {
    fn step(&mut self, step: &Step, echoes: bool) -> Vec<Fact> {
        let control = |n: u64| Command::Control(RequestId(n), json(r#"{"subtype":"get_usage"}"#), None);
        let inputs = match *step {
            Step::Query { turn, timeout } => {
                vec![Input::Command(Command::Prompt(Prompt { timeout: timeout.map(Duration::from_secs), ..prompt(turn) }))]
            }
            Step::Drop(turn) => vec![Input::Command(Command::Abandon(TurnId(turn)))],
            Step::Connect(n) => vec![Input::Command(Command::Connect(RequestId(n)))],
            Step::Control(n) => vec![Input::Command(control(n))],
            Step::Cancel(n) => vec![Input::Command(Command::Cancel(RequestId(n)))],
            Step::Answer(n) => vec![Input::Answered(CallbackId(n), Answer::Success(json("{}")))],
            Step::Forget => vec![Input::Command(Command::Forget)],
            Step::Stop => vec![Input::Command(Command::Stop)],
            Step::Opened => vec![Input::Opened],
            Step::Tick(seconds) => {
                self.now += Duration::from_secs(seconds);
                vec![Input::Tick]
            }
            Step::Exit => vec![Input::Closed],
            Step::Says(ref says) => said(says, echoes).into_iter().map(|line| Input::Received(classify(Line::new(line)))).collect(),
        };
        inputs.into_iter().flat_map(|input| self.observed.handle(self.now, input)).map(|output| fact(&output)).collect()
    }
}

fn said(says: &Says, echoes: bool) -> Vec<String> {
    let one = |line: &str| vec![line.to_owned()];
    match *says {
        Says::Initialized(wire) => vec![success(wire, "{}")],
        Says::Refused(wire) => {
            vec![format!(r#"{{"type":"control_response","response":{{"subtype":"error","request_id":"cw-{wire}","error":"no"}}}}"#)]
        }
        Says::StartupFailure => one(r#"{"type":"result","subtype":"error_during_execution","is_error":true}"#),
        Says::Queued(turn) => vec![lifecycle(turn, "queued")],
        Says::Begin(turn) if echoes => vec![lifecycle(turn, "started"), init(turn)],
        Says::Begin(_) => one(PLAIN_INIT),
        Says::Text => one(TEXT),
        Says::End(turn) if echoes => vec![result(turn)],
        Says::End(_) => one(PLAIN_RESULT),
        Says::Cancelled(turn) => vec![lifecycle(turn, "cancelled")],
        Says::Late(turn) => vec![lifecycle(turn, "completed")],
        Says::ForeignBegin => one(PLAIN_INIT),
        Says::ForeignEnd => one(FOREIGN_RESULT),
        Says::Reply { wire, cancelled } => vec![success(wire, &format!(r#"{{"cancelled":{cancelled}}}"#))],
        Says::StrayReply => vec![success(1_000_000, "{}")],
        Says::Ask(id) => vec![format!(r#"{{"type":"control_request","request_id":{id},"request":{{"subtype":"can_use_tool"}}}}"#)],
        Says::TakeBack(id) => vec![format!(r#"{{"type":"control_cancel_request","request_id":{id}}}"#)],
        Says::Noise => one("[debug] noise"),
        Says::Malformed => one(r#"{"type":"#),
    }
}

fn fact(output: &Output) -> Fact {
    match output {
        Output::Open { .. } => Fact::Open,
        Output::Write(line) => wrote(&Frame::parse(line.clone()).unwrap()),
        Output::Message(turn, _) => Fact::Delivered(turn.0),
        Output::Ended(turn, end) => Fact::Ended(turn.0, ended(end)),
        Output::Reply(request, result) => Fact::Replied(request.0, result.is_ok()),
        Output::Callback(callback, _) => Fact::Asked(callback.0),
        Output::CallbackCancelled(callback) => Fact::TakenBack(callback.0),
        Output::Event(_) => Fact::Told,
        Output::SessionId(_) => unreachable!("no line of the model has a session id"),
        Output::CloseStdin => Fact::CloseStdin,
        Output::Terminate => Fact::Terminate,
    }
}

fn wrote(frame: &Frame) -> Fact {
    let number = |text: &str| text[text.find('-').unwrap() + 1..].parse().unwrap();
    match frame.kind() {
        FrameKind::User => Fact::Prompt(number(&frame.uuid().unwrap())),
        FrameKind::ControlCancelRequest => Fact::TookBack,
        FrameKind::ControlResponse => Fact::Answered,
        _ => {
            let wire = number(frame.request_id().unwrap().as_str().unwrap().as_ref());
            let subtype = frame.field("request").unwrap().pointer("/subtype").unwrap();
            match subtype.as_str().unwrap().as_ref() {
                "interrupt" => Fact::Interrupt(wire),
                "cancel_async_message" => Fact::Withdraw(wire),
                _ => Fact::Request(wire),
            }
        }
    }
}

fn ended(end: &TurnEnd) -> End {
    match end {
        TurnEnd::Result => End::Result,
        TurnEnd::Failed(Failure::Closed) => End::Closed,
        TurnEnd::Failed(Failure::Timeout(_)) => End::Timeout,
        TurnEnd::Failed(Failure::Withdrawn) => End::Withdrawn,
        TurnEnd::Failed(Failure::Stopped) => End::Stopped,
        TurnEnd::Failed(Failure::QueueFull(_)) => End::QueueFull,
        TurnEnd::Failed(Failure::HandshakeTimeout(_) | Failure::Refused(_) | Failure::Unsupported(_)) => End::Handshake,
        TurnEnd::Failed(Failure::IdleTimeout(_)) => unreachable!("the model sets no idle limit"),
    }
}
