//! Why a connection could not be opened.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

type Source = Box<dyn std::error::Error + Send + Sync>;

/// What to do about a missing CLI.
const HINT: &str = "install it with `npm install -g @anthropic-ai/claude-code` or `claude-wire install`, or say where it is: `cli_path` of a session, `CliPath::Explicit` for a file, `CliPath::Bundled` for the directory of an application";

/// A connection could not be opened.
///
/// The message says what failed, where, and what to do. It contains no argument and no value of a
/// variable.
pub struct Error {
    kind: Kind,
    source: Option<Source>,
}

enum Kind {
    NoRuntime,
    NoIo,
    CliNotFound {
        searched: Vec<PathBuf>,
        refused: Vec<(PathBuf, &'static str)>,
    },
    CwdMissing {
        cwd: PathBuf,
        why: &'static str,
    },
    PermissionDenied {
        path: PathBuf,
    },
    BadExecutable {
        program: PathBuf,
    },
    Spawn {
        program: PathBuf,
    },
    OrphanGuard {
        why: String,
    },
    #[cfg_attr(not(unix), allow(dead_code, reason = "a holder has a Unix socket"))]
    NoHolder {
        socket: PathBuf,
    },
    #[cfg_attr(not(unix), allow(dead_code, reason = "a holder has a Unix socket"))]
    Owned {
        key: String,
        pid: Option<u32>,
    },
    #[cfg_attr(not(unix), allow(dead_code, reason = "a holder has a Unix socket"))]
    Left,
    Other,
}

impl Error {
    /// Wraps an error of your own transport.
    pub fn other(source: impl Into<Source>) -> Self {
        Self { kind: Kind::Other, source: Some(source.into()) }
    }

    /// The CLI was not found: [`searched`](Self::searched) lists where it was looked for.
    pub fn is_cli_not_found(&self) -> bool {
        matches!(self.kind, Kind::CliNotFound { .. })
    }

    /// The working directory is missing, or is not a directory.
    pub fn is_cwd_missing(&self) -> bool {
        matches!(self.kind, Kind::CwdMissing { .. })
    }

    /// The program may not be executed, or the working directory may not be entered.
    pub fn is_permission_denied(&self) -> bool {
        matches!(self.kind, Kind::PermissionDenied { .. })
    }

    /// The program exists and may be executed, but is not a program for this machine; or the
    /// interpreter in its first line is missing.
    pub fn is_bad_executable(&self) -> bool {
        matches!(self.kind, Kind::BadExecutable { .. })
    }

    /// The program exists, but the system did not start it: permission, format, or a limit of the
    /// system.
    pub fn is_spawn(&self) -> bool {
        matches!(
            self.kind,
            Kind::PermissionDenied { .. } | Kind::BadExecutable { .. } | Kind::Spawn { .. }
        )
    }

    /// Where the CLI was looked for, in order; empty unless it was not found.
    pub fn searched(&self) -> &[PathBuf] {
        match &self.kind {
            Kind::CliNotFound { searched, .. } => searched,
            _ => &[],
        }
    }

    /// What to do about it, if that is known; the message ends with it.
    pub fn hint(&self) -> Option<&'static str> {
        self.is_cli_not_found().then_some(HINT)
    }

    /// True if and only if an [orphan guard](crate::transport::OrphanGuard) was required, and is not
    /// possible here.
    pub fn is_orphan_guard(&self) -> bool {
        matches!(self.kind, Kind::OrphanGuard { .. })
    }

    /// True if and only if there is no [holder](crate::holder) at the socket, or it ended.
    pub fn is_no_holder(&self) -> bool {
        matches!(self.kind, Kind::NoHolder { .. })
    }

    /// True if and only if another program has this key at the [holder](crate::holder).
    pub fn is_owned(&self) -> bool {
        matches!(self.kind, Kind::Owned { .. })
    }

    /// True if and only if this program has [left](crate::holder) the holder: the CLI is for the next
    /// one.
    pub fn is_left(&self) -> bool {
        matches!(self.kind, Kind::Left)
    }

    #[cfg(unix)]
    pub(crate) fn left() -> Self {
        Self { kind: Kind::Left, source: None }
    }

    #[cfg(unix)]
    pub(crate) fn no_holder(socket: &Path, source: io::Error) -> Self {
        let socket = socket.to_owned();
        Self { kind: Kind::NoHolder { socket }, source: Some(source.into()) }
    }

    #[cfg(unix)]
    pub(crate) fn owned(key: &str, pid: Option<u32>) -> Self {
        Self { kind: Kind::Owned { key: key.to_owned(), pid }, source: None }
    }

    pub(super) fn orphan_guard(why: String) -> Self {
        Self { kind: Kind::OrphanGuard { why }, source: None }
    }

    pub(super) fn no_runtime() -> Self {
        Self { kind: Kind::NoRuntime, source: None }
    }

    pub(super) fn no_io() -> Self {
        Self { kind: Kind::NoIo, source: None }
    }

    /// `refused` are the searched paths that exist and were skipped, and why.
    pub(super) fn cli_not_found(
        searched: Vec<PathBuf>,
        refused: Vec<(PathBuf, &'static str)>,
    ) -> Self {
        Self { kind: Kind::CliNotFound { searched, refused }, source: None }
    }

    pub(super) fn cwd(cwd: &Path, source: io::Error) -> Self {
        let cwd = cwd.to_owned();
        let kind = match source.kind() {
            io::ErrorKind::PermissionDenied => Kind::PermissionDenied { path: cwd },
            io::ErrorKind::NotADirectory => Kind::CwdMissing { cwd, why: "is not a directory" },
            _ => Kind::CwdMissing { cwd, why: "does not exist" },
        };
        Self { kind, source: Some(source.into()) }
    }

    /// Builds the error for a failed spawn of `program`, which existed a moment before.
    pub(crate) fn spawn(program: &Path, source: io::Error) -> Self {
        let program = program.to_owned();
        let kind = match source.kind() {
            io::ErrorKind::PermissionDenied => Kind::PermissionDenied { path: program },
            // The file exists, so it is the interpreter of its first line that is missing.
            io::ErrorKind::NotFound if program.exists() => Kind::BadExecutable { program },
            io::ErrorKind::NotFound => {
                Kind::CliNotFound { searched: vec![program], refused: Vec::new() }
            }
            _ if source.raw_os_error().is_some_and(is_bad_format) => {
                Kind::BadExecutable { program }
            }
            _ => Kind::Spawn { program },
        };
        Self { kind, source: Some(source.into()) }
    }
}

/// ENOEXEC, or ERROR_BAD_EXE_FORMAT.
fn is_bad_format(code: i32) -> bool {
    code == if cfg!(windows) { 193 } else { 8 }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        match (&self.kind, &self.source) {
            // These say what failed, but not why.
            (Kind::Spawn { .. } | Kind::NoHolder { .. } | Kind::Other, Some(why)) => {
                write!(f, ": {why}")
            }
            _ => Ok(()),
        }
    }
}

debug_is_message!(Error);

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRuntime => f.write_str("no tokio runtime here: open the transport inside one that has I/O and time enabled"),
            Self::OrphanGuard { why } => {
                write!(f, "an orphan guard is not possible here: {why}")
            }
            Self::NoHolder { socket } => write!(
                f,
                "no holder answers at {0}; start one with `claude-wire hold {0}`",
                socket.display()
            ),
            Self::Owned { key, pid } => {
                write!(f, "another program has {key:?} at the holder")?;
                pid.map_or(Ok(()), |pid| write!(f, " (process {pid})"))?;
                f.write_str("; it must end or leave first")
            }
            Self::Left => f.write_str("this program has left the holder"),
            Self::NoIo => f.write_str(
                "this tokio runtime has no I/O: build it with `enable_io()` or `enable_all()`",
            ),
            Self::CliNotFound { searched, refused } => {
                f.write_str("no `claude` executable found; searched ")?;
                if searched.is_empty() {
                    f.write_str("nowhere, because neither PATH nor a home directory is set")?;
                }
                for (index, path) in searched.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{}", path.display())?;
                    if let Some((_, why)) = refused.iter().find(|(refused, _)| refused == path) {
                        write!(f, " ({why})")?;
                    }
                }
                write!(f, "; {HINT}")
            }
            Self::CwdMissing { cwd, why } => write!(f, "the working directory {} {why}; create it, or choose another", cwd.display()),
            Self::PermissionDenied { path } => {
                write!(f, "no permission to execute or enter {}; check its mode and that of the directories above", path.display())
            }
            Self::BadExecutable { program } => write!(
                f,
                "{} cannot be executed here: not a program for this system, or its interpreter is missing; reinstall the CLI",
                program.display()
            ),
            Self::Spawn { program } => write!(f, "the system did not start {}", program.display()),
            Self::Other => f.write_str("the transport could not be opened"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn the_message_includes_the_cause_if_needed() {
        let other = Error::other("no route to build-7");
        assert_eq!(other.to_string(), "the transport could not be opened: no route to build-7");
        let limit = Error::spawn(Path::new("/bin/sh"), io::Error::from_raw_os_error(11));
        assert!(limit.is_spawn(), "{limit}");
        assert!(limit.to_string().starts_with("the system did not start /bin/sh: "), "{limit}");
        assert!(limit.to_string().ends_with(&limit.source().unwrap().to_string()), "{limit}");
        assert_eq!(format!("{limit:?}"), format!("Error({limit})"));
    }
}
