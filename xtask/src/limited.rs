//! Programs that may take a limited time.

use std::process::{Output, Stdio};
use std::time::Duration;

use claude_wire_cli::Failure;
use tokio::process::Command;
use tokio::time::timeout;

/// Runs a program without input, and returns its output. One that is not at its end in time is killed.
/// One of its children that keeps its output open is waited for no longer, either.
pub(crate) async fn output(command: &mut Command, limit: Duration) -> Result<Output, Failure> {
    command.stdin(Stdio::null()).kill_on_drop(true);
    match timeout(limit, command.output()).await {
        Ok(output) => output.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no end after {} s", limit.as_secs_f64())),
    }
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    async fn run(script: &str, limit: Duration) -> Result<Output, Failure> {
        output(Command::new("sh").args(["-c", script]), limit).await
    }

    #[tokio::test]
    async fn the_output_of_a_program_is_that_of_both_streams() {
        let ran =
            run("cat; echo out; echo err >&2; exit 3", Duration::from_secs(60)).await.unwrap();
        assert_eq!((ran.stdout.as_slice(), ran.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
        assert_eq!(ran.status.code(), Some(3));
    }

    #[tokio::test]
    async fn a_program_that_does_not_end_is_an_error() {
        for script in ["exec sleep 30", "sleep 30 & exit 0", "exec yes >/dev/null"] {
            let why = run(script, Duration::from_millis(200)).await.unwrap_err();
            assert_eq!(why, "no end after 0.2 s", "{script}");
        }
    }

    #[tokio::test]
    async fn a_program_that_is_missing_is_an_error() {
        let why = output(&mut Command::new("/no/such/program"), Duration::from_secs(60)).await;
        assert!(why.unwrap_err().contains("No such file"));
    }
}
