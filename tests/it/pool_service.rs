//! A pool as a service, behind the layers of tower.
#![cfg(feature = "tower")]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::time::Duration;

use claude_wire::supervisor::{Pool, PoolRequest, Reset, SupervisorError};
use claude_wire::transport::Exit;
use tower::{Service, ServiceBuilder, ServiceExt};

use crate::supervisor_support::{SECOND, mortal, with};
use crate::support::cli::{Launches, Log, aborted, cli, echo, init, result, success};

async fn pool(size: usize) -> Pool {
    Pool::builder(size, with(echo())).reset(Reset::None).start().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_request_is_answered_by_any_session_or_that_of_its_key() {
    let launches = Launches::default();
    let pool = Pool::builder(3, with(mortal(&launches))).reset(Reset::None).start().await.unwrap();
    let mut service = pool.service();
    let answer = service.ready().await.unwrap().call("hello".into()).await.unwrap();
    assert_eq!(answer.text(), "hello");
    let of_anna = format!("{:?}", pool.get_for(&"anna").await.unwrap());
    for _ in 0..3 {
        let request = PoolRequest::new("hello").key("anna");
        service.ready().await.unwrap().call(request).await.unwrap();
        assert_eq!(format!("{:?}", pool.get_for(&"anna").await.unwrap()), of_anna);
    }
    pool.stop().await;
    assert!(service.ready().await.unwrap_err().is_stopped());
}

#[tokio::test(start_paused = true)]
async fn it_is_ready_while_a_session_is_free_and_keeps_it_for_the_call() {
    let pool = pool(1).await;
    let mut service = pool.service();
    service.ready().await.unwrap();
    assert_eq!(pool.free(), 0, "it is kept");
    let mut other = service.clone();
    let waits = tokio::time::timeout(SECOND, other.ready()).await;
    assert!(waits.is_err(), "a clone has none");
    assert_eq!(service.call("one".into()).await.unwrap().text(), "one");
    other.ready().await.unwrap();
    drop(other);
    assert_eq!(pool.free(), 1, "given back without a call");
    // Without `ready`, a call waits itself.
    assert_eq!(service.call("two".into()).await.unwrap().text(), "two");
    pool.stop().await;
}

#[tokio::test(start_paused = true)]
async fn load_shed_refuses_what_would_wait() {
    let pool = pool(1).await;
    let mut service = ServiceBuilder::new().load_shed().service(pool.service());
    let taken = pool.get().await.unwrap();
    let error = service.ready().await.unwrap().call("one".into()).await.unwrap_err();
    assert!(error.is::<tower::load_shed::error::Overloaded>(), "{error}");
    drop(taken);
    assert_eq!(service.ready().await.unwrap().call("one".into()).await.unwrap().text(), "one");
    pool.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_concurrency_limit_below_the_size_holds() {
    let log = Log::default();
    let (at_once, peak) = (std::sync::Arc::new(std::sync::Mutex::new(0)), log.clone());
    let slow = cli(move |_, mut cli| {
        let (at_once, peak) = (at_once.clone(), peak.clone());
        async move {
            cli.handshake().await;
            while let Some(line) = cli.read().await {
                if line["type"] != "user" {
                    cli.write(success(&line, serde_json::json!({}))).await;
                    continue;
                }
                let now = {
                    let mut at_once = at_once.lock().unwrap();
                    *at_once += 1;
                    *at_once
                };
                peak.push(now.to_string());
                tokio::time::sleep(SECOND).await;
                *at_once.lock().unwrap() -= 1;
                cli.turn(line["uuid"].as_str().unwrap(), "done").await;
            }
            Exit::from_code(0)
        }
    });
    let pool = Pool::builder(4, with(slow)).reset(Reset::None).start().await.unwrap();
    let service = ServiceBuilder::new().concurrency_limit(2).service(pool.service());
    let calls = (0..8).map(|number| service.clone().oneshot(PoolRequest::new(number.to_string())));
    let calls: Vec<_> = calls.map(tokio::spawn).collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap().text(), "done");
    }
    assert_eq!(log.all().iter().max().unwrap(), "2");
    assert_eq!(log.len(), 8);
    pool.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_time_limit_interrupts_the_turn_and_gives_the_session_back() {
    let log = Log::default();
    let seen = log.clone();
    let slow = cli(move |_, mut cli| {
        let log = seen.clone();
        async move {
            cli.handshake().await;
            let (uuid, _) = cli.prompt().await;
            cli.write(init(&uuid)).await;
            cli.acknowledge("interrupt").await;
            log.push("interrupted");
            cli.write(aborted(&uuid)).await;
            let (uuid, _) = cli.prompt().await;
            cli.write(init(&uuid)).await;
            cli.write(result(&uuid, "second")).await;
            cli.drain().await;
            Exit::from_code(0)
        }
    });
    let pool = Pool::builder(1, with(slow)).reset(Reset::None).start().await.unwrap();
    let mut service = ServiceBuilder::new().timeout(Duration::from_secs(5)).service(pool.service());
    let error = service.ready().await.unwrap().call("first".into()).await.unwrap_err();
    assert!(error.is::<tower::timeout::error::Elapsed>(), "{error}");
    let answer = service.ready().await.unwrap().call("second".into()).await.unwrap();
    assert_eq!((answer.text().as_str(), log.all().len()), ("second", 1));
    pool.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_fails_is_an_error_with_its_cause() {
    let launches = Launches::default();
    let pool = Pool::builder(1, with(mortal(&launches))).start().await.unwrap();
    let mut service = pool.service();
    let error: SupervisorError =
        service.ready().await.unwrap().call("die".into()).await.unwrap_err();
    assert!(error.is_turn() && error.session_error().unwrap().is_process(), "{error}");
    assert_eq!(service.ready().await.unwrap().call("hello".into()).await.unwrap().text(), "hello");
    pool.stop().await;
}
