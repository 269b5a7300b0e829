//! Each kind of spawn failure has its own error, which names what was checked.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::PathBuf;

use crate::process_support::{args, script, shell};
use claude_wire::transport::{CliPath, Error, Launch, OrphanGuard, Process, Transport};

async fn refusal(transport: &Process, launch: Launch) -> Error {
    transport.open(launch).await.unwrap_err()
}

#[tokio::test]
async fn a_missing_cli() {
    let error =
        refusal(&Process::new(CliPath::Explicit("/nowhere/claude".into())), Launch::default())
            .await;
    assert!(error.is_cli_not_found() && !error.is_spawn() && !error.is_cwd_missing());
    assert_eq!(error.searched(), [PathBuf::from("/nowhere/claude")]);
    assert!(error.to_string().contains("/nowhere/claude; install it with `npm install"), "{error}");
}

#[tokio::test]
async fn a_missing_directory_is_not_a_missing_cli() {
    for cli in ["/bin/sh", "/nowhere/claude"] {
        let launch = Launch { cwd: Some("/nowhere/project".into()), ..script("true") };
        let error = refusal(&Process::new(CliPath::Explicit(cli.into())), launch).await;
        assert!(
            error.is_cwd_missing() && !error.is_cli_not_found() && !error.is_spawn(),
            "{error}"
        );
        assert!(error.to_string().contains("/nowhere/project does not exist"), "{error}");
    }
}

#[tokio::test]
async fn a_file_is_not_a_working_directory() {
    let error = refusal(&shell(), Launch { cwd: Some("/bin/sh".into()), ..script("true") }).await;
    assert!(error.is_cwd_missing());
    assert!(error.to_string().contains("/bin/sh is not a directory"), "{error}");
}

#[tokio::test]
async fn a_file_without_permission() {
    let root = tempfile::TempDir::new().unwrap();
    let cli = root.path().join("claude");
    fs::write(&cli, "#!/bin/sh\n").unwrap();
    for orphan_guard in [OrphanGuard::Off, OrphanGuard::IfPossible, OrphanGuard::Required] {
        let launch = Launch { orphan_guard, ..Launch::default() };
        let error = refusal(&Process::new(CliPath::Explicit(cli.clone())), launch).await;
        assert!(
            error.is_permission_denied() && error.is_spawn() && !error.is_cli_not_found(),
            "{orphan_guard:?} {error}"
        );
        assert!(error.to_string().contains(&cli.display().to_string()), "{error}");
    }
}

#[tokio::test]
async fn an_argument_with_a_nul_byte() {
    let error = refusal(&shell(), args(["-c", "canary\0"])).await;
    assert!(error.is_spawn() && !error.is_bad_executable(), "{error}");
    assert!(error.to_string().contains("/bin/sh: nul byte"), "the error has the reason: {error}");
    assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
}

#[test]
fn no_runtime() {
    let transport = shell();
    let opened = futures_util::FutureExt::now_or_never(transport.open(script("true"))).unwrap();
    assert!(opened.unwrap_err().to_string().contains("tokio runtime"));
}

#[test]
fn a_runtime_without_io() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert!(runtime.block_on(shell().open(script("true"))).is_err());
}
