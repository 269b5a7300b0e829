//! What is checked when a session starts, and depends on more than the options: on the CLI, and on
//! this machine.

use std::io::ErrorKind;
use std::path::Path;

use super::check::Checked;
use super::error::shown;
use super::{OptionError, Options, PermissionMode, PermissionPrompts, SettingSource};

impl Options {
    /// Checks the words on which the CLI would exit, and its directory if it runs on this machine.
    ///
    /// Not a part of [`validate`](Options::validate), which reads nothing, and passes on a word of
    /// whatever version of the CLI.
    pub(in crate::session) fn check_start(&self, runs_here: bool) -> Checked {
        if let Some(PermissionMode::Other(word)) = &self.permission_mode
            && &**word != "manual"
        {
            return Err(unknown("permission_mode", PermissionMode::KNOWN, word));
        }
        if let Some(PermissionPrompts::Other(word)) = &self.permission_prompts {
            return Err(unknown("permission_prompts", PermissionPrompts::KNOWN, word));
        }
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

fn unknown(field: &'static str, known: &[&str], word: &str) -> OptionError {
    OptionError::new(field, format!("one of {}", known.join(", ")), shown(word))
}

/// The directory exists and may be entered.
fn directory(field: &'static str, path: &Path) -> Checked {
    // The dot makes a file an error, and needs the permission to enter.
    let Err(error) = path.join(".").metadata() else { return Ok(()) };
    let why = match error.kind() {
        ErrorKind::NotFound => "which does not exist".to_owned(),
        ErrorKind::NotADirectory => "which is not a directory".to_owned(),
        _ => format!("which cannot be entered: {error}"),
    };
    let got = format!("{}, {why}", shown(&path.display().to_string()));
    Err(OptionError::new(field, "a directory of this machine", got))
}
