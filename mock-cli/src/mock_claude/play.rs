//! The player behind the standard streams of this process.

use std::io;
use std::process::ExitCode;

use claude_wire::faults::{Fault, FaultPlan};
use claude_wire::player::{Signal, Streams};
use claude_wire::recording;
use claude_wire::transport::Exit;
#[cfg(unix)]
use tokio::io::AsyncWrite;
use tokio::sync::mpsc;

#[cfg(unix)]
use super::direct::Direct;
use super::environment::Environment;
use super::journal::Journal;
use super::loaded::Loaded;
use super::report_file::ReportFile;
use super::source::SPAWN_FAIL;
use super::tee::Tee;
#[cfg(unix)]
use super::{orphan, owned as closable};
use crate::common::complain;
#[cfg(unix)]
use crate::session_host::lock;

/// Plays it; returns only if it cannot be played, because a blocked read of stdin must not keep the
/// process.
pub(crate) fn play(
    loaded: Loaded,
    args: &[String],
    environment: &Environment,
    journal: &Journal,
) -> Result<ExitCode, String> {
    for warning in loaded.warnings() {
        let warning = format!("mock-claude: {}: {warning}", loaded.name);
        journal.line("err", format!("{warning}\n").as_bytes());
        complain(warning);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
    let report_file = environment.report.as_deref().map(ReportFile::open).transpose()?;
    let faults = loaded.faults(environment);
    if faults.iter().any(|fault| fault.name() == "spawn_fail") {
        return Err(format!("{}: {SPAWN_FAIL}", loaded.name));
    }
    let (exit, report) = runtime.block_on(async {
        let signals = signals(journal);
        if faults.is_empty() {
            let streams = Streams {
                stdin: Tee::new(tokio::io::stdin(), "in", journal),
                stdout: Tee::new(stdout(), "out", journal),
                stderr: Tee::new(stderr(), "err", journal),
            };
            let differs = report_file.clone();
            let loaded = loaded.on_divergence(move |report| {
                differs.iter().for_each(|file| file.add(report));
            });
            return loaded.play(args, environment, None, streams, signals).await;
        }
        let failed = |error: io::Error| format!("the standard streams: {error}");
        let plan = environment.faults.clone().unwrap_or_default();
        let plan = observed(plan, &faults, journal).map_err(failed)?;
        let streams = Streams {
            stdin: Tee::new(closable::stdin().map_err(failed)?, "in", journal),
            stdout: Tee::new(closable::stdout().map_err(failed)?, "out", journal),
            stderr: Tee::new(stderr(), "err", journal),
        };
        loaded.play(args, environment, Some(plan), streams, signals).await
    })?;
    journal.report(&report);
    report_file.iter().for_each(|file| file.add(&report));
    Ok(end(exit, journal))
}

/// The plan whose injections are in the journal, and that has the faults which only a process can
/// have. Call it before the streams are taken.
fn observed(plan: FaultPlan, faults: &[Fault], journal: &Journal) -> io::Result<FaultPlan> {
    let log = journal.clone();
    let plan = plan.on_injection(move |injection| log.fault(injection));
    #[cfg(unix)]
    if faults.iter().any(|fault| fault.name() == "orphan_pipe") {
        let kept = std::sync::Mutex::new(Some(closable::copy(&io::stdout())?));
        return Ok(plan.on_injection(move |injection| {
            let fault = injection.fault();
            if fault.name() == "orphan_pipe"
                && let Some(stdout) = lock(&kept).take()
                && let Err(error) = orphan::start(stdout, ms_of(fault))
            {
                complain(format_args!(
                    "mock-claude: no process could be started to keep stdout open: {error}"
                ));
            }
        }));
    }
    #[cfg(not(unix))]
    let _ = faults;
    Ok(plan)
}

#[cfg(unix)]
fn ms_of(fault: &Fault) -> u64 {
    fault.get("ms").and_then(|ms| ms.as_u64()).unwrap_or_default()
}

/// Streams that cannot be closed before the process ends.
#[cfg(not(unix))]
mod closable {
    use std::io;

    pub(super) fn stdin() -> io::Result<tokio::io::Stdin> {
        Ok(tokio::io::stdin())
    }

    pub(super) fn stdout() -> io::Result<tokio::io::Stdout> {
        Ok(tokio::io::stdout())
    }
}

#[cfg(unix)]
fn stdout() -> impl AsyncWrite + Unpin {
    Direct::new(io::stdout(), tokio::io::stdout())
}

#[cfg(unix)]
fn stderr() -> impl AsyncWrite + Unpin {
    Direct::new(io::stderr(), tokio::io::stderr())
}

#[cfg(not(unix))]
use tokio::io::{stderr, stdout};

/// Passes on the signals that the CLI can catch.
fn signals(journal: &Journal) -> mpsc::Receiver<Signal> {
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
            let (send, journal) = (send.clone(), journal.clone());
            tokio::spawn(async move {
                while stream.recv().await.is_some() {
                    journal.signal(name.name());
                    if send.send(name).await.is_err() {
                        break;
                    }
                }
            });
        }
    }
    #[cfg(not(unix))]
    {
        let (send, journal) = (send.clone(), journal.clone());
        tokio::spawn(async move {
            while tokio::signal::ctrl_c().await.is_ok() {
                journal.signal(Signal::Interrupt.name());
                if send.send(Signal::Interrupt).await.is_err() {
                    break;
                }
            }
        });
    }
    drop(send);
    receive
}

/// A signal that ends a process and that the CLI does not catch.
#[cfg(unix)]
fn fatal(signal: i32) -> Option<rustix::process::Signal> {
    use rustix::process::Signal as S;
    let signal = S::from_named_raw(signal)?;
    (![S::TERM, S::INT, S::HUP].contains(&signal)).then_some(signal)
}

/// Ends the process as the recorded one ended.
fn end(exit: Exit, journal: &Journal) -> ExitCode {
    #[cfg(unix)]
    if let Some(signal) = exit.signal.and_then(fatal) {
        use rustix::process::{Resource, Rlimit, getpid, getrlimit, kill_process, setrlimit};
        journal.exit(&recording::RecordedExit::from(exit));
        // A crash that is scripted leaves no core file.
        let core = Rlimit { current: Some(0), ..getrlimit(Resource::Core) };
        let _ = setrlimit(Resource::Core, core);
        // The runtime of Rust takes the first SIGSEGV, and leaves the second to the system. Nothing is
        // done after it, and if it fails there is the code below.
        for _ in 0..2 {
            let _ = kill_process(getpid(), signal);
        }
    }
    // The code that a shell reports for a signal.
    let code = exit.code.or(exit.signal.map(|signal| 128 + signal)).unwrap_or(1);
    journal.exit(&recording::RecordedExit::code(code));
    std::process::exit(code)
}
