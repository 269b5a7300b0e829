//! Why no place for the real CLI could be made.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::lab::ApiReport;

/// Why the real CLI was not run, or what it did wrong.
pub struct HermeticError(pub(super) Kind);

pub(super) enum Kind {
    Network(Vec<String>),
    Unsupported,
    ManagedSettings(PathBuf),
    NoCli(PathBuf),
    Attempts(u64),
    Api(ApiReport),
    Io(&'static str, io::Error),
}

impl HermeticError {
    /// Whether the environment is not isolated: there is a network, or this system cannot tell.
    pub fn is_open_network(&self) -> bool {
        matches!(self.0, Kind::Network(_) | Kind::Unsupported)
    }

    /// Whether something tried to reach the network. With several environments in one program, the
    /// first to notice reports it.
    pub fn is_attempt_to_leave(&self) -> bool {
        matches!(self.0, Kind::Attempts(_))
    }

    /// The disagreements between the script and the CLI's requests.
    pub fn api_report(&self) -> Option<&ApiReport> {
        match &self.0 {
            Kind::Api(report) => Some(report),
            _ => None,
        }
    }

    pub(super) fn io(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |error| Self(Kind::Io(what, error))
    }
}

impl fmt::Display for HermeticError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Network(interfaces) => write!(
                f,
                "the real CLI runs only where loopback is the only network interface, and here there are {}: start the program with \
                 unshare --net -- sh -c 'ip link set lo up && exec \"$@\"' sh PROGRAM",
                interfaces.join(", ")
            ),
            Kind::Unsupported => f.write_str(
                "the real CLI runs only without a network, and only Linux can tell: use Hermetic::start_with_network if it may have one",
            ),
            Kind::ManagedSettings(path) => {
                write!(f, "the settings of this machine in {} would apply to the CLI: move them away", path.display())
            }
            Kind::NoCli(path) => write!(f, "no CLI at {}: `claude-wire install` fetches one", path.display()),
            Kind::Attempts(count) => write!(f, "something tried to leave the network namespace, {count} times"),
            Kind::Api(report) => write!(f, "{report}"),
            Kind::Io(what, error) => write!(f, "cannot {what}: {error}"),
        }
    }
}

debug_is_message!(HermeticError);

impl std::error::Error for HermeticError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0 {
            Kind::Io(_, error) => Some(error),
            Kind::Api(report) => Some(report),
            _ => None,
        }
    }
}
