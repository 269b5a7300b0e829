//! The lifetime of a session depends on its handles and its runtime.

use std::task::{Context, Poll, Waker};

use crate::support::cli::{Log, cli, echo, init, result};
use crate::support::read::{quiet, read};
use claude_wire::Session;
use claude_wire::transport::{Exit, Memory};
use futures_util::StreamExt;

/// A CLI that logs how its input ends.
fn watched(log: &Log) -> Memory {
    let log = log.clone();
    cli(move |_, mut cli| {
        let log = log.clone();
        async move {
            let exit = cli.serve().await;
            log.push("end of input");
            exit
        }
    })
}

#[tokio::test(start_paused = true)]
async fn the_last_handle_ends_the_cli() {
    let log = Log::default();
    let session = Session::builder().transport(watched(&log)).start().unwrap();
    let clone = session.clone();
    assert_eq!(read(session.query("go")).await.text(), "go");
    drop(session);
    quiet().await;
    assert_eq!(log.len(), 0);
    assert_eq!(read(clone.query("still there")).await.text(), "still there");
    drop(clone);
    quiet().await;
    assert_eq!(log.all(), ["end of input"]);
}

#[tokio::test(start_paused = true)]
async fn a_turn_being_read_keeps_the_cli_running() {
    let log = Log::default();
    let session = Session::builder().transport(watched(&log)).start().unwrap();
    let turn = session.query("go");
    drop(session);
    assert_eq!(read(turn).await.text(), "go");
    quiet().await;
    assert_eq!(log.all(), ["end of input"]);
}

#[tokio::test(start_paused = true)]
async fn a_running_turn_that_is_dropped_last_is_interrupted_before_the_end_of_input() {
    let log = Log::default();
    let lines = log.clone();
    let transport = cli(move |_, mut cli| {
        let lines = lines.clone();
        async move {
            cli.handshake().await;
            let (uuid, _) = cli.prompt().await;
            cli.write(init(&uuid)).await;
            while let Some(line) = cli.read().await {
                lines.push(line["request"]["subtype"].to_string());
            }
            cli.write(crate::support::cli::aborted(&uuid)).await;
            lines.push("exit");
            Exit::from_code(0)
        }
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let mut turn = session.query("go");
    turn.next().await.unwrap().unwrap();
    drop(session);
    quiet().await;
    assert_eq!(log.len(), 0);
    drop(turn);
    quiet().await;
    assert_eq!(log.all(), ["\"interrupt\"", "exit"]);
}

#[test]
fn a_handle_may_be_dropped_outside_its_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let log = Log::default();
    let session = Session::builder().transport(watched(&log)).start().unwrap();
    assert_eq!(runtime.block_on(read(session.query("go"))).text(), "go");
    drop(session);
    let ended = async {
        while log.len() == 0 {
            tokio::task::yield_now().await;
        }
    };
    runtime.block_on(ended);
}

#[test]
fn a_turn_whose_runtime_is_shut_down_gets_an_error() {
    let own = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let other = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        std::future::pending().await
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let mut events = session.events();
    let mut turn = session.query("go");
    let mut waiting = session.query("waits");
    own.block_on(async {
        turn.next().await.unwrap().unwrap();
        assert!(
            std::future::poll_fn(|cx| Poll::Ready(waiting.poll_next_unpin(cx).is_pending())).await
        );
    });
    let reader = std::thread::spawn(move || {
        other.block_on(async { (read(turn).await, read(waiting).await) })
    });
    drop(own);
    let (turn, waiting) = reader.join().unwrap();
    assert!(turn.error().is_stopped(), "{:?}", turn.error);
    assert!(waiting.error().is_stopped(), "{:?}", waiting.error);
    let late = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    late.block_on(async {
        assert!(read(session.query("late")).await.error().is_stopped());
        assert!(session.connect().await.unwrap_err().is_stopped());
        while events.next().await.is_some() {}
    });
}

#[test]
fn a_turn_whose_runtime_never_ran_gets_an_error() {
    let own = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let session = Session::builder().transport(echo()).start().unwrap();
    let mut turn = session.query("go");
    {
        let _inside = own.enter();
        assert!(turn.poll_next_unpin(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    drop(own);
    let other = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let turn = other.block_on(async {
        tokio::time::timeout(std::time::Duration::from_secs(20), read(turn)).await
    });
    assert!(turn.expect("an end").error().is_stopped());
}

#[tokio::test(start_paused = true)]
async fn a_session_and_its_turns_move_between_tasks() {
    fn assert_shared<T: Clone + Send + Sync + 'static>(_: &T) {}
    fn assert_sent<T: Send + 'static>(_: &T) {}
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        quiet().await;
        cli.write(result(&uuid, "moved")).await;
        cli.drain().await;
        Exit::from_code(0)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    assert_shared(&session);
    let mut turn = session.query("go");
    assert_sent(&turn);
    turn.next().await.unwrap().unwrap();
    assert_eq!(tokio::spawn(read(turn)).await.unwrap().text(), "moved");
}
