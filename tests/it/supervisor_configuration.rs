//! What another start would not help: a child that cannot start with it is not tried again.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use claude_wire::session::{Matcher, OrphanGuard};
use claude_wire::supervisor::{
    Backoff, ChildSpec, ChildState, Supervisor, SupervisorError, SupervisorEvent,
};
use claude_wire::transport::{CliPath, Exit, Launcher, Memory, Process};
use claude_wire::wire::hook::PreToolUse;
use claude_wire::{Session, SessionBuilder};

use crate::supervisor_support::{SECOND, noted, text};
use crate::support::cli::{Launches, echo};

type Make = fn(SessionBuilder) -> SessionBuilder;
type Reach = fn() -> Memory;

/// A child that was up rests, and its next start is of another builder.
#[tokio::test(start_paused = true)]
async fn a_child_that_cannot_start_as_it_is_made_now_has_failed() {
    let wrong: [(&str, Make); 5] = [
        ("an orphan guard that is not possible", |builder| {
            builder.orphan_guard(OrphanGuard::Required)
        }),
        ("a CLI that ignores a hook that guards", |builder| {
            let guard = Matcher::new("Bash").block_on_failure();
            builder.on_hook(guard, |_: PreToolUse, _| async {})
        }),
        ("an option", |builder| builder.max_turns(0)),
        ("no CLI", |builder| {
            builder.transport(Process::new(CliPath::Explicit("/nothing/claude".into())))
        }),
        ("no working directory", |builder| {
            let shell = Process::new(CliPath::Explicit(std::env::current_exe().unwrap()));
            builder.transport(shell).cwd("/nothing")
        }),
    ];
    for (what, make) in wrong {
        assert_eq!(state_after(make, 60 * SECOND).await, ChildState::Failed, "{what}");
    }
}

/// Under the default guard it is another program that starts the CLI.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_child_whose_cli_cannot_be_executed_has_failed() {
    use std::os::unix::fs::PermissionsExt as _;

    let root = tempfile::tempdir().unwrap();
    for (what, text, mode) in [
        ("no permission", "#!/bin/sh\n", 0o644),
        ("no interpreter", "#!/nowhere/node\n", 0o755),
        ("no interpreter on PATH", "#!/usr/bin/env no-such-node\n", 0o755),
        ("not a program", "\x7fnot a program", 0o755),
    ] {
        for guard in [None, Some(OrphanGuard::Off), Some(OrphanGuard::Required)] {
            let cli = root.path().join(what);
            std::fs::write(&cli, text).unwrap();
            std::fs::set_permissions(&cli, std::fs::Permissions::from_mode(mode)).unwrap();
            let make = move |builder: SessionBuilder| {
                let builder = builder.transport(Process::new(CliPath::Explicit(cli.clone())));
                guard.map_or(builder.clone(), |guard| builder.orphan_guard(guard))
            };
            let state = state_after(make, SECOND / 1000).await;
            assert_eq!(state, ChildState::Failed, "{what} {guard:?}");
        }
    }
}

/// What may be over at the next start is a crash.
#[tokio::test(start_paused = true)]
async fn a_child_that_may_start_the_next_time_is_restarted() {
    let crashes: [(&str, Reach); 2] = [
        ("a crash", || {
            noted(&Launches::default(), |_, mut cli| async move {
                cli.handshake().await;
                Exit::from_code(7)
            })
        }),
        ("silence", || {
            noted(&Launches::default(), |_, mut cli| async move {
                cli.drain().await;
                Exit::from_code(0)
            })
        }),
    ];
    for (what, transport) in crashes {
        let make = move |builder: SessionBuilder| builder.transport(transport());
        assert_eq!(state_after(make, 60 * SECOND).await, ChildState::Restarting, "{what}");
    }
}

/// The CLI exits with 1 for its options, and for what the system refuses.
#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_cli_is_told_from_one_of_the_system() {
    use ChildState::{Failed, Restarting};
    for (text, expected) in [
        ("error: unknown option '--x'", Failed),
        ("Error: Session ID 6f1a3e52 is already in use.", Failed),
        ("warning: slow disk\nerror: option '--effort <level>' argument 'x' is invalid.", Failed),
        ("Error: ENOSPC: no space left on device, open '/x'", Restarting),
        ("Error: EMFILE: too many open files", Restarting),
        ("sh: fork: Resource temporarily unavailable", Restarting),
    ] {
        let make = move |builder: SessionBuilder| {
            let transport = noted(&Launches::default(), move |_, mut cli| async move {
                cli.complain(&format!("{text}\n")).await;
                Exit::from_code(1)
            });
            builder.transport(transport)
        };
        assert_eq!(state_after(make, 60 * SECOND).await, expected, "{text}");
    }
}

/// A launcher exits with 1 if it does not get to the CLI (`docker`, `kubectl`, `srun`), which may
/// be over at the next start; 127 says that the program does not exist.
#[cfg(unix)]
#[tokio::test]
async fn a_launcher_that_does_not_get_to_the_cli_is_tried_again() {
    for (code, expected) in [(1, ChildState::Restarting), (127, ChildState::Failed)] {
        let fails = format!("read first; echo 'Unable to connect to the server' >&2; exit {code}");
        let make = move |builder: SessionBuilder| {
            builder.transport(Launcher::new("sh").args(["-c", &fails]))
        };
        assert_eq!(state_after(make, SECOND / 1000).await, expected, "{code}");
    }
}

/// The state of a child after its first start as now made has failed.
async fn state_after(
    now: impl Fn(SessionBuilder) -> SessionBuilder + Send + Sync + 'static,
    idle: Duration,
) -> ChildState {
    let is_changed = Arc::new(AtomicBool::new(false));
    let changed = is_changed.clone();
    let make = move || {
        let builder = Session::builder().transport(echo());
        if changed.load(Ordering::Relaxed) { now(builder) } else { builder }
    };
    let supervisor = Supervisor::builder()
        .backoff(Backoff::new(600 * SECOND, 600 * SECOND))
        .child(ChildSpec::new("a", make).idle_after(idle).start_timeout(90 * SECOND))
        .start()
        .await
        .unwrap();
    let a = supervisor.session(&"a".to_owned()).unwrap();
    assert_eq!(text(&a, "x").await, "x");
    a.wait_for(ChildState::Resting).await.unwrap();
    is_changed.store(true, Ordering::Relaxed);
    let mut events = supervisor.events();
    let query = tokio::spawn(async move { a.query("y").await });
    let state = loop {
        match events.recv().await.unwrap() {
            SupervisorEvent::Restarting(..) => break ChildState::Restarting,
            SupervisorEvent::Failed(_) => break ChildState::Failed,
            _ => {}
        }
    };
    supervisor.stop().await;
    query.await.unwrap().unwrap_err();
    state
}

/// What has no effect on a supervisor is refused: as a first child, as one that is added, and below
/// another one, where another start would not help.
#[tokio::test(start_paused = true)]
async fn what_only_a_session_can_have_is_refused_for_a_supervisor() {
    type Change = fn(ChildSpec) -> ChildSpec;
    let changes: [(&str, Change); 5] = [
        ("max_usd", |spec| spec.max_usd(1.0)),
        ("max_turns", |spec| spec.max_turns(1)),
        ("idle_after", |spec| spec.idle_after(SECOND)),
        ("probe", |spec| spec.probe(SECOND, SECOND)),
        ("resume", |spec| spec.resume("6f1a3e52-0000-4000-8000-00000000000a")),
    ];
    for (name, change) in changes {
        let inner = move || change(ChildSpec::supervisor("inner", Supervisor::builder));
        let is_refused = |error: &SupervisorError| {
            let text = error.to_string();
            error.is_invalid_spec() && text.contains(name) && text.contains("\"inner\"")
        };
        let error = Supervisor::builder().child(inner()).start().await.unwrap_err();
        assert!(is_refused(&error), "{name}: {error}");
        let is_wrong = Arc::new(AtomicBool::new(false));
        let below = ChildSpec::supervisor("below", {
            let is_wrong = is_wrong.clone();
            move || match is_wrong.load(Ordering::Relaxed) {
                true => Supervisor::builder().child(inner()),
                false => Supervisor::builder(),
            }
        });
        let outer = Supervisor::builder().backoff(Backoff::none()).child(below).start().await;
        let outer = outer.unwrap();
        let error = outer.start_session(inner()).await.unwrap_err();
        assert!(is_refused(&error) && outer.count().specs == 1, "{name}: {error}");
        is_wrong.store(true, Ordering::Relaxed);
        outer.restart_session(&"below".to_owned()).await.unwrap_err();
        let child = outer.list().remove(0);
        assert_eq!(child.state, ChildState::Failed, "{name}");
        assert!(child.last_error.unwrap().contains(name), "{name}");
        outer.stop().await;
    }
    // A session may have each of them.
    for (name, change) in changes {
        let launches = Launches::default();
        let transport = Arc::new(noted(&launches, |_, mut cli| async move { cli.serve().await }));
        let spec = ChildSpec::new("a", move || Session::builder().transport(transport.clone()));
        let supervisor = Supervisor::builder().child(change(spec)).start().await.unwrap();
        assert_eq!(launches.len(), 1, "{name}");
        supervisor.stop().await;
    }
}
