//! claude-wire

#[path = "../install/mod.rs"]
mod install;

use std::process::ExitCode;

use clap::Parser;

#[derive(Debug, Parser)]
#[command(version)]
enum Tool {
    Install(install::Install),
}

fn main() -> ExitCode {
    match Tool::parse() {
        Tool::Install(install) => match install.run() {
            Ok(path) => {
                println!("{}", path.display());
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("claude-wire install: {error}");
                ExitCode::FAILURE
            }
        },
    }
}
