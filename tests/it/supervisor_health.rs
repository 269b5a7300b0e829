//! The health of a child, as a value.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;

use claude_wire::Session;
use claude_wire::supervisor::{
    Backoff, ChildSpec, ChildState, Degradation, Health, OnLimit, Supervisor, SupervisorError,
};
use claude_wire::transport::{Exit, Memory};
use serde_json::json;

use crate::supervisor_support::{SECOND, kill, noted, text, with};
use crate::support::cli::{Launches, SESSION, cli, success};

/// A CLI that answers control requests, and dies at the prompt `die`.
fn answering(launches: &Launches) -> Memory {
    noted(launches, |_, mut cli| async move {
        while let Some(line) = cli.read().await {
            if line["type"] == "control_request" {
                cli.write(success(&line, json!({}))).await;
            } else if line["message"]["content"] == "die" {
                return Exit::from_code(7);
            } else {
                let uuid = line["uuid"].as_str().unwrap_or_default().to_owned();
                cli.turn(&uuid, "an answer").await;
            }
        }
        Exit::from_code(0)
    })
}

async fn check(supervisor: &Supervisor, key: &str) -> Health {
    supervisor.check(&key.to_owned(), 5 * SECOND).await
}

async fn unhealthy(supervisor: &Supervisor, key: &str) -> SupervisorError {
    match check(supervisor, key).await {
        Health::Unhealthy(error) => error,
        health => panic!("{key} is {health:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn the_health_of_a_child_is_a_value_in_every_state() {
    let launches = Launches::default();
    // It hangs after its first turn.
    let hangs = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.next_prompt().await.unwrap();
        cli.turn(&uuid, "hello").await;
        cli.drain().await;
        Exit::from_code(0)
    });
    let denied = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.next_prompt().await.unwrap();
        cli.write(json!({"type": "result", "subtype": "success", "is_error": true, "api_error_status": 401,
            "result": "no", "session_id": SESSION, "terminal_reason": "api_error", "uuid": "r",
            "user_message_uuids": [uuid]}))
            .await;
        cli.serve().await
    });
    let alive = || with(answering(&launches));
    let inner = Arc::new(alive());
    let supervisor = Supervisor::builder()
        .intensity(1, 3600 * SECOND)
        .on_limit(OnLimit::Quarantine(3600 * SECOND))
        .backoff(Backoff::new(60 * SECOND, 60 * SECOND).jitter(0.0))
        .children([
            ChildSpec::new("up", alive()),
            ChildSpec::new("rests", alive()).idle_after(60 * SECOND),
            ChildSpec::new("crashes", alive()),
            ChildSpec::new("hangs", with(hangs)),
            ChildSpec::new("denied", with(denied)),
            ChildSpec::supervisor("inner", move || {
                let make = inner.clone();
                Supervisor::builder().child(ChildSpec::new("x", move || make()))
            }),
        ])
        .start()
        .await
        .unwrap();
    let of = |key: &str| supervisor.session(&key.to_owned()).unwrap();
    for key in ["up", "rests", "crashes", "hangs", "inner"] {
        let health = check(&supervisor, key).await;
        assert_eq!(health.is_healthy(), key != "hangs", "{key}: {health:?}");
        if key == "hangs" {
            // It takes no request before its first turn, either.
            assert!(unhealthy(&supervisor, key).await.is_not_ready());
        }
    }
    let before = tokio::time::Instant::now();
    assert_eq!(text(&of("hangs"), "hello").await, "hello");
    let error = unhealthy(&supervisor, "hangs").await;
    assert!(error.is_not_ready() && error.session_error().unwrap().is_timeout(), "{error}");
    assert!(error.to_string().contains("did not answer within 5s"), "{error}");
    assert_eq!(before.elapsed(), 5 * SECOND);

    of("denied").query("hello").await.unwrap().text().await.unwrap_err();
    of("denied").wait_for(ChildState::Degraded).await.unwrap();
    let health = check(&supervisor, "denied").await;
    assert!(matches!(health, Health::Degraded(Degradation::Authentication)), "{health:?}");

    kill(&of("crashes")).await;
    let error = unhealthy(&supervisor, "crashes").await;
    assert!(error.is_not_ready(), "{error}");
    of("crashes").wait_for(ChildState::Up).await.unwrap();
    kill(&of("crashes")).await;
    of("crashes").wait_for(ChildState::Quarantined).await.unwrap();
    assert!(unhealthy(&supervisor, "crashes").await.is_quarantined());

    let started = launches.len();
    of("rests").wait_for(ChildState::Resting).await.unwrap();
    assert!(check(&supervisor, "rests").await.is_healthy());
    assert_eq!(launches.len(), started, "it is not woken");
    assert!(check(&supervisor, "up").await.is_healthy());
    assert!(unhealthy(&supervisor, "no one").await.is_not_found());
    supervisor.stop().await;
    assert!(unhealthy(&supervisor, "up").await.is_not_found());
}

/// Each child, up or being restarted, is in the list as what it is.
#[cfg(unix)]
#[tokio::test]
async fn the_list_has_the_state_and_the_process_of_each_child() {
    use crate::support::shell::{START, shell};
    let transport = Arc::new(shell(format!("{START} exit 7")));
    let spec = |key: &str| {
        let transport = transport.clone();
        ChildSpec::new(key, move || Session::builder().transport(transport.clone()))
    };
    let supervisor = Supervisor::builder()
        .backoff(Backoff::new(600 * SECOND, 600 * SECOND))
        .children([spec("a"), spec("b")])
        .start()
        .await
        .unwrap();
    let a = supervisor.session(&"a".to_owned()).unwrap();
    let list = || supervisor.list().into_iter().map(|child| (child.state, child.pid));
    let before: Vec<_> = list().collect();
    let [(ChildState::Up, Some(first)), (ChildState::Up, Some(second))] = before[..] else {
        panic!("{before:?}")
    };
    assert_ne!(first, second);
    assert_eq!(a.session().await.unwrap().pid(), Some(first));
    kill(&a).await;
    a.wait_for(ChildState::Restarting).await.unwrap();
    let after: Vec<_> = list().collect();
    assert_eq!(after, [(ChildState::Restarting, None), (ChildState::Up, Some(second))]);
    supervisor.stop().await;
}
