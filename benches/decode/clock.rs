//! CPU time of this thread if there is such a clock, else wall time; and medians of it.

use std::time::Duration;

/// How often each row is measured.
const ROUNDS: usize = 7;

/// The median time of each row. Every round runs each row once, so that a busy moment of the machine
/// affects them all.
pub(crate) fn medians(rows: usize, mut run: impl FnMut(usize) -> Duration) -> Vec<Duration> {
    let mut times = vec![Vec::new(); rows];
    for _ in 0..ROUNDS {
        for (row, times) in times.iter_mut().enumerate() {
            times.push(run(row));
        }
    }
    times.into_iter().map(median).collect()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[cfg(target_os = "linux")]
pub(crate) fn now() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn now() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> =
        std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed()
}

/// The same of all threads of this process.
#[cfg(target_os = "linux")]
pub(crate) fn of_process() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

/// Without such a clock, twice the wall time, so that the difference is the wall time.
#[cfg(not(target_os = "linux"))]
pub(crate) fn of_process() -> Duration {
    now() * 2
}
