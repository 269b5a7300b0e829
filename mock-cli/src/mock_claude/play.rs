//! The player behind the standard streams of this process.

use std::process::ExitCode;

use claude_wire::player::{self, Script, Signal, Streams};
use claude_wire::recording::Recording;
use claude_wire::transport::Exit;
use tokio::sync::mpsc;

use super::environment::Environment;

/// Plays the recording; does not return, because a blocked read of stdin must not keep the process.
pub(crate) fn play(recording: &Recording, environment: &Environment) -> ExitCode {
    for warning in recording.warnings() {
        eprintln!("mock-claude: {}: {warning}", environment.name());
    }
    let mut script = Script::new(&recording.expand(&environment.folders())).named(environment.name());
    if let Some(speed) = environment.speed {
        script = script.speed(speed);
    }
    if let Some(limit) = environment.idle_timeout {
        script = script.idle_timeout(limit);
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("mock-claude: no runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let exit = runtime.block_on(async {
        let streams = Streams { stdin: tokio::io::stdin(), stdout: tokio::io::stdout(), stderr: tokio::io::stderr() };
        player::play(script, streams, signals()).await.0
    });
    end(exit)
}

/// Passes on the signals that the CLI sees coming.
fn signals() -> mpsc::Receiver<Signal> {
    let (send, receive) = mpsc::channel(4);
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [
            (SignalKind::terminate(), Signal::Terminate),
            (SignalKind::interrupt(), Signal::Interrupt),
            (SignalKind::hangup(), Signal::Hangup),
        ];
        for (kind, name) in kinds {
            // Without a handler the signal ends the process, which is near enough.
            let Ok(mut stream) = signal(kind) else { continue };
            let send = send.clone();
            tokio::spawn(async move { while stream.recv().await.is_some() && send.send(name).await.is_ok() {} });
        }
    }
    drop(send);
    receive
}

/// Ends the process as the recorded one ended.
fn end(exit: Exit) -> ExitCode {
    #[cfg(unix)]
    if exit.signal == Some(rustix::process::Signal::KILL.as_raw()) {
        // Nothing is done after it, and if it fails there is the code below.
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
    // A shell's way to tell of a signal.
    std::process::exit(exit.code.or(exit.signal.map(|signal| 128 + signal)).unwrap_or(1))
}
