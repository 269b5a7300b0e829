//! What happens to children while others start, and to those that are restarted by hand meanwhile.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;

use claude_wire::Session;
use claude_wire::session::Restart;
use claude_wire::supervisor::{
    Backoff, ChildSpec, ChildState, OnLimit, RestartType, Strategy, Supervisor, SupervisorBuilder,
};
use claude_wire::transport::{Exit, Memory};
use tokio::sync::Semaphore;

use crate::supervisor_support::{
    SECOND, gated, kill, launched, lingering, noted, spec, text, three, with,
};
use crate::support::cli::{Launches, Log, SESSION, cli};

/// A CLI that answers the handshake after this many seconds, and then serves.
fn late(seconds: u32, launches: &Launches) -> Memory {
    noted(launches, move |_, mut cli| async move {
        tokio::time::sleep(SECOND * seconds).await;
        cli.serve().await
    })
}

/// A CLI that crashes this many seconds after its handshake, the first `times` times.
fn crashing(seconds: u32, times: usize, launches: &Launches) -> Memory {
    noted(launches, move |number, mut cli| async move {
        if number >= times {
            return cli.serve().await;
        }
        cli.handshake().await;
        tokio::time::sleep(SECOND * seconds).await;
        Exit::from_code(7)
    })
}

fn builder() -> SupervisorBuilder {
    Supervisor::builder().backoff(Backoff::new(SECOND, SECOND))
}

#[tokio::test(start_paused = true)]
async fn a_first_child_that_crashes_while_later_ones_start_is_restarted() {
    for (crashes, after) in [(1, 5), (2, 5), (1, 0)] {
        let launches = [Launches::default(), Launches::default(), Launches::default()];
        let supervisor = builder()
            .child(ChildSpec::new("a", with(crashing(after, crashes, &launches[0]))))
            .child(ChildSpec::new("b", with(late(20, &launches[1]))))
            .child(ChildSpec::new("c", with(late(20, &launches[2]))))
            .start()
            .await
            .unwrap();
        let counts = launches.each_ref().map(Launches::len);
        assert_eq!(counts, [crashes + 1, 1, 1], "{crashes} {after}");
        assert_eq!(supervisor.list()[0].restarts, crashes as u64);
        assert_eq!(text(&supervisor.session(&"a".to_owned()).unwrap(), "x").await, "x");
        supervisor.stop().await;
    }
}

/// One that is not restarted is gone, and the start goes on.
#[tokio::test(start_paused = true)]
async fn a_temporary_first_child_that_crashes_meanwhile_does_not_fail_the_start() {
    let launches = [Launches::default(), Launches::default()];
    let temporary = ChildSpec::new("a", with(crashing(5, 9, &launches[0])));
    let supervisor = builder()
        .child(temporary.restart(RestartType::Temporary))
        .child(ChildSpec::new("b", with(late(20, &launches[1]))))
        .start()
        .await
        .unwrap();
    assert_eq!((supervisor.count().specs, launches[0].len()), (1, 1));
    supervisor.stop().await;
}

/// Too many crashes of one that was up end the supervisor, which the starter learns.
#[tokio::test(start_paused = true)]
async fn too_many_crashes_during_the_start_fail_it() {
    let launches = [Launches::default(), Launches::default(), Launches::default()];
    let error = Supervisor::<String>::builder()
        .backoff(Backoff::none())
        .intensity(1, 60 * SECOND)
        .child(ChildSpec::new("a", with(crashing(5, 9, &launches[0]))))
        .child(ChildSpec::new("b", with(late(20, &launches[1]))))
        .child(ChildSpec::new("c", with(late(20, &launches[2]))))
        .start()
        .await
        .unwrap_err();
    assert!(error.is_start() && error.to_string().contains("\"a\""), "{error}");
}

/// Not that of one that was restarted meanwhile.
#[tokio::test(start_paused = true)]
async fn the_error_of_a_start_is_that_of_its_child() {
    for hangs in [true, false] {
        for meanwhile in [true, false] {
            let launches = Launches::default();
            let again = noted(&launches, move |number, mut cli| async move {
                match number {
                    0 if meanwhile => {
                        cli.handshake().await;
                        tokio::time::sleep(SECOND).await;
                        Exit::from_code(7)
                    }
                    1 => Exit::from_code(7),
                    _ => cli.serve().await,
                }
            });
            let never = cli(move |_, mut cli| async move {
                match hangs {
                    true => cli.drain().await,
                    false => tokio::time::sleep(10 * SECOND).await,
                }
                Exit::from_code(3)
            });
            let error = builder()
                .child(ChildSpec::new("a", with(again)))
                .child(ChildSpec::new("b", with(late(5, &Launches::default()))))
                .child(ChildSpec::new("c", with(never)).start_timeout(20 * SECOND))
                .start()
                .await
                .unwrap_err();
            assert_eq!(launches.len(), if meanwhile { 3 } else { 1 });
            assert!(error.is_start() && error.to_string().contains("\"c\""), "{error}");
            let exit = error.session_error().map(|error| error.exit().unwrap().code);
            assert_eq!(exit, (!hangs).then_some(Some(3)), "{error}");
        }
    }
}

/// A restart by hand that comes while the child is being started, after a crash or after a rest.
#[tokio::test(start_paused = true)]
async fn a_restart_by_hand_during_a_start_forgets_the_conversation() {
    for after in ["a crash", "a rest"] {
        let (gate, launches) = (Arc::new(Semaphore::new(0)), Launches::default());
        let transport = Arc::new(gated(&gate, &launches));
        let make = move || Session::builder().transport(transport.clone());
        let supervisor = builder()
            .child(ChildSpec::new("a", make).conversation(Restart::Resume).idle_after(60 * SECOND))
            .start()
            .await
            .unwrap();
        let a = supervisor.session(&"a".to_owned()).unwrap();
        text(&a, "one").await;
        let waits = if after == "a crash" {
            kill(&a).await;
            None
        } else {
            a.wait_for(ChildState::Resting).await.unwrap();
            let a = a.clone();
            Some(tokio::spawn(async move { text(&a, "two").await }))
        };
        launched(&launches, 2).await;
        assert_eq!(launches.flag(1, "--resume").as_deref(), Some(SESSION), "{after}");
        let by_hand = tokio::spawn({
            let supervisor = supervisor.clone();
            async move { supervisor.restart_session(&"a".to_owned()).await }
        });
        launched(&launches, 3).await;
        assert!(!by_hand.is_finished());
        gate.add_permits(9);
        by_hand.await.unwrap().unwrap();
        assert_eq!((launches.len(), launches.flag(2, "--resume")), (3, None), "{after}");
        if let Some(waits) = waits {
            assert_eq!(waits.await.unwrap(), "two");
        }
        assert_eq!(supervisor.list()[0].restarts, u64::from(after == "a crash"));
        supervisor.stop().await;
    }
}

/// A restart by hand that comes while the child is being stopped: to rest, or with its group.
#[tokio::test(start_paused = true)]
async fn a_restart_by_hand_during_a_stop_forgets_the_conversation() {
    for group in [false, true] {
        let launches = [Launches::default(), Launches::default()];
        let a = ChildSpec::new("a", with(lingering(&launches[0])));
        let supervisor = builder()
            .strategy(Strategy::OneForAll)
            .child(if group { a } else { a.idle_after(60 * SECOND) }.conversation(Restart::Resume))
            .child(spec("b", &launches[1]))
            .start()
            .await
            .unwrap();
        let [a, b] = ["a", "b"].map(|key| supervisor.session(&key.to_owned()).unwrap());
        text(&a, "one").await;
        if group {
            kill(&b).await;
            a.wait_for(ChildState::Restarting).await.unwrap();
        } else {
            a.wait_for(ChildState::Resting).await.unwrap();
        }
        assert_eq!(launches[0].len(), 1);
        supervisor.restart_session(&"a".to_owned()).await.unwrap();
        assert_eq!((launches[0].len(), a.state()), (2, ChildState::Up), "{group}");
        assert_eq!(launches[0].flag(1, "--resume"), None, "{group}");
        assert_eq!(text(&a, "two").await, "two");
        assert_eq!(text(&b, "three").await, "three");
        supervisor.stop().await;
    }
}

/// A CLI that never answers the handshake, and takes 3 s to end, which it logs.
fn silent(log: &Log) -> Memory {
    let log = log.clone();
    cli(move |_, mut cli| {
        let log = log.clone();
        async move {
            cli.drain().await;
            tokio::time::sleep(3 * SECOND).await;
            log.push("it has ended");
            Exit::from_code(0)
        }
    })
}

/// So that the caller may try again with the same key.
#[tokio::test(start_paused = true)]
async fn a_child_that_could_not_be_started_is_gone_when_its_caller_learns_of_it() {
    let supervisor: Supervisor = builder().max_sessions(1).start().await.unwrap();
    for round in 1..=2 {
        let log = Log::default();
        let hung = ChildSpec::new("a", with(silent(&log))).start_timeout(5 * SECOND);
        let error = supervisor.start_session(hung).await.unwrap_err();
        assert!(error.is_start(), "{round}: {error}");
        assert_eq!((log.all().len(), supervisor.count().specs), (1, 0), "{round}");
    }
    let a = supervisor.start_session(spec("a", &Launches::default())).await.unwrap();
    assert_eq!(text(&a, "x").await, "x");
    supervisor.stop().await;
}

/// The order to end a child comes before the supervisor has heard that its session is made.
#[tokio::test(start_paused = true)]
async fn a_child_that_is_ended_while_it_is_made_has_ended_when_that_is_reported() {
    for how in ["terminate", "stop"] {
        for round in 0..10 {
            let log = Log::default();
            let outer: Supervisor = builder().start().await.unwrap();
            let (transport, handle) = (Arc::new(silent(&log)), outer.clone());
            let (done, is_done) = tokio::sync::mpsc::unbounded_channel();
            let make = move || {
                let (handle, done) = (handle.clone(), done.clone());
                let mut ends: std::pin::Pin<Box<dyn Future<Output = ()> + Send>> =
                    Box::pin(async move {
                        match how {
                            "terminate" => handle.terminate_session(&"a".to_owned()).await.unwrap(),
                            _ => drop(handle.stop().await),
                        }
                    });
                // The order is given here, and its end is awaited elsewhere.
                let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
                assert!(ends.as_mut().poll(&mut cx).is_pending());
                tokio::spawn(async move {
                    ends.await;
                    let _ = done.send(());
                });
                Session::builder().transport(transport.clone())
            };
            let error = outer.start_session(ChildSpec::new("a", make)).await.unwrap_err();
            assert!(error.is_stopped(), "{how} {round}: {error}");
            let mut is_done = is_done;
            is_done.recv().await;
            assert_eq!(log.all(), ["it has ended"], "{how} {round}");
            outer.stop().await;
        }
    }
}

/// The order comes while the session is made, on another thread: it is waited for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_child_that_is_ended_before_its_session_is_reported_has_ended() {
    for how in ["terminate", "restart", "stop"] {
        let launches = Launches::default();
        let supervisor: Supervisor = builder().start().await.unwrap();
        let (begun, begins) = std::sync::mpsc::channel();
        let (go, goes) = std::sync::mpsc::channel::<()>();
        let goes = std::sync::Mutex::new(goes);
        // Each CLI has a part of it until it ends, and so has what makes sessions.
        let (done, mut is_done) = tokio::sync::mpsc::channel::<()>(1);
        let transport = Arc::new(noted(&launches, move |_, mut cli| {
            let done = done.clone();
            async move {
                let exit = cli.serve().await;
                drop(done);
                exit
            }
        }));
        let make = move || {
            // The first one, and one that a restart makes.
            if begun.send(()).is_ok() {
                let _ = tokio::task::block_in_place(|| goes.lock().unwrap().recv());
            }
            Session::builder().transport(transport.clone())
        };
        let start = tokio::spawn({
            let supervisor = supervisor.clone();
            async move { supervisor.start_session(ChildSpec::new("a", make)).await.is_ok() }
        });
        let begins = tokio::task::spawn_blocking(move || {
            begins.recv().unwrap();
            begins
        });
        let begins = begins.await.unwrap();
        let ended = tokio::spawn({
            let supervisor = supervisor.clone();
            async move {
                match how {
                    "terminate" => supervisor.terminate_session(&"a".to_owned()).await.unwrap(),
                    "restart" => supervisor.restart_session(&"a".to_owned()).await.unwrap(),
                    _ => drop(supervisor.stop().await),
                }
            }
        });
        // The order has been carried out by then, as far as that is possible.
        for _ in 0..20 {
            let b = spec("b", &Launches::default());
            if supervisor.start_session(b).await.is_ok() {
                // It is gone already if the supervisor stops.
                let _ = supervisor.terminate_session(&"b".to_owned()).await;
            }
        }
        assert!(!ended.is_finished(), "{how}: its session is still being made");
        drop((go, begins));
        ended.await.unwrap();
        assert_eq!(start.await.unwrap(), how == "restart", "{how}");
        supervisor.stop().await;
        drop(supervisor);
        let all = tokio::time::timeout(SECOND * 30, is_done.recv()).await;
        assert_eq!(all, Ok(None), "{how}: a CLI, or what makes sessions, is left");
    }
}

/// Its state says so, so that queries wait for it.
#[tokio::test(start_paused = true)]
async fn a_child_whose_quarantine_is_over_waits_while_others_start() {
    let launches = Launches::default();
    let supervisor: Supervisor = builder()
        .max_starting(1)
        .intensity(0, SECOND)
        .on_limit(OnLimit::Quarantine(60 * SECOND))
        .child(spec("a", &launches))
        .start()
        .await
        .unwrap();
    let a = supervisor.session(&"a".to_owned()).unwrap();
    kill(&a).await;
    a.wait_for(ChildState::Quarantined).await.unwrap();
    tokio::time::sleep(50 * SECOND).await;
    let slow = ChildSpec::new("b", with(late(30, &Launches::default())));
    let start = supervisor.start_session(slow);
    let asked = async {
        tokio::time::sleep(11 * SECOND).await;
        assert_eq!((a.state(), launches.len()), (ChildState::Restarting, 1));
        text(&a, "x").await
    };
    let (started, answer) = tokio::join!(start, asked);
    assert_eq!((started.is_ok(), answer.as_str()), (true, "x"));
    supervisor.stop().await;
}

/// A child that waits for the others of its group, or for its delay, does not overtake them.
#[tokio::test(start_paused = true)]
async fn a_restart_by_hand_of_one_of_a_group_keeps_the_order() {
    let (supervisor, launches) = three(Strategy::OneForAll).await;
    let [a, b, c] = ["a", "b", "c"].map(|key| supervisor.session(&key.to_owned()).unwrap());
    kill(&c).await;
    supervisor.restart_session(&"b".to_owned()).await.unwrap();
    for session in [&a, &b, &c] {
        assert_eq!(text(session, "x").await, "x");
    }
    let counts = launches.each_ref().map(Launches::len);
    assert!(counts == [2, 2, 2] || counts == [2, 3, 2], "{counts:?}");
    supervisor.stop().await;
}

/// The restart was given up before its CLI was launched: none comes up later.
#[tokio::test(start_paused = true)]
async fn a_restart_that_is_given_up_launches_nothing_later() {
    for behind in [0, 2] {
        let launches = Launches::default();
        let supervisor = Supervisor::builder()
            .intensity(0, SECOND)
            .on_limit(OnLimit::Quarantine(60 * SECOND))
            .child(ChildSpec::new("a", with(lingering(&launches))).start_timeout(SECOND))
            .start()
            .await
            .unwrap();
        let a = supervisor.session(&"a".to_owned()).unwrap();
        assert_eq!(text(&a, "one").await, "one");
        let session = a.session().await.unwrap();
        supervisor.restart_session(&"a".to_owned()).await.unwrap_err();
        let waits: Vec<_> =
            (0..behind).map(|_| tokio::spawn(session.query("wait").text())).collect();
        a.wait_for(ChildState::Quarantined).await.unwrap();
        tokio::time::sleep(30 * SECOND).await;
        assert_eq!((launches.len(), a.state()), (1, ChildState::Quarantined), "{behind}");
        a.wait_for(ChildState::Up).await.unwrap();
        assert_eq!(text(&a, "two").await, "two", "{behind}");
        for turn in waits {
            assert_eq!(turn.await.unwrap().unwrap(), "wait", "{behind}");
        }
        assert_eq!(launches.len(), 2, "{behind}");
        supervisor.stop().await;
    }
}
