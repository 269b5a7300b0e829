//! A recorder around in-memory connections.

mod redaction;

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::sleep;

use super::Recorder;
use crate::recording::{EventKind, Integrity, Recording};
use crate::transport::{
    BoxFuture, Connection, Environment, Error, Exit, Launch, Memory, Peer, PeerSignal, Secret,
    Transport, pipe,
};

/// A transport that gives the other end to the test.
#[derive(Clone, Default)]
struct Bench(Arc<std::sync::Mutex<Vec<Peer>>>);

impl Bench {
    fn peer(&self) -> Peer {
        self.0.lock().unwrap().pop().unwrap()
    }
}

impl Transport for Bench {
    fn open(&self, _: Launch) -> BoxFuture<'_, Result<Connection, Error>> {
        let (connection, peer) = pipe(1 << 16);
        self.0.lock().unwrap().push(peer);
        Box::pin(async { Ok(connection) })
    }
}

struct Setup {
    _folder: TempDir,
    path: PathBuf,
    recorder: Recorder,
    bench: Bench,
}

fn setup() -> Setup {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    let bench = Bench::default();
    Setup { recorder: Recorder::new(bench.clone(), &path), bench, path, _folder: folder }
}

/// The lines of the file after the header, without the footer.
fn events(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().skip(1).filter(|line| !line.starts_with("{\"end\"")).map(str::to_owned).collect()
}

fn sealed(path: &Path) -> Recording {
    let recording = Recording::open(path).unwrap();
    assert_eq!(recording.integrity(), &Integrity::Sealed);
    recording
}

async fn read(stream: &mut (impl AsyncReadExt + Unpin), len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    stream.read_exact(&mut bytes).await.unwrap();
    bytes
}

#[tokio::test(start_paused = true)]
async fn records_what_crosses_in_order_and_with_times() {
    let Setup { path, recorder, bench, _folder } = setup();
    let mut host = recorder.open(Launch::default()).await.unwrap();
    let mut cli = bench.peer();
    // Virtual time, only for the recording: nothing is waited for.
    sleep(Duration::from_millis(1)).await;
    host.stdin.write_all(b"{\"type\":\"user\"}\nnot ").await.unwrap();
    sleep(Duration::from_millis(2)).await; // virtual, as above
    cli.stdout.write_all(b"{\"a\": 1}\r\n\xff\xfe\n").await.unwrap();
    assert_eq!(read(&mut host.stdout, 13).await, b"{\"a\": 1}\r\n\xff\xfe\n");
    cli.stderr.write_all(b"oops\n").await.unwrap();
    read(&mut host.stderr, 5).await;
    host.stdin.write_all(b"json\n").await.unwrap();
    host.stdin.shutdown().await.unwrap();
    assert_eq!(read(&mut cli.stdin, 25).await, b"{\"type\":\"user\"}\nnot json\n");
    cli.stdout.write_all(b"{\"cut\":").await.unwrap();
    cli.exit(Exit::from_code(3));
    assert_eq!(host.control.wait().await.unwrap(), Exit::from_code(3));
    sleep(Duration::from_millis(7)).await; // virtual, as above
    host.stdout.read_to_end(&mut Vec::new()).await.unwrap();
    host.stderr.read_to_end(&mut Vec::new()).await.unwrap();
    recorder.flush().await.unwrap();

    assert_eq!(
        events(&path),
        [
            r#"{"us":1000,"in":{"type":"user"}}"#,
            r#"{"us":2000,"out":{"a": 1},"eol":"\r\n"}"#,
            r#"{"us":0,"out":"//4=","as":"base64"}"#,
            r#"{"us":0,"err":"oops"}"#,
            r#"{"us":0,"in":"not json","as":"text"}"#,
            r#"{"us":0,"eof":"in"}"#,
            r#"{"us":7000,"out":"{\"cut\":","as":"text","eol":""}"#,
            r#"{"us":0,"exit":{"code":3}}"#,
        ]
    );
    sealed(&path);
}

#[tokio::test(start_paused = true)]
async fn the_header_says_how_the_cli_was_launched_and_no_secret() {
    let Setup { path, recorder, bench: _, _folder } = setup();
    let env = Environment::new()
        .set("CLAUDE_CODE_MAX_RETRIES", "2")
        .set("SOME_TOKEN", "canary")
        .api_key(Secret::new("canary"));
    let launch = Launch {
        args: vec!["--model".into(), "opus".into()],
        env,
        cwd: Some("/a/b".into()),
        ..Launch::default()
    };
    drop(recorder.clone().cli_version("2.1.329").open(launch).await.unwrap());
    let header = sealed(&path).header;
    assert_eq!(header.argv.unwrap(), ["--model", "opus"]);
    assert_eq!(header.cli.as_deref(), Some("2.1.329"));
    assert!(header.recorded_at.unwrap().starts_with("20"));
    assert_eq!(header.vars["cwd"], "/home/user/project");
    assert_eq!(header.env["CLAUDE_CODE_MAX_RETRIES"], "2");
    assert_eq!(header.env["CLAUDE_CODE_ENTRYPOINT"], "sdk-rs");
    assert!(!std::fs::read_to_string(&path).unwrap().contains("canary"));
}

#[tokio::test(start_paused = true)]
async fn the_working_directory_is_a_variable_and_comes_back_to_the_byte() {
    let Setup { path, recorder, bench, _folder } = setup();
    let launch = Launch { cwd: Some("/home/me".into()), ..Launch::default() };
    let mut host = recorder.open(launch).await.unwrap();
    let said: &[u8] = b"{\"cwd\":\"/home/me/x\",\"slug\":\"-home-me\",\"not\":\"/home/user/me2 ${cwd} ${dollar}\"}\n/home/me\n";
    bench.peer().stdout.write_all(said).await.unwrap();
    read(&mut host.stdout, said.len()).await;
    drop(host);
    let recording = sealed(&path);
    let out = |recording: &Recording| -> Vec<u8> {
        let lines = recording.events.iter().filter(|event| matches!(event.kind, EventKind::Out(_)));
        lines.filter_map(|event| event.payload()).flat_map(|line| line.wire()).collect()
    };
    assert!(!String::from_utf8(out(&recording)).unwrap().contains("\"/home/me/x"));
    let live = |cwd: &str| [("cwd".to_owned(), cwd.to_owned())].into();
    assert_eq!(out(&recording.expand(&live("/home/me")).unwrap()), said);
    let elsewhere = recording.expand(&live("/other")).unwrap();
    assert!(
        out(&elsewhere).starts_with(b"{\"cwd\":\"/other/x\",\"slug\":\"-other\",\"not\":\"/home/user/me2 ${cwd} ${dollar}\"}\n/other\n")
    );
}

#[tokio::test(start_paused = true)]
async fn an_early_end_of_output_is_an_event_and_the_usual_one_is_not() {
    let Setup { path, recorder, bench, _folder } = setup();
    let mut host = recorder.open(Launch::default()).await.unwrap();
    let Peer { stdout, stderr, stdin, control } = bench.peer();
    drop(stdout);
    host.stdout.read_to_end(&mut Vec::new()).await.unwrap();
    host.stdin.write_all(b"more\n").await.unwrap();
    drop((stderr, stdin));
    assert!(host.stdin.write_all(b"too late\n").await.is_err());
    host.stderr.read_to_end(&mut Vec::new()).await.unwrap();
    control.exit(Exit::from_signal(9));
    host.control.wait().await.unwrap();
    recorder.flush().await.unwrap();
    assert_eq!(
        events(&path),
        [
            r#"{"us":0,"eof":"out"}"#,
            r#"{"us":0,"in":"more","as":"text"}"#,
            r#"{"us":0,"mark":"a write to stdin failed: broken pipe"}"#,
            r#"{"us":0,"exit":{"signal":"SIGKILL"}}"#
        ]
    );
}

/// Otherwise a replay would wait for the host to close what the CLI had closed.
#[tokio::test(start_paused = true)]
async fn a_pipe_that_the_cli_closed_is_not_an_end_of_input() {
    for by_flush in [false, true] {
        let Setup { path, recorder, bench, _folder } = setup();
        let recorder =
            if by_flush { Recorder::new(Hangup(bench.clone()), &path) } else { recorder };
        let mut host = recorder.open(Launch::default()).await.unwrap();
        let Peer { stdout, stderr, stdin, control } = bench.peer();
        drop(stdin);
        let failed = match by_flush {
            true => host.stdin.flush().await.is_err() && host.stdin.flush().await.is_err(),
            false => host.stdin.write_all(b"x\n").await.is_err(),
        };
        assert!(failed, "by flush: {by_flush}");
        drop((host.stdin, stdout, stderr));
        control.exit(Exit::from_code(1));
        host.stdout.read_to_end(&mut Vec::new()).await.unwrap();
        host.stderr.read_to_end(&mut Vec::new()).await.unwrap();
        host.control.wait().await.unwrap();
        recorder.flush().await.unwrap();
        assert_eq!(
            events(&path),
            [
                r#"{"us":0,"mark":"a write to stdin failed: broken pipe"}"#,
                r#"{"us":0,"exit":{"code":1}}"#
            ]
        );
    }
}

/// A transport whose pipe reports with its flush that the CLI closed it, as that of a process does.
struct Hangup(Bench);

impl Transport for Hangup {
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, Error>> {
        let connection = self.0.open(launch);
        Box::pin(async {
            let connection = connection.await?;
            Ok(Connection { stdin: Box::new(Closed), ..connection })
        })
    }
}

struct Closed;

impl AsyncWrite for Closed {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test(start_paused = true)]
async fn signals_are_events_until_the_exit() {
    let Setup { path, recorder, bench, _folder } = setup();
    let mut host = recorder.open(Launch::default()).await.unwrap();
    let mut cli = bench.peer();
    host.control.terminate();
    assert_eq!(cli.control.signal().await, PeerSignal::Terminate);
    host.control.kill();
    assert_eq!(host.control.wait().await.unwrap(), Exit::from_signal(9));
    host.control.terminate();
    drop(host);
    assert_eq!(
        events(&path),
        [
            r#"{"us":0,"signal":"SIGTERM"}"#,
            r#"{"us":0,"signal":"SIGKILL"}"#,
            r#"{"us":0,"eof":"in"}"#,
            r#"{"us":0,"exit":{"signal":"SIGKILL"}}"#
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn dropping_the_host_seals_the_recording_with_a_mark() {
    let Setup { path, recorder, bench: _, _folder } = setup();
    drop(recorder.open(Launch::default()).await.unwrap());
    sealed(&path);
    assert!(events(&path).last().unwrap().contains("\"mark\":\"the host let go"));
}

#[tokio::test(start_paused = true)]
async fn what_is_recorded_is_in_the_file_while_the_session_runs() {
    let Setup { path, recorder, bench: _bench, _folder } = setup();
    let mut host = recorder.open(Launch::default()).await.unwrap();
    host.stdin.write_all(b"{}\n").await.unwrap();
    recorder.flush().await.unwrap();
    let recording = Recording::open(&path).unwrap();
    assert!(matches!(recording.integrity(), Integrity::Truncated { dropped: 0 }));
    assert_eq!(recording.events.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn each_connection_has_a_file() {
    let Setup { path, recorder, bench: _, _folder } = setup();
    for _ in 0..3 {
        drop(recorder.open(Launch::default()).await.unwrap());
    }
    let names: Vec<_> =
        recorder.paths().iter().map(|path| path.file_name().unwrap().to_owned()).collect();
    assert_eq!(names, ["x.jsonl", "x-2.jsonl", "x-3.jsonl"]);
    recorder.paths().iter().for_each(|path| drop(sealed(path)));
    assert_eq!(recorder.paths()[0], path);
    assert!(recorder.error().is_none());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_overwritten_unless_asked() {
    let Setup { path, recorder, bench, _folder } = setup();
    std::fs::write(&path, "precious").unwrap();
    let mut host = recorder.open(Launch::default()).await.unwrap();
    host.stdin.write_all(b"{}\n").await.unwrap();
    assert_eq!(read(&mut bench.peer().stdin, 3).await, b"{}\n", "the session goes on");
    drop(host);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
    let error = recorder.flush().await.unwrap_err();
    assert!(
        error.is_already_there()
            && error.path() == Some(path.as_path())
            && error.to_string().contains("allow overwriting"),
        "{error}"
    );

    let recorder = Recorder::new(bench, &path).overwrite(true);
    drop(recorder.open(Launch::default()).await.unwrap());
    sealed(&path);
}

#[tokio::test(start_paused = true)]
async fn an_unwritable_path_only_ends_the_recording() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("no/such/folder/x.jsonl");
    for (path, overwrite) in [(folder.path(), true), (&missing, false)] {
        let echo = Memory::new(|_, mut peer| async move {
            let _ = tokio::io::copy(&mut peer.stdin, &mut peer.stdout).await;
            Exit::from_code(0)
        });
        let recorder = Recorder::new(echo, path).overwrite(overwrite);
        let mut host = recorder.open(Launch::default()).await.unwrap();
        host.stdin.write_all(b"{}\n").await.unwrap();
        host.stdin.shutdown().await.unwrap();
        let mut said = Vec::new();
        host.stdout.read_to_end(&mut said).await.unwrap();
        assert_eq!(said, b"{}\n");
        assert!(host.control.wait().await.unwrap().success());
        let error = recorder.flush().await.unwrap_err();
        assert!(error.is_io() && error.path() == Some(path), "{error}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(start_paused = true)]
async fn a_full_disk_only_ends_the_recording() {
    let bench = Bench::default();
    let recorder = Recorder::new(bench.clone(), "/dev/full").overwrite(true);
    let mut host = recorder.open(Launch::default()).await.unwrap();
    host.stdin.write_all(b"{}\n").await.unwrap();
    assert_eq!(read(&mut bench.peer().stdin, 3).await, b"{}\n");
    let error = recorder.flush().await.unwrap_err();
    assert!(error.is_io() && error.to_string().contains("No space left"), "{error}");
    assert_eq!(recorder.error().unwrap().to_string(), error.to_string());
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn a_hanging_disk_ends_the_recording() {
    // A FIFO without a reader: opening it for writing blocks, as a dead network disk does.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let bench = Bench::default();
    let mut recorder = Recorder::new(bench.clone(), &path).overwrite(true);
    recorder.queue = (10, Duration::from_millis(50));
    let mut host = recorder.open(Launch::default()).await.unwrap();
    host.stdin.write_all(b"{\"a\":1}\n").await.unwrap();
    assert!(recorder.error().is_none());
    host.stdin.write_all(b"{\"b\":1}\n").await.unwrap();
    let error = recorder.error().unwrap();
    assert!(
        error.is_overflow()
            && error.to_string().contains("accepted nothing for 50ms while over 10 bytes"),
        "{error}"
    );
    assert_eq!(
        read(&mut bench.peer().stdin, 16).await,
        b"{\"a\":1}\n{\"b\":1}\n",
        "the session goes on"
    );
    // Let the thread end.
    drop(std::fs::File::open(&path).unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_burst_waits_for_the_file_and_is_recorded_whole() {
    let Setup { path, mut recorder, bench, _folder } = setup();
    // Much less than the burst, and than what a pipe holds.
    recorder.queue = (20_000, Duration::from_secs(60));
    let mut host = recorder.open(Launch::default()).await.unwrap();
    let Peer { stdin, mut stdout, stderr, control } = bench.peer();
    const LINES: usize = 20_000;
    let writer = tokio::spawn(async move {
        for number in 0..LINES {
            let delta =
                format!(r#"{{"type":"text_delta","text":"word {number} and API_KEY=a1b2c3d4"}}"#);
            let event = format!(r#"{{"type":"content_block_delta","delta":{delta}}}"#);
            let line = format!("{{\"type\":\"stream_event\",\"event\":{event}}}\n");
            stdout.write_all(line.as_bytes()).await.unwrap();
        }
        (stdin, stdout, stderr, control)
    });
    let mut lines = 0;
    let mut chunk = vec![0; 1 << 16];
    while lines < LINES {
        let read = host.stdout.read(&mut chunk).await.unwrap();
        lines += chunk[..read].iter().filter(|byte| **byte == b'\n').count();
    }
    let _peer = writer.await.unwrap();
    drop(host);
    recorder.flush().await.unwrap();
    let recording = sealed(&path);
    let out = recording.events.iter().filter(|event| matches!(event.kind, EventKind::Out(_)));
    assert_eq!(out.count(), LINES);
    assert!(!std::fs::read_to_string(&path).unwrap().contains("a1b2c3d4"));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_cannot_be_opened_leaves_no_file() {
    struct Closed;
    impl Transport for Closed {
        fn open(&self, _: Launch) -> BoxFuture<'_, Result<Connection, Error>> {
            Box::pin(async { Err(Error::other("closed")) })
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    assert!(Recorder::new(Closed, &path).open(Launch::default()).await.is_err());
    assert!(!path.exists());
}

#[test]
fn may_be_flushed_from_a_task() {
    fn assert_send(_: impl Send) {}
    let setup = setup();
    assert_send(setup.recorder.flush());
}
