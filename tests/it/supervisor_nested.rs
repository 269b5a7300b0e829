//! A supervisor as a child of another one: its start, its end, and its conversations.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;

use claude_wire::Session;
use claude_wire::supervisor::{
    Backoff, ChildSpec, LocalRegistry, SessionRef, SessionRegistry, Snapshot, Supervisor,
    SupervisorBuilder,
};
use claude_wire::transport::{Exit, Memory};
use serde_json::{Value, json};

use crate::supervisor_support::{SECOND, spec, text};
use crate::support::cli::{Launches, Log, SESSION, cli};

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
