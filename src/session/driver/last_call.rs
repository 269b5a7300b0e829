//! Deadlines are checked only after everything in the pipes has been read.
//!
//! The program may have been stopped for a while: by a debugger, by SIGSTOP, by a suspended
//! machine, by a blocked runtime. Its clock advanced, and what the CLI wrote waits in the pipe.

use std::future::pending;
use std::pin::pin;
use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until, timeout_at};

/// A timer that fires this late means that the program was not running.
const LATE: Duration = Duration::from_millis(50);
/// The CLI may then have been blocked by a full pipe. It has this long to write the rest.
const CATCH_UP: Duration = Duration::from_millis(200);
/// The maximum number of driver rounds before the deadline counts. A read returns at most 64 KiB.
const ROUNDS: u32 = 16;

/// The last read of the pipes before the next deadline counts.
#[derive(Default)]
pub(super) struct LastCall(Option<Call>);

struct Call {
    until: Instant,
    rounds: u32,
}

impl LastCall {
    /// Whether the output must be read now, even if its reader has left much unread.
    pub(super) fn reads_on(&self) -> bool {
        self.0.as_ref().is_some_and(|call| call.rounds < ROUNDS)
    }

    /// Ready when the deadline has come, and again once the pipes were given the chance to deliver
    /// something. Poll it after the pipes.
    pub(super) async fn wait(&self, deadline: Option<Instant>) {
        match (&self.0, deadline) {
            // Lets the runtime check for readiness: the timer may have fired first.
            (Some(call), _) if call.until <= Instant::now() => yield_now().await,
            (Some(call), _) => sleep_until(call.until).await,
            (None, Some(deadline)) => sleep_until(deadline).await,
            (None, None) => pending().await,
        }
    }

    /// Whether this deadline counts now. `quiet`: whether the pipes delivered nothing in this
    /// round.
    pub(super) fn is_over(&mut self, now: Instant, deadline: Option<Instant>, quiet: bool) -> bool {
        let Some(late) = deadline.and_then(|deadline| now.checked_duration_since(deadline)) else {
            self.0 = None;
            return false;
        };
        let Some(call) = &mut self.0 else {
            let until = if late > LATE { now + CATCH_UP } else { now };
            self.0 = Some(Call { until, rounds: 0 });
            return false;
        };
        call.rounds += 1;
        let over = call.until <= now && (quiet || call.rounds >= ROUNDS);
        if over {
            self.0 = None;
        }
        over
    }
}

/// Returns the output of a future within a limit; `None` if the limit expired while the program was
/// running.
pub(super) async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let Some(deadline) = Instant::now().checked_add(limit) else { return Some(future.await) };
    if let Ok(output) = timeout_at(deadline, &mut future).await {
        return Some(output);
    }
    let mut call = LastCall::default();
    while !call.is_over(Instant::now(), Some(deadline), true) {
        tokio::select! {
            biased;
            output = &mut future => return Some(output),
            () = call.wait(Some(deadline)) => {}
        }
    }
    None
}
