//! The command line.

use std::ffi::OsString;

use super::argv::Argv;
use super::check::Checked;
use super::declare::TABLE;
use super::error::shown;
use super::{OptionError, Options};

impl Options {
    /// Returns the arguments for the CLI, without the program: first the fixed ones, then each
    /// option that is set.
    ///
    /// An option that is off, such as `debug(false)`, writes nothing.
    ///
    /// # Errors
    ///
    /// Those of [`Options::validate`].
    pub fn args(&self) -> Result<Vec<OsString>, OptionError> {
        self.validate()?;
        let mut argv = Argv::new();
        // Arguments of two combined options are written by one of them.
        let whole = Options {
            debug: self.debug.filter(|_| self.debug_file.is_none()),
            ..self.with_allowed_rules()
        };
        whole.write(&mut argv);
        self.announce_initialize(&mut argv);
        argv.extra(self.extra_args.as_deref().unwrap_or_default());
        Ok(argv.into_arguments())
    }

    /// Is a flag set that has no option?
    pub(super) fn has_extra(&self, flag: &str) -> bool {
        self.extra_args.iter().flatten().any(|(name, _)| name == flag)
    }

    /// An extra flag is not one that an option or the SDK itself writes.
    pub(super) fn check_extra_flags(&self) -> Checked {
        match self.extra_args.iter().flatten().find(|(flag, _)| is_owned(flag)) {
            Some((flag, _)) => Err(OptionError::new(
                "extra_args",
                "flags that the SDK does not set itself; use its option",
                shown(flag),
            )),
            None => Ok(()),
        }
    }
}

/// Flags that are essential for the conversation with the CLI, flags that print something and exit,
/// and two that the CLI does not have.
const FIXED: [&str; 10] = [
    "cwd",
    "help",
    "input-format",
    "managed-settings",
    "output-format",
    "print",
    "system-prompt-snapshot",
    "timeout",
    "verbose",
    "version",
];

/// Whether an option or the SDK itself writes this flag.
fn is_owned(flag: &str) -> bool {
    let owned = || TABLE.iter().flat_map(|row| row.flags);
    FIXED.contains(&flag) || owned().any(|owned| owned.strip_prefix("--") == Some(flag))
}
