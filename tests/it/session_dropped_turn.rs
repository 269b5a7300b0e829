//! A dropped turn is interrupted, and its remaining lines are discarded.

use crate::support::cli::{SESSION, aborted, assistant, cli, init, success};
use crate::support::read::{ended_well, quiet, read};
use claude_wire::Session;
use claude_wire::transport::Exit;
use serde_json::json;

#[tokio::test(start_paused = true)]
async fn the_tail_is_discarded_before_the_next_prompt_is_written() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (first, _) = cli.prompt().await;
        cli.write(init(&first)).await;
        cli.write(assistant("a piece")).await;
        let interrupt = cli.request("interrupt").await;
        cli.write(success(&interrupt, json!({"still_queued": []}))).await;
        for n in 0..100 {
            cli.write(assistant(&format!("tail {n}"))).await;
        }
        tokio::select! {
            biased;
            early = cli.read() => panic!("{early:?} came before the aborted result"),
            () = quiet() => {}
        }
        cli.write(aborted(&first)).await;
        let (second, content) = cli.prompt().await;
        assert_eq!(content, "second");
        cli.turn(&second, "two").await;
        cli.drain().await;
        Exit::from_code(0)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let mut turn = session.query("first");
    assert_eq!(turn.next().await.unwrap().unwrap().frame().kind_name(), "system");
    drop(turn);
    let second = read(session.query("second")).await;
    assert_eq!(second.kinds(), ["system", "assistant", "result"]);
    assert_eq!(second.text(), "two");
    let stats = session.stats();
    assert_eq!(
        stats.unread_messages + stats.lines.drained,
        102,
        "the piece, the tail and the result: {stats:?}"
    );
    ended_well(&session).await;
}

/// CLI 2.1.329 acknowledges an interrupt that comes before it has begun the turn, without effect.
#[tokio::test(start_paused = true)]
async fn a_turn_dropped_before_the_cli_begins_it_is_interrupted_when_it_begins() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (first, _) = cli.prompt().await;
        cli.acknowledge("interrupt").await;
        cli.write(init(&first)).await;
        cli.acknowledge("interrupt").await;
        cli.write(aborted(&first)).await;
        let (second, _) = cli.prompt().await;
        cli.turn(&second, "two").await;
        cli.drain().await;
        Exit::from_code(0)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let first = tokio::spawn(read(session.query("first")));
    quiet().await;
    first.abort();
    assert_eq!(read(session.query("second")).await.text(), "two");
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_is_dropped_after_its_end_interrupts_nothing() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        for text in ["one", "two"] {
            let (uuid, _) = cli.prompt().await;
            cli.turn(&uuid, text).await;
        }
        assert_eq!(cli.read().await, None);
        Exit::from_code(0)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let mut half_read = session.query("first");
    half_read.next().await.unwrap().unwrap();
    quiet().await;
    drop(half_read);
    assert_eq!(read(session.query("second")).await.text(), "two");
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn a_cli_that_never_ends_the_dropped_turn_is_replaced() {
    let launches = crate::support::cli::Launches::default();
    let noted = launches.clone();
    let transport = cli(move |launch, mut cli| {
        let process = noted.note(launch);
        async move {
            cli.handshake().await;
            let (uuid, _) = cli.prompt().await;
            cli.write(init(&uuid)).await;
            if process == 0 {
                cli.acknowledge("interrupt").await;
                cli.control.signal().await;
                return Exit::from_code(143);
            }
            cli.write(crate::support::cli::result(&uuid, "two")).await;
            cli.drain().await;
            Exit::from_code(0)
        }
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let mut turn = session.query("first");
    turn.next().await.unwrap().unwrap();
    drop(turn);
    assert_eq!(read(session.query("second")).await.text(), "two");
    assert_eq!(launches.flag(1, "--resume").as_deref(), Some(SESSION));
    ended_well(&session).await;
}
