//! Which conversation a child goes on with: after a rest, a crash, a restart by hand, and if the CLI
//! does not find it.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use claude_wire::session::Restart;
use claude_wire::supervisor::{
    Backoff, ChildSpec, ChildState, SessionRef, Strategy, Supervisor, SupervisorEvent,
};
use claude_wire::transport::{Exit, Memory};
use claude_wire::{Options, Session, SessionBuilder};
use serde_json::json;

use crate::supervisor_support::{SECOND, kill, mortal, noted, serve_until_die, spec, text};
use crate::support::cli::{Launches, SESSION, cli};
use crate::support::faulty::Faulty;

const STALE: &str = "6f1a3e52-0000-4000-8000-00000000dead";

/// How a CLI says that it does not find a conversation.
#[derive(Clone, Copy, Debug)]
enum Says {
    /// A result and standard error, as CLI 2.1.332 does.
    Both,
    /// Only standard error.
    Stderr,
}

/// A CLI that finds no conversation, and dies at the prompt `die`.
fn forgetful(launches: &Launches, says: Says) -> Memory {
    let launches = launches.clone();
    cli(move |launch, mut cli| {
        let number = launches.note(launch);
        let resumed = launches.flag(number, "--resume");
        async move {
            if let Some(id) = resumed {
                let why = format!("No conversation found with session ID: {id}");
                if let Says::Both = says {
                    cli.write(json!({"type": "result", "subtype": "error_during_execution", "is_error": true,
                        "session_id": id, "errors": [why], "uuid": "r"}))
                        .await;
                }
                cli.complain(&format!("{why}\n")).await;
                return Exit::from_code(1);
            }
            serve_until_die(cli).await
        }
    })
}

fn child(
    transport: Memory,
    change: impl Fn(SessionBuilder) -> SessionBuilder + Send + Sync + 'static,
) -> ChildSpec {
    let transport = Arc::new(transport);
    ChildSpec::new("a", move || change(Session::builder().transport(transport.clone())))
}

/// What each launch resumes.
fn resumed(launches: &Launches) -> Vec<String> {
    let all = 0..launches.len();
    all.map(|number| launches.flag(number, "--resume").unwrap_or_default()).collect()
}

fn a(supervisor: &Supervisor) -> SessionRef {
    supervisor.session(&"a".to_owned()).unwrap()
}

async fn rest(session: &SessionRef) {
    session.wait_for(ChildState::Resting).await.unwrap();
}

/// A first child with a conversation that is gone: from its specification, from a snapshot, or from
/// its own builder.
#[tokio::test(start_paused = true)]
async fn a_first_child_whose_conversation_is_not_found_starts_a_new_one() {
    for says in [Says::Both, Says::Stderr] {
        for from in ["spec", "snapshot", "builder"] {
            let launches = Launches::default();
            let of_builder = (from == "builder").then_some(STALE);
            let mut spec = child(forgetful(&launches, says), move |builder| match of_builder {
                Some(id) => builder.resume(id),
                None => builder,
            });
            let mut builder = Supervisor::builder();
            match from {
                "spec" => spec = spec.resume(STALE),
                "snapshot" => {
                    let saved = json!({"sessions": [{"key": "a", "session_id": STALE}]});
                    builder = builder.restore(serde_json::from_value(saved).unwrap());
                }
                _ => {}
            }
            let supervisor = builder.child(spec).start().await.unwrap();
            assert_eq!(resumed(&launches), [STALE, ""], "{from} {says:?}");
            assert_eq!(supervisor.list()[0].session_id, None, "{from}");
            assert_eq!(text(&a(&supervisor), "hello").await, "hello");
            assert_eq!(supervisor.list()[0].session_id.as_deref(), Some(SESSION));
            assert_eq!(supervisor.list()[0].restarts, 0);
            supervisor.stop().await;
        }
    }
}

/// A child that is added later says so by an event, too.
#[tokio::test(start_paused = true)]
async fn an_added_child_says_that_its_conversation_is_lost() {
    for says in [Says::Both, Says::Stderr] {
        let launches = Launches::default();
        let supervisor: Supervisor = Supervisor::builder().start().await.unwrap();
        let mut events = supervisor.events();
        let spec = child(forgetful(&launches, says), |builder| builder).resume(STALE);
        supervisor.start_session(spec).await.unwrap();
        let first = events.recv().await.unwrap();
        assert!(matches!(&first, SupervisorEvent::HistoryLost(key) if key == "a"), "{first:?}");
        assert!(matches!(events.recv().await.unwrap(), SupervisorEvent::Up(_)));
        assert_eq!(resumed(&launches), [STALE, ""]);
        supervisor.stop().await;
    }
}

/// After a crash, with `Restart::Resume`.
#[tokio::test(start_paused = true)]
async fn a_conversation_that_is_not_found_after_a_crash_is_begun_again_once() {
    for says in [Says::Both, Says::Stderr] {
        let launches = Launches::default();
        let spec = child(forgetful(&launches, says), |builder| builder);
        let supervisor = Supervisor::builder()
            .intensity(1, 3600 * SECOND)
            .child(spec.conversation(Restart::Resume))
            .start()
            .await
            .unwrap();
        let mut events = supervisor.events();
        text(&a(&supervisor), "hello").await;
        kill(&a(&supervisor)).await;
        assert_eq!(text(&a(&supervisor), "again").await, "again");
        assert_eq!(resumed(&launches), ["", SESSION, ""], "{says:?}");
        assert_eq!(supervisor.list()[0].restarts, 1);
        let mut lost = 0;
        while let Ok(event) = events.try_recv() {
            lost += usize::from(matches!(event, SupervisorEvent::HistoryLost(_)));
        }
        assert_eq!(lost, 1);
        supervisor.stop().await;
    }
}

/// After a rest.
#[tokio::test(start_paused = true)]
async fn a_conversation_that_is_not_found_after_a_rest_is_begun_again_once() {
    let launches = Launches::default();
    let spec = child(forgetful(&launches, Says::Both), |builder| builder);
    let supervisor =
        Supervisor::builder().child(spec.idle_after(60 * SECOND)).start().await.unwrap();
    text(&a(&supervisor), "hello").await;
    rest(&a(&supervisor)).await;
    assert_eq!(text(&a(&supervisor), "again").await, "again");
    assert_eq!(resumed(&launches), ["", SESSION, ""]);
    supervisor.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_restart_by_hand_forgets_the_conversation_for_good() {
    for (from_spec, first) in [(true, STALE), (false, "")] {
        let launches = Launches::default();
        let mut child = spec("a", &launches).idle_after(60 * SECOND).conversation(Restart::Resume);
        if from_spec {
            child = child.resume(STALE);
        }
        let supervisor = Supervisor::builder().child(child).start().await.unwrap();
        let a = a(&supervisor);
        text(&a, "one").await;
        rest(&a).await;
        text(&a, "two").await;
        supervisor.restart_session(&"a".to_owned()).await.unwrap();
        assert_eq!(supervisor.list()[0].session_id, None);
        let snapshot = supervisor.snapshot();
        assert_eq!(snapshot.sessions().next().unwrap().1, None);
        // It rests again before anything is said.
        rest(&a).await;
        text(&a, "three").await;
        assert_eq!(resumed(&launches), [first, SESSION, "", ""]);
        // What was said since is a conversation again.
        rest(&a).await;
        supervisor.restart_session(&"a".to_owned()).await.unwrap();
        kill(&a).await;
        text(&a, "four").await;
        assert_eq!(resumed(&launches)[4..], ["", ""], "while it rests, too");
        supervisor.stop().await;
    }
}

/// A CLI that ends when its conversation is to be cleared.
fn not_cleared(launches: &Launches) -> Memory {
    noted(launches, |_, mut cli| async move {
        cli.handshake().await;
        while let Some((uuid, text)) = cli.next_prompt().await {
            match text.as_str() {
                "/clear" => return Exit::from_code(7),
                text => cli.turn(&uuid, text).await,
            }
        }
        Exit::from_code(0)
    })
}

/// Wherever the child has its conversation from, and whatever it is started again for.
#[tokio::test(start_paused = true)]
async fn what_a_session_has_forgotten_does_not_come_back() {
    const DEFECT: &str = "defect";
    for from in ["spec", "snapshot", "rest"] {
        for forgets in ["restart", "clear"] {
            for then in ["rest", "panic", "group"] {
                let what = format!("{from}, {forgets}, {then}");
                let launches = Launches::default();
                let faulty = Faulty { transport: not_cleared(&launches), word: DEFECT };
                let faulty = Arc::new(faulty);
                let make = move || Session::builder().transport(faulty.clone());
                let child = ChildSpec::new("a", make).conversation(Restart::Resume);
                let child = child.idle_after(60 * SECOND);
                // It is started again when it has forgotten.
                let builder = Supervisor::builder().backoff(Backoff::new(SECOND, SECOND));
                let builder = builder.strategy(Strategy::OneForAll).intensity(9, SECOND);
                let saved = json!({"sessions": [{"key": "a", "session_id": STALE}]});
                let builder = match from {
                    "spec" => builder.child(child.resume(STALE)),
                    "snapshot" => {
                        builder.restore(serde_json::from_value(saved).unwrap()).child(child)
                    }
                    _ => builder.child(child),
                };
                let other = spec("b", &Launches::default());
                let supervisor = builder.child(other).start().await.unwrap();
                let [a, b] = ["a", "b"].map(|key| supervisor.session(&key.to_owned()).unwrap());
                if from == "rest" {
                    text(&a, "one").await;
                    rest(&a).await;
                }
                let session = a.session().await.unwrap();
                let before = launches.len();
                let id = if from == "rest" { SESSION } else { STALE };
                assert_eq!(resumed(&launches)[before - 1], id, "{what}");
                match forgets {
                    "restart" => drop(session.restart(Restart::Fresh).await.unwrap()),
                    _ => session.clear().await.unwrap(),
                }
                let nothing = |supervisor: &Supervisor| {
                    assert_eq!(supervisor.list()[0].session_id, None, "{what}");
                    assert_eq!(supervisor.snapshot().sessions().next().unwrap().1, None, "{what}");
                };
                nothing(&supervisor);
                // Without a CLI it would not rest.
                a.session().await.unwrap().connect().await.unwrap();
                let launched = launches.len();
                match then {
                    "rest" => rest(&a).await,
                    "panic" => {
                        let turn = a.query(DEFECT).await.unwrap();
                        assert!(turn.text().await.unwrap_err().is_panicked(), "{what}");
                    }
                    _ => kill(&b).await,
                }
                nothing(&supervisor);
                assert_eq!(text(&a, "two").await, "two");
                assert!(launches.len() > launched, "{what}");
                assert_eq!(resumed(&launches)[before..].concat(), "", "{what}");
                assert_eq!(supervisor.list()[0].session_id.as_deref(), Some(SESSION));
                supervisor.stop().await;
            }
        }
    }
}

/// The builder of a child may name a conversation: it counts for the first start.
#[tokio::test(start_paused = true)]
async fn a_child_whose_builder_names_a_conversation_goes_on_after_a_rest_and_a_crash() {
    const OWN: &str = "6f1a3e52-0000-4000-8000-00000000beef";
    type Change = fn(SessionBuilder) -> SessionBuilder;
    let changes: [(&str, Change); 4] = [
        ("--session-id", |builder| builder.session_id(OWN)),
        ("--continue", |builder| builder.continue_conversation(true)),
        ("--resume", |builder| builder.resume(OWN)),
        ("--fork-session", |builder| builder.resume(OWN).fork_session(true)),
    ];
    for (flag, change) in changes {
        let launches = Launches::default();
        let spec = child(mortal(&launches), change).idle_after(60 * SECOND);
        let supervisor =
            Supervisor::builder().child(spec.conversation(Restart::Resume)).start().await.unwrap();
        let a = a(&supervisor);
        text(&a, "one").await;
        rest(&a).await;
        text(&a, "two").await;
        kill(&a).await;
        text(&a, "three").await;
        supervisor.restart_session(&"a".to_owned()).await.unwrap();
        text(&a, "four").await;
        let said = |number: usize| {
            let args = launches.args(number).into_iter();
            let named = ["--resume", "--session-id", "--continue", "--fork-session"];
            let is_named = |arg: &String| named.iter().any(|name| arg.starts_with(name));
            args.filter(is_named).collect::<Vec<_>>()
        };
        let is_there = |arg: &String| arg.starts_with(flag);
        assert!(said(0).iter().any(is_there), "{flag}: {:?}", said(0));
        let resumes = [format!("--resume={SESSION}")];
        assert_eq!([said(1), said(2)], [resumes.to_vec(), resumes.to_vec()], "{flag}");
        assert_eq!(said(3), [""; 0], "{flag}: by hand");
        supervisor.stop().await;
    }
}

/// A group is restarted with sessions that are made again.
#[tokio::test(start_paused = true)]
async fn a_fresh_restart_of_a_group_does_not_take_the_conversation_of_the_builder() {
    let launches = Launches::default();
    let own = child(mortal(&launches), |builder| builder.session_id(SESSION));
    let others = Launches::default();
    let supervisor = Supervisor::builder()
        .strategy(Strategy::OneForAll)
        .backoff(Backoff::none())
        .children([own, spec("b", &others)])
        .start()
        .await
        .unwrap();
    text(&a(&supervisor), "one").await;
    kill(&supervisor.session(&"b".to_owned()).unwrap()).await;
    text(&a(&supervisor), "two").await;
    assert_eq!(launches.flag(0, "--session-id").as_deref(), Some(SESSION));
    assert_eq!((launches.len(), launches.flag(1, "--session-id")), (2, None));
    supervisor.stop().await;
}

/// Options that the builder of a child renews itself count at each launch, as those of `make`.
#[tokio::test(start_paused = true)]
async fn options_that_the_builder_renews_itself_count_at_each_launch() {
    let launches = Launches::default();
    let (made, renewed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let transport = Arc::new(mortal(&launches));
    let spec = ChildSpec::new("a", move || {
        let (made, renewed) = (made.fetch_add(1, Ordering::Relaxed), renewed.clone());
        let launch = move || {
            let number = renewed.fetch_add(1, Ordering::Relaxed);
            Options::default().model(format!("renewed-{number}"))
        };
        Session::builder()
            .transport(transport.clone())
            .model("made")
            .append_system_prompt(format!("made-{made}"))
            .options_at_launch(launch)
    });
    let supervisor: Supervisor = Supervisor::builder().child(spec).start().await.unwrap();
    supervisor.restart_session(&"a".to_owned()).await.unwrap();
    let models = [0, 1].map(|number| launches.flag(number, "--model").unwrap());
    assert_eq!(models, ["renewed-0", "renewed-1"]);
    let prompts = [0, 1].map(|number| launches.flag(number, "--append-system-prompt").unwrap());
    assert_ne!(prompts[0], prompts[1], "what `make` says is made again, too");
    supervisor.stop().await;
}
