//! What the CLI writes to its transcript also reaches the host.

use claude_wire::lab::{ApiReply, ApiScript};
use claude_wire::session::SessionEvent;
use claude_wire::wire::control::ControlFrame;

use crate::support::{finish, place};

pub(crate) async fn run() {
    let place = place(ApiScript::new().on_prompt("Keep this", [ApiReply::text("Kept.")])).await;
    let session = place.session().session_mirror(true).start().unwrap();
    let mut events = session.events();
    assert_eq!(session.query("Keep this").text().await.unwrap(), "Kept.");
    let id = session.session_id().unwrap();
    assert!(finish(session, place).await.success());

    let mut kinds = Vec::new();
    while let Some(event) = events.next().await {
        let SessionEvent::Control(frame) = event else { continue };
        let Some(ControlFrame::TranscriptMirror(mirror)) = ControlFrame::of(&frame) else {
            continue;
        };
        assert!(mirror.file_path.ends_with(&format!("{id}.jsonl")), "{}", mirror.file_path);
        kinds.extend(
            mirror
                .entries
                .iter()
                .filter_map(|entry| entry.pointer("/type")?.as_str().map(String::from)),
        );
    }
    assert!(
        ["user", "assistant"].iter().all(|kind| kinds.iter().any(|other| other == kind)),
        "{kinds:?}"
    );
}
