//! Tests the machine against a model: any sequence of actions of a caller, a CLI, a clock and a
//! process.
//!
//! `reference` is the state; `caller`, `turns`, `messages`, `settings`, `cli`, `kept` and `ends`
//! define the effect of each step; `possible` lists the possible steps; `wire` applies them to the machine.
//! `PROPTEST_CASES` sets how many histories are tried.

mod caller;
mod cli;
mod ends;
mod kept;
mod messages;
mod possible;
mod reference;
mod settings;
mod turns;
mod vocabulary;
mod wire;

use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::Union;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

use self::reference::{CONTROL, DRAIN, HANDSHAKE, MAX_QUEUE, Model};
use self::vocabulary::Step;
use super::*;
use crate::protocol::Reconnect;

prop_state_machine! {
    #![proptest_config(config())]

    #[test]
    fn every_history_matches_the_model(sequential 1..60 => Modelled);
}

fn config() -> ProptestConfig {
    let default = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_some() {
        default
    } else {
        ProptestConfig { cases: 1000, ..default }
    }
}

struct Modelled;

impl ReferenceStateMachine for Model {
    type State = Model;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Model> {
        let policies = [Reconnect::OnDemand, Reconnect::ByHand, Reconnect::Never];
        (any::<bool>(), prop::sample::select(policies.to_vec()))
            .prop_map(|(echoes, reconnect)| Model::new(echoes, reconnect))
            .boxed()
    }

    fn transitions(model: &Model) -> BoxedStrategy<Step> {
        Union::new_weighted(
            model.possible().into_iter().map(|(weight, step)| (weight, Just(step))).collect(),
        )
        .boxed()
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

    fn init_test(model: &Model) -> Rig {
        Rig::with(Config {
            max_queue: MAX_QUEUE,
            initialize_timeout: Duration::from_secs(HANDSHAKE),
            control_timeout: Duration::from_secs(CONTROL),
            drain_timeout: Duration::from_secs(DRAIN),
            reconnect: model.reconnect,
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
        assert_eq!(rig.due(), model.deadline().map(|at| at - model.clock));
    }
}
