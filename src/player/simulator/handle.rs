//! How the tasks of a simulated CLI reach its state, and wait.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use serde_json::{Value, json};

use crate::common::lock;

use super::agent::Agent;
use super::host_answer::Answer;
use super::state::State;

/// Something that the CLI does next to other things.
pub(super) type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The state, shared by the tasks of one CLI. Its driver polls them one after the other.
#[derive(Clone)]
pub(super) struct Cli {
    state: Arc<Mutex<State>>,
    /// Tasks that were started and not polled yet.
    tasks: Arc<Mutex<Vec<Task>>>,
    /// The sub-agent that this handle speaks for; `None`: the main conversation.
    agent: Option<Arc<Agent>>,
}

impl fmt::Debug for Cli {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cli").field("state", &self.state).finish_non_exhaustive()
    }
}

impl Cli {
    pub(super) fn new(state: State) -> Self {
        Self { state: Arc::new(Mutex::new(state)), tasks: Arc::default(), agent: None }
    }

    /// The same CLI, speaking for a sub-agent.
    pub(super) fn as_agent(&self, agent: Agent) -> Self {
        Self { agent: Some(Arc::new(agent)), ..self.clone() }
    }

    pub(super) fn agent(&self) -> Option<&Agent> {
        self.agent.as_deref()
    }

    pub(super) fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut lock(&self.state))
    }

    /// Starts a task that runs next to the others.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        lock(&self.tasks).push(Box::pin(task));
    }

    pub(super) fn take_tasks(&self) -> Vec<Task> {
        std::mem::take(&mut *lock(&self.tasks))
    }

    pub(super) fn out(&self, line: &Value) {
        self.with(|state| state.out(line));
    }

    /// Waits until `ready` has something.
    pub(super) fn until<T>(
        &self,
        mut ready: impl FnMut(&mut State) -> Option<T>,
    ) -> impl Future<Output = T> {
        let cli = self.clone();
        poll_fn(move |_| {
            cli.with(|state| match ready(state) {
                Some(found) => {
                    state.changed = true;
                    Poll::Ready(found)
                }
                None => Poll::Pending,
            })
        })
    }

    /// Lets the other tasks go on, until what was said so far is written.
    pub(super) fn let_others_go_on(&self) -> impl Future<Output = ()> {
        let cli = self.clone();
        let mut is_first = true;
        poll_fn(move |_| {
            cli.with(|state| {
                if std::mem::take(&mut is_first) {
                    state.changed = true;
                    return Poll::Pending;
                }
                if !state.steps.is_empty() {
                    return Poll::Pending;
                }
                state.changed = true;
                Poll::Ready(())
            })
        })
    }

    /// Waits this long.
    pub(super) async fn sleep(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let until = self.with(|state| state.now.saturating_add(micros));
        self.sleep_until(until).await;
    }

    async fn sleep_until(&self, until: u64) {
        self.until(|state| {
            if state.now >= until {
                return Some(());
            }
            state.due = Some(state.due.map_or(until, |due| due.min(until)));
            None
        })
        .await;
    }

    /// Writes a request of the CLI.
    pub(super) fn request(&self, request: Value) -> String {
        self.with(|state| {
            let id = state.lines.uuid();
            let line = json!({"type": "control_request", "request_id": id, "request": request});
            state.out(&line);
            state.open.push((id.clone(), request));
            if let Some(task) = self.agent().and_then(|agent| agent.background.clone()) {
                state.owners.insert(id.clone(), task);
            }
            id
        })
    }

    /// Waits for the answer to a request.
    pub(super) async fn answer(&self, id: &str) -> Answer {
        self.until(|state| match state.answers.remove(id) {
            Some(answer) => {
                state.open.retain(|(open, _)| open != id);
                Some(Answer::of(&answer))
            }
            None if state.eof => {
                state.open.retain(|(open, _)| open != id);
                Some(Answer::Closed)
            }
            None => None,
        })
        .await
    }

    /// The same, for at most this long; `None` if the time is up.
    pub(super) async fn answer_within(&self, id: &str, limit: Duration) -> Option<Answer> {
        let answer = async { Some(self.answer(id).await) };
        let late = async {
            self.sleep(limit).await;
            None
        };
        first(answer, late).await
    }

    /// Asks the host, unless its input has ended.
    pub(super) async fn ask(&self, request: Value) -> Answer {
        if self.with(|state| state.eof) {
            return Answer::Closed;
        }
        let id = self.request(request);
        self.answer(&id).await
    }
}

/// Waits for the first of two futures, and polls both.
pub(super) async fn first<T>(one: impl Future<Output = T>, other: impl Future<Output = T>) -> T {
    let (mut one, mut other) = (std::pin::pin!(one), std::pin::pin!(other));
    poll_fn(|cx| match one.as_mut().poll(cx) {
        Poll::Ready(done) => Poll::Ready(done),
        Poll::Pending => other.as_mut().poll(cx),
    })
    .await
}

/// Runs futures side by side, and returns all results in order.
pub(super) async fn all<F: Future + Unpin>(futures: Vec<F>) -> Vec<F::Output> {
    let mut slots: Vec<(Option<F>, Option<F::Output>)> =
        futures.into_iter().map(|future| (Some(future), None)).collect();
    poll_fn(|cx| {
        for (future, result) in &mut slots {
            if let Some(open) = future
                && let Poll::Ready(output) = Pin::new(open).poll(cx)
            {
                *result = Some(output);
                *future = None;
            }
        }
        if slots.iter().all(|(future, _)| future.is_none()) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    slots.into_iter().filter_map(|(_, result)| result).collect()
}
