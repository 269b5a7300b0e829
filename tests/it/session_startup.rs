//! A CLI that fails to start: each waiter gets its own error, and nothing loops.

use std::time::Duration;

use crate::support::cli::{Launches, SESSION, cli, init, refusal, result, success};
use crate::support::read::{ended_well, read};
use claude_wire::Session;
use claude_wire::transport::{
    BoxFuture, CliPath, Connection, Exit, Launch, Memory, Process, Transport,
};
use serde_json::{Map, json};
use tokio::time::Instant;

/// A CLI that exits during the handshake, with the number of its process on stderr.
fn dying(launches: &Launches) -> Memory {
    let launches = launches.clone();
    cli(move |launch, mut cli| {
        let process = launches.note(launch);
        async move {
            cli.request("initialize").await;
            cli.complain(&format!("error: start {process} failed\n")).await;
            Exit::from_code(1)
        }
    })
}

#[tokio::test(start_paused = true)]
async fn an_exit_during_the_handshake_is_reported_at_once_with_its_reason() {
    let launches = Launches::default();
    let session = Session::builder().transport(dying(&launches)).start().unwrap();
    let start = Instant::now();
    let error = session.connect().await.unwrap_err();
    assert!(error.is_process(), "{error}");
    assert_eq!(
        (error.exit(), error.stderr_tail()),
        (Some(&Exit::from_code(1)), "error: start 0 failed\n")
    );
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    assert_eq!(launches.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn each_waiting_prompt_fails_with_its_own_start() {
    let launches = Launches::default();
    let session = Session::builder().transport(dying(&launches)).start().unwrap();
    let turns: Vec<_> = (0..4).map(|n| tokio::spawn(read(session.query(format!("{n}"))))).collect();
    let mut reasons = Vec::new();
    for turn in turns {
        let turn = turn.await.unwrap();
        assert!(turn.error().is_process());
        reasons.push(turn.error().stderr_tail().to_string());
    }
    assert_eq!(reasons, (0..4).map(|n| format!("error: start {n} failed\n")).collect::<Vec<_>>());
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(launches.len(), 4, "no prompt waits any more, and nothing is started");
}

#[tokio::test(start_paused = true)]
async fn a_request_fails_with_the_start_that_it_caused() {
    let launches = Launches::default();
    let session = Session::builder().transport(dying(&launches)).start().unwrap();
    assert!(session.control("get_usage", Map::new()).await.unwrap_err().is_process());
    assert_eq!(launches.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_limit_of_the_handshake() {
    let transport = cli(|_, mut cli| async move {
        cli.complain("waiting for a server\n").await;
        cli.control.signal().await;
        Exit::from_code(143)
    });
    let session = Session::builder()
        .initialize_timeout(Duration::from_secs(7))
        .transport(transport)
        .start()
        .unwrap();
    let start = Instant::now();
    let turn = read(session.query("go")).await;
    assert!(
        turn.error().is_timeout() && turn.error().to_string().contains("initialize"),
        "{:?}",
        turn.error
    );
    assert_eq!(turn.error().stderr_tail(), "waiting for a server\n");
    assert_eq!(start.elapsed(), Duration::from_secs(7));
    assert_eq!(session.stop().await.unwrap(), Some(Exit::from_code(143)));
}

/// How a CLI closes its pipes during the handshake while it runs on until SIGTERM.
#[derive(Clone, Copy, Debug)]
enum Closes {
    StdinUnread,
    StdinRead,
    Stdout,
    Both,
}

#[tokio::test(start_paused = true)]
async fn a_pipe_closed_during_the_handshake_is_noticed_at_once() {
    for how in [Closes::StdinUnread, Closes::StdinRead, Closes::Stdout, Closes::Both] {
        let launches = Launches::default();
        let noted = launches.clone();
        let transport = cli(move |launch, mut cli| {
            let process = noted.note(launch);
            async move {
                if process > 0 {
                    return cli.serve().await;
                }
                cli.complain("no terminal\n").await;
                if !matches!(how, Closes::StdinUnread) {
                    cli.request("initialize").await;
                    // Something else fails after a while.
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                if !matches!(how, Closes::Stdout) {
                    cli.close_stdin();
                }
                if matches!(how, Closes::Stdout | Closes::Both) {
                    cli.close_stdout();
                }
                cli.control.signal().await;
                Exit::from_code(143)
            }
        });
        let session = Session::builder().transport(transport).start().unwrap();
        let start = Instant::now();
        let (turn, connect) = tokio::join!(read(session.query("go")), session.connect());
        assert!(start.elapsed() < Duration::from_secs(3), "{how:?}: {:?}", start.elapsed());
        let pipe = if matches!(how, Closes::Stdout | Closes::Both) { "output" } else { "input" };
        for error in [&connect.unwrap_err(), turn.error()] {
            assert!(error.is_closed() && !error.is_timeout(), "{how:?}: {error}");
            assert!(error.to_string().contains(&format!("standard {pipe}")), "{how:?}: {error}");
            assert_eq!(error.stderr_tail(), "no terminal\n", "{how:?}");
        }
        assert_eq!(read(session.query("again")).await.text(), "again");
        assert_eq!(launches.len(), 2);
        ended_well(&session).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_cli_that_closes_its_pipes_and_exits_a_little_later_is_reported_by_its_exit() {
    let transport = cli(|_, mut cli| async move {
        cli.request("initialize").await;
        cli.close_stdin();
        cli.close_stdout();
        tokio::time::sleep(Duration::from_millis(400)).await;
        cli.complain("bad configuration\n").await;
        Exit::from_code(7)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let error = session.connect().await.unwrap_err();
    assert!(error.is_process(), "{error}");
    assert_eq!(error.exit(), Some(&Exit::from_code(7)));
    assert_eq!(error.stderr_tail(), "bad configuration\n");
}

/// A transport that never opens.
struct Stuck;

impl Transport for Stuck {
    fn open(&self, _: Launch) -> BoxFuture<'_, Result<Connection, claude_wire::transport::Error>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn a_transport_that_does_not_open_counts_against_the_same_limit() {
    let session = Session::builder()
        .initialize_timeout(Duration::from_secs(7))
        .transport(Stuck)
        .start()
        .unwrap();
    let start = Instant::now();
    let turn = read(session.query("go")).await;
    assert!(turn.error().is_timeout(), "{:?}", turn.error);
    assert_eq!(start.elapsed(), Duration::from_secs(7));
}

#[tokio::test(start_paused = true)]
async fn a_refused_handshake_has_the_text_of_the_cli() {
    let transport = cli(|_, mut cli| async move {
        let initialize = cli.request("initialize").await;
        cli.write(refusal(&initialize, "no such agent")).await;
        cli.control.signal().await;
        Exit::from_code(143)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let turn = read(session.query("go")).await;
    assert_eq!(
        turn.error().refusal().map(|refusal| refusal.error()),
        Some("no such agent"),
        "{:?}",
        turn.error
    );
}

#[tokio::test]
async fn a_missing_cli_is_named() {
    let session = Session::builder().cli_path("/nowhere/claude").start().unwrap();
    for _ in 0..2 {
        let turn = read(session.query("go")).await;
        assert!(turn.error().is_start(), "{:?}", turn.error);
        assert!(turn.error().transport_error().is_some());
        assert!(turn.error().to_string().contains("/nowhere/claude"), "{:?}", turn.error);
    }
    assert_eq!(session.stop().await.unwrap(), None);
    let process = Session::builder()
        .transport(Process::new(CliPath::Explicit("/nowhere/claude".into())))
        .start()
        .unwrap();
    assert!(process.connect().await.unwrap_err().is_start());
}

/// The CLI does not know the session id: an error result before the handshake is answered, and exit
/// code 1.
fn resumes_nothing(launches: &Launches) -> Memory {
    let launches = launches.clone();
    cli(move |launch, mut cli| {
        let process = launches.note(launch);
        async move {
            cli.request("initialize").await;
            cli.complain(&format!("start {process}: No conversation found\n")).await;
            cli.write(json!({"type": "result", "subtype": "error_during_execution", "is_error": true, "session_id": SESSION,
                "errors": [format!("start {process}: No conversation found")]}))
                .await;
            Exit::from_code(1)
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_result_before_the_handshake_is_the_answer_to_the_first_prompt_only() {
    let launches = Launches::default();
    let session = Session::builder().transport(resumes_nothing(&launches)).start().unwrap();
    let turns: Vec<_> = (0..3).map(|n| tokio::spawn(read(session.query(format!("{n}"))))).collect();
    for (n, turn) in turns.into_iter().enumerate() {
        let turn = turn.await.unwrap();
        assert_eq!(
            turn.values().last().unwrap()["errors"][0],
            format!("start {n}: No conversation found")
        );
        assert!(turn.error.is_none());
    }
    assert_eq!(launches.len(), 3);
    assert_eq!(session.session_id(), None, "an unknown id is not confirmed");
}

#[tokio::test(start_paused = true)]
async fn the_next_query_after_a_failed_start_tries_again() {
    let launches = Launches::default();
    let noted = launches.clone();
    let transport = cli(move |launch, mut cli| {
        let process = noted.note(launch);
        async move {
            if process == 0 {
                cli.request("initialize").await;
                return Exit::from_code(1);
            }
            cli.serve().await
        }
    });
    let session = Session::builder().transport(transport).start().unwrap();
    assert!(read(session.query("one")).await.error().is_process());
    assert_eq!(read(session.query("two")).await.text(), "two");
    ended_well(&session).await;
}

/// The official SDKs see these lines in the first second.
#[tokio::test(start_paused = true)]
async fn lines_before_the_handshake_are_events() {
    let transport = cli(|_, mut cli| async move {
        cli.write("starting up").await;
        cli.write(
            json!({"type": "system", "subtype": "hook_started", "hook_name": "SessionStart"}),
        )
        .await;
        let initialize = cli.request("initialize").await;
        cli.write(json!({"type": "keep_alive"})).await;
        cli.write(success(&initialize, json!({}))).await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        cli.write(result(&uuid, "done")).await;
        cli.drain().await;
        Exit::from_code(0)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let turn = read(session.query("go")).await;
    assert_eq!(
        (turn.kinds(), turn.text()),
        (vec!["system".into(), "result".into()], "done".into())
    );
    assert_eq!((session.stats().lines.noise, session.stats().lines.keep_alives), (1, 1));
    ended_well(&session).await;
}
