//! What a session is made of, before it starts.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::error::Result;
use super::handle::Session;
use super::handlers::Handlers;
use super::options::option_setters;
use super::shared::Shared;
use super::stderr::{OnStderr, Stderr};
use super::{AppConfig, OptionError, Options};
use crate::transport::{CliPath, Process, Shutdown, Transport};
use crate::wire::DEFAULT_MAX_LINE;

/// How many bytes of a turn wait for a slow reader before the CLI is held back: 1 MiB.
const BUFFER_LIMIT: usize = 1024 * 1024;
/// How many bytes of a turn may wait for its reader while a request of the host keeps the session reading: 256 MiB.
const BUFFER_CAP: usize = 256 * 1024 * 1024;
/// How many prompts may wait.
const MAX_QUEUE: usize = 1024;

/// Builds a [`Session`]: options, transport, handlers, bounds.
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
    on_stderr: Option<OnStderr>,
    max_line: usize,
    max_queue: usize,
    buffer_limit: usize,
    buffer_cap: usize,
}

impl SessionBuilder {
    pub(super) fn new() -> Self {
        Self {
            options: Options::default(),
            config: Options::default(),
            transport: None,
            handlers: Handlers::default(),
            initialize: serde_json::Map::new(),
            shutdown: Shutdown::default(),
            on_stderr: None,
            max_line: DEFAULT_MAX_LINE,
            max_queue: MAX_QUEUE,
            buffer_limit: BUFFER_LIMIT,
            buffer_cap: BUFFER_CAP,
        }
    }

    /// Lays these options over what was set so far.
    pub fn options(mut self, options: Options) -> Self {
        self.options = options.over(&self.options);
        self
    }

    /// The application's configuration, which lies below the options of the session.
    pub fn config(mut self, config: &AppConfig) -> Self {
        self.config = config.options();
        self
    }

    /// How the CLI is reached. Default: an installed `claude`, as [`CliPath::Auto`] finds it.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// The CLI to run, by its path: a `claude`, or the stand-in.
    pub fn cli_path(self, path: impl Into<std::path::PathBuf>) -> Self {
        self.transport(Process::new(CliPath::Explicit(path.into())))
    }

    /// Called with each line that the CLI writes to standard error, without its newline, and with the secrets that are in it. Runs on the
    /// session's own task: be quick. A panic loses the line and nothing else.
    pub fn on_stderr(mut self, callback: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.on_stderr = Some(Arc::new(callback));
        self
    }

    /// The patience with a CLI that is to end.
    pub fn shutdown(mut self, shutdown: Shutdown) -> Self {
        self.shutdown = shutdown;
        self
    }

    /// The longest line of the CLI, in bytes without its newline; at least 1. Default:
    /// [`DEFAULT_MAX_LINE`]. A longer one is an event, and the session goes on. What CLI 2.1.332 needs
    /// for its handshake is 19 KB.
    pub fn max_line(mut self, bytes: usize) -> Self {
        self.max_line = bytes;
        self
    }

    /// How many prompts may wait behind the turn that runs. Default: 1024.
    pub fn max_queue(mut self, prompts: usize) -> Self {
        self.max_queue = prompts;
        self
    }

    /// How many bytes of a turn wait for a slow reader before the CLI is held back: of memory, so that a
    /// message counts with its line and 400 bytes more. Default: 1 MiB; never more than
    /// [`buffer_cap`](Self::buffer_cap). At most twice that is kept, and what two reads of 64 KiB bring;
    /// where a time limit of the turn has run out, what is read to see whether its result has come: 1 MiB.
    pub fn buffer_limit(mut self, bytes: usize) -> Self {
        self.buffer_limit = bytes.max(1);
        self
    }

    /// How many bytes of a turn may wait for its reader while a request of the host (a control request,
    /// an interrupt) keeps the session reading, counted as for [`buffer_limit`](Self::buffer_limit); at
    /// least 1. Beyond it the turn ends with an error of which
    /// [`is_overflow`](super::Error::is_overflow) is true. Default: 256 MiB.
    pub fn buffer_cap(mut self, bytes: usize) -> Self {
        self.buffer_cap = bytes;
        self
    }

    /// Checks everything and makes the session. Nothing is started yet: the CLI is, at the first query or by
    /// [`connect`](Session::connect). Needs no runtime.
    ///
    /// # Errors
    /// When an option is refused; the error names it, what was expected and what came.
    pub fn start(self) -> Result<Session> {
        Ok(Session::new(self.build()?))
    }

    /// The options of all layers in one.
    pub(super) fn resolved(&self) -> Options {
        Options::resolve(&[&self.options, &self.config])
    }

    fn build(self) -> Result<Shared, OptionError> {
        let mut options = self.resolved();
        for warning in self.handlers.warnings(&options) {
            tracing::warn!("{warning}");
        }
        if self.handlers.has_permission() {
            options.ask_host()?;
        }
        let transport = self.transport.unwrap_or_else(|| Arc::new(Process::new(CliPath::Auto)));
        options.validate()?;
        options.check_start(transport.runs_here())?;
        for (name, bytes) in [("max_line", self.max_line), ("buffer_cap", self.buffer_cap)] {
            if bytes == 0 {
                return Err(OptionError::new(name, "at least 1 byte", "0"));
            }
        }
        let mut initialize = self.handlers.initialize(&self.initialize)?;
        initialize.extend(self.initialize);
        let shared = Shared {
            options,
            transport,
            handlers: self.handlers,
            session: Default::default(),
            initialize,
            shutdown: self.shutdown,
            max_line: self.max_line,
            max_queue: self.max_queue,
            buffer_limit: self.buffer_limit.min(self.buffer_cap),
            buffer_cap: self.buffer_cap,
            stderr: Stderr::new(self.on_stderr.clone()).into(),
            on_stderr: self.on_stderr,
            events: Default::default(),
            state: Default::default(),
            status: Default::default(),
            unread_events: Default::default(),
            unread_messages: Default::default(),
            turns: Default::default(),
        };
        shared.refuse_fields_set_twice(&shared.options)?;
        Ok(shared)
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
