//! The CLI is killed between two turns: the next query starts another one, which remembers.

use claude_wire::fake_api::{ApiScript, Reply, When};
use claude_wire::session::SessionEvent;

use crate::support::{after_a_kill, finish, place, signal};

pub(crate) async fn run() {
    let script =
        ApiScript::new().when(When::prompt("First").turn(1), [Reply::text("one")]).when(When::prompt("Second").turn(2), [Reply::text("two")]);
    let place = place(script).await;
    let session = place.session().shutdown(after_a_kill()).start().unwrap();
    let mut events = session.events();
    assert_eq!(session.query("First").text().await.unwrap(), "one");
    let (pid, id) = (session.pid().unwrap(), session.session_id());
    signal(pid, "KILL").await;
    let exit = loop {
        if let SessionEvent::Disconnected(exit) = events.next().await.unwrap() {
            break exit.unwrap();
        }
    };
    assert_eq!(exit.signal, Some(9));
    assert_eq!(session.query("Second").text().await.unwrap(), "two");
    assert_eq!(session.session_id(), id);
    assert_ne!(session.pid(), Some(pid));
    assert!(finish(session, place).await.success());
}
