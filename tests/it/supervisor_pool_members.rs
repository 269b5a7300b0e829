//! Members of a pool that are out of service: who waits for whom, and how they come back.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::time::Duration;

use claude_wire::supervisor::{Backoff, ChildState, OnLimit, Pool, PoolBuilder, Pooled, Reset};

use crate::supervisor_support::{SECOND, mortal, with};
use crate::support::cli::Launches;

const OUT: Duration = Duration::from_secs(600);

/// One crash is enough for a quarantine of ten minutes.
fn pool(size: usize, reset: Reset, launches: &Launches) -> PoolBuilder {
    Pool::builder(size, with(mortal(launches))).reset(reset).wait(60 * SECOND).supervisor(
        |supervisor| {
            supervisor
                .intensity(0, SECOND)
                .on_limit(OnLimit::Quarantine(OUT))
                .backoff(Backoff::none())
        },
    )
}

async fn crash(session: Pooled) -> usize {
    let number = number(&session);
    assert!(session.query("die").text().await.unwrap_err().is_process());
    drop(session);
    number
}

fn number(session: &Pooled) -> usize {
    let shown = format!("{session:?}");
    shown.chars().find_map(|char| char.to_digit(10)).unwrap() as usize
}

fn state(pool: &Pool, number: usize) -> ChildState {
    pool.supervisor().session(&number).unwrap().state()
}

#[tokio::test(start_paused = true)]
async fn a_member_in_quarantine_is_not_restarted_when_it_is_given_back() {
    for reset in [Reset::Clear, Reset::Fresh, Reset::None] {
        let launches = Launches::default();
        let pool = pool(2, reset, &launches).start().await.unwrap();
        let number = crash(pool.get().await.unwrap()).await;
        pool.supervisor()
            .session(&number)
            .unwrap()
            .wait_for(ChildState::Quarantined)
            .await
            .unwrap();
        tokio::time::sleep(OUT - 2 * SECOND).await;
        assert_eq!(
            (state(&pool, number), launches.len()),
            (ChildState::Quarantined, 2),
            "{reset:?}"
        );
        assert_eq!(pool.free(), 2, "{reset:?}: it is given back");
        // Then it comes back by itself.
        tokio::time::sleep(4 * SECOND).await;
        assert_eq!((state(&pool, number), launches.len()), (ChildState::Up, 3), "{reset:?}");
        pool.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_waits_for_a_member_that_is_up_and_in_use() {
    for reset in [Reset::Clear, Reset::Fresh, Reset::None] {
        let launches = Launches::default();
        let pool = pool(2, reset, &launches).start().await.unwrap();
        let out = crash(pool.get().await.unwrap()).await;
        pool.supervisor().session(&out).unwrap().wait_for(ChildState::Quarantined).await.unwrap();
        let used = pool.get().await.unwrap();
        assert_ne!(number(&used), out);
        // Longer than a request may wait.
        let before = tokio::time::Instant::now();
        let error = pool.get().await.unwrap_err();
        assert!(error.is_not_ready(), "{reset:?}: {error}");
        assert_eq!(before.elapsed(), 60 * SECOND);
        let waiting: Vec<_> = (0..3)
            .map(|n| {
                let pool = pool.clone();
                tokio::spawn(async move {
                    let session = pool.get().await.unwrap();
                    session.query(format!("request {n}")).text().await.unwrap()
                })
            })
            .collect();
        tokio::time::sleep(SECOND).await;
        drop(used);
        for (n, waiting) in waiting.into_iter().enumerate() {
            assert_eq!(waiting.await.unwrap(), format!("request {n}"), "{reset:?}");
        }
        assert_eq!(state(&pool, out), ChildState::Quarantined, "{reset:?}");
        pool.stop().await;
    }
}

/// While one waits, the member in quarantine comes back.
#[tokio::test(start_paused = true)]
async fn a_request_gets_a_member_that_comes_back() {
    let launches = Launches::default();
    let pool = pool(2, Reset::None, &launches).wait(2 * OUT).start().await.unwrap();
    let out = crash(pool.get().await.unwrap()).await;
    pool.supervisor().session(&out).unwrap().wait_for(ChildState::Quarantined).await.unwrap();
    let used = pool.get().await.unwrap();
    let before = tokio::time::Instant::now();
    let back = pool.get().await.unwrap();
    assert_eq!(number(&back), out);
    assert!(before.elapsed() > OUT - 5 * SECOND && before.elapsed() < OUT + 5 * SECOND);
    drop((used, back));
    pool.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_request_fails_at_once_if_no_member_is_up() {
    let launches = Launches::default();
    let pool = pool(2, Reset::None, &launches).start().await.unwrap();
    let (one, two) = (pool.get().await.unwrap(), pool.get().await.unwrap());
    for session in [one, two] {
        let out = crash(session).await;
        let out = pool.supervisor().session(&out).unwrap();
        out.wait_for(ChildState::Quarantined).await.unwrap();
    }
    let before = tokio::time::Instant::now();
    let error = pool.get().await.unwrap_err();
    assert!(error.is_quarantined(), "{error}");
    assert_eq!(before.elapsed(), Duration::ZERO);
    assert_eq!(pool.free(), 2);
    pool.stop().await;
    assert!(pool.get().await.unwrap_err().is_stopped());
}
