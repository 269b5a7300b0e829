//! A runtime that lacks what a session needs: the error says what is missing.

use crate::support::cli::echo;
use crate::support::read::read;
use claude_wire::Session;
use serde_json::Map;
use tokio::runtime::{Builder, Runtime};

/// A runtime with these drivers, single-threaded or multi-threaded.
fn runtime(threads: bool, time: bool, io: bool) -> Runtime {
    let mut builder =
        if threads { Builder::new_multi_thread() } else { Builder::new_current_thread() };
    if time {
        builder.enable_time();
    }
    if io {
        builder.enable_io();
    }
    builder.worker_threads(1).build().unwrap()
}

#[test]
fn a_runtime_without_timers_is_reported_by_every_call() {
    for threads in [false, true] {
        for io in [false, true] {
            let session = Session::builder().transport(echo()).start().unwrap();
            let runtime = runtime(threads, false, io);
            let errors = runtime.block_on(async {
                [
                    read(session.query("go")).await.error.unwrap(),
                    session.connect().await.unwrap_err(),
                    session.control("get_usage", Map::new()).await.unwrap_err(),
                    session.clear().await.unwrap_err(),
                ]
            });
            for error in errors {
                assert!(error.is_start() && !error.is_stopped(), "{error}");
                assert!(error.to_string().contains("enable_time"), "{error}");
            }
            assert_eq!(runtime.block_on(session.stop()).unwrap(), None);
            // The session still works afterwards.
            let text = self::runtime(threads, true, false).block_on(session.query("go").text());
            assert_eq!(text.unwrap(), "go");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_runtime_without_io_is_reported_when_a_process_is_started() {
    use crate::support::shell::shell;
    let folder = tempfile::tempdir().unwrap();
    let started = folder.path().join("started");
    for threads in [false, true] {
        let script = format!(": >{}", started.display());
        let session = Session::builder().transport(shell(script)).start().unwrap();
        let runtime = runtime(threads, true, false);
        let (connect, turn) =
            runtime.block_on(async { tokio::join!(session.connect(), read(session.query("go"))) });
        for error in [&connect.unwrap_err(), turn.error()] {
            assert!(error.is_start() && error.transport_error().is_some(), "{error}");
            assert!(error.to_string().contains("enable_io"), "{error}");
        }
        assert!(!started.exists(), "nothing is left running");
        runtime.block_on(session.stop()).unwrap();
    }
}
