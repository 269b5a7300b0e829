//! Stopping a session from every state, in this order: interrupt, end of input, SIGTERM, SIGKILL.
#![allow(clippy::unwrap_used, reason = "the helper functions are test code as well")]

use std::task::{Context, Poll};
use std::time::Duration;

use crate::support::cli::{FakeCli, Log, aborted, cli, echo, init};
use crate::support::read::{quiet, read};
use claude_wire::Session;
use claude_wire::transport::{
    BoxFuture, Connection, Control, Exit, Launch, Shutdown, Transport, pipe,
};
use serde_json::Map;
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

async fn is_over(session: &Session, exit: Option<Exit>) {
    assert_eq!(session.stop().await.unwrap(), exit, "a second stop returns the same");
    assert_eq!(session.exit(), exit);
    assert!(read(session.query("too late")).await.error().is_stopped());
    assert!(session.connect().await.unwrap_err().is_stopped());
    assert!(session.control("get_usage", Map::new()).await.unwrap_err().is_stopped());
}

#[tokio::test(start_paused = true)]
async fn before_anything() {
    let session = Session::builder().transport(echo()).start().unwrap();
    assert_eq!(session.stop().await.unwrap(), None);
    is_over(&session, None).await;
}

#[tokio::test(start_paused = true)]
async fn between_turns_the_end_of_input_is_enough() {
    let session = Session::builder().transport(echo()).start().unwrap();
    assert_eq!(read(session.query("go")).await.text(), "go");
    let start = Instant::now();
    let (one, two) = tokio::join!(session.stop(), session.stop());
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!((one, two), (Some(Exit::from_code(0)), Some(Exit::from_code(0))));
    assert!(start.elapsed() < SECOND);
    is_over(&session, Some(Exit::from_code(0))).await;
}

/// A transport that opens slowly.
struct Slow;

impl Transport for Slow {
    fn open(
        &self,
        launch: Launch,
    ) -> BoxFuture<'_, Result<Connection, claude_wire::transport::Error>> {
        Box::pin(async move {
            tokio::time::sleep(SECOND).await;
            panic!("{launch:?} was opened after the stop")
        })
    }
}

#[tokio::test(start_paused = true)]
async fn while_the_transport_opens() {
    let session = Session::builder().transport(Slow).start().unwrap();
    let turn = tokio::spawn(read(session.query("go")));
    quiet().await;
    assert_eq!(session.stop().await.unwrap(), None);
    assert!(turn.await.unwrap().error().is_stopped());
    tokio::time::sleep(10 * SECOND).await;
    is_over(&session, None).await;
}

#[tokio::test(start_paused = true)]
async fn during_the_handshake() {
    let transport = cli(|_, mut cli| async move {
        cli.request("initialize").await;
        assert_eq!(cli.read().await, None);
        Exit::from_code(0)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let turn = tokio::spawn(read(session.query("go")));
    quiet().await;
    assert_eq!(session.stop().await.unwrap(), Some(Exit::from_code(0)));
    assert!(turn.await.unwrap().error().is_stopped());
    is_over(&session, Some(Exit::from_code(0))).await;
}

#[tokio::test(start_paused = true)]
async fn within_a_turn_which_is_interrupted_first_and_delivered() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        cli.acknowledge("interrupt").await;
        assert_eq!(cli.read().await, None, "the end of input comes after the interrupt");
        cli.write(aborted(&uuid)).await;
        Exit::from_code(1)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let turn = tokio::spawn(read(session.query("go")));
    let waiting = tokio::spawn(read(session.query("waits")));
    quiet().await;
    assert_eq!(session.stop().await.unwrap(), Some(Exit::from_code(1)));
    let turn = turn.await.unwrap();
    assert_eq!(turn.kinds(), ["system", "result"]);
    assert!(turn.error.is_none(), "{:?}", turn.error);
    assert!(waiting.await.unwrap().error().is_stopped());
    is_over(&session, Some(Exit::from_code(1))).await;
}

#[tokio::test(start_paused = true)]
async fn within_a_turn_that_gets_no_result() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        cli.drain().await;
        Exit::from_code(0)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let turn = tokio::spawn(read(session.query("go")));
    quiet().await;
    assert_eq!(session.stop().await.unwrap(), Some(Exit::from_code(0)));
    let turn = turn.await.unwrap();
    assert_eq!(turn.kinds(), ["system"]);
    assert!(turn.error().is_stopped(), "{:?}", turn.error);
}

#[tokio::test(start_paused = true)]
async fn a_cli_that_ignores_everything_is_terminated_and_then_killed() {
    let log = Log::default();
    let signals = log.clone();
    let transport = cli(move |_, mut cli| {
        let signals = signals.clone();
        async move {
            cli.handshake().await;
            cli.drain().await;
            let start = Instant::now();
            signals.push(format!("{:?} after {:?}", cli.control.signal().await, start.elapsed()));
            std::future::pending().await
        }
    });
    let grace = Shutdown { grace_after_eof: 5 * SECOND, grace_after_sigterm: 2 * SECOND };
    let session = Session::builder().shutdown(grace).transport(transport).start().unwrap();
    session.connect().await.unwrap();
    let start = Instant::now();
    assert_eq!(session.stop().await.unwrap(), Some(Exit::from_signal(9)));
    assert_eq!(start.elapsed(), 7 * SECOND);
    assert_eq!(log.all(), ["Terminate after 5s"]);
}

#[tokio::test(start_paused = true)]
async fn an_endless_grace_period_does_not_panic() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        cli.drain().await;
        tokio::time::sleep(24 * 3600 * SECOND).await;
        Exit::from_code(0)
    });
    let grace = Shutdown { grace_after_eof: Duration::MAX, grace_after_sigterm: Duration::MAX };
    let session = Session::builder().shutdown(grace).transport(transport).start().unwrap();
    session.connect().await.unwrap();
    assert_eq!(session.stop().await.unwrap(), Some(Exit::from_code(0)));
}

#[tokio::test(start_paused = true)]
async fn a_stop_continues_when_its_caller_is_dropped() {
    let session = Session::builder().transport(echo()).start().unwrap();
    session.connect().await.unwrap();
    let stop = tokio::time::timeout(Duration::ZERO, session.stop()).await;
    assert!(stop.is_err());
    quiet().await;
    assert_eq!(session.exit(), Some(Exit::from_code(0)));
}

/// A process that SIGKILL does not end, such as one that waits for a lost disk.
struct Immortal(Log);

impl Transport for Immortal {
    fn open(&self, _: Launch) -> BoxFuture<'_, Result<Connection, claude_wire::transport::Error>> {
        let (connection, peer) = pipe(1024);
        tokio::spawn(async move {
            let mut cli = FakeCli::new(peer);
            cli.handshake().await;
            cli.drain().await;
            std::future::pending::<()>().await;
        });
        let control = Box::new(Immortal(self.0.clone()));
        Box::pin(async { Ok(Connection { control, ..connection }) })
    }
}

impl Control for Immortal {
    fn pid(&self) -> Option<u32> {
        None
    }

    fn poll_wait(&mut self, _: &mut Context<'_>) -> Poll<std::io::Result<Exit>> {
        Poll::Pending
    }

    fn terminate(&mut self) {
        self.0.push("terminate");
    }

    fn kill(&mut self) {
        self.0.push("kill");
    }
}

#[tokio::test(start_paused = true)]
async fn a_process_that_survives_a_kill_is_given_up() {
    let log = Log::default();
    let session = Session::builder().transport(Immortal(log.clone())).start().unwrap();
    session.connect().await.unwrap();
    let start = Instant::now();
    assert_eq!(session.stop().await.unwrap(), None);
    assert_eq!(start.elapsed(), 9 * SECOND, "5 for the end of input, 2 for SIGTERM, 2 for SIGKILL");
    assert_eq!(log.all(), ["terminate", "kill"]);
    is_over(&session, None).await;
}
