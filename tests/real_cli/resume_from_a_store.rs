//! A conversation goes on elsewhere: its transcript is only in the store, and the CLI keeps the
//! settings and the memory of its configuration folder.

use std::fs;
use std::sync::Arc;

use claude_wire::history::{History, Page, project_key};
use claude_wire::lab::{ApiReply, ApiScript, When};
use claude_wire::session::{PermissionMode, SessionEvent};
use claude_wire::store::{
    FolderSessionStore, InMemorySessionStore, SessionKey, SessionStore, SessionStoreEntry,
};
use claude_wire::wire::System;
use serde_json::{Value, json};

use crate::support::{close, place};

pub(crate) async fn run() {
    // The API only gives these answers to a request with that many turns.
    let script = ApiScript::new()
        .when(When::prompt("First").turn(1), [ApiReply::text("one")])
        .when(When::prompt("Second").turn(2), [ApiReply::text("two")]);
    let place = place(script).await;
    fs::create_dir_all(place.config_dir()).unwrap();
    let settings = json!({"permissions": {"defaultMode": "acceptEdits"}});
    fs::write(place.config_dir().join("settings.json"), settings.to_string()).unwrap();

    let store = Arc::new(InMemorySessionStore::new());
    let session = place.session().session_store(store.clone()).start().unwrap();
    assert_eq!(session.query("First").text().await.unwrap(), "one");
    let id = session.session_id().unwrap();
    assert!(session.stop().await.unwrap().unwrap().success());
    let key = SessionKey::new(project_key(place.cwd()), &id);
    let before = store.get_entries(&key).len();
    // The store has what the disk has.
    let transcript = History::at(place.config_dir()).transcript_path(&id).unwrap();
    let lines = fs::read_to_string(&transcript).unwrap();
    let mut missing = Vec::new();
    for line in lines.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let is_stored = |entry: &SessionStoreEntry| entry.to_value().unwrap() == line;
        if !store.get_entries(&key).iter().any(is_stored) {
            missing.push(line["type"].as_str().unwrap().to_owned());
        }
    }
    // The requests themselves the CLI does not report.
    missing.retain(|kind| !kind.starts_with("api-request"));
    assert_eq!(missing, [""; 0]);
    // Elsewhere there is no such file.
    fs::remove_dir_all(place.config_dir().join("projects")).unwrap();

    let session = place.session().session_store(store.clone()).resume(id.as_str()).start().unwrap();
    let mut events = session.events();
    let mut turn = session.query("Second");
    let (mut modes, mut text) = (Vec::new(), String::new());
    while let Some(message) = turn.next().await {
        let message = message.unwrap();
        if let Some(System::Init(init)) = message.as_system() {
            modes.push(init.permission_mode.clone());
        }
        if let Some(result) = message.as_result() {
            text = result.result.clone().unwrap_or_default();
        }
    }
    assert_eq!((modes, text.as_str()), (vec![PermissionMode::AcceptEdits], "two"));
    assert_eq!(session.session_id().as_deref(), Some(&*id));
    assert!(session.stop().await.unwrap().unwrap().success());
    while let Some(event) = events.next().await {
        assert!(!matches!(event, SessionEvent::Warning(_)), "{event:?}");
    }
    let entries = store.get_entries(&key);
    assert!(entries.len() > before, "{} after {before}", entries.len());
    assert!(!place.config_dir().join("projects").exists(), "all in the temporary folder");

    // The same entries in a folder are a conversation for history.
    let folder = tempfile::tempdir().unwrap();
    let copy = FolderSessionStore::new(folder.path().join("projects"));
    copy.append(&key, &entries).await.unwrap();
    let messages = History::at(folder.path()).get_session_messages(&id, Page::all()).unwrap();
    let texts: Vec<_> = messages.messages.iter().map(|message| message.text()).collect();
    assert_eq!(texts, ["First", "one", "Second", "two"]);
    close(place);
}
