//! What the end of one child means for the others: nothing, until there are too many.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;
use std::time::Duration;

use claude_wire::Session;
use claude_wire::supervisor::{
    Backoff, ChildKind, ChildSpec, ChildState, ExitReason, Strategy, Supervisor,
};
use claude_wire::transport::{Exit, Memory};

use crate::supervisor_support::{SECOND, kill, noted, serve_until_die, text, three};
use crate::support::cli::{Launches, Log};

/// Serves with a delay, so that a turn is under way when another child dies.
fn slow() -> Memory {
    noted(&Launches::default(), |_, mut cli| async move {
        cli.handshake().await;
        while let Some((uuid, text)) = cli.next_prompt().await {
            tokio::time::sleep(5 * SECOND).await;
            cli.turn(&uuid, &text).await;
        }
        Exit::from_code(0)
    })
}

fn child(key: &str, transport: Memory) -> ChildSpec {
    let transport = Arc::new(transport);
    ChildSpec::new(key, move || Session::builder().transport(transport.clone()))
}

/// Before, while and after the other one is down.
#[tokio::test(start_paused = true)]
async fn others_answer_throughout_while_one_is_down() {
    let mortal = noted(&Launches::default(), |_, cli| serve_until_die(cli));
    let supervisor: Supervisor = Supervisor::builder()
        .backoff(Backoff::new(30 * SECOND, 30 * SECOND).jitter(0.0))
        .children([child("a", slow()), child("b", mortal), child("c", slow())])
        .start()
        .await
        .unwrap();
    let [a, b, c] = ["a", "b", "c"].map(|key| supervisor.session(&key.to_owned()).unwrap());
    // One turn runs and one waits when it dies.
    let (first, second, third) = tokio::join!(text(&a, "one"), text(&a, "two"), async {
        kill(&b).await;
        text(&c, "three").await
    });
    assert_eq!([first, second, third], ["one", "two", "three"]);
    assert_eq!(b.state(), ChildState::Restarting, "it is down");
    let before = tokio::time::Instant::now();
    assert_eq!(text(&a, "four").await, "four");
    assert_eq!(before.elapsed(), 5 * SECOND);
    assert_eq!(text(&b, "five").await, "five");
    assert_eq!(text(&c, "six").await, "six");
    let list = supervisor.list();
    let restarts: Vec<_> = list.iter().map(|child| child.restarts).collect();
    assert_eq!(restarts, [0, 1, 0]);
    let [a, b, c] = [0, 1, 2].map(|child: usize| list[child].started_at.unwrap());
    assert!(b > a && b > c, "only one has come up again");
    supervisor.stop().await;
}

/// Five within ten seconds are allowed.
#[tokio::test(start_paused = true)]
async fn the_sixth_crash_within_the_window_stops_the_others_in_reverse_order() {
    for (seconds_between, ends) in [(1, true), (3, false)] {
        let log = Log::default();
        let ending = |key: &'static str| {
            let log = log.clone();
            let transport = noted(&Launches::default(), move |_, cli| {
                let log = log.clone();
                async move {
                    let exit = serve_until_die(cli).await;
                    if exit.success() {
                        log.push(key);
                    }
                    exit
                }
            });
            child(key, transport)
        };
        let supervisor: Supervisor = Supervisor::builder()
            .intensity(5, 10 * SECOND)
            .backoff(Backoff::none())
            .children(["a", "b", "c", "d"].map(ending))
            .start()
            .await
            .unwrap();
        let b = supervisor.session(&"b".to_owned()).unwrap();
        for crash in 1..=6 {
            assert_eq!(text(&b, "x").await, "x", "{crash}");
            kill(&b).await;
            tokio::time::sleep(seconds_between * SECOND).await;
        }
        assert_eq!(log.all(), if ends { vec!["d", "c", "a"] } else { vec![] });
        let reason = supervisor.stop().await;
        let expected = matches!(&reason, ExitReason::MaxIntensity { child, .. } if child == "b");
        assert_eq!(expected, ends, "{reason:?}");
    }
}

/// The last words of the CLI are in the reason.
#[tokio::test(start_paused = true)]
async fn the_reason_of_the_end_has_the_last_error_and_its_standard_error() {
    let transport = noted(&Launches::default(), |_, mut cli| async move {
        cli.handshake().await;
        cli.next_prompt().await;
        cli.complain("out of memory\n").await;
        Exit::from_code(7)
    });
    let supervisor: Supervisor = Supervisor::builder()
        .intensity(0, SECOND)
        .child(child("a", transport))
        .start()
        .await
        .unwrap();
    let mut list = supervisor.list();
    kill(&list.remove(0).session.unwrap()).await;
    let ExitReason::MaxIntensity { last_error, .. } = supervisor.finished().await else {
        panic!("it goes on")
    };
    assert!(
        last_error.contains("exit code 7") && last_error.contains("out of memory"),
        "{last_error}"
    );
}

/// Each number of the counts and of the health, as children come, crash and go.
#[tokio::test(start_paused = true)]
async fn the_counts_follow_the_children() {
    let (supervisor, _) = three(Strategy::OneForOne).await;
    let counts = |supervisor: &Supervisor| {
        let counts = supervisor.count();
        (counts.specs, counts.active, counts.sessions, counts.supervisors)
    };
    assert_eq!(counts(&supervisor), (3, 3, 3, 0));
    let inner = ChildSpec::supervisor("inner", || Supervisor::builder().child(child("x", slow())));
    supervisor.start_session(child("d", slow()).idle_after(9 * SECOND)).await.unwrap();
    let inner = supervisor.start_session(inner).await.unwrap();
    assert_eq!(counts(&supervisor), (5, 5, 4, 1));
    let list = supervisor.list();
    assert_eq!((list[4].kind, list[4].session.is_none()), (ChildKind::Supervisor, true));
    // It has no session, which is said at once.
    assert_eq!(inner.state(), ChildState::Up);
    let before = tokio::time::Instant::now();
    let error = inner.query("x").await.unwrap_err();
    assert!(error.is_supervisor() && error.to_string().contains("\"inner\""), "{error}");
    assert_eq!(before.elapsed(), Duration::ZERO);
    supervisor.session(&"d".to_owned()).unwrap().wait_for(ChildState::Resting).await.unwrap();
    assert_eq!(counts(&supervisor), (5, 4, 4, 1));
    let health = supervisor.health();
    assert_eq!((health.total, health.active, health.failed), (5, 5, 0), "one that rests is well");
    for (left, key) in [(4, "inner"), (3, "d"), (2, "a"), (1, "b"), (0, "c")] {
        supervisor.terminate_session(&key.to_owned()).await.unwrap();
        let active = left.min(3) + usize::from(left > 3 && key != "inner");
        assert_eq!(counts(&supervisor), (left, active, left, 0), "{key}");
        assert_eq!((supervisor.health().total, supervisor.health().active), (left, left), "{key}");
    }
    supervisor.stop().await;
}
