//! A child costs three pipes and a watch, gets three descriptors, and leaves none behind.
//!
//! One test per file: it counts the descriptors of the whole program.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

#[path = "it/process_support/mod.rs"]
mod process_support;

use std::fs;

use claude_wire::transport::{CliPath, Launch, Process};
use process_support::{Stat, line, run};
use tokio::io::AsyncWriteExt;

fn open_descriptors(of: &str) -> usize {
    fs::read_dir(format!("/proc/{of}/fd")).unwrap().count()
}

/// The descriptors beyond the standard three that this program inherited and passes on to any
/// child; normally none.
fn inheritable() -> usize {
    let close_on_exec =
        |flags: &str| i32::from_str_radix(flags.trim(), 8).unwrap() & 0o2_000_000 != 0;
    let inheritable = |number: &i32| {
        // The descriptor of the listing itself is closed by now.
        let Ok(info) = fs::read_to_string(format!("/proc/self/fdinfo/{number}")) else {
            return false;
        };
        !close_on_exec(info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap())
    };
    let numbers = fs::read_dir("/proc/self/fd")
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_str().unwrap().parse().unwrap());
    numbers.filter(|number| *number > 2).filter(inheritable).count()
}

#[tokio::test]
async fn descriptors_and_processes_are_counted() {
    let cat = Process::new(CliPath::Explicit("/bin/cat".into()));
    let before = open_descriptors("self");
    let from_outside = inheritable();

    let mut child = run(&cat, Launch::default()).await;
    assert_eq!(open_descriptors("self"), before + 4, "stdin, stdout, stderr, pidfd");
    child.stdin.write_all(b"running\n").await.unwrap();
    let (_, stdout) = line(child.stdout).await;
    let pid = child.control.pid().unwrap();
    assert_eq!(open_descriptors(&pid.to_string()), 3 + from_outside, "its standard three");

    // No shell in between: the program itself is our child.
    assert_eq!(Stat::of(pid).unwrap().parent, std::process::id());
    assert_eq!(
        fs::read_link(format!("/proc/{pid}/exe")).unwrap(),
        fs::canonicalize("/bin/cat").unwrap()
    );
    assert_eq!(fs::read(format!("/proc/{pid}/cmdline")).unwrap(), b"/bin/cat\0");

    drop((child.stdin, stdout, child.stderr));
    child.control.wait().await.unwrap();
    drop(child.control);
    assert_eq!(open_descriptors("self"), before);
}
