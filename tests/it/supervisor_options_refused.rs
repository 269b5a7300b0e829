//! Options of one query that the CLI does not take: they fail that query, and nothing else.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;

use claude_wire::supervisor::{Backoff, ChildSpec, ChildState, SessionRef, Supervisor};
use claude_wire::transport::{Exit, Memory};
use claude_wire::{Options, Session};
use futures_util::future::join_all;

use crate::supervisor_support::{SECOND, noted, serve_until_die, text};
use crate::support::cli::Launches;

/// What a CLI does that was launched with options that it does not take.
#[derive(Clone, Copy, Debug)]
enum Refusal {
    Says,
    Crashes,
    Hangs,
}

/// A CLI that does not take the flag `--refused`, and serves without it.
fn refusing(launches: &Launches, how: Refusal) -> Memory {
    let all = launches.clone();
    noted(launches, move |number, mut cli| {
        let refuses = all.args(number).iter().any(|arg| arg.starts_with("--refused"));
        async move {
            match how {
                _ if !refuses => serve_until_die(cli).await,
                Refusal::Says => {
                    cli.complain("error: unknown option '--refused'\n").await;
                    Exit::from_code(1)
                }
                Refusal::Crashes => Exit::from_code(7),
                Refusal::Hangs => {
                    cli.control.signal().await;
                    Exit::from_code(143)
                }
            }
        }
    })
}

const REFUSALS: [Refusal; 3] = [Refusal::Says, Refusal::Crashes, Refusal::Hangs];

/// A child that may be restarted this often.
async fn refused(how: Refusal, launches: &Launches, restarts: usize) -> (Supervisor, SessionRef) {
    let transport = Arc::new(refusing(launches, how));
    let make =
        move || Session::builder().transport(transport.clone()).initialize_timeout(7 * SECOND);
    let supervisor: Supervisor = Supervisor::builder()
        .intensity(restarts, 3600 * SECOND)
        .backoff(Backoff::none())
        .child(ChildSpec::new("a", make).idle_after(600 * SECOND))
        .start()
        .await
        .unwrap();
    let a = supervisor.session(&"a".to_owned()).unwrap();
    (supervisor, a)
}

/// Asks with an option that the CLI does not take. `same`: whether all queries have the same.
async fn ask_refused(a: &SessionRef, number: usize, same: bool) {
    let value = if same { 0 } else { number };
    let asked = Options::default().extra_arg("refused", format!("{value}"));
    let turn = a.query("refused").await.unwrap().options(&asked);
    let error = turn.text().await.unwrap_err();
    assert!(error.is_closed() || error.is_timeout(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn options_that_the_cli_refuses_fail_their_query_and_not_the_child() {
    for how in REFUSALS {
        for (count, at_once, same) in [
            (1, true, false),
            (2, true, false),
            (2, true, true),
            (5, true, false),
            (2, false, false),
            (5, false, true),
        ] {
            let case = format!("{how:?} {count} {at_once} {same}");
            let launches = Launches::default();
            let (supervisor, a) = refused(how, &launches, 0).await;
            assert_eq!(text(&a, "one").await, "one", "{case}");
            let id = a.session().await.unwrap().session_id();
            if at_once {
                let all = (0..count).map(|number| ask_refused(&a, number, same));
                let (_, behind) = tokio::join!(join_all(all), text(&a, "behind"));
                assert_eq!(behind, "behind", "{case}");
            } else {
                for number in 0..count {
                    ask_refused(&a, number, same).await;
                }
            }
            assert_eq!(text(&a, "two").await, "two", "{case}");
            assert_eq!((a.state(), launches.len()), (ChildState::Up, count + 2), "{case}");
            assert_eq!(launches.flag(count + 1, "--resume"), id, "{case}");
            assert_eq!(supervisor.list()[0].restarts, 0, "{case}");
            supervisor.stop().await;
        }
    }
}

/// Without a CLI until the next query, it is not used either.
#[tokio::test(start_paused = true)]
async fn a_child_whose_last_query_had_refused_options_rests() {
    for how in REFUSALS {
        let launches = Launches::default();
        let (supervisor, a) = refused(how, &launches, 0).await;
        ask_refused(&a, 0, true).await;
        let rests = tokio::time::timeout(3600 * SECOND, a.wait_for(ChildState::Resting));
        rests.await.unwrap().unwrap();
        assert_eq!(text(&a, "two").await, "two", "{how:?}");
        assert_eq!((a.state(), launches.len()), (ChildState::Up, 3), "{how:?}");
        supervisor.stop().await;
    }
}

/// A request of the session has nothing to do with the options of a query.
#[tokio::test(start_paused = true)]
async fn a_request_does_not_fail_with_the_options_of_a_query() {
    for how in REFUSALS {
        let launches = Launches::default();
        let (supervisor, a) = refused(how, &launches, 0).await;
        let session = a.session().await.unwrap();
        let request = async {
            session.watch().wait_for(|state| state.launches == 2).await.unwrap();
            session.connect().await
        };
        let (answer, ()) = tokio::join!(request, ask_refused(&a, 0, true));
        answer.unwrap();
        assert_eq!(launches.len(), 3, "{how:?}");
        supervisor.stop().await;
    }
}

/// A restart of the child is not for the query that waits, whose options come with a launch of
/// their own.
#[tokio::test(start_paused = true)]
async fn a_restart_has_no_options_of_a_query_that_waits() {
    for how in REFUSALS {
        for count in [1, 2, 4] {
            let launches = Launches::default();
            let (supervisor, a) = refused(how, &launches, 1).await;
            assert_eq!(text(&a, "one").await, "one");
            let all = (0..count).map(|number| ask_refused(&a, number, false));
            let die = a.query("die").await.unwrap();
            let (died, _) = tokio::join!(die.text(), join_all(all));
            assert!(died.unwrap_err().is_closed());
            assert_eq!(text(&a, "two").await, "two", "{how:?} {count}");
            assert_eq!(a.state(), ChildState::Up, "{how:?} {count}");
            assert_eq!(supervisor.list()[0].restarts, 1, "{how:?} {count}");
            supervisor.stop().await;
        }
    }
}
