//! The stand-in for the Claude Code CLI: `mock-claude --help`.

fn main() -> std::process::ExitCode {
    claude_wire_cli::mock_claude()
}
