//! A system prompt in blocks, with the boundary between what is the same in all sessions and what is
//! not.

use claude_wire::lab::{ApiReply, ApiScript};
use claude_wire::session::options::SYSTEM_PROMPT_DYNAMIC_BOUNDARY;

use crate::support::{finish, place};

pub(crate) async fn run() {
    let place = place(ApiScript::new().on_prompt("Hello", [ApiReply::text("Hi.")])).await;
    let session = place
        .session()
        .system_prompt_blocks(["You are a tutor.", SYSTEM_PROMPT_DYNAMIC_BOUNDARY, "It is Monday."])
        .start()
        .unwrap();
    session.query("Hello").drain().await.unwrap();
    let requests = place.api().requests();
    let system = requests[0].body()["system"].to_string();
    let of = |text: &str| system.find(text);
    assert!(of("You are a tutor.").unwrap() < of("It is Monday.").unwrap(), "{system}");
    assert_eq!(of(SYSTEM_PROMPT_DYNAMIC_BOUNDARY), None, "{system}");
    assert!(finish(session, place).await.success());
}
