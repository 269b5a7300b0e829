//! When the tests run, and how many ran.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use claude_wire::lab::{Network, real_cli};
use libtest_mimic::{Arguments, Trial};

/// Far longer than any of them takes on a loaded machine: a test that waits this long has failed.
const LIMIT: Duration = Duration::from_secs(120);

pub(crate) fn main(trials: Vec<Trial>) -> ExitCode {
    let arguments = Arguments::from_args();
    let Some(cli) = real_cli() else {
        let _ = libtest_mimic::run(
            &arguments,
            trials.into_iter().map(|trial| trial.with_ignored_flag(true)).collect(),
        );
        eprintln!(
            "real_cli: SKIPPED, nothing ran: CLAUDE_WIRE_REAL_CLI names no real CLI (`claude-wire install` fetches one)"
        );
        return ExitCode::SUCCESS;
    };
    if let Err(error) = check(&cli) {
        eprintln!("real_cli: FAILED, nothing ran: {error}");
        return ExitCode::FAILURE;
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    let ran = conclusion.num_passed + conclusion.num_failed;
    eprintln!("real_cli: {ran} ran against {}", cli.display());
    if conclusion.has_failed() || (ran == 0 && !arguments.list) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

pub(crate) fn trial<Fut: Future<Output = ()> + 'static>(name: &str, test: fn() -> Fut) -> Trial {
    Trial::test(name, move || {
        block_on(test());
        Ok(())
    })
}

fn check(cli: &Path) -> Result<(), String> {
    if !cli.is_file() {
        return Err(format!(
            "CLAUDE_WIRE_REAL_CLI names {}, but that file does not exist",
            cli.display()
        ));
    }
    Network::verify_closed().map(drop).map_err(|error| error.to_string())
}

fn block_on(test: impl Future<Output = ()>) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async { tokio::time::timeout(LIMIT, test).await.expect("a test that ends") });
}
