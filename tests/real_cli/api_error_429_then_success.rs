//! The API asks once to retry later: the CLI waits that long, and the turn succeeds.

use std::time::Duration;

use claude_wire::lab::{ApiReply, ApiScript};
use claude_wire::wire::System;

use crate::support::{finish, place};

pub(crate) async fn run() {
    let wait = ApiReply::error(429).retry_after(Duration::from_secs(1));
    let place =
        place(ApiScript::new().on_prompt("Hello", [wait, ApiReply::text("Here I am.")])).await;
    let session = place.session().start().unwrap();
    let messages = session.query("Hello").filter_type("system").collect().await.unwrap();
    let retries: Vec<_> = messages
        .iter()
        .filter_map(|message| match message.as_system() {
            Some(System::ApiRetry(retry)) => {
                Some((retry.attempt, retry.error_status, retry.retry_delay_ms >= 1000.0))
            }
            _ => None,
        })
        .collect();
    assert_eq!(retries, [(1, Some(429), true)]);
    assert_eq!(place.api().requests().len(), 2);
    assert!(finish(session, place).await.success());
}
