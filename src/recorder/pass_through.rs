//! This process in place of the CLI, with a recorder in between.

use std::env;
use std::io::{self, Read as _};
use std::pin::pin;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::log::Log;
use super::tee::tee;
use super::transport::Recorder;
use crate::common::os_error;
use crate::transport::{
    self, BoxedRead, BoxedWrite, Connection, Environment, Exit, Inherit, Launch,
};

/// The most bytes of one read. A read returns what is available and does not wait for more.
const CHUNK: usize = 64 * 1024;

/// How long the streams of a CLI that has ended may stay open: a descendant may keep them open.
const SETTLE: Duration = Duration::from_secs(1);

/// How long the end waits for a disk without progress.
const LAST_WRITE: Duration = Duration::from_secs(5);

impl Recorder {
    /// Opens the transport once, and connects it to this process's own streams. A program that does
    /// nothing else acts as the CLI for any SDK, and records.
    ///
    /// Every byte of this process's stdin goes to the CLI's, every byte of the CLI's stdout and
    /// stderr to this process's, immediately and in whatever chunks it comes; the ends of stdin and
    /// stdout are passed on too, in both directions. Each chunk is logged in memory when it
    /// crosses, so the recording has the real order. A separate thread writes it to the disk: a
    /// slow, full or missing disk only costs the recording (see [`error`](Self::error)). On Unix
    /// SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1 and SIGUSR2 are passed on and recorded. SIGKILL
    /// cannot be passed on: the CLI sees the end of its stdin, and the recording is cut off there.
    ///
    /// Returns how the CLI ended, once it has ended, its output has been passed on (its descendants
    /// may keep the streams open for another second), and the recording is on the disk or has made
    /// no progress for 5 seconds. Exit the process then: a thread may still be reading stdin.
    ///
    /// # Errors
    /// If the transport cannot be opened, or the CLI's exit status cannot be read.
    ///
    /// # Cancel safety
    /// Dropping the future ends the CLI, and loses input that was read but not passed on.
    pub async fn pass_through(&self, launch: Launch) -> Result<Exit, transport::Error> {
        // First, so that no signal is lost between the start and the handlers.
        let mut signals = Signals::new();
        let (start, given) = (Instant::now(), launch.clone());
        let connection = self.open_inner(launch).await?;
        let log = self.begin(&given, start, connection.control.notes());
        let Connection { stdin, stdout, stderr, mut control } = tee(connection, log.clone());

        let input = tokio::spawn(pump_in(stdin));
        let output = tokio::spawn(async {
            pump_out(stdout, tokio::io::stdout()).await;
            close_stdout();
        });
        let complaints = tokio::spawn(pump_out(stderr, tokio::io::stderr()));
        let pid = control.pid();
        let exit = {
            let mut ended = pin!(control.wait());
            loop {
                tokio::select! {
                    // Check for the end first: after it the process id may be reused.
                    biased;
                    exit = &mut ended => break exit.map_err(transport::Error::other)?,
                    signal = signals.next() => signal.pass_on(pid, &log),
                }
            }
        };
        // This end of input is not the program's: a replay must not wait for it.
        log.lock().input_over();
        input.abort();
        let streams = async {
            // A pump ends with its stream, and does not panic.
            let _ = tokio::join!(output, complaints);
        };
        // If a descendant still has a stream open, the recording ends without it.
        let _ = timeout(SETTLE, streams).await;
        drop(control);
        log.lock().end_output();
        self.settle(LAST_WRITE).await;
        Ok(exit)
    }
}

/// This process's environment, unchanged: for a CLI that must see what it would see without a
/// recorder.
///
/// [`Environment::new`] removes some variables and adds others; this does neither.
pub fn own_environment() -> Environment {
    let bare = Environment::new().inherit(Inherit::None);
    let sdk: Vec<_> = bare.resolve([], None).into_keys().collect();
    let bare = sdk.into_iter().fold(bare, Environment::remove);
    env::vars_os().fold(bare, |environment, (name, value)| environment.set(name, value))
}

/// From this process's stdin to the CLI's, until either ends.
async fn pump_in(mut stdin: BoxedWrite) {
    let (send, mut receive) = mpsc::channel::<Vec<u8>>(1);
    // A thread, because a read of stdin cannot be cancelled; the process exits with the read still
    // waiting.
    let thread = std::thread::Builder::new().name("claude-wire-stdin".into());
    let spawned = thread.spawn(move || {
        let mut own = io::stdin().lock();
        let mut chunk = vec![0; CHUNK];
        loop {
            match own.read(&mut chunk) {
                Ok(0) => break,
                Ok(read) if send.blocking_send(chunk[..read].to_vec()).is_err() => break,
                Err(error) if error.kind() != io::ErrorKind::Interrupted => break,
                _ => {}
            }
        }
    });
    if let Err(error) = spawned {
        tracing::error!(error = %os_error(&error), "stdin is not passed on");
    }
    while let Some(chunk) = receive.recv().await {
        if stdin.write_all(&chunk).await.is_err() || stdin.flush().await.is_err() {
            // Our writer should learn that the CLI does not read any more.
            close_stdin();
            break;
        }
    }
    drop(stdin);
}

/// From one of the CLI's streams to our own, until either ends. If our reader is gone, the CLI's
/// stream is closed.
async fn pump_out(mut from: BoxedRead, mut to: impl AsyncWrite + Unpin) {
    let mut chunk = vec![0; CHUNK];
    while let Ok(read @ 1..) = from.read(&mut chunk).await {
        if to.write_all(&chunk[..read]).await.is_err() || to.flush().await.is_err() {
            break;
        }
    }
}

use signals::Signals;

#[cfg(unix)]
mod signals {
    use rustix::process::{Pid, Signal, kill_process};
    use tokio::signal::unix::{SignalKind, signal};
    use tokio::sync::mpsc;

    use super::Log;

    /// The signals that are passed on: those that a host may send and a process may catch.
    const PASSED_ON: [(Signal, &str); 6] = [
        (Signal::TERM, "SIGTERM"),
        (Signal::INT, "SIGINT"),
        (Signal::HUP, "SIGHUP"),
        (Signal::QUIT, "SIGQUIT"),
        (Signal::USR1, "SIGUSR1"),
        (Signal::USR2, "SIGUSR2"),
    ];

    /// The signals to this process.
    pub(super) struct Signals(mpsc::UnboundedReceiver<Received>);

    /// The next signal.
    pub(super) struct Received(Signal, &'static str);

    impl Signals {
        pub(super) fn new() -> Self {
            let (send, receive) = mpsc::unbounded_channel();
            for (number, name) in PASSED_ON {
                // Without a handler the signal ends this process, and the CLI sees the end of its
                // stdin.
                let Ok(mut stream) = signal(SignalKind::from_raw(number.as_raw())) else {
                    continue;
                };
                let send = send.clone();
                tokio::spawn(async move {
                    while stream.recv().await.is_some() && send.send(Received(number, name)).is_ok()
                    {
                    }
                });
            }
            Self(receive)
        }

        pub(super) async fn next(&mut self) -> Received {
            match self.0.recv().await {
                Some(received) => received,
                None => std::future::pending().await,
            }
        }
    }

    impl Received {
        /// Sends it to the CLI only, as it came to this process only. The CLI has not been reaped
        /// yet.
        pub(super) fn pass_on(&self, pid: Option<u32>, log: &Log) {
            let mut log = log.lock();
            if let Some(pid) = pid.and_then(|pid| Pid::from_raw(pid.try_into().ok()?)) {
                // This only fails if the CLI has ended.
                let _ = kill_process(pid, self.0);
            }
            log.signal(self.1);
        }
    }
}

#[cfg(not(unix))]
mod signals {
    use super::Log;

    /// No signals.
    pub(super) struct Signals;

    /// Never returns.
    pub(super) enum Received {}

    impl Signals {
        pub(super) fn new() -> Self {
            Self
        }

        pub(super) async fn next(&mut self) -> Received {
            std::future::pending().await
        }
    }

    impl Received {
        pub(super) fn pass_on(&self, _: Option<u32>, _: &Log) {}
    }
}

/// Closes a standard stream of this process, so that the other side sees the end. The null device
/// replaces it, since otherwise the next file would get its number.
#[cfg(unix)]
macro_rules! close {
    ($with:path) => {
        if let Ok(null) = std::fs::File::options().read(true).write(true).open("/dev/null") {
            // What cannot be replaced stays open until the process exits.
            let _ = $with(&null);
        }
    };
}

fn close_stdin() {
    #[cfg(unix)]
    close!(rustix::stdio::dup2_stdin);
}

fn close_stdout() {
    #[cfg(unix)]
    close!(rustix::stdio::dup2_stdout);
}
