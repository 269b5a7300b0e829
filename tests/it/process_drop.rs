//! A child whose handle is dropped ends with its group and is reaped: no runtime needed, no zombie
//! left.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::time::{Duration, Instant};

use crate::process_support::{
    LIMIT, gone, impatient_shell, is_alive, line, rest, run, script, shell,
};
use claude_wire::transport::{Shutdown, Transport};
use futures_util::FutureExt;
use tokio::runtime::{Builder, Runtime};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn outside_a_runtime() {
    let runtime = runtime();
    let cli = runtime.block_on(run(&shell(), script("cat")));
    let pid = cli.control.pid().unwrap();
    drop(runtime);
    assert!(is_alive(pid));
    drop(cli);
    gone(pid);
}

#[test]
fn by_a_runtime_that_shuts_down() {
    for workers in [0, 2] {
        let mut builder =
            if workers == 0 { Builder::new_current_thread() } else { Builder::new_multi_thread() };
        let runtime = builder.enable_all().build().unwrap();
        let (sent, pid) = std::sync::mpsc::channel();
        runtime.spawn(async move {
            let mut cli = run(&shell(), script("trap '' HUP; cat; sleep 1000")).await;
            sent.send(cli.control.pid().unwrap()).unwrap();
            cli.control.wait().await.unwrap();
        });
        let pid = runtime.block_on(async {
            // Yields, so that the current-thread runtime runs the task.
            loop {
                if let Ok(pid) = pid.try_recv() {
                    break pid;
                }
                tokio::task::yield_now().await;
            }
        });
        drop(runtime);
        gone(pid);
    }
}

#[test]
fn with_a_deaf_child_and_a_tool_in_its_own_session() {
    let runtime = runtime();
    let deaf = "trap '' TERM; setsid sleep 1000 & sleep 1000 & echo $!; echo $$; wait";
    let (cli, tool) = runtime.block_on(async {
        let mut cli = run(&impatient_shell(), script(deaf)).await;
        let (tool, stdout) = line(cli.stdout).await;
        let (_, stdout) = line(stdout).await;
        cli.stdout = stdout;
        (cli, tool.parse().unwrap())
    });
    let pid = cli.control.pid().unwrap();
    drop(cli.control);
    gone(pid);
    gone(tool);
    // The end of output comes when the last of the three is gone.
    assert_eq!(runtime.block_on(rest(cli.stdout)), b"");
}

#[tokio::test]
async fn leaves_a_child_time_to_clean_up() {
    let patient =
        shell().shutdown(Shutdown { grace_after_sigterm: Duration::MAX, ..Shutdown::default() });
    let cli = run(
        &patient,
        script("trap 'echo bye; exit 0' TERM; echo hello; while :; do sleep 0.01; done"),
    )
    .await;
    let (_, stdout) = line(cli.stdout).await;
    let pid = cli.control.pid().unwrap();
    drop(cli.control);
    assert_eq!(rest(stdout).await, b"bye\n");
    gone(pid);
}

#[tokio::test]
async fn reaps_a_child_that_had_already_ended() {
    let cli = run(&shell(), script("exit 0")).await;
    let pid = cli.control.pid().unwrap();
    assert_eq!(rest(cli.stdout).await, b"");
    drop(cli.control);
    gone(pid);
}

#[test]
fn even_when_the_opening_is_dropped() {
    let runtime = runtime();
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("was-here");
    let mut child = 0;
    runtime.block_on(async {
        let transport = impatient_shell();
        let mut opening =
            transport.open(script(&format!("echo $$ > '{}'; exec cat", trace.display())));
        assert!((&mut opening).now_or_never().is_none(), "polled once");
        // The child runs, but its handle was not returned.
        child = started(&trace);
        assert!(is_alive(child));
    });
    drop(runtime);
    gone(child);
}

/// Returns the process id that a child writes when it starts. A file is the only way to report it:
/// its streams belong to the dropped opening.
fn started(trace: &std::path::Path) -> u32 {
    let start = Instant::now();
    loop {
        let text = fs::read_to_string(trace).unwrap_or_default();
        if let Some(pid) = text.strip_suffix('\n') {
            return pid.parse().unwrap();
        }
        assert!(start.elapsed() < LIMIT, "no child was started");
        // A file cannot be awaited: poll.
        std::thread::sleep(Duration::from_millis(1));
    }
}
