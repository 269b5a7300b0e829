//! A file with execute permission that cannot be executed.
//!
//! One test per file: a child started at the same time would keep the file open for writing.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use claude_wire::transport::{CliPath, Launch, OrphanGuard, Process, Transport};

#[tokio::test]
async fn has_its_own_error() {
    let root = tempfile::TempDir::new().unwrap();
    for (name, bytes) in
        [("wrong-format", "\x7fnot a program"), ("no-interpreter", "#!/nowhere/node\n")]
    {
        let cli = root.path().join(name);
        fs::write(&cli, bytes).unwrap();
        fs::set_permissions(&cli, fs::Permissions::from_mode(0o755)).unwrap();
        let error = Process::new(CliPath::Explicit(cli)).open(Launch::default()).await.unwrap_err();
        assert!(error.is_bad_executable() && error.is_spawn(), "{name}: {error}");
        assert!(!error.is_cli_not_found() && !error.is_permission_denied(), "{name}: {error}");
        assert!(error.to_string().contains(name), "{error}");
    }
    // `setpriv`, which starts a program under a guard, can be executed.
    for orphan_guard in [OrphanGuard::IfPossible, OrphanGuard::Required] {
        for (line, is_fine) in [
            ("#!/nowhere/node\n", false),
            ("#! /nowhere/node -x\n", false),
            ("#!/bin/sh\n", true),
            ("#! /bin/sh -e\n", true),
        ] {
            // A new file each time: the last one may still be read.
            let cli =
                root.path().join(format!("cli-{}", fs::read_dir(root.path()).unwrap().count()));
            fs::write(&cli, line).unwrap();
            fs::set_permissions(&cli, fs::Permissions::from_mode(0o755)).unwrap();
            let launch = Launch { orphan_guard, ..Launch::default() };
            let opened = Process::new(CliPath::Explicit(cli)).open(launch).await;
            let error = opened.map(drop).err();
            assert_eq!(error.is_none(), is_fine, "{orphan_guard:?} {line}: {error:?}");
            assert!(error.is_none_or(|error| error.is_bad_executable()), "{orphan_guard:?} {line}");
        }
    }
}
