//! What is checked when a session starts, and depends on the CLI or on this machine.

use std::io::ErrorKind;
use std::path::Path;

use super::check::Checked;
use super::error::shown;
use super::{OptionError, Options, SettingSource};

impl Options {
    /// Checks the values on which the CLI would exit, and its directory if it runs on this machine.
    ///
    /// Not part of [`validate`](Options::validate), which reads nothing and accepts values of any
    /// version of the CLI.
    pub(in crate::session) fn check_start(&self, runs_here: bool) -> Checked {
        self.check_permission_words()?;
        for source in self.setting_sources.iter().flatten() {
            if let SettingSource::Other(word) = source {
                return Err(unknown("setting_sources", SettingSource::KNOWN, word));
            }
        }
        match &self.cwd {
            Some(cwd) if runs_here => directory("cwd", cwd),
            _ => Ok(()),
        }
    }
}

pub(super) fn unknown(field: &'static str, known: &[&str], word: &str) -> OptionError {
    OptionError::new(field, format!("one of {}", known.join(", ")), shown(word))
}

/// Checks that the directory exists and may be entered.
fn directory(field: &'static str, path: &Path) -> Checked {
    // The dot makes a file an error, and requires the permission to enter.
    let Err(error) = path.join(".").metadata() else { return Ok(()) };
    let why = match error.kind() {
        ErrorKind::NotFound => "which does not exist".to_owned(),
        ErrorKind::NotADirectory => "which is not a directory".to_owned(),
        _ => format!("which cannot be entered: {error}"),
    };
    let got = format!("{}, {why}", shown(&path.display().to_string()));
    Err(OptionError::new(field, "a directory of this machine", got))
}
