//! What the children of a supervisor have used and do, by key.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use claude_wire::supervisor::{ChildKind, ChildSpec, Supervisor};
use claude_wire::transport::Exit;

use crate::supervisor_support::{paid, text, with};
use crate::support::cli::cli;

#[tokio::test(start_paused = true)]
async fn costs_and_tokens_are_known_by_key_over_restarts() {
    let specs = ["a", "b"].map(|key| ChildSpec::new(key, with(paid())));
    let supervisor: Supervisor = Supervisor::builder().children(specs).start().await.unwrap();
    let [a, b] = ["a", "b"].map(|key| supervisor.session(&key.to_owned()).unwrap());
    text(&a, "0.25").await;
    text(&a, "0.5").await;
    text(&b, "2").await;
    assert!(a.query("crash").await.unwrap().text().await.is_err());
    text(&a, "1").await;
    let by_key = || {
        let children = supervisor.list().into_iter();
        let of = |tokens: u64, usd: f64, turns: u64| (tokens, usd, turns);
        children
            .map(|child| {
                let spent = child.spending;
                of(spent.all_models().tokens.input, spent.cost_usd, spent.results)
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(by_key(), [(30, 1.75, 3), (10, 2.0, 1)]);
    // A stop in between makes another session; its costs are added.
    a.session().await.unwrap().stop().await.unwrap();
    text(&a, "4").await;
    assert_eq!(by_key(), [(40, 5.75, 4), (10, 2.0, 1)]);
    assert_eq!((supervisor.spending().cost_usd, supervisor.spending().results), (7.75, 5));
    supervisor.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_list_shows_what_each_child_does() {
    let cli = cli(|_, mut cli| async move {
        cli.handshake().await;
        cli.prompt().await;
        cli.drain().await;
        Exit::from_code(0)
    });
    let supervisor: Supervisor =
        Supervisor::builder().child(ChildSpec::new("a", with(cli))).start().await.unwrap();
    let a = supervisor.session(&"a".to_owned()).unwrap().session().await.unwrap();
    let mut turns = [a.query("one"), a.query("two"), a.query("three")];
    for turn in &mut turns {
        // Sent, without an answer.
        let _ = tokio::time::timeout(std::time::Duration::from_millis(1), turn.next()).await;
    }
    let child = supervisor.list().remove(0);
    assert_eq!((child.kind, child.queued), (ChildKind::Session, 2));
    assert_eq!(child.phase, Some(claude_wire::session::Phase::Busy));
    supervisor.stop().await;
}
