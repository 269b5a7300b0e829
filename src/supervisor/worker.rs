//! The task of one child: starts it, and watches it until it ends.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::info::ExitReason;
use super::key::Key;
use super::slot::ended;
use super::spec::{ChildSpec, Make, Nested};
use super::tree::{ChildId, Class, Why};
use crate::common::later;
use crate::session::{self, Exclusive, OrphanGuard, Phase, Reconnect, Restart, Session};

/// What a child runs.
#[derive(Clone)]
pub(super) enum Running<K: Key> {
    Session(Session),
    Supervisor(Arc<dyn Nested<K>>),
}

/// What a task of a child reports, with the number of its start.
pub(super) struct Report<K: Key> {
    pub(super) child: ChildId,
    pub(super) start: u64,
    pub(super) news: News<K>,
}

pub(super) enum News<K: Key> {
    /// It is made, and being started.
    Made(Running<K>),
    Up {
        history_lost: bool,
    },
    Down(Class, String, Option<session::Error>),
    /// Whether the API refuses its key or its login, when that changes.
    Degraded(bool),
    Idle,
    Stopped,
}

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
    /// The conversation that a new session resumes.
    pub(super) resume: Option<String>,
    pub(super) reports: mpsc::UnboundedSender<Report<K>>,
}

impl<K: Key> Start<K> {
    fn report(&self, news: News<K>) {
        let _ = self.reports.send(Report { child: self.child, start: self.number, news });
    }

    pub(super) async fn run(self) {
        let limit = self.spec.start_timeout;
        match &self.spec.make {
            Make::Session(_) => match tokio::time::timeout(limit, self.session()).await {
                Ok(Ok((session, history_lost))) => {
                    self.report(News::Up { history_lost });
                    self.watch(&session).await;
                }
                Ok(Err(error)) => {
                    let class = class_of_start(&error);
                    self.report(News::Down(class, error.to_string(), Some(error)));
                }
                Err(_) => self.report(News::Down(
                    Class::Crash,
                    format!("not started within {limit:?} (start_timeout)"),
                    None,
                )),
            },
            Make::Supervisor(make) => {
                let started = tokio::time::timeout(limit, make()).await;
                match started {
                    Ok(Ok(supervisor)) => {
                        self.report(News::Made(Running::Supervisor(supervisor.clone())));
                        self.report(News::Up { history_lost: false });
                        let reason = supervisor.finished().await;
                        let class = match reason {
                            ExitReason::Stopped => Class::Clean,
                            _ => Class::Crash,
                        };
                        self.report(News::Down(class, format!("it ended: {reason:?}"), None));
                    }
                    Ok(Err(error)) => {
                        self.report(News::Down(Class::Crash, error.to_string(), None));
                    }
                    Err(_) => self.report(News::Down(
                        Class::Crash,
                        format!("not started within {limit:?} (start_timeout)"),
                        None,
                    )),
                }
            }
        }
    }

    /// Starts or restarts the session. Also whether the conversation it was to resume is lost.
    async fn session(&self) -> Result<(Session, bool), session::Error> {
        if let Some(Running::Session(session)) = &self.running {
            let conversation = match self.why {
                Why::ByHand => Restart::Fresh,
                Why::Woken => Restart::Resume,
                Why::First | Why::Again => self.spec.conversation,
            };
            let wanted = session.session_id().filter(|_| conversation == Restart::Resume);
            let launches = session.state().launches;
            session.restart(conversation).await?;
            let lost = wanted.is_some() && session.state().launches > launches + 1;
            return Ok((session.clone(), lost));
        }
        let Make::Session(make) = &self.spec.make else { return Err(session::Error::stopped()) };
        let again = make.clone();
        let mut builder =
            make().reconnect(Reconnect::ByHand).options_at_launch(move || again().resolved());
        builder = builder
            .orphan_guard_by_default(OrphanGuard::IfPossible)
            .exclusive_by_default(Exclusive::Refuse)
            .owner(&self.supervisor, format!("{:?}", self.spec.key));
        if let Some(id) = &self.resume {
            builder = builder.resume(id.clone());
        }
        let session = builder.start()?;
        self.report(News::Made(Running::Session(session.clone())));
        session.connect().await?;
        // A conversation that cannot be found is begun again by the session, in another launch.
        let lost = self.resume.is_some() && session.state().launches > 1;
        Ok((session, lost))
    }

    /// Watches a session that is up until it ends, or is idle for long.
    async fn watch(&self, session: &Session) {
        let mut state = session.watch();
        let mut idle = self.spec.idle_after.map(|time| (time, later(Instant::now(), time)));
        let mut probe = self.spec.probe.map(|(interval, _)| later(Instant::now(), interval));
        let mut missed = 0;
        let mut degraded = false;
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
            if now.phase != Phase::Ready
                && let Some((time, until)) = &mut idle
            {
                *until = later(Instant::now(), *time);
            }
            tokio::select! {
                changed = state.changed() => if changed.is_err() {
                    return self.report(News::Down(Class::Clean, "it was dropped".to_owned(), None));
                },
                () = at(idle.map(|(_, until)| until)) => {
                    idle = idle.map(|(time, _)| (time, later(Instant::now(), time)));
                    self.report(News::Idle);
                }
                () = at(probe) => {
                    let (interval, limit) = self.spec.probe.unwrap_or_default();
                    let failed = session.probe(limit).await.is_err();
                    missed = if failed { missed + 1 } else { 0 };
                    if missed >= 2 && session.state().is_up() {
                        let why = format!("the CLI did not answer two probes within {limit:?}");
                        return self.report(News::Down(Class::Crash, why, None));
                    }
                    probe = Some(later(Instant::now(), interval));
                }
            }
        }
    }
}

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// What the error of a start means.
fn class_of_start(error: &session::Error) -> Class {
    if error.is_option() || error.is_owned() {
        return Class::Configuration;
    }
    if let Some(transport) = error.transport_error() {
        let is_wrong = transport.is_cli_not_found()
            || transport.is_cwd_missing()
            || transport.is_permission_denied()
            || transport.is_bad_executable()
            || transport.is_left();
        return if is_wrong { Class::Configuration } else { Class::Crash };
    }
    // The CLI says on standard error what it does not accept, and exits before it writes anything.
    let refuses = error.exit().is_some_and(|exit| exit.code == Some(1))
        && error.early_output().is_empty()
        && !error.stderr_tail().trim().is_empty();
    if refuses { Class::Configuration } else { Class::Crash }
}

/// How long a child of a supervisor may take to stop, beyond what its session's shutdown takes.
pub(super) const STOP_LIMIT: Duration = Duration::from_secs(60);

/// Stops a child, and reports it in any case.
pub(super) async fn stop<K: Key>(
    child: ChildId,
    start: u64,
    running: Option<Running<K>>,
    reports: mpsc::UnboundedSender<Report<K>>,
) {
    let stops = async {
        match running {
            Some(Running::Session(session)) => drop(session.stop().await),
            Some(Running::Supervisor(supervisor)) => drop(supervisor.stop().await),
            None => {}
        }
    };
    if tokio::time::timeout(STOP_LIMIT, stops).await.is_err() {
        tracing::warn!("a child was not stopped within {STOP_LIMIT:?}");
    }
    let _ = reports.send(Report { child, start, news: News::Stopped });
}
