//! The setup of a session: what its builder produced, which never changes.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use serde_json::{Map, Value};

use super::Options;
use super::handlers::Handlers;
use super::lease::Exclusive;
use super::observer::Observer;
use super::options::OptionError;
use super::stderr::OnStderr;
use crate::protocol::{Config, Reconnect};
use crate::store::{Home, StoreOptions};
use crate::transport::{Launch, OrphanGuard, Shutdown, Transport};
use crate::wire::control::{Request, RequestName};

/// Makes options again at each launch.
#[derive(Clone)]
pub(super) struct Renew {
    make: Arc<dyn Fn() -> Options + Send + Sync>,
    /// Whether it makes all of them, so that the session only keeps its conversation.
    all: bool,
}

impl Renew {
    pub(super) fn new(make: impl Fn() -> Options + Send + Sync + 'static, all: bool) -> Self {
        Self { make: Arc::new(make), all }
    }

    /// The same, with what it makes changed.
    pub(super) fn map(self, change: impl Fn(Options) -> Options + Send + Sync + 'static) -> Self {
        let Self { make, all } = self;
        Self::new(move || change(make()), all)
    }

    /// What it makes now.
    pub(super) fn made(&self) -> Options {
        (self.make)()
    }
}

/// The setup of a session. A fork has the same one, with other options.
#[derive(Clone)]
pub(super) struct Setup {
    pub(super) options: Options,
    pub(super) transport: Arc<dyn Transport>,
    /// How many sessions, this one and its forks, have not ended: the last one reports what is
    /// unfinished.
    pub(super) owners: Arc<AtomicUsize>,
    pub(super) handlers: Handlers,
    /// Fields of the `initialize` request in addition to those of the options.
    pub(super) initialize: Map<String, Value>,
    pub(super) shutdown: Shutdown,
    pub(super) reconnect: Reconnect,
    pub(super) orphan_guard: OrphanGuard,
    pub(super) exclusive: Exclusive,
    /// Makes options again at each launch.
    pub(super) renew: Option<Renew>,
    /// Where the entries of the transcript are sent.
    pub(super) store: Option<Arc<StoreOptions>>,
    /// Where the conversation of a fork is.
    pub(super) home: Home,
    pub(super) max_line: usize,
    pub(super) max_queue: usize,
    pub(super) buffer_limit: usize,
    pub(super) buffer_cap: usize,
    pub(super) on_stderr: Option<OnStderr>,
    /// What the user calls it.
    pub(super) name: Option<Arc<str>>,
    /// The name of its supervisor, and its key there.
    pub(super) owner: Option<Arc<(String, String)>>,
    /// Who learns at once what it spends and warns of.
    pub(super) observer: Option<Arc<dyn Observer>>,
    /// Whether its process is started in advance, and claimed later.
    pub(super) spare: bool,
}

impl Setup {
    pub(super) fn machine_config(&self) -> Config {
        let timeouts = self.options.timeouts();
        Config {
            initialize: Request::new(RequestName::Initialize)
                .with_all(self.initialize(&self.options)),
            initialize_timeout: timeouts.initialize.unwrap_or(Duration::MAX),
            control_timeout: timeouts.control.unwrap_or(Duration::MAX),
            drain_timeout: timeouts.drain.unwrap_or(Duration::MAX),
            resumes: self.options.resumes(),
            reconnect: self.reconnect,
            max_queue: self.max_queue,
        }
    }

    /// Returns the options of a launch: those of the session, with what is made for it now.
    ///
    /// # Errors
    /// If what is made does not go together with the handlers or the store of the session.
    pub(super) fn renewed(&self, renew: &Renew, session: &Options) -> Result<Options, OptionError> {
        let made = renew.made();
        if !renew.all {
            return Ok(made.over(session));
        }
        let mut options = made.over(&session.only_conversation());
        add_own(&mut options, &self.handlers, self.store.as_deref())?;
        Ok(options)
    }

    /// Returns the fields of the `initialize` request.
    pub(super) fn initialize(&self, options: &Options) -> Map<String, Value> {
        let mut fields = options.initialize();
        fields.extend(self.initialize.clone());
        fields
    }

    /// Rejects a field of the `initialize` request that is set both by name and by an option, since
    /// one of the two would be lost.
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

    /// Returns how to launch the next process. A confirmed conversation is resumed, unless it was
    /// forgotten.
    pub(super) fn launch(
        &self,
        options: &Options,
        resume: Option<String>,
        forgotten: bool,
    ) -> Result<Launch, OptionError> {
        let mut options = options.clone();
        if resume.is_some() || forgotten {
            options = options.without_conversation();
        }
        let mut launch = options.launch()?;
        launch.orphan_guard = self.orphan_guard;
        // The CLI's id, which is not an option to validate.
        launch.args.extend(resume.map(|id| format!("--resume={id}").into()));
        Ok(launch)
    }
}

/// Adds to options what the handlers and the store of a session need.
pub(super) fn add_own(
    options: &mut Options,
    handlers: &Handlers,
    store: Option<&StoreOptions>,
) -> Result<(), OptionError> {
    if handlers.has_permission() {
        options.ask_host()?;
    }
    match store {
        Some(_) => options.mirror_to_store(),
        None => Ok(()),
    }
}
