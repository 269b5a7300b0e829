//! The free sessions of a pool: started before they are needed, kept in number, and stopped with it.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use claude_wire::Session;
use claude_wire::session::Phase;
use claude_wire::supervisor::{ChildState, Pool, PoolBuilder, Reset};
use claude_wire::transport::{Exit, Memory};

use crate::supervisor_support::{SECOND, noted};
use crate::support::cli::{Launches, Log, success};

/// What a process has read: the subtypes of requests, and its prompts.
type Read = Arc<Mutex<Vec<Vec<String>>>>;

/// A CLI that takes 5 s to answer the handshake, and 3 s to end, which it logs. It dies when the log
/// says so.
fn slow(launches: &Launches, read: &Read, log: &Log) -> Memory {
    let (read, log) = (read.clone(), log.clone());
    noted(launches, move |number, mut cli| {
        let (read, log) = (read.clone(), log.clone());
        async move {
            read.lock().unwrap().push(Vec::new());
            while let Some(line) = cli.read().await {
                let is_prompt = line["type"] == "user";
                let what = match is_prompt {
                    true => &line["message"]["content"],
                    false => &line["request"]["subtype"],
                };
                let what = what.as_str().unwrap().to_owned();
                read.lock().unwrap()[number].push(what.clone());
                match what.as_str() {
                    "die" => return Exit::from_code(7),
                    "initialize" => tokio::time::sleep(5 * SECOND).await,
                    _ => {}
                }
                match is_prompt {
                    true => cli.turn(line["uuid"].as_str().unwrap(), &what).await,
                    false => drop(cli.write(success(&line, serde_json::json!({}))).await),
                }
            }
            tokio::time::sleep(3 * SECOND).await;
            log.push("it has ended");
            Exit::from_code(0)
        }
    })
}

fn pool(size: usize, transport: Memory) -> PoolBuilder {
    let transport = Arc::new(transport);
    Pool::builder(size, move || Session::builder().transport(transport.clone()))
}

/// All states, as the list and the health say them.
fn states(pool: &Pool) -> Vec<ChildState> {
    pool.supervisor().list().iter().map(|child| child.state).collect()
}

#[tokio::test(start_paused = true)]
async fn free_sessions_have_answered_the_handshake_and_read_no_prompt() {
    for reset in [Reset::None, Reset::Clear, Reset::Fresh] {
        let (launches, read, log) = (Launches::default(), Read::default(), Log::default());
        let pool = pool(3, slow(&launches, &read, &log)).reset(reset).start().await.unwrap();
        assert_eq!((launches.len(), pool.free(), pool.size()), (3, 3, 3));
        assert_eq!(*read.lock().unwrap(), vec![vec!["initialize"]; 3], "{reset:?}");
        let list = pool.supervisor().list();
        assert!(list.iter().all(|child| child.phase == Some(Phase::Ready)), "{list:?}");
        let health = pool.supervisor().health();
        assert_eq!((health.total, health.active), (3, 3));
        let snapshot = pool.supervisor().snapshot();
        let saved: Vec<_> = snapshot.sessions().map(|(key, id)| (*key, id)).collect();
        assert_eq!(saved, [(0, None), (1, None), (2, None)]);
        // A request waits for no start.
        let before = tokio::time::Instant::now();
        let session = pool.get().await.unwrap();
        assert_eq!(session.query("one").text().await.unwrap(), "one");
        assert_eq!(before.elapsed(), Duration::ZERO, "{reset:?}");
        pool.stop().await;
    }
}

/// With new processes for each request, one that was used is replaced before it counts as free.
#[tokio::test(start_paused = true)]
async fn a_session_that_was_taken_is_replaced_by_one_that_is_started() {
    let (launches, read, log) = (Launches::default(), Read::default(), Log::default());
    let pool = pool(2, slow(&launches, &read, &log)).reset(Reset::Fresh).start().await.unwrap();
    for round in 1..=4 {
        let session = pool.get().await.unwrap();
        let before = tokio::time::Instant::now();
        assert_eq!(session.query("work").text().await.unwrap(), "work");
        assert_eq!(before.elapsed(), Duration::ZERO, "{round}: it was started");
        drop(session);
        assert_eq!((pool.free(), launches.len()), (1, 1 + round), "{round}");
        tokio::time::sleep(20 * SECOND).await;
        assert_eq!((pool.free(), launches.len()), (2, 2 + round), "{round}");
        assert_eq!(states(&pool), [ChildState::Up; 2]);
    }
    // Each process has served one request at most.
    let prompts = |lines: &Vec<String>| lines.iter().filter(|line| *line == "work").count();
    assert!(read.lock().unwrap().iter().all(|lines| prompts(lines) <= 1), "{read:?}");
    pool.stop().await;
}

/// Nothing of a request is left for the next one: no setting, and no handle.
#[tokio::test(start_paused = true)]
async fn a_fresh_session_has_nothing_of_the_last_request() {
    let (launches, read, log) = (Launches::default(), Read::default(), Log::default());
    let pool = pool(1, slow(&launches, &read, &log)).reset(Reset::Fresh).start().await.unwrap();
    let session = pool.get().await.unwrap();
    session.set_model("opus").await.unwrap();
    assert_eq!(session.query("one").text().await.unwrap(), "one");
    let kept = Session::clone(&session);
    drop(session);
    let session = pool.get().await.unwrap();
    assert_eq!(session.query("two").text().await.unwrap(), "two");
    assert!(kept.query("three").text().await.unwrap_err().is_stopped());
    drop(session);
    pool.stop().await;
    let read = read.lock().unwrap();
    assert_eq!(read[0], ["initialize", "set_model", "one"]);
    assert_eq!(read[1], ["initialize", "two"]);
}

/// A process that dies while no one uses it.
#[tokio::test(start_paused = true)]
async fn a_free_session_that_dies_is_replaced_and_others_serve_meanwhile() {
    let (launches, read, log) = (Launches::default(), Read::default(), Log::default());
    let pool = pool(2, slow(&launches, &read, &log)).start().await.unwrap();
    // By a handle that is not of the pool.
    let first = pool.supervisor().session(&0).unwrap().session().await.unwrap();
    assert!(first.query("die").text().await.unwrap_err().is_process());
    let before = tokio::time::Instant::now();
    let session = pool.get().await.unwrap();
    assert_eq!(session.query("one").text().await.unwrap(), "one");
    assert_eq!(before.elapsed(), Duration::ZERO, "the other one is up");
    assert_eq!(pool.supervisor().health().restarting, 1);
    drop(session);
    tokio::time::sleep(20 * SECOND).await;
    assert_eq!((states(&pool), launches.len(), pool.free()), (vec![ChildState::Up; 2], 3, 2));
    let sessions = [pool.get().await.unwrap(), pool.get().await.unwrap()];
    for session in &sessions {
        assert_eq!(session.query("two").text().await.unwrap(), "two");
    }
    pool.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_sessions_of_a_pool_count_against_the_limits_of_its_supervisor() {
    let (launches, read, log) = (Launches::default(), Read::default(), Log::default());
    let limited = pool(3, slow(&launches, &read, &log)).supervisor(|all| all.max_sessions(2));
    assert!(limited.start().await.unwrap_err().is_full());
    assert_eq!(launches.len(), 0);
    // Not more than two are started at a time, and a used one does not add to them.
    let pool = pool(2, slow(&launches, &read, &log))
        .reset(Reset::Fresh)
        .supervisor(|all| all.max_sessions(2))
        .start()
        .await
        .unwrap();
    for _ in 0..3 {
        drop(pool.get().await.unwrap());
        assert_eq!(pool.supervisor().count().specs, 2);
    }
    pool.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_free_sessions_and_those_in_use() {
    for in_use in 0..=2 {
        let (launches, read, log) = (Launches::default(), Read::default(), Log::default());
        let pool = pool(2, slow(&launches, &read, &log)).start().await.unwrap();
        let mut used = Vec::new();
        for _ in 0..in_use {
            used.push(pool.get().await.unwrap());
        }
        pool.stop().await;
        assert_eq!(log.all().len(), 2, "{in_use}");
        assert!(states(&pool).is_empty());
        assert!(pool.get().await.unwrap_err().is_stopped());
    }
}

/// A `/clear` that is not answered, of sessions whose turns have no limit.
#[tokio::test(start_paused = true)]
async fn a_session_that_cannot_be_cleared_is_replaced() {
    let launches = Launches::default();
    let transport = Arc::new(noted(&launches, |_, mut cli| async move {
        cli.handshake().await;
        while let Some((uuid, text)) = cli.next_prompt().await {
            if text != "/clear" {
                cli.turn(&uuid, &text).await;
            }
        }
        Exit::from_code(0)
    }));
    let make = move || Session::builder().timeout(Duration::MAX).transport(transport.clone());
    let pool = Pool::builder(1, make).wait(600 * SECOND).start().await.unwrap();
    for round in 0..3 {
        let session = pool.get().await.unwrap();
        assert_eq!(session.query("one").text().await.unwrap(), "one", "{round}");
    }
    pool.stop().await;
}

/// A supervisor that gave up.
#[tokio::test(start_paused = true)]
async fn a_pool_whose_supervisor_has_ended_says_so() {
    let (launches, read, log) = (Launches::default(), Read::default(), Log::default());
    let pool = pool(2, slow(&launches, &read, &log)).start().await.unwrap();
    pool.supervisor().stop().await;
    let error = pool.get().await.unwrap_err();
    assert!(error.is_stopped(), "{error}");
}
