//! One-shot queries: one prompt, one answer, no session to keep.

use std::future::IntoFuture;

use super::builder::SessionBuilder;
use super::error::{Error, Result};
use super::handle::Session;
use super::prompt::Prompt;
use super::summary::Summary;
use crate::transport::BoxFuture;

/// Sends one prompt: starts a CLI, waits for the end of the turn, and always stops the CLI.
///
/// ```no_run
/// # async fn example() -> claude_wire::Result<()> {
/// let answer = claude_wire::query("What is 2 + 2?").await?.text();
/// # Ok(()) }
/// ```
pub fn query(prompt: impl Into<Prompt>) -> Query {
    Query { prompt: prompt.into(), session: Session::builder() }
}

/// Runs `work` with a new session, and stops the session when `work` is done, failed or not.
///
/// # Errors
/// Those of [`SessionBuilder::start`], those of `work`, and those of [`Session::stop`].
///
/// # Cancel safety
/// Dropping the future drops `work` and ends the CLI.
pub async fn with_session<T, E, Fut>(
    session: SessionBuilder,
    work: impl FnOnce(Session) -> Fut,
) -> Result<T, E>
where
    Fut: Future<Output = Result<T, E>>,
    E: From<Error>,
{
    let session = session.start()?;
    let done = work(session.clone()).await;
    let stopped = session.stop().await;
    let done = done?;
    stopped?;
    Ok(done)
}

/// A one-shot query, sent when awaited.
///
/// # Cancel safety
/// Dropping the future interrupts the turn and ends the CLI; the answer is lost.
#[derive(Clone, Debug)]
#[must_use = "a query does nothing until it is awaited"]
pub struct Query {
    prompt: Prompt,
    session: SessionBuilder,
}

impl Query {
    /// Sets the session to use: options, transport, handlers.
    ///
    /// ```
    /// use claude_wire::{Scenario, Session, reply};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> claude_wire::Result<()> {
    /// let session = Session::builder().transport(Scenario::new().on_prompt("Hello", reply().text("Hi!")));
    /// assert_eq!(claude_wire::query("Hello").session(session).await?.text(), "Hi!");
    /// # Ok(()) }
    /// ```
    pub fn session(self, session: SessionBuilder) -> Self {
        Self { session, ..self }
    }
}

impl IntoFuture for Query {
    type Output = Result<Summary>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(with_session(self.session, |session| session.query(self.prompt).into_future()))
    }
}
