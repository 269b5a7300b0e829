//! Faults around a transport: what crosses, what is counted, and how it ends.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use claude_wire::faults::{Fault, FaultPlan, Faulty};
use claude_wire::recorder::Recorder;
use claude_wire::recording::{EventKind, Recording};
use claude_wire::transport::{Connection, Exit, Launch, Memory, Peer, Transport};
use claude_wire::{Scenario, Session};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout};

/// A CLI that writes back what it reads, and exits with 5 at the end of its input.
fn echo() -> Memory {
    Memory::new(|_, Peer { mut stdin, mut stdout, mut stderr, .. }: Peer| async move {
        stderr.write_all(b"hello\n").await.unwrap();
        let _ = tokio::io::copy(&mut stdin, &mut stdout).await;
        Exit::from_code(5)
    })
}

fn plan(text: &str) -> FaultPlan {
    FaultPlan::parse(text).unwrap()
}

async fn open(transport: &impl Transport) -> Connection {
    transport.open(Launch::default()).await.unwrap()
}

/// All that an echo says to this input, its stderr, and its exit.
async fn echoed(faults: &str, input: &[u8]) -> (Vec<u8>, String, Exit) {
    let cli = Faulty::new(echo(), plan(faults)).unwrap();
    let Connection { mut stdin, mut stdout, mut stderr, mut control } = open(&cli).await;
    let input = input.to_vec();
    let writer = tokio::spawn(async move { drop(stdin.write_all(&input).await) });
    let (mut out, mut err) = (Vec::new(), String::new());
    let (_, _) = tokio::join!(stdout.read_to_end(&mut out), stderr.read_to_string(&mut err));
    writer.await.unwrap();
    (out, err, control.wait().await.unwrap())
}

/// Big lines, no last newline, bytes that are not UTF-8: all cross unchanged.
#[tokio::test]
async fn without_a_hit_every_byte_crosses() {
    let mut input = vec![b'x'; 300_000];
    input.extend(b"\n\n\r\n\xff\xfe\n{\"type\":\"user\"}\nno newline");
    for never in ["no_init", "latency:rate=0", "exit_mid_turn:nth=99;crlf:after=99"] {
        let (out, err, exit) = echoed(never, &input).await;
        assert!(out == input, "{never}: {} of {} bytes", out.len(), input.len());
        assert_eq!((err.as_str(), exit), ("hello\n", Exit::from_code(5)));
    }
}

#[tokio::test(start_paused = true)]
async fn the_pace_changes_and_the_bytes_do_not() {
    let input = b"{\"a\":1}\n{\"b\":\"\xc3\xa9\"}\n";
    for (faults, at_least) in [
        ("latency:ms=500", 1000),
        ("latency:ms=500,direction=in", 1000),
        ("jitter:ms=500,seed=1", 1),
        ("bandwidth:bytes_per_second=20", 900),
        ("slicer:bytes=2,delay_ms=10", 50),
        ("slow_close:ms=700", 700),
        ("slow_close:ms=700,direction=in", 700),
        ("split_multibyte:ms=300", 300),
    ] {
        let start = Instant::now();
        let (out, _, exit) = echoed(faults, input).await;
        assert_eq!((out.as_slice(), exit), (&input[..], Exit::from_code(5)), "{faults}");
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(at_least), "{faults}: {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_bytes_ends_the_cli_inside_a_line() {
    let (out, _, exit) = echoed("limit_data:bytes=10", b"{\"a\":1}\n{\"b\":2}\n").await;
    assert_eq!((out.as_slice(), exit), (&b"{\"a\":1}\n{\""[..], Exit::from_code(1)));
}

#[tokio::test(start_paused = true)]
async fn a_reset_is_an_error_of_the_stream() {
    let line = b"{\"type\":\"assistant\",\"message\":{}}\n";
    let cli = Faulty::new(echo(), plan("reset")).unwrap();
    let mut cli = open(&cli).await;
    cli.stdin.write_all(line).await.unwrap();
    let mut out = Vec::new();
    let error = cli.stdout.read_to_end(&mut out).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(out, line[..line.len() / 2]);
    assert!(cli.stdin.write_all(line).await.is_err());
    assert_eq!(cli.control.wait().await.unwrap(), Exit::from_signal(9));
}

/// It breaks at the prompt: what came before has its answer, and the prompt has none.
#[tokio::test(start_paused = true)]
async fn a_reset_of_what_the_cli_reads_comes_at_a_prompt() {
    let cli = Faulty::new(echo(), plan("reset:direction=in")).unwrap();
    let mut cli = open(&cli).await;
    cli.stdin.write_all(b"{\"a\":1}\n").await.unwrap();
    let mut first = [0; 8];
    cli.stdout.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"{\"a\":1}\n");
    cli.stdin.write_all(b"{\"type\":\"user\",\"message\":{}}\n").await.unwrap();
    let mut out = Vec::new();
    let error = cli.stdout.read_to_end(&mut out).await.unwrap_err();
    assert_eq!((error.kind(), out.len()), (std::io::ErrorKind::ConnectionReset, 0));
    assert!(cli.stdin.write_all(b"{\"b\":2}\n").await.is_err());
    assert_eq!(cli.control.wait().await.unwrap(), Exit::from_signal(9));
}

#[tokio::test(start_paused = true)]
async fn a_closed_input_fails_the_next_write() {
    let cli = Faulty::new(echo(), plan("closed_stdin")).unwrap();
    let mut cli = open(&cli).await;
    cli.stdin.write_all(b"{\"type\":\"user\"}\n").await.unwrap();
    let mut line = [0; 16];
    cli.stdout.read_exact(&mut line).await.unwrap();
    assert!(cli.stdin.write_all(b"{}\n").await.is_err());
}

#[tokio::test(start_paused = true)]
async fn an_input_that_is_never_read_fills_up() {
    let cli = Faulty::new(echo(), plan("never_read_stdin")).unwrap();
    let mut cli = open(&cli).await;
    let much = vec![b'x'; 200_000];
    let write = timeout(Duration::from_secs(60), cli.stdin.write_all(&much));
    assert!(write.await.is_err(), "it was read");
    cli.control.terminate();
    // SIGTERM reaches the CLI behind, which does not care; a kill always ends it.
    cli.control.kill();
    assert_eq!(cli.control.wait().await.unwrap(), Exit::from_signal(9));
}

/// The program that is behind on its reading finds all of it.
#[tokio::test]
async fn a_burst_comes_before_the_input_is_read() {
    let cli = Faulty::new(echo(), plan("burst_before_read:bytes=262144")).unwrap();
    let mut cli = open(&cli).await;
    // The prompt does not fit into the pipe, and is not read until the burst is.
    let prompt = [vec![b'p'; 131_072], b"\n".to_vec()].concat();
    let expected = prompt.len();
    let mut stdin = cli.stdin;
    let writer = tokio::spawn(async move {
        stdin.write_all(&prompt).await.unwrap();
    });
    let mut out = Vec::new();
    cli.stdout.read_to_end(&mut out).await.unwrap();
    writer.await.unwrap();
    assert_eq!(out.len(), 262_144 + expected);
    assert!(out[..262_144].starts_with(b"{\"type\":\"system\"") && out[262_144] == b'p');
}

#[tokio::test(start_paused = true)]
async fn an_orphan_keeps_stdout_open_after_the_exit() {
    let line = b"{\"type\":\"result\"}\n";
    let cli = Faulty::new(echo(), plan("orphan_pipe:ms=30000")).unwrap();
    let mut cli = open(&cli).await;
    cli.stdin.write_all(line).await.unwrap();
    let start = Instant::now();
    assert_eq!(cli.control.wait().await.unwrap(), Exit::from_code(0));
    assert_eq!(start.elapsed(), Duration::ZERO);
    let mut out = Vec::new();
    cli.stdout.read_to_end(&mut out).await.unwrap();
    assert_eq!((out.as_slice(), start.elapsed()), (&line[..], Duration::from_secs(30)));
}

#[tokio::test(start_paused = true)]
async fn a_hung_cli_ends_by_a_signal_and_a_deaf_one_by_a_kill() {
    let hung = Faulty::new(echo(), plan("hang_before_init")).unwrap();
    let mut cli = open(&hung).await;
    drop(cli.stdin);
    let waits = timeout(Duration::from_secs(3600), cli.control.wait());
    assert!(waits.await.is_err(), "the end of input ended it");
    cli.control.terminate();
    assert_eq!(cli.control.wait().await.unwrap(), Exit::from_code(143));

    let deaf = Faulty::new(echo(), plan("hang_before_init:deaf")).unwrap();
    let mut cli = open(&deaf).await;
    cli.control.terminate();
    let waits = timeout(Duration::from_secs(3600), cli.control.wait());
    assert!(waits.await.is_err(), "SIGTERM ended it");
    cli.control.kill();
    assert_eq!(cli.control.wait().await.unwrap(), Exit::from_signal(9));
}

/// A CLI that a signal ends does not wait until a pause of a fault is over, nor for a host that does
/// not read.
#[tokio::test(start_paused = true)]
async fn a_signal_is_obeyed_in_a_pause() {
    let user = b"{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":\"One\"}}\n";
    for (faults, ends_input) in [
        ("latency:ms=8000", false),
        ("latency:ms=8000,direction=in", false),
        ("bandwidth:bytes_per_second=1", false),
        ("slow_close:ms=8000", true),
        ("latency:ms=8000;hang_after_result", false),
        ("latency:ms=8000;exit_after_result:code=3", false),
        ("stderr_flood:bytes=5000000", false),
        ("burst_before_read:bytes=5000000", false),
    ] {
        let scenario = Scenario::new().on_prompt("One", "1").unverified().faults(plan(faults));
        let mut cli = open(&scenario).await;
        let mut stdin = cli.stdin;
        if !faults.starts_with("burst") {
            stdin.write_all(user).await.unwrap();
        }
        let held = if ends_input { None } else { Some(stdin) };
        // In the middle of it.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let start = Instant::now();
        cli.control.terminate();
        let exit = cli.control.wait().await.unwrap();
        let took = start.elapsed();
        assert!(took <= Duration::from_secs(3), "{faults}: {took:?}");
        assert_eq!(exit, Exit::from_code(143), "{faults}");
        drop(held);
    }
}

#[tokio::test]
async fn a_launch_that_fails_is_a_typed_error_and_the_next_one_works() {
    let cli = Faulty::new(echo(), plan("spawn_fail")).unwrap();
    let error = cli.open(Launch::default()).await.unwrap_err();
    assert!(error.is_spawn(), "{error}");
    let mut second = open(&cli).await;
    drop(second.stdin);
    assert_eq!(second.control.wait().await.unwrap(), Exit::from_code(5));
    assert_eq!(cli.injections().len(), 1);
    assert_eq!(cli.injections()[0].place(), "launch");
}

#[test]
fn faults_of_the_api_are_refused_around_a_transport() {
    let error = Faulty::new(echo(), plan("crlf;api_529")).unwrap_err().to_string();
    assert!(error.starts_with("api_529: a fault of the Messages API"), "{error}");
}

/// A session whose CLI crashes in the first turn goes on with the next one: the fault happens once,
/// over all connections.
#[tokio::test(start_paused = true)]
async fn a_fault_that_happens_once_leaves_the_next_connection_alone() {
    let scenario = Scenario::new().on_prompt("One", "1").on_prompt("Two", "2").unverified();
    let cli = Faulty::new(scenario, plan("exit_mid_turn:code=7")).unwrap();
    let session = Session::builder().transport(cli.clone()).start().unwrap();
    let error = session.query("One").text().await.unwrap_err();
    assert_eq!(error.exit(), Some(&Exit::from_code(7)), "{error}");
    assert_eq!(session.query("Two").text().await.unwrap(), "2");
    session.stop().await.unwrap();
    let [injection] = &cli.injections()[..] else { panic!("{:?}", cli.injections()) };
    assert!(injection.place().starts_with("stdout line "), "{injection}");
}

#[tokio::test(start_paused = true)]
async fn what_is_injected_is_observed_in_order() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    let observed = plan("latency:ms=1,times=2;crlf:nth=2").on_injection(move |injection| {
        log.lock().unwrap().push((injection.fault().name(), injection.opportunity()));
    });
    let cli = Faulty::new(echo(), observed).unwrap();
    let mut cli = open(&cli).await;
    cli.stdin.write_all(b"a\nb\nc\n").await.unwrap();
    drop(cli.stdin);
    let mut out = String::new();
    cli.stdout.read_to_string(&mut out).await.unwrap();
    assert_eq!(out, "a\nb\r\nc\n");
    assert_eq!(*seen.lock().unwrap(), [("latency", 1), ("latency", 2), ("crlf", 2)]);
}

/// A recorder around the faults has what the program saw, and each fault before what it changed.
#[tokio::test]
async fn a_recording_has_the_faults_at_their_places() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.jsonl");
    let fault = Fault::parse("non_json_noise:text=oops,nth=2,seed=7").unwrap();
    let cli = Faulty::new(echo(), FaultPlan::new().with(fault)).unwrap();
    let recorder = Recorder::new(cli, &path);
    let mut cli = open(&recorder).await;
    let lines = b"{\"type\":\"assistant\",\"n\":1}\n{\"type\":\"assistant\",\"n\":2}\n";
    cli.stdin.write_all(lines).await.unwrap();
    drop(cli.stdin);
    cli.stdout.read_to_end(&mut Vec::new()).await.unwrap();
    cli.stderr.read_to_end(&mut Vec::new()).await.unwrap();
    cli.control.wait().await.unwrap();
    recorder.flush().await.unwrap();
    let recording = Recording::open(&path).unwrap();
    let kinds: Vec<String> = recording
        .events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Out(line) => Some(String::from_utf8_lossy(line.bytes()).into_owned()),
            EventKind::Fault(fault) => Some(format!("{} {}", fault["name"], fault["seed"])),
            _ => None,
        })
        .collect();
    assert_eq!(
        kinds,
        [
            "{\"type\":\"assistant\",\"n\":1}",
            "\"non_json_noise\" 7",
            "oops",
            "{\"type\":\"assistant\",\"n\":2}"
        ]
    );
}
