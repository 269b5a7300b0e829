//! Opt-in retries with back-off for turns that failed because the API was busy.

use std::ops::ControlFlow;
use std::time::{Duration, SystemTime};

use super::error::{Error, Result};

/// How often to retry, and after which delays, when the API is busy. A session never retries by
/// itself.
///
/// Before the CLI lets a turn fail, it has already repeated the API call several times
/// (`api_retry`). Only [rate-limited](Error::is_rate_limited) or [overloaded](Error::is_overloaded)
/// turns are retried; any other error is returned at once.
///
/// The delay requested by the API does not reach a host: the CLI applies the header `retry-after`
/// to its own attempts
/// ([`ApiRetry::retry_after`](crate::wire::system::status::ApiRetry::retry_after)), and a failed
/// turn does not repeat it. If the plan limit is used up, [`Error::rate_limit`] says when it
/// [resets](crate::wire::usage::RateLimitInfo::resets_in), and [`run`](Self::run) waits for that.
///
/// A retry is a new turn: the conversation keeps the failed one, and the tools that it ran are not
/// undone.
///
/// ```
/// use claude_wire::session::RetryPolicy;
/// use claude_wire::{Scenario, Session, reply};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let busy = reply().error(529, "API Error: Overloaded");
/// let cli = Scenario::new().on_prompt("Hello", busy).on_prompt("Hello", reply().text("Hi!"));
/// let session = Session::builder().transport(cli).start()?;
/// let answer = RetryPolicy::new().run(|| session.query("Hello").text()).await?;
/// assert_eq!(answer, "Hi!");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    attempts: u32,
    first_delay: Duration,
    max_delay: Duration,
}

impl RetryPolicy {
    /// 3 attempts: the second after 5 s, each further one after twice the previous delay, at most 2
    /// minutes.
    pub const fn new() -> Self {
        Self {
            attempts: 3,
            first_delay: Duration::from_secs(5),
            max_delay: Duration::from_secs(120),
        }
    }

    /// Sets the total number of attempts; 0 counts as 1. Default: 3.
    #[must_use]
    pub const fn attempts(self, attempts: u32) -> Self {
        Self { attempts, ..self }
    }

    /// Sets the delay before the second attempt. Default: 5 s.
    #[must_use]
    pub const fn first_delay(self, delay: Duration) -> Self {
        Self { first_delay: delay, ..self }
    }

    /// Sets the maximum delay. Default: 2 minutes.
    #[must_use]
    pub const fn max_delay(self, delay: Duration) -> Self {
        Self { max_delay: delay, ..self }
    }

    /// Returns the maximum delay before attempt `attempt`, counted from 1; none before the first.
    /// The actual delay is random, between half of it and all of it, so that many sessions do not
    /// retry at the same time.
    pub fn delay_before(&self, attempt: u32) -> Duration {
        match attempt.checked_sub(2) {
            None => Duration::ZERO,
            Some(doublings) => self
                .first_delay
                .saturating_mul(1u32.checked_shl(doublings).unwrap_or(u32::MAX))
                .min(self.max_delay),
        }
    }

    /// Runs `ask` until it succeeds, fails for another reason, or the attempts are used up. `ask`
    /// is an `async` closure, which may borrow its captures mutably, or a closure that returns a
    /// future.
    ///
    /// If the plan limit is used up ([`Error::rate_limit`]), the retry waits until it resets. If
    /// that is later than the maximum delay, or unknown, the error is returned at once.
    ///
    /// The compiler cannot see that the future is `Send` if `ask` borrows something
    /// ([rust-lang/rust#110338](https://github.com/rust-lang/rust/issues/110338)). In a spawned
    /// task, let it own what it uses (`async move ||`), or call [`run_send`](Self::run_send).
    ///
    /// ```
    /// # use claude_wire::session::RetryPolicy;
    /// # use claude_wire::{Scenario, Session, reply};
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let busy = reply().error(529, "API Error: Overloaded");
    /// # let cli = Scenario::new().on_prompt("Hello", busy).on_prompt("Hello", reply().text("Hi!"));
    /// # let session = Session::builder().transport(cli).start()?;
    /// let mut asked = 0;
    /// let answer = RetryPolicy::new().run(async || {
    ///     asked += 1;
    ///     session.query("Hello").text().await
    /// });
    /// assert_eq!(answer.await?, "Hi!");
    /// assert_eq!(asked, 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The last error of `ask`.
    ///
    /// # Cancel safety
    /// Dropping the future drops the current attempt, and no further attempt is made.
    pub async fn run<T>(self, mut ask: impl AsyncFnMut() -> Result<T>) -> Result<T> {
        let mut attempts = 0;
        loop {
            match self.after(&mut attempts, ask().await) {
                ControlFlow::Break(done) => return done,
                ControlFlow::Continue(wait) => tokio::time::sleep(wait).await,
            }
        }
    }

    /// Like [`run`](Self::run), but the future is `Send`, as [`tokio::spawn`] requires: `ask`
    /// returns a future and may borrow from its environment, but the future cannot borrow the
    /// captures of `ask`.
    ///
    /// # Errors
    /// The last error of `ask`.
    ///
    /// # Cancel safety
    /// Like that of [`run`](Self::run).
    pub async fn run_send<T, Fut>(self, mut ask: impl FnMut() -> Fut) -> Result<T>
    where
        Fut: Future<Output = Result<T>>,
    {
        let mut attempts = 0;
        loop {
            match self.after(&mut attempts, ask().await) {
                ControlFlow::Break(done) => return done,
                ControlFlow::Continue(wait) => tokio::time::sleep(wait).await,
            }
        }
    }

    /// Decides what follows a failed attempt: its error, or a delay and another attempt.
    fn after<T>(self, attempts: &mut u32, done: Result<T>) -> ControlFlow<Result<T>, Duration> {
        *attempts += 1;
        match done {
            Err(error) if *attempts < self.attempts && is_busy(&error) => {
                match self.wait(&error, *attempts + 1) {
                    Some(wait) => ControlFlow::Continue(wait),
                    None => ControlFlow::Break(Err(error)),
                }
            }
            done => ControlFlow::Break(done),
        }
    }

    /// Returns the delay before this attempt; `None` if it is too long.
    fn wait(self, error: &Error, attempt: u32) -> Option<Duration> {
        let wait = drawn(self.delay_before(attempt));
        let Some(limit) = error.rate_limit() else { return Some(wait) };
        let resets_in = limit.resets_in(SystemTime::now())?;
        (resets_in <= self.max_delay).then(|| wait.max(resets_in))
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::new()
    }
}

fn is_busy(error: &Error) -> bool {
    error.is_rate_limited() || error.is_overloaded()
}

/// Returns a random duration between half of the delay and all of it.
fn drawn(delay: Duration) -> Duration {
    // The bits of a UUID v4 serve as jitter; its last 32 bits are all random.
    let (.., random) = uuid::Uuid::new_v4().as_u64_pair();
    let half = delay / 2;
    half + half.mul_f64(f64::from(random as u32) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_delay_is_drawn_like_any_other() {
        for delay in [Duration::ZERO, Duration::from_secs(5), Duration::MAX] {
            for _ in 0..100 {
                let drawn = drawn(delay);
                assert!(delay / 2 <= drawn && drawn <= delay, "{drawn:?}");
            }
        }
    }
}
