//! What the commands of both programs use.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, ExitCode};

use crate::exit_codes;

/// What a command found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Found {
    /// All is well.
    Nothing,
    /// Something that the command looks for.
    Something,
}

/// Why a command could not do its work.
pub type Failure = String;

/// Whether a text is a uuid in the usual form.
pub fn is_uuid(text: &str) -> bool {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// The first `most` characters of a text, and how many more there are.
pub fn clip(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => {
            let more = text.chars().count() - most;
            format!("{}… ({more} more characters)", text.get(..end).unwrap_or_default()).into()
        }
        None => text.into(),
    }
}

/// Prints a line to stderr. Unlike `eprintln!` it does not panic where the reader has gone, so that the
/// exit code stays what it is.
pub(crate) fn complain(line: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Removes the `CLAUDE_WIRE_*` variables of this process from the environment of a program, which then
/// has only those that are set for it afterwards.
pub fn without_own_variables(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CLAUDE_WIRE_") {
            command.env_remove(name);
        }
    }
}

/// An error about a file: its path, why, and for a relative path the folder it was looked for in.
pub(crate) fn at(path: &Path, why: impl fmt::Display) -> Failure {
    let folder = match std::env::current_dir() {
        Ok(folder) if path.is_relative() => {
            format!("; it was looked for in {}", folder.display())
        }
        _ => String::new(),
    };
    format!("{}: {why}{folder}", path.display())
}

/// Ends a command: 0 where nothing was found, 1 where something was, 2 where the command could not
/// do its work, with the reason on stderr.
pub fn end(program: &str, done: Result<Found, Failure>) -> ExitCode {
    match done {
        Ok(Found::Nothing) => ExitCode::SUCCESS,
        Ok(Found::Something) => ExitCode::from(exit_codes::FOUND),
        Err(why) => {
            complain(format_args!("{program}: {why}"));
            ExitCode::from(exit_codes::FAILED)
        }
    }
}
