//! The real CLI in the loop: what a session does with it, one behaviour per file.
//!
//! Runs where `CLAUDE_WIRE_REAL_CLI` names a CLI, inside a network namespace that only has loopback, and says so where it does not run.

#[cfg(feature = "fake-api")]
mod harness;
#[cfg(feature = "fake-api")]
mod support;

/// Each name is a file with one test, `run`.
#[cfg(feature = "fake-api")]
macro_rules! tests {
    ($($name:ident),* $(,)?) => {
        $(mod $name;)*

        fn trials() -> Vec<libtest_mimic::Trial> {
            vec![$(harness::trial(stringify!($name), $name::run)),*]
        }
    };
}

#[cfg(feature = "fake-api")]
tests![one_shot, three_turns,];

#[cfg(feature = "fake-api")]
fn main() -> std::process::ExitCode {
    harness::main(trials())
}

#[cfg(not(feature = "fake-api"))]
fn main() {
    eprintln!("real_cli: SKIPPED, nothing ran: it needs `--features fake-api`, and CLAUDE_WIRE_REAL_CLI to name a real CLI");
}
