//! The transport to a holder.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::BytesMut;
use serde::Deserialize;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

use super::hello::{Ask, HeldSession, Hello, Open, trusts};
use super::lines::{Lines, Read, put};
use crate::transport::{
    BoxFuture, BoxedRead, BoxedWrite, Connection, Control, Error, Exit, HeldTurn, Launch, Peer,
    PeerControl, PeerSignal, Transport, pipe,
};
use crate::wire::DEFAULT_MAX_LINE;

/// The capacity of a pipe between a session and the connection.
const CAPACITY: usize = 64 * 1024;
/// How long a list may take.
const LIST: Duration = Duration::from_secs(10);

/// Reaches the CLI that a [holder](super) has for a key.
///
/// If there is none, the holder starts one, with the arguments, the environment (but for what is not
/// UTF-8) and the directory of the session; a CLI that runs keeps its own. A session that is
/// stopped, or whose last handle is dropped, ends the CLI as usual. To exit and leave the CLI
/// running, call [`leave`](Self::leave) first; a program that is killed leaves it, too.
///
/// ```no_run
/// use claude_wire::Session;
/// use claude_wire::holder::HeldTransport;
///
/// # async fn example() -> claude_wire::Result<()> {
/// let transport = HeldTransport::new("/run/app/claude.sock", "chat-42");
/// let session = Session::builder().transport(transport.clone()).start()?;
/// // What the program that was replaced had begun.
/// if let Some(turn) = session.held_turn().await? {
///     println!("{}", turn.text().await?);
/// }
/// println!("{}", session.query("And now?").text().await?);
/// // On SIGTERM: the next program finds it.
/// transport.leave();
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct HeldTransport {
    socket: PathBuf,
    key: String,
    leaving: Arc<watch::Sender<bool>>,
}

impl HeldTransport {
    /// A transport to the CLI with this key, at the holder with this socket.
    pub fn new(socket: impl Into<PathBuf>, key: impl Into<String>) -> Self {
        Self { socket: socket.into(), key: key.into(), leaving: Arc::default() }
    }

    /// Disconnects for good, and leaves the CLI running: its turn goes on, and its lines wait for the
    /// next program. The session sees the end of the output and an exit with neither a code nor a
    /// signal ([`EndCause::Left`](crate::session::EndCause::Left)); a supervisor does not start it
    /// again. Later connections of this transport and its clones are refused
    /// ([`Error::is_left`]).
    pub fn leave(&self) {
        self.leaving.send_replace(true);
    }

    /// Lists the sessions of a holder, sorted by key.
    ///
    /// # Errors
    /// If no holder answers within 10 seconds ([`Error::is_no_holder`]).
    pub async fn list(socket: impl AsRef<Path>) -> Result<Vec<HeldSession>, Error> {
        let socket = socket.as_ref();
        let greeted = tokio::time::timeout(LIST, greet(socket, &Ask::List)).await;
        let too_late = |_| Err(Error::no_holder(socket, io::ErrorKind::TimedOut.into()));
        let (hello, ..) = greeted.unwrap_or_else(too_late)?;
        match hello {
            Hello::Held { sessions } => Ok(sessions),
            _ => Err(Error::other("the holder's answer is not a list")),
        }
    }

    async fn connect(&self, launch: Launch) -> Result<Connection, Error> {
        let runtime = Handle::try_current().map_err(Error::other)?;
        if *self.leaving.borrow() {
            return Err(Error::left());
        }
        let open = Ask::Open(Open::new(&self.key, &launch)?);
        let (hello, reader, writer) = greet(&self.socket, &open).await?;
        let (pid, turn, ran) = match hello {
            Hello::Opened { pid, turn, ran } => (pid, turn, ran),
            Hello::Owned { pid } => return Err(Error::owned(&self.key, pid)),
            Hello::Failed { error } => return Err(Error::other(error)),
            Hello::Held { .. } => return Err(Error::other("the holder's answer is not for a CLI")),
        };
        let (Connection { stdin, stdout, stderr, control }, peer) = pipe(CAPACITY);
        let Peer { stdin: asked, stdout: output, stderr: errors, control: exits } = peer;
        let leaving = self.leaving.subscribe();
        let (broken, is_broken) = watch::channel(false);
        let asked = Lines::new(asked);
        let (say, notes) = mpsc::channel(1);
        let sending = send(asked, writer, exits.clone(), leaving.clone(), is_broken, say);
        let sending = runtime.spawn(sending);
        let receiving = receive(reader, output, errors, exits, leaving, broken, notes);
        runtime.spawn(async move {
            receiving.await;
            // The CLI has ended for the session: so its half of the socket closes, too.
            sending.abort();
        });
        let left = self.leaving.subscribe();
        let control = Box::new(HeldControl { inner: control, pid, turn, ran, left });
        Ok(Connection { stdin, stdout, stderr, control })
    }
}

/// Sends the first line, and reads the answer.
async fn greet(
    socket: &Path,
    ask: &Ask,
) -> Result<(Hello, Lines<OwnedReadHalf>, OwnedWriteHalf), Error> {
    let failed = |error| Error::no_holder(socket, error);
    let stream = UnixStream::connect(socket).await.map_err(failed)?;
    // Anyone may have bound a name in a folder that others can write, and the line has a key in it.
    let peer = stream.peer_cred().map_err(failed)?.uid();
    if !trusts(rustix::process::geteuid().as_raw(), peer) {
        let text = format!("what answers there is of user {peer}");
        return Err(failed(io::Error::new(io::ErrorKind::PermissionDenied, text)));
    }
    let (reader, mut writer) = stream.into_split();
    let mut line = serde_json::to_vec(ask).map_err(Error::other)?;
    line.push(b'\n');
    writer.write_all(&line).await.map_err(failed)?;
    let mut reader = Lines::of_socket(reader);
    let Some(Read::Line(line)) = reader.next().await else {
        return Err(failed(io::ErrorKind::UnexpectedEof.into()));
    };
    let hello = serde_json::from_slice(&line);
    let hello =
        hello.map_err(|error| Error::other(format!("not the answer of a holder: {error}")))?;
    Ok((hello, reader, writer))
}

impl Transport for HeldTransport {
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, Error>> {
        Box::pin(self.connect(launch))
    }
}

/// Passes on what the session writes and does, until either side has gone.
async fn send(
    mut asked: Lines<BoxedRead>,
    mut holder: OwnedWriteHalf,
    mut signals: PeerControl,
    mut leaving: watch::Receiver<bool>,
    mut is_broken: watch::Receiver<bool>,
    say: mpsc::Sender<String>,
) {
    let mut out = BytesMut::new();
    loop {
        tokio::select! {
            biased;
            _ = leaving.wait_for(|leaving| *leaving) => return,
            // The session sees it at its next write.
            Ok(_) = is_broken.wait_for(|broken| *broken), if asked.is_open() => {
                asked = Lines::closed();
            }
            signal = signals.signal() => match signal {
                PeerSignal::Terminate => put(&mut out, b't', b""),
                PeerSignal::Kill => put(&mut out, b'k', b""),
            },
            line = asked.next() => match line {
                Some(Read::Line(line)) => put(&mut out, b'i', &line),
                Some(Read::TooLong(len)) => {
                    // Its turn would wait for ever: the session sees a closed input.
                    let _ = say.try_send(format!(
                        "claude-wire: a line of {len} bytes was not sent to the holder, which \
                         takes at most {DEFAULT_MAX_LINE}"
                    ));
                    asked = Lines::closed();
                    put(&mut out, b'e', b"");
                }
                // A session writes whole lines.
                Some(Read::Tail(_)) => {}
                None => put(&mut out, b'e', b""),
            },
        }
        // The holder may not read, while the CLI does not.
        tokio::select! {
            biased;
            _ = leaving.wait_for(|leaving| *leaving) => return,
            written = holder.write_all_buf(&mut out) => if written.is_err() {
                return;
            },
        }
    }
}

/// Passes on what the CLI writes, and its exit.
async fn receive(
    mut holder: Lines<OwnedReadHalf>,
    output: BoxedWrite,
    errors: BoxedWrite,
    exits: PeerControl,
    mut leaving: watch::Receiver<bool>,
    broken: watch::Sender<bool>,
    mut notes: mpsc::Receiver<String>,
) {
    let (mut output, mut errors) = (Some(output), Some(errors));
    let mut exit = Exit { code: None, signal: None };
    let left = leaving.wait_for(|leaving| *leaving);
    let mut left = std::pin::pin!(left);
    loop {
        let read = tokio::select! {
            biased;
            _ = &mut left => None,
            Some(note) = notes.recv() => {
                let line = [b"r", note.as_bytes()].concat();
                Some(Read::Line(line.into()))
            }
            read = holder.next() => read,
        };
        let Some(Read::Line(line)) = read else { break };
        let Some((tag, content)) = line.split_first() else { continue };
        let (to, end) = match tag {
            b'o' => (&mut output, &b"\n"[..]),
            b'O' => (&mut output, &b""[..]),
            b'r' => (&mut errors, &b"\n"[..]),
            b'b' => {
                broken.send_replace(true);
                continue;
            }
            b'c' => {
                output = None;
                continue;
            }
            b'x' => {
                exit = serde_json::from_slice(content)
                    .map_or(exit, |Ended { code, signal }| Exit { code, signal });
                break;
            }
            _ => continue,
        };
        tokio::select! {
            biased;
            // A session that does not read any more has its own end.
            () = write(to, content, end) => {}
            _ = &mut left => break,
        }
    }
    drop((output, errors));
    exits.exit(exit);
}

#[derive(Deserialize)]
struct Ended {
    code: Option<i32>,
    signal: Option<i32>,
}

/// Writes a line and its end, unless the stream is closed.
async fn write(to: &mut Option<BoxedWrite>, line: &[u8], end: &[u8]) {
    if let Some(stream) = to
        && (stream.write_all(line).await.is_err() || stream.write_all(end).await.is_err())
    {
        *to = None;
    }
}

struct HeldControl {
    inner: Box<dyn Control>,
    pid: Option<u32>,
    turn: Option<HeldTurn>,
    ran: bool,
    left: watch::Receiver<bool>,
}

impl Control for HeldControl {
    fn pid(&self) -> Option<u32> {
        self.pid
    }

    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Exit>> {
        self.inner.poll_wait(cx)
    }

    fn terminate(&mut self) {
        self.inner.terminate();
    }

    fn kill(&mut self) {
        self.inner.kill();
    }

    fn held_turn(&self) -> Option<HeldTurn> {
        self.turn.clone()
    }

    fn ran_before(&self) -> bool {
        self.ran
    }

    fn has_left(&self) -> bool {
        *self.left.borrow()
    }
}

impl fmt::Debug for HeldTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldTransport")
            .field("socket", &self.socket)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}
