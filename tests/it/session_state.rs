//! A session reports what it is doing, how often its CLI was launched, and why each launch ended.

use std::time::Duration;

use crate::support::cli::{
    FakeCli, Launches, SESSION, aborted, assistant, cli, echo, first, init, refusal, result,
    success,
};
use crate::support::faulty::Faulty;
use crate::support::read::{begin, ended_well, quiet, read};
use claude_wire::session::{ConnectionEnd, EndCause, Events, Phase, SessionEvent, WeakSession};
use claude_wire::transport::Exit;
use claude_wire::{Session, SessionBuilder};
use serde_json::{Map, json};

const SECOND: Duration = Duration::from_secs(1);

/// An end without its numbers: the cause, the exit, and whether the CLI had been ready.
type End = (EndCause, Option<Exit>, bool);

const fn code(code: i32) -> Option<Exit> {
    Some(Exit { code: Some(code), signal: None })
}

/// All ends until the end of the session. When one is reported, the state already shows it.
async fn ends(mut events: Events, session: WeakSession) -> Vec<ConnectionEnd> {
    let mut ends = Vec::new();
    while let Some(event) = events.next().await {
        let SessionEvent::Disconnected(end) = event else { continue };
        if let Some(state) = session.upgrade().map(|session| session.state()) {
            let last = state.last_end.expect("an end");
            assert!(last.launch > end.launch || last == end, "{state:?} at {end:?}");
        }
        ends.push(end);
    }
    ends
}

/// The ends of a session's launches after `work` is done.
async fn ends_of<F, Fut>(builder: SessionBuilder, work: F) -> Vec<End>
where
    F: FnOnce(Session) -> Fut,
    Fut: Future<Output = ()>,
{
    let session = builder.start().unwrap();
    let listener = tokio::spawn(ends(session.events(), session.downgrade()));
    let watch = session.watch();
    work(session).await;
    let ends = listener.await.unwrap();
    let state = watch.borrow().clone();
    assert_eq!((state.phase, state.pid, state.queued), (Phase::Stopped, None, 0));
    assert_eq!(state.last_end, ends.last().copied());
    assert!((1..=state.launches).eq(ends.iter().map(|end| end.launch)), "{state:?}: {ends:?}");
    let crashes = ends.iter().filter(|end| end.cause == EndCause::Crashed).count();
    assert_eq!(state.crashes, crashes as u64);
    ends.iter().map(|end| (end.cause, end.exit, end.was_ready)).collect()
}

/// Sends one prompt, ignores the outcome, and stops the session.
async fn asked_and_stopped(session: Session) {
    read(session.query("go")).await;
    quiet().await;
    session.stop().await.unwrap();
}

/// A CLI whose first process ends in this way, and whose others serve.
fn once<F, Fut>(script: F) -> SessionBuilder
where
    F: Fn(FakeCli) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Exit> + Send + 'static,
{
    let launches = Launches::default();
    let transport = cli(move |launch, mut cli| {
        let (process, script) = (launches.note(launch), script.clone());
        async move { if process > 0 { cli.serve().await } else { script(cli).await } }
    });
    Session::builder().transport(transport)
}

#[tokio::test(start_paused = true)]
async fn what_the_host_wants_is_distinguished() {
    let served = Session::builder().transport(echo());
    let stopped = ends_of(served.clone(), asked_and_stopped).await;
    assert_eq!(stopped, [(EndCause::Stopped, code(0), true)]);

    let dropped =
        |session: Session| async move { assert!(read(session.query("go")).await.error.is_none()) };
    assert_eq!(ends_of(served.clone(), dropped).await, [(EndCause::Dropped, code(0), true)]);

    let relaunched = |session: Session| async move {
        for query in [session.query("1"), session.query("2").max_turns(3), session.query("3")] {
            assert!(read(query).await.error.is_none());
        }
        session.stop().await.unwrap();
    };
    let relaunch = (EndCause::Relaunched, code(0), true);
    assert_eq!(
        ends_of(served.clone(), relaunched).await,
        [relaunch, relaunch, (EndCause::Stopped, code(0), true)]
    );

    // This CLI does not confirm the clear.
    let cleared = |session: Session| async move {
        read(session.query("1")).await;
        session.clear().await.unwrap();
        asked_and_stopped(session).await;
    };
    assert_eq!(
        ends_of(served, cleared).await,
        [(EndCause::Cleared, code(0), true), (EndCause::Stopped, code(0), true)]
    );

    let stuck = once(|mut cli| async move {
        cli.handshake().await;
        cli.acknowledge("set_model").await;
        let (uuid, _) = cli.prompt().await;
        cli.turn(&uuid, "one").await;
        let back = cli.request("set_model").await;
        cli.write(refusal(&back, "no")).await;
        cli.drain().await;
        Exit::from_code(1)
    });
    let set_back = |session: Session| async move {
        read(session.query("1").model("haiku")).await;
        asked_and_stopped(session).await;
    };
    assert_eq!(
        ends_of(stuck, set_back).await,
        [(EndCause::SettingStuck, code(1), true), (EndCause::Stopped, code(0), true)]
    );
}

#[tokio::test(start_paused = true)]
async fn an_exit_by_itself_is_classified_by_its_code() {
    for (exit, cause) in [
        (Exit::from_code(0), EndCause::Exited),
        (Exit::from_code(1), EndCause::Crashed),
        (Exit::from_code(137), EndCause::Crashed),
        (Exit::from_signal(9), EndCause::Crashed),
        (Exit::from_signal(15), EndCause::Crashed),
        (Exit { code: None, signal: None }, EndCause::Crashed),
    ] {
        // Before the handshake, within a turn, and after it.
        for (was_ready, with_result) in [(false, false), (true, false), (true, true)] {
            let builder = once(move |mut cli| async move {
                if was_ready {
                    cli.handshake().await;
                    let (uuid, _) = cli.prompt().await;
                    cli.write(init(&uuid)).await;
                    if with_result {
                        cli.write(result(&uuid, "done")).await;
                    }
                }
                exit
            });
            let found = ends_of(builder, asked_and_stopped).await;
            assert_eq!(found, [(cause, Some(exit), was_ready)], "{exit}, result: {with_result}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_exit_during_a_stop_counts_as_stopped() {
    // A CLI whose last turn was an error exits with 1 at the end of input.
    let builder = once(|mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(aborted(&uuid)).await;
        cli.drain().await;
        Exit::from_code(1)
    });
    let found = ends_of(builder, asked_and_stopped).await;
    assert_eq!(found, [(EndCause::Stopped, code(1), true)]);

    // A CLI that ignores all of it.
    let builder = once(|mut cli| async move {
        cli.handshake().await;
        std::future::pending().await
    });
    let stopped = |session: Session| async move {
        session.connect().await.unwrap();
        session.stop().await.unwrap();
    };
    let found = ends_of(builder, stopped).await;
    assert_eq!(found, [(EndCause::Stopped, Some(Exit::from_signal(9)), true)]);
}

/// Ends at SIGTERM, as the CLI does.
async fn until_sigterm(mut cli: FakeCli) -> Exit {
    cli.control.signal().await;
    Exit::from_code(143)
}

#[tokio::test(start_paused = true)]
async fn time_limits_are_causes() {
    let builder = once(until_sigterm);
    let found = ends_of(builder, asked_and_stopped).await;
    assert_eq!(found, [(EndCause::HandshakeTimeout, code(143), false)]);

    let builder = once(|mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        until_sigterm(cli).await
    });
    let dropped = |session: Session| async move {
        let mut turn = session.query("go");
        turn.next().await.unwrap().unwrap();
        drop(turn);
        asked_and_stopped(session).await;
    };
    assert_eq!(
        ends_of(builder, dropped).await,
        [(EndCause::DrainTimeout, code(143), true), (EndCause::Stopped, code(0), true)]
    );
}

#[tokio::test(start_paused = true)]
async fn all_startup_refusals_of_a_cli_are_recognised() {
    let refused = once(|mut cli| async move {
        let initialize = cli.request("initialize").await;
        cli.write(refusal(&initialize, "no such agent")).await;
        until_sigterm(cli).await
    });
    let found = ends_of(refused, asked_and_stopped).await;
    assert_eq!(found, [(EndCause::Refused, code(143), false)]);

    let result_instead = once(|mut cli| async move {
        cli.request("initialize").await;
        cli.write(json!({"type": "result", "subtype": "error_during_execution", "is_error": true,
            "errors": ["No conversation found"], "session_id": SESSION}))
            .await;
        Exit::from_code(1)
    });
    let found = ends_of(result_instead, asked_and_stopped).await;
    assert_eq!(found, [(EndCause::Refused, code(1), false)]);

    let hung_up = once(|mut cli| async move {
        cli.request("initialize").await;
        cli.close_stdin();
        until_sigterm(cli).await
    });
    let found = ends_of(hung_up, asked_and_stopped).await;
    assert_eq!(found, [(EndCause::HungUp, code(143), false)]);

    let missing = Session::builder().cli_path("/nowhere/claude");
    let found = ends_of(missing, asked_and_stopped).await;
    assert_eq!(found, [(EndCause::NotStarted, None, false)]);
}

#[tokio::test(start_paused = true)]
async fn a_cli_that_closes_a_pipe_but_keeps_running_has_hung_up() {
    let builder = once(|mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.turn(&uuid, "done").await;
        cli.close_stdout();
        until_sigterm(cli).await
    });
    let worked = |session: Session| async move {
        read(session.query("go")).await;
        tokio::time::sleep(60 * SECOND).await;
        session.stop().await.unwrap();
    };
    assert_eq!(ends_of(builder, worked).await, [(EndCause::HungUp, code(143), true)]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_has_its_own_cause_and_error() {
    let faulty = Faulty { transport: echo(), word: "control_response" };
    let builder = Session::builder().transport(faulty);
    let asked = |session: Session| async move {
        let turn = read(session.query("go")).await;
        assert!(turn.error().is_panicked() && !turn.error().is_stopped(), "{:?}", turn.error);
        for error in [
            read(session.query("again")).await.error.unwrap(),
            session.connect().await.unwrap_err(),
            session.control("get_usage", Map::new()).await.unwrap_err(),
        ] {
            assert!(error.is_panicked(), "{error}");
        }
        assert_eq!(session.stop().await.unwrap(), None);
    };
    assert_eq!(ends_of(builder, asked).await, [(EndCause::Panicked, None, false)]);
}

#[test]
fn a_runtime_shutdown_is_a_cause() {
    let own = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let session = Session::builder().transport(echo()).start().unwrap();
    let mut events = session.events();
    let _ = own.block_on(session.connect()).unwrap();
    drop(own);
    let state = session.state();
    assert_eq!(state.phase, Phase::Stopped);
    assert_eq!(state.last_end.unwrap().cause, EndCause::RuntimeGone);
    let other = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let last = other.block_on(async {
        let mut last = None;
        while let Some(event) = events.next().await {
            last = Some(event);
        }
        last
    });
    let Some(SessionEvent::Disconnected(end)) = last else { panic!("{last:?}") };
    assert_eq!((Some(end), end.was_ready), (state.last_end, true));
}

#[tokio::test(start_paused = true)]
async fn the_phases_of_a_session_come_in_order() {
    let transport = cli(|_, mut cli| async move {
        let initialize = cli.request("initialize").await;
        tokio::time::sleep(SECOND).await;
        cli.write(success(&initialize, json!({}))).await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        tokio::time::sleep(SECOND).await;
        cli.write(result(&uuid, "one")).await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        cli.acknowledge("interrupt").await;
        tokio::time::sleep(SECOND).await;
        cli.write(aborted(&uuid)).await;
        cli.drain().await;
        tokio::time::sleep(SECOND).await;
        Exit::from_code(0)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let mut watch = session.watch();
    let watcher = tokio::spawn(async move {
        let mut phases = vec![watch.borrow_and_update().phase];
        while watch.changed().await.is_ok() {
            let phase = watch.borrow_and_update().phase;
            if phases.last() != Some(&phase) {
                phases.push(phase);
            }
        }
        phases
    });
    quiet().await;
    assert!(!session.state().is_up());
    assert_eq!(read(session.query("one")).await.text(), "one");
    assert_eq!(session.state().phase, Phase::Ready, "the state is set before the turn has ended");
    quiet().await;
    let error = session.query("two").timeout(SECOND).text().await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(session.state().phase, Phase::Draining);
    assert!(session.state().is_up());
    tokio::time::sleep(2 * SECOND).await;
    assert_eq!(session.state().phase, Phase::Ready);
    session.stop().await.unwrap();
    assert_eq!(session.state().phase, Phase::Stopped);
    drop(session);
    assert_eq!(
        watcher.await.unwrap(),
        [
            Phase::Down,
            Phase::Starting,
            Phase::Busy,
            Phase::Ready,
            Phase::Busy,
            Phase::Draining,
            Phase::Ready,
            Phase::Ending,
            Phase::Stopped
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn running_and_waiting_are_distinguished() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        while let Some(line) = cli.read().await {
            tokio::time::sleep(SECOND).await;
            cli.turn(line["uuid"].as_str().unwrap_or_default(), "done").await;
        }
        Exit::from_code(0)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let mut turns = [session.query("1"), session.query("2"), session.query("3")];
    turns.iter_mut().for_each(begin);
    quiet().await;
    assert_eq!((session.state().phase, session.state().queued), (Phase::Busy, 2));
    assert_eq!(session.queue_len(), 2);
    let mut left = 2;
    for turn in turns {
        assert_eq!(read(turn).await.text(), "done");
        assert_eq!(session.state().phase, if left > 0 { Phase::Busy } else { Phase::Ready });
        left -= 1;
        assert_eq!(session.state().queued as i32, left.max(0));
    }
    ended_well(&session).await;
}

/// What the caller of a turn that ended in a crash can query at once.
#[tokio::test(start_paused = true)]
async fn after_a_crash_the_state_shows_the_crash() {
    let launches = Launches::default();
    let transport = first(&launches, |mut cli, uuid| async move {
        cli.write(init(&uuid)).await;
        cli.write(assistant("half")).await;
        Exit::from_signal(11)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    assert!(read(session.query("go")).await.error().is_process());
    let state = session.state();
    assert_eq!((state.phase, state.launches, state.crashes), (Phase::Down, 1, 1));
    assert_eq!(session.exit(), Some(Exit::from_signal(11)));
    assert_eq!(read(session.query("again")).await.text(), "again");
    let state = session.state();
    assert_eq!((state.phase, state.launches, state.crashes), (Phase::Ready, 2, 1));
    assert_eq!(session.exit(), Some(Exit::from_signal(11)), "it is kept while the next one runs");
    ended_well(&session).await;
    assert_eq!((session.state().launches, session.state().crashes), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn waiting_prompts_survive_a_crash_and_are_counted() {
    let launches = Launches::default();
    let transport = cli(move |launch, mut cli| {
        let process = launches.note(launch);
        async move {
            if process == 0 {
                cli.handshake().await;
                cli.prompt().await;
                return Exit::from_code(1);
            }
            tokio::time::sleep(SECOND).await;
            cli.serve().await
        }
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let mut watch = session.watch();
    let one = tokio::spawn(read(session.query("one")));
    let two = tokio::spawn(read(session.query("two")));
    let at_the_crash = watch.wait_for(|state| state.crashes == 1).await.unwrap().clone();
    assert_eq!((at_the_crash.phase, at_the_crash.queued), (Phase::Starting, 1));
    assert!(one.await.unwrap().error().is_process());
    assert_eq!(two.await.unwrap().text(), "two");
    ended_well(&session).await;
}

#[cfg(unix)]
#[tokio::test]
async fn an_end_has_its_process_id() {
    use crate::support::shell::{RESULT, START, shell};
    let script = format!("{START} {RESULT}; cat >/dev/null");
    let session = Session::builder().transport(shell(script)).start().unwrap();
    assert_eq!(session.pid(), None, "nothing was started");
    assert_eq!(read(session.query("go")).await.text(), "done");
    let pid = session.pid();
    assert!(pid.is_some() && session.state().pid == pid);
    session.stop().await.unwrap();
    assert_eq!((session.pid(), session.state().last_end.unwrap().pid), (None, pid));
}
