//! A supervisor as a child of another one: its start, its end, and its conversations.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;

use claude_wire::Session;
use claude_wire::session::Restart;
use claude_wire::supervisor::{
    Backoff, ChildSpec, ChildState, LocalRegistry, OnLimit, SessionRef, SessionRegistry, Snapshot,
    Strategy, Supervisor, SupervisorBuilder, SupervisorEvent,
};
use claude_wire::transport::{Exit, Memory};
use serde_json::{Value, json};

use crate::supervisor_support::{SECOND, kill, launched, spec, text};
use crate::support::cli::{Launches, Log, SESSION, cli};
use crate::support::read::quiet;

fn builder() -> SupervisorBuilder {
    Supervisor::builder().backoff(Backoff::new(SECOND, SECOND))
}

/// A CLI that takes 3 s to end, which it logs.
fn slow_to_end(serves: bool, log: &Log) -> Memory {
    let log = log.clone();
    cli(move |_, mut cli| {
        let log = log.clone();
        async move {
            match serves {
                true => drop(cli.serve().await),
                false => cli.drain().await,
            }
            tokio::time::sleep(3 * SECOND).await;
            log.push("it has ended");
            Exit::from_code(0)
        }
    })
}

/// A supervisor whose first child is up, and whose second one never is.
fn half_started(log: &Log) -> ChildSpec {
    let [hung, up] = [false, true].map(|serves| Arc::new(slow_to_end(serves, log)));
    ChildSpec::supervisor("inner", move || {
        let child = |key: &str, transport: &Arc<Memory>| {
            let transport = transport.clone();
            ChildSpec::new(key, move || Session::builder().transport(transport.clone()))
        };
        builder().children([child("up", &up), child("hung", &hung)])
    })
}

/// However it comes to its end, it is over when that is reported.
#[tokio::test(start_paused = true)]
async fn a_supervisor_that_is_still_starting_below_another_is_stopped_whole() {
    for how in ["terminate", "stop", "time limit"] {
        let log = Log::default();
        let outer: Supervisor = builder().start().await.unwrap();
        let inner = half_started(&log).start_timeout(20 * SECOND);
        let starting = tokio::spawn({
            let outer = outer.clone();
            async move { outer.start_session(inner).await }
        });
        tokio::time::sleep(10 * SECOND).await;
        assert_eq!(outer.count().supervisors, 1);
        match how {
            "terminate" => outer.terminate_session(&"inner".to_owned()).await.unwrap(),
            "stop" => drop(outer.stop().await),
            _ => {}
        }
        if how == "time limit" {
            assert!(starting.await.unwrap().unwrap_err().is_start());
        } else {
            assert!(starting.await.unwrap().unwrap_err().is_stopped(), "{how}");
        }
        assert_eq!(log.all().len(), 2, "{how}: what it has started has ended");
        outer.stop().await;
    }
}

/// The conversation of each level.
const SAVED: [&str; 3] = [
    "6f1a3e52-0000-4000-8000-00000000000a",
    "6f1a3e52-0000-4000-8000-00000000000b",
    "6f1a3e52-0000-4000-8000-00000000000c",
];

/// What an earlier run said: each level has a child of this name.
fn saved() -> Value {
    let level = |id: &str| json!({"sessions": [{"key": "a", "session_id": id}]});
    let [mut outer, mut inner, deepest] = SAVED.map(level);
    inner["supervisors"] = json!([{"key": "below", "snapshot": deepest}]);
    outer["supervisors"] = json!([{"key": "below", "snapshot": inner}]);
    outer
}

fn snapshot(supervisor: &Supervisor) -> Value {
    serde_json::to_value(supervisor.snapshot()).unwrap()
}

/// The conversations of all levels are in the snapshot, and go on in the next run.
#[tokio::test(start_paused = true)]
async fn a_snapshot_has_the_conversations_below() {
    let launches = [Launches::default(), Launches::default(), Launches::default()];
    let names: [Arc<dyn SessionRegistry<String>>; 3] =
        [(); 3].map(|()| Arc::new(LocalRegistry::new()) as _);
    let level = {
        let (names, launches) = (names.clone(), launches.clone());
        move |level: usize| {
            builder().registry(names[level].clone()).child(spec("a", &launches[level]))
        }
    };
    let inner = {
        let level = level.clone();
        move || {
            let deepest = level.clone();
            level(1).child(ChildSpec::supervisor("below", move || deepest(2)))
        }
    };
    let restored: Snapshot<String> = serde_json::from_value(saved()).unwrap();
    let outer = level(0)
        .restore(restored)
        .child(ChildSpec::supervisor("below", inner))
        .start()
        .await
        .unwrap();
    let resumed = |number: usize| {
        let of = |launches: &Launches| launches.flag(number, "--resume").unwrap_or_default();
        launches.each_ref().map(of)
    };
    assert_eq!(resumed(0), SAVED);
    assert_eq!(snapshot(&outer), saved());
    for names in &names {
        let a = SessionRef::via(names.clone(), "a");
        assert_eq!(text(&a, "x").await, "x");
    }
    let now = snapshot(&outer).to_string();
    assert_eq!(now.matches(SESSION).count(), 3, "{now}");
    let taken = outer.snapshot();
    let below: Vec<_> =
        taken.supervisors().map(|(key, below)| (key, below.sessions().count())).collect();
    assert_eq!(below, [(&"below".to_owned(), 1)]);
    // What was restored counts for the first start only.
    outer.restart_session(&"below".to_owned()).await.unwrap();
    assert_eq!(launches.each_ref().map(Launches::len), [1, 2, 2]);
    assert_eq!([1, 2].map(|level| launches[level].flag(1, "--resume")), [None, None]);
    outer.stop().await;
}

/// A supervisor that is not there in one run may be there in the next.
#[tokio::test(start_paused = true)]
async fn the_conversations_below_wait_in_snapshots_until_they_are_forgotten() {
    let launches = Launches::default();
    let restored: Snapshot<String> = serde_json::from_value(saved()).unwrap();
    let outer = builder().restore(restored).child(spec("a", &launches)).start().await.unwrap();
    assert_eq!(snapshot(&outer), saved());
    outer.terminate_session(&"below".to_owned()).await.unwrap();
    assert_eq!(snapshot(&outer), json!({"sessions": [{"key": "a", "session_id": SAVED[0]}]}));
    assert!(outer.terminate_session(&"below".to_owned()).await.unwrap_err().is_not_found());
    outer.stop().await;
}

/// A supervisor `below` with a session `y` of this conversation, and one that can be killed; at a
/// depth of 2, `y` is in another supervisor below it.
struct Below {
    depth: usize,
    conversation: Restart,
    names: [Arc<dyn SessionRegistry<String>>; 2],
    launches: Launches,
}

impl Below {
    fn new(depth: usize, conversation: Restart) -> Self {
        let names = [(); 2].map(|()| Arc::new(LocalRegistry::new()) as _);
        Self { depth, conversation, names, launches: Launches::default() }
    }

    fn spec(&self) -> ChildSpec {
        let (depth, conversation) = (self.depth, self.conversation);
        let (names, launches) = (self.names.clone(), self.launches.clone());
        ChildSpec::supervisor("below", move || {
            let y = spec("y", &launches).conversation(conversation);
            let own = builder().intensity(0, SECOND).registry(names[0].clone());
            let own = own.child(spec("z", &Launches::default()));
            match depth {
                1 => own.child(y),
                _ => {
                    let names = names[1].clone();
                    own.child(ChildSpec::supervisor("deeper", move || {
                        builder().registry(names.clone()).child(y.clone())
                    }))
                }
            }
        })
    }

    fn of(&self, key: &str) -> SessionRef {
        let level = if key == "y" { self.depth - 1 } else { 0 };
        SessionRef::via(self.names[level].clone(), key)
    }

    /// The conversation of `y` in a snapshot.
    fn saved(&self, supervisor: &Supervisor) -> Option<String> {
        let mut level = snapshot(supervisor);
        for _ in 0..self.depth {
            level = level.pointer("/supervisors/0/snapshot").cloned().unwrap_or_default();
        }
        let y = level["sessions"].as_array()?.iter().find(|child| child["key"] == "y")?;
        y["session_id"].as_str().map(String::from)
    }
}

/// With its group, and after it has given up.
#[tokio::test(start_paused = true)]
async fn conversations_below_go_on_after_a_restart_of_their_supervisor() {
    use Restart::{Fresh, Resume};
    for depth in [1, 2] {
        for how in ["group", "escalation"] {
            for (above, own) in [(Fresh, Fresh), (Fresh, Resume), (Resume, Fresh), (Resume, Resume)]
            {
                let what = format!("{depth}, {how}, {above:?}, {own:?}");
                let below = Below::new(depth, own);
                let outer = builder()
                    .strategy(Strategy::OneForAll)
                    .children([spec("x", &Launches::default()), below.spec().conversation(above)])
                    .start()
                    .await
                    .unwrap();
                let mut events = outer.events();
                text(&below.of("y"), "one").await;
                match how {
                    "group" => kill(&outer.session(&"x".to_owned()).unwrap()).await,
                    _ => kill(&below.of("z")).await,
                }
                while !matches!(events.recv().await.unwrap(), SupervisorEvent::Restarting(..)) {}
                quiet().await;
                assert_eq!(below.saved(&outer).as_deref(), Some(SESSION), "{what}: meanwhile");
                launched(&below.launches, 2).await;
                let goes_on = (above == Resume || own == Resume).then_some(SESSION);
                assert_eq!(below.launches.flag(1, "--resume").as_deref(), goes_on, "{what}");
                below.of("y").wait_for(ChildState::Up).await.unwrap();
                assert_eq!(below.saved(&outer).as_deref(), goes_on, "{what}");
                // What is forgotten by hand is not among it.
                outer.restart_session(&"below".to_owned()).await.unwrap();
                assert_eq!(below.launches.flag(2, "--resume"), None, "{what}");
                assert_eq!(below.saved(&outer), None, "{what}");
                outer.stop().await;
            }
        }
    }
}

/// While it is in quarantine, and after the end; not after the user has ended it.
#[tokio::test(start_paused = true)]
async fn conversations_below_stay_in_snapshots_while_their_supervisor_is_down() {
    for depth in [1, 2] {
        for how in ["quarantine", "stop", "terminate", "terminate below"] {
            let what = format!("{depth}, {how}");
            let below = Below::new(depth, Restart::Fresh);
            let outer = builder()
                .intensity(0, SECOND)
                .on_limit(OnLimit::Quarantine(60 * SECOND))
                .child(below.spec())
                .start()
                .await
                .unwrap();
            text(&below.of("y"), "one").await;
            let reference = outer.session(&"below".to_owned()).unwrap();
            match how {
                "quarantine" => {
                    kill(&below.of("z")).await;
                    reference.wait_for(ChildState::Quarantined).await.unwrap();
                }
                "stop" => drop(outer.stop().await),
                "terminate" => outer.terminate_session(&"below".to_owned()).await.unwrap(),
                _ => {
                    kill(&below.of("z")).await;
                    reference.wait_for(ChildState::Quarantined).await.unwrap();
                    outer.terminate_session(&"below".to_owned()).await.unwrap();
                }
            }
            let expected = (!how.starts_with("terminate")).then_some(SESSION);
            assert_eq!(below.saved(&outer).as_deref(), expected, "{what}");
            outer.stop().await;
            assert_eq!(below.saved(&outer).as_deref(), expected, "{what}: after the end");
        }
    }
}

/// The conversation of a session that its specification names is the first one only.
#[tokio::test(start_paused = true)]
async fn a_session_below_goes_on_with_its_last_conversation_and_not_its_first() {
    for first in [None, Some(SAVED[0])] {
        let launches = Launches::default();
        let names: Arc<dyn SessionRegistry<String>> = Arc::new(LocalRegistry::new());
        let inner = {
            let (names, launches) = (names.clone(), launches.clone());
            move || {
                let y = spec("y", &launches).conversation(Restart::Resume);
                let y = first.into_iter().fold(y, ChildSpec::resume);
                builder().registry(names.clone()).intensity(0, SECOND).child(y)
            }
        };
        let outer = builder().child(ChildSpec::supervisor("below", inner)).start().await.unwrap();
        let y = SessionRef::via(names, "y");
        text(&y, "one").await;
        kill(&y).await;
        launched(&launches, 2).await;
        assert_eq!(launches.flag(0, "--resume").as_deref(), first);
        assert_eq!(launches.flag(1, "--resume").as_deref(), Some(SESSION), "{first:?}");
        outer.stop().await;
    }
}
