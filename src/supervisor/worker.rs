//! The task of one child: starts it, and watches it until it ends.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::time::Instant;

use super::budget::Budget;
use super::info::{ExitReason, SupervisorEvent};
use super::key::Key;
use super::report::{Left, News, Report, Running};
use super::slot::ended;
use super::snapshot::Snapshot;
use super::spec::{ChildSpec, Make, Nested, Started};
use super::tree::{ChildId, Class, Why};
use super::watcher::{Kept, Watcher};
use crate::common::{later, lock};
use crate::session::{
    self, Exclusive, OrphanGuard, Phase, Reconnect, Restart, Session, SessionBuilder,
};

/// One start of a child.
pub(super) struct Start<K: Key> {
    pub(super) child: ChildId,
    /// The name of the supervisor.
    pub(super) supervisor: String,
    pub(super) number: u64,
    pub(super) spec: ChildSpec<K>,
    pub(super) why: Why,
    /// What is there already: a session whose CLI has ended, or that is to be restarted.
    pub(super) running: Option<Running<K>>,
    /// What must have ended before.
    pub(super) left: Option<Left>,
    /// The conversation of the child, for its session to forget.
    pub(super) kept: Kept,
    /// The conversation that a new session resumes.
    pub(super) resume: Option<String>,
    /// The conversations with which the children of a supervisor go on.
    pub(super) below: Option<Snapshot<K>>,
    /// Whether it was reported that the API refuses its key.
    pub(super) degraded: bool,
    /// What it may use together with others.
    pub(super) budgets: Arc<[Budget]>,
    pub(super) reports: mpsc::UnboundedSender<Report<K>>,
    pub(super) events: broadcast::WeakSender<SupervisorEvent<K>>,
    /// Takes what is made, for a stop that comes before it is reported.
    pub(super) made: Mutex<Option<oneshot::Sender<Running<K>>>>,
}

impl<K: Key> Start<K> {
    fn made(&self, running: Running<K>) {
        if let Some(made) = lock(&self.made).take() {
            let _ = made.send(running.clone());
        }
        self.report(News::Made(running));
    }

    fn report(&self, news: News<K>) {
        let _ = self.reports.send(Report { child: self.child, start: Some(self.number), news });
    }

    pub(super) async fn run(self) {
        if let Some(left) = self.left.clone() {
            left.over().await;
        }
        let limit = self.spec.start_timeout;
        match &self.spec.make {
            Make::Session(_) => match tokio::time::timeout(limit, self.session()).await {
                Ok(Ok((session, history_lost))) => {
                    self.report(News::Up { history_lost });
                    self.watch(&session).await;
                }
                Ok(Err(NotStarted { error, launched })) => {
                    let class = class_of_start(&error, launched);
                    self.report(News::Down(class, error.to_string(), Some(error)));
                }
                Err(_) => self.report(News::Down(Class::Crash, not_started(limit), None)),
            },
            Make::Supervisor(make) => {
                // The names of its children must be free before.
                if let Some(Running::Supervisor(before)) = &self.running {
                    before.stop().await;
                }
                let (class, why) = match make(self.budgets.clone(), self.below.clone()) {
                    Ok((supervisor, started)) => self.supervise(&supervisor, started).await,
                    Err(error) if error.is_invalid_spec() => {
                        (Class::Configuration, error.to_string())
                    }
                    Err(error) => (Class::Crash, error.to_string()),
                };
                self.report(News::Down(class, why, None));
            }
        }
    }

    /// Waits until a supervisor has started, and then until it ends. Returns how and why.
    async fn supervise(
        &self,
        supervisor: &Arc<dyn Nested<K>>,
        started: Started,
    ) -> (Class, String) {
        self.made(Running::Supervisor(supervisor.clone()));
        let limit = self.spec.start_timeout;
        match tokio::time::timeout(limit, started).await {
            Ok(Ok(())) => {
                self.report(News::Up { history_lost: false });
                let reason = supervisor.finished().await;
                let class = match reason {
                    ExitReason::Stopped => Class::Clean,
                    _ => Class::Crash,
                };
                (class, format!("it ended: {reason:?}"))
            }
            Ok(Err(error)) => (Class::Crash, error.to_string()),
            Err(_) => {
                supervisor.stop().await;
                (Class::Crash, not_started(limit))
            }
        }
    }

    /// Starts or restarts the session. Also whether the conversation it was to resume is lost.
    async fn session(&self) -> Result<(Session, bool), NotStarted> {
        let (session, wanted, started) = match &self.running {
            Some(Running::Session(session)) => {
                let conversation = self.conversation();
                let wanted = session.session_id().filter(|_| conversation == Restart::Resume);
                (session.clone(), wanted, session.restart(conversation).await)
            }
            _ => {
                let session = self.builder()?.start()?;
                self.made(Running::Session(session.clone()));
                let started = session.connect().await;
                (session, None, started)
            }
        };
        match started {
            // The session may have gone back to an earlier conversation.
            Ok(_) => {
                let lost = wanted.is_some() && session.session_id() != wanted;
                Ok((session, lost))
            }
            Err(error) if is_not_found(&session, &error).await => {
                match session.restart(Restart::Fresh).await {
                    Ok(_) => Ok((session, true)),
                    Err(error) => Err(NotStarted::of(&session, error)),
                }
            }
            Err(error) => Err(NotStarted::of(&session, error)),
        }
    }

    /// What becomes of the conversation.
    fn conversation(&self) -> Restart {
        match self.why {
            Why::ByHand => Restart::Fresh,
            Why::First | Why::Woken => Restart::Resume,
            Why::Again => self.spec.conversation,
        }
    }

    /// The builder of a new session. Where the child goes on with a conversation, or begins one
    /// again, that counts, and not what `make` says about its first.
    fn builder(&self) -> Result<SessionBuilder, session::Error> {
        let Make::Session(make) = &self.spec.make else { return Err(session::Error::stopped()) };
        let goes_on = self.conversation() == Restart::Resume;
        let of_make = goes_on && self.resume.is_none() && !self.kept.is_forgotten();
        let again = make.clone();
        let mut builder = make().all_options_at_launch(move || again().renewed(of_make));
        if !of_make {
            builder = builder.with_conversation(self.resume.clone());
        }
        let watcher = Watcher {
            child: self.child,
            key: self.spec.key.clone(),
            budgets: self.budgets.clone(),
            kept: self.kept.clone(),
            events: self.events.clone(),
            reports: self.reports.clone(),
        };
        Ok(builder
            .reconnect(Reconnect::ByHand)
            .orphan_guard_by_default(OrphanGuard::IfPossible)
            .exclusive_by_default(Exclusive::Refuse)
            .observer(Arc::new(watcher))
            .owner(&self.supervisor, format!("{:?}", self.spec.key)))
    }

    /// Stops the session, unless it has work: then goes on watching it.
    pub(super) async fn rest(self) {
        if let Some(Running::Session(session)) = &self.running {
            let limit = session.stop_takes().saturating_add(STOP_LIMIT);
            match tokio::time::timeout(limit, session.stop_if_idle()).await {
                Ok(true) => {}
                Ok(false) => {
                    self.report(News::Busy);
                    return self.watch(session).await;
                }
                Err(_) => tracing::warn!("a child that rests was not stopped within {limit:?}"),
            }
        }
        self.report(News::Stopped);
    }

    /// Watches a session that is up until it ends, or is idle for long.
    async fn watch(&self, session: &Session) {
        let mut state = session.watch();
        let mut probe = self.spec.probe.map(|(interval, _)| later(Instant::now(), interval));
        let mut missed = 0;
        let mut degraded = self.degraded;
        loop {
            let now = state.borrow_and_update().clone();
            if std::mem::replace(&mut degraded, now.auth_failed) != now.auth_failed {
                self.report(News::Degraded(now.auth_failed));
            }
            if let Some((class, why)) = ended(&now) {
                let stderr = session.stderr_tail();
                let stderr = stderr.trim_end();
                let why = if stderr.is_empty() { why } else { format!("{why}; stderr: {stderr}") };
                return self.report(News::Down(class, why, None));
            }
            // Each change is a sign of use. A turn is use for as long as it takes.
            let is_idle = matches!(now.phase, Phase::Ready | Phase::Down) && now.queued == 0;
            let idle = self.spec.idle_after.filter(|_| is_idle);
            let idle = idle.map(|time| later(Instant::now(), time));
            let changed = loop {
                tokio::select! {
                    changed = state.changed() => break changed,
                    // Its answer ends this task.
                    () = at(idle) => {
                        self.report(News::Idle);
                        break state.changed().await;
                    }
                    () = at(probe) => {
                        let (interval, limit) = self.spec.probe.unwrap_or_default();
                        let failed = session.probe(limit).await.is_err();
                        // A CLI that is not up has not missed it: a query needs another launch.
                        missed = if failed && session.state().is_up() { missed + 1 } else { 0 };
                        if missed >= 2 {
                            let why = format!("the CLI did not answer two probes within {limit:?}");
                            return self.report(News::Down(Class::Crash, why, None));
                        }
                        probe = Some(later(Instant::now(), interval));
                    }
                }
            };
            if changed.is_err() {
                let why = "it was dropped".to_owned();
                return self.report(News::Down(Class::Clean, why, None));
            }
        }
    }
}

/// Whether a start has failed because the CLI does not find the conversation. It may say so in its
/// last words, when the caller has its error already.
async fn is_not_found(session: &Session, error: &session::Error) -> bool {
    if error.is_conversation_not_found() {
        return true;
    }
    if !error.is_closed() {
        return false;
    }
    let mut state = session.watch();
    let ended = state.wait_for(|state| matches!(state.phase, Phase::Down | Phase::Stopped)).await;
    ended.is_ok_and(|state| state.phase == Phase::Down) && session.has_said_not_found()
}

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

fn not_started(limit: Duration) -> String {
    format!("not started within {limit:?} (start_timeout)")
}

/// Why a session was not started.
struct NotStarted {
    error: session::Error,
    /// Whether a launcher starts its CLI.
    launched: bool,
}

impl NotStarted {
    fn of(session: &Session, error: session::Error) -> Self {
        Self { error, launched: session.has_launcher() }
    }
}

/// Before a session is made.
impl From<session::Error> for NotStarted {
    fn from(error: session::Error) -> Self {
        Self { error, launched: false }
    }
}

/// What the error of a start means.
fn class_of_start(error: &session::Error, launched: bool) -> Class {
    if error.may_be_free_soon() {
        return Class::Owned;
    }
    if error.is_option() || error.is_owned() || error.is_unsupported() {
        return Class::Configuration;
    }
    if let Some(transport) = error.transport_error() {
        let is_wrong = transport.is_cli_not_found()
            || transport.is_cwd_missing()
            || transport.is_permission_denied()
            || transport.is_bad_executable()
            || transport.is_orphan_guard()
            || transport.is_left();
        return if is_wrong { Class::Configuration } else { Class::Crash };
    }
    // What is between (`setpriv`, `env`, a shell) says with 126 or 127 that it cannot execute the
    // CLI; the CLI exits with 1 if it does not accept its options. A launcher that does not get there
    // (`docker`, `kubectl`, `srun`) exits with 1, too, and may get there later.
    let stderr = error.stderr_tail();
    let refuses = match error.exit().and_then(|exit| exit.code) {
        Some(126 | 127) => !stderr.trim().is_empty(),
        Some(1) => !launched && stderr.lines().any(is_refusal),
        _ => false,
    };
    if refuses && error.early_output().is_empty() { Class::Configuration } else { Class::Crash }
}

/// Whether the CLI says in this line of standard error what it does not accept, as in `error: unknown
/// option '--x'`. What the system has refused (`Error: ENOSPC: no space left on device`) may be over
/// at the next start.
fn is_refusal(line: &str) -> bool {
    let text = line.strip_prefix("error: ").or_else(|| line.strip_prefix("Error: "));
    text.is_some_and(|text| {
        let code = text.split_once(':').map_or("", |(code, _)| code);
        let is_code = |code: &str| code.bytes().all(|byte| byte.is_ascii_uppercase());
        !(code.len() > 2 && code.starts_with('E') && is_code(code))
    })
}

/// How long a child of a supervisor may take to stop, beyond what its session's shutdown takes.
const STOP_LIMIT: Duration = Duration::from_secs(60);

/// Stops a child, and reports it in any case. If it is not known what the child runs, that may just
/// be made: this waits for it.
pub(super) async fn stop<K: Key>(
    child: ChildId,
    start: u64,
    running: Option<Running<K>>,
    made: Option<oneshot::Receiver<Running<K>>>,
    reports: mpsc::UnboundedSender<Report<K>>,
) {
    let running = match (running, made) {
        (None, Some(made)) => made.await.ok(),
        (running, _) => running,
    };
    end(running).await;
    let _ = reports.send(Report { child, start: Some(start), news: News::Stopped });
}

/// Stops what a child runs. A session is given up after its time; a supervisor does the same with
/// each of its children.
pub(super) async fn end<K: Key>(running: Option<Running<K>>) {
    match running {
        Some(Running::Session(session)) => {
            let limit = session.stop_takes().saturating_add(STOP_LIMIT);
            if tokio::time::timeout(limit, session.stop()).await.is_err() {
                tracing::warn!("a child was not stopped within {limit:?}");
            }
        }
        Some(Running::Supervisor(supervisor)) => drop(supervisor.stop().await),
        None => {}
    }
}
