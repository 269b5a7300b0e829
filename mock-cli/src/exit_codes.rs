//! The exit codes of both programs. They are stable: scripts may rely on them.

/// A command of `claude-wire` found something.
pub(crate) const FOUND: u8 = 1;

/// A command of `claude-wire` could not do its work.
pub(crate) const FAILED: u8 = 2;

/// `mock-claude` refuses its arguments, as the CLI does.
pub(crate) const REFUSED: u8 = 1;

/// `mock-claude` has nothing to play, or cannot.
pub(crate) const CONFIG: u8 = 78;

/// The table, for the help of both.
pub(crate) const EXIT_CODES: &str = "\
Exit codes, which do not change:
  code  claude-wire
  0     all is well
  1     something was found: a malformed line, a recording that does not replay to its end, an entry or a recording that differs, a
        launch that is not accepted, a fault that `doctor` names
  2     the command could not do its work: wrong arguments, a file that cannot be read or written, a CLI that cannot be installed
  any   `record` ends as the program did: with its code, or 128 plus the number of the signal
  code  mock-claude
  1     the arguments are ones that the CLI refuses
  70    the input differs from the recording, or did not come in time
  78    nothing to play, a file cannot be read or written, or the environment asks for something unsupported
  any   otherwise as recorded; where the real CLI runs, its own";

#[cfg(test)]
mod tests {
    use claude_wire::transport::Exit;

    use super::*;

    #[test]
    fn every_code_is_in_the_table_of_its_program() {
        let (tool, mock) = EXIT_CODES.split_once("  code  mock-claude\n").unwrap_or_default();
        let has = |table: &str, code: i32| {
            table.lines().any(|line| line.trim().split(' ').next() == Some(&code.to_string()))
        };
        for code in [0, FOUND, FAILED] {
            assert!(has(tool, code.into()), "{code}");
        }
        for code in [REFUSED.into(), CONFIG.into(), Exit::DIVERGED] {
            assert!(has(mock, code), "{code}");
        }
    }
}
