//! The descendants of a process, from `/proc`.

use std::collections::HashMap;
use std::fs;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// How often a tree that grows while it is being stopped is read again.
const ROUNDS: usize = 64;

/// How many milliseconds the signalled processes get to stop, in total. A process that waits for a
/// broken disk never stops.
const STOP_POLLS: usize = 100;

/// A process. Its id alone could mean another process later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Descendant {
    pid: Pid,
    /// In clock ticks since the system started.
    born: u64,
}

impl Descendant {
    /// Sends a signal to this process, and never to a later one with the same id.
    pub(super) fn signal(self, signal: Signal) {
        let Ok(pidfd) = pidfd_open(self.pid, PidfdFlags::empty()) else { return };
        // The descriptor stays with one process: if that has our start time, it is ours for good.
        if Stat::read(self.pid).is_some_and(|stat| stat.born == self.born) {
            let _ = pidfd_send_signal(pidfd, signal);
        }
    }

    /// Whether it is stopped or gone.
    fn is_at_rest(self) -> bool {
        Stat::read(self.pid).is_none_or(|stat| stat.born != self.born || stat.is_at_rest())
    }
}

/// Stops and lists all descendants of a stopped process, without that process.
pub(super) fn stop_all(root: Pid) -> Vec<Descendant> {
    let mut stopped = Vec::new();
    let mut polls = STOP_POLLS;
    for _ in 0..ROUNDS {
        // SIGSTOP finds some processes in the middle of a fork, which they finish first: their
        // children are visible once they have stopped.
        let at_rest = || {
            Stat::read(root).is_none_or(|stat| stat.is_at_rest())
                && stopped.iter().all(|known: &Descendant| known.is_at_rest())
        };
        while polls > 0 && !at_rest() {
            polls -= 1;
            // There is no event when another process's child has stopped, so poll.
            thread::sleep(Duration::from_millis(1));
        }
        // Those that were forked during the round before.
        let new: Vec<_> =
            list(root).into_iter().filter(|descendant| !stopped.contains(descendant)).collect();
        if new.is_empty() {
            break;
        }
        new.iter().for_each(|descendant| descendant.signal(Signal::STOP));
        stopped.extend(new);
    }
    stopped
}

fn list(root: Pid) -> Vec<Descendant> {
    let mut children: HashMap<Pid, Vec<Descendant>> = HashMap::new();
    for pid in processes() {
        if let Some(Stat { parent: Some(parent), born, .. }) = Stat::read(pid) {
            children.entry(parent).or_default().push(Descendant { pid, born });
        }
    }
    let mut found = children.remove(&root).unwrap_or_default();
    let mut next = 0;
    while let Some(descendant) = found.get(next) {
        next += 1;
        found.extend(children.remove(&descendant.pid).unwrap_or_default());
    }
    found
}

fn processes() -> impl Iterator<Item = Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok().and_then(Pid::from_raw))
}

#[derive(Debug, PartialEq, Eq)]
struct Stat {
    state: u8,
    parent: Option<Pid>,
    born: u64,
}

impl Stat {
    fn read(pid: Pid) -> Option<Self> {
        Self::parse(&fs::read(format!("/proc/{}/stat", pid.as_raw_pid())).ok()?)
    }

    /// `7 (any (name)) S 1 ...`: the name may have spaces, parentheses and bytes that are not text,
    /// so the fields are counted from the last parenthesis: state, parent, and the start time as
    /// the twentieth.
    fn parse(stat: &[u8]) -> Option<Self> {
        let name_end = stat.iter().rposition(|&byte| byte == b')')?;
        let mut fields = std::str::from_utf8(&stat[name_end + 1..]).ok()?.split_ascii_whitespace();
        let state = *fields.next()?.as_bytes().first()?;
        let parent = Pid::from_raw(fields.next()?.parse().ok()?);
        let born = fields.nth(17)?.parse().ok()?;
        Some(Self { state, parent, born })
    }

    /// Stopped, by a signal or by a debugger, or dead.
    fn is_at_rest(&self) -> bool {
        matches!(self.state, b'T' | b't' | b'Z' | b'X')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_parent_and_birth_behind_any_name() {
        let rest = b" S 41 7 7 0 -1 4194304 94 0 0 0 0 0 0 0 20 0 1 0 123456 2764800 238";
        for name in [&b"7 (cat)"[..], b"7 (a b)", b"7 (S 1 2) S 9)", b"7 (\xff)"] {
            let stat = [name, rest].concat();
            assert_eq!(
                Stat::parse(&stat),
                Some(Stat { state: b'S', parent: Pid::from_raw(41), born: 123_456 }),
                "{name:?}"
            );
        }
    }

    #[test]
    fn what_was_stopped_stays_stopped() {
        let mut shell = std::process::Command::new("/bin/sh");
        let shell =
            shell.args(["-c", "sleep 60 & echo; wait"]).stdout(std::process::Stdio::piped());
        let mut shell = shell.spawn().unwrap();
        std::io::Read::read_exact(shell.stdout.as_mut().unwrap(), &mut [0]).unwrap();
        let root = Pid::from_child(&shell);

        rustix::process::kill_process(root, Signal::STOP).unwrap();
        let found = stop_all(root);
        let [sleep] = found[..] else { panic!("{found:?}") };
        let state = |pid| Stat::read(pid).unwrap().state;
        assert_eq!([state(root), state(sleep.pid)], [b'T'; 2]);
        assert!(sleep.is_at_rest());

        sleep.signal(Signal::KILL);
        shell.kill().unwrap();
        shell.wait().unwrap();
    }

    #[test]
    fn a_truncated_line_is_not_a_process() {
        for stat in [
            &b""[..],
            b"7 (cat",
            b"7 (cat)",
            b"7 (cat) S",
            b"7 (cat) S 41",
            b"7 (cat) S x 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8",
        ] {
            assert_eq!(Stat::parse(stat), None);
        }
    }

    #[test]
    fn a_process_with_another_birth_is_left_alone() {
        let mut child =
            std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
        let pid = Pid::from_child(&child);
        let born = Stat::read(pid).unwrap().born;
        assert!(list(rustix::process::getpid()).contains(&Descendant { pid, born }));

        Descendant { pid, born: born + 1 }.signal(Signal::KILL);
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success(), "it lived to see the end of its input");
    }
}
