//! The memory of the processes of sessions.

use std::fmt;
use std::io;
use std::sync::{Arc, Weak};

use super::error::{Kind, SupervisorError};

/// Those whose memory counts.
pub(super) trait Members: Send + Sync {
    /// The process ids of their CLIs.
    fn pids(&self) -> Vec<u32>;
}

/// A limit of the memory that the processes of all sessions of a supervisor may use.
#[derive(Clone)]
pub(super) struct MemoryLimit {
    bytes: u64,
    members: Weak<dyn Members>,
}

impl MemoryLimit {
    pub(super) fn new(bytes: u64, members: Weak<dyn Members>) -> Self {
        Self { bytes, members }
    }

    /// Refuses another session if the limit is reached, or if that cannot be known.
    pub(super) async fn check(&self, key: &impl fmt::Debug) -> Result<(), SupervisorError> {
        let members: Option<Arc<dyn Members>> = self.members.upgrade();
        let pids = members.map(|members| members.pids()).unwrap_or_default();
        match resident(pids).await {
            Ok(used) if used < self.bytes => Ok(()),
            Ok(used) => Err(SupervisorError::new(Kind::Memory { used, limit: self.bytes }, key)),
            Err(error) => Err(SupervisorError::new(Kind::MemoryUnknown(error.to_string()), key)),
        }
    }
}

impl fmt::Debug for MemoryLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MemoryLimit").field(&self.bytes).finish()
    }
}

/// The resident memory of these processes and their descendants, in bytes.
pub(super) async fn resident(pids: Vec<u32>) -> io::Result<u64> {
    // Files of `/proc` are read at once, but each read takes the kernel some work.
    let read = tokio::task::spawn_blocking(move || trees(pids));
    read.await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

#[cfg(target_os = "linux")]
fn trees(pids: Vec<u32>) -> io::Result<u64> {
    use std::collections::HashSet;

    // Without any process, too, it must be known whether a limit can hold: a kernel may be built
    // without these files.
    std::fs::read_to_string("/proc/thread-self/children")?;
    let mut seen = HashSet::new();
    let mut waiting = pids;
    let mut sum = 0;
    while let Some(pid) = waiting.pop() {
        if !seen.insert(pid) {
            continue;
        }
        match memory_of(pid).and_then(|memory| Ok((memory, children(pid)?))) {
            Ok((memory, children)) => {
                sum += memory;
                waiting.extend(children);
            }
            Err(error) if has_ended(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(sum)
}

#[cfg(not(target_os = "linux"))]
fn trees(_: Vec<u32>) -> io::Result<u64> {
    let why = "it is only read on Linux";
    Err(io::Error::new(io::ErrorKind::Unsupported, why))
}

/// Whether a file of `/proc` could not be read because its process has ended.
#[cfg(target_os = "linux")]
fn has_ended(error: &io::Error) -> bool {
    const NO_SUCH_PROCESS: i32 = 3;
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(NO_SUCH_PROCESS)
}

/// Its `VmRSS`; a process that has ended and was not reaped has none.
#[cfg(target_os = "linux")]
fn memory_of(pid: u32) -> io::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let Some(line) = line else { return Ok(0) };
    let kib = line.trim().strip_suffix(" kB").and_then(|kib| kib.parse::<u64>().ok());
    let malformed = || io::Error::new(io::ErrorKind::InvalidData, format!("VmRSS is{line}"));
    kib.map(|kib| kib * 1024).ok_or_else(malformed)
}

/// The children of all threads of a process.
#[cfg(target_os = "linux")]
fn children(pid: u32) -> io::Result<Vec<u32>> {
    let mut pids = Vec::new();
    for thread in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        match std::fs::read_to_string(thread?.path().join("children")) {
            Ok(list) => {
                pids.extend(list.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
            }
            Err(error) if has_ended(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(pids)
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn descendants_count_and_what_has_ended_does_not() {
        // The shell at the top holds little; that below holds 32 MB in a variable.
        let script = "sh -c 'x=$(head -c 32000000 /dev/zero | tr \"\\0\" a); echo ready; read -r line'; exit";
        let mut child = Command::new("/bin/sh")
            .args(["-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        let alone = memory_of(child.id()).unwrap();
        let tree = trees(vec![child.id()]).unwrap();
        assert!(alone < 16_000_000 && tree > 32_000_000, "{alone} {tree}");
        assert_eq!(trees(vec![child.id(), child.id()]).unwrap() >> 22, tree >> 22, "counted once");
        child.stdin.take().unwrap().write_all(b"end\n").unwrap();
        child.wait().unwrap();
        assert_eq!(trees(vec![child.id()]).unwrap(), 0);
    }
}
