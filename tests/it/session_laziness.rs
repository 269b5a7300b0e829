//! Nothing happens before it is requested.

use std::task::{Context, Poll, Waker};

use crate::support::cli::{Launches, Log, cli};
use crate::support::read::{begin, ended_well, quiet, read};
use claude_wire::Session;
use claude_wire::transport::{BoxFuture, Connection, Error, Exit, Launch, Memory, Transport};
use futures_util::{FutureExt, StreamExt};
use serde_json::json;

/// A CLI that serves and logs each launch and each prompt.
fn served(launches: &Launches, prompts: &Log) -> Memory {
    let (launches, prompts) = (launches.clone(), prompts.clone());
    cli(move |launch, mut cli| {
        launches.note(launch);
        let prompts = prompts.clone();
        async move {
            cli.handshake().await;
            while let Some(line) = cli.read().await {
                let text = line["message"]["content"].as_str().unwrap_or_default();
                prompts.push(text);
                cli.turn(line["uuid"].as_str().unwrap_or_default(), text).await;
            }
            Exit::from_code(0)
        }
    })
}

#[test]
fn a_session_is_made_without_a_runtime_and_connects_nothing() {
    let launches = Launches::default();
    let session = Session::builder().transport(served(&launches, &Log::default())).start().unwrap();
    let turn = session.query("never polled");
    assert_eq!(
        (session.session_id(), session.pid(), session.exit(), session.queue_len()),
        (None, None, None, 0)
    );
    assert_eq!((session.stderr_tail(), session.stats()), (String::new(), Default::default()));
    drop(turn);
    drop(session);
    assert_eq!(launches.len(), 0);
}

#[test]
fn a_refused_option_is_reported_at_once() {
    let launches = Launches::default();
    let error = Session::builder()
        .max_turns(0)
        .transport(served(&launches, &Log::default()))
        .start()
        .unwrap_err();
    assert!(error.is_option(), "{error}");
    assert_eq!(error.option_error().unwrap().field(), "max_turns");
    assert_eq!(launches.len(), 0);
}

#[test]
fn a_turn_polled_without_a_runtime_reports_it() {
    let session = Session::builder()
        .transport(served(&Launches::default(), &Log::default()))
        .start()
        .unwrap();
    let mut turn = session.query("no runtime");
    let Poll::Ready(Some(Err(error))) =
        turn.poll_next_unpin(&mut Context::from_waker(Waker::noop()))
    else {
        panic!("polled")
    };
    assert!(error.is_start() && error.to_string().contains("runtime"), "{error}");
    assert!(matches!(
        turn.poll_next_unpin(&mut Context::from_waker(Waker::noop())),
        Poll::Ready(None)
    ));
}

#[tokio::test(start_paused = true)]
async fn an_unpolled_turn_sends_nothing_and_its_drop_does_nothing() {
    let (launches, prompts) = (Launches::default(), Log::default());
    let session = Session::builder().transport(served(&launches, &prompts)).start().unwrap();
    drop(session.query("dropped before the start"));
    let unpolled = session.query("dropped at the end");
    quiet().await;
    assert_eq!(launches.len(), 0);
    assert_eq!(read(session.query("one")).await.text(), "one");
    drop(session.query("dropped in between"));
    quiet().await;
    assert_eq!(read(session.query("two")).await.text(), "two");
    drop(unpolled);
    quiet().await;
    assert_eq!(prompts.all(), ["one", "two"]);
    assert_eq!(launches.len(), 1);
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn the_first_poll_sends_the_prompt_not_the_query() {
    let prompts = Log::default();
    let session =
        Session::builder().transport(served(&Launches::default(), &prompts)).start().unwrap();
    let mut first = session.query("first made");
    let mut second = session.query("first polled");
    begin(&mut second);
    begin(&mut first);
    let (first, second) = tokio::join!(read(first), read(second));
    assert_eq!((first.text(), second.text()), ("first made".into(), "first polled".into()));
    assert_eq!(prompts.all(), ["first polled", "first made"]);
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn connect_opens_at_once_and_returns_the_reply_to_initialize() {
    let launches = Launches::default();
    let noted = launches.clone();
    let transport = cli(move |launch, mut cli| {
        noted.note(launch);
        async move {
            let line = cli.request("initialize").await;
            cli.write(crate::support::cli::success(&line, json!({"pid": 7}))).await;
            cli.serve().await
        }
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let reply = session.connect().await.unwrap();
    assert_eq!(reply.raw().unwrap().text(), r#"{"pid":7}"#);
    assert_eq!(launches.len(), 1);
    assert_eq!(
        session.connect().await.unwrap().raw().unwrap().text(),
        r#"{"pid":7}"#,
        "the CLI is already ready"
    );
    assert_eq!(read(session.query("hi")).await.text(), "hi");
    assert_eq!(launches.len(), 1);
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn dropping_connect_leaves_the_cli_starting() {
    let launches = Launches::default();
    let session = Session::builder().transport(served(&launches, &Log::default())).start().unwrap();
    assert!(session.connect().now_or_never().is_none());
    quiet().await;
    assert_eq!(launches.len(), 1);
    session.connect().await.unwrap();
    assert_eq!(launches.len(), 1);
    ended_well(&session).await;
}

/// A CLI whose start never completes.
struct Starting;

impl Transport for Starting {
    fn open(&self, _: Launch) -> BoxFuture<'_, Result<Connection, Error>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn a_query_that_connects_blocks_no_other_command() {
    let silent = || {
        cli(|_, mut cli| async move {
            cli.request("initialize").await;
            cli.control.signal().await;
            Exit::from_code(143)
        })
    };
    let transports: [Box<dyn Transport>; 2] = [Box::new(Starting), Box::new(silent())];
    for transport in transports {
        let session = Session::builder().transport(transport).start().unwrap();
        let (mut first, mut second) = (session.query("first"), session.query("second"));
        begin(&mut first);
        begin(&mut second);
        let mut model = Box::pin(session.set_model("opus"));
        assert!(model.as_mut().now_or_never().is_none(), "the prompt waits for the connection");
        quiet().await;

        let started = tokio::time::Instant::now();
        drop(second);
        assert_eq!((session.session_id(), session.stderr_tail()), (None, String::new()));
        let (first, model, _) = tokio::join!(read(first), model, session.stop());
        assert!(first.error().is_stopped(), "{:?}", first.error());
        assert!(model.is_err(), "{model:?}");
        assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    }
}
