//! Opt-in back-off for turns that the API was too busy for.

use std::ops::ControlFlow;
use std::time::{Duration, SystemTime};

use super::error::{Error, Result};

/// How often and how patiently to ask again when the API was too busy. A session never does so by itself.
///
/// The CLI has repeated the call of the API several times already (`api_retry`) before it lets the turn fail. Only what fails
/// [rate-limited](Error::is_rate_limited) or [overloaded](Error::is_overloaded) is done again; any other error comes back at once.
///
/// How long the API would have one wait does not reach a host: the CLI obeys the header `retry-after` in its own attempts
/// ([`ApiRetry::retry_after`](crate::wire::system::status::ApiRetry::retry_after)), and a failed turn does not repeat it. Where the limit is that of the plan,
/// [`Error::rate_limit`] says when it [starts again](crate::wire::usage::RateLimitInfo::resets_in), and [`run`](Self::run) obeys that.
///
/// A turn that is asked again is a new turn: the conversation keeps the failed one, and tools that it has run are not undone.
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
    /// 3 attempts, the second 5 s after the first, each further one after twice as long, and after 2 minutes at most.
    pub const fn new() -> Self {
        Self {
            attempts: 3,
            first_delay: Duration::from_secs(5),
            max_delay: Duration::from_secs(120),
        }
    }

    /// How often to ask in all; 0 counts as 1. Default: 3.
    #[must_use]
    pub const fn attempts(self, attempts: u32) -> Self {
        Self { attempts, ..self }
    }

    /// The wait before the second attempt. Default: 5 s.
    #[must_use]
    pub const fn first_delay(self, delay: Duration) -> Self {
        Self { first_delay: delay, ..self }
    }

    /// The longest wait. Default: 2 minutes.
    #[must_use]
    pub const fn max_delay(self, delay: Duration) -> Self {
        Self { max_delay: delay, ..self }
    }

    /// The longest wait before attempt `attempt`, counted from 1; none before the first. The wait itself is drawn between half of it and
    /// all of it, so that many sessions do not come back at once.
    pub fn delay_before(&self, attempt: u32) -> Duration {
        match attempt.checked_sub(2) {
            None => Duration::ZERO,
            Some(doublings) => self
                .first_delay
                .saturating_mul(1u32.checked_shl(doublings).unwrap_or(u32::MAX))
                .min(self.max_delay),
        }
    }

    /// Does `ask` until it succeeds, fails otherwise than busy, or has been done often enough. `ask`
    /// is an `async` closure, which may borrow mutably what it captures, or one that returns a
    /// future.
    ///
    /// A plan whose limit is used up ([`Error::rate_limit`]) is asked again when the limit starts
    /// again. If that is later than the longest wait, or not known, the error comes back at once.
    ///
    /// The compiler cannot see that the future is `Send` where `ask` borrows something
    /// ([rust-lang/rust#110338](https://github.com/rust-lang/rust/issues/110338)). In a task that is
    /// spawned, let it own what it uses (`async move ||`), or call [`run_send`](Self::run_send).
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
    /// Dropping the future drops what `ask` has given, and no further attempt is made.
    pub async fn run<T>(self, mut ask: impl AsyncFnMut() -> Result<T>) -> Result<T> {
        let mut attempts = 0;
        loop {
            match self.after(&mut attempts, ask().await) {
                ControlFlow::Break(done) => return done,
                ControlFlow::Continue(wait) => tokio::time::sleep(wait).await,
            }
        }
    }

    /// [`run`](Self::run) in a future that is `Send`, as [`tokio::spawn`] wants it: `ask` returns a
    /// future, and may borrow what is not its own. It may not lend its own captures to that future.
    ///
    /// # Errors
    /// The last error of `ask`.
    ///
    /// # Cancel safety
    /// As that of [`run`](Self::run).
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

    /// What follows an attempt that ended so: this end, or a wait and another attempt.
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

    /// How long to wait before this attempt; `None` where that is too long.
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

/// Between half of the delay and all of it.
fn drawn(delay: Duration) -> Duration {
    // A random uuid has its dice at hand; its last 32 bits are all random.
    let (.., dice) = uuid::Uuid::new_v4().as_u64_pair();
    let half = delay / 2;
    half + half.mul_f64(f64::from(dice as u32) / f64::from(u32::MAX))
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
