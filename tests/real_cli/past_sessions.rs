//! The sessions that the CLI has written are listed, read, changed and forked on disk, and the CLI
//! goes on with a fork.

use std::fs;

use claude_wire::history::{ForkSessionOptions, History, Page, Role, project_key};
use claude_wire::lab::{ApiReply, ApiScript, When};
use serde_json::json;

use crate::support::{finish, place};

/// Directories whose names the CLI encodes.
fn directories() -> [String; 5] {
    let long = "a".repeat(120);
    [
        "my.app_1 (x)".into(),
        "e\u{1f600}x".into(),
        "caf\u{e9}".into(),
        "cafe\u{301}".into(),
        format!("{long}/{long}.\u{1f600}"),
    ]
}

pub(crate) async fn run() {
    let tool = ApiReply::text("I look.")
        .and_tool_use("Bash", json!({"command": "echo one"}))
        .and_tool_use("Bash", json!({"command": "echo two"}));
    let mut script = ApiScript::new()
        .when(When::prompt("First question").turn(1), [ApiReply::text("First answer.")])
        .when(When::prompt("Look twice").turn(2), [tool, ApiReply::text("I have looked.")])
        .when(When::prompt("Go on").turn(2), [ApiReply::text("Gone on.")]);
    for at in 0..directories().len() {
        script = script.on_prompt(format!("Where {at}"), [ApiReply::text("Here.")]);
    }
    let place = place(script).await;
    let history = History::at(place.config_dir()).directory(place.cwd());

    let session = place.session().allowed_tools(["Bash"]).start().unwrap();
    assert_eq!(session.query("First question").text().await.unwrap(), "First answer.");
    assert!(session.query("Look twice").text().await.unwrap().ends_with("I have looked."));
    let id = session.session_id().unwrap();
    assert!(session.stop().await.unwrap().unwrap().success());

    let info = history.list_sessions(Page::all()).unwrap().into_iter().next().unwrap();
    assert_eq!(info.session_id, id);
    assert_eq!(info.cwd.as_deref(), place.cwd().canonicalize().unwrap().to_str());
    assert!(info.created_at.is_some_and(|at| at > 0 && at <= info.last_modified), "{info:?}");
    assert!(!info.summary.is_empty() && !info.archived, "{info:?}");
    let found = history.get_session_messages(&id, Page::all()).unwrap();
    assert_eq!(found.skipped, []);
    let texts: Vec<_> = found
        .messages
        .iter()
        .map(|message| (message.role, message.text()))
        .filter(|(_, text)| !text.is_empty())
        .collect();
    let said = |role, text: &str| (role, text.to_owned());
    assert_eq!(
        texts,
        [
            said(Role::User, "First question"),
            said(Role::Assistant, "First answer."),
            said(Role::User, "Look twice"),
            said(Role::Assistant, "I look."),
            said(Role::Assistant, "I have looked."),
        ]
    );
    let entries: Vec<_> = found.messages.iter().map(|m| m.entry().text().into_owned()).collect();
    for part in ["\"type\":\"tool_use\"", "\"type\":\"tool_result\""] {
        assert_eq!(entries.iter().filter(|entry| entry.contains(part)).count(), 2, "{entries:#?}");
    }

    history.rename_session(&id, "The first").unwrap();
    history.tag_session(&id, Some("mine")).unwrap();
    history.archive_session(&id).unwrap();
    let info = history.get_session_info(&id).unwrap().unwrap();
    assert_eq!(
        (&*info.summary, info.tag.as_deref(), info.archived),
        ("The first", Some("mine"), true)
    );

    // Up to the first answer. The CLI goes on from there.
    let first_answer = found.messages[1].uuid.clone();
    let options = ForkSessionOptions::default().up_to_message_id(first_answer);
    let fork = history.fork_session(&id, &options).unwrap();
    let session = place.session().resume(&fork).start().unwrap();
    assert_eq!(session.query("Go on").text().await.unwrap(), "Gone on.");
    assert!(session.stop().await.unwrap().unwrap().success());
    let texts: Vec<_> = history
        .get_session_messages(&fork, Page::all())
        .unwrap()
        .into_iter()
        .map(|message| message.text())
        .collect();
    assert_eq!(texts, ["First question", "First answer.", "Go on", "Gone on."]);
    assert_eq!(history.get_session_info(&fork).unwrap().unwrap().summary, "The first (fork)");

    history.delete_session(&id).unwrap();
    assert!(history.get_session_info(&id).unwrap_err().is_not_found());

    let mut last = None;
    for (at, name) in directories().iter().enumerate() {
        let directory = place.cwd().join(name);
        fs::create_dir_all(&directory).unwrap();
        if let Some(session) = last.take() {
            let session: claude_wire::Session = session;
            assert!(session.stop().await.unwrap().unwrap().success());
        }
        let session = place.session().cwd(&directory).start().unwrap();
        assert_eq!(session.query(format!("Where {at}")).text().await.unwrap(), "Here.");
        let path = history
            .clone()
            .directory(&directory)
            .transcript_path(&session.session_id().unwrap())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let key = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
        assert_eq!(key, project_key(&directory), "{name}");
        last = Some(session);
    }
    assert!(finish(last.unwrap(), place).await.success());
}
