//! What happens to the options when a session starts: the CLI is made to ask it for permissions, and
//! what depends on the CLI and on this machine is checked.

use std::io::ErrorKind;
use std::path::Path;

use super::check::Checked;
use super::error::shown;
use super::{OptionError, Options, SettingSource};

/// The name that makes the CLI ask its host, by `can_use_tool` requests, and not an MCP tool.
const HOST: &str = "stdio";

impl Options {
    /// Makes the CLI ask the session about permissions. The session calls it when it has a handler.
    ///
    /// # Errors
    ///
    /// A `permission_prompt_tool` is set already: only one of the two can be asked.
    pub(crate) fn ask_host(&mut self) -> Result<(), OptionError> {
        match &self.permission_prompt_tool {
            Some(tool) if tool != HOST => {
                let expected = "no tool beside a permission handler";
                Err(OptionError::new("permission_prompt_tool", expected, shown(tool)))
            }
            _ => {
                self.permission_prompt_tool = Some(HOST.to_owned());
                Ok(())
            }
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handler_sets_the_stdio_prompt_tool() {
        let mut options = Options::default();
        options.ask_host().unwrap();
        let args = options.args().unwrap();
        assert!(args.windows(2).any(|pair| pair == ["--permission-prompt-tool", "stdio"]));
        options.ask_host().unwrap();
    }

    #[test]
    fn a_handler_together_with_a_prompt_tool_is_refused() {
        let mut options = Options::default().permission_prompt_tool("mcp__auth__ask");
        let error = options.ask_host().unwrap_err();
        assert_eq!(
            error.to_string(),
            "option `permission_prompt_tool`: expected no tool beside a permission handler, \
             got \"mcp__auth__ask\""
        );
    }
}
