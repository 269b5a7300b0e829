//! How a process ended, as recordings and transports say it.

use crate::recording::RecordedExit;
use crate::transport::Exit;

/// A signal without a name that is the same on every Unix is `SIG` and its number.
impl From<Exit> for RecordedExit {
    fn from(exit: Exit) -> Self {
        match (exit.code, exit.signal) {
            (Some(code), _) => Self::code(code),
            (None, Some(number)) => Self::signal(
                exit.signal_name().map_or_else(|| format!("SIG{number}"), str::to_owned),
            ),
            (None, None) => Self::default(),
        }
    }
}

/// The recorded exit, as this machine has it.
pub(super) fn exit_of(exit: &RecordedExit) -> Exit {
    let signal = exit.signal.as_deref().and_then(super::signal::number);
    // A signal that has no number here is still no success.
    let code = exit.code.or(if signal.is_none() {
        Some(if exit.signal.is_some() { 1 } else { 0 })
    } else {
        None
    });
    Exit { code, signal }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_is_recorded_with_its_code_or_its_signal() {
        let with = |code, signal| RecordedExit::from(Exit { code, signal });
        assert_eq!(with(Some(0), None), RecordedExit::code(0));
        assert_eq!(with(Some(143), Some(15)), RecordedExit::code(143));
        assert_eq!(with(None, Some(9)), RecordedExit::signal("SIGKILL"));
        assert_eq!(with(None, Some(64)), RecordedExit::signal("SIG64"));
        assert_eq!(with(None, None), RecordedExit::default());
    }
}
