//! The trait, and what opening it takes and gives.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite};

use super::{Environment, Error, Exit};

/// A boxed future that can move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A stream of bytes to read from.
pub type BoxedRead = Box<dyn AsyncRead + Send + Unpin>;

/// A stream of bytes to write to.
pub type BoxedWrite = Box<dyn AsyncWrite + Send + Unpin>;

/// A way to reach a CLI.
///
/// Wrappers (a recorder, a fault injector) are transports that hold another one.
pub trait Transport: Send + Sync + 'static {
    /// Opens a new connection; may be called again, with other arguments.
    ///
    /// # Errors
    ///
    /// When the other side cannot be started. What goes wrong later shows in the streams and in
    /// [`Control::poll_wait`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves nothing running.
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, Error>>;

    /// Does the CLI run on this machine, so that a path of the launch can be looked at here? A session
    /// then checks its directory before it starts. Default: no.
    fn runs_here(&self) -> bool {
        false
    }
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, Error>> {
        (**self).open(launch)
    }

    fn runs_here(&self) -> bool {
        (**self).runs_here()
    }
}

impl<T: Transport + ?Sized> Transport for Box<T> {
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, Error>> {
        (**self).open(launch)
    }

    fn runs_here(&self) -> bool {
        (**self).runs_here()
    }
}

/// What one launch of the CLI is given.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Launch {
    /// The arguments, without the program's own name. They are passed as they are: there is no shell.
    pub args: Vec<OsString>,
    /// What the child sees of the environment, and the API key.
    pub env: Environment,
    /// The directory to run in; `None` is the host's own.
    pub cwd: Option<PathBuf>,
}

impl Launch {
    /// The working directory of the process, as the system names it; `None` where it is not known, or not UTF-8.
    pub(crate) fn working_dir(&self) -> Option<String> {
        let cwd = match &self.cwd {
            Some(cwd) => cwd.canonicalize().or_else(|_| std::path::absolute(cwd)),
            None => std::env::current_dir(),
        };
        cwd.ok()?.into_os_string().into_string().ok()
    }

    /// The home folder of the process, where it has one.
    pub(crate) fn home(&self) -> Option<String> {
        let home = self.env.resolve(std::env::vars_os(), None).remove(OsStr::new("HOME"))?;
        home.into_string().ok().filter(|home| !home.is_empty())
    }
}

/// Inline JSON among the arguments (MCP servers, settings) is elided, because it may carry tokens.
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
/// Dropping `stdin` is the end of input that asks a CLI to finish; dropping `control` ends it by force.
pub struct Connection {
    /// What the CLI reads. A flush that fails says that the CLI reads no more: a session asks so in
    /// the handshake, where it writes nothing that would fail.
    pub stdin: BoxedWrite,
    /// What the CLI writes: newline-delimited JSON.
    pub stdout: BoxedRead,
    /// What the CLI complains about. It must be read, or a chatty CLI blocks.
    pub stderr: BoxedRead,
    /// The CLI's life.
    pub control: Box<dyn Control>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("pid", &self.control.pid()).finish_non_exhaustive()
    }
}

/// The life of the other side.
///
/// Dropping it while the other side lives ends the other side, without waiting for that.
pub trait Control: Send {
    /// The process id, where there is a process. It names nobody any more once [`poll_wait`](Self::poll_wait)
    /// was ready.
    fn pid(&self) -> Option<u32>;

    /// Waits for the end. Fused: after `Ready(Ok(..))` it may be polled again and gives the same.
    ///
    /// The end of the process and the end of its streams are two things, in either order.
    ///
    /// # Errors
    ///
    /// When the exit status cannot be learned, and never will be.
    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Exit>>;

    /// Asks the other side to end: SIGTERM to the process group, or its likeness. Nothing happens after the end.
    fn terminate(&mut self);

    /// Ends the other side: SIGKILL to the process group and the descendants, or its likeness. Nothing happens
    /// after the end.
    fn kill(&mut self);
}

impl dyn Control + '_ {
    /// Waits for the end; [`poll_wait`](Control::poll_wait) as a future.
    ///
    /// # Errors
    ///
    /// When the exit status cannot be learned.
    ///
    /// # Cancel safety
    ///
    /// May be dropped and called again; nothing is lost.
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
        };
        let shown = format!("{launch:?} {launch:#?}");
        assert!(!shown.contains("canary"), "{shown}");
        assert!(shown.contains("--model") && shown.contains("opus"), "{shown}");
        assert!(shown.contains("--mcp-config={…}") && shown.contains("TOKEN"), "{shown}");
    }
}
