//! What plays a launch as a CLI: behind a connection in memory, or over streams, with its faults.

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;

use crate::faults::{self, Cli, Host, Injector};
use crate::transport::{
    self, Connection, Exit, Launch, Memory, Peer, PeerSignal, Transport as _, pipe,
};

use super::play::{self, Shared, Streams};
use super::signal::Signal;

/// The bytes that a stream between a player and its faults buffers.
const PIPE: usize = 64 * 1024;

/// A connection in memory whose CLI is this machine.
pub(super) async fn connect(machine: Shared) -> Result<Connection, transport::Error> {
    match machine.faults().cloned() {
        Some(faults) => {
            faults::connect(faults, behind(machine, in_memory_signal), Default::default()).await
        }
        None => {
            let main = move |_, peer| in_memory(machine.clone(), peer);
            Memory::new(main).open(Launch::default()).await
        }
    }
}

/// Runs a machine as the CLI of an in-memory connection.
async fn in_memory(machine: Shared, peer: Peer) -> Exit {
    let Peer { stdin, stdout, stderr, mut control, .. } = peer;
    let (send, signals) = mpsc::channel(1);
    let forward = async {
        loop {
            if let Some(signal) = in_memory_signal(control.signal().await) {
                // A player that has ended needs no signal.
                let _ = send.send(signal).await;
            }
        }
    };
    tokio::select! {
        exit = play::run(&machine, Streams { stdin, stdout, stderr }, signals) => exit,
        () = forward => Exit::from_code(0),
    }
}

fn in_memory_signal(signal: PeerSignal) -> Option<Signal> {
    (signal == PeerSignal::Terminate).then_some(Signal::Terminate)
}

/// Runs a machine over these streams, with its faults if it has some.
pub(super) async fn behind_faults<R, W, E>(
    machine: &Shared,
    streams: Streams<R, W, E>,
    signals: mpsc::Receiver<Signal>,
) -> Exit
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
    E: AsyncWrite + Unpin,
{
    let Some(faults) = machine.faults() else {
        return play::run(machine, streams, signals).await;
    };
    let Streams { stdin, stdout, stderr } = streams;
    let host = Host { stdin, stdout, stderr, signals };
    let cli = behind(machine.clone(), Some);
    let exit = faults::pump(Injector::new(faults.clone()), host, cli, |signal| signal.exit())
        .await
        .ended
        .exit;
    machine.end(exit);
    exit
}

/// A machine as a CLI behind faults. `to_signal` says what a signal is for it.
fn behind<S: 'static>(machine: Shared, to_signal: fn(S) -> Option<Signal>) -> Cli<'static, S> {
    let (connection, peer) = pipe(PIPE);
    let Connection { stdin, stdout, stderr, control } = connection;
    let Peer { stdin: input, stdout: output, stderr: errors, .. } = peer;
    let (send, signals) = mpsc::channel(4);
    let end = Box::pin(async move {
        let _control = control;
        let streams = Streams { stdin: input, stdout: output, stderr: errors };
        play::run(&machine, streams, signals).await
    });
    let signal = Box::new(move |signal| {
        if let Some(signal) = to_signal(signal) {
            // One that has enough signals needs no more.
            let _ = send.try_send(signal);
        }
    });
    Cli { stdin, stdout, stderr, signal, end }
}
