//! The permission mode of a running session is changed: an edit that needed permission no longer
//! does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use claude_wire::Decision;
use claude_wire::lab::{ApiReply, ApiScript};
use serde_json::{Map, json};

use crate::support::{finish, place};

pub(crate) async fn run() {
    let write = |name: &str| {
        ApiReply::tool_use(
            "Bash",
            json!({"command": format!("touch {name}"), "description": "make a file"}),
        )
    };
    let script = ApiScript::new()
        .on_prompt("One", [write("one.txt"), ApiReply::text("done")])
        .on_prompt("Two", [write("two.txt"), ApiReply::text("done")]);
    let place = place(script).await;
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let session = place
        .session()
        .on_permission(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            async { Decision::allow() }
        })
        .start()
        .unwrap();
    session.query("One").drain().await.unwrap();
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    let reply = session
        .control("set_permission_mode", Map::from_iter([("mode".to_owned(), json!("acceptEdits"))]))
        .await
        .unwrap();
    assert_eq!(reply.unwrap().to_value().unwrap(), json!({"mode": "acceptEdits"}));
    session.query("Two").drain().await.unwrap();
    assert_eq!(asked.load(Ordering::Relaxed), 1, "asked despite the mode");
    assert!(place.cwd().join("two.txt").is_file());

    let refusal = session
        .control("set_permission_mode", Map::from_iter([("mode".to_owned(), json!("bogus"))]))
        .await
        .unwrap_err();
    assert!(refusal.refusal().is_some(), "{refusal}");
    assert!(finish(session, place).await.success());
}
