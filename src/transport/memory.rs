//! The in-memory transport: the other side is a task, or a test.

use std::fmt;
use std::future::{Future, pending};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::{
    BoxFuture, BoxedRead, BoxedWrite, Connection, Control, Error, Exit, Launch, Shutdown, Transport,
};

/// The capacity of a Linux pipe.
const CAPACITY: usize = 64 * 1024;

/// Runs the "CLI" as a task of your program, one for each connection.
///
/// The given function is the CLI's `main`: it gets what a process gets (arguments, environment,
/// working directory, three streams) and returns its exit status. [`Control::kill`] drops its
/// future. After the [`Control`] is dropped, it has [`Shutdown::grace_after_sigterm`] to end by
/// itself.
///
/// ```
/// use claude_wire::transport::{Exit, Launch, Memory, Transport};
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let echo = Memory::new(|_launch, mut peer| async move {
///     let _ = tokio::io::copy(&mut peer.stdin, &mut peer.stdout).await;
///     Exit::from_code(0)
/// });
/// let mut cli = echo.open(Launch::default()).await?;
/// cli.stdin.write_all(b"hello\n").await?;
/// drop(cli.stdin);
/// let mut said = String::new();
/// cli.stdout.read_to_string(&mut said).await?;
/// assert_eq!(said, "hello\n");
/// assert!(cli.control.wait().await?.success());
/// # Ok(()) }
/// ```
pub struct Memory {
    main: Box<dyn Fn(Launch, Peer) -> BoxFuture<'static, Exit> + Send + Sync>,
    capacity: usize,
}

impl Memory {
    /// A transport whose CLI is `main`.
    pub fn new<F, Fut>(main: F) -> Self
    where
        F: Fn(Launch, Peer) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Exit> + Send + 'static,
    {
        Self {
            main: Box::new(move |launch, peer| Box::pin(main(launch, peer))),
            capacity: CAPACITY,
        }
    }

    /// How many bytes each of the three streams buffers before a writer must wait (default: 64 KiB;
    /// at least 1).
    #[must_use]
    pub fn capacity(mut self, bytes: usize) -> Self {
        self.capacity = bytes;
        self
    }
}

impl Transport for Memory {
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, Error>> {
        Box::pin(async move {
            let runtime = Handle::try_current().map_err(|_| Error::no_runtime())?;
            let (connection, peer) = pipe(self.capacity);
            let control = peer.control.clone();
            let main = (self.main)(launch, peer);
            runtime.spawn(async move {
                let signals = control.signals.clone();
                let exit = tokio::select! {
                    biased;
                    () = killed_or_abandoned(signals) => Exit::from_signal(SIGKILL),
                    exit = main => exit,
                };
                control.exit(exit);
            });
            Ok(connection)
        })
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}

/// A connection and its other end, without a task between them: the layer below [`Memory`].
///
/// Each stream buffers `capacity` bytes (at least 1) before its writer must wait. Needs no runtime.
pub fn pipe(capacity: usize) -> (Connection, Peer) {
    let capacity = capacity.max(1);
    let (stdin, peer_stdin) = duplex(capacity);
    let stdin_closed = Arc::<AtomicBool>::default();
    let stdin = Stdin { inner: stdin, closed: stdin_closed.clone() };
    let peer_stdin = PeerStdin { inner: peer_stdin, closed: stdin_closed };
    let (stdout, peer_stdout) = duplex(capacity);
    let (stderr, peer_stderr) = duplex(capacity);
    let (signal, signals) = watch::channel(None);
    let (exit, exited) = watch::channel(None);
    let control =
        MemoryControl { signal, end: End::Awaited(Box::pin(end(exited, signals.clone()))) };
    let connection = Connection {
        stdin: Box::new(stdin),
        stdout: Box::new(stdout),
        stderr: Box::new(stderr),
        control: Box::new(control),
    };
    let peer = Peer {
        stdin: Box::new(peer_stdin),
        stdout: Box::new(peer_stdout),
        stderr: Box::new(peer_stderr),
        control: PeerControl { signals, exit: Arc::new(exit) },
    };
    (connection, peer)
}

/// The host's end of the input. A flush fails if the CLI does not read any more.
struct Stdin {
    inner: DuplexStream,
    closed: Arc<AtomicBool>,
}

impl AsyncWrite for Stdin {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.closed.load(Ordering::Acquire) {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// The CLI's end of the input.
struct PeerStdin {
    inner: DuplexStream,
    closed: Arc<AtomicBool>,
}

impl AsyncRead for PeerStdin {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

impl Drop for PeerStdin {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Release);
    }
}

/// The CLI's end of a connection in memory.
///
/// Dropping `stdout` is the end of output; dropping `stdin` makes the host's writes and flushes
/// fail with [`io::ErrorKind::BrokenPipe`].
pub struct Peer {
    /// What the host wrote.
    pub stdin: BoxedRead,
    /// What the host reads as the CLI's output.
    pub stdout: BoxedWrite,
    /// The CLI's error messages, for the host to read.
    pub stderr: BoxedWrite,
    /// The host's signals, and the exit.
    pub control: PeerControl,
}

impl Peer {
    /// Closes the streams, then exits.
    pub fn exit(self, exit: Exit) {
        let control = self.control.clone();
        drop(self);
        control.exit(exit);
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer").field("control", &self.control).finish_non_exhaustive()
    }
}

/// The host's signals to the CLI, and the CLI's exit.
#[derive(Clone, Debug)]
pub struct PeerControl {
    signals: watch::Receiver<Option<PeerSignal>>,
    exit: Arc<watch::Sender<Option<Exit>>>,
}

impl PeerControl {
    /// Waits for the next signal. Each clone sees every signal. A second signal replaces a first
    /// one that was not seen yet. Dropping the host's [`Control`] counts as
    /// [`PeerSignal::Terminate`].
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if the future is dropped.
    pub async fn signal(&mut self) -> PeerSignal {
        while self.signals.changed().await.is_ok() {
            if let Some(signal) = *self.signals.borrow_and_update() {
                return signal;
            }
        }
        pending().await
    }

    /// Reports the exit to the host. The first one counts, but a kill before it takes precedence.
    ///
    /// If every clone is dropped without an exit, the host's wait ends with an error.
    pub fn exit(&self, exit: Exit) {
        self.exit.send_if_modified(|slot| {
            let first = slot.is_none();
            slot.get_or_insert(exit);
            first
        });
    }
}

/// What a host does to a CLI in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PeerSignal {
    /// [`Control::terminate`]: the equivalent of SIGTERM.
    Terminate,
    /// [`Control::kill`]: the equivalent of SIGKILL. Only visible with [`pipe`], where the other
    /// side is the test itself.
    Kill,
}

const SIGKILL: i32 = 9;

struct MemoryControl {
    signal: watch::Sender<Option<PeerSignal>>,
    end: End,
}

enum End {
    Awaited(BoxFuture<'static, Option<Exit>>),
    Known(Option<Exit>),
}

impl Control for MemoryControl {
    fn pid(&self) -> Option<u32> {
        None
    }

    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Exit>> {
        if let End::Awaited(end) = &mut self.end {
            let Poll::Ready(exit) = end.as_mut().poll(cx) else { return Poll::Pending };
            self.end = End::Known(exit);
        }
        let End::Known(exit) = self.end else { return Poll::Pending };
        Poll::Ready(
            exit.ok_or_else(|| io::Error::other("the in-memory CLI ended without an exit status")),
        )
    }

    fn terminate(&mut self) {
        // Not after a kill, which is final.
        self.signal.send_if_modified(|signal| {
            let news = *signal != Some(PeerSignal::Kill);
            if news {
                *signal = Some(PeerSignal::Terminate);
            }
            news
        });
    }

    fn kill(&mut self) {
        self.signal.send_replace(Some(PeerSignal::Kill));
    }
}

impl Drop for MemoryControl {
    fn drop(&mut self) {
        self.terminate();
    }
}

/// The exit as the host sees it: what the peer reported, or a kill before it.
async fn end(
    mut exited: watch::Receiver<Option<Exit>>,
    mut signals: watch::Receiver<Option<PeerSignal>>,
) -> Option<Exit> {
    tokio::select! {
        biased;
        exit = exited.wait_for(Option::is_some) => exit.ok().and_then(|exit| *exit),
        Ok(_) = signals.wait_for(|signal| *signal == Some(PeerSignal::Kill)) => Some(Exit::from_signal(SIGKILL)),
    }
}

/// Ready immediately after a kill, and after the grace period once the host has dropped its handle.
async fn killed_or_abandoned(mut signals: watch::Receiver<Option<PeerSignal>>) {
    if signals.wait_for(|signal| *signal == Some(PeerSignal::Kill)).await.is_err() {
        // The same grace period as for a real process, on tokio's clock.
        tokio::time::sleep(Shutdown::default().grace_after_sigterm).await;
    }
}
