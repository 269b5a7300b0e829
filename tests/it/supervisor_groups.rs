//! Children of a group that rest, or are being started, when another one of it crashes.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;

use claude_wire::session::Restart;
use claude_wire::supervisor::{
    Backoff, ChildSpec, ChildState, OnLimit, RestartType, SessionRef, Strategy, Supervisor,
    SupervisorBuilder,
};
use claude_wire::transport::Exit;
use tokio::sync::Semaphore;

use crate::supervisor_support::{
    SECOND, gated, kill, launched, lingering, mortal, noted, serve_until_die, spec, text, with,
};
use crate::support::cli::{Launches, SESSION};

fn builder(strategy: Strategy) -> SupervisorBuilder {
    Supervisor::builder().strategy(strategy).backoff(Backoff::none())
}

fn of<const N: usize>(supervisor: &Supervisor, keys: [&str; N]) -> [SessionRef; N] {
    keys.map(|key| supervisor.session(&key.to_owned()).unwrap())
}

/// The process of a child that is about to rest has not ended when another one crashes.
#[tokio::test(start_paused = true)]
async fn a_child_that_is_about_to_rest_is_restarted_with_its_group() {
    for (strategy, conversation, resumes) in [
        (Strategy::OneForAll, Restart::Fresh, None),
        (Strategy::OneForAll, Restart::Resume, Some(SESSION)),
        (Strategy::RestForOne, Restart::Fresh, None),
    ] {
        let launches = [Launches::default(), Launches::default()];
        let b = ChildSpec::new("b", with(lingering(&launches[1])));
        let supervisor = builder(strategy)
            .child(spec("a", &launches[0]))
            .child(b.idle_after(60 * SECOND).conversation(conversation))
            .start()
            .await
            .unwrap();
        let [a, b] = of(&supervisor, ["a", "b"]);
        text(&b, "one").await;
        b.wait_for(ChildState::Resting).await.unwrap();
        let before = tokio::time::Instant::now();
        kill(&a).await;
        assert_eq!(text(&a, "two").await, "two");
        // None of the group is started before all of it have ended.
        assert!(before.elapsed() >= 2 * SECOND, "{strategy:?}: {:?}", before.elapsed());
        b.wait_for(ChildState::Up).await.unwrap();
        assert_eq!(launches.each_ref().map(Launches::len), [2, 2], "{strategy:?}");
        assert_eq!(launches[1].flag(1, "--resume").as_deref(), resumes, "{strategy:?}");
        assert_eq!(text(&b, "three").await, "three");
        supervisor.stop().await;
    }
}

/// One that already rests has nothing to restart, and keeps its conversation.
#[tokio::test(start_paused = true)]
async fn a_child_that_rests_is_left_alone_when_its_group_restarts() {
    let launches = [Launches::default(), Launches::default()];
    let supervisor = builder(Strategy::OneForAll)
        .child(spec("a", &launches[0]))
        .child(spec("b", &launches[1]).idle_after(60 * SECOND))
        .start()
        .await
        .unwrap();
    let [a, b] = of(&supervisor, ["a", "b"]);
    text(&b, "one").await;
    b.wait_for(ChildState::Resting).await.unwrap();
    tokio::time::sleep(10 * SECOND).await;
    kill(&a).await;
    assert_eq!(text(&a, "two").await, "two");
    assert_eq!((b.state(), launches[1].len()), (ChildState::Resting, 1));
    assert_eq!(text(&b, "three").await, "three");
    assert_eq!(launches[1].flag(1, "--resume").as_deref(), Some(SESSION));
    supervisor.stop().await;
}

/// It is stopped with its group, which waits for it, and not started again.
#[tokio::test(start_paused = true)]
async fn a_temporary_child_is_gone_when_its_group_restarts() {
    for strategy in [Strategy::OneForAll, Strategy::RestForOne] {
        let launches = [Launches::default(), Launches::default(), Launches::default()];
        let temporary = ChildSpec::new("b", with(lingering(&launches[1])));
        let supervisor = builder(strategy)
            .child(spec("a", &launches[0]))
            .child(temporary.restart(RestartType::Temporary))
            .child(spec("c", &launches[2]))
            .start()
            .await
            .unwrap();
        let [a, b, c] = of(&supervisor, ["a", "b", "c"]);
        let before = tokio::time::Instant::now();
        kill(&a).await;
        assert_eq!(text(&a, "one").await, "one");
        assert!(before.elapsed() >= 3 * SECOND, "{strategy:?}: {:?}", before.elapsed());
        assert_eq!(text(&c, "two").await, "two");
        assert_eq!(launches.each_ref().map(Launches::len), [2, 1, 2], "{strategy:?}");
        assert_eq!((b.state(), supervisor.count().specs), (ChildState::Stopped, 2));
        assert!(supervisor.session(&"b".to_owned()).unwrap_err().is_not_found());
        supervisor.stop().await;
    }
}

/// One that is being started after a rest goes on with its conversation, also if its group
/// interrupts that start.
#[tokio::test(start_paused = true)]
async fn a_start_after_a_rest_that_its_group_interrupts_keeps_the_conversation() {
    let (gate, launches) = (Arc::new(Semaphore::new(0)), Launches::default());
    let b = ChildSpec::new("b", with(gated(&gate, &launches)));
    let supervisor = builder(Strategy::OneForAll)
        .child(spec("a", &Launches::default()))
        .child(b.idle_after(60 * SECOND))
        .start()
        .await
        .unwrap();
    let [a, b] = of(&supervisor, ["a", "b"]);
    text(&b, "one").await;
    b.wait_for(ChildState::Resting).await.unwrap();
    let waits = tokio::spawn({
        let b = b.clone();
        async move { text(&b, "two").await }
    });
    launched(&launches, 2).await;
    kill(&a).await;
    gate.add_permits(9);
    assert_eq!(waits.await.unwrap(), "two");
    assert_eq!(launches.len(), 3);
    for launch in [1, 2] {
        assert_eq!(launches.flag(launch, "--resume").as_deref(), Some(SESSION), "{launch}");
    }
    supervisor.stop().await;
}

/// A start after a rest that fails until the child is in quarantine: the one after that goes on with
/// the conversation, too.
#[tokio::test(start_paused = true)]
async fn a_start_after_a_rest_keeps_the_conversation_over_a_quarantine() {
    let launches = Launches::default();
    let transport = noted(&launches, |number, cli| async move {
        match number {
            1 => Exit::from_code(7),
            _ => serve_until_die(cli).await,
        }
    });
    let supervisor = builder(Strategy::OneForOne)
        .intensity(0, SECOND)
        .on_limit(OnLimit::Quarantine(60 * SECOND))
        .child(ChildSpec::new("a", with(transport)).idle_after(60 * SECOND))
        .child(ChildSpec::new("b", with(mortal(&Launches::default()))))
        .start()
        .await
        .unwrap();
    let [a] = of(&supervisor, ["a"]);
    text(&a, "one").await;
    a.wait_for(ChildState::Resting).await.unwrap();
    assert!(a.query("two").await.unwrap_err().is_quarantined());
    a.wait_for(ChildState::Up).await.unwrap();
    assert_eq!(text(&a, "three").await, "three");
    for launch in [1, 2] {
        assert_eq!(launches.flag(launch, "--resume").as_deref(), Some(SESSION), "{launch}");
    }
    supervisor.stop().await;
}
