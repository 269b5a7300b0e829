//! From a launch to a running child.

use std::env;
use std::path::{self, Path};
use std::process::{Command, Stdio};

use tokio::runtime::Handle;

use super::connect;
use crate::transport::locate::World;
use crate::transport::{BoxFuture, CliPath, Connection, Error, Launch, Shutdown, Transport};

/// Runs the CLI as a child process.
///
/// The child is started from its absolute path with a list of arguments (there is no shell), three pipes, an
/// [`Environment`](crate::transport::Environment) of its own, and, on Unix, as the leader of a new process group.
///
/// **Its end.** When the child has ended, whatever is left of its group is killed before the child is reaped, so
/// that the number of the group cannot mean somebody else. Dropping the [`Control`](crate::transport::Control)
/// of a living child sends SIGTERM to the group at once and leaves the rest to a thread, which waits for
/// [`Shutdown::grace_after_sigterm`], kills and reaps; it needs no runtime. Where the whole program ends first, that
/// thread ends with it: wait for the child to be sure. A host that ignores SIGCHLD, or reaps all children itself, takes the exit status
/// away: the end is then an error of the wait, and what is left of the group lives on.
///
/// **Descendants.** The CLI runs its tools in process groups of their own and ends them when it gets SIGTERM; a
/// kill therefore should follow a terminate. On Linux a kill also looks up the child's descendants in `/proc` and
/// kills them, best effort: those whose parent has already gone are not found. The look-up blocks for the time that
/// it takes to read one file for each process of the machine, a few times, and until what it stops has stopped: a tenth of a second at most.
///
/// ```no_run
/// use claude_wire::transport::{CliPath, Launch, Process, Transport};
///
/// # async fn example() -> Result<(), claude_wire::transport::Error> {
/// let transport = Process::new(CliPath::Auto);
/// let launch = Launch { args: vec!["--version".into()], ..Launch::default() };
/// let cli = transport.open(launch).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Process {
    cli: CliPath,
    trust_cwd_binaries: bool,
    shutdown: Shutdown,
}

impl Process {
    /// A transport that runs this CLI.
    pub fn new(cli: CliPath) -> Self {
        Self { cli, trust_cwd_binaries: true, shutdown: Shutdown::default() }
    }

    /// Whether `./node_modules/.bin/claude` of the launch's working directory may be run; on unless told.
    ///
    /// Turn it off for working directories that you do not trust: such a file would run with your key. An
    /// explicit path is not subject to this.
    #[must_use]
    pub fn trust_cwd_binaries(mut self, trust: bool) -> Self {
        self.trust_cwd_binaries = trust;
        self
    }

    /// How long a child that was let go may take to end.
    #[must_use]
    pub fn shutdown(mut self, shutdown: Shutdown) -> Self {
        self.shutdown = shutdown;
        self
    }

    fn start(&self, launch: &Launch) -> Result<Connection, Error> {
        let cwd = launch.cwd.as_deref();
        // First, because a missing directory reads like a missing program to the system call.
        cwd.map_or(Ok(()), check_cwd)?;
        let program = self.cli.locate(&World::current(cwd, self.trust_cwd_binaries))?;

        let mut command = Command::new(&program);
        command
            .args(&launch.args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let absolute = cwd.and_then(|cwd| path::absolute(cwd).ok());
        command.env_clear().envs(launch.env.resolve(env::vars_os(), absolute.as_deref()));
        if let Some(cwd) = cwd {
            command.current_dir(cwd);
        }
        connect(command, self.shutdown).map_err(|error| match cwd.map_or(Ok(()), check_cwd) {
            Ok(()) => Error::spawn(&program, error),
            Err(gone_meanwhile) => gone_meanwhile,
        })
    }
}

impl Transport for Process {
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, Error>> {
        Box::pin(async move {
            let runtime = Handle::try_current().map_err(|_| Error::no_runtime())?;
            if !has_io() {
                return Err(Error::no_io());
            }
            let process = self.clone();
            // The look-up and the spawn block, on a slow disk for long.
            let started = runtime.spawn_blocking(move || process.start(&launch)).await;
            started.unwrap_or_else(|error| Err(Error::other(error)))
        })
    }

    fn runs_here(&self) -> bool {
        true
    }
}

/// Has the runtime I/O? Tokio answers that with a panic only, which says so on standard error; and it
/// would come when the child runs already.
#[cfg(unix)]
fn has_io() -> bool {
    std::panic::catch_unwind(|| drop(tokio::net::unix::pipe::pipe())).is_ok()
}

#[cfg(not(unix))]
fn has_io() -> bool {
    true
}

/// The directory exists and may be entered.
fn check_cwd(cwd: &Path) -> Result<(), Error> {
    // The dot makes a file an error, and needs the permission to enter.
    cwd.join(".").metadata().map(drop).map_err(|error| Error::cwd(cwd, error))
}
