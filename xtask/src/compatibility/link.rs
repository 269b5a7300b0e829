//! Links to programs, in the folders in which clients look for them.

#[cfg(unix)]
pub(super) use std::os::unix::fs::symlink;

/// The programs of others are run on Unix only.
#[cfg(not(unix))]
pub(super) fn symlink(
    _original: impl AsRef<std::path::Path>,
    _link: impl AsRef<std::path::Path>,
) -> std::io::Result<()> {
    Err(std::io::Error::new(std::io::ErrorKind::Unsupported, "symbolic links need Unix"))
}
