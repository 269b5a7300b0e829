//! A pending control request, as a future.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::oneshot;

use super::fields::Field;
use crate::session::driver::{Asker, Order, Reply as Answer};
use crate::session::handle::Inner;
use crate::session::{Result, Session};
use crate::wire::RawJson;
use crate::wire::control::{Request, RequestName};

/// A control request to the CLI: a future of its reply.
///
/// Nothing is sent before the first poll, which starts the CLI if it is not running. Replies can
/// come at any time, also within a turn; calls of several tasks do not wait for each other.
///
/// ```
/// # async fn example(session: claude_wire::Session) -> claude_wire::Result<()> {
/// use std::time::Duration;
///
/// let models = session.inspect().models().timeout(Duration::from_secs(5)).await?;
/// for model in &models.models {
///     println!("{}: {}", model.value, model.display_name);
/// }
/// # Ok(()) }
/// ```
///
/// # Errors
/// If the CLI refuses ([`Error::refusal`](crate::session::Error::refusal) has its text and its
/// `error_code`), cannot be started, exits first, or does not answer in time
/// ([`Error::is_timeout`](crate::session::Error::is_timeout)).
///
/// # Panics
/// If it is polled again after it has returned its reply.
///
/// # Cancel safety
/// Dropping a call that was sent cancels the request with a `control_cancel_request`; the CLI may
/// already have carried it out.
#[must_use = "nothing is sent before the call is awaited"]
pub struct Call<T> {
    inner: Arc<Inner>,
    stage: Stage,
    read: fn(Option<RawJson>) -> T,
}

enum Stage {
    Unsent(Unsent),
    Sent(oneshot::Receiver<Answer>),
    Done,
}

struct Unsent {
    name: RequestName,
    fields: Map<String, Value>,
    limit: Option<Duration>,
    /// True if it is pointless without a running CLI.
    only_if_running: bool,
}

impl<T> Call<T> {
    /// Sets how long the CLI may take to answer, instead of the session's `control_timeout`;
    /// `Duration::MAX` means no limit. Counted from the moment when the request is written.
    pub fn timeout(mut self, limit: Duration) -> Self {
        if let Stage::Unsent(request) = &mut self.stage {
            request.limit = Some(limit);
        }
        self
    }

    pub(super) fn new(
        session: &Session,
        name: impl Into<RequestName>,
        read: fn(Option<RawJson>) -> T,
    ) -> Self {
        let (name, fields) = (name.into(), Map::new());
        let unsent = Unsent { name, fields, limit: None, only_if_running: false };
        Self { inner: session.inner.clone(), stage: Stage::Unsent(unsent), read }
    }

    /// Adds a field if there is a value for it.
    pub(super) fn with(mut self, field: &str, value: impl Field) -> Self {
        if let (Stage::Unsent(request), Some(value)) = (&mut self.stage, value.json()) {
            request.fields.insert(field.into(), value);
        }
        self
    }

    /// Adds an item to a list of the request.
    pub(super) fn push(mut self, field: &str, item: Value) -> Self {
        if let Stage::Unsent(request) = &mut self.stage {
            let list = request.fields.entry(field).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(items) = list {
                items.push(item);
            }
        }
        self
    }

    /// Makes it return an empty reply at once if no CLI runs.
    pub(super) fn only_if_running(mut self) -> Self {
        if let Stage::Unsent(request) = &mut self.stage {
            request.only_if_running = true;
        }
        self
    }
}

impl<T> Future for Call<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Stage::Unsent(_) = &self.stage
            && let Stage::Unsent(unsent) = std::mem::replace(&mut self.stage, Stage::Done)
        {
            let Unsent { name, fields, limit, only_if_running } = unsent;
            if only_if_running && !self.inner.shared.status().connected {
                return Poll::Ready(Ok((self.read)(None)));
            }
            let (reply, answer) = Asker::channel();
            let request = Box::new(Request::new(name).with_all(fields));
            self.inner.order(Order::Control(request, limit, reply))?;
            self.stage = Stage::Sent(answer);
        }
        let Stage::Sent(answer) = &mut self.stage else {
            panic!("a call was polled after it had given its reply")
        };
        let answer = ready!(Pin::new(answer).poll(cx));
        let answer = answer.unwrap_or_else(|_| Err(self.inner.shared.gone()));
        self.stage = Stage::Done;
        Poll::Ready(answer.map(self.read))
    }
}

impl<T> Drop for Call<T> {
    fn drop(&mut self) {
        if let Stage::Sent(answer) = &mut self.stage {
            answer.close();
            self.inner.order_if_running(Order::LookAgain);
        }
    }
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.stage {
            // The fields may hold secrets.
            Stage::Unsent(request) => write!(f, "Call({}, not sent)", request.name),
            Stage::Sent(_) => f.write_str("Call(sent)"),
            Stage::Done => f.write_str("Call(done)"),
        }
    }
}
