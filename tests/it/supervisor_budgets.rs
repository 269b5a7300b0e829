//! Budgets of a session, of a group of children, and of a supervisor with all below it.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;

use claude_wire::supervisor::{
    Backoff, Budget, ChildSpec, LocalRegistry, SessionRef, SessionRegistry, Supervisor,
    SupervisorBuilder,
};

use crate::supervisor_support::{SECOND, kill_by, paid, text, with};

fn child(key: &str) -> ChildSpec {
    ChildSpec::new(key, with(paid()))
}

fn builder() -> SupervisorBuilder {
    Supervisor::builder().name("chat").intensity(9, SECOND).backoff(Backoff::none())
}

fn of<const N: usize>(supervisor: &Supervisor, keys: [&str; N]) -> [SessionRef; N] {
    keys.map(|key| supervisor.session(&key.to_owned()).unwrap())
}

/// The text of the error of a query that is refused.
async fn refused(session: &SessionRef) -> String {
    let error = session.query("0").await.unwrap_err();
    assert!(error.is_budget(), "{error}");
    error.to_string()
}

#[tokio::test(start_paused = true)]
async fn the_budget_of_a_supervisor_is_for_all_its_sessions_together() {
    let children = ["a", "b"].map(child);
    let supervisor = builder().max_usd(1.0).children(children).start().await.unwrap();
    let [a, b] = of(&supervisor, ["a", "b"]);
    text(&a, "0.25").await;
    text(&b, "0.5").await;
    text(&a, "0.125").await;
    // The last turn may exceed it.
    text(&b, "0.5").await;
    for (session, key) in [(&a, "a"), (&b, "b")] {
        let error = refused(session).await;
        let expected = format!("{key:?} is used up: 1.3750 of 1 USD of the budget \"chat\"");
        assert!(error.contains(&expected), "{error}");
    }
    // One that is added later has no more.
    let c = supervisor.start_session(child("c")).await.unwrap();
    refused(&c).await;
    supervisor.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_and_what_was_restarted_counts() {
    let children = ["a", "b"].map(child);
    let supervisor = builder().max_turns(4).children(children).start().await.unwrap();
    let [a, b] = of(&supervisor, ["a", "b"]);
    text(&a, "1").await;
    kill_by(&a, "crash").await;
    text(&a, "1").await;
    supervisor.restart_session(&"a".to_owned()).await.unwrap();
    text(&a, "1").await;
    supervisor.terminate_session(&"a".to_owned()).await.unwrap();
    text(&b, "1").await;
    let error = refused(&b).await;
    assert!(error.contains("4 of 4 turns of the budget \"chat\""), "{error}");
    assert_eq!(supervisor.spending().results, 1, "which counts those that are there");
    supervisor.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_limit_of_each_session_is_its_own() {
    let limited = child("b").max_turns(1);
    let supervisor = builder()
        .max_turns_each(2)
        .max_usd_each(10.0)
        .children([child("a"), limited])
        .start()
        .await
        .unwrap();
    let [a, b] = of(&supervisor, ["a", "b"]);
    text(&a, "1").await;
    text(&b, "1").await;
    let error = refused(&b).await;
    assert!(error.contains("1 of 1 turns") && !error.contains("the budget \""), "{error}");
    text(&a, "1").await;
    assert!(refused(&a).await.contains("2 of 2 turns"));
    let c = supervisor.start_session(child("c")).await.unwrap();
    text(&c, "20").await;
    assert!(refused(&c).await.contains("20.0000 of 10 USD"));
    supervisor.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_group_of_children_shares_a_budget() {
    let team = Budget::new("team").max_usd(2.0).max_turns(9);
    let grouped = ["a", "b"].map(|key| child(key).budget(team.clone()));
    let supervisor = builder().children(grouped).child(child("c")).start().await.unwrap();
    // Also one of another supervisor.
    let d = child("d").budget(team.clone()).budget(team.clone());
    let other = builder().budget(team.clone()).child(d).start().await.unwrap();
    let [a, b, c] = of(&supervisor, ["a", "b", "c"]);
    let [d] = of(&other, ["d"]);
    text(&a, "0.5").await;
    text(&b, "0.5").await;
    text(&c, "100").await;
    assert_eq!((team.cost_usd(), team.results()), (1.0, 2));
    text(&d, "1").await;
    assert_eq!((team.cost_usd(), team.results()), (2.0, 3), "counted once");
    for session in [&a, &b, &d] {
        let error = refused(session).await;
        assert!(error.contains("2.0000 of 2 USD of the budget \"team\""), "{error}");
    }
    text(&c, "1").await;
    supervisor.stop().await;
    other.stop().await;
}

#[tokio::test(start_paused = true)]
async fn nested_supervisors_count_in_those_above() {
    let registry: Arc<dyn SessionRegistry<String>> = Arc::new(LocalRegistry::new());
    let (names, group) = (registry.clone(), Budget::new("group"));
    let inner = move || {
        let deepest = |names: Arc<dyn SessionRegistry<String>>| {
            ChildSpec::supervisor("deepest", move || {
                builder().registry(names.clone()).child(child("c"))
            })
        };
        let b = child("b").max_turns(5);
        builder()
            .name("inner")
            .max_turns(3)
            .registry(names.clone())
            .children([b, deepest(names.clone())])
    };
    let outer = builder()
        .name("outer")
        .max_turns(5)
        .registry(registry.clone())
        .child(child("a"))
        .child(ChildSpec::supervisor("inner", inner).budget(group.clone()))
        .start()
        .await
        .unwrap();
    let [a, b, c] = ["a", "b", "c"].map(|key| SessionRef::via(registry.clone(), key));
    text(&a, "1").await;
    text(&b, "1").await;
    text(&c, "1").await;
    text(&c, "1").await;
    for session in [&b, &c] {
        let error = refused(session).await;
        assert!(error.contains("3 of 3 turns of the budget \"inner\""), "{error}");
    }
    text(&a, "1").await;
    assert!(refused(&a).await.contains("5 of 5 turns of the budget \"outer\""));
    assert_eq!(group.results(), 3);
    // One that is restarted begins at zero, those above go on.
    outer.restart_session(&"inner".to_owned()).await.unwrap();
    for session in [&b, &c] {
        assert!(refused(session).await.contains("\"outer\""));
    }
    outer.stop().await;
}

/// Clones count together; each has its own limits, of which the lowest holds.
#[tokio::test(start_paused = true)]
async fn clones_of_a_budget_with_different_limits_count_once_and_the_lowest_holds() {
    for (of_child, of_supervisor, spent, limit) in [
        (Some(1.0), Some(3.0), "1", "1.0000 of 1 USD"),
        (Some(3.0), Some(1.0), "1", "1.0000 of 1 USD"),
        (None, Some(1.0), "1", "1.0000 of 1 USD"),
        (Some(1.0), None, "1", "1.0000 of 1 USD"),
    ] {
        let team = Budget::new("team");
        let share = |limit: Option<f64>| match limit {
            Some(usd) => team.clone().max_usd(usd),
            None => team.clone().max_turns(9),
        };
        let supervisor = builder()
            .budget(share(of_supervisor))
            .child(child("a").budget(share(of_child)))
            .start()
            .await
            .unwrap();
        let [a] = of(&supervisor, ["a"]);
        text(&a, spent).await;
        assert_eq!((team.cost_usd(), team.results()), (1.0, 1), "counted once");
        let error = refused(&a).await;
        assert!(error.contains(limit), "{of_child:?} {of_supervisor:?}: {error}");
        supervisor.stop().await;
    }
    // Two children with different shares of the same budget.
    let team = Budget::new("team");
    let [low, high] = [1.0, 2.0].map(|usd| team.clone().max_usd(usd));
    let children = [child("a").budget(low), child("b").budget(high)];
    let supervisor = builder().children(children).start().await.unwrap();
    let [a, b] = of(&supervisor, ["a", "b"]);
    text(&b, "1").await;
    assert!(refused(&a).await.contains("1.0000 of 1 USD"));
    text(&b, "1").await;
    assert!(refused(&b).await.contains("2.0000 of 2 USD"));
    supervisor.stop().await;
}
