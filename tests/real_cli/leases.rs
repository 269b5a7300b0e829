//! A conversation is held next to the transcript that the CLI writes, wherever that is.

use std::fs;

use claude_wire::history::{History, project_key};
use claude_wire::lab::{ApiReply, ApiScript, When};

use crate::support::{close, place};

pub(crate) async fn run() {
    let place = place(ApiScript::new().always(When::any(), [ApiReply::text("Hi!")])).await;
    let history = History::at(place.config_dir());
    let elsewhere = place.cwd().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    for (name, folder) in
        [("", project_key(place.cwd())), ("team", "team".into()), ("a/b", project_key(place.cwd()))]
    {
        let builder = || {
            let builder = place.session().exclusive(true);
            builder.env("CLAUDE_CODE_PROJECT_DIR_NAME", name)
        };
        let first = builder().start().unwrap();
        assert_eq!(first.query("Hello").text().await.unwrap(), "Hi!");
        let id = first.session_id().unwrap();
        let lease = || {
            let transcript = history.transcript_path(&id).unwrap();
            assert_eq!(transcript.parent().unwrap().file_name().unwrap(), &*folder, "{name}");
            transcript.with_file_name(format!(".claude-wire-{id}.lease"))
        };
        assert!(lease().exists(), "{name}");

        // From another directory the CLI goes on with the same file.
        let second = builder().cwd(&elsewhere).resume(&*id).start().unwrap();
        let refused = second.query("Hello").text().await.unwrap_err();
        assert!(refused.is_owned(), "{name}: {refused}");
        assert!(first.stop().await.unwrap().unwrap().success());
        drop(first);
        let before = fs::metadata(history.transcript_path(&id).unwrap()).unwrap().len();
        assert_eq!(second.query("Hello").text().await.unwrap(), "Hi!");
        assert!(lease().exists(), "{name}");
        assert!(second.stop().await.unwrap().unwrap().success());
        let after = fs::metadata(history.transcript_path(&id).unwrap()).unwrap().len();
        assert!(after > before, "{name}: {after} after {before}");
    }
    close(place);
}
