//! The limit of memory of a supervisor's sessions, with real processes.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;

use claude_wire::Session;
use claude_wire::supervisor::{ChildSpec, ChildState, Supervisor, SupervisorBuilder};

use crate::supervisor_support::SECOND;
use crate::support::shell::{START, shell};

/// A CLI that holds 32 MB.
fn large(key: &str) -> ChildSpec {
    let script = format!("x=$(head -c 32000000 /dev/zero | tr '\\0' a); {START}");
    let transport = Arc::new(shell(script));
    ChildSpec::new(key, move || Session::builder().transport(transport.clone()))
}

/// A limit of this many of these sessions; a shell may need more than what its variable has.
async fn limited(sessions: f64) -> SupervisorBuilder {
    let supervisor = Supervisor::builder().child(large("a")).start().await.unwrap();
    let one = supervisor.memory().await.unwrap();
    assert!(one > 32_000_000, "{one}");
    supervisor.stop().await;
    Supervisor::builder().max_memory((one as f64 * sessions) as u64)
}

#[tokio::test]
async fn sessions_are_refused_while_the_others_use_too_much_memory() {
    let supervisor = limited(1.5).await.start().await.unwrap();
    assert_eq!(supervisor.memory().await.unwrap(), 0);
    supervisor.start_session(large("a")).await.unwrap();
    supervisor.start_session(large("b")).await.unwrap();
    let error = supervisor.start_session(large("c")).await.unwrap_err();
    assert!(error.is_memory() && error.to_string().contains("MiB (max_memory)"), "{error}");
    supervisor.terminate_session(&"a".to_owned()).await.unwrap();
    supervisor.start_session(large("c")).await.unwrap();
    supervisor.stop().await;
}

#[tokio::test]
async fn a_session_that_rests_is_not_started_without_room() {
    let rests = large("a").idle_after(SECOND / 10);
    let supervisor = limited(0.5).await.child(rests).child(large("b")).start().await.unwrap();
    let a = supervisor.session(&"a".to_owned()).unwrap();
    a.wait_for(ChildState::Resting).await.unwrap();
    assert!(a.session().await.unwrap_err().is_memory());
    assert_eq!(a.state(), ChildState::Resting);
    supervisor.terminate_session(&"b".to_owned()).await.unwrap();
    a.session().await.unwrap();
    supervisor.stop().await;
}
