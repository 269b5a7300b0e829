//! Deadlines are checked only after everything in the pipes has been read.
//!
//! The program may have been stopped for a while: by a debugger, by SIGSTOP, by a suspended
//! machine, by a blocked runtime. Its clock advanced, and what the CLI wrote waits in the pipe.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};

use crate::transport::BoxFuture;

/// A timer that fires this late means that the program was not running.
const LATE: Duration = Duration::from_millis(50);
/// The CLI may then have been blocked by a full pipe. It has this long to write the rest.
const CATCH_UP: Duration = Duration::from_millis(200);
/// The maximum number of driver rounds before the deadline counts. A read returns at most 64 KiB.
const ROUNDS: u32 = 16;

/// The last read of the pipes before the next deadline counts.
#[derive(Default)]
pub(super) struct LastCall {
    call: Option<Call>,
    timer: Timer,
    /// Lets the runtime check for readiness: the timer may have fired first.
    pause: Option<BoxFuture<'static, ()>>,
}

struct Call {
    until: Instant,
    rounds: u32,
}

impl LastCall {
    /// Whether the output must be read now, even if its reader has left much unread.
    pub(super) fn reads_on(&self) -> bool {
        self.call.as_ref().is_some_and(|call| call.rounds < ROUNDS)
    }

    /// Whether it is known without another look that this deadline does not count yet, and that
    /// there is a timer for it.
    pub(super) fn is_set(&self, now: Instant, deadline: Option<Instant>) -> bool {
        let timer = self.timer.deadline();
        self.call.is_none()
            && deadline.is_none_or(|deadline| {
                now < deadline && timer.is_some_and(|timer| timer <= deadline)
            })
    }

    /// Ready when the deadline has come, and again once the pipes were given the chance to deliver
    /// something. Poll it after the pipes.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, deadline: Option<Instant>) -> Poll<()> {
        match (&self.call, deadline) {
            (Some(call), _) if call.until <= Instant::now() => {
                let pause = self.pause.get_or_insert_with(|| Box::pin(yield_now()));
                ready!(pause.as_mut().poll(cx));
                self.pause = None;
                Poll::Ready(())
            }
            (Some(call), _) => self.timer.poll(cx, call.until),
            (None, Some(deadline)) => self.timer.poll(cx, deadline),
            (None, None) => {
                self.timer = Timer::default();
                Poll::Pending
            }
        }
    }

    /// Whether this deadline counts now. `quiet`: whether the pipes delivered nothing in this
    /// round.
    pub(super) fn is_over(&mut self, now: Instant, deadline: Option<Instant>, quiet: bool) -> bool {
        self.pause = None;
        let Some(late) = deadline.and_then(|deadline| now.checked_duration_since(deadline)) else {
            self.call = None;
            return false;
        };
        let Some(call) = &mut self.call else {
            let until = if late > LATE { now + CATCH_UP } else { now };
            self.call = Some(Call { until, rounds: 0 });
            return false;
        };
        call.rounds += 1;
        let over = call.until <= now && (quiet || call.rounds >= ROUNDS);
        if over {
            self.call = None;
        }
        over
    }
}

/// One timer for the deadlines of many rounds.
///
/// A deadline that moves later, as that of the CLI's silence does with each message, leaves it
/// alone: when it fires, it is set to the deadline that counts then.
#[derive(Default)]
struct Timer(Option<Pin<Box<Sleep>>>);

impl Timer {
    fn deadline(&self) -> Option<Instant> {
        self.0.as_ref().map(|sleep| sleep.deadline())
    }

    fn poll(&mut self, cx: &mut Context<'_>, until: Instant) -> Poll<()> {
        let sleep = self.0.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if sleep.deadline() > until {
            sleep.as_mut().reset(until);
        }
        loop {
            ready!(sleep.as_mut().poll(cx));
            if sleep.deadline() >= until {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(until);
        }
    }
}

/// Returns the output of a future within a limit; `None` if the limit expired while the program was
/// running.
pub(in crate::session) async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
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
            () = poll_fn(|cx| call.poll(cx, Some(deadline))) => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_timer_serves_every_deadline() {
        let mut timer = Timer::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        for (asked, other, woken) in [(10, 20, 20), (60, 30, 30), (40, 40, 40), (35, 50, 50)] {
            // The wait is dropped, as when a message comes first.
            let wait = poll_fn(|cx| timer.poll(cx, at(asked)));
            let dropped = timeout_at(Instant::now(), wait).await;
            assert_eq!(dropped.is_ok(), at(asked) <= Instant::now());
            poll_fn(|cx| timer.poll(cx, at(other))).await;
            assert_eq!(start.elapsed().as_secs(), woken);
        }
    }
}
