//! Faults around any transport.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::mpsc;

use super::armed::ArmedFaults;
use super::form::Form;
use super::injector::Injector;
use super::plan::{FaultPlan, Injection};
use super::pump::{Cli, Host, Over, pump};
use crate::common::lock;
use crate::transport::{
    BoxFuture, BoxedRead, Connection, Control, Error, Exit, HeldTurn, Launch, Memory, Notes,
    PathMap, Peer, PeerSignal, Transport,
};

/// Injects the faults of a plan into every connection of a transport.
///
/// What a plan counts goes on over the connections: a fault that happens once does not happen again
/// after a reconnect. The connection has no process id, and takes a signal to be SIGTERM; otherwise it
/// is that of the inner transport. Faults of the [API](super::FaultKind::Api) are not a transport's:
/// [`new`](Self::new) refuses them.
///
/// ```
/// use claude_wire::faults::{FaultPlan, Faulty};
/// use claude_wire::{Scenario, Session};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let cli = Scenario::new().on_prompt("Hello", "Hi!").unverified();
/// let cli = Faulty::new(cli, FaultPlan::parse("exit_mid_turn:code=3")?)?;
/// let session = Session::builder().transport(cli.clone()).start()?;
/// let error = session.query("Hello").text().await.unwrap_err();
/// assert!(error.to_string().contains("exit code 3"), "{error}");
/// assert_eq!(cli.injections().len(), 1);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Faulty {
    inner: Arc<dyn Transport>,
    armed: ArmedFaults,
}

impl Faulty {
    /// Injects the faults of `plan` into what goes through `transport`.
    ///
    /// # Errors
    /// If one of them cannot be injected here.
    pub fn new(transport: impl Transport, plan: FaultPlan) -> Result<Self, super::FaultError> {
        plan.only_of_streams()?;
        Ok(Self { inner: Arc::new(transport), armed: plan.arm() })
    }

    /// What was injected so far, in order.
    pub fn injections(&self) -> Vec<Injection> {
        self.armed.injections()
    }
}

impl Transport for Faulty {
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, Error>> {
        Box::pin(async move {
            let armed = self.armed.next_launch(Form::of(&launch));
            let armed = armed.map_err(|refused| Error::other(refused.to_string()))?;
            refuse_launch(&armed)?;
            let inner = self.inner.open(launch).await?;
            let found = Found { turn: inner.control.held_turn(), ran: inner.control.ran_before() };
            connect(armed, behind(inner), found).await
        })
    }

    fn runs_here(&self) -> bool {
        self.inner.runs_here()
    }

    fn path_map(&self) -> Option<&PathMap> {
        self.inner.path_map()
    }

    fn environment(&self, launch: &Launch) -> BTreeMap<OsString, OsString> {
        self.inner.environment(launch)
    }

    fn taken(&self) {
        self.inner.taken();
    }

    fn unfinished(&self) -> Option<String> {
        self.inner.unfinished()
    }
}

impl fmt::Debug for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faulty").field("armed", &self.armed).finish_non_exhaustive()
    }
}

/// The fault that a process cannot be started.
pub(crate) fn refuse_launch(armed: &ArmedFaults) -> Result<(), Error> {
    let hits = armed.hits("launch", |fault| fault.name() == "spawn_fail");
    match hits.first() {
        None => Ok(()),
        // EAGAIN: the limit of processes.
        Some(_) => Err(Error::spawn(Path::new("claude"), io::Error::from_raw_os_error(11))),
    }
}

/// How a CLI was found: see [`Control`].
#[derive(Default)]
pub(crate) struct Found {
    turn: Option<HeldTurn>,
    ran: bool,
}

/// The connection to a CLI, with faults.
pub(crate) async fn connect(
    armed: ArmedFaults,
    cli: Cli<'static, PeerSignal>,
    found: Found,
) -> Result<Connection, Error> {
    let broke = Arc::<AtomicBool>::default();
    let notes = Notes::new();
    let injector = Injector::new(armed).with_notes(notes.clone());
    let (slot, flag) = (Mutex::new(Some((cli, injector))), Arc::clone(&broke));
    let main = move |_, peer| {
        let (flag, taken) = (Arc::clone(&flag), lock(&slot).take());
        async move {
            match taken {
                Some((cli, injector)) => faulty(injector, peer, cli, &flag).await,
                // It is opened once.
                None => Exit::from_code(1),
            }
        }
    };
    let Connection { stdin, stdout, stderr, control } =
        Memory::new(main).open(Launch::default()).await?;
    let stdout = Box::new(Breaking { inner: stdout, broke });
    let control = Box::new(Noted { inner: control, found, notes });
    Ok(Connection { stdin, stdout, stderr, control })
}

/// Plays the CLI's part of a connection in memory, with faults.
async fn faulty(
    injector: Injector,
    peer: Peer,
    cli: Cli<'static, PeerSignal>,
    broke: &AtomicBool,
) -> Exit {
    let Peer { stdin, stdout, stderr, mut control, .. } = peer;
    let exits = control.clone();
    let (send, signals) = mpsc::channel(1);
    let forward = async {
        loop {
            // After its end it needs no signal.
            let _ = send.send(control.signal().await).await;
        }
    };
    let host = Host { stdin, stdout, stderr, signals };
    // As CLI 2.1.329 ends on SIGTERM.
    let over = tokio::select! {
        over = pump(injector, host, cli, |_| Exit::from_code(143)) => over,
        never = forward => match never {},
    };
    let Over { ended, broke: is_broken, stdout } = over;
    broke.store(is_broken, Ordering::Release);
    if let Some(time) = ended.orphan {
        exits.exit(ended.exit);
        // Not a synchronisation: this time is what the fault is about.
        tokio::time::sleep(time).await;
    }
    drop(stdout);
    ended.exit
}

/// An open connection as the side of the CLI.
fn behind(connection: Connection) -> Cli<'static, PeerSignal> {
    let Connection { stdin, stdout, stderr, mut control } = connection;
    let (send, mut signals) = mpsc::unbounded_channel();
    let end = async move {
        loop {
            tokio::select! {
                exit = control.wait() => return exit.unwrap_or(Exit { code: None, signal: None }),
                Some(_) = signals.recv() => control.terminate(),
            }
        }
    };
    let signal = Box::new(move |signal| {
        // A CLI that has ended needs no signal.
        let _ = send.send(signal);
    });
    Cli { stdin, stdout, stderr, signal, end: Box::pin(end) }
}

/// The handle of a connection with faults.
struct Noted {
    inner: Box<dyn Control>,
    found: Found,
    notes: Notes,
}

impl Control for Noted {
    fn pid(&self) -> Option<u32> {
        self.inner.pid()
    }

    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Exit>> {
        self.inner.poll_wait(cx)
    }

    fn held_turn(&self) -> Option<HeldTurn> {
        self.found.turn.clone()
    }

    fn ran_before(&self) -> bool {
        self.found.ran
    }

    fn has_left(&self) -> bool {
        self.inner.has_left()
    }

    fn terminate(&mut self) {
        self.inner.terminate();
    }

    fn kill(&mut self) {
        self.inner.kill();
    }

    fn notes(&self) -> Option<Notes> {
        Some(self.notes.clone())
    }
}

/// An output that ends with an error if the streams broke.
struct Breaking {
    inner: BoxedRead,
    broke: Arc<AtomicBool>,
}

impl AsyncRead for Breaking {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buffer))?;
        let is_end = buffer.filled().len() == before && buffer.remaining() > 0;
        if is_end && self.broke.load(Ordering::Acquire) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Poll::Ready(Ok(()))
    }
}
