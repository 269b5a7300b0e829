//! CPU time and memory of this process.

use std::fs;
use std::io;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// A stretch of this process's life.
pub(crate) struct Window {
    cpu: Duration,
    resident: u64,
}

impl Window {
    /// Forgets the peak of memory so far, and starts.
    pub(crate) fn open() -> io::Result<Self> {
        fs::write("/proc/self/clear_refs", "5")?;
        Ok(Self { resident: status("VmRSS:")?, cpu: read(ClockId::ProcessCPUTime) })
    }

    /// User and system CPU time since the start.
    pub(crate) fn cpu(&self) -> Duration {
        read(ClockId::ProcessCPUTime) - self.cpu
    }

    /// By how many KiB the peak of the resident memory exceeds that of the start.
    pub(crate) fn grown(&self) -> io::Result<u64> {
        Ok(status("VmHWM:")?.saturating_sub(self.resident))
    }
}

/// The clock that the CLI stamps its lines with.
pub fn monotonic() -> Duration {
    read(ClockId::Monotonic)
}

fn read(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

/// A size in KiB of `/proc/self/status`.
pub(crate) fn status(name: &str) -> io::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let size = status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next());
    size.and_then(|size| size.parse().ok()).ok_or_else(|| io::Error::other(format!("no {name}")))
}
