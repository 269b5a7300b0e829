//! The model of a running session is changed.

use claude_wire::lab::{ApiReply, ApiScript, When};
use serde_json::{Map, json};

use crate::support::{finish, place};

pub(crate) async fn run() {
    let script = ApiScript::new()
        .on_prompt("Hello", [ApiReply::text("one"), ApiReply::text("two")])
        // The CLI tests the model before it accepts it.
        .when(When::prompt("Hi").model("claude-sonnet-5"), [ApiReply::text("Hi")])
        .when(When::prompt("Hi").model("no-such-model"), [ApiReply::error(404)]);
    let place = place(script).await;
    let session = place.session().model("claude-opus-5-5").start().unwrap();
    session.query("Hello").drain().await.unwrap();
    let fields = Map::from_iter([("model".to_owned(), json!("claude-sonnet-5"))]);
    session.control("set_model", fields).await.unwrap();
    let fields = Map::from_iter([("model".to_owned(), json!("no-such-model"))]);
    let refusal = session.control("set_model", fields).await.unwrap_err();
    assert!(refusal.refusal().is_some(), "{refusal}");
    session.query("Hello").drain().await.unwrap();
    let asked: Vec<_> = place
        .api()
        .requests()
        .iter()
        .filter(|request| request.prompts().contains(&"Hello"))
        .map(|request| request.model().to_owned())
        .collect();
    assert_eq!(asked, ["claude-opus-5-5", "claude-sonnet-5"]);
    assert!(finish(session, place).await.success());
}
