//! The in-memory transport behaves like a process: bounded pipes, ends of file, signals, an exit
//! status.
#![allow(clippy::unwrap_used)]

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use claude_wire::transport::{
    Connection, Exit, Launch, Memory, Peer, PeerSignal, Shutdown, Transport, pipe,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

const SOON: Duration = Duration::from_millis(1);

async fn open<T: Transport>(transport: &T) -> Connection {
    transport.open(Launch::default()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn bytes_go_both_ways_unchanged() {
    let (mut host, mut cli) = pipe(1024);
    host.stdin.write_all(b"{\"a\":\xff}\r\n").await.unwrap();
    cli.stdout.write_all(b"\x00out").await.unwrap();
    cli.stderr.write_all(b"err").await.unwrap();
    drop(host.stdin);
    drop(cli.stdout);
    drop(cli.stderr);

    let mut got = [Vec::new(), Vec::new(), Vec::new()];
    cli.stdin.read_to_end(&mut got[0]).await.unwrap();
    host.stdout.read_to_end(&mut got[1]).await.unwrap();
    host.stderr.read_to_end(&mut got[2]).await.unwrap();
    assert_eq!(got, [&b"{\"a\":\xff}\r\n"[..], b"\x00out", b"err"]);
}

#[tokio::test(start_paused = true)]
async fn a_full_pipe_makes_its_writer_wait() {
    let (mut host, mut cli) = pipe(4);
    host.stdin.write_all(b"1234").await.unwrap();
    assert!(timeout(SOON, host.stdin.write_all(b"5")).await.is_err(), "the fifth byte has to wait");
    assert!(timeout(SOON, cli.stdout.write_all(b"12345")).await.is_err());
    assert!(timeout(SOON, cli.stderr.write_all(b"12345")).await.is_err());

    assert_eq!(cli.stdin.read_u8().await.unwrap(), b'1');
    timeout(SOON, host.stdin.write_all(b"5")).await.expect("there is room again").unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_capacity_of_zero_still_makes_progress() {
    let (mut host, mut cli) = pipe(0);
    let (wrote, read) = tokio::join!(host.stdin.write_all(b"ab"), cli.stdin.read_u16());
    wrote.unwrap();
    assert_eq!(read.unwrap(), u16::from_be_bytes(*b"ab"));
}

#[tokio::test(start_paused = true)]
async fn a_cli_that_closed_its_input_breaks_the_pipe() {
    let (mut host, cli) = pipe(64);
    let Peer { stdin, .. } = cli;
    drop(stdin);
    assert_eq!(host.stdin.write_all(b"x").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
}

#[tokio::test(start_paused = true)]
async fn an_exit_closes_the_streams_after_what_was_written() {
    let (mut host, mut cli) = pipe(64);
    cli.stdout.write_all(b"last words").await.unwrap();
    cli.exit(Exit::from_code(3));

    let mut said = String::new();
    host.stdout.read_to_string(&mut said).await.unwrap();
    assert_eq!(said, "last words");
    assert_eq!(host.control.wait().await.unwrap(), Exit::from_code(3));
    assert_eq!(host.control.wait().await.unwrap(), Exit::from_code(3), "fused");
    assert_eq!(host.control.pid(), None);
}

#[tokio::test(start_paused = true)]
async fn the_first_exit_counts_and_a_later_kill_is_ignored() {
    let (mut host, cli) = pipe(64);
    let again = cli.control.clone();
    cli.exit(Exit::from_code(0));
    again.exit(Exit::from_code(1));
    host.control.kill();
    assert_eq!(host.control.wait().await.unwrap(), Exit::from_code(0));
}

#[tokio::test(start_paused = true)]
async fn a_peer_dropped_without_an_exit_is_an_error_not_a_hang() {
    let (mut host, cli) = pipe(64);
    drop(cli);
    assert!(host.control.wait().await.is_err());
    assert!(host.control.wait().await.is_err(), "fused");
}

#[tokio::test(start_paused = true)]
async fn terminate_reaches_the_peer_which_may_ignore_it() {
    let (mut host, mut cli) = pipe(64);
    assert!(timeout(SOON, cli.control.signal()).await.is_err(), "no signal yet");
    host.control.terminate();
    assert_eq!(cli.control.signal().await, PeerSignal::Terminate);
    assert!(timeout(SOON, host.control.wait()).await.is_err(), "still alive");
    cli.exit(Exit::from_code(143));
    assert_eq!(host.control.wait().await.unwrap(), Exit::from_code(143));
}

#[tokio::test(start_paused = true)]
async fn kill_is_final_and_wakes_the_waiter() {
    let (mut host, mut cli) = pipe(64);
    host.control.kill();
    host.control.terminate();
    assert_eq!(cli.control.signal().await, PeerSignal::Kill);
    assert_eq!(host.control.wait().await.unwrap(), Exit::from_signal(9));
}

#[tokio::test(start_paused = true)]
async fn dropping_the_control_terminates() {
    let (host, mut cli) = pipe(64);
    drop(host);
    assert_eq!(cli.control.signal().await, PeerSignal::Terminate);
    assert!(timeout(SOON, cli.control.signal()).await.is_err(), "once");
}

#[tokio::test(start_paused = true)]
async fn opens_again_with_other_arguments() {
    let opened = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&opened);
    let transport = Memory::new(move |launch: Launch, mut peer| {
        count.fetch_add(1, Ordering::Relaxed);
        async move {
            let _ = peer.stdout.write_all(launch.args[0].as_encoded_bytes()).await;
            Exit::from_code(i32::try_from(launch.args.len()).unwrap())
        }
    });
    for (args, code) in [(vec!["--first"], 1), (vec!["--resume", "x"], 2)] {
        let launch = Launch { args: args.iter().map(Into::into).collect(), ..Launch::default() };
        let mut host = transport.open(launch).await.unwrap();
        let mut said = String::new();
        host.stdout.read_to_string(&mut said).await.unwrap();
        assert_eq!(said, args[0]);
        assert_eq!(host.control.wait().await.unwrap(), Exit::from_code(code));
    }
    assert_eq!(opened.load(Ordering::Relaxed), 2);
}

/// A CLI that reads nothing and logs its end by dropping a guard.
fn deaf() -> (Memory, oneshot::Receiver<()>) {
    let (alive, gone) = oneshot::channel::<()>();
    let alive = std::sync::Mutex::new(Some(alive));
    let transport = Memory::new(move |_, peer| {
        let alive = alive.lock().unwrap().take();
        async move {
            let _keep = (peer, alive);
            std::future::pending().await
        }
    });
    (transport, gone)
}

#[tokio::test(start_paused = true)]
async fn kill_drops_the_cli_and_closes_its_streams() {
    let (transport, gone) = deaf();
    let mut host = open(&transport).await;
    host.control.terminate();
    assert!(timeout(SOON, host.control.wait()).await.is_err(), "ignores SIGTERM");
    host.control.kill();
    assert_eq!(host.control.wait().await.unwrap(), Exit::from_signal(9));
    assert_eq!(host.stdout.read(&mut [0]).await.unwrap(), 0);
    assert!(gone.await.is_err());
}

#[tokio::test(start_paused = true)]
async fn an_abandoned_cli_gets_only_its_grace_period() {
    let (transport, gone) = deaf();
    let host = open(&transport).await;
    let start = Instant::now();
    drop(host);
    assert!(gone.await.is_err());
    assert_eq!(start.elapsed().as_secs(), Shutdown::default().grace_after_sigterm.as_secs());
}

#[tokio::test(start_paused = true)]
async fn an_abandoned_cli_can_finish_its_work() {
    let (report, finished) = oneshot::channel();
    let report = std::sync::Mutex::new(Some(report));
    let transport = Memory::new(move |_, mut peer| {
        let report = report.lock().unwrap().take();
        async move {
            let signal = peer.control.signal().await;
            let _ = report.unwrap().send(signal);
            Exit::from_code(143)
        }
    });
    drop(open(&transport).await);
    assert_eq!(finished.await.unwrap(), PeerSignal::Terminate);
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_the_cli_is_an_error_for_the_host() {
    let transport = Memory::new(|_, _peer| async { panic!("as intended by this test") });
    let mut host = open(&transport).await;
    assert_eq!(host.stdout.read(&mut [0]).await.unwrap(), 0);
    assert!(host.control.wait().await.is_err());
}

#[test]
fn opening_outside_a_runtime_is_an_error() {
    let transport = Memory::new(|_, _| async { Exit::from_code(0) });
    let error = futures_util::FutureExt::now_or_never(transport.open(Launch::default()))
        .unwrap()
        .unwrap_err();
    assert!(error.to_string().contains("tokio runtime"), "{error}");
}
