//! The public handle.

use std::fmt;
use std::panic::catch_unwind;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tracing::Instrument;

use super::driver::{Asker, Driver, Line, Order};
use super::error::{Error, Result};
use super::events::Events;
use super::query_options::command;
use super::setup::Setup;
use super::shared::Shared;
use super::spending::Spending;
use super::state::SessionState;
use super::weak::WeakSession;
use crate::common::lock;
use crate::protocol::{Counters, Phase};
use crate::transport::Exit;
use crate::wire::replies::Reply;
use crate::wire::replies::server::ServerInfo;
use crate::wire::usage::RateLimitInfo;

/// A conversation with one CLI, which is started at the first query and kept running.
///
/// Cheap to clone; all clones are the same session, and queries from any number of tasks run one
/// after another. When the last clone and the last running turn are dropped, the CLI is ended (end
/// of input, then SIGTERM, then SIGKILL) and reaped.
///
/// If the CLI has exited, the next query starts a new one, with a new handshake, and resumes the
/// conversation if the CLI had confirmed its id. If the CLI does not find that conversation, the
/// one that the previous launch resumed is resumed instead, with a
/// [`Warning`](super::SessionEvent::Warning); if there is none, the query fails with the text of
/// the CLI.
///
/// A prompt that the CLI has read is never sent twice. If the write failed and no line named the
/// prompt, it is sent to the next CLI, once.
///
/// # What holds over restarts
///
/// A CLI loses its settings when it ends: when it exits, or is relaunched with other options for
/// one query. These requests are sent to the next one again, before anything else and in the order
/// in which they were last accepted: `set_model`, `set_permission_mode`, `set_max_thinking_tokens`,
/// [`Settings::apply`](super::control::Settings::apply),
/// [`Files::set_cwd`](super::control::Files::set_cwd),
/// [`Files::register_repo_root`](super::control::Files::register_repo_root),
/// [`Mcp::set_servers`](super::control::Mcp::set_servers),
/// [`Mcp::set_permission_mode`](super::control::Mcp::set_permission_mode),
/// [`Conversation::pause_suggestions`](super::control::Conversation::pause_suggestions) and
/// [`Remote::set_has_subscribers`](super::control::Remote::set_has_subscribers), also if
/// [`control`](Self::control) sent them. What it then refuses is dropped, with a
/// [`Warning`](super::SessionEvent::Warning). The options of one query take precedence in the
/// process that is launched for it. A [fork](Self::fork) starts with the options of its session,
/// and without these settings.
///
/// The CLI itself saves the effects of [`Mcp::enable`](super::control::Mcp::enable),
/// [`Mcp::disable`](super::control::Mcp::disable),
/// [`Settings::save_effort`](super::control::Settings::save_effort),
/// [`Settings::save_output_style`](super::control::Settings::save_output_style) and
/// [`Conversation::rename`](super::control::Conversation::rename). Your program repeats the rest
/// when it sees a [`Connected`](super::SessionEvent::Connected): plugins added by
/// [`Reload::plugins`](super::control::Reload::plugins), remote control
/// ([`Remote`](super::control::Remote)), the group [`Chrome`](super::control::Chrome),
/// [`Conversation::set_peer_delivery`](super::control::Conversation::set_peer_delivery), and
/// [`Files::seed_read_state`](super::control::Files::seed_read_state).
#[derive(Clone)]
pub struct Session {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) shared: Arc<Shared>,
    driver: Mutex<Option<Line>>,
}

/// Counts what was not delivered to a reader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionStats {
    /// Lines counted by the protocol: of abandoned turns, noise, malformed lines, stray replies.
    pub lines: Counters,
    /// Messages that were received for a turn and dropped with it before they were read.
    pub unread_messages: u64,
    /// Events that came while there was no reader of [`Session::events`].
    pub unread_events: u64,
}

impl Session {
    pub(super) fn new(setup: Setup) -> Self {
        let inner = |me: &Weak<Inner>| {
            let shared = Shared::new(setup, WeakSession(me.clone()));
            Inner { shared: Arc::new(shared), driver: Mutex::new(None) }
        };
        Self { inner: Arc::new_cyclic(inner) }
    }

    /// Returns what [`SessionBuilder::name`](crate::SessionBuilder::name) has called it.
    pub fn name(&self) -> Option<&str> {
        self.inner.shared.setup.name.as_deref()
    }

    /// Starts the CLI now, if it is not running, waits until it is ready, and returns its reply to
    /// `initialize`.
    ///
    /// # Errors
    /// If the CLI cannot be started, exits, or does not answer in time.
    ///
    /// # Cancel safety
    /// If the future is dropped, the CLI continues to start.
    pub async fn connect(&self) -> Result<Reply<ServerInfo>> {
        let (reply, answer) = Asker::channel();
        self.inner.order(Order::Connect(reply))?;
        let first = answer.await.unwrap_or_else(|_| Err(self.inner.shared.gone()))?;
        Ok(Reply::read(first.or_else(|| self.inner.shared.server_info())))
    }

    /// Repeats the handshake with the running CLI, and returns its reply, which
    /// [`server_info`](Self::server_info) has from then on: commands, models and the account as
    /// they are now. Starts the CLI if it is not running.
    ///
    /// CLI 2.1.332 takes nothing but the hooks again (seen: prompts, agents and servers stay as in
    /// the first handshake). It sends the requests again that wait for an answer of your program;
    /// one that a handler is answering is not given to it twice. A hook that is being called is
    /// cancelled, and the CLI treats its call as refused. So call it between turns.
    ///
    /// # Errors
    /// If the CLI refuses, exits, or does not answer within `initialize_timeout`.
    ///
    /// # Cancel safety
    /// If the future is dropped, the CLI may carry out the request all the same.
    pub async fn reinitialize(&self) -> Result<Reply<ServerInfo>> {
        let (reply, answer) = Asker::channel();
        self.inner.order(Order::Reinitialize(reply))?;
        let body = answer.await.unwrap_or_else(|_| Err(self.inner.shared.gone()))?;
        let shared = &self.inner.shared;
        shared.set_server_info(body.as_ref());
        Ok(Reply::read(body.or_else(|| shared.server_info())))
    }

    /// Starts a new conversation in the same process (`/clear`). The session id changes.
    ///
    /// If no CLI is running, none is started: the next query starts one that resumes nothing, even
    /// if the session was to resume a conversation. The same holds if the CLI does not confirm the
    /// command, exits or takes too long: then its process is ended.
    ///
    /// # Errors
    /// If the command could not be sent: the session was stopped, or the queue is full.
    ///
    /// # Cancel safety
    /// Dropping the future interrupts the `/clear` if it has been sent. Whether the conversation is
    /// forgotten is open then: the session id says so.
    pub async fn clear(&self) -> Result<()> {
        if self.forget(true).await? {
            return Ok(());
        }
        let before = self.session_id();
        let mut turn = self.query("/clear").options(&command());
        let mut confirmed = false;
        while let Some(message) = turn.next().await {
            match message {
                Ok(message) => confirmed |= message.frame().kind_name() == "conversation_reset",
                Err(error) if error.is_closed() || error.is_timeout() || error.is_start() => break,
                Err(error) => return Err(error),
            }
        }
        if !confirmed && self.session_id() == before {
            self.forget(false).await?;
        }
        Ok(())
    }

    /// Makes the next process resume nothing. Returns whether that is settled.
    async fn forget(&self, only_if_down: bool) -> Result<bool> {
        let (reply, answer) = oneshot::channel();
        self.inner.order(Order::Forget { only_if_down, reply })?;
        answer.await.map_err(|_| self.inner.shared.gone())
    }

    /// Creates a new session that continues this conversation under a new id; this session does not
    /// change.
    ///
    /// # Errors
    /// If the CLI has not confirmed a session id yet, so that there is no conversation to fork.
    pub fn fork(&self) -> Result<Session> {
        let setup = &self.inner.shared.setup;
        let id = self.session_id().ok_or_else(|| {
            super::options::OptionError::new(
                "resume",
                "a session that the CLI has confirmed",
                "none yet",
            )
        })?;
        let options = self.inner.shared.options().clone().forking(id);
        let home = self.inner.shared.home().clone();
        // What it makes must not choose another conversation.
        let renew = self.inner.shared.renew().cloned();
        let renew = renew.map(|renew| renew.map(super::Options::without_conversation));
        Ok(Session::new(Setup {
            options,
            home,
            renew,
            name: None,
            owner: None,
            observer: None,
            spare: false,
            ..setup.clone()
        }))
    }

    /// Ends the session: the running turn is interrupted, queued prompts fail, and the CLI gets the
    /// end of input, then SIGTERM, then SIGKILL. Returns how the process ended; `None` if there was
    /// none.
    ///
    /// # Errors
    /// If a [`Replay`](crate::Replay) or a [`Scenario`](crate::Scenario) was moved into the session
    /// and something of it is left ([`Error::is_unfinished`]); the process has ended all the same.
    /// With forks, the last one that is stopped reports it. With a real CLI it does not fail.
    ///
    /// # Cancel safety
    /// Dropping the future does not cancel the stop.
    pub async fn stop(&self) -> Result<Option<Exit>> {
        let (reply, answer) = oneshot::channel();
        let exit = match self.inner.order(Order::Stop(reply)) {
            Ok(()) => answer.await.unwrap_or_else(|_| self.exit()),
            Err(_) => {
                // It takes no orders any more, but its store may still be given something.
                if self.inner.running_line().is_some() {
                    let mut state = self.watch();
                    let _ = state.wait_for(|state| state.phase == Phase::Stopped).await;
                }
                self.exit()
            }
        };
        self.inner.shared.unfinished().map_or(Ok(exit), |left| Err(Error::unfinished(left)))
    }

    /// Waits until the [`session_store`](super::SessionBuilder::session_store) has what the CLI
    /// reported so far, or an append has failed: see [`store`](crate::store). After the result of a
    /// turn that is all of the turn. Without a store it returns at once.
    ///
    /// # Cancel safety
    /// Dropping the future only stops the waiting.
    pub async fn flush_store(&self) {
        let (done, answer) = oneshot::channel();
        if self.inner.order(Order::FlushStore(done)).is_ok() {
            // An error means that the session has ended, and with it all appends.
            let _ = answer.await;
        }
    }

    /// Returns a stream of the events that belong to no turn, starting now.
    pub fn events(&self) -> Events {
        self.inner.shared.events.subscribe()
    }

    /// Returns the id of the conversation, once the CLI has confirmed it.
    pub fn session_id(&self) -> Option<String> {
        self.inner.shared.status().session_id.clone()
    }

    /// Returns what the CLI reported about itself in the last handshake; `None` before the first
    /// one. Parsed again at each call.
    pub fn server_info(&self) -> Option<Reply<ServerInfo>> {
        self.inner.shared.server_info().map(|reply| Reply::read(Some(reply)))
    }

    /// Returns what this session has used so far: all results together, across restarts and
    /// [`clear`](Self::clear), including turns that were not read. The earlier cost of a resumed
    /// conversation is not included.
    pub fn spending(&self) -> Spending {
        self.inner.shared.status().meter.total()
    }

    /// Returns the plan limits as last reported by the CLI (`rate_limit_event`); `None` if it has
    /// reported none.
    pub fn rate_limit(&self) -> Option<RateLimitInfo> {
        self.inner.shared.status().rate_limit.as_deref().cloned()
    }

    /// Returns what the session is doing, and what happened to its CLIs so far.
    pub fn state(&self) -> SessionState {
        self.inner.shared.state.borrow().clone()
    }

    /// The same, to wait for: `changed` and `wait_for` of the receiver. It always has the latest
    /// state; states in between may go by unseen, whereas [`events`](Self::events) has each end. A
    /// state is set before its event is published, and before a turn or a request learns of it.
    ///
    /// The receiver does not keep the session alive: once that has gone, `changed` fails.
    ///
    /// ```
    /// use claude_wire::session::Phase;
    /// use claude_wire::{Scenario, Session, reply};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let cli = Scenario::new().on_prompt("Hello", reply().text("Hi!"));
    /// let session = Session::builder().transport(cli).start()?;
    /// let mut state = session.watch();
    /// assert_eq!(state.borrow().phase, Phase::Down, "nothing has been asked for yet");
    /// session.query("Hello").text().await?;
    /// assert_eq!(state.wait_for(|state| state.is_up()).await?.launches, 1);
    /// # Ok(()) }
    /// ```
    pub fn watch(&self) -> watch::Receiver<SessionState> {
        self.inner.shared.state.subscribe()
    }

    /// Returns how many prompts wait behind the running turn, which does not count: see
    /// [`state`](Self::state) for whether one runs.
    pub fn queue_len(&self) -> usize {
        self.inner.shared.state.borrow().queued
    }

    /// Returns the process id of the running CLI; `None` if none runs (before the first query,
    /// after an end) or the transport has no process.
    pub fn pid(&self) -> Option<u32> {
        self.inner.shared.state.borrow().pid
    }

    /// Returns how the last ended CLI exited, even while another one runs. For its cause see
    /// [`state`](Self::state).
    pub fn exit(&self) -> Option<Exit> {
        self.inner.shared.state.borrow().last_end.and_then(|end| end.exit)
    }

    /// Returns the end of what the CLI wrote to standard error, at most 8 KiB. The session's key,
    /// the secrets in the CLI's environment, and strings that look like keys are `[redacted]`;
    /// [`on_stderr`](super::SessionBuilder::on_stderr) gets the unchanged lines.
    pub fn stderr_tail(&self) -> String {
        self.inner.shared.stderr().tail()
    }

    /// Whether this is a handle of the same session.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// Returns a handle that does not keep the session alive.
    pub fn downgrade(&self) -> WeakSession {
        self.inner.shared.session.clone()
    }

    /// Returns counts of what was not delivered to a reader.
    pub fn stats(&self) -> SessionStats {
        let shared = &self.inner.shared;
        SessionStats {
            lines: shared.status().counters,
            unread_messages: shared.unread_messages.load(Ordering::Relaxed),
            unread_events: shared.unread_events.load(Ordering::Relaxed),
        }
    }
}

impl Inner {
    /// Sends an order to the driver, which the first order starts.
    pub(super) fn order(&self, order: Order) -> Result<()> {
        self.line()?.send(order).map_err(|_| self.shared.gone())
    }

    pub(super) fn line(&self) -> Result<Line> {
        let mut driver = lock(&self.driver);
        if let Some(line) = &*driver {
            return Ok(line.clone());
        }
        let runtime = Handle::try_current().map_err(|_| Error::no_runtime())?;
        if !has_timers() {
            return Err(Error::no_timers());
        }
        let (task, line) = Driver::new(self.shared.clone());
        let setup = &self.shared.setup;
        let span = self.shared.span.begin(setup.name.as_deref(), setup.owner.as_deref());
        runtime.spawn(Box::new(task).run().instrument(span));
        Ok(driver.insert(line).clone())
    }

    /// Returns the channel to the driver, if there is one.
    pub(super) fn running_line(&self) -> Option<Line> {
        lock(&self.driver).clone()
    }

    /// Sends an order to the driver, if there is one.
    pub(super) fn order_if_running(&self, order: Order) {
        let driver = lock(&self.driver);
        if let Some(line) = &*driver {
            let _ = line.send(order);
        }
    }
}

/// Whether the runtime has timers. Tokio only answers that with a panic, which prints to standard
/// error.
fn has_timers() -> bool {
    catch_unwind(|| drop(tokio::time::sleep(Duration::ZERO))).is_ok()
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut session = f.debug_struct("Session");
        if let Some(name) = self.name() {
            session.field("name", &name);
        }
        session
            .field("session_id", &self.session_id())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}

impl WeakSession {
    /// Returns a handle, unless the last one was dropped.
    pub fn upgrade(&self) -> Option<Session> {
        self.inner().map(|inner| Session { inner })
    }

    pub(super) fn inner(&self) -> Option<Arc<Inner>> {
        self.0.upgrade()?.downcast().ok()
    }
}
