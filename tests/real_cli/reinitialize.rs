//! The handshake, repeated with the CLI that runs: the hooks are taken again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use claude_wire::lab::{ApiReply, ApiScript};
use claude_wire::session::handlers::Matcher;
use claude_wire::wire::hook::UserPromptSubmit;

use crate::support::{finish, place};

pub(crate) async fn run() {
    let script = ApiScript::new()
        .on_prompt("One", [ApiReply::text("1")])
        .on_prompt("Two", [ApiReply::text("2")]);
    let place = place(script).await;
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let session = place
        .session()
        .on_hook(Matcher::all(), move |_: UserPromptSubmit, _| {
            counted.fetch_add(1, Ordering::Relaxed);
            async {}
        })
        .start()
        .unwrap();
    let first = session.connect().await.unwrap();
    assert_eq!(session.query("One").text().await.unwrap(), "1");
    let again = session.reinitialize().await.unwrap();
    assert!(
        again.defects().is_empty() && again.unmodelled().is_empty(),
        "{:?}",
        again.unmodelled()
    );
    assert_eq!(again.hooks_applied, Some(true));
    assert_eq!(again.pid, first.pid, "the same process");
    assert_eq!(session.query("Two").text().await.unwrap(), "2");
    assert_eq!(calls.load(Ordering::Relaxed), 2, "once for each prompt");
    finish(session, place).await;
}
