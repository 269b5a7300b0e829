//! A request that the script does not expect fails the turn at once, and the report names it.

use claude_wire::lab::{ApiReply, ApiScript};

use crate::support::place;

pub(crate) async fn run() {
    let place = place(ApiScript::new().on_prompt("Hello", [ApiReply::text("Hi!")])).await;
    let session = place.session().start().unwrap();
    let error = session.query("Good bye").text().await.unwrap_err();
    assert!(error.to_string().contains("no rule answers it: turn 1"), "{error}");
    session.stop().await.unwrap();
    let requests = place.api().requests().len();
    let error = place.finish().unwrap_err();
    let failures = error.api_report().unwrap().failures();
    assert_eq!((requests, failures.len()), (1, 2), "{failures:?}");
    assert!(
        failures[0].contains("prompt \"Good bye\"")
            && failures[1].contains("0 of 1 replies fetched"),
        "{failures:?}"
    );
}
