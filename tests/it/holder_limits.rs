//! What a connection to a holder does when something is full, too long or over.
#![cfg(target_os = "linux")]

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use claude_wire::Session;
use claude_wire::holder::HeldTransport;
use claude_wire::transport::{Exit, Launch, Shutdown, Transport};
use claude_wire::wire::DEFAULT_MAX_LINE;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::holder_support::Held;
use crate::support::cli::{Launches, Log, cli, serving};

/// Far more than any test here takes.
const LONG: Duration = Duration::from_secs(60);
const AT_ONCE: Shutdown =
    Shutdown { grace_after_eof: Duration::ZERO, grace_after_sigterm: Duration::ZERO };

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Run as another process, whose descriptors are all its own.
#[tokio::test]
#[ignore = "a part of another test"]
async fn program_that_counts_its_descriptors() {
    let transport = cli(|launch, mut cli| async move {
        cli.handshake().await;
        if launch.args.iter().any(|arg| arg.to_str().is_some_and(|arg| arg.contains("crashes"))) {
            return Exit::from_code(3);
        }
        // Until it is killed.
        std::future::pending().await
    });
    let held = Held::new(transport);
    let transport = held.transport();
    assert!(held.keys().await.is_empty());
    let before = descriptors();
    for round in 0..10 {
        let builder = Session::builder().transport(transport.clone()).shutdown(AT_ONCE);
        let builder = if round % 2 == 0 { builder } else { builder.model("crashes") };
        let session = builder.start().unwrap();
        session.connect().await.unwrap();
        if round % 2 == 1 {
            session.watch().wait_for(|state| state.last_end.is_some()).await.unwrap();
        }
        session.stop().await.unwrap();
        held.is_empty().await;
        let closed = async {
            while descriptors() > before {
                tokio::task::yield_now().await;
            }
        };
        let left = timeout(LONG, closed).await;
        left.unwrap_or_else(|_| panic!("round {round}: {} more", descriptors() - before));
    }
}

#[test]
fn a_cli_that_has_ended_leaves_no_connection() {
    let mut program = Command::new(std::env::current_exe().unwrap());
    let part = "holder_limits::program_that_counts_its_descriptors";
    let output = program
        .args(["--exact", part, "--ignored", "--nocapture"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}{stderr}");
}

#[tokio::test]
async fn a_program_leaves_although_the_cli_does_not_read() {
    let log = Log::default();
    let (open, gate) = watch::channel(false);
    let seen = log.clone();
    let cli = cli(move |_, mut cli| {
        let (seen, mut gate) = (seen.clone(), gate.clone());
        async move {
            gate.wait_for(|open| *open).await.unwrap();
            while let Some(line) = cli.read().await {
                seen.push(line["name"].as_str().unwrap());
            }
            Exit::from_code(0)
        }
    });
    let held = Held::with(cli, |holder| holder.buffer(1000));
    let transport = held.transport();
    let mut connection = transport.open(Launch::default()).await.unwrap();
    let long = "x".repeat(8 * 1024 * 1024);
    let line = |name: &str, text: &str| format!("{}\n", json!({"name": name, "text": text}));
    for (name, text) in [("first", &*long), ("second", ""), ("third", &long)] {
        connection.stdin.write_all(line(name, text).as_bytes()).await.unwrap();
    }
    // Once all is full, which has no event, this is not taken.
    let fourth = line("fourth", &long);
    let stuck = connection.stdin.write_all(fourth.as_bytes());
    assert!(timeout(Duration::from_millis(500), stuck).await.is_err());

    transport.leave();
    timeout(LONG, held.is_unclaimed()).await.expect("the key is free");
    open.send_replace(true);
    // What the first program had sent whole arrives.
    while log.len() < 2 {
        tokio::task::yield_now().await;
    }
    let next = HeldTransport::new(held.socket(), "chat");
    let mut next = next.open(Launch::default()).await.unwrap();
    next.stdin.write_all(line("next", "").as_bytes()).await.unwrap();
    while log.len() < 3 {
        tokio::task::yield_now().await;
    }
    assert_eq!(log.all(), ["first", "second", "next"]);
    drop(next.stdin);
    assert_eq!(next.control.wait().await.unwrap(), Exit::from_code(0));
}

#[tokio::test]
async fn a_line_that_is_too_long_is_reported_and_its_owner_stays() {
    let log = Log::default();
    let seen = log.clone();
    let cli = cli(move |_, mut cli| {
        let seen = seen.clone();
        async move {
            while let Some(line) = cli.read().await {
                seen.push(line["name"].as_str().unwrap());
            }
            Exit::from_code(0)
        }
    });
    let held = Held::new(cli);
    let (reader, mut writer) = UnixStream::connect(held.socket()).await.unwrap().into_split();
    let mut answers = BufReader::new(reader).lines();
    let open = json!({"type": "open", "key": "chat", "args": [], "env": {}, "cwd": "/"});
    writer.write_all(format!("{open}\n").as_bytes()).await.unwrap();
    let answer = answers.next_line().await.unwrap().unwrap();
    assert!(answer.starts_with("{\"type\":\"opened\""), "{answer}");
    // One that is just as long as a line may be, and then one that is longer.
    for (extra, arrives) in [(0, true), (1, false)] {
        let frame = format!("{}\"{}", r#"{"name":"long","text":"#, r#""}"#);
        let text = "x".repeat(DEFAULT_MAX_LINE - frame.len() + extra);
        let line = format!("i{}\"{text}{}\n", r#"{"name":"long","text":"#, r#""}"#);
        assert_eq!(line.len(), DEFAULT_MAX_LINE + 2 + extra);
        writer.write_all(line.as_bytes()).await.unwrap();
        writer.write_all(b"i{\"name\":\"short\"}\n").await.unwrap();
        if !arrives {
            let report = answers.next_line().await.unwrap().unwrap();
            let length = (DEFAULT_MAX_LINE + 1).to_string();
            assert!(report.starts_with('r') && report.contains(&length), "{report}");
        }
    }
    writer.write_all(b"e\n").await.unwrap();
    let end = answers.next_line().await.unwrap();
    assert_eq!(end.as_deref(), Some("c"), "no other report");
    assert_eq!(log.all(), ["long", "short", "short"]);
}

#[tokio::test]
async fn a_prompt_that_is_too_long_for_a_holder_is_an_error_of_its_turn() {
    let held = Held::new(serving(&Launches::default()));
    let session = Session::builder().transport(held.transport()).start().unwrap();
    assert_eq!(session.query("hello").text().await.unwrap(), "hello");
    let error = session.query("x".repeat(DEFAULT_MAX_LINE)).text().await.unwrap_err();
    assert!(error.is_closed(), "{error}");
    assert!(error.stderr_tail().contains("was not sent to the holder"), "{error}");
    // The next one has the next CLI.
    assert_eq!(session.query("hello").text().await.unwrap(), "hello");
    session.stop().await.unwrap();
}

/// A line of a CLI with so much text.
fn long(text: usize) -> String {
    json!({"type": "assistant", "text": "x".repeat(text)}).to_string()
}

#[tokio::test]
async fn the_last_line_of_an_owner_reaches_the_cli() {
    // How many lines it writes before it closes, and how much the CLI has to say at that moment.
    for (lines, said) in [(1, 1), (1, 100_000), (3, 1), (3, 100_000)] {
        let log = Log::default();
        let (say, says) = watch::channel(false);
        let seen = log.clone();
        let cli = cli(move |_, mut cli| {
            let (seen, mut says) = (seen.clone(), says.clone());
            async move {
                says.wait_for(|says| *says).await.unwrap();
                cli.write(long(said)).await;
                while let Some(line) = cli.read().await {
                    seen.push(line["name"].to_string());
                }
                Exit::from_code(0)
            }
        });
        let held = Held::new(cli);
        let mut owner = UnixStream::connect(held.socket()).await.unwrap();
        let open = json!({"type": "open", "key": "chat", "args": [], "env": {}, "cwd": "/"});
        owner.write_all(format!("{open}\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        BufReader::new(&mut owner).read_line(&mut answer).await.unwrap();
        assert!(answer.starts_with("{\"type\":\"opened\""), "{answer}");
        // From here on without a look at the sockets, until both have happened.
        let mut owner = owner.into_std().unwrap();
        for name in 0..lines {
            owner.write_all(format!("i{}\n", json!({"name": name})).as_bytes()).unwrap();
        }
        drop(owner);
        say.send_replace(true);
        let arrives = async {
            while log.len() < lines {
                tokio::task::yield_now().await;
            }
        };
        let arrived = timeout(Duration::from_secs(10), arrives).await;
        assert!(arrived.is_ok(), "{lines} {said}: {:?}", log.all());
        held.is_unclaimed().await;
        // The next one has the CLI, and what was said.
        let transport = held.transport();
        let next = transport.open(Launch::default()).await.unwrap();
        let mut output = BufReader::new(next.stdout).lines();
        assert_eq!(output.next_line().await.unwrap().unwrap(), long(said));
        drop(next.stdin);
        assert_eq!(log.len(), lines);
    }
}
