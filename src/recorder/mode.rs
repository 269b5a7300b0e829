//! Whether a test replays or records.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::str::FromStr;

use super::error::Error;

const VARIABLE: &str = "CLAUDE_WIRE_RECORD";
const IN_CI: &str = "CLAUDE_WIRE_RECORD_IN_CI";

/// What a test with a recording does: replays it, records it, or neither. See
/// [`Recorded`](super::Recorded).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mode {
    /// `none`: replays the recording. A missing one is an error.
    #[default]
    None,
    /// `once`: replays the recording if it exists, otherwise records it.
    Once,
    /// `rewrite`: records again.
    Rewrite,
    /// `passthrough`: neither replays nor records; uses only the real CLI.
    Passthrough,
}

impl Mode {
    /// The mode in the environment variable `CLAUDE_WIRE_RECORD`; [`None`](Self::None) if it is
    /// unset or empty.
    ///
    /// # Errors
    /// If it is not one of the four names: a misspelt `none` must not start the real CLI.
    pub fn from_env() -> Result<Self, Error> {
        Self::of(env::var_os(VARIABLE))
    }

    /// The name, as in `CLAUDE_WIRE_RECORD`.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Once => "once",
            Self::Rewrite => "rewrite",
            Self::Passthrough => "passthrough",
        }
    }

    /// Whether recording is refused in an environment with these variables: on a build server (`CI`
    /// is set) without `CLAUDE_WIRE_RECORD_IN_CI=1`. No one would look at a new recording there.
    pub fn is_refused_where(var: impl Fn(&str) -> Option<OsString>) -> bool {
        let is_on = |name: &str| {
            var(name).is_some_and(|value| !value.is_empty() && value != "0" && value != "false")
        };
        is_on("CI") && !is_on(IN_CI)
    }

    fn of(value: Option<OsString>) -> Result<Self, Error> {
        match value.filter(|value| !value.is_empty()) {
            Some(value) => value.to_string_lossy().parse(),
            None => Ok(Self::default()),
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Mode {
    type Err = Error;

    /// Parses a name.
    fn from_str(name: &str) -> Result<Self, Error> {
        let modes = [Self::None, Self::Once, Self::Rewrite, Self::Passthrough];
        modes.into_iter().find(|mode| mode.name() == name).ok_or_else(|| Error::mode(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mode_is_one_of_four_and_defaults_to_none() {
        for (value, mode) in [
            ("", Mode::None),
            ("none", Mode::None),
            ("once", Mode::Once),
            ("rewrite", Mode::Rewrite),
            ("passthrough", Mode::Passthrough),
        ] {
            assert_eq!(Mode::of(Some(value.into())).unwrap(), mode);
        }
        assert_eq!(Mode::of(None).unwrap(), Mode::None);
    }

    #[test]
    fn a_misspelt_mode_is_an_error_that_lists_them() {
        for wrong in ["onec", "None", "all", " once"] {
            let error = Mode::of(Some(wrong.into())).unwrap_err();
            let text = error.to_string();
            assert!(
                error.is_unknown_mode()
                    && text.contains(wrong)
                    && text.contains("none, once, rewrite, passthrough"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_build_server_records_only_on_request() {
        let refused = |vars: &[(&str, &str)]| {
            Mode::is_refused_where(|name| {
                vars.iter().find(|(var, _)| *var == name).map(|(_, value)| value.into())
            })
        };
        assert!(refused(&[("CI", "true")]) && refused(&[("CI", "1"), (IN_CI, "0")]));
        assert!(
            !refused(&[])
                && !refused(&[("CI", "")])
                && !refused(&[("CI", "false")])
                && !refused(&[("CI", "true"), (IN_CI, "1")])
        );
    }
}
