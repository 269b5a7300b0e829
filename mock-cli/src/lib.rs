//! The programs `mock-claude` and `claude-wire`. They are what this package is for; as a library it
//! promises nothing.
//!
//! * `mock_claude`: the stand-in for the Claude Code CLI.
//! * `tool`: the commands of `claude-wire`.
//! * `lab` (feature `lab`): the corpus, and what plays it to a real CLI. `claude-wire drift` uses
//!   it, and the repository's `xtask`.

#![warn(clippy::unwrap_used)]

mod common;
mod exit_codes;
#[cfg(feature = "lab")]
#[doc(hidden)]
pub mod lab;
mod mock_claude;
mod pass_through;
mod session_host;
mod tool;

use std::process::ExitCode;

use self::common::at;
#[doc(hidden)]
pub use self::common::{Failure, Found, clip, end, is_uuid, without_own_variables};

/// The `main` of `mock-claude`.
pub fn mock_claude() -> ExitCode {
    mock_claude::main()
}

/// The `main` of `claude-wire`.
pub fn claude_wire() -> ExitCode {
    tool::main()
}
