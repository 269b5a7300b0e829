//! The child and its process group start and end together.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use crate::process_support::{Stat, args, gone, is_alive, line, rest, run, script, shell};
use claude_wire::transport::Exit;

#[tokio::test]
async fn the_child_leads_its_own_group() {
    let cli = run(&shell(), script("cat")).await;
    let pid = cli.control.pid().unwrap();
    assert_eq!(Stat::of(pid).unwrap().group, pid);
}

#[tokio::test]
async fn terminate_reaches_a_grandchild() {
    let mut cli = run(&shell(), script("sleep 1000 & echo $!; wait")).await;
    let (grandchild, stdout) = line(cli.stdout).await;
    cli.control.terminate();
    assert_eq!(cli.control.wait().await.unwrap(), Exit::from_signal(15));
    assert_eq!(rest(stdout).await, b"");
    gone(grandchild.parse().unwrap());
}

#[tokio::test]
async fn a_child_that_ignores_terminate_is_killed() {
    let mut cli = run(&shell(), script("trap '' TERM; echo deaf; sleep 1000; echo survived")).await;
    let (_, stdout) = line(cli.stdout).await;
    cli.control.terminate();
    assert!(is_alive(cli.control.pid().unwrap()));
    cli.control.kill();
    assert_eq!(cli.control.wait().await.unwrap(), Exit::from_signal(9));
    assert_eq!(rest(stdout).await, b"");
}

#[tokio::test]
async fn kill_finds_descendants_in_other_sessions() {
    // As the CLI runs its tools; here also nested.
    let tools =
        r#"setsid sh -c 'echo $$; setsid sh -c "echo \$\$; exec sleep 1000" & wait' & wait"#;
    let mut cli = run(&shell(), script(tools)).await;
    let (tool, stdout) = line(cli.stdout).await;
    let (below, stdout) = line(stdout).await;
    let (tool, below) = (tool.parse().unwrap(), below.parse().unwrap());
    assert_eq!(Stat::of(tool).unwrap().session, tool);
    assert_eq!(Stat::of(below).unwrap().session, below);

    cli.control.kill();
    assert_eq!(cli.control.wait().await.unwrap(), Exit::from_signal(9));
    assert_eq!(rest(stdout).await, b"");
    gone(tool);
    gone(below);
}

#[tokio::test]
async fn kill_ends_a_growing_process_tree() {
    // Each shell starts the next one in a new session. Without the kill, the last one would keep
    // the output open.
    let grow = r#"[ $2 = 5 ] && echo deep; [ $2 = 400 ] && exec sleep 60; setsid sh -c "$1" sh "$1" $(($2 + 1)) & wait"#;
    let mut cli = run(&shell(), args(["-c", grow, "sh", grow, "0"])).await;
    let (_, stdout) = line(cli.stdout).await;
    cli.control.kill();
    assert_eq!(cli.control.wait().await.unwrap(), Exit::from_signal(9));
    assert_eq!(rest(stdout).await, b"");
}

#[tokio::test]
async fn group_members_that_outlive_the_child_are_killed_at_the_end() {
    let mut cli = run(&shell(), script("sleep 1000 & echo $!; exit 3")).await;
    let (left, stdout) = line(cli.stdout).await;
    assert_eq!(cli.control.wait().await.unwrap(), Exit::from_code(3));
    assert_eq!(rest(stdout).await, b"", "no process holds the pipe open");
    gone(left.parse().unwrap());
}

#[tokio::test]
async fn signals_after_the_end_have_no_effect() {
    let mut cli = run(&shell(), script("exit 0")).await;
    cli.control.wait().await.unwrap();
    cli.control.terminate();
    cli.control.kill();
    assert_eq!(cli.control.wait().await.unwrap(), Exit::from_code(0));
}
