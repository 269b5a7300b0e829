//! A conversation is resumed with another system prompt, which replaces the one that the CLI has
//! stored.

use claude_wire::lab::{ApiReply, ApiScript, When};

use crate::support::{close, place};

pub(crate) async fn run() {
    let script = ApiScript::new()
        .when(When::prompt("First").turn(1), [ApiReply::text("one")])
        .when(When::prompt("Second").turn(2), [ApiReply::text("two")]);
    let place = place(script).await;
    let first = place.session().system_prompt("You are a poet.").start().unwrap();
    first.query("First").drain().await.unwrap();
    let id = first.session_id().unwrap();
    assert!(first.stop().await.unwrap().unwrap().success());

    let second = place.session().system_prompt("You are a pirate.").resume(id).start().unwrap();
    second.query("Second").drain().await.unwrap();
    assert!(second.stop().await.unwrap().unwrap().success());
    let prompts: Vec<_> =
        place.api().requests().iter().map(|request| request.body()["system"].to_string()).collect();
    assert!(
        prompts[0].contains("You are a poet.") && !prompts[0].contains("pirate"),
        "{}",
        prompts[0]
    );
    assert!(
        prompts[1].contains("You are a pirate.") && !prompts[1].contains("poet"),
        "{}",
        prompts[1]
    );
    close(place);
}
