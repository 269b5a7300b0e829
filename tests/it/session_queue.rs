//! One turn at a time, for any number of callers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::cli::{FakeCli, Log, cli, echo};
use crate::support::read::{begin, ended_well, quiet, read};
use claude_wire::Session;
use claude_wire::transport::Exit;
use tokio::sync::Notify;

/// Fails if a second prompt comes before the result of the first.
async fn serve_strictly(mut cli: FakeCli) -> Exit {
    cli.handshake().await;
    while let Some(line) = cli.read().await {
        let text = line["message"]["content"].as_str().unwrap_or_default().to_string();
        tokio::select! {
            biased;
            early = cli.read() => panic!("{early:?} came within the turn of {text}"),
            () = quiet() => {}
        }
        cli.turn(line["uuid"].as_str().unwrap_or_default(), &text).await;
    }
    Exit::from_code(0)
}

#[tokio::test(start_paused = true)]
async fn concurrent_tasks_are_served_one_after_another() {
    let session = Session::builder().transport(cli(|_, cli| serve_strictly(cli))).start().unwrap();
    let tasks: Vec<_> = (0..50)
        .map(|n| {
            let session = session.clone();
            tokio::spawn(async move {
                assert_eq!(
                    read(session.query(format!("prompt {n}"))).await.text(),
                    format!("prompt {n}")
                )
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    ended_well(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn threads_are_served_too() {
    let running = Arc::new(AtomicUsize::new(0));
    let seen = running.clone();
    let transport = cli(move |_, mut cli| {
        let running = seen.clone();
        async move {
            cli.handshake().await;
            while let Some(line) = cli.read().await {
                assert_eq!(running.fetch_add(1, Ordering::SeqCst), 0);
                let text = line["message"]["content"].as_str().unwrap_or_default();
                let uuid = line["uuid"].as_str().unwrap_or_default();
                cli.write(crate::support::cli::init(uuid)).await;
                running.fetch_sub(1, Ordering::SeqCst);
                cli.write(crate::support::cli::result(uuid, text)).await;
            }
            Exit::from_code(0)
        }
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let session = session.clone();
            tokio::spawn(async move {
                for n in 0..25 {
                    let text = format!("{task}/{n}");
                    assert_eq!(read(session.query(&text)).await.text(), text);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_rejects_only_the_new_prompt() {
    let session = Session::builder().max_queue(2).transport(echo()).start().unwrap();
    session.connect().await.unwrap();
    let mut turns: Vec<_> = (0..3).map(|n| session.query(format!("{n}"))).collect();
    for turn in &mut turns {
        begin(turn);
    }
    let refused = read(session.query("too many")).await;
    assert!(refused.error().is_queue_full(), "{:?}", refused.error);
    assert!(refused.lines.is_empty());
    for (n, turn) in turns.into_iter().enumerate() {
        assert_eq!(read(turn).await.text(), n.to_string());
    }
    assert_eq!(read(session.query("again")).await.text(), "again");
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn the_length_of_the_queue_is_reported() {
    let go = Arc::new(Notify::new());
    let gate = go.clone();
    let transport = cli(move |_, mut cli| {
        let gate = gate.clone();
        async move {
            cli.handshake().await;
            for _ in 0..3 {
                let (uuid, _) = cli.prompt().await;
                gate.notified().await;
                cli.turn(&uuid, "done").await;
            }
            cli.drain().await;
            Exit::from_code(0)
        }
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let tasks: Vec<_> = (0..3).map(|_| tokio::spawn(read(session.query("go")))).collect();
    for left in [2, 1, 0] {
        quiet().await;
        assert_eq!(session.queue_len(), left);
        go.notify_one();
    }
    for task in tasks {
        assert_eq!(task.await.unwrap().text(), "done");
    }
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn a_turn_dropped_while_queued_is_never_executed() {
    let (go, prompts) = (Arc::new(Notify::new()), Log::default());
    let (gate, log) = (go.clone(), prompts.clone());
    let transport = cli(move |_, mut cli| {
        let (gate, log) = (gate.clone(), log.clone());
        async move {
            cli.handshake().await;
            while let Some(line) = cli.read().await {
                assert_eq!(line["type"], "user", "{line}");
                log.push(line["message"]["content"].as_str().unwrap_or_default());
                gate.notified().await;
                cli.turn(line["uuid"].as_str().unwrap_or_default(), "done").await;
            }
            Exit::from_code(0)
        }
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let first = tokio::spawn(read(session.query("first")));
    quiet().await;
    let dropped = tokio::spawn(read(session.query("dropped")));
    quiet().await;
    let third = tokio::spawn(read(session.query("third")));
    quiet().await;
    assert_eq!(session.queue_len(), 2);
    dropped.abort();
    quiet().await;
    assert_eq!(session.queue_len(), 1);
    for task in [first, third] {
        go.notify_one();
        assert_eq!(task.await.unwrap().text(), "done");
    }
    assert_eq!(prompts.all(), ["first", "third"]);
    ended_well(&session).await;
}
