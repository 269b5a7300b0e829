//! What the handles of a session and its driver share: its configuration, and its state.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use tokio::sync::{Notify, watch};

use super::error::Error;
use super::events::{Hub, SessionEvent};
use super::handlers::HostRequest;
use super::kept_reply::KeptReply;
use super::mailbox::Mailbox;
use super::observer::Watched;
use super::options::Options;
use super::result_context::ResultContext;
use super::setup::{Renew, Setup};
use super::state::{ConnectionEnd, SessionState, Status};
use super::stderr::Stderr;
use super::telemetry::{SessionSpan, word_of_end};
use super::weak::WeakSession;
use crate::common::lock;
use crate::protocol::{EndCause, Machine, Phase, TurnId};
use crate::store::{Home, MirrorFailure};
use crate::telemetry;
use crate::transport::{Exit, Launch, OrphanGuard};
use crate::wire::{Frame, RawJson};

pub(super) struct Shared {
    pub(super) setup: Setup,
    /// The session to which this belongs, for its handlers.
    pub(super) session: WeakSession,
    stderr: Mutex<Stderr>,
    pub(super) events: Hub,
    pub(super) state: watch::Sender<SessionState>,
    pub(super) span: SessionSpan,
    status: Mutex<Status>,
    /// What counts for a session whose process was started in advance, once that is claimed: its
    /// options, and what makes those of each launch.
    claimed: OnceLock<Box<(Options, Option<Renew>)>>,
    /// Where the CLI has its transcripts.
    home: Mutex<Home>,
    pub(super) unread_events: AtomicU64,
    pub(super) unread_messages: Arc<AtomicU64>,
    turns: AtomicU64,
    /// Turns that were made, and are still to be asked.
    pub(super) unsent: Arc<AtomicUsize>,
    /// Whether this session has ended, as an owner of the transport.
    released: AtomicBool,
    /// Whether it was reported that the orphan guard is missing.
    warned_of_guard: AtomicBool,
}

impl Shared {
    pub(super) fn new(mut setup: Setup, session: WeakSession) -> Self {
        setup.owners.fetch_add(1, Ordering::AcqRel);
        // Only here, so that a temporary folder goes when the session ends.
        let home = std::mem::take(&mut setup.home).into();
        Self {
            stderr: Stderr::new(setup.on_stderr.clone()).into(),
            setup,
            session,
            events: Hub::default(),
            state: watch::Sender::default(),
            span: SessionSpan::default(),
            status: Mutex::default(),
            claimed: OnceLock::new(),
            home,
            unread_events: AtomicU64::default(),
            unread_messages: Arc::default(),
            turns: AtomicU64::default(),
            unsent: Arc::default(),
            released: AtomicBool::default(),
            warned_of_guard: AtomicBool::default(),
        }
    }

    /// The options of the session.
    pub(super) fn options(&self) -> &Options {
        self.claimed.get().map_or(&self.setup.options, |claimed| &claimed.0)
    }

    /// What makes options again at each launch.
    pub(super) fn renew(&self) -> Option<&Renew> {
        self.claimed.get().map_or(&self.setup.renew, |claimed| &claimed.1).as_ref()
    }

    /// Whether a process of this session waits for a claim.
    pub(super) fn is_parked(&self) -> bool {
        self.setup.spare && self.claimed.get().is_none()
    }

    /// The process is claimed: its options, what makes those of each launch, and what it now says
    /// about itself.
    pub(super) fn claim(
        &self,
        options: Options,
        renew: Option<Renew>,
        server_info: Option<RawJson>,
    ) {
        let _ = self.claimed.set(Box::new((options, renew)));
        self.set_server_info(server_info.as_ref());
    }

    /// The reply to the last handshake.
    pub(super) fn server_info(&self) -> Option<RawJson> {
        // Copied without the lock: it is long.
        let kept = self.status().server_info.clone();
        kept.map(|kept| kept.to_json())
    }

    /// Replaces the reply to the last handshake, if there is another one.
    pub(super) fn set_server_info(&self, reply: Option<&RawJson>) {
        if let Some(reply) = reply {
            let kept = KeptReply::new(reply);
            self.status().server_info = Some(kept);
        }
    }

    /// What the transport still expected of the host, when this session has ended; `None` while
    /// another session, this one's origin or a fork, uses it.
    pub(super) fn unfinished(&self) -> Option<String> {
        match self.release() {
            0 => self.setup.transport.unfinished(),
            _ => None,
        }
    }

    /// This session no longer uses the transport. Returns how many others do.
    fn release(&self) -> usize {
        let owners = &self.setup.owners;
        match self.released.swap(true, Ordering::AcqRel) {
            true => owners.load(Ordering::Acquire),
            false => owners.fetch_sub(1, Ordering::AcqRel) - 1,
        }
    }

    pub(super) fn next_turn(&self) -> u64 {
        self.turns.fetch_add(1, Ordering::Relaxed)
    }

    /// Makes the mailbox of a turn that begins now, and reports that.
    pub(super) fn mailbox(&self, turn: TurnId, uuid: &str, room: &Arc<Notify>) -> Arc<Mailbox> {
        Arc::new(Mailbox::new(
            self.setup.buffer_limit,
            room.clone(),
            self.unread_messages.clone(),
            self.span.turn(turn.0, uuid),
            Watched::begin(self.setup.observer.as_ref(), Some(uuid)),
        ))
    }

    /// Builds a request of the CLI for the handlers.
    pub(super) fn host_request(&self, frame: &Frame) -> HostRequest {
        let status = self.status();
        let cwd = status.cwd.clone().or_else(|| self.options().cwd.clone());
        HostRequest::new(frame, self.session.clone(), status.session_id.clone(), cwd)
    }

    pub(super) fn result_context(&self, result: &Frame) -> ResultContext {
        let rate_limit = self.status().rate_limit.as_deref().cloned();
        ResultContext::of(result, rate_limit, || self.stderr().tail())
    }

    /// Reports once that the orphan guard is missing, if it was to be used if possible.
    pub(super) fn check_guard(&self, launch: &mut Launch) {
        let wants = launch.orphan_guard == OrphanGuard::IfPossible;
        if !wants || !self.setup.transport.runs_here() {
            return;
        }
        if let Err(why) = OrphanGuard::check() {
            launch.orphan_guard = OrphanGuard::Off;
            if !self.warned_of_guard.swap(true, Ordering::Relaxed) {
                self.warn("orphan_guard", format!("the CLI starts without an orphan guard: {why}"));
            }
        }
    }

    /// Reports something that does not work as requested. A log has only the kind.
    pub(super) fn warn(&self, kind: &'static str, text: String) {
        self.span.get().in_scope(|| telemetry::warning_event(kind));
        self.publish(SessionEvent::Warning(text));
    }

    pub(super) fn report_mirror(&self, error: MirrorFailure) {
        self.span.get().in_scope(|| telemetry::warning_event("store_not_reached"));
        self.publish(SessionEvent::MirrorError(error));
    }

    pub(super) fn publish(&self, event: SessionEvent) {
        if let Some(observer) = &self.setup.observer {
            match &event {
                SessionEvent::Warning(text) => observer.warned(text),
                SessionEvent::MirrorError(error) => observer.warned(&error.to_string()),
                _ => {}
            }
        }
        if !self.events.send(event) {
            self.unread_events.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn stderr(&self) -> MutexGuard<'_, Stderr> {
        lock(&self.stderr)
    }

    pub(super) fn status(&self) -> MutexGuard<'_, Status> {
        lock(&self.status)
    }

    pub(super) fn set_status(&self, machine: &Machine, phase: Phase) {
        let mut status = self.status();
        if status.session_id.as_deref() != machine.session_id() {
            status.session_id = machine.session_id().map(String::from);
        }
        let before = std::mem::replace(&mut status.counters, machine.counters());
        let now = status.counters;
        drop(status);
        if now != before {
            telemetry::lines("noise", before.noise, now.noise);
            telemetry::lines("malformed", before.malformed, now.malformed);
            telemetry::lines("stray_reply", before.stray_replies, now.stray_replies);
            telemetry::lines("stray_cancel", before.stray_cancels, now.stray_cancels);
            telemetry::lines("repeated_request", before.repeated_requests, now.repeated_requests);
            telemetry::lines("refused_request", before.refused_requests, now.refused_requests);
        }
        self.set_phase(phase, machine.queue_len());
    }

    pub(super) fn set_phase(&self, phase: Phase, queued: usize) {
        self.state.send_if_modified(|state| {
            let is_news = (state.phase, state.queued) != (phase, queued);
            telemetry::queued(state.queued, queued);
            (state.phase, state.queued) = (phase, queued);
            is_news
        });
    }

    /// Where the CLI has its transcripts.
    pub(super) fn home(&self) -> MutexGuard<'_, Home> {
        lock(&self.home)
    }

    /// The error of calls to a driver that has ended.
    pub(super) fn gone(&self) -> Error {
        match &self.state.borrow().last_end {
            Some(end) if end.cause == EndCause::Panicked => Error::panicked(),
            _ => Error::stopped(),
        }
    }

    /// A CLI is being launched.
    pub(super) fn set_launched(&self) {
        telemetry::launched();
        self.state.send_modify(|state| {
            state.launches += 1;
            state.auth_failed = false;
        });
    }

    /// Whether the API refuses the key or the login.
    pub(super) fn set_auth_failed(&self, failed: bool) {
        self.state
            .send_if_modified(|state| std::mem::replace(&mut state.auth_failed, failed) != failed);
    }

    pub(super) fn set_connected(&self, pid: Option<u32>) {
        self.status().connected = true;
        telemetry::connected_event(self.state.borrow().launches, pid);
        self.state.send_modify(|state| state.pid = pid);
    }

    /// The launch has ended.
    pub(super) fn set_ended(
        &self,
        cause: EndCause,
        exit: Option<Exit>,
        (was_ready, of_query): (bool, bool),
        (phase, queued): (Phase, usize),
    ) -> ConnectionEnd {
        self.status().connected = false;
        let (pid, launch) = (self.state.borrow().pid, self.state.borrow().launches);
        let end = ConnectionEnd { cause, exit, pid, was_ready, of_query, launch };
        let (code, signal) = exit.map_or((None, None), |exit| (exit.code, exit.signal));
        let word = word_of_end(cause);
        let is_failure = !cause.is_wanted() && cause != EndCause::Exited;
        telemetry::cli_ended(word);
        telemetry::disconnected_event(launch, word, code, signal, is_failure);
        self.state.send_modify(|state| {
            telemetry::queued(state.queued, queued);
            (state.phase, state.queued, state.pid) = (phase, queued, None);
            state.crashes += u64::from(cause.is_crash());
            state.last_end = Some(end);
        });
        end
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.release();
    }
}
