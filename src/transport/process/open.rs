//! Starts the child for a launch.

use std::env;
use std::path::{self, Path};
use std::process::{Command, Stdio};

use tokio::runtime::Handle;

use super::connect;
use super::guard::{OrphanGuard, guarded, in_its_thread};
use crate::transport::locate::Context;
use crate::transport::{BoxFuture, CliPath, Connection, Error, Launch, Shutdown, Transport};

/// Runs the CLI as a child process.
///
/// The child is started by its absolute path with a list of arguments (without a shell), three
/// pipes, its own [`Environment`](crate::transport::Environment), and, on Unix, as the leader of a
/// new process group.
///
/// **Its end.** When the child has ended, what is left of its group is killed before the child is
/// reaped, so that the group id cannot belong to another process. Dropping the
/// [`Control`](crate::transport::Control) of a running child sends SIGTERM to the group at once and
/// leaves the rest to a thread, which waits for [`Shutdown::grace_after_sigterm`], kills and reaps;
/// it needs no runtime. If your program exits first, that thread ends with it: wait for the child
/// to be sure. If your program ignores SIGCHLD, or reaps all children itself, the exit status is
/// lost: the wait then fails, and what is left of the group keeps running.
///
/// **Descendants.** The CLI runs its tools in separate process groups and ends them when it gets
/// SIGTERM, so a kill should follow a terminate. On Linux a kill also finds the child's descendants
/// in `/proc` and kills them, best effort: those whose parent has already exited are not found.
/// This blocks while it reads one file for each process of the machine, a few times, and while the
/// stopped processes come to a stop: a tenth of a second at most.
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

    /// Whether `./node_modules/.bin/claude` of the launch's working directory may be run (default:
    /// yes).
    ///
    /// Turn it off for working directories that you do not trust: such a file would run with your
    /// key. It does not apply to an explicit path.
    #[must_use]
    pub fn trust_cwd_binaries(mut self, trust: bool) -> Self {
        self.trust_cwd_binaries = trust;
        self
    }

    /// How long a child may take to end after its handle was dropped.
    #[must_use]
    pub fn shutdown(mut self, shutdown: Shutdown) -> Self {
        self.shutdown = shutdown;
        self
    }

    /// Starts the child in the thread where a guard needs it.
    fn start_in_thread(self, launch: Launch) -> Result<Connection, Error> {
        if launch.orphan_guard == OrphanGuard::Off {
            return self.start(&launch);
        }
        let runtime = Handle::current();
        let started = in_its_thread(move || {
            let _entered = runtime.enter();
            self.start(&launch)
        });
        started.unwrap_or_else(|error| Err(Error::other(error)))
    }

    fn start(&self, launch: &Launch) -> Result<Connection, Error> {
        let cwd = launch.cwd.as_deref();
        // First, because to the system call a missing directory looks like a missing program.
        cwd.map_or(Ok(()), check_cwd)?;
        let program = self.cli.locate(&Context::current(cwd, self.trust_cwd_binaries))?;

        let mut command = match launch.orphan_guard {
            OrphanGuard::Required => guarded(&program)?,
            OrphanGuard::IfPossible => guarded(&program).unwrap_or_else(|_| Command::new(&program)),
            OrphanGuard::Off => Command::new(&program),
        };
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
            // The search and the spawn block, for long on a slow disk.
            let started = runtime.spawn_blocking(move || process.start_in_thread(launch)).await;
            started.unwrap_or_else(|error| Err(Error::other(error)))
        })
    }

    fn runs_here(&self) -> bool {
        true
    }
}

/// Whether the runtime has I/O. Tokio reports that only by a panic, which prints to standard error
/// and would come after the child was started.
#[cfg(unix)]
fn has_io() -> bool {
    std::panic::catch_unwind(|| drop(tokio::net::unix::pipe::pipe())).is_ok()
}

#[cfg(not(unix))]
fn has_io() -> bool {
    true
}

/// Whether the directory exists and may be entered.
fn check_cwd(cwd: &Path) -> Result<(), Error> {
    // With the dot a file is an error, and the permission to enter is checked.
    cwd.join(".").metadata().map(drop).map_err(|error| Error::cwd(cwd, error))
}
