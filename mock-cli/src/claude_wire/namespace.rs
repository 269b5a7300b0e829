//! Running this program where nothing but loopback can be reached.

use std::env;
use std::io;
use std::process::{Command, ExitCode, ExitStatus};

use claude_wire::hermetic::Network;

use super::Failure;

/// Set in the program that was started anew, so that it does not start itself for ever.
const ENTERED: &str = "CLAUDE_WIRE_IN_NAMESPACE";

/// `None` where loopback is the only network interface already. Otherwise runs this program again, with the same arguments, in a network namespace
/// of its own in which it is, and gives the exit code.
///
/// # Errors
/// When there is no such namespace to be had.
pub(crate) fn enter() -> Result<Option<ExitCode>, Failure> {
    let open = match Network::verify_closed() {
        Ok(_) => return Ok(None),
        Err(error) => error,
    };
    if !cfg!(target_os = "linux") || env::var_os(ENTERED).is_some() {
        return Err(open.to_string());
    }
    let program = env::current_exe().map_err(|error| format!("this program does not find itself: {error}"))?;
    let mut unshare = Command::new("unshare");
    // Whoever is not root becomes it in the namespace, and there only.
    if !is_root() {
        unshare.arg("--map-root-user");
    }
    unshare.args(["--net", "--", "sh", "-c", r#"ip link set lo up && exec "$@""#, "sh"]);
    let status = unshare.arg(program).args(env::args_os().skip(1)).env(ENTERED, "1").status();
    match status {
        Ok(status) => code(status).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(format!("{open} (there is no `unshare` here: it is part of util-linux)"))
        }
        Err(error) => Err(format!("cannot run unshare: {error}")),
    }
}

#[cfg(unix)]
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

fn code(status: ExitStatus) -> Result<ExitCode, Failure> {
    match status.code().and_then(|code| u8::try_from(code).ok()) {
        // The shell's own: `ip` is not there.
        Some(127) => Err("no `ip` here to bring up loopback: it is part of iproute2".to_owned()),
        Some(code) => Ok(ExitCode::from(code)),
        None => Err(format!("the program in the namespace ended with {status}")),
    }
}
