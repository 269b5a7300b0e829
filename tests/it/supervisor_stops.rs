//! How long the children of a supervisor may take to stop.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::time::Duration;

use claude_wire::Session;
use claude_wire::supervisor::{ChildSpec, Supervisor};
use claude_wire::transport::{Exit, Memory, Shutdown};
use tokio::time::Instant;

use crate::supervisor_support::{SECOND, text};
use crate::support::cli::{Log, cli};

/// A CLI that takes this long to end.
fn slow_to_end(time: Duration, log: &Log) -> Memory {
    let log = log.clone();
    cli(move |_, mut cli| {
        let log = log.clone();
        async move {
            cli.serve().await;
            tokio::time::sleep(time).await;
            log.push("it has ended");
            Exit::from_code(0)
        }
    })
}

/// However long the session's own shutdown takes: it is not cut short.
#[tokio::test(start_paused = true)]
async fn a_child_may_take_as_long_to_stop_as_its_session_allows() {
    for seconds in [1, 59, 90, 170, 3600] {
        let log = Log::default();
        let transport = std::sync::Arc::new(slow_to_end(SECOND * seconds, &log));
        let shutdown = Shutdown { grace_after_eof: SECOND * (seconds + 10), ..Shutdown::default() };
        let make = move || Session::builder().transport(transport.clone()).shutdown(shutdown);
        let supervisor: Supervisor =
            Supervisor::builder().child(ChildSpec::new("a", make)).start().await.unwrap();
        let a = supervisor.session(&"a".to_owned()).unwrap();
        assert_eq!(text(&a, "hello").await, "hello");
        let before = Instant::now();
        supervisor.terminate_session(&"a".to_owned()).await.unwrap();
        assert_eq!(log.all(), ["it has ended"], "{seconds}");
        assert_eq!(before.elapsed(), SECOND * seconds);
        supervisor.stop().await;
    }
}
