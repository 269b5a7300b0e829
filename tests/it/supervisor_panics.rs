//! A panic in the task of a session, by a defect of the transport, is a crash of its child.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;

use claude_wire::Session;
use claude_wire::session::{EndCause, Restart, TurnEnding};
use claude_wire::supervisor::{
    Backoff, ChildSpec, ExitReason, OnLimit, RestartType, SessionRef, Supervisor, SupervisorEvent,
};

use crate::supervisor_support::{SECOND, mortal, next_event, text};
use crate::support::cli::Launches;
use crate::support::faulty::Faulty;

const DEFECT: &str = "defect";

fn faulty(launches: &Launches, restart: RestartType) -> ChildSpec {
    let transport = Arc::new(Faulty { transport: mortal(launches), word: DEFECT });
    ChildSpec::new("a", move || Session::builder().transport(transport.clone()))
        .restart(restart)
        .conversation(Restart::Resume)
}

async fn panic_in_a_turn(session: &SessionRef) {
    let error = session.query(DEFECT).await.unwrap().text().await.unwrap_err();
    assert!(error.is_panicked(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_crash_for_each_restart_type() {
    let why = EndCause::Panicked.to_string();
    for restart in [RestartType::Permanent, RestartType::Transient, RestartType::Temporary] {
        let launches = Launches::default();
        let supervisor = Supervisor::builder()
            .intensity(2, 3600 * SECOND)
            .backoff(Backoff::none())
            .child(faulty(&launches, restart))
            .start()
            .await
            .unwrap();
        let mut events = supervisor.events();
        let a = supervisor.session(&"a".to_owned()).unwrap();
        let mut id = None;
        let stays = restart != RestartType::Temporary;
        for restarts in 1..=2 {
            assert_eq!(text(&a, "hello").await, "hello");
            id = id.or(a.session().await.unwrap().session_id());
            panic_in_a_turn(&a).await;
            let mut ends = Vec::new();
            let said = loop {
                match events.recv().await.unwrap() {
                    SupervisorEvent::TurnEnded(_, report) => ends.push(report.end),
                    SupervisorEvent::Down(_, said) => break said,
                    _ => {}
                }
            };
            assert_eq!(said, why, "{restart:?}");
            let lost = ends.pop().unwrap();
            assert!(matches!(lost, TurnEnding::Failed(error) if error.is_panicked()));
            assert!(ends.iter().all(TurnEnding::is_success) && ends.len() == 1, "{ends:?}");
            if !stays {
                break;
            }
            assert_eq!(text(&a, "again").await, "again", "{restart:?}");
            assert_eq!(launches.flag(restarts, "--resume"), id);
            let child = supervisor.list().remove(0);
            assert_eq!((child.restarts, child.last_error), (restarts as u64, Some(why.clone())));
            while events.try_recv().is_ok() {}
        }
        if !stays {
            assert!(matches!(next_event(&mut events).await, SupervisorEvent::Gone(_)));
            assert!(a.query("again").await.unwrap_err().is_stopped());
            assert_eq!((launches.len(), supervisor.count().specs), (1, 0));
            supervisor.stop().await;
            continue;
        }
        // One more is too many.
        panic_in_a_turn(&a).await;
        let ExitReason::MaxIntensity { child, last_error } = supervisor.finished().await else {
            panic!("it goes on")
        };
        assert_eq!((child.as_str(), last_error), ("a", why.clone()), "{restart:?}");
        assert_eq!(launches.len(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn panics_lead_to_quarantine() {
    for restart in [RestartType::Permanent, RestartType::Transient] {
        let launches = Launches::default();
        let supervisor = Supervisor::builder()
            .intensity(0, SECOND)
            .on_limit(OnLimit::Quarantine(60 * SECOND))
            .child(faulty(&launches, restart))
            .start()
            .await
            .unwrap();
        let a = supervisor.session(&"a".to_owned()).unwrap();
        panic_in_a_turn(&a).await;
        let error = a.query("too early").await.unwrap_err();
        assert!(error.is_quarantined(), "{restart:?}: {error}");
        tokio::time::sleep(61 * SECOND).await;
        assert_eq!(text(&a, "again").await, "again");
        supervisor.stop().await;
    }
}

/// A stop by its user is none.
#[tokio::test(start_paused = true)]
async fn a_stop_of_the_session_is_no_crash() {
    for (restart, launched) in [(RestartType::Permanent, 2), (RestartType::Transient, 1)] {
        let launches = Launches::default();
        let supervisor = Supervisor::builder()
            .backoff(Backoff::none())
            .child(faulty(&launches, restart))
            .start()
            .await
            .unwrap();
        let mut events = supervisor.events();
        let a = supervisor.session(&"a".to_owned()).unwrap();
        a.session().await.unwrap().stop().await.unwrap();
        let SupervisorEvent::Down(_, said) = events.recv().await.unwrap() else {
            panic!("another event")
        };
        assert_eq!(said, EndCause::Stopped.to_string());
        assert_eq!(a.query("again").await.is_ok(), launched == 2);
        assert_eq!(launches.len(), launched);
        supervisor.stop().await;
    }
}
