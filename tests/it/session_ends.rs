//! However a CLI ends, every waiter gets an error with the reason.

use std::time::Duration;

use crate::support::cli::{FakeCli, Launches, assistant, init, result};
use crate::support::read::{ended_well, quiet, read};
use claude_wire::Session;
use claude_wire::transport::{Exit, Memory};
use serde_json::{Map, json};
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, sleep};

/// A CLI whose first process is `script`, from the `init` of its first turn on; the second process
/// serves.
fn first<F, Fut>(launches: &Launches, script: F) -> Memory
where
    F: Fn(FakeCli, String) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Exit> + Send + 'static,
{
    crate::support::cli::first(launches, move |mut cli, uuid| {
        let script = script.clone();
        async move {
            cli.write(init(&uuid)).await;
            script(cli, uuid).await
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_failure_carries_the_exit_and_the_tail_of_stderr() {
    let transport = first(&Launches::default(), |mut cli, _| async move {
        cli.write(assistant("half")).await;
        cli.complain("first line\nCredit balance is too low\n").await;
        Exit::from_code(1)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let turn = read(session.query("go")).await;
    assert_eq!(turn.kinds(), ["system", "assistant"]);
    let error = turn.error();
    assert!(error.is_process() && error.is_closed() && !error.is_ended_without_result(), "{error}");
    assert_eq!(error.exit(), Some(&Exit::from_code(1)));
    assert_eq!(error.stderr_tail(), "first line\nCredit balance is too low\n");
    assert!(
        error.to_string().contains("exit code 1") && error.to_string().contains("Credit balance"),
        "{error}"
    );
    assert_eq!(session.exit(), Some(Exit::from_code(1)));
    assert_eq!(read(session.query("again")).await.text(), "again");
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn an_exit_with_code_0_and_no_result_is_an_error() {
    let transport = first(&Launches::default(), |_, _| async { Exit::from_code(0) });
    let session = Session::builder().transport(transport).start().unwrap();
    let turn = read(session.query("go")).await;
    assert!(
        turn.error().is_ended_without_result() && !turn.error().is_process(),
        "{:?}",
        turn.error
    );
    assert!(turn.error().to_string().contains("without a result"), "{:?}", turn.error);
}

#[tokio::test(start_paused = true)]
async fn an_error_has_the_number_of_messages_seen() {
    let transport = first(&Launches::default(), |mut cli, uuid| async move {
        cli.write(result(&uuid, "done")).await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        cli.write(assistant("half")).await;
        cli.complain("killed\n").await;
        Exit::from_code(0)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    assert_eq!(read(session.query("go")).await.text(), "done");
    let (turn, waiting) = tokio::join!(read(session.query("again")), session.query("third").text());
    assert_eq!(turn.error().messages_seen(), 2, "messages of the previous turn do not count");
    let message = "the CLI ended without a result (exit code 0), after 2 messages; its standard error ends with:\nkilled";
    assert_eq!(turn.error().to_string(), message);
    assert_eq!(waiting.unwrap(), "third");
    session.stop().await.unwrap();
    assert_eq!(session.query("late").text().await.unwrap_err().messages_seen(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_exit_after_the_result_does_not_fail_the_turn() {
    let launches = Launches::default();
    let transport = first(&launches, |mut cli, uuid| async move {
        cli.write(result(&uuid, "done")).await;
        Exit::from_signal(9)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    assert_eq!(read(session.query("go")).await.text(), "done");
    quiet().await;
    assert_eq!(session.exit(), Some(Exit::from_signal(9)));
    assert_eq!(read(session.query("again")).await.text(), "again");
    assert_eq!(launches.len(), 2);
    assert_eq!(session.exit(), Some(Exit::from_signal(9)), "the running process has not ended");
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn a_cut_line_does_not_hide_how_the_process_ended() {
    let transport = first(&Launches::default(), |mut cli, _| async move {
        cli.write_bytes(br#"{"type":"resu"#).await;
        Exit::from_code(1)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let turn = read(session.query("go")).await;
    assert_eq!(turn.kinds(), ["system"]);
    assert!(turn.error().is_process(), "{:?}", turn.error);
    assert_eq!(session.stats().lines.malformed, 1);
}

#[tokio::test(start_paused = true)]
async fn a_result_without_its_newline_is_a_result() {
    let transport = first(&Launches::default(), |mut cli, uuid| async move {
        cli.write_bytes(result(&uuid, "tail").to_string().as_bytes()).await;
        Exit::from_code(0)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    assert_eq!(read(session.query("go")).await.text(), "tail");
}

#[tokio::test(start_paused = true)]
async fn pending_requests_fail_with_the_process() {
    let transport = first(&Launches::default(), |mut cli, _| async move {
        for _ in 0..3 {
            cli.request("get_usage").await;
        }
        cli.complain("out of memory\n").await;
        Exit::from_code(134)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let mut turn = session.query("go");
    turn.next().await.unwrap().unwrap();
    let start = Instant::now();
    let ask = || session.control("get_usage", Map::new());
    let (one, two, three) = tokio::join!(ask(), ask(), ask());
    for error in
        [one.unwrap_err(), two.unwrap_err(), three.unwrap_err(), read(turn).await.error.unwrap()]
    {
        assert!(error.is_process(), "{error}");
        assert_eq!(error.exit(), Some(&Exit::from_code(134)));
        assert!(error.stderr_tail().contains("out of memory"), "{error}");
    }
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_cli_that_closes_its_output_and_keeps_running_is_ended() {
    let launches = Launches::default();
    let transport = first(&launches, |mut cli, _| async move {
        cli.close_stdout();
        cli.control.signal().await;
        Exit::from_code(143)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let start = Instant::now();
    let turn = read(session.query("go")).await;
    assert!(turn.error().is_process(), "{:?}", turn.error);
    assert_eq!(turn.error().exit(), Some(&Exit::from_code(143)));
    assert_eq!(start.elapsed(), Duration::from_secs(5), "the grace period after the end of input");
    assert_eq!(read(session.query("again")).await.text(), "again");
    assert_eq!(launches.len(), 2);
    ended_well(&session).await;
}

/// The first process ends unnoticed after its first turn; another process serves the next prompt.
async fn the_next_one_serves(transport: Memory, launches: &Launches) {
    let session = Session::builder().transport(transport).start().unwrap();
    assert_eq!(read(session.query("go")).await.text(), "one");
    quiet().await;
    assert_eq!(read(session.query("again")).await.text(), "again");
    assert_eq!(launches.len(), 2);
    ended_well(&session).await;
}

/// A prompt that cannot have been read is not lost with the process.
#[tokio::test(start_paused = true)]
async fn a_prompt_sent_to_an_exiting_cli_waits_for_the_next_one() {
    let launches = Launches::default();
    let transport = first(&launches, |mut cli, uuid| async move {
        cli.write(result(&uuid, "one")).await;
        cli.close_stdout();
        cli.drain().await;
        sleep(Duration::from_secs(2)).await;
        Exit::from_code(0)
    });
    the_next_one_serves(transport, &launches).await;
}

#[tokio::test(start_paused = true)]
async fn an_orphan_that_keeps_the_output_open_is_not_awaited() {
    let launches = Launches::default();
    let transport = first(&launches, |mut cli, _| async move {
        let stdout = cli.take_stdout();
        tokio::spawn(async move {
            sleep(Duration::from_secs(3600)).await;
            drop(stdout);
        });
        Exit::from_code(1)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let start = Instant::now();
    let turn = read(session.query("go")).await;
    assert!(turn.error().is_process(), "{:?}", turn.error);
    assert!(start.elapsed() <= Duration::from_secs(1), "{:?}", start.elapsed());
    assert_eq!(read(session.query("again")).await.text(), "again");
    ended_well(&session).await;
}

/// What a process left behind by the CLI writes to the CLI's output, and how often.
#[tokio::test(start_paused = true)]
async fn an_orphan_that_keeps_writing_is_read_for_a_limited_time() {
    let noise = "tick\n".repeat(100);
    let frames = format!("{}\n", json!({"type": "x"}));
    for (what, pause) in [
        (noise.clone(), Duration::from_millis(100)),
        (frames.clone(), Duration::from_millis(499)),
        ("no newline ".to_owned(), Duration::from_millis(10)),
        // Without a pause, except when the pipe is full.
        (noise, Duration::ZERO),
        (frames, Duration::ZERO),
    ] {
        let launches = Launches::default();
        let written = what.clone();
        let transport = first(&launches, move |mut cli, _| {
            let what = written.clone();
            async move {
                cli.write(assistant("half")).await;
                let mut stdout = cli.take_stdout().unwrap();
                tokio::spawn(async move {
                    while stdout.write_all(what.as_bytes()).await.is_ok() {
                        if pause > Duration::ZERO {
                            sleep(pause).await;
                        } else {
                            tokio::task::yield_now().await;
                            // The clock advances, as it would in reality.
                            tokio::time::advance(Duration::from_millis(1)).await;
                        }
                    }
                });
                Exit::from_code(1)
            }
        });
        let session = Session::builder().no_timeout().transport(transport).start().unwrap();
        let start = Instant::now();
        let turn = read(session.query("go")).await;
        assert!(turn.error().is_process(), "{:?}", turn.error);
        assert_eq!(turn.error().exit(), Some(&Exit::from_code(1)));
        assert!(turn.lines[1].contains("half"), "what the CLI wrote is delivered");
        assert!(start.elapsed() < Duration::from_secs(3), "{what:?}: {:?}", start.elapsed());
        assert_eq!(read(session.query("again")).await.text(), "again");
        ended_well(&session).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_prompt_sent_to_an_exited_cli_with_open_output_waits_for_the_next_one() {
    let launches = Launches::default();
    let transport = first(&launches, |mut cli, uuid| async move {
        cli.write(result(&uuid, "one")).await;
        std::mem::forget(cli.take_stdout());
        Exit::from_code(0)
    });
    the_next_one_serves(transport, &launches).await;
}

#[tokio::test(start_paused = true)]
async fn a_cli_that_no_longer_reads_is_replaced() {
    let launches = Launches::default();
    let transport = first(&launches, |mut cli, uuid| async move {
        cli.write(result(&uuid, "one")).await;
        cli.close_stdin();
        cli.control.signal().await;
        Exit::from_code(143)
    });
    let session = Session::builder().no_timeout().transport(transport).start().unwrap();
    assert_eq!(read(session.query("go")).await.text(), "one");
    quiet().await;
    // The pipe was closed before the prompt was written, so that this CLI cannot have read it.
    assert_eq!(read(session.query("kept")).await.text(), "kept");
    assert_eq!(read(session.query("again")).await.text(), "again");
    assert_eq!(launches.len(), 2);
    ended_well(&session).await;
}
