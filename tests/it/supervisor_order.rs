//! How the children of a supervisor are stopped, and in which order.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::{Arc, Mutex};

use claude_wire::supervisor::{ChildSpec, ChildState, ExitReason, Strategy, Supervisor};
use claude_wire::transport::Exit;

use crate::supervisor_support::{SECOND, with};
use crate::support::cli::cli;

/// When the input of each CLI has ended, and when it has exited.
type Ends = Arc<Mutex<Vec<String>>>;

/// A CLI that takes this long to exit when its input has ended.
fn slow_to_exit(key: &'static str, seconds: u32, ends: &Ends) -> ChildSpec<String> {
    let ends = ends.clone();
    let transport = cli(move |_, mut cli| {
        let ends = ends.clone();
        async move {
            let exit = cli.serve().await;
            ends.lock().unwrap().push(format!("{key} ends"));
            tokio::time::sleep(seconds * SECOND).await;
            ends.lock().unwrap().push(format!("{key} has ended"));
            exit
        }
    });
    ChildSpec::new(key, with(transport))
}

#[tokio::test(start_paused = true)]
async fn the_last_handle_stops_all_children_in_reverse_order() {
    let ends = Ends::default();
    let child = |key, seconds| slow_to_exit(key, seconds, &ends);
    let children = [child("a", 0), child("b", 2), child("c", 3)];
    let supervisor = Supervisor::builder().children(children).start().await.unwrap();
    let mut events = supervisor.events();
    let a = supervisor.session(&"a".to_owned()).unwrap();
    drop(supervisor);
    assert!(a.wait_for(ChildState::Resting).await.unwrap_err().is_stopped());
    while events.recv().await.is_ok() {}
    let one_by_one = ["c", "b", "a"].map(|key| [format!("{key} ends"), format!("{key} has ended")]);
    assert_eq!(*ends.lock().unwrap(), one_by_one.concat());
}

/// Nothing says that they depend on each other.
#[tokio::test(start_paused = true)]
async fn children_that_were_added_stop_at_the_same_time_and_before_the_first_ones() {
    for (strategy, expected) in [
        (Strategy::OneForOne, ["c ends", "b ends", "c has ended", "b has ended"]),
        (Strategy::RestForOne, ["c ends", "c has ended", "b ends", "b has ended"]),
    ] {
        let ends = Ends::default();
        let child = |key, seconds| slow_to_exit(key, seconds, &ends);
        let supervisor = Supervisor::builder().strategy(strategy).child(child("a", 0));
        let supervisor = supervisor.start().await.unwrap();
        supervisor.start_session(child("b", 3)).await.unwrap();
        supervisor.start_session(child("c", 2)).await.unwrap();
        supervisor.stop().await;
        let ends = ends.lock().unwrap();
        assert_eq!(ends[..4], expected, "{strategy:?}");
        assert_eq!(ends[4..], ["a ends", "a has ended"], "{strategy:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn it_can_be_stopped_while_its_first_children_are_started() {
    let ends = Ends::default();
    let silent = ChildSpec::new(
        "b",
        with(cli(|_, mut cli| async move {
            cli.drain().await;
            Exit::from_code(0)
        })),
    );
    let builder = Supervisor::builder().children([slow_to_exit("a", 0, &ends), silent]);
    let stopped = tokio::time::sleep(SECOND);
    let began = tokio::time::Instant::now();
    let reason = builder.run(stopped).await.unwrap();
    assert!(matches!(reason, ExitReason::Stopped), "{reason:?}");
    assert!(began.elapsed() < 30 * SECOND, "{:?}", began.elapsed());
    assert_eq!(*ends.lock().unwrap(), ["a ends", "a has ended"]);
}
