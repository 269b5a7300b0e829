//! A program that was stopped for a while (by a debugger, SIGSTOP, a blocked runtime) reads what
//! came in the meantime before time limits apply.

use std::time::Duration;

use crate::support::cli::{FakeCli, assistant, cli, init, result, success};
use crate::support::read::{ended_well, quiet, read};
use claude_wire::Session;
use claude_wire::transport::{Exit, Memory};
use serde_json::{Map, json};
use tokio::time::{advance, sleep};

const SECOND: Duration = Duration::from_secs(1);

/// The clock jumps, as it does for a stopped program.
async fn stopped_for(pause: Duration) {
    quiet().await;
    advance(pause).await;
}

/// Half a second passes; what the CLI writes then is on its way while the timers fire.
async fn under_way() {
    sleep(SECOND / 2).await;
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

/// A CLI that answers its first prompt half a second later, with this many messages and a result.
fn answers_after_half_a_second(messages: usize) -> Memory {
    cli(move |_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        under_way().await;
        let mut lines = String::new();
        for _ in 0..messages {
            lines.push_str(&format!("{}\n", assistant(&"x".repeat(1000))));
        }
        lines.push_str(&format!("{}\n", result(&uuid, "in time")));
        cli.write_bytes(lines.as_bytes()).await;
        cli.drain().await;
        Exit::from_code(0)
    })
}

#[tokio::test(start_paused = true)]
async fn a_result_that_waits_in_the_pipe_wins_over_the_limit() {
    // From less than one read up to several times the capacity of a pipe.
    for messages in [0, 50, 300, 1000] {
        for idle in [false, true] {
            let builder = Session::builder();
            let builder = if idle { builder.idle_timeout(SECOND) } else { builder.timeout(SECOND) };
            let transport = answers_after_half_a_second(messages);
            let session = builder.transport(transport).start().unwrap();
            let turn = tokio::spawn(read(session.query("go")));
            stopped_for(60 * SECOND).await;
            let turn = turn.await.unwrap();
            assert_eq!(turn.text(), "in time", "{messages} messages, idle: {idle}");
            assert_eq!(turn.lines.len(), messages + 2);
            ended_well(&session).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_result_behind_unread_messages_wins_over_the_limit() {
    let builder = Session::builder().timeout(SECOND).buffer_limit(4096);
    let session = builder.transport(answers_after_half_a_second(100)).start().unwrap();
    let mut turn = session.query("go");
    turn.next().await.unwrap().unwrap();
    stopped_for(60 * SECOND).await;
    assert_eq!(read(turn).await.text(), "in time");
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn the_idle_timeout_restarts_at_the_last_buffered_line() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        under_way().await;
        cli.write(assistant("a sign of life")).await;
        sleep(SECOND / 2).await;
        cli.write(result(&uuid, "in time")).await;
        cli.serve().await
    });
    let session = Session::builder().idle_timeout(SECOND).transport(transport).start().unwrap();
    let turn = tokio::spawn(read(session.query("go")));
    stopped_for(2 * SECOND).await;
    assert_eq!(turn.await.unwrap().text(), "in time");
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_waits_in_the_pipe_wins_over_its_limit() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let asked = cli.request("get_usage").await;
        under_way().await;
        cli.write(success(&asked, json!({"n": 1}))).await;
        cli.serve().await
    });
    let session = Session::builder().control_timeout(SECOND).transport(transport).start().unwrap();
    let asking = session.clone();
    let reply = tokio::spawn(async move { asking.control("get_usage", Map::new()).await });
    stopped_for(60 * SECOND).await;
    assert!(reply.await.unwrap().unwrap().unwrap().pointer("/n").is_some());
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_waits_in_the_pipe_wins_over_its_limit() {
    let transport = cli(|_, mut cli: FakeCli| async move {
        let initialize = cli.request("initialize").await;
        under_way().await;
        cli.write(success(&initialize, json!({}))).await;
        cli.serve().await
    });
    let session =
        Session::builder().initialize_timeout(SECOND).transport(transport).start().unwrap();
    let turn = tokio::spawn(read(session.query("go")));
    stopped_for(60 * SECOND).await;
    assert_eq!(turn.await.unwrap().text(), "go");
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn an_exit_that_waits_to_be_seen_wins_over_the_next_signal() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        cli.drain().await;
        let mut control = cli.control.clone();
        tokio::select! {
            biased;
            () = under_way() => Exit::from_code(0),
            signal = control.signal() => panic!("{signal:?} after the exit"),
        }
    });
    let session = Session::builder().transport(transport).start().unwrap();
    session.connect().await.unwrap();
    let stopping = session.clone();
    let stop = tokio::spawn(async move { stopping.stop().await.unwrap() });
    stopped_for(60 * SECOND).await;
    assert_eq!(stop.await.unwrap(), Some(Exit::from_code(0)));
}

#[tokio::test(start_paused = true)]
async fn a_silent_cli_still_exceeds_its_limit() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        cli.drain().await;
        Exit::from_code(0)
    });
    let session = Session::builder().timeout(SECOND).transport(transport).start().unwrap();
    let turn = tokio::spawn(read(session.query("go")));
    let start = tokio::time::Instant::now();
    stopped_for(60 * SECOND).await;
    assert!(turn.await.unwrap().error().is_timeout());
    assert!(start.elapsed() < 61 * SECOND, "{:?}", start.elapsed());
}

/// The same with a real process, a real clock, and a blocked runtime.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_blocked_runtime_does_not_fail_a_turn_that_has_its_result() {
    use crate::support::shell::{RESULT, START, shell};
    // As much as a pipe holds, so that all of it is written while nothing is read.
    for lines in [0, 100, 500] {
        let shared = tempfile::tempdir().unwrap();
        let written = shared.path().join("written");
        let script = format!(
            r#"{START} i=0; while [ $i -lt {lines} ]; do i=$((i+1)); printf '{{"type":"x","pad":"%0100d"}}\n' 0; done; {RESULT}; : >'{}'; cat >/dev/null"#,
            written.display()
        );
        let limit = Duration::from_millis(300);
        let builder = Session::builder().timeout(limit).idle_timeout(limit);
        let session = builder.transport(shell(script)).start().unwrap();
        let mut turn = session.query("go");
        session.connect().await.unwrap();
        crate::support::read::begin(&mut turn);
        // The prompt is written.
        tokio::task::yield_now().await;
        appears(&written);
        // Nothing else can say that the limit has passed.
        std::thread::sleep(2 * limit);
        assert_eq!(read(turn).await.text(), "done", "{lines} lines");
        session.stop().await.unwrap();
    }
}

/// Names the folder that a host shares with its CLI and its test.
#[cfg(target_os = "linux")]
const SHARED: &str = "CLAUDE_WIRE_TEST_STOPPED_HOST";

/// A whole process that a signal stops. It is this test again, in the role of the host.
#[cfg(target_os = "linux")]
#[test]
fn a_result_that_came_while_sigstop_held_the_process_wins_over_the_limit() {
    if let Some(shared) = std::env::var_os(SHARED) {
        return host(shared.as_ref());
    }
    let shared = tempfile::tempdir().unwrap();
    let host = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "session_stopped_host::a_result_that_came_while_sigstop_held_the_process_wins_over_the_limit"])
        .env(SHARED, shared.path())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let signal = |name: &str| {
        let pid = host.id().to_string();
        let sent = std::process::Command::new("kill").args([name, &pid]).status().unwrap();
        assert!(sent.success());
    };
    appears(&shared.path().join("prompted"));
    signal("-STOP");
    std::fs::write(shared.path().join("go"), "").unwrap();
    appears(&shared.path().join("written"));
    // The limit of the turn lies in this time: nothing else can say that it has passed.
    std::thread::sleep(4 * SECOND);
    signal("-CONT");
    let output = host.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("the answer: done"), "{text}");
}

#[cfg(target_os = "linux")]
fn appears(file: &std::path::Path) {
    let start = std::time::Instant::now();
    while !file.exists() {
        assert!(start.elapsed() < 30 * SECOND, "{} does not appear", file.display());
        // Another process makes the file, and there is no event for that.
        std::thread::sleep(SECOND / 100);
    }
}

#[cfg(target_os = "linux")]
fn host(shared: &std::path::Path) {
    use crate::support::shell::{RESULT, START, shell};

    let script = format!(
        "cd '{}'\n{START}\n: >prompted\nuntil [ -e go ]; do sleep 0.01; done\n{RESULT}\n: >written\ncat >/dev/null",
        shared.display()
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answer = runtime.block_on(async {
        let session =
            Session::builder().timeout(3 * SECOND).transport(shell(script)).start().unwrap();
        session.query("go").text().await.unwrap()
    });
    println!("the answer: {answer}");
}
