//! A pool of sessions: who gets which, and what is left of the last request.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use claude_wire::Session;
use claude_wire::supervisor::{ChildState, Pick, Pool, PoolBuilder, Pooled, Reset};
use claude_wire::transport::{Exit, Memory};
use serde_json::json;

use crate::supervisor_support::{SECOND, answer_without_login, noted};
use crate::support::cli::{Launches, cli};

/// A CLI that answers with the prompts of its conversation so far. `/clear` begins a new one.
fn remembering(launches: &Launches) -> Memory {
    let launches = launches.clone();
    cli(move |launch, mut cli| {
        launches.note(launch);
        async move {
            let mut said: Vec<String> = Vec::new();
            let mut conversation = 1;
            while let Some(line) = cli.read().await {
                if line["type"] == "control_request" {
                    cli.write(crate::support::cli::success(&line, json!({}))).await;
                    continue;
                }
                let uuid = line["uuid"].as_str().unwrap_or_default();
                let text = line["message"]["content"].as_str().unwrap_or_default().to_owned();
                if text == "die" {
                    return Exit::from_code(7);
                }
                if text == "/clear" {
                    said.clear();
                    conversation += 1;
                    cli.write(json!({"type": "command_lifecycle", "command_uuid": uuid, "state": "started"})).await;
                    cli.write(json!({"type": "conversation_reset", "new_conversation_id": id(conversation)})).await;
                } else {
                    said.push(text);
                }
                let id = id(conversation);
                cli.write(json!({"type": "system", "subtype": "init", "session_id": id, "user_message_uuids": [uuid]})).await;
                cli.write(json!({"type": "result", "subtype": "success", "is_error": false, "result": said.join(" "),
                    "session_id": id, "user_message_uuids": [uuid]}))
                    .await;
            }
            Exit::from_code(0)
        }
    })
}

/// The id of a conversation.
fn id(number: u64) -> String {
    format!("6f1a3e52-0000-4000-8000-{number:012}")
}

fn pool(size: usize, launches: &Launches) -> PoolBuilder {
    let transport = Arc::new(remembering(launches));
    Pool::builder(size, move || Session::builder().transport(transport.clone()))
}

async fn said(session: &Pooled, prompt: &str) -> String {
    session.query(prompt).text().await.unwrap()
}

/// Waits until all sessions are given back.
async fn settled(pool: &Pool) {
    while pool.free() < pool.size() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn each_request_has_a_session_to_itself_and_waits_if_none_is_free() {
    let launches = Launches::default();
    let pool = pool(2, &launches).wait(Duration::from_secs(5)).start().await.unwrap();
    assert_eq!((launches.len(), pool.free()), (2, 2), "started in advance");
    let (one, two) = (pool.get().await.unwrap(), pool.get().await.unwrap());
    assert_ne!(format!("{one:?}"), format!("{two:?}"));
    let error = pool.get().await.unwrap_err();
    assert!(error.is_not_ready(), "{error}");
    let waiting = tokio::spawn({
        let pool = pool.clone();
        async move { said(&pool.get().await.unwrap(), "c").await }
    });
    assert_eq!(said(&one, "a").await, "a");
    drop(one);
    assert_eq!(waiting.await.unwrap(), "c");
    pool.stop().await;
    assert!(pool.get().await.unwrap_err().is_stopped());
}

#[tokio::test(start_paused = true)]
async fn what_a_request_said_is_gone_for_the_next_one_unless_it_is_kept() {
    for (reset, answer, count) in
        [(Reset::Clear, "b", 1), (Reset::Fresh, "b", 2), (Reset::None, "a b", 1)]
    {
        let launches = Launches::default();
        let pool = pool(1, &launches).reset(reset).start().await.unwrap();
        let session = pool.get().await.unwrap();
        assert_eq!(said(&session, "a").await, "a");
        drop(session);
        settled(&pool).await;
        assert_eq!(said(&pool.get().await.unwrap(), "b").await, answer, "{reset:?}");
        assert_eq!(launches.len(), count, "{reset:?}");
        pool.stop().await;
    }
}

/// By a thread without a runtime, and in a runtime that ends before the session is cleared.
#[test]
fn what_a_request_said_is_gone_wherever_it_gives_its_session_back() {
    type Drops = fn(Pooled);
    let own: Drops = |session| {
        let runtime = runtime();
        let inside = runtime.enter();
        drop(session);
        drop(inside);
    };
    let runtime = runtime();
    for (place, drops) in [("no runtime", drop as Drops), ("a runtime that ends", own)] {
        let launches = Launches::default();
        let pool = runtime.block_on(pool(1, &launches).start()).unwrap();
        let session = runtime.block_on(pool.get()).unwrap();
        assert_eq!(runtime.block_on(said(&session, "a")), "a");
        std::thread::spawn(move || drops(session)).join().unwrap();
        let session = runtime.block_on(pool.get()).unwrap();
        assert_eq!(runtime.block_on(said(&session, "b")), "b", "{place}");
        assert_eq!(launches.len(), 1, "{place}");
        runtime.block_on(pool.stop());
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Its sessions are gone with their runtime, but no request waits for one.
#[test]
fn a_session_that_is_given_back_after_its_runtime_has_ended_is_free() {
    let launches = Launches::default();
    let first = runtime();
    let pool = first.block_on(pool(1, &launches).start()).unwrap();
    let session = first.block_on(pool.get()).unwrap();
    drop(first);
    drop(session);
    assert_eq!(pool.free(), 1);
    let error = runtime().block_on(pool.get()).unwrap_err();
    assert!(error.is_stopped(), "{error}");
}

#[tokio::test]
async fn a_pool_without_a_session_is_refused() {
    let error = pool(0, &Launches::default()).start().await.unwrap_err();
    assert!(error.is_empty_pool() && error.to_string().contains("at least 1"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_next_session_is_picked_as_asked() {
    async fn picks(pool: &Pool) -> Vec<String> {
        let mut picks = Vec::new();
        for _ in 0..6 {
            let session = pool.get().await.unwrap();
            picks.push(format!("{session:?}"));
            drop(session);
            settled(pool).await;
        }
        picks
    }
    for pick in [Pick::RoundRobin, Pick::LeastBusy, Pick::Random] {
        let launches = Launches::default();
        let pool = pool(3, &launches).pick(pick).reset(Reset::None).start().await.unwrap();
        let picks = picks(&pool).await;
        let each = |from: usize| {
            let mut seen = picks[from..from + 3].to_vec();
            seen.sort();
            seen.dedup();
            seen.len()
        };
        match pick {
            Pick::RoundRobin => assert_eq!((each(0), each(1), each(2)), (3, 3, 3)),
            Pick::LeastBusy => assert_eq!((each(0), each(3)), (3, 3)),
            Pick::Random => {
                let mut many = Vec::new();
                for _ in 0..60 {
                    let session = pool.get().await.unwrap();
                    many.push(format!("{session:?}"));
                }
                let in_turn = many.windows(4).all(|four| four[0] == four[3]);
                let again = many.windows(2).any(|two| two[0] == two[1]);
                many.sort();
                many.dedup();
                assert_eq!((many.len(), in_turn, again), (3, false, true));
            }
        }
        pool.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_gets_the_session_that_served_it_last() {
    let launches = Launches::default();
    let pool = pool(3, &launches).reset(Reset::None).start().await.unwrap();
    for round in 1..=3 {
        for key in ["anna", "bob", "carl"] {
            let session = pool.get_for(&key).await.unwrap();
            let expected = vec![key; round].join(" ");
            assert_eq!(said(&session, key).await, expected);
            drop(session);
            settled(&pool).await;
        }
    }
    pool.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_session_that_dies_in_use_is_replaced_and_others_are_picked_meanwhile() {
    let launches = Launches::default();
    let pool = pool(2, &launches).start().await.unwrap();
    let session = pool.get().await.unwrap();
    assert!(session.query("die").text().await.unwrap_err().is_process());
    drop(session);
    for prompt in ["a", "b", "c"] {
        assert_eq!(said(&pool.get().await.unwrap(), prompt).await, prompt);
    }
    settled(&pool).await;
    assert_eq!(pool.supervisor().count().active, 2);
    pool.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_request_that_gives_up_waiting_leaves_the_queue() {
    let launches = Launches::default();
    let pool = pool(1, &launches).start().await.unwrap();
    let session = pool.get().await.unwrap();
    let waits = tokio::time::timeout(Duration::from_secs(1), pool.get()).await;
    assert!(waits.is_err());
    drop(session);
    settled(&pool).await;
    assert_eq!(said(&pool.get().await.unwrap(), "a").await, "a");
    pool.stop().await;
}

/// How the launches after the first one go.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Next {
    /// Each takes 3 s.
    Slow,
    /// Four crash, which ends in quarantine.
    Crashing,
}

/// A CLI whose first launch has no login: it says so in each turn, and exits with the prompt `exits`
/// and with `/clear`. The others answer with what was said in the conversation so far, in whatever
/// process.
fn denied(launches: &Launches, next: Next) -> Memory {
    let (said, all) = (Arc::new(Mutex::new(Vec::new())), launches.clone());
    noted(launches, move |number, mut cli| {
        let said = said.clone();
        let goes_on =
            ["--resume", "--session-id"].iter().any(|flag| all.flag(number, flag).is_some());
        async move {
            match next {
                Next::Slow if number > 0 => tokio::time::sleep(3 * SECOND).await,
                Next::Crashing if (1..=4).contains(&number) => return Exit::from_code(7),
                _ => {}
            }
            if !goes_on {
                said.lock().unwrap().clear();
            }
            cli.handshake().await;
            while let Some((uuid, text)) = cli.next_prompt().await {
                let is_last = ["exits", "/clear"].contains(&&*text);
                said.lock().unwrap().push(text);
                if number > 0 {
                    let answer = said.lock().unwrap().join(" ");
                    cli.turn(&uuid, &answer).await;
                    continue;
                }
                answer_without_login(&mut cli, &uuid).await;
                if is_last {
                    break;
                }
            }
            Exit::from_code(1)
        }
    })
}

/// The next request that gets a session.
async fn next_of(pool: &Pool) -> Pooled {
    let next = async {
        loop {
            match pool.get().await {
                Ok(session) => return session,
                Err(_) => tokio::time::sleep(SECOND).await,
            }
        }
    };
    tokio::time::timeout(600 * SECOND, next).await.unwrap()
}

/// Its CLI exits with the turn, when it is cleared, or when it is replaced. The next start is too slow
/// or crashes while the session is reset, and succeeds later.
#[tokio::test(start_paused = true)]
async fn a_member_without_a_login_has_nothing_of_the_last_request() {
    let cases = [Reset::Clear, Reset::Fresh].into_iter().flat_map(|reset| {
        [Next::Slow, Next::Crashing].into_iter().flat_map(move |next| {
            let prompts = ["exits", "stays"].into_iter();
            prompts.flat_map(move |prompt| {
                let own = [None, Some(id(1))].into_iter();
                own.flat_map(move |own| {
                    let waits = [Duration::ZERO, SECOND].into_iter();
                    waits.map(move |wait| (reset, next, prompt, own.clone(), wait))
                })
            })
        })
    });
    for case in cases {
        let (reset, next, prompt, own, wait) = case.clone();
        let launches = Launches::default();
        let transport = Arc::new(denied(&launches, next));
        let make = move || {
            let builder = Session::builder().transport(transport.clone());
            own.iter().fold(builder, |builder, own| builder.session_id(own))
        };
        let pool = Pool::builder(1, make)
            .reset(reset)
            .supervisor(|supervisor| supervisor.restart_wait(SECOND))
            .start()
            .await
            .unwrap();
        let session = pool.get().await.unwrap();
        assert!(session.query(prompt).text().await.unwrap_err().is_result(), "{case:?}");
        // Until the supervisor knows of the end, or before.
        tokio::time::sleep(wait).await;
        let of_member = pool.supervisor().session(&0).unwrap();
        assert!(wait.is_zero() || of_member.state() == ChildState::Degraded, "{case:?}");
        drop(session);
        let session = next_of(&pool).await;
        assert_eq!(said(&session, "b").await, "b", "{case:?}");
        for launch in 1..launches.len() {
            for flag in ["--resume", "--session-id"] {
                assert_eq!(launches.flag(launch, flag), None, "{launch} {flag} {case:?}");
            }
        }
        pool.stop().await;
    }
}

/// Without room for another start, it still forgets.
#[cfg(target_os = "linux")]
#[tokio::test(start_paused = true)]
async fn a_member_that_has_no_room_to_start_has_nothing_of_the_last_request() {
    for reset in [Reset::Clear, Reset::Fresh, Reset::None] {
        let launches = Launches::default();
        let transport = Arc::new(denied(&launches, Next::Slow));
        let make = move || Session::builder().transport(transport.clone());
        let pool = Pool::builder(1, make)
            .reset(reset)
            .supervisor(|supervisor| supervisor.max_memory(0))
            .start()
            .await
            .unwrap();
        let session = pool.get().await.unwrap();
        assert!(session.query("exits").text().await.unwrap_err().is_result(), "{reset:?}");
        tokio::time::sleep(SECOND).await;
        drop(session);
        settled(&pool).await;
        assert!(pool.get().await.unwrap_err().is_memory(), "{reset:?}");
        let left = pool.supervisor().list().remove(0).session_id;
        assert_eq!(left.is_some(), reset == Reset::None, "{reset:?}: {left:?}");
        assert_eq!(launches.len(), 1);
        pool.stop().await;
    }
}
