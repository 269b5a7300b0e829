//! Which children a supervisor starts again, when, and what their callers see meanwhile.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use claude_wire::Session;
use claude_wire::session::Restart;
use claude_wire::supervisor::{
    Backoff, ChildSpec, ChildState, ExitReason, OnLimit, RestartType, Strategy, Supervisor,
    SupervisorEvent,
};
use claude_wire::transport::{Exit, Memory};

use crate::supervisor_support::{SECOND, kill, noted, spec, text, three, with};
use crate::support::cli::{Launches, cli, echo, serving};

#[tokio::test(start_paused = true)]
async fn a_crashed_session_is_restarted_alone_and_the_next_query_works() {
    let (supervisor, launches) = three(Strategy::OneForOne).await;
    let b = supervisor.session(&"b".to_owned()).unwrap();
    assert_eq!(text(&b, "one").await, "one");
    kill(&b).await;
    // Without any action of the caller.
    assert_eq!(text(&b, "two").await, "two");
    assert_eq!(launches.each_ref().map(Launches::len), [1, 2, 1]);
    assert_eq!(launches[1].flag(1, "--resume"), None, "a fresh conversation");
    let list = supervisor.list();
    let seen: Vec<_> =
        list.iter().map(|child| (&*child.key, child.state, child.restarts)).collect();
    assert_eq!(
        seen,
        [("a", ChildState::Up, 0), ("b", ChildState::Up, 1), ("c", ChildState::Up, 0)]
    );
    assert_eq!(text(list[0].session.as_ref().unwrap(), "x").await, "x");
    assert_eq!(supervisor.stop().await, ExitReason::Stopped);
}

#[tokio::test(start_paused = true)]
async fn groups_are_restarted_together() {
    for (strategy, expected) in
        [(Strategy::OneForAll, [2, 2, 2]), (Strategy::RestForOne, [1, 2, 2])]
    {
        let (supervisor, launches) = three(strategy).await;
        let mut events = supervisor.events();
        let b = supervisor.session(&"b".to_owned()).unwrap();
        kill(&b).await;
        assert_eq!(text(&b, "two").await, "two");
        let c = supervisor.session(&"c".to_owned()).unwrap();
        assert_eq!(text(&c, "three").await, "three");
        assert_eq!(launches.each_ref().map(Launches::len), expected, "{strategy:?}");
        let mut up = Vec::new();
        while let Ok(event) = events.try_recv() {
            if let SupervisorEvent::Up(key) = event {
                up.push(key);
            }
        }
        let order = ["a", "b", "c"];
        assert_eq!(up, order[3 - up.len()..], "in order");
        supervisor.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_conversation_is_resumed_if_that_is_wanted() {
    let launches = Launches::default();
    let supervisor = Supervisor::builder()
        .child(spec("a", &launches).conversation(Restart::Resume))
        .start()
        .await
        .unwrap();
    let a = supervisor.session(&"a".to_owned()).unwrap();
    text(&a, "one").await;
    let id = a.session().await.unwrap().session_id().unwrap();
    kill(&a).await;
    text(&a, "two").await;
    assert_eq!(launches.flag(1, "--resume"), Some(id));
}

#[tokio::test(start_paused = true)]
async fn too_many_restarts_end_the_supervisor_and_stop_the_others() {
    let (supervisor, launches) = three(Strategy::OneForOne).await;
    let b = supervisor.session(&"b".to_owned()).unwrap();
    for _ in 0..3 {
        kill(&b).await;
    }
    kill(&b).await;
    let ExitReason::MaxIntensity { child, last_error } = supervisor.finished().await else {
        panic!("it goes on")
    };
    assert_eq!(child, "b");
    assert!(last_error.contains("crashed (exit code 7)"), "{last_error}");
    assert_eq!(launches.each_ref().map(Launches::len), [1, 4, 1]);
    let error = b.query("x").await.unwrap_err();
    assert!(error.is_stopped(), "{error}");
    assert!(supervisor.session(&"b".to_owned()).unwrap_err().is_not_found());
    assert!(supervisor.start_session(spec("d", &launches[0])).await.unwrap_err().is_stopped());
}

#[tokio::test(start_paused = true)]
async fn crashes_outside_of_the_window_do_not_count() {
    let (supervisor, launches) = three(Strategy::OneForOne).await;
    let b = supervisor.session(&"b".to_owned()).unwrap();
    for _ in 0..10 {
        kill(&b).await;
        tokio::time::sleep(2 * SECOND).await;
    }
    assert_eq!(launches[1].len(), 11);
    supervisor.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_quarantined_child_refuses_queries_for_its_time_and_the_others_go_on() {
    let launches = Launches::default();
    let supervisor = Supervisor::builder()
        .intensity(1, 10 * SECOND)
        .on_limit(OnLimit::Quarantine(60 * SECOND))
        .backoff(Backoff::none())
        .children([spec("a", &launches), spec("b", &launches)])
        .start()
        .await
        .unwrap();
    let a = supervisor.session(&"a".to_owned()).unwrap();
    kill(&a).await;
    kill(&a).await;
    a.wait_for(ChildState::Quarantined).await.unwrap();
    let error = a.query("x").await.unwrap_err();
    assert!(error.is_quarantined(), "{error}");
    assert_eq!(supervisor.health().failed, 1);
    assert_eq!(text(&supervisor.session(&"b".to_owned()).unwrap(), "y").await, "y");
    tokio::time::sleep(61 * SECOND).await;
    assert_eq!(text(&a, "z").await, "z");
    supervisor.stop().await;
}

#[tokio::test(start_paused = true)]
async fn every_time_may_be_without_limit() {
    use std::time::Duration;
    for (restarts, waits) in [(9, ChildState::Restarting), (0, ChildState::Quarantined)] {
        let launches = Launches::default();
        let longest = Duration::MAX;
        let supervisor = Supervisor::builder()
            .intensity(restarts, longest)
            .on_limit(OnLimit::Quarantine(longest))
            .backoff(Backoff::new(longest, longest).jitter(0.0))
            .restart_wait(longest)
            .child(spec("a", &launches).idle_after(longest).probe(longest, longest))
            .start()
            .await
            .unwrap();
        let a = supervisor.session(&"a".to_owned()).unwrap();
        kill(&a).await;
        a.wait_for(waits).await.unwrap();
        tokio::time::sleep(3600 * 24 * SECOND).await;
        assert_eq!((a.state(), launches.len()), (waits, 1));
        supervisor.restart_session(&"a".to_owned()).await.unwrap();
        assert_eq!(text(&a, "x").await, "x");
        supervisor.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn restart_types_decide_what_an_exit_means() {
    for (restart, prompt, stays) in [
        (RestartType::Permanent, "leave", true),
        (RestartType::Transient, "leave", false),
        (RestartType::Transient, "die", true),
        (RestartType::Temporary, "die", false),
    ] {
        let launches = Launches::default();
        let supervisor = Supervisor::builder()
            .child(spec("a", &launches).restart(restart))
            .start()
            .await
            .unwrap();
        let a = supervisor.session(&"a".to_owned()).unwrap();
        a.query(prompt).await.unwrap().text().await.unwrap_err();
        let next = a.query("x").await;
        assert_eq!(next.is_ok(), stays, "{restart:?} {prompt}: {next:?}");
        assert_eq!(supervisor.count().specs, usize::from(stays));
        supervisor.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_restart_by_hand_starts_fresh_and_does_not_count() {
    let launches = Launches::default();
    let supervisor = Supervisor::builder()
        .intensity(0, SECOND)
        .child(spec("a", &launches).conversation(Restart::Resume))
        .start()
        .await
        .unwrap();
    let a = supervisor.session(&"a".to_owned()).unwrap();
    for _ in 0..5 {
        text(&a, "x").await;
        supervisor.restart_session(&"a".to_owned()).await.unwrap();
    }
    assert_eq!(launches.len(), 6);
    assert_eq!(launches.flag(5, "--resume"), None);
    assert_eq!(supervisor.list()[0].restarts, 0);
    assert!(supervisor.restart_session(&"b".to_owned()).await.unwrap_err().is_not_found());
    supervisor.stop().await;
}

/// A CLI that refuses its options as the real one does.
fn refusing() -> Memory {
    cli(|_, mut cli| async move {
        cli.complain("error: unknown option '--x'\n").await;
        Exit::from_code(1)
    })
}

#[tokio::test(start_paused = true)]
async fn a_first_child_that_cannot_start_fails_the_start_and_stops_the_others() {
    let launches = Launches::default();
    let error = Supervisor::builder()
        .children([
            spec("a", &launches),
            ChildSpec::new("b", with(refusing())),
            spec("c", &launches),
        ])
        .start()
        .await
        .unwrap_err();
    assert!(error.is_start(), "{error}");
    assert!(error.to_string().contains("\"b\"") && error.to_string().contains("--x"), "{error}");
    assert!(error.session_error().is_some());
    assert_eq!(launches.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_configuration_is_not_tried_again_until_it_is_restarted_by_hand() {
    let starts = Arc::new(AtomicUsize::new(0));
    let counted = starts.clone();
    // It works, then its options are wrong, then they are right again.
    let transport = cli(move |_, mut cli| {
        let number = counted.fetch_add(1, Ordering::Relaxed);
        async move {
            if number == 1 {
                cli.complain("error: unknown option '--x'\n").await;
                return Exit::from_code(1);
            }
            cli.handshake().await;
            cli.prompt().await;
            Exit::from_code(7)
        }
    });
    let supervisor =
        Supervisor::builder().child(ChildSpec::new("a", with(transport))).start().await.unwrap();
    let a = supervisor.session(&"a".to_owned()).unwrap();
    kill(&a).await;
    let error = a.query("x").await.unwrap_err();
    assert!(error.is_failed() && error.to_string().contains("--x"), "{error}");
    tokio::time::sleep(3600 * SECOND).await;
    assert_eq!(starts.load(Ordering::Relaxed), 2);
    assert_eq!(supervisor.health().failed, 1);
    supervisor.restart_session(&"a".to_owned()).await.unwrap();
    assert_eq!(a.state(), ChildState::Up);
    supervisor.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_session_that_never_answers_the_handshake_blocks_no_one() {
    let silent = cli(|_, mut cli| async move {
        cli.drain().await;
        Exit::from_code(0)
    });
    let supervisor =
        Supervisor::builder().child(ChildSpec::new("a", with(echo()))).start().await.unwrap();
    let hung = ChildSpec::new("b", with(silent)).start_timeout(5 * SECOND);
    let (started, answer) = tokio::join!(supervisor.start_session(hung), async {
        supervisor.session(&"a".to_owned()).unwrap().query("x").await.unwrap().text().await
    });
    assert!(started.unwrap_err().is_start());
    assert_eq!(answer.unwrap(), "x");
    assert_eq!(supervisor.count().specs, 1);
    supervisor.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_query_waits_for_a_restart_only_so_long() {
    let launches = Launches::default();
    let supervisor = Supervisor::builder()
        .backoff(Backoff::new(600 * SECOND, 600 * SECOND))
        .restart_wait(10 * SECOND)
        .child(spec("a", &launches))
        .start()
        .await
        .unwrap();
    let a = supervisor.session(&"a".to_owned()).unwrap();
    kill(&a).await;
    let before = tokio::time::Instant::now();
    let error = a.query("x").await.unwrap_err();
    assert!(error.is_not_ready(), "{error}");
    assert_eq!(before.elapsed(), 10 * SECOND);
    assert_eq!((a.state(), supervisor.health().restarting), (ChildState::Restarting, 1));
    let child = supervisor.list().remove(0);
    assert_eq!((child.state, child.pid), (ChildState::Restarting, None));
    let probed = supervisor.probe(&"a".to_owned(), SECOND).await.unwrap();
    assert!(probed.unwrap_err().is_closed());
    supervisor.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_session_rests_and_the_next_query_wakes_it_with_its_conversation() {
    let launches = Launches::default();
    let supervisor = Supervisor::builder()
        .child(spec("a", &launches).idle_after(60 * SECOND).max_turns(2))
        .start()
        .await
        .unwrap();
    let a = supervisor.session(&"a".to_owned()).unwrap();
    text(&a, "one").await;
    let id = a.session().await.unwrap().session_id();
    tokio::time::sleep(59 * SECOND).await;
    assert_eq!(a.state(), ChildState::Up);
    tokio::time::sleep(2 * SECOND).await;
    assert_eq!((a.state(), supervisor.list()[0].pid), (ChildState::Resting, None));
    assert_eq!(supervisor.health().active, 1);
    let probed = supervisor.probe(&"a".to_owned(), SECOND).await.unwrap();
    assert!(probed.unwrap_err().is_stopped());
    assert_eq!((a.state(), launches.len()), (ChildState::Resting, 1));
    assert_eq!(text(&a, "two").await, "two");
    assert_eq!(launches.flag(1, "--resume"), id);
    // What the earlier process did counts.
    let error = a.query("three").await.unwrap_err();
    assert!(error.is_budget() && error.to_string().contains("2 of 2 turns"), "{error}");
    supervisor.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_cli_that_answers_no_probe_is_restarted() {
    let launches = Launches::default();
    let transport = noted(&launches, |number, mut cli| async move {
        if number > 0 {
            return cli.serve().await;
        }
        cli.handshake().await;
        // From now on it hangs.
        cli.drain().await;
        Exit::from_code(0)
    });
    let supervisor = Supervisor::builder()
        .child(ChildSpec::new("a", with(transport)).probe(10 * SECOND, SECOND))
        .start()
        .await
        .unwrap();
    let mut events = supervisor.events();
    loop {
        if let SupervisorEvent::Down(_, why) = events.recv().await.unwrap() {
            assert!(why.contains("two probes"), "{why}");
            break;
        }
    }
    let a = supervisor.session(&"a".to_owned()).unwrap();
    assert_eq!(text(&a, "x").await, "x");
    assert_eq!(launches.len(), 2);
    supervisor.probe(&"a".to_owned(), SECOND).await.unwrap().unwrap();
    assert!(supervisor.probe(&"b".to_owned(), SECOND).await.unwrap_err().is_not_found());
    supervisor.stop().await;
}

/// It would hold its memory, and answer those who have its session, for the time of the quarantine.
#[tokio::test(start_paused = true)]
async fn a_cli_that_hangs_is_ended_although_its_child_is_not_restarted() {
    let launches = Launches::default();
    let transport = noted(&launches, |_, mut cli| async move {
        cli.handshake().await;
        cli.drain().await;
        Exit::from_code(0)
    });
    let quarantine = OnLimit::Quarantine(3600 * SECOND);
    let supervisor = Supervisor::builder()
        .intensity(0, SECOND)
        .on_limit(quarantine)
        .child(ChildSpec::new("a", with(transport)).probe(10 * SECOND, SECOND))
        .start()
        .await
        .unwrap();
    let a = supervisor.session(&"a".to_owned()).unwrap();
    let turn = a.query("x").await.unwrap();
    let error = turn.text().await.unwrap_err();
    assert!(error.is_closed(), "{error}");
    a.wait_for(ChildState::Quarantined).await.unwrap();
    assert_eq!(supervisor.list()[0].pid, None);
    assert_eq!(launches.len(), 1);
    supervisor.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_builder_that_panics_is_a_crash_of_its_child() {
    let supervisor =
        Supervisor::builder().child(ChildSpec::new("a", with(echo()))).start().await.unwrap();
    let error =
        supervisor.start_session(ChildSpec::new("b", || panic!("no options"))).await.unwrap_err();
    assert!(error.is_start(), "{error}");
    assert_eq!(text(&supervisor.session(&"a".to_owned()).unwrap(), "x").await, "x");
    supervisor.stop().await;
}

#[tokio::test(start_paused = true)]
async fn keys_are_read_again_at_each_start() {
    let launches = Launches::default();
    let keys = Arc::new(AtomicUsize::new(0));
    let transport = Arc::new(serving(&launches));
    let supervisor = Supervisor::builder()
        .child(ChildSpec::new("a", move || {
            let key = keys.fetch_add(1, Ordering::Relaxed);
            Session::builder().transport(transport.clone()).model(format!("model-{key}"))
        }))
        .start()
        .await
        .unwrap();
    supervisor.restart_session(&"a".to_owned()).await.unwrap();
    assert_ne!(launches.flag(0, "--model"), launches.flag(1, "--model"));
    supervisor.stop().await;
}
