//! `hold`: CLIs that outlive the programs that use them.

use std::path::PathBuf;
use std::time::Duration;

use claude_wire::holder::{HeldSession, HeldTransport, Holder};
use claude_wire::transport::{CliPath, Process};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};

use crate::tool::terminal::{say, say_json};
use crate::{Failure, Found};

const MIB: usize = 1024 * 1024;

/// Keep CLIs alive while the program that uses them is replaced.
///
/// Programs connect to the socket with `claude_wire::holder::HeldTransport`, which starts a CLI for
/// each key, with the arguments and the environment of the program. If the program ends, the CLI goes
/// on, and the next program that asks for the key gets it: the running turn, the messages since, the
/// permission requests that wait. Only this user can connect.
///
/// SIGTERM and SIGINT end all CLIs, then this command.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  claude-wire hold \"$XDG_RUNTIME_DIR/claude.sock\"
  claude-wire hold /run/app/claude.sock --cli ./claude --unclaimed 120
  claude-wire hold /run/app/claude.sock --list

Exit codes: 0 after a signal, or for a list; 2 if the socket cannot be created, or no holder answers.")]
pub(crate) struct Arguments {
    /// The socket, which is created with mode 0600
    #[arg(value_name = "SOCKET")]
    socket: PathBuf,
    /// The CLI (default: the one that a session would find)
    #[arg(long, value_name = "CLAUDE")]
    cli: Option<PathBuf>,
    /// How long a CLI without a program is kept, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    unclaimed: u64,
    /// How much of the output of one CLI is kept, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..))]
    buffer: u32,
    /// Print what the holder at this socket has, as JSON, one session a line
    #[arg(long, conflicts_with_all = ["cli", "unclaimed", "buffer"])]
    list: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Found, Failure> {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
    if arguments.list {
        let sessions = runtime.block_on(HeldTransport::list(&arguments.socket));
        let sessions: Vec<HeldSession> = sessions.map_err(|error| error.to_string())?;
        for session in sessions {
            say_json(serde_json::to_string(&session).map_err(|error| error.to_string())?);
        }
        return Ok(Found::Nothing);
    }
    hold(arguments, &runtime)
        .map_err(|error| format!("{}: {error}", arguments.socket.display()))?;
    Ok(Found::Nothing)
}

fn hold(arguments: &Arguments, runtime: &Runtime) -> std::io::Result<()> {
    let _entered = runtime.enter();
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let cli = arguments.cli.clone().map_or(CliPath::Auto, CliPath::Explicit);
    let holder = Holder::bind(&arguments.socket, Process::new(cli))?
        .unclaimed(Duration::from_secs(arguments.unclaimed))
        .buffer(usize::try_from(arguments.buffer).unwrap_or(usize::MAX).saturating_mul(MIB));
    say(format_args!("holding CLIs at {}", arguments.socket.display()));
    runtime.block_on(holder.run(async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }));
    Ok(())
}
