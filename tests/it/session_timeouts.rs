//! The limits of a turn, and the state of the session afterwards.

use std::sync::Arc;
use std::time::Duration;

use crate::support::ask::ask;
use crate::support::cli::{
    Launches, SESSION, aborted, assistant, cli, first, init, result, success,
};
use crate::support::read::{ended_well, read};
use claude_wire::Session;
use claude_wire::supervisor::{ChildSpec, Supervisor};
use claude_wire::transport::{Exit, Memory};
use serde_json::json;
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

/// In the first turn the CLI is silent until it is interrupted; then it writes something, aborts,
/// and continues as usual.
fn hangs_once() -> Memory {
    cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        cli.acknowledge("interrupt").await;
        cli.write(assistant("aborted text")).await;
        cli.write(aborted(&uuid)).await;
        cli.serve().await
    })
}

#[tokio::test(start_paused = true)]
async fn an_overdue_turn_is_interrupted_and_the_session_continues() {
    let session = Session::builder().timeout(7 * SECOND).transport(hangs_once()).start().unwrap();
    let start = Instant::now();
    let first = read(session.query("first")).await;
    assert_eq!(first.kinds(), ["system"]);
    assert!(first.error().is_timeout() && !first.error().is_idle_timeout(), "{:?}", first.error);
    assert!(first.error().to_string().contains("7s"), "{:?}", first.error);
    assert_eq!(start.elapsed(), 7 * SECOND);
    assert_eq!(read(session.query("second")).await.text(), "second");
    assert_eq!(session.stats().lines.drained, 2, "what the CLI said after the interrupt");
    ended_well(&session).await;
}

/// How a CLI may react to the interrupt of a turn that has begun.
#[derive(Clone, Copy, Debug)]
enum Stubborn {
    /// It no longer reads.
    Deaf,
    /// It acknowledges the interrupt and stays silent.
    Silent,
    /// It acknowledges the interrupt and keeps writing.
    Chatty,
    /// It ends the turn properly, but slowly.
    Slow,
}

/// The first process is stubborn, the second one serves.
fn stubborn(launches: &Launches, how: Stubborn) -> Memory {
    first(launches, move |mut cli, uuid| async move {
        cli.write(init(&uuid)).await;
        let mut control = cli.control.clone();
        let life = async {
            if !matches!(how, Stubborn::Deaf) {
                cli.acknowledge("interrupt").await;
            }
            match how {
                Stubborn::Deaf | Stubborn::Silent => std::future::pending().await,
                Stubborn::Chatty => loop {
                    cli.write(assistant("still there")).await;
                    sleep(SECOND / 10).await;
                },
                Stubborn::Slow => {
                    sleep(2 * SECOND).await;
                    cli.write(aborted(&uuid)).await;
                    cli.serve().await
                }
            }
        };
        tokio::select! {
            exit = life => exit,
            _ = control.signal() => Exit::from_code(143),
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_timeout_is_reported_on_time_whatever_the_cli_does() {
    for how in [Stubborn::Deaf, Stubborn::Silent, Stubborn::Chatty, Stubborn::Slow] {
        for idle in [false, true] {
            let launches = Launches::default();
            let builder = Session::builder().drain_timeout(10 * SECOND);
            let session = builder.transport(stubborn(&launches, how)).start().unwrap();
            let start = Instant::now();
            let query = session.query("first");
            let query =
                if idle { query.idle_timeout(3 * SECOND) } else { query.timeout(3 * SECOND) };
            let error = query.text().await.unwrap_err();
            assert_eq!(error.is_idle_timeout(), idle, "{how:?}: {error}");
            assert_eq!(start.elapsed(), 3 * SECOND, "{how:?}");
            assert_eq!(error.messages_seen(), 1, "{how:?}: {error}");
            // The drain does not count towards the limit of the turn that waits for it.
            let text = session.query("second").timeout(SECOND).text().await;
            assert_eq!(text.unwrap(), "second", "{how:?}");
            let stays = matches!(how, Stubborn::Slow);
            assert_eq!(start.elapsed(), if stays { 5 } else { 13 } * SECOND, "{how:?}");
            assert_eq!(launches.len(), if stays { 1 } else { 2 }, "{how:?}");
            ended_well(&session).await;
        }
    }
}

/// Also those of one supervisor, over restarts: the guide's "quick" and "analysis".
#[tokio::test(start_paused = true)]
async fn each_session_of_a_supervisor_has_its_own_limit() {
    let limits = [("quick", 30 * SECOND), ("analysis", 600 * SECOND)];
    let children = limits.map(|(key, limit)| {
        let transport = Arc::new(hangs_once());
        ChildSpec::<String>::new(key, move || {
            Session::builder().transport(transport.clone()).timeout(limit)
        })
    });
    let supervisor = Supervisor::builder().children(children).start().await.unwrap();
    for round in 0..2 {
        for (key, limit) in limits {
            let session = supervisor.session(&key.to_owned()).unwrap();
            let start = Instant::now();
            let late = session.query("hang").await.unwrap().text().await.unwrap_err();
            assert!(late.is_timeout(), "{key} {round}: {late}");
            assert_eq!(start.elapsed(), limit, "{key} {round}");
            assert_eq!(session.query("next").await.unwrap().text().await.unwrap(), "next");
            supervisor.restart_session(&key.to_owned()).await.unwrap();
        }
    }
    supervisor.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_limit_of_a_turn_overrides_that_of_the_session() {
    let session = Session::builder().timeout(7 * SECOND).transport(hangs_once()).start().unwrap();
    let start = Instant::now();
    assert!(read(session.query("first").timeout(2 * SECOND)).await.error().is_timeout());
    assert_eq!(start.elapsed(), 2 * SECOND);
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn the_default_timeout_is_five_minutes() {
    let session = Session::builder().transport(hangs_once()).start().unwrap();
    let start = Instant::now();
    assert!(read(session.query("first")).await.error().is_timeout());
    assert_eq!(start.elapsed(), Duration::from_secs(300));
    ended_well(&session).await;
}

/// The CLI needs a day.
fn slow() -> Memory {
    cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        sleep(Duration::from_secs(24 * 3600)).await;
        cli.write(result(&uuid, "at last")).await;
        cli.drain().await;
        Exit::from_code(0)
    })
}

#[tokio::test(start_paused = true)]
async fn a_turn_may_have_no_limit() {
    let session = Session::builder().timeout(SECOND).transport(slow()).start().unwrap();
    assert_eq!(read(session.query("slow").no_timeout()).await.text(), "at last");
    ended_well(&session).await;
    let session = Session::builder().no_timeout().transport(slow()).start().unwrap();
    assert_eq!(read(session.query("slow")).await.text(), "at last");
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn the_wait_in_the_queue_does_not_count() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        for _ in 0..3 {
            let (uuid, _) = cli.prompt().await;
            sleep(4 * SECOND).await;
            cli.turn(&uuid, "done").await;
        }
        cli.drain().await;
        Exit::from_code(0)
    });
    let session = Session::builder().timeout(5 * SECOND).transport(transport).start().unwrap();
    let (one, two, three) =
        tokio::join!(read(session.query("1")), read(session.query("2")), read(session.query("3")));
    assert_eq!([one.text(), two.text(), three.text()], ["done"; 3]);
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn only_silence_counts_for_the_idle_timeout() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        for _ in 0..10 {
            sleep(4 * SECOND).await;
            cli.write(assistant("still there")).await;
        }
        cli.acknowledge("interrupt").await;
        cli.write(aborted(&uuid)).await;
        cli.serve().await
    });
    let session = Session::builder().idle_timeout(5 * SECOND).transport(transport).start().unwrap();
    let start = Instant::now();
    let turn = read(session.query("go")).await;
    assert!(turn.error().is_timeout() && turn.error().is_idle_timeout(), "{:?}", turn.error);
    assert_eq!(turn.lines.len(), 11);
    assert_eq!(start.elapsed(), 45 * SECOND);
    assert_eq!(read(session.query("second")).await.text(), "second");
    ended_well(&session).await;
}

/// The CLI works for a minute as these lines show, and then becomes silent.
async fn works_and_hangs(lines: Vec<serde_json::Value>, then: Vec<serde_json::Value>) {
    let transport = cli(move |_, mut cli| {
        let (lines, then) = (lines.clone(), then.clone());
        async move {
            cli.handshake().await;
            let (uuid, _) = cli.prompt().await;
            cli.write(init(&uuid)).await;
            for line in lines {
                cli.write(line).await;
            }
            sleep(60 * SECOND).await;
            for line in then {
                cli.write(line).await;
            }
            cli.acknowledge("interrupt").await;
            cli.write(aborted(&uuid)).await;
            cli.serve().await
        }
    });
    let session = Session::builder().idle_timeout(5 * SECOND).transport(transport).start().unwrap();
    let start = Instant::now();
    assert!(read(session.query("go")).await.error().is_idle_timeout());
    assert_eq!(start.elapsed(), 65 * SECOND);
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn a_tool_or_a_compaction_is_not_silence() {
    let tool = json!({"type": "tool_use", "id": "t1", "name": "Bash", "input": {}});
    let called = json!({"type": "assistant", "message": {"id": "m", "content": [tool]},
        "parent_tool_use_id": null});
    let result = json!({"type": "tool_result", "tool_use_id": "t1", "content": "A"});
    let returned = json!({"type": "user", "message": {"role": "user", "content": [result]},
        "parent_tool_use_id": null});
    works_and_hangs(vec![called], vec![returned]).await;
    let status = |status: serde_json::Value| json!({"type": "system", "subtype": "status", "status": status});
    works_and_hangs(vec![status("compacting".into())], vec![status(json!(null))]).await;
}

const PERMISSION: &str = r#"{"subtype":"can_use_tool","tool_name":"Bash","input":{}}"#;

#[tokio::test(start_paused = true)]
async fn a_pending_request_to_the_host_is_not_silence() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        cli.write(ask("p", PERMISSION)).await;
        let answer = cli.read().await.unwrap();
        assert_eq!(answer["response"]["response"]["behavior"], "allow", "{answer}");
        sleep(4 * SECOND).await;
        cli.write(result(&uuid, "asked")).await;
        cli.drain().await;
        Exit::from_code(0)
    });
    let session = Session::builder()
        .idle_timeout(5 * SECOND)
        .on_permission(|_| async {
            sleep(100 * SECOND).await;
            claude_wire::Decision::allow()
        })
        .transport(transport)
        .start()
        .unwrap();
    assert_eq!(read(session.query("go")).await.text(), "asked");
    ended_well(&session).await;
}

/// A hook may settle the request while a human still considers it.
#[tokio::test(start_paused = true)]
async fn a_cancelled_request_ends_the_silence() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        cli.write(ask("p", PERMISSION)).await;
        sleep(100 * SECOND).await;
        cli.write(json!({"type": "control_cancel_request", "request_id": "p"})).await;
        sleep(4 * SECOND).await;
        cli.write(result(&uuid, "settled")).await;
        cli.drain().await;
        Exit::from_code(0)
    });
    let session = Session::builder()
        .idle_timeout(5 * SECOND)
        .on_permission(|_| std::future::pending())
        .transport(transport)
        .start()
        .unwrap();
    assert_eq!(read(session.query("go")).await.text(), "settled");
    ended_well(&session).await;
}

/// The CLI acknowledges the interrupt and continues; it ends at SIGTERM. The second process serves.
fn never_aborts(launches: &Launches) -> Memory {
    first(launches, |mut cli, uuid| async move {
        cli.write(init(&uuid)).await;
        cli.acknowledge("interrupt").await;
        let mut control = cli.control.clone();
        tokio::select! {
            Some(line) = cli.read() => panic!("{line:?} after the interrupt"),
            _ = control.signal() => Exit::from_code(143),
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_cli_that_does_not_abort_is_replaced_and_the_conversation_resumed() {
    let launches = Launches::default();
    let session = Session::builder()
        .timeout(SECOND)
        .drain_timeout(3 * SECOND)
        .transport(never_aborts(&launches))
        .start()
        .unwrap();
    let start = Instant::now();
    let turn = read(session.query("first")).await;
    assert!(turn.error().is_timeout(), "{:?}", turn.error);
    assert_eq!(turn.kinds(), ["system"]);
    assert_eq!(start.elapsed(), SECOND);
    assert_eq!(launches.flag(0, "--resume"), None);
    assert_eq!(read(session.query("second")).await.text(), "second");
    assert_eq!(start.elapsed(), 4 * SECOND, "the next turn waits for the drain");
    assert_eq!(launches.len(), 2);
    assert_eq!(launches.flag(1, "--resume").as_deref(), Some(SESSION));
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn a_drain_without_a_limit_interrupts_once_and_waits() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        let interrupt = cli.request("interrupt").await;
        cli.write(success(&interrupt, json!({}))).await;
        tokio::select! {
            biased;
            line = cli.read() => panic!("{line:?} after the interrupt"),
            () = sleep(3600 * SECOND) => {}
        }
        cli.write(aborted(&uuid)).await;
        cli.serve().await
    });
    let session = Session::builder()
        .timeout(SECOND)
        .drain_timeout(Duration::MAX)
        .transport(transport)
        .start()
        .unwrap();
    let start = Instant::now();
    assert!(read(session.query("first")).await.error().is_timeout());
    assert_eq!(start.elapsed(), SECOND);
    assert_eq!(read(session.query("second")).await.text(), "second");
    assert_eq!(start.elapsed(), 3601 * SECOND);
    ended_well(&session).await;
}
