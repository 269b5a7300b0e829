//! Members of a pool that are out of service: who waits for whom, and how they come back.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::time::Duration;

use claude_wire::supervisor::{
    Backoff, ChildState, OnLimit, Pick, Pool, PoolBuilder, Pooled, Reset, SupervisorBuilder,
    SupervisorError,
};
use claude_wire::transport::{Exit, Memory};

use crate::supervisor_support::{
    SECOND, answer_without_login, launched, mortal, noted, paid, serve_until_die, with,
};
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

/// A CLI whose launch with this number, from 0, never answers the handshake.
fn stuck(launches: &Launches, which: usize) -> Memory {
    noted(launches, move |number, cli| async move {
        if number == which {
            std::future::pending::<()>().await;
        }
        serve_until_die(cli).await
    })
}

/// How a request asks a pool.
#[derive(Clone, Copy, Debug)]
enum By {
    Get,
    GetFor,
    #[cfg(feature = "tower")]
    Service,
}

impl By {
    const ALL: &[Self] = &[
        Self::Get,
        Self::GetFor,
        #[cfg(feature = "tower")]
        Self::Service,
    ];

    async fn ask(self, pool: Pool, prompt: String) -> Result<String, SupervisorError> {
        let session = match self {
            Self::Get => pool.get().await?,
            Self::GetFor => pool.get_for(&"key").await?,
            #[cfg(feature = "tower")]
            Self::Service => {
                use claude_wire::supervisor::PoolRequest;
                use tower::ServiceExt;
                let request = PoolRequest::new(prompt).key("key");
                return Ok(pool.service().oneshot(request).await?.text());
            }
        };
        Ok(session.query(prompt).text().await.unwrap())
    }
}

/// One member is in use, and the other one has died while it was free and hangs in its start.
#[tokio::test(start_paused = true)]
async fn a_request_does_not_wait_for_a_start_while_another_member_is_free() {
    let cases = [Reset::None, Reset::Clear, Reset::Fresh].into_iter().flat_map(|reset| {
        By::ALL.iter().flat_map(move |by| {
            // The last one gives the start up before the other member is given back.
            [60, 1].into_iter().map(move |restart_wait| (reset, *by, restart_wait * SECOND))
        })
    });
    for (reset, by, restart_wait) in cases {
        let case = format!("{reset:?} {by:?} {restart_wait:?}");
        let launches = Launches::default();
        let pool = Pool::builder(2, with(stuck(&launches, 2)))
            .reset(reset)
            .supervisor(|all| all.backoff(Backoff::none()).restart_wait(restart_wait))
            .start()
            .await
            .unwrap();
        let used = pool.get_for(&"key").await.unwrap();
        let other = pool.supervisor().session(&(1 - number(&used))).unwrap();
        let turn = other.query("die").await.unwrap();
        assert!(turn.text().await.unwrap_err().is_process());
        launched(&launches, 3).await;
        let before = tokio::time::Instant::now();
        let requests = (0..3).map(|n| tokio::spawn(by.ask(pool.clone(), format!("request {n}"))));
        let requests: Vec<_> = requests.collect();
        tokio::time::sleep(5 * SECOND).await;
        assert!(requests.iter().all(|request| !request.is_finished()), "{case}: none is up");
        drop(used);
        for (n, request) in requests.into_iter().enumerate() {
            let answer = request.await.unwrap();
            assert_eq!(answer.unwrap(), format!("request {n}"), "{case}");
        }
        assert!(before.elapsed() < 6 * SECOND, "{case}: {:?}", before.elapsed());
        assert_eq!(other.state(), ChildState::Restarting, "{case}");
        pool.stop().await;
    }
}

/// If no other one is up, the error of the start counts, after the time of the supervisor.
#[tokio::test(start_paused = true)]
async fn a_request_waits_for_the_start_of_the_only_member() {
    let launches = Launches::default();
    let pool = Pool::builder(1, with(stuck(&launches, 1)))
        .reset(Reset::None)
        .supervisor(|all| all.backoff(Backoff::none()).restart_wait(5 * SECOND))
        .start()
        .await
        .unwrap();
    crash(pool.get().await.unwrap()).await;
    let before = tokio::time::Instant::now();
    let error = pool.get().await.unwrap_err();
    assert!(error.is_not_ready() && before.elapsed() == 5 * SECOND, "{error}");
    // The start is given up after 90 s, and the next one succeeds.
    tokio::time::sleep(86 * SECOND).await;
    let session = pool.get().await.unwrap();
    assert_eq!(session.query("again").text().await.unwrap(), "again");
    pool.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_member_whose_budget_is_used_up_is_not_picked() {
    type Limit = fn(SupervisorBuilder<usize>) -> SupervisorBuilder<usize>;
    let limits: [(&str, Limit); 2] = [
        ("turns", |supervisor| supervisor.max_turns_each(1)),
        ("usd", |supervisor| supervisor.max_usd_each(1.0)),
    ];
    let cases = limits.into_iter().flat_map(|limit| {
        [Pick::LeastBusy, Pick::RoundRobin, Pick::Random].into_iter().flat_map(move |pick| {
            [Reset::None, Reset::Fresh]
                .into_iter()
                .flat_map(move |reset| [false, true].map(|has_key| (limit, pick, reset, has_key)))
        })
    });
    for ((name, limit), pick, reset, has_key) in cases {
        let case = format!("{name} {pick:?} {reset:?} {has_key}");
        let pool = Pool::builder(3, with(paid()))
            .pick(pick)
            .reset(reset)
            .supervisor(limit)
            .start()
            .await
            .unwrap();
        let get = async || match has_key {
            true => pool.get_for(&"key").await,
            false => pool.get().await,
        };
        let given_back = async || {
            while pool.free() < pool.size() {
                tokio::time::sleep(SECOND / 100).await;
            }
        };
        let mut used_up = Vec::new();
        for left in [3, 2, 1] {
            // Requests that ask nothing.
            for _ in 0..8 {
                let session = get().await.expect(&case);
                assert!(!used_up.contains(&number(&session)), "{case} {left}");
                drop(session);
                given_back().await;
            }
            // A request waits for one that is in use and has something left.
            let all: Vec<_> = {
                let mut all = Vec::new();
                for _ in 0..left {
                    all.push(get().await.expect(&case));
                }
                all
            };
            let waiting = tokio::spawn({
                let pool = pool.clone();
                async move { pool.get().await.map(|session| number(&session)) }
            });
            tokio::time::sleep(SECOND).await;
            assert!(!waiting.is_finished(), "{case} {left}");
            drop(all);
            let got = waiting.await.unwrap().expect(&case);
            assert!(!used_up.contains(&got), "{case} {left}");
            given_back().await;
            let session = get().await.expect(&case);
            used_up.push(number(&session));
            assert_eq!(session.query("1").text().await.unwrap(), "1", "{case} {left}");
            drop(session);
            given_back().await;
        }
        let before = tokio::time::Instant::now();
        let error = get().await.unwrap_err();
        assert!(error.is_budget() && before.elapsed().is_zero(), "{case}: {error}");
        pool.stop().await;
    }
}

/// Then there is no other one.
#[tokio::test(start_paused = true)]
async fn a_budget_of_all_members_is_used_up_for_all() {
    for reset in [Reset::None, Reset::Fresh] {
        let pool = Pool::builder(2, with(paid()))
            .reset(reset)
            .supervisor(|supervisor| supervisor.max_usd(1.0))
            .start()
            .await
            .unwrap();
        let (one, other) = (pool.get().await.unwrap(), pool.get().await.unwrap());
        assert_eq!(one.query("1").text().await.unwrap(), "1");
        drop(one);
        tokio::time::sleep(SECOND).await;
        let before = tokio::time::Instant::now();
        for _ in 0..3 {
            let error = pool.get().await.unwrap_err();
            assert!(error.is_budget() && before.elapsed().is_zero(), "{reset:?}: {error}");
        }
        drop(other);
        pool.stop().await;
    }
}

/// A member that has no login rests, and there is no room for its start.
#[cfg(target_os = "linux")]
#[tokio::test(start_paused = true)]
async fn a_request_without_room_for_a_start_waits_for_a_member_that_is_up() {
    for by in By::ALL {
        let launches = Launches::default();
        let transport = noted(&launches, |_, mut cli| async move {
            cli.handshake().await;
            while let Some((uuid, text)) = cli.next_prompt().await {
                if text == "denied" {
                    answer_without_login(&mut cli, &uuid).await;
                    return Exit::from_code(1);
                }
                cli.turn(&uuid, &text).await;
            }
            Exit::from_code(0)
        });
        let pool = Pool::builder(2, with(transport))
            .reset(Reset::None)
            .supervisor(|supervisor| supervisor.max_memory(0))
            .start()
            .await
            .unwrap();
        let (denied, used) = (pool.get().await.unwrap(), pool.get().await.unwrap());
        assert!(denied.query("denied").text().await.unwrap_err().is_result());
        tokio::time::sleep(SECOND).await;
        drop(denied);
        let requests = (0..2).map(|n| tokio::spawn(by.ask(pool.clone(), format!("request {n}"))));
        let requests: Vec<_> = requests.collect();
        tokio::time::sleep(5 * SECOND).await;
        assert!(requests.iter().all(|request| !request.is_finished()), "{by:?}");
        drop(used);
        for (n, request) in requests.into_iter().enumerate() {
            assert_eq!(request.await.unwrap().unwrap(), format!("request {n}"), "{by:?}");
        }
        assert_eq!(launches.len(), 2, "{by:?}");
        pool.stop().await;
    }
}
