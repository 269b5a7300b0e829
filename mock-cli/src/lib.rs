//! The programs `mock-claude` and `claude-wire`. They are what this package is for; as a library it
//! promises nothing.
//!
//! * `mock_claude`: the stand-in for the Claude Code CLI.
//! * `tool`: the commands of `claude-wire`.
//! * `lab` (feature `lab`): the corpus, and what plays it to a real CLI. `claude-wire drift` uses
//!   it, and the repository's `xtask`.

#![warn(clippy::unwrap_used)]

mod exit_codes;
#[cfg(feature = "lab")]
#[doc(hidden)]
pub mod lab;
mod mock_claude;
mod pass_through;
mod session_host;
mod tool;

use std::process::ExitCode;

/// The `main` of `mock-claude`.
pub fn mock_claude() -> ExitCode {
    mock_claude::main()
}

/// The `main` of `claude-wire`.
pub fn claude_wire() -> ExitCode {
    tool::main()
}

/// What a command found.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Found {
    /// All is well.
    Nothing,
    /// Something that the command looks for.
    Something,
}

/// Why a command could not do its work.
#[doc(hidden)]
pub type Failure = String;

/// Whether a text is a uuid in the usual form.
#[doc(hidden)]
pub fn is_uuid(text: &str) -> bool {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// Ends a command: 0 where nothing was found, 1 where something was, 2 where the command could not
/// do its work, with the reason on stderr.
#[doc(hidden)]
pub fn end(program: &str, done: Result<Found, Failure>) -> ExitCode {
    match done {
        Ok(Found::Nothing) => ExitCode::SUCCESS,
        Ok(Found::Something) => ExitCode::from(exit_codes::FOUND),
        Err(why) => {
            eprintln!("{program}: {why}");
            ExitCode::from(exit_codes::FAILED)
        }
    }
}
