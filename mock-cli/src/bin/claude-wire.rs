//! The tool for recordings and for the CLI: `claude-wire --help`.

fn main() -> std::process::ExitCode {
    claude_wire_cli::claude_wire()
}
