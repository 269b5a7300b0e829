//! When a child that is not used rests: not in the middle of work.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use claude_wire::supervisor::{ChildSpec, ChildState, Supervisor};
use claude_wire::transport::{Exit, Memory};

use crate::supervisor_support::{SECOND, lingering, noted, spec, text, with};
use crate::support::cli::{Launches, SESSION};

/// A CLI whose turns take the seconds that the prompt says.
fn slow(launches: &Launches) -> Memory {
    noted(launches, |_, mut cli| async move {
        cli.handshake().await;
        while let Some((uuid, text)) = cli.next_prompt().await {
            tokio::time::sleep(SECOND * text.parse().unwrap_or(0)).await;
            cli.turn(&uuid, &text).await;
        }
        Exit::from_code(0)
    })
}

#[tokio::test(start_paused = true)]
async fn a_turn_may_take_longer_than_the_time_after_which_the_child_rests() {
    let launches = Launches::default();
    let supervisor = Supervisor::builder()
        .child(ChildSpec::new("a", with(slow(&launches))).idle_after(10 * SECOND))
        .start()
        .await
        .unwrap();
    let a = supervisor.session(&"a".to_owned()).unwrap();
    for turn in ["15", "45", "1", "201"] {
        assert_eq!(text(&a, turn).await, turn);
    }
    // One waits behind the other.
    let both = tokio::join!(text(&a, "9"), text(&a, "12"));
    assert_eq!((both.0.as_str(), both.1.as_str()), ("9", "12"));
    assert_eq!(launches.len(), 1, "it has not rested");
    // The time counts from the end of the last turn.
    tokio::time::sleep(9 * SECOND).await;
    assert_eq!(a.state(), ChildState::Up);
    tokio::time::sleep(2 * SECOND).await;
    assert_eq!(a.state(), ChildState::Resting);
    assert_eq!(text(&a, "30").await, "30");
    assert_eq!(launches.len(), 2);
    supervisor.stop().await;
}

/// At the moment when the child is about to rest, prompts come by its key and by its session.
#[tokio::test(start_paused = true)]
async fn a_prompt_that_comes_when_the_child_is_about_to_rest_is_answered() {
    let launches = Launches::default();
    let supervisor = Supervisor::builder()
        .child(spec("a", &launches).idle_after(10 * SECOND))
        .start()
        .await
        .unwrap();
    let a = supervisor.session(&"a".to_owned()).unwrap();
    for round in 0..20 {
        let session = a.session().await.unwrap();
        tokio::time::sleep(10 * SECOND).await;
        for _ in 0..round {
            tokio::task::yield_now().await;
        }
        let prompt = format!("by the key {round}");
        assert_eq!(text(&a, &prompt).await, prompt);
        drop(session);
        // A turn that is made before the time is over, and asked after it.
        let turn = a.query("later").await.unwrap();
        tokio::time::sleep(10 * SECOND + SECOND * (round % 3)).await;
        assert_eq!(turn.text().await.unwrap(), "later", "{round}");
    }
    assert!(launches.len() > 1, "it never rested");
    supervisor.stop().await;
}

/// The CLI takes its time to end. Those that ask for the child meanwhile only wait: if they kept
/// running, the clock of this test would stand still.
#[tokio::test(start_paused = true)]
async fn queries_wait_for_the_end_of_a_process_that_is_stopped_to_rest() {
    let launches = Launches::default();
    let supervisor = Supervisor::builder()
        .child(ChildSpec::new("a", with(lingering(&launches))).idle_after(10 * SECOND))
        .start()
        .await
        .unwrap();
    let a = supervisor.session(&"a".to_owned()).unwrap();
    text(&a, "one").await;
    a.wait_for(ChildState::Resting).await.unwrap();
    let before = tokio::time::Instant::now();
    let both = tokio::join!(text(&a, "two"), text(&a, "three"));
    assert_eq!((both.0.as_str(), both.1.as_str()), ("two", "three"));
    let time = before.elapsed();
    assert!((3 * SECOND..4 * SECOND).contains(&time), "{time:?}");
    assert_eq!((launches.len(), launches.flag(1, "--resume").as_deref()), (2, Some(SESSION)));
    supervisor.stop().await;
}
