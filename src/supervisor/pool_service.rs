//! A pool as a tower service (feature `tower`).

use std::fmt;
use std::task::{Context, Poll, ready};

use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::PollSemaphore;
use tower_service::Service;

use super::error::{Kind, SupervisorError};
use super::pool::Pool;
use super::pool_inner::POOL;
use crate::session::{Prompt, Summary};
use crate::transport::BoxFuture;

/// A prompt for any session of a pool.
#[derive(Clone, Debug)]
pub struct PoolRequest {
    prompt: Prompt,
    key: Option<String>,
}

impl PoolRequest {
    /// A request with this prompt.
    pub fn new(prompt: impl Into<Prompt>) -> Self {
        Self { prompt: prompt.into(), key: None }
    }

    /// Prefers the session that served this key last, as [`Pool::get_for`] with the same text does.
    #[must_use]
    pub fn key(self, key: impl Into<String>) -> Self {
        Self { key: Some(key.into()), ..self }
    }
}

impl<P: Into<Prompt>> From<P> for PoolRequest {
    fn from(prompt: P) -> Self {
        Self::new(prompt)
    }
}

impl Pool {
    /// The pool as a [`Service`], for the layers of `tower`: time limits, shedding of load,
    /// concurrency limits, retries.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use claude_wire::supervisor::{Pool, PoolRequest};
    /// use claude_wire::{Scenario, Session, reply};
    /// use tower::{Service, ServiceBuilder, ServiceExt};
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    /// let cli = Scenario::new().on_any_prompt(reply().text("Hi!"));
    /// let pool = Pool::builder(2, move || Session::builder().transport(cli.clone())).start().await?;
    /// let mut service =
    ///     ServiceBuilder::new().load_shed().timeout(Duration::from_secs(30)).service(pool.service());
    /// let answer = service.ready().await?.call(PoolRequest::new("Hello").key("anna")).await?;
    /// assert_eq!(answer.text(), "Hi!");
    /// pool.stop().await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn service(&self) -> PoolService {
        PoolService {
            permits: PollSemaphore::new(self.permits()),
            pool: self.clone(),
            permit: None,
        }
    }
}

/// A [`Pool`] as a service: [`Pool::service`]. A request is a prompt, and a response the whole turn.
///
/// It is ready while a session is free, which is then kept for the next call: so `load_shed` refuses
/// what would have to wait. [`PoolBuilder::wait`](super::PoolBuilder::wait) does not limit how long
/// `poll_ready` waits; a layer does. If the future of a call is dropped, as a time limit does, its turn
/// is interrupted, and the session is given back. A clone has no session kept for it.
///
/// # Errors
/// `poll_ready`: if the pool was stopped. A call: as for [`Pool::get`], or if the turn fails, with or
/// without a result ([`is_turn`](SupervisorError::is_turn)).
pub struct PoolService {
    pool: Pool,
    permits: PollSemaphore,
    /// For the next call.
    permit: Option<OwnedSemaphorePermit>,
}

impl Clone for PoolService {
    fn clone(&self) -> Self {
        self.pool.service()
    }
}

impl Service<PoolRequest> for PoolService {
    type Response = Summary;
    type Error = SupervisorError;
    type Future = BoxFuture<'static, Result<Summary, SupervisorError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SupervisorError>> {
        if self.permit.is_none() {
            let permit = ready!(self.permits.poll_acquire(cx));
            self.permit = Some(permit.ok_or_else(|| SupervisorError::new(Kind::Stopped, POOL))?);
        }
        Poll::Ready(Ok(()))
    }

    /// Without a `poll_ready` before it waits as [`Pool::get`] does.
    fn call(&mut self, request: PoolRequest) -> Self::Future {
        let (pool, permit) = (self.pool.clone(), self.permit.take());
        Box::pin(async move {
            let PoolRequest { prompt, key } = request;
            let session = match (permit, &key) {
                (Some(permit), key) => pool.enter(permit, key.as_deref()).await?,
                (None, Some(key)) => pool.get_for(key).await?,
                (None, None) => pool.get().await?,
            };
            let failed = |error| SupervisorError::new(Kind::Turn, POOL).because(Some(error));
            session.query(prompt).await.map_err(failed)
        })
    }
}

impl fmt::Debug for PoolService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_ready = self.permit.is_some();
        f.debug_struct("PoolService")
            .field("pool", &self.pool)
            .field("is_ready", &is_ready)
            .finish_non_exhaustive()
    }
}
