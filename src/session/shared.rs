//! What the handles of a session and its driver share.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::watch;

use super::error::Error;
use super::events::{Hub, SessionEvent};
use super::handlers::{Handlers, HostRequest};
use super::spending::Spending;
use super::state::{ConnectionEnd, SessionState};
use super::stderr::{OnStderr, Stderr};
use super::weak::WeakSession;
use super::{OptionError, Options};
use crate::protocol::{Config, Counters, EndCause, Machine, Phase};
use crate::transport::{Exit, Launch, Shutdown, Transport};
use crate::wire::control::{Request, RequestName};
use crate::wire::usage::RateLimitInfo;
use crate::wire::{Frame, RawJson};

pub(super) struct Shared {
    pub(super) options: Options,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) handlers: Handlers,
    /// The session that this belongs to, for its handlers.
    pub(super) session: WeakSession,
    /// Fields of the `initialize` request beyond those of the options.
    pub(super) initialize: Map<String, Value>,
    pub(super) shutdown: Shutdown,
    pub(super) max_line: usize,
    pub(super) max_queue: usize,
    pub(super) buffer_limit: usize,
    pub(super) buffer_cap: usize,
    pub(super) on_stderr: Option<OnStderr>,
    pub(super) stderr: Mutex<Stderr>,
    pub(super) events: Hub,
    pub(super) state: watch::Sender<SessionState>,
    pub(super) status: Mutex<Status>,
    pub(super) unread_events: AtomicU64,
    pub(super) unread_messages: Arc<AtomicU64>,
    pub(super) turns: AtomicU64,
}

/// What a handle can ask without waiting for the driver.
#[derive(Clone, Debug, Default)]
pub(super) struct Status {
    pub(super) session_id: Option<String>,
    /// Where the CLI works, as it said last.
    pub(super) cwd: Option<PathBuf>,
    pub(super) counters: Counters,
    pub(super) connected: bool,
    /// The reply to the last handshake.
    pub(super) server_info: Option<RawJson>,
    pub(super) spending: Spending,
    pub(super) rate_limit: Option<RateLimitInfo>,
}

impl Shared {
    pub(super) fn machine_config(&self) -> Config {
        let timeouts = self.options.timeouts();
        Config {
            initialize: Request::new(RequestName::Initialize)
                .with_all(self.initialize(&self.options)),
            initialize_timeout: timeouts.initialize.unwrap_or(Duration::MAX),
            control_timeout: timeouts.control.unwrap_or(Duration::MAX),
            drain_timeout: timeouts.drain.unwrap_or(Duration::MAX),
            resumes: self.options.resume.is_some()
                || self.options.continue_conversation == Some(true),
            max_queue: self.max_queue,
        }
    }

    /// The fields of the `initialize` request.
    pub(super) fn initialize(&self, options: &Options) -> Map<String, Value> {
        let mut fields = options.initialize();
        fields.extend(self.initialize.clone());
        fields
    }

    /// A field of the `initialize` request that was set by its name and by an option would lose one of the two.
    pub(super) fn refuse_fields_set_twice(&self, options: &Options) -> Result<(), OptionError> {
        match options.initialize().iter().find(|(name, _)| self.initialize.contains_key(*name)) {
            Some((name, _)) => Err(OptionError::new(
                "initialize_field",
                "no field that an option sets as well",
                name,
            )),
            None => Ok(()),
        }
    }

    /// How the next process is launched. A conversation that the CLI has confirmed is resumed; a forgotten one is not.
    pub(super) fn launch(
        &self,
        options: &Options,
        resume: Option<String>,
        forgotten: bool,
    ) -> Result<Launch, OptionError> {
        let mut options = options.clone();
        if resume.is_some() || forgotten {
            options.resume = None;
            options.continue_conversation = None;
            options.fork_session = None;
            options.session_id = None;
            options.resume_session_at = None;
            options.resume_drops_turn = None;
        }
        let mut launch = options.launch()?;
        // The CLI's own word for it, which is no option to be checked.
        launch.args.extend(resume.map(|id| format!("--resume={id}").into()));
        Ok(launch)
    }

    pub(super) fn next_turn(&self) -> u64 {
        self.turns.fetch_add(1, Ordering::Relaxed)
    }

    /// A request of the CLI's, as handlers have it.
    pub(super) fn host_request(&self, frame: &Frame) -> HostRequest {
        let status = self.status();
        let cwd = status.cwd.clone().or_else(|| self.options.cwd.clone());
        HostRequest::new(frame, self.session.clone(), status.session_id.clone(), cwd)
    }

    pub(super) fn publish(&self, event: SessionEvent) {
        if !self.events.send(event) {
            self.unread_events.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn stderr(&self) -> MutexGuard<'_, Stderr> {
        self.stderr.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn status(&self) -> MutexGuard<'_, Status> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_status(&self, machine: &Machine) {
        let mut status = self.status();
        if status.session_id.as_deref() != machine.session_id() {
            status.session_id = machine.session_id().map(String::from);
        }
        status.counters = machine.counters();
        drop(status);
        self.set_phase(machine.phase(), machine.queue_len());
    }

    pub(super) fn set_phase(&self, phase: Phase, queued: usize) {
        self.state.send_if_modified(|state| {
            let is_news = (state.phase, state.queued) != (phase, queued);
            (state.phase, state.queued) = (phase, queued);
            is_news
        });
    }

    /// What is said to those who ask a driver that has gone.
    pub(super) fn gone(&self) -> Error {
        match &self.state.borrow().last_end {
            Some(end) if end.cause == EndCause::Panicked => Error::panicked(),
            _ => Error::stopped(),
        }
    }

    /// A CLI is being launched.
    pub(super) fn set_launched(&self) {
        self.state.send_modify(|state| state.launches += 1);
    }

    pub(super) fn set_connected(&self, pid: Option<u32>) {
        self.status().connected = true;
        self.state.send_modify(|state| state.pid = pid);
    }

    /// The launch has ended.
    pub(super) fn set_ended(
        &self,
        cause: EndCause,
        exit: Option<Exit>,
        was_ready: bool,
        (phase, queued): (Phase, usize),
    ) -> ConnectionEnd {
        self.status().connected = false;
        let (pid, launch) = (self.state.borrow().pid, self.state.borrow().launches);
        let end = ConnectionEnd { cause, exit, pid, was_ready, launch };
        self.state.send_modify(|state| {
            (state.phase, state.queued, state.pid) = (phase, queued, None);
            state.crashes += u64::from(cause.is_crash());
            state.last_end = Some(end);
        });
        end
    }
}
