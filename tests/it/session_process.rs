//! A session with real processes: behaviour that depends on the kernel.
#![cfg(unix)]

use std::time::{Duration, Instant};

use crate::support::read::read;
use crate::support::shell::{RESULT, START, shell};
use claude_wire::Session;
use claude_wire::transport::{Exit, Shutdown};

#[tokio::test]
async fn a_turn_and_the_end_of_input() {
    let session = Session::builder()
        .transport(shell(format!("{START} {RESULT}; cat >/dev/null; exit 3")))
        .start()
        .unwrap();
    assert_eq!(read(session.query("go")).await.text(), "done");
    let pid = session.pid().unwrap();
    assert!(pid > 1);
    assert_eq!(session.stop().await.unwrap(), Some(Exit::from_code(3)));
    assert_eq!(session.pid(), None);
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists(), "reaped");
}

#[tokio::test]
async fn a_failure_has_exit_code_and_stderr() {
    let session = Session::builder()
        .transport(shell("read -r line; echo 'bad flag' >&2; exit 7"))
        .start()
        .unwrap();
    let turn = read(session.query("go")).await;
    assert!(turn.error().is_process());
    assert_eq!(
        (turn.error().exit(), turn.error().stderr_tail()),
        (Some(&Exit::from_code(7)), "bad flag\n")
    );
}

#[tokio::test]
async fn a_signal_is_reported_as_a_signal() {
    let session =
        Session::builder().transport(shell(format!("{START} kill -KILL $$"))).start().unwrap();
    assert_eq!(read(session.query("go")).await.error().exit(), Some(&Exit::from_signal(9)));
}

#[tokio::test]
async fn a_grandchild_that_keeps_the_pipes_open_is_not_awaited() {
    let session = Session::builder()
        .transport(shell(format!("{START} {RESULT}; sleep 60 & exit 0")))
        .start()
        .unwrap();
    let start = Instant::now();
    assert_eq!(read(session.query("go")).await.text(), "done");
    assert_eq!(session.stop().await.unwrap(), Some(Exit::from_code(0)));
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_grandchild_that_floods_the_pipes_is_not_awaited() {
    for flood in [
        "while :; do echo tick; done",
        "while :; do echo '{\"type\":\"x\"}'; sleep 0.1; done",
        "while :; do echo complaint >&2; done",
        "while :; do echo tick; echo complaint >&2; done",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let begun = folder.path().join("begun").display().to_string();
        // In its own group, as the CLI runs its tools: it does not end with the CLI.
        let flood = format!("trap '' TERM HUP; : >{begun}; {flood}").replace('\'', r"'\''");
        let wait = format!("until [ -e {begun} ]; do sleep 0.01; done");
        let script = format!("{START} setsid sh -c '{flood}' & {wait}; exit 7");
        let session = Session::builder().no_timeout().transport(shell(script)).start().unwrap();
        let start = Instant::now();
        let turn = read(session.query("go")).await;
        assert_eq!(turn.error().exit(), Some(&Exit::from_code(7)), "{flood}: {:?}", turn.error);
        assert!(start.elapsed() < Duration::from_secs(10), "{flood}: {:?}", start.elapsed());
        session.stop().await.unwrap();
    }
}

#[tokio::test]
async fn a_process_that_closes_a_pipe_during_the_handshake_is_detected() {
    for closes in ["exec <&-", "read -r line; exec <&-", "read -r line; exec >&-"] {
        let script = format!("{closes}; echo closed >&2; while :; do sleep 0.1; done");
        let session = Session::builder().transport(shell(script)).start().unwrap();
        let start = Instant::now();
        let error = session.connect().await.unwrap_err();
        assert!(error.is_closed(), "{closes}: {error}");
        assert!(error.to_string().contains("closed its standard"), "{closes}: {error}");
        assert_eq!(error.stderr_tail(), "closed\n", "{closes}");
        assert!(start.elapsed() < Duration::from_secs(10), "{closes}: {:?}", start.elapsed());
        session.stop().await.unwrap();
    }
}

#[tokio::test]
async fn a_megabyte_on_stderr_blocks_nothing() {
    let noise =
        "i=0; while [ $i -lt 1024 ]; do printf '%01024d' 0 >&2; i=$((i+1)); done; printf end >&2";
    let session = Session::builder()
        .transport(shell(format!("{START} {noise}; {RESULT}; cat >/dev/null")))
        .start()
        .unwrap();
    assert_eq!(read(session.query("go")).await.text(), "done");
    session.stop().await.unwrap();
    assert_eq!(session.stderr_tail().len(), 8 * 1024);
    assert!(session.stderr_tail().ends_with("0end"));
}

#[tokio::test]
async fn a_process_that_ignores_everything_is_killed() {
    let grace = Shutdown {
        grace_after_eof: Duration::from_millis(50),
        grace_after_sigterm: Duration::from_millis(50),
    };
    let script = format!("trap '' TERM; {START} {RESULT}; while :; do sleep 1; done");
    let session = Session::builder().shutdown(grace).transport(shell(script)).start().unwrap();
    assert_eq!(read(session.query("go")).await.text(), "done");
    assert_eq!(session.stop().await.unwrap(), Some(Exit::from_signal(9)));
}
