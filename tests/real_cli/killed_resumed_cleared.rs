//! The CLI is killed, resumed and cleared: it ends properly, given time.
//!
//! A CLI that is killed while it writes its configuration leaves a lock behind, which the next one
//! respects until it is ten seconds old: not during its turns, but at its end, where it writes as
//! well. During that time it does not end at SIGTERM either.

use std::path::Path;
use std::time::{Duration, Instant};

use claude_wire::lab::{ApiReply, ApiScript, When};

use crate::support::{after_a_kill, finish, kill, place};

pub(crate) async fn run() {
    let script = ApiScript::new()
        .when(When::prompt("First").turn(1), [ApiReply::text("one")])
        .when(When::prompt("Second").turn(2), [ApiReply::text("two")])
        .when(When::prompt("Third").turn(1), [ApiReply::text("three")]);
    let place = place(script).await;
    let config = place.env().into_iter().find(|(name, _)| *name == "CLAUDE_CONFIG_DIR").unwrap().1;
    let session = place.session().shutdown(after_a_kill()).start().unwrap();
    assert_eq!(session.query("First").text().await.unwrap(), "one");
    kill(&session).await;
    let is_locked = Path::new(&config).join(".claude.json.lock").exists();
    assert_eq!(session.query("Second").text().await.unwrap(), "two");
    let id = session.session_id();
    session.clear().await.unwrap();
    assert_ne!(session.session_id(), id);
    assert_eq!(session.query("Third").text().await.unwrap(), "three");
    let begun = Instant::now();
    let exit = finish(session, place).await;
    assert!(exit.success(), "{exit}");
    assert!(
        is_locked || begun.elapsed() < Duration::from_secs(5),
        "no lock, and {:?}",
        begun.elapsed()
    );
}
