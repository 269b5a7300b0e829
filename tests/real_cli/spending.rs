//! The cost of turns over a clear, a crash of the CLI and a resumed conversation: each has its
//! share, nothing is counted twice.

use claude_wire::lab::{ApiReply, ApiScript, When};
use claude_wire::session::{SessionEvent, Spending};

use crate::support::{finish, place, signal};

pub(crate) async fn run() {
    let turn = |prompt: &str, turn| When::prompt(prompt).turn(turn);
    let script = ApiScript::new()
        .when(turn("First", 1), [ApiReply::text("one")])
        .when(turn("Second", 2), [ApiReply::text("two")])
        .when(turn("Third", 1), [ApiReply::text("three")])
        .when(turn("Fourth", 2), [ApiReply::text("four")]);
    let place = place(script).await;
    let session = place.session().start().unwrap();
    let cost = async |prompt: &str| -> Spending {
        let summary = session.query(prompt).collect_summary().await.unwrap();
        assert!(summary.outcome().is_success(), "{prompt}: {summary:?}");
        summary.spending
    };
    let first = cost("First").await;
    assert!(first.cost_usd > 0.0 && first.results == 1, "{first:?}");
    let mut turns = vec![cost("Second").await];

    session.clear().await.unwrap();
    turns.push(cost("Third").await);

    let mut events = session.events();
    signal(session.pid().unwrap(), "KILL").await;
    while !matches!(events.next().await.unwrap(), SessionEvent::Disconnected(_)) {}
    turns.push(cost("Fourth").await);

    for turn in turns {
        assert!((turn.cost_usd - first.cost_usd).abs() < 1e-9, "{turn:?}");
        assert_eq!(turn.all_models().tokens, first.all_models().tokens);
    }
    assert!(
        (session.spending().cost_usd - 4.0 * first.cost_usd).abs() < 1e-9,
        "{:?}",
        session.spending()
    );
    let exit = finish(session, place).await;
    assert!(exit.success(), "{exit}");
}
