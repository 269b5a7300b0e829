//! Closing the standard streams of this process, so that the other side of each sees the end.
//!
//! A standard stream cannot be closed for good: the next file would take its number. The null device takes its place.

#[cfg(unix)]
macro_rules! replace {
    ($with:path) => {
        if let Ok(null) = std::fs::File::options().read(true).write(true).open("/dev/null") {
            // What cannot be replaced stays open until the process ends.
            let _ = $with(&null);
        }
    };
}

pub(super) fn close_stdin() {
    #[cfg(unix)]
    replace!(rustix::stdio::dup2_stdin);
}

pub(super) fn close_stdout() {
    #[cfg(unix)]
    replace!(rustix::stdio::dup2_stdout);
}
