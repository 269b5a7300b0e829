//! Restarting this program where nothing but loopback can be reached.

use claude_wire::lab::Network;

use crate::Failure;
#[cfg(target_os = "linux")]
use crate::tool::install::unshare;

/// Makes sure that loopback is the only network interface. If it is not, replaces this program by a
/// copy of itself with the same arguments in a new network namespace. The copy repeats whatever was
/// done before.
///
/// # Errors
/// If no such namespace can be created.
pub fn enter() -> Result<(), Failure> {
    match Network::verify_closed() {
        Ok(_) => Ok(()),
        Err(open) => restart(&open.to_string()),
    }
}

#[cfg(target_os = "linux")]
fn restart(open: &str) -> Result<(), Failure> {
    use std::env;
    use std::os::unix::process::CommandExt as _;

    /// Set in the restarted program, so that it does not restart itself again.
    const ENTERED: &str = "CLAUDE_WIRE_IN_NAMESPACE";
    const LOOPBACK: &str = "ip link set lo up";

    if env::var_os(ENTERED).is_some() {
        return Err(open.to_owned());
    }
    let in_namespace = |script: &str| {
        let mut unshare = unshare();
        unshare.args(["sh", "-c", script, "sh"]);
        unshare
    };
    // Tried first, because its exit code would look like this program's own.
    let tried = in_namespace(LOOPBACK)
        .output()
        .map_err(|error| format!("{open}; `unshare` (of util-linux) cannot be run: {error}"))?;
    if !tried.status.success() {
        let why = String::from_utf8_lossy(&tried.stderr);
        return Err(format!(
            "no network namespace could be created (`unshare` of util-linux and `ip` of iproute2 are needed): {}",
            why.trim()
        ));
    }
    let program = env::current_exe()
        .map_err(|error| format!("the path of this program is unknown: {error}"))?;
    let mut again = in_namespace(&format!("{LOOPBACK} && exec \"$@\""));
    let error = again.arg(program).args(env::args_os().skip(1)).env(ENTERED, "1").exec();
    Err(format!("`unshare` cannot be run: {error}"))
}

#[cfg(not(target_os = "linux"))]
fn restart(open: &str) -> Result<(), Failure> {
    Err(open.to_owned())
}
