//! A process that is started before it is known which conversation it will serve.

use std::fmt;

use serde_json::{Map, Value, json};

use super::builder::SessionBuilder;
use super::error::Result;
use super::handle::Session;
use super::options::{OptionError, Options, SystemPrompt};
use crate::transport::Exit;
use crate::wire::replies::Reply;
use crate::wire::replies::server::ServerInfo;
use crate::wire::replies::session::ClaimedSession;

/// A CLI that has started and waits to be claimed for a session.
///
/// It has done what does not depend on the conversation: it has loaded its modules and settings,
/// and answered the handshake with the hooks, tools and servers of the builder. What depends on it
/// waits for the claim: the directory with its instructions, its `SessionStart` hooks, and the
/// transcript.
///
/// It refuses everything but the claim. If its process ends before, the claim starts another one.
/// If it is dropped unclaimed, its process is ended like that of a session, and reaped.
///
/// ```no_run
/// use claude_wire::{Options, Session};
///
/// # async fn example(parking: &str, project: &str) -> claude_wire::Result<()> {
/// let host = Session::builder().allowed_tools(["Read"]);
/// let spare = host.clone().cwd(parking).prewarm().await?;
///
/// // Later, when the directory is known.
/// let claim = Options::default().cwd(project).model("opus");
/// let session = match spare.claim(claim.clone()).await {
///     // Not every directory can be claimed: start a process in it instead.
///     Err(error) if error.refusal().is_some() => host.options(claim).start()?,
///     claimed => claimed?,
/// };
/// # drop(session);
/// # Ok(()) }
/// ```
#[must_use = "dropping it ends its process"]
pub struct Spare {
    session: Session,
}

impl SessionBuilder {
    /// Starts a CLI now, for a session that is claimed later (`--await-claim`, CLI 2.1.329), and
    /// waits until it has answered the handshake. Takes at most `initialize_timeout`.
    ///
    /// Its directory is only where it waits: choose one with no settings of a project in it. With
    /// an in-process tool server, the process keeps the servers that it has.
    ///
    /// # Errors
    /// If an option is rejected, among them those that resume a conversation; if the CLI cannot be
    /// started, exits (an older one does not know the flag), or does not answer in time.
    ///
    /// # Cancel safety
    /// If the future is dropped, the process is ended.
    pub async fn prewarm(self) -> Result<Spare> {
        let mut setup = self.build()?;
        setup.options.refuse_conversation()?;
        setup.spare = true;
        let session = Session::new(setup);
        session.connect().await?;
        Ok(Spare { session })
    }
}

impl Spare {
    /// Binds the process to a conversation (`claim_session`, CLI 2.1.332), and returns its session.
    /// Takes at most `control_timeout`, and `initialize_timeout` more if the process had ended.
    ///
    /// These options apply on top of those of the builder and of those that it
    /// [makes at each launch](SessionBuilder::options_at_launch), also to each later launch of the
    /// session; its variables are added to theirs. The CLI takes `cwd`, which must be set, and further directories, `permission_mode`,
    /// `system_prompt` other than a file, `agents`, `title`, `model`, and of `env` only tokens and the id
    /// of the session on the host (seen: it refuses other names). Everything else belongs to the
    /// process and is set before [`prewarm`](SessionBuilder::prewarm); or, like settings and
    /// thinking, by a method of the session before its first query.
    ///
    /// # Errors
    /// If an option is rejected here, or if the CLI refuses the claim
    /// ([`Error::refusal`](super::Error::refusal) begins with its reason): the directory does not
    /// exist, its settings have what a running process cannot take (`model`, `env` and others), or
    /// the mode is not possible. The process is ended then; the same builder can start the session.
    ///
    /// # Cancel safety
    /// If the future is dropped, the process is ended, claimed or not.
    pub async fn claim(self, options: Options) -> Result<Session> {
        let fields = claim(&options)?;
        let shared = &self.session.inner.shared;
        let all = claimed_over(&options, &shared.setup.options);
        all.validate()?;
        all.check_start(shared.setup.transport.runs_here())?;
        shared.setup.refuse_fields_set_twice(&all)?;
        let reply = self.session.control("claim_session", fields).await?;
        let reply = Reply::<ClaimedSession>::read(reply);
        let renew = shared.setup.renew.clone().map(|renew| {
            let options = options.clone();
            renew.map(move |made| claimed_over(&options, &made))
        });
        let is_renewed = renew.is_some();
        shared.claim(all, renew, reply.initialize.clone());
        if let Some(model) = &options.model {
            self.session.set_model(model.as_str()).await?;
        }
        // The process may have been launched with another mode than that of the builder, to which a
        // query would return.
        if let Some(mode) = options.permission_mode.filter(|_| is_renewed) {
            self.session.set_permission_mode(mode).await?;
        }
        Ok(self.session)
    }

    /// Returns the id of its process; `None` if it has ended, or the transport has none.
    pub fn pid(&self) -> Option<u32> {
        self.session.pid()
    }

    /// Returns what the CLI reported in the handshake, for the directory in which it waits.
    pub fn server_info(&self) -> Option<Reply<ServerInfo>> {
        self.session.server_info()
    }

    /// Ends the process, and returns how it ended; `None` if there was none.
    ///
    /// # Errors
    /// Those of [`Session::stop`].
    ///
    /// # Cancel safety
    /// Dropping the future does not cancel the stop.
    pub async fn stop(self) -> Result<Option<Exit>> {
        self.session.stop().await
    }
}

impl fmt::Debug for Spare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spare").field("state", &self.session.state()).finish_non_exhaustive()
    }
}

/// The options of a claim on top of others. The CLI adds the variables of a claim to those that it
/// has, so a later launch has both.
fn claimed_over(claim: &Options, below: &Options) -> Options {
    let mut all = claim.over(below);
    if let (Some(variables), Some(claimed)) = (&below.env, &claim.env) {
        let both = variables.iter().chain(claimed);
        all.env = Some(both.map(|(name, value)| (name.clone(), value.clone())).collect());
    }
    all
}

/// Returns the fields of the claim.
fn claim(options: &Options) -> Result<Map<String, Value>, OptionError> {
    let refuse = |field, expected, got: &str| Err(OptionError::new(field, expected, got));
    if options.cwd.is_none() {
        return refuse("cwd", "the directory of the session", "none");
    }
    if let Some(SystemPrompt::File(_)) = options.system_prompt {
        return refuse("system_prompt", "a text in a claim", "a file");
    }
    let mut variables = options.env.iter().flatten();
    if let Some((name, _)) = variables.find(|(_, value)| value.is_none()) {
        return refuse("env", "no removed variable in a claim", name);
    }
    // The model is set by another kind of request.
    match (Options { model: None, ..options.clone() }).claim() {
        Ok(mut fields) => {
            fields.insert("include_initialize".into(), json!(true));
            Ok(fields)
        }
        Err(name) => {
            refuse("claim", "an option that a claim can set; set others before `prewarm`", name)
        }
    }
}
