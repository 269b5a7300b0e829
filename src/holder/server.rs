//! The holder: its socket, and the sessions by their key.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::hello::{Ask, HeldSession, Hello, answer, trusts};
use super::lines::{Lines, Read};
use super::task::{self, Attach, Settings};
use crate::common::{lock, os_error};
use crate::transport::{Shutdown, Transport};

/// How long a program may take for its first line.
const FIRST_LINE: Duration = Duration::from_secs(10);

/// Keeps CLIs, and offers them at a socket: see the [module](super).
///
/// ```no_run
/// use claude_wire::holder::Holder;
/// use claude_wire::transport::{CliPath, Process};
///
/// # async fn example() -> std::io::Result<()> {
/// let holder = Holder::bind("/run/app/claude.sock", Process::new(CliPath::Auto))?;
/// holder.run(async { drop(tokio::signal::ctrl_c().await) }).await;
/// # Ok(()) }
/// ```
pub struct Holder {
    listener: UnixListener,
    socket: Socket,
    settings: Settings,
}

/// The file of the socket, which is removed with its holder.
struct Socket {
    path: PathBuf,
    inode: u64,
}

/// The sessions of a holder.
struct Sessions {
    settings: Arc<Settings>,
    known: Mutex<HashMap<String, Known>>,
    tasks: Mutex<JoinSet<()>>,
    stopped: watch::Receiver<bool>,
}

struct Known {
    attaches: mpsc::UnboundedSender<Attach>,
    info: Arc<Mutex<HeldSession>>,
}

impl Holder {
    /// Creates the socket. Its CLIs are started by `transport`. A socket that a holder left behind is
    /// replaced.
    ///
    /// # Errors
    /// If another holder answers at this path ([`io::ErrorKind::AddrInUse`]), the path has a file that
    /// is not a socket ([`io::ErrorKind::AlreadyExists`]), or the socket cannot be created.
    ///
    /// # Panics
    /// Outside of a tokio runtime with I/O.
    pub fn bind(path: impl AsRef<Path>, transport: impl Transport) -> io::Result<Self> {
        let path = std::path::absolute(path)?;
        check_free(&path)?;
        // It gets its name when the mode is set. Before that, `greet` keeps other users out.
        let new = path.with_extension(format!("{}.new", std::process::id()));
        let created = UnixListener::bind(&new).and_then(|listener| {
            std::fs::set_permissions(&new, std::fs::Permissions::from_mode(0o600))?;
            let inode = std::fs::metadata(&new)?.ino();
            std::fs::rename(&new, &path)?;
            Ok((listener, inode))
        });
        let (listener, inode) = created.inspect_err(|_| drop(std::fs::remove_file(&new)))?;
        let settings = Settings {
            transport: Arc::new(transport),
            unclaimed: Duration::from_secs(600),
            buffer: 16 * 1024 * 1024,
            shutdown: Shutdown::default(),
        };
        Ok(Self { listener, socket: Socket { path, inode }, settings })
    }

    /// How long a CLI without an owner is kept (default: 10 minutes).
    #[must_use]
    pub fn unclaimed(mut self, time: Duration) -> Self {
        self.settings.unclaimed = time;
        self
    }

    /// How many bytes of the output of one CLI wait for an owner, how many of its last turn are kept
    /// for the next one, and how many of the owner wait for a CLI that does not read (default: 16
    /// MiB; at least one line).
    #[must_use]
    pub fn buffer(mut self, bytes: usize) -> Self {
        self.settings.buffer = bytes.max(1);
        self
    }

    /// The grace periods of a CLI that is ended.
    #[must_use]
    pub fn shutdown(mut self, shutdown: Shutdown) -> Self {
        self.settings.shutdown = shutdown;
        self
    }

    /// Runs until `until` is ready. Then all CLIs are ended, and the socket is removed.
    ///
    /// # Cancel safety
    /// If the future is dropped, the socket is removed at once, and the CLIs are ended in the
    /// background.
    pub async fn run(self, until: impl Future<Output = ()>) {
        let Self { listener, socket, settings } = self;
        let (stop, stopped) = watch::channel(false);
        let sessions = Arc::new(Sessions {
            settings: Arc::new(settings),
            known: Mutex::default(),
            tasks: Mutex::default(),
            stopped,
        });
        let mut greetings = JoinSet::new();
        let mut until = std::pin::pin!(until);
        loop {
            tokio::select! {
                () = &mut until => break,
                Some(_) = greetings.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => drop(greetings.spawn(greet(sessions.clone(), stream))),
                    Err(error) => {
                        tracing::warn!(
                            error = %os_error(&error),
                            "a connection to the holder failed"
                        );
                        // Such as too many open files: others may close theirs.
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                },
            }
        }
        drop(socket);
        greetings.shutdown().await;
        let _ = stop.send(true);
        let mut tasks = std::mem::take(&mut *lock(&sessions.tasks));
        while tasks.join_next().await.is_some() {}
    }
}

/// Fails if there is anything at this path that is not a socket which a holder left behind.
fn check_free(path: &Path) -> io::Result<()> {
    let at = path.display();
    let Err(error) = std::os::unix::net::UnixStream::connect(path) else {
        let text = format!("another holder answers at {at}");
        return Err(io::Error::new(io::ErrorKind::AddrInUse, text));
    };
    match std::fs::metadata(path) {
        Ok(file) if !file.file_type().is_socket() => {
            let text = format!("{at} is not a socket; remove it or choose another path");
            Err(io::Error::new(io::ErrorKind::AlreadyExists, text))
        }
        // Such as the socket of another user.
        Ok(_) if error.kind() != io::ErrorKind::ConnectionRefused => Err(error),
        _ => Ok(()),
    }
}

/// Reads the first line of a connection, and does what it asks for.
async fn greet(sessions: Arc<Sessions>, stream: UnixStream) {
    let Ok(peer) = stream.peer_cred() else { return };
    if !trusts(rustix::process::geteuid().as_raw(), peer.uid()) {
        tracing::warn!(uid = peer.uid(), "a connection of another user was closed");
        return;
    }
    let (reader, mut writer) = stream.into_split();
    let mut reader = Lines::of_socket(reader);
    let first = timeout(FIRST_LINE, reader.next()).await;
    let Ok(Some(Read::Line(line))) = first else { return };
    match serde_json::from_slice(&line) {
        Ok(Ask::List) => {
            let known = sessions.list();
            answer(&mut writer, &Hello::Held { sessions: known }).await;
        }
        Ok(Ask::Open(open)) => {
            let pid = peer.pid().and_then(|pid| pid.try_into().ok());
            sessions.attach(Attach { open, pid, reader, writer });
        }
        Err(error) => {
            let error = format!("not a request to a holder: {error}");
            answer(&mut writer, &Hello::Failed { error }).await;
        }
    }
}

impl Sessions {
    fn list(&self) -> Vec<HeldSession> {
        let mut all: Vec<_> =
            lock(&self.known).values().map(|known| lock(&known.info).clone()).collect();
        all.sort_by(|one, other| one.key.cmp(&other.key));
        all
    }

    /// Passes a program on to the task of its key, which is started if there is none.
    fn attach(self: &Arc<Self>, attach: Attach) {
        let key = attach.open.key.clone();
        let mut known = lock(&self.known);
        let attach = match known.get(&key) {
            Some(task) => match task.attaches.send(attach) {
                Ok(()) => return,
                Err(mpsc::error::SendError(attach)) => attach,
            },
            None => attach,
        };
        let info = HeldSession { key: key.clone(), pid: None, owner: None, turn: None };
        let info = Arc::new(Mutex::new(info));
        let (attaches, waiting) = mpsc::unbounded_channel();
        known.insert(key.clone(), Known { attaches, info: info.clone() });
        let task = task::run(self.settings.clone(), self.stopped.clone(), info, attach, waiting);
        let sessions = self.clone();
        let mut tasks = lock(&self.tasks);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            let waiting = task.await;
            sessions.ended(&key, waiting);
        });
    }

    /// The task of a key has ended: those that still came for it begin again.
    fn ended(self: &Arc<Self>, key: &str, mut waiting: mpsc::UnboundedReceiver<Attach>) {
        let mut left = Vec::new();
        {
            let mut known = lock(&self.known);
            waiting.close();
            known.remove(key);
            while let Ok(attach) = waiting.try_recv() {
                left.push(attach);
            }
        }
        if !*self.stopped.borrow() {
            left.into_iter().for_each(|attach| self.attach(attach));
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Another holder may have replaced it.
        if std::fs::metadata(&self.path).is_ok_and(|file| file.ino() == self.inode) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl fmt::Debug for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Holder")
            .field("socket", &self.socket.path)
            .field("unclaimed", &self.settings.unclaimed)
            .field("buffer", &self.settings.buffer)
            .finish_non_exhaustive()
    }
}
