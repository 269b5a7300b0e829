//! Prompts that wait for a child: they are asked after the restart that succeeds, and fail when the
//! supervisor gives it up.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;

use claude_wire::Session;
use claude_wire::session::Error;
use claude_wire::supervisor::{
    Backoff, ChildSpec, ChildState, OnLimit, RestartType, SessionRef, Supervisor,
};
use claude_wire::transport::{
    BoxFuture, Connection, Error as TransportError, Exit, Launch, Memory, Transport,
};

use crate::supervisor_support::{
    SECOND, answer_without_login, kill, mortal, noted, serve_until_die, spec, text, with,
};
use crate::support::cli::Launches;

/// Asks `last`, with these prompts behind it, and returns how all of them ended.
async fn asked(a: &SessionRef, last: &str, behind: usize) -> Vec<Result<String, Error>> {
    let session = a.session().await.unwrap();
    let prompts = std::iter::once(last.to_owned()).chain((0..behind).map(|n| format!("wait {n}")));
    let turns = prompts.map(|prompt| {
        let turn = session.query(prompt);
        tokio::spawn(turn.text())
    });
    let turns: Vec<_> = turns.collect();
    let mut ends = Vec::new();
    for turn in turns {
        let end = tokio::time::timeout(600 * SECOND, turn).await;
        ends.push(end.expect("a prompt waits for ever").unwrap());
    }
    ends
}

#[tokio::test(start_paused = true)]
async fn prompts_behind_a_crash_fail_if_the_child_is_given_up() {
    for (restart, prompt, behind) in [
        (RestartType::Temporary, "die", 1),
        (RestartType::Temporary, "leave", 3),
        (RestartType::Transient, "leave", 1),
        (RestartType::Transient, "leave", 5),
    ] {
        let launches = Launches::default();
        let child = spec("a", &launches).restart(restart);
        let supervisor = Supervisor::builder().child(child).start().await.unwrap();
        let a = supervisor.session(&"a".to_owned()).unwrap();
        let ends = asked(&a, prompt, behind).await;
        assert!(ends[0].as_ref().unwrap_err().is_closed(), "{restart:?} {:?}", ends[0]);
        for end in &ends[1..] {
            assert!(end.as_ref().unwrap_err().is_stopped(), "{restart:?} {end:?}");
        }
        assert_eq!((launches.len(), supervisor.count().specs), (1, 0), "{restart:?}");
        supervisor.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn prompts_behind_a_crash_fail_if_the_supervisor_gives_up() {
    for restarts in [0, 1] {
        let launches = Launches::default();
        let supervisor = Supervisor::builder()
            .intensity(restarts, 60 * SECOND)
            .backoff(Backoff::none())
            .children([spec("a", &launches), spec("b", &launches)])
            .start()
            .await
            .unwrap();
        let a = supervisor.session(&"a".to_owned()).unwrap();
        for _ in 0..restarts {
            kill(&a).await;
        }
        let ends = asked(&a, "die", 2).await;
        for end in &ends[1..] {
            assert!(end.as_ref().unwrap_err().is_stopped(), "{restarts} {end:?}");
        }
        supervisor.finished().await;
    }
}

#[tokio::test(start_paused = true)]
async fn prompts_fail_with_a_child_that_has_failed_for_good() {
    // The second launch refuses its options.
    let transport = noted(&Launches::default(), |number, mut cli| async move {
        if number == 1 {
            cli.complain("error: unknown option '--x'\n").await;
            return Exit::from_code(1);
        }
        serve_until_die(cli).await
    });
    let supervisor =
        Supervisor::builder().child(ChildSpec::new("a", with(transport))).start().await.unwrap();
    let a = supervisor.session(&"a".to_owned()).unwrap();
    let session = a.session().await.unwrap();
    let ends = asked(&a, "die", 4).await;
    assert!(ends.iter().all(Result::is_err), "{ends:?}");
    assert_eq!(a.state(), ChildState::Failed);
    // So does one that comes later, by a handle from before.
    let late = tokio::time::timeout(60 * SECOND, session.query("late").text()).await;
    assert!(late.unwrap().is_err());
    supervisor.restart_session(&"a".to_owned()).await.unwrap();
    assert_eq!(text(&a, "again").await, "again");
    supervisor.stop().await;
}

/// A CLI that has no login, and exits with the first turn that says so.
fn denied(launches: &Launches) -> Memory {
    noted(launches, |number, mut cli| async move {
        cli.handshake().await;
        while let Some((uuid, text)) = cli.next_prompt().await {
            if number > 0 {
                cli.turn(&uuid, &text).await;
                continue;
            }
            answer_without_login(&mut cli, &uuid).await;
            return Exit::from_code(1);
        }
        Exit::from_code(0)
    })
}

#[tokio::test(start_paused = true)]
async fn prompts_fail_with_a_child_that_has_no_login() {
    let launches = Launches::default();
    let child = ChildSpec::new("a", with(denied(&launches)));
    let supervisor = Supervisor::builder().child(child).start().await.unwrap();
    let a = supervisor.session(&"a".to_owned()).unwrap();
    let ends = asked(&a, "first", 2).await;
    assert!(ends.iter().all(Result::is_err), "{ends:?}");
    assert_eq!((a.state(), launches.len()), (ChildState::Degraded, 1));
    assert_eq!(text(&a, "next").await, "next");
    supervisor.stop().await;
}

/// In quarantine they wait: the child comes back.
#[tokio::test(start_paused = true)]
async fn prompts_wait_for_the_end_of_a_quarantine() {
    let launches = Launches::default();
    let supervisor = Supervisor::builder()
        .intensity(0, SECOND)
        .on_limit(OnLimit::Quarantine(60 * SECOND))
        .child(ChildSpec::new("a", with(mortal(&launches))))
        .start()
        .await
        .unwrap();
    let a = supervisor.session(&"a".to_owned()).unwrap();
    let ends = asked(&a, "die", 1).await;
    assert_eq!(ends[1].as_ref().unwrap(), "wait 0");
    supervisor.stop().await;
}

/// How a start fails.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Exits,
    Hangs,
    DoesNotOpen,
}

/// A CLI that dies at the prompt `die`, and whose next starts, this many, fail.
struct Failing {
    memory: Memory,
    launches: Launches,
    fault: Fault,
    starts: usize,
}

impl Failing {
    fn new(fault: Fault, starts: usize, launches: &Launches) -> Self {
        let memory = noted(launches, move |number, mut cli| async move {
            match fault {
                _ if number == 0 || number > starts => serve_until_die(cli).await,
                Fault::Hangs => {
                    cli.control.signal().await;
                    Exit::from_code(143)
                }
                _ => Exit::from_code(7),
            }
        });
        Self { memory, launches: launches.clone(), fault, starts }
    }
}

impl Transport for Failing {
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, TransportError>> {
        let number = self.launches.len();
        if matches!(self.fault, Fault::DoesNotOpen) && (1..=self.starts).contains(&number) {
            self.launches.note(launch);
            return Box::pin(async { Err(TransportError::other("no memory for a process")) });
        }
        self.memory.open(launch)
    }
}

/// Those that wait for a restart are not for each attempt.
#[tokio::test(start_paused = true)]
async fn prompts_wait_for_the_restart_that_succeeds() {
    let escalate = (5, OnLimit::Escalate);
    let quarantine = (0, OnLimit::Quarantine(60 * SECOND));
    for fault in [Fault::Exits, Fault::Hangs, Fault::DoesNotOpen] {
        for (starts, behind, (restarts, on_limit)) in [
            (1, 1, escalate),
            (1, 4, escalate),
            (2, 2, escalate),
            (3, 1, escalate),
            (3, 4, escalate),
            (1, 1, quarantine),
            (2, 3, quarantine),
        ] {
            let case = format!("{fault:?} {starts} {behind} {on_limit:?}");
            let launches = Launches::default();
            let transport = Arc::new(Failing::new(fault, starts, &launches));
            let make = move || {
                let builder = Session::builder().transport(transport.clone());
                builder.initialize_timeout(7 * SECOND)
            };
            let supervisor = Supervisor::builder()
                .intensity(restarts, 60 * SECOND)
                .on_limit(on_limit)
                .child(ChildSpec::new("a", make))
                .start()
                .await
                .unwrap();
            let a = supervisor.session(&"a".to_owned()).unwrap();
            let ends = asked(&a, "die", behind).await;
            assert!(ends[0].as_ref().unwrap_err().is_closed(), "{case}: {:?}", ends[0]);
            for (number, end) in ends[1..].iter().enumerate() {
                assert_eq!(end.as_ref().ok(), Some(&format!("wait {number}")), "{case}: {end:?}");
            }
            assert_eq!((a.state(), launches.len()), (ChildState::Up, starts + 2), "{case}");
            supervisor.stop().await;
        }
    }
}

/// The supervisor gives up at an attempt that fails: what waits fails then.
#[tokio::test(start_paused = true)]
async fn prompts_fail_with_the_last_restart_that_is_made() {
    for fault in [Fault::Exits, Fault::Hangs, Fault::DoesNotOpen] {
        for behind in [1, 3] {
            let launches = Launches::default();
            let transport = Arc::new(Failing::new(fault, 9, &launches));
            let make = move || {
                let builder = Session::builder().transport(transport.clone());
                builder.initialize_timeout(7 * SECOND)
            };
            let supervisor = Supervisor::builder()
                .intensity(2, 600 * SECOND)
                .child(ChildSpec::new("a", make))
                .start()
                .await
                .unwrap();
            let a = supervisor.session(&"a".to_owned()).unwrap();
            let ends = asked(&a, "die", behind).await;
            assert!(ends[0].as_ref().unwrap_err().is_closed(), "{fault:?} {:?}", ends[0]);
            for end in &ends[1..] {
                assert!(end.as_ref().unwrap_err().is_stopped(), "{fault:?} {behind} {end:?}");
            }
            assert_eq!(launches.len(), 3, "{fault:?} {behind}");
            supervisor.finished().await;
        }
    }
}
