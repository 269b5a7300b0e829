//! The transport trait, and its input and output.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{Environment, Error, Exit, Notes, OrphanGuard, PathMap};

/// A boxed future that can move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A stream of bytes to read from.
pub type BoxedRead = Box<dyn AsyncRead + Send + Unpin>;

/// A stream of bytes to write to.
pub type BoxedWrite = Box<dyn AsyncWrite + Send + Unpin>;

/// A way to reach a CLI.
///
/// Wrappers (a recorder, a fault injector) are transports around another one.
pub trait Transport: Send + Sync + 'static {
    /// Opens a new connection. May be called again, with other arguments.
    ///
    /// # Errors
    ///
    /// When the other side cannot be started. Later failures show in the streams and in
    /// [`Control::poll_wait`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves nothing running.
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, Error>>;

    /// Whether the CLI runs on this machine, so that paths of the launch can be checked here. A
    /// session then checks its directory before it starts. Default: no.
    fn runs_here(&self) -> bool {
        false
    }

    /// What folders are called where the CLI runs, if a [launcher](super::Launcher) starts it: its exit
    /// may be that of the launcher then. Default: `None`, the CLI is started by this transport, and
    /// folders have the same names. A wrapper passes it on.
    fn path_map(&self) -> Option<&PathMap> {
        None
    }

    /// The variables of the CLI that this launch would start, as far as they are known here. A
    /// session finds the CLI's configuration folder by them. Default: what the launch says, with the
    /// variables of this program. A wrapper passes it on.
    ///
    /// The result is plain text and contains the key.
    fn environment(&self, launch: &Launch) -> BTreeMap<OsString, OsString> {
        launch.env.resolve(std::env::vars_os(), launch.cwd.as_deref())
    }

    /// A session has this transport now, and reports what is [`unfinished`](Self::unfinished) at its
    /// end. A replay that was moved into a session then does not verify itself when it is dropped.
    /// Default: nothing. A wrapper passes it on.
    fn taken(&self) {}

    /// What should have happened on this transport and did not, asked at the end of the session
    /// that has it. Default: `None`. A wrapper passes it on.
    fn unfinished(&self) -> Option<String> {
        None
    }
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, Error>> {
        (**self).open(launch)
    }

    fn runs_here(&self) -> bool {
        (**self).runs_here()
    }

    fn path_map(&self) -> Option<&PathMap> {
        (**self).path_map()
    }

    fn environment(&self, launch: &Launch) -> BTreeMap<OsString, OsString> {
        (**self).environment(launch)
    }

    fn taken(&self) {
        (**self).taken();
    }

    fn unfinished(&self) -> Option<String> {
        (**self).unfinished()
    }
}

impl<T: Transport + ?Sized> Transport for Box<T> {
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, Error>> {
        (**self).open(launch)
    }

    fn runs_here(&self) -> bool {
        (**self).runs_here()
    }

    fn path_map(&self) -> Option<&PathMap> {
        (**self).path_map()
    }

    fn environment(&self, launch: &Launch) -> BTreeMap<OsString, OsString> {
        (**self).environment(launch)
    }

    fn taken(&self) {
        (**self).taken();
    }

    fn unfinished(&self) -> Option<String> {
        (**self).unfinished()
    }
}

/// The parameters of one launch of the CLI.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Launch {
    /// The arguments, without the program's own name. They are passed unchanged, without a shell.
    pub args: Vec<OsString>,
    /// The child's environment variables, and the API key.
    pub env: Environment,
    /// The working directory; `None` is the host's own.
    pub cwd: Option<PathBuf>,
    /// Whether the process ends with the program that starts it. Only [`Process`](super::Process)
    /// looks at it.
    pub orphan_guard: OrphanGuard,
}

#[cfg(feature = "player")]
impl Launch {
    /// The working directory of the process, as the system spells it; `None` if it is unknown or
    /// not UTF-8.
    pub(crate) fn working_dir(&self) -> Option<String> {
        let cwd = match &self.cwd {
            Some(cwd) => cwd.canonicalize().or_else(|_| std::path::absolute(cwd)),
            None => std::env::current_dir(),
        };
        cwd.ok()?.into_os_string().into_string().ok()
    }

    /// The home folder of the process, if it has one.
    pub(crate) fn home(&self) -> Option<String> {
        let home =
            self.env.resolve(std::env::vars_os(), None).remove(std::ffi::OsStr::new("HOME"))?;
        home.into_string().ok().filter(|home| !home.is_empty())
    }
}

/// Inline JSON among the arguments (MCP servers, settings) is left out, because it may contain
/// tokens.
impl fmt::Debug for Launch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let args: Vec<_> = self.args.iter().map(|arg| elide_json(&arg.to_string_lossy())).collect();
        f.debug_struct("Launch")
            .field("args", &args)
            .field("env", &self.env)
            .field("cwd", &self.cwd)
            .finish()
    }
}

fn elide_json(arg: &str) -> String {
    match arg.split_once('{') {
        Some((before, _)) => format!("{before}{{…}}"),
        None => arg.to_owned(),
    }
}

/// An open connection.
///
/// Dropping `stdin` is the end of input, which asks a CLI to finish; dropping `control` kills it.
pub struct Connection {
    /// The CLI's input. A failed flush means that the CLI does not read any more: a session relies
    /// on that in the handshake, where it writes nothing that would fail.
    pub stdin: BoxedWrite,
    /// The CLI's output: newline-delimited JSON.
    pub stdout: BoxedRead,
    /// The CLI's error messages. Read them, or a CLI that writes many of them blocks.
    pub stderr: BoxedRead,
    /// The handle of the CLI's process.
    pub control: Box<dyn Control>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("pid", &self.control.pid()).finish_non_exhaustive()
    }
}

/// The last turn of a CLI that another program began.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct HeldTurn {
    /// The uuid of its prompt.
    pub uuid: String,
    /// Whether its result was written.
    pub ended: bool,
    /// How many of its first lines are no longer kept.
    pub missing: u64,
}

impl HeldTurn {
    /// A turn whose prompt was just written.
    pub fn new(uuid: impl Into<String>) -> Self {
        Self { uuid: uuid.into(), ended: false, missing: 0 }
    }
}

/// The handle of the other side's process.
///
/// Dropping it while the other side runs ends the other side, without waiting for it.
pub trait Control: Send {
    /// The process id, if there is a process. It becomes invalid once
    /// [`poll_wait`](Self::poll_wait) has returned `Ready`.
    fn pid(&self) -> Option<u32>;

    /// Waits for the end. Fused: after `Ready(Ok(..))` it may be polled again and returns the same.
    ///
    /// The process and its streams may end in either order.
    ///
    /// # Errors
    ///
    /// When the exit status cannot be read, now or later.
    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Exit>>;

    /// Asks the other side to end: SIGTERM to the process group, or its equivalent. Does nothing
    /// after the end.
    fn terminate(&mut self);

    /// The turn with which the CLI was found, if it ran before this connection was opened: see
    /// [`holder`](crate::holder). Its lines are the first of the output. Default: `None`. A wrapper
    /// passes it on.
    fn held_turn(&self) -> Option<HeldTurn> {
        None
    }

    /// Whether the other side had started before this connection was opened: a result before the
    /// first reply is one of its turns, and does not say why it will not start. Default: whether it
    /// has a [`held_turn`](Self::held_turn). A wrapper passes it on.
    fn ran_before(&self) -> bool {
        self.held_turn().is_some()
    }

    /// Whether the end is that of the connection alone, as the host wanted, and the CLI runs on: see
    /// [`holder`](crate::holder). Asked after the end. Default: no. A wrapper passes it on.
    fn has_left(&self) -> bool {
        false
    }

    /// Ends the other side: SIGKILL to the process group and the descendants, or its equivalent.
    /// Does nothing after the end.
    fn kill(&mut self);

    /// What a wrapper changes on this connection, for a recorder around it. Default: nothing.
    fn notes(&self) -> Option<Notes> {
        None
    }
}

impl dyn Control + '_ {
    /// Waits for the end; [`poll_wait`](Control::poll_wait) as a future.
    ///
    /// # Errors
    ///
    /// When the exit status cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Can be dropped and called again; nothing is lost.
    pub async fn wait(&mut self) -> io::Result<Exit> {
        poll_fn(|cx| self.poll_wait(cx)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Secret;

    #[test]
    fn the_transport_is_object_safe_and_shares() {
        fn assert_transport<T: Transport + ?Sized>() {}
        assert_transport::<dyn Transport>();
        assert_transport::<Box<dyn Transport>>();
        assert_transport::<Arc<dyn Transport>>();
    }

    #[test]
    fn a_launch_shows_neither_keys_nor_inline_json() {
        let launch = Launch {
            args: vec!["--model".into(), "opus".into(), r#"--mcp-config={"a":"canary-1"}"#.into()],
            env: Environment::new().set("TOKEN", "canary-2").api_key(Secret::new("canary-3")),
            cwd: None,
            ..Launch::default()
        };
        let shown = format!("{launch:?} {launch:#?}");
        assert!(!shown.contains("canary"), "{shown}");
        assert!(shown.contains("--model") && shown.contains("opus"), "{shown}");
        assert!(shown.contains("--mcp-config={…}") && shown.contains("TOKEN"), "{shown}");
    }
}
