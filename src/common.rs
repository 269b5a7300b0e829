//! Helpers for all layers: the `Debug` of errors, locks, private files, and texts for display.

#[cfg(feature = "history")]
mod date;

#[cfg(any(test, feature = "session"))]
use std::borrow::Cow;
#[cfg(feature = "session")]
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

#[cfg(feature = "player")]
pub(crate) use self::date::{civil, rfc3339};
#[cfg(feature = "history")]
pub(crate) use self::date::{parse_millis, rfc3339_millis};

/// `Debug` that shows the message, since `unwrap` and `?` in a test print it.
macro_rules! debug_is_message {
    ($type:ident) => {
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($type), "({})"), self)
            }
        }
    };
}

/// Locks, even if a thread panicked while it had the lock: no code here panics in the middle of a
/// change, so the value is consistent.
#[cfg(feature = "session")]
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The time after this one, for any duration: `Duration::MAX` is accepted as without limit, and is
/// later than any program runs.
#[cfg(feature = "session")]
pub(crate) fn later<I: From<Instant> + Into<Instant>>(now: I, time: Duration) -> I {
    const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 3600);
    let now = now.into();
    now.checked_add(time).unwrap_or_else(|| now + FAR).into()
}

/// The first `limit` characters of a text; `…` marks that there are more.
#[cfg(any(test, feature = "session"))]
pub(crate) fn clip(text: &str, limit: usize) -> Cow<'_, str> {
    match text.char_indices().nth(limit) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// The error in the words of the system, for a log: without what a program has added to it.
#[cfg(feature = "session")]
pub(crate) fn os_error(error: &std::io::Error) -> std::io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), std::io::Error::from_raw_os_error)
}

/// Creates files that only their owner can read: they may contain secrets that no rule recognises.
#[cfg(feature = "history")]
pub(crate) fn owned(options: &mut std::fs::OpenOptions) -> &mut std::fs::OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// For the error of a file: which folder a relative path was looked for in.
#[cfg(feature = "recording")]
pub(crate) fn looked_in(path: &std::path::Path) -> String {
    if path.is_absolute() {
        return String::new();
    }
    std::env::current_dir().map_or_else(
        |_| String::new(),
        |folder| format!("; it was looked for in {}", folder.display()),
    )
}

/// Whether a text is a uuid in the usual form: `0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f`.
#[cfg(any(feature = "history", feature = "recording"))]
pub(crate) fn is_uuid(text: &[u8]) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse_ascii(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(clip("abc", 3), "abc");
        assert_eq!(clip("äöüß", 3), "äöü…");
        assert_eq!(clip("", 0), "");
    }

    #[cfg(feature = "session")]
    #[test]
    fn every_time_has_a_later_one() {
        let now = Instant::now();
        assert_eq!(later(now, Duration::from_secs(5)), now + Duration::from_secs(5));
        let far = later(now, Duration::MAX);
        assert!(far > now + Duration::from_secs(1_000_000_000 / 2));
        assert!(later(tokio::time::Instant::from_std(far), Duration::MAX).into_std() > far);
    }

    #[cfg(feature = "recording")]
    #[test]
    fn a_relative_path_names_its_folder() {
        let here = std::env::current_dir().unwrap();
        let text = looked_in(std::path::Path::new("recordings/x.jsonl"));
        assert_eq!(text, format!("; it was looked for in {}", here.display()));
        assert_eq!(looked_in(&here.join("x.jsonl")), "");
    }

    #[cfg(any(feature = "history", feature = "recording"))]
    #[test]
    fn only_the_usual_form_is_a_uuid() {
        assert!(is_uuid(b"0a1b2c3d-0000-4000-8000-0A1B2C3D4E5F"));
        for text in [
            "0a1b2c3d00004000800000a1b2c3d4e5f",
            "0a1b2c3d-0000-4000-8000-0a1b2c3d4e5",
            "0a1b2c3d-0000-4000-8000-0a1b2c3d4e5g",
            "0a1b2c3d_0000_4000_8000_0a1b2c3d4e5f",
            "{a1b2c3d-0000-4000-8000-0a1b2c3d4e5}",
            "",
        ] {
            assert!(!is_uuid(text.as_bytes()), "{text}");
        }
    }
}
