//! What the driver waits for, and whether it must look at more than the CLI's output.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

use super::holding::Taken;
use super::order::Order;
use crate::common::lock;
use crate::protocol::{Answer, CallbackId};
use crate::session::error::Error;
use crate::store::Home;
use crate::transport::{Connection, Exit};
use crate::wire::control::Request;

/// What the driver waits for.
pub(super) enum Woken {
    Order(Option<Box<Order>>),
    Read(std::io::Result<usize>),
    Exited(std::io::Result<Exit>),
    Opened(Box<Result<Opened, Error>>),
    Answered(CallbackId, Answer),
    Again,
    /// No other event, but a deadline has come.
    Due,
}

/// An open connection.
pub(super) struct Opened {
    pub(super) connection: Connection,
    /// The request with which it begins.
    pub(super) initialize: Request,
    /// Where the CLI has its transcripts.
    pub(super) home: Home,
    /// What the launch has of its conversation.
    pub(super) taken: Taken,
}

/// What the driver waits for in addition to output: orders, answers, timers, the exit, and so on.
///
/// They have a waker that notes that it was used. Nearly always it is a line that wakes the driver,
/// and then it need not ask each of them.
pub(super) struct Others {
    state: Arc<State>,
    waker: Waker,
    /// The task that is woken.
    task: Waker,
}

struct State {
    due: AtomicBool,
    task: Mutex<Waker>,
}

impl Default for Others {
    fn default() -> Self {
        let task = Waker::noop().clone();
        let state = Arc::new(State { due: true.into(), task: task.clone().into() });
        Self { waker: state.clone().into(), state, task }
    }
}

impl Others {
    /// They must be looked at: something was done that they may depend on.
    pub(super) fn set_due(&self) {
        self.state.due.store(true, Ordering::Release);
    }

    /// Whether they must be looked at; from now on they wake this task. If so, poll all of them with
    /// [`waker`](Self::waker), or set them due again.
    pub(super) fn take_due(&mut self, cx: &Context<'_>) -> bool {
        if !self.task.will_wake(cx.waker()) {
            self.task.clone_from(cx.waker());
            lock(&self.state.task).clone_from(cx.waker());
        }
        // Written only if needed.
        self.state.due.load(Ordering::Acquire) && self.state.due.swap(false, Ordering::AcqRel)
    }

    pub(super) fn waker(&self) -> &Waker {
        &self.waker
    }
}

impl Wake for State {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.due.store(true, Ordering::Release);
        lock(&self.task).wake_by_ref();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[derive(Default)]
    struct Task(AtomicUsize);

    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn they_are_due_at_first_and_once_for_each_reason() {
        let task = Arc::new(Task::default());
        let waker = task.clone().into();
        let cx = Context::from_waker(&waker);
        let mut others = Others::default();
        for reason in
            [|_: &Others| {}, Others::set_due, |others: &Others| others.waker().wake_by_ref()]
        {
            reason(&others);
            assert!(others.take_due(&cx));
            assert!(!others.take_due(&cx));
        }
        assert_eq!(task.0.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_kept_waker_wakes_the_task_that_looked_last() {
        let tasks = [0; 3].map(|_| Arc::new(Task::default()));
        let mut others = Others::default();
        let kept = others.waker().clone();
        for task in &tasks {
            let waker = task.clone().into();
            let before = others.take_due(&Context::from_waker(&waker));
            kept.wake_by_ref();
            assert!(before && others.take_due(&Context::from_waker(&waker)));
            kept.wake_by_ref();
        }
        assert_eq!(tasks.map(|task| task.0.load(Ordering::Relaxed)), [2; 3]);
    }
}
