//! The builder of a session.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::error::Result;
use super::handle::Session;
use super::handlers::Handlers;
use super::lease::Exclusive;
use super::observer::Observer;
use super::options::OptionError;
use super::options::{option_setters, option_table};
use super::setup::{Renew, Setup, add_own};
use super::stderr::OnStderr;
use super::{AppConfig, Options};
use crate::protocol::Reconnect;
use crate::store::{Home, LOAD_TIMEOUT, SessionStore, SessionStoreFlush, StoreOptions};
use crate::transport::{CliPath, OrphanGuard, Process, Shutdown, Transport};
use crate::wire::DEFAULT_MAX_LINE;

/// How many bytes of a turn may wait for a slow reader before reading pauses: 256 KiB. With what the
/// reader has taken and two reads, that keeps a turn of any length under 1 MiB.
const BUFFER_LIMIT: usize = 256 * 1024;
/// How many bytes of a turn may wait for its reader while a pending request keeps the session
/// reading: 256 MiB.
const BUFFER_CAP: usize = 256 * 1024 * 1024;
/// How many prompts may be queued.
const MAX_QUEUE: usize = 1024;

/// Builds a [`Session`]: transport, options, handlers, limits.
///
/// | for | methods |
/// |---|---|
#[doc = concat!("| where the CLI is | ", option_table!(index place), "[`transport`](Self::transport) [`cli_path`](Self::cli_path) [`add_dir`](Self::add_dir) [`env`](Self::env) [`env_remove`](Self::env_remove) |")]
#[doc = concat!("| model and prompt | ", option_table!(index model), "[`system_prompt`](Self::system_prompt) [`append_system_prompt`](Self::append_system_prompt) [`system_prompt_file`](Self::system_prompt_file) |")]
#[doc = concat!("| what it may do | ", option_table!(index permission), "|")]
/// | decide yourself | [`on_permission`](Self::on_permission) [`permission_handler`](Self::permission_handler) [`on_confirm`](Self::on_confirm) [`confirmer`](Self::confirmer) [`permission_timeout`](Self::permission_timeout) [`on_hook`](Self::on_hook) [`on_hooks`](Self::on_hooks) [`hook_handler`](Self::hook_handler) [`log_hooks`](Self::log_hooks) [`on_elicitation`](Self::on_elicitation) [`on_user_dialog`](Self::on_user_dialog) [`on_request`](Self::on_request) [`warnings`](Self::warnings) |
#[doc = concat!("| limits | ", option_table!(index limits), "|")]
#[doc = concat!("| time limits | ", option_table!(index time), "[`no_timeout`](Self::no_timeout) [`no_idle_timeout`](Self::no_idle_timeout) [`shutdown`](Self::shutdown) |")]
#[doc = concat!("| what is sent | ", option_table!(index output), "|")]
#[doc = concat!("| conversation | ", option_table!(index conversation), "|")]
#[doc = concat!("| tools and servers | ", option_table!(index servers), "[`external_mcp_server`](Self::external_mcp_server) [`plugin`](Self::plugin) |")]
#[doc = concat!("| settings | ", option_table!(index settings), "[`options`](Self::options) [`config`](Self::config) |")]
/// | session stores | [`session_store`](Self::session_store) [`session_store_flush`](Self::session_store_flush) [`load_timeout`](Self::load_timeout) |
/// | processes | [`reconnect`](Self::reconnect) [`options_at_launch`](Self::options_at_launch) [`exclusive`](Self::exclusive) [`orphan_guard`](Self::orphan_guard) [`prewarm`](Self::prewarm) |
/// | memory | [`max_line`](Self::max_line) [`max_queue`](Self::max_queue) [`buffer_limit`](Self::buffer_limit) [`buffer_cap`](Self::buffer_cap) |
#[doc = concat!("| diagnosis | ", option_table!(index diagnosis), "[`name`](Self::name) [`on_stderr`](Self::on_stderr) [`extra_arg`](Self::extra_arg) [`extra_flag`](Self::extra_flag) [`initialize_field`](Self::initialize_field) |")]
///
/// With the feature `mcp` there is also `tool_server`, for tools in your own process; with
/// `schemars`, `json_schema_of`.
///
/// ```
/// use claude_wire::{Scenario, Session, reply};
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let session = Session::builder()
///     .model("opus")
///     .timeout(Duration::from_secs(120))
///     .transport(Scenario::new().on_prompt("Hello", reply().text("Hi!")))
///     .start()?;
/// assert_eq!(session.query("Hello").text().await?, "Hi!");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing until `start`"]
pub struct SessionBuilder {
    pub(super) options: Options,
    config: Options,
    transport: Option<Arc<dyn Transport>>,
    pub(super) handlers: Handlers,
    pub(super) initialize: serde_json::Map<String, Value>,
    shutdown: Shutdown,
    reconnect: Reconnect,
    renew: Option<Renew>,
    name: Option<Arc<str>>,
    owner: Option<Arc<(String, String)>>,
    observer: Option<Arc<dyn Observer>>,
    orphan_guard: Option<OrphanGuard>,
    store: Option<Arc<dyn SessionStore>>,
    store_flush: SessionStoreFlush,
    exclusive: Option<Exclusive>,
    load_timeout: Duration,
    on_stderr: Option<OnStderr>,
    max_line: usize,
    max_queue: usize,
    buffer_limit: usize,
    buffer_cap: usize,
}

impl Session {
    /// Starts to build a session.
    pub fn builder() -> SessionBuilder {
        SessionBuilder::new()
    }
}

impl SessionBuilder {
    fn new() -> Self {
        Self {
            options: Options::default(),
            config: Options::default(),
            transport: None,
            handlers: Handlers::default(),
            initialize: serde_json::Map::new(),
            shutdown: Shutdown::default(),
            reconnect: Reconnect::default(),
            renew: None,
            name: None,
            owner: None,
            observer: None,
            orphan_guard: None,
            store: None,
            store_flush: SessionStoreFlush::default(),
            exclusive: None,
            load_timeout: LOAD_TIMEOUT,
            on_stderr: None,
            max_line: DEFAULT_MAX_LINE,
            max_queue: MAX_QUEUE,
            buffer_limit: BUFFER_LIMIT,
            buffer_cap: BUFFER_CAP,
        }
    }

    /// Names the session for you: [`Session::name`], its `Debug` form, and the field `name` of its
    /// span have it. The CLI does not see it: its own name is `title`. Under a
    /// [supervisor](crate::supervisor), sessions have their keys as well. A fork has no name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into().into());
        self
    }

    /// Applies these options on top of those set so far.
    pub fn options(mut self, options: Options) -> Self {
        self.options = options.over(&self.options);
        self
    }

    /// Sets the application's configuration, the layer below the session's options.
    pub fn config(mut self, config: &AppConfig) -> Self {
        self.config = config.options();
        self
    }

    /// Sets how the CLI is reached. Default: an installed `claude`, as found by [`CliPath::Auto`].
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Sets the path of the CLI to run: a `claude`, or the stand-in.
    pub fn cli_path(self, path: impl Into<std::path::PathBuf>) -> Self {
        self.transport(Process::new(CliPath::Explicit(path.into())))
    }

    /// Calls `callback` with each line that the CLI writes to standard error, without its newline
    /// and with any secrets in it. Runs on the session's task, so it must be quick. A panic loses
    /// only that line.
    pub fn on_stderr(mut self, callback: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.on_stderr = Some(Arc::new(callback));
        self
    }

    /// Grace periods for shutdown: how long the CLI may take to end by itself, and after SIGTERM.
    pub fn shutdown(mut self, shutdown: Shutdown) -> Self {
        self.shutdown = shutdown;
        self
    }

    /// The longest line of the CLI, in bytes without its newline; at least 1. Default:
    /// [`DEFAULT_MAX_LINE`]. A longer one is an event, and the session goes on. What CLI 2.1.332
    /// needs for its handshake is 19 KB.
    pub fn max_line(mut self, bytes: usize) -> Self {
        self.max_line = bytes;
        self
    }

    /// Sets how many prompts may wait behind the running turn. Default: 1024.
    pub fn max_queue(mut self, prompts: usize) -> Self {
        self.max_queue = prompts;
        self
    }

    /// Sets how many bytes of a turn may wait for a slow reader before the session stops reading,
    /// which blocks the CLI. Memory counts, so a message costs its line plus 400 bytes. Default: 256
    /// KiB; never more than [`buffer_cap`](Self::buffer_cap). At most twice that is kept, plus two
    /// reads of 64 KiB; once a time limit of the turn has expired, up to 1 MiB is read to see
    /// whether its result has come.
    pub fn buffer_limit(mut self, bytes: usize) -> Self {
        self.buffer_limit = bytes.max(1);
        self
    }

    /// Sets how many bytes of a turn may wait for its reader while a pending control request or
    /// interrupt keeps the session reading, counted as for [`buffer_limit`](Self::buffer_limit); at
    /// least 1. Beyond it the turn ends with an error for which
    /// [`is_overflow`](super::Error::is_overflow) is true. Default: 256 MiB.
    pub fn buffer_cap(mut self, bytes: usize) -> Self {
        self.buffer_cap = bytes;
        self
    }

    /// Sets what happens when the CLI ends by itself, or hangs and is ended for that. Default:
    /// [`Reconnect::OnDemand`]. A CLI that was never reached counts as well.
    ///
    /// ```
    /// use claude_wire::session::{Reconnect, Restart};
    /// use claude_wire::{Scenario, Session, reply};
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let cli = Scenario::new().on_any_prompt(reply().hang()).on_any_prompt(reply().text("Hi!"));
    /// let session =
    ///     Session::builder().transport(cli).reconnect(Reconnect::Never).start()?;
    /// session.connect().await?;
    /// session.restart(Restart::Fresh).await?;
    /// # session.stop().await.unwrap_err();
    /// # Ok(())
    /// # }
    /// ```
    pub fn reconnect(mut self, reconnect: Reconnect) -> Self {
        self.reconnect = reconnect;
        self
    }

    /// Sets a function that makes options again at each launch, such as a key that is rotated. They
    /// apply on top of the options of the session; those of a query that needs its own launch apply
    /// on top of both. If they are rejected, the launch fails.
    pub fn options_at_launch(mut self, make: impl Fn() -> Options + Send + Sync + 'static) -> Self {
        self.renew = Some(Renew::new(make, false));
        self
    }

    /// The same, with all options of a launch: those of this builder that are not made again do not
    /// count, except for its conversation.
    pub(crate) fn all_options_at_launch(
        mut self,
        make: impl Fn() -> Options + Send + Sync + 'static,
    ) -> Self {
        self.renew = Some(Renew::new(make, true));
        self
    }

    /// Sets whether the CLI ends when this program is gone, even by SIGKILL. Default:
    /// [`OrphanGuard::Off`]; under a [supervisor](crate::supervisor), [`OrphanGuard::IfPossible`].
    pub fn orphan_guard(mut self, guard: OrphanGuard) -> Self {
        self.orphan_guard = Some(guard);
        self
    }

    /// Sends each entry of the transcript to this store as well, and resumes conversations from it:
    /// see [`store`](crate::store). This turns the mirror of transcripts on.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use claude_wire::Session;
    /// use claude_wire::store::InMemorySessionStore;
    ///
    /// let store = Arc::new(InMemorySessionStore::new());
    /// let session = Session::builder().session_store(store.clone()).start()?;
    /// # Ok::<(), claude_wire::Error>(())
    /// ```
    pub fn session_store(mut self, store: impl SessionStore) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Sets when entries are sent to the [`session_store`](Self::session_store). Default:
    /// [`SessionStoreFlush::Batched`].
    pub fn session_store_flush(mut self, flush: SessionStoreFlush) -> Self {
        self.store_flush = flush;
        self
    }

    /// Sets how long the [`session_store`](Self::session_store) may take for each call when a
    /// conversation is loaded from it. Default: 60 seconds.
    pub fn load_timeout(mut self, limit: Duration) -> Self {
        self.load_timeout = limit;
        self
    }

    /// The guard that counts if none was chosen.
    pub(crate) fn orphan_guard_by_default(mut self, guard: OrphanGuard) -> Self {
        self.orphan_guard.get_or_insert(guard);
        self
    }

    /// Sets whether this session holds its conversation, so that no other session resumes it at the
    /// same time. Two processes that resume one conversation both answer, and what one of them said is
    /// lost (seen with CLI 2.1.332). Default: [`Exclusive::Off`]; under a
    /// [supervisor](crate::supervisor), [`Exclusive::Refuse`].
    ///
    /// Takes an [`Exclusive`], or a `bool`: `true` is [`Exclusive::Refuse`].
    ///
    /// A conversation is held by a file next to its transcript until the session ends, in whatever
    /// folder the CLI has it: one that was begun in another directory, or under the name of
    /// `CLAUDE_CODE_PROJECT_DIR_NAME`, is held there. One that is
    /// resumed or continued is held before the CLI is started; a new one from the moment when the CLI
    /// confirms its id, in its first turn. If the CLI continues another conversation than was
    /// expected, and another session has that one, the CLI is ended and the turn fails, with
    /// [`Exclusive::Fork`] as well
    /// ([`EndCause::Owned`](super::EndCause::Owned)); the CLI may have written the prompt to its
    /// transcript by then.
    ///
    /// On the same machine, an owner is recognised by its process and that of its CLI: if your program
    /// is killed, its conversation is free once its CLI has ended, too. Any other owner counts as gone
    /// after 60 s without a sign of life, on the clock of the file system. In doubt the conversation
    /// is in use. A start waits for an owner that is about to end, which is a session of the same
    /// program that was stopped or dropped, or the CLI of a program that was killed: for at most 30 s,
    /// or the `initialize_timeout` if that is shorter. An owner that was stopped for longer than the
    /// 60 s does not get it back: its session gets a [`Warning`](super::SessionEvent::Warning). So
    /// does a session whose conversation cannot be held, for example because the configuration
    /// folder cannot be written; one that does not exist yet is made, with mode 0700.
    ///
    /// Only sessions of this crate take part: a `claude` that you start by hand does not. Machines
    /// share it if they share the CLI's configuration folder; machines that share only a
    /// [store](crate::store) do not, since a store cannot hold anything: send each conversation to one
    /// machine at a time. Nothing is held, and nothing said, without session persistence, or where
    /// the transport does not run the CLI on this machine
    /// ([`runs_here`](crate::transport::Transport::runs_here)): that is so for a
    /// [`HeldTransport`](crate::holder::HeldTransport), whose holder has one owner for each key.
    pub fn exclusive(mut self, exclusive: impl Into<Exclusive>) -> Self {
        self.exclusive = Some(exclusive.into());
        self
    }

    /// What counts if nothing was chosen.
    pub(crate) fn exclusive_by_default(mut self, exclusive: Exclusive) -> Self {
        self.exclusive.get_or_insert(exclusive);
        self
    }

    /// Checks the options and creates the session. The CLI is not started yet, but at the first
    /// query or by [`connect`](Session::connect). Needs no runtime.
    ///
    /// # Errors
    /// If an option is rejected; the error names it, what was expected and what was given.
    pub fn start(self) -> Result<Session> {
        Ok(Session::new(self.build()?))
    }

    /// Names the supervisor and its key for this session, for the fields of spans.
    pub(crate) fn owner(mut self, supervisor: &str, key: String) -> Self {
        self.owner = Some(Arc::new((supervisor.to_owned(), key)));
        self
    }

    /// Sets who learns at once what the session spends and warns of.
    pub(crate) fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Goes on with this conversation, or with a new one, whatever the options say.
    pub(crate) fn with_conversation(mut self, resume: Option<String>) -> Self {
        self.config = self.config.without_conversation();
        self.options = self.options.without_conversation();
        self.options.resume = resume;
        self
    }

    /// Returns the options for a launch: those of all layers, and on top of them what
    /// [`options_at_launch`](Self::options_at_launch) makes; with the conversation that they name,
    /// or without it.
    pub(crate) fn renewed(&self, with_conversation: bool) -> Options {
        let options = self.resolved();
        let options = match &self.renew {
            Some(renew) => renew.made().over(&options),
            None => options,
        };
        if with_conversation { options } else { options.without_conversation() }
    }

    /// Returns the options of all layers, merged.
    pub(super) fn resolved(&self) -> Options {
        Options::resolve(&[&self.options, &self.config])
    }

    pub(super) fn build(self) -> Result<Setup, OptionError> {
        let mut options = self.resolved();
        for warning in self.handlers.warnings(&options, &self.initialize) {
            tracing::warn!("{warning}");
        }
        let transport = self.transport.unwrap_or_else(|| Arc::new(Process::new(CliPath::Auto)));
        // Before what may fail: the caller gets the error.
        transport.taken();
        let (flush, load_timeout) = (self.store_flush, self.load_timeout);
        let store = self.store.map(|store| Arc::new(StoreOptions { store, flush, load_timeout }));
        add_own(&mut options, &self.handlers, store.as_deref())?;
        options.validate()?;
        options.check_start(transport.runs_here())?;
        for (name, bytes) in [("max_line", self.max_line), ("buffer_cap", self.buffer_cap)] {
            if bytes == 0 {
                return Err(OptionError::new(name, "at least 1 byte", "0"));
            }
        }
        let mut initialize = self.handlers.initialize(&self.initialize)?;
        initialize.extend(self.initialize);
        let orphan_guard = self.orphan_guard.unwrap_or_default();
        if orphan_guard == OrphanGuard::Required && !transport.runs_here() {
            let expected = "a transport that starts the process itself, on this machine";
            return Err(OptionError::new("orphan_guard", expected, "another transport"));
        }
        // Without a transcript there is nothing that another one could resume.
        let keeps = options.keeps_transcript() && transport.runs_here();
        let exclusive = self.exclusive.filter(|_| keeps).unwrap_or_default();
        let setup = Setup {
            options,
            transport,
            owners: Arc::default(),
            handlers: self.handlers,
            initialize,
            shutdown: self.shutdown,
            reconnect: self.reconnect,
            renew: self.renew,
            name: self.name,
            owner: self.owner,
            observer: self.observer,
            orphan_guard,
            store,
            exclusive,
            home: Home::default(),
            max_line: self.max_line,
            max_queue: self.max_queue,
            buffer_limit: self.buffer_limit.min(self.buffer_cap),
            buffer_cap: self.buffer_cap,
            on_stderr: self.on_stderr,
            spare: false,
        };
        setup.refuse_fields_set_twice(&setup.options)?;
        Ok(setup)
    }
}

option_setters!(SessionBuilder, options);

impl fmt::Debug for SessionBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionBuilder")
            .field("options", &self.options)
            .field("handlers", &self.handlers)
            .finish_non_exhaustive()
    }
}
