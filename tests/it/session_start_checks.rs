//! What would make the CLI exit at once, or cannot work on this machine, is refused at `start`.

use std::path::Path;

use crate::support::cli::echo;
use claude_wire::recorder::Recorder;
use claude_wire::transport::{CliPath, Process};
use claude_wire::{AppConfig, Error, Session, SessionBuilder};

/// The option that is refused, and what is said of it.
fn refused(builder: SessionBuilder) -> (String, String) {
    let error = builder.start().unwrap_err();
    named(&error)
}

fn named(error: &Error) -> (String, String) {
    let option = error.option_error().unwrap_or_else(|| panic!("{error}"));
    (option.field().to_owned(), error.to_string())
}

#[test]
fn a_word_that_the_cli_would_exit_on_is_refused_with_those_that_it_knows() {
    let builder = || Session::builder().transport(echo());
    for word in
        ["acceptEdit", "accept-edits", "AcceptEdits", "plan ", "delegate", "Manual", "bypass"]
    {
        let (field, text) = refused(builder().permission_mode(word));
        assert_eq!(field, "permission_mode");
        assert!(text.contains("acceptEdits") && text.contains(&format!("{word:?}")), "{text}");
    }
    for word in ["users", "global", "User"] {
        let (field, text) = refused(builder().setting_sources(["user", word]));
        assert_eq!(field, "setting_sources");
        assert!(text.contains("user, project, local"), "{text}");
    }
    let (field, text) = refused(builder().permission_prompts("nobody"));
    assert_eq!(field, "permission_prompts");
    assert!(text.contains("host, none"), "{text}");
}

#[test]
fn every_word_that_the_cli_knows_is_taken() {
    for word in ["default", "acceptEdits", "bypassPermissions", "plan", "dontAsk", "auto", "manual"]
    {
        Session::builder().permission_mode(word).transport(echo()).start().unwrap();
    }
    let all = ["user", "project", "local"];
    Session::builder().setting_sources(all).transport(echo()).start().unwrap();
}

#[test]
fn a_word_of_the_configuration_is_checked_as_well() {
    let config = AppConfig::from_vars([("CLAUDE_WIRE_PERMISSION_MODE", "yolo")]).unwrap();
    let (field, _) = refused(Session::builder().config(&config).transport(echo()));
    assert_eq!(field, "permission_mode");
}

#[tokio::test]
async fn a_word_of_one_query_is_refused_before_anything_is_sent() {
    let session = Session::builder().transport(echo()).start().unwrap();
    let error = session.query("go").permission_mode("acceptEdit").text().await.unwrap_err();
    assert_eq!(named(&error).0, "permission_mode");
    assert_eq!(session.state().launches, 0);
}

/// Each way to say where a CLI runs on this machine.
fn local(cwd: &Path) -> [SessionBuilder; 4] {
    let process = || Process::new(CliPath::Explicit("/bin/cat".into()));
    let recorder = Recorder::new(process(), cwd.join("never.jsonl"));
    let shared: std::sync::Arc<dyn claude_wire::transport::Transport> =
        std::sync::Arc::new(process());
    [
        Session::builder(),
        Session::builder().cli_path("/bin/cat"),
        Session::builder().transport(recorder),
        Session::builder().transport(shared),
    ]
    .map(|builder| builder.cwd(cwd))
}

#[tokio::test]
async fn a_directory_that_does_not_exist_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    for (cwd, why) in [
        (folder.path().join("missing"), "does not exist"),
        (folder.path().join("missing/too"), "does not exist"),
        (file, "is not a directory"),
    ] {
        for builder in local(&cwd) {
            let (field, text) = refused(builder);
            assert_eq!(field, "cwd");
            assert!(text.contains(why) && text.contains(cwd.to_str().unwrap()), "{text}");
        }
        let here = local(folder.path()).map(|builder| builder.start().unwrap());
        for session in here {
            let error = session.query("go").cwd(&cwd).text().await.unwrap_err();
            assert_eq!(named(&error).0, "cwd");
        }
    }
}

/// A recording, a script, another machine: the directory is the CLI's own affair there.
#[tokio::test]
async fn a_directory_of_another_place_is_not_looked_at() {
    let session = Session::builder().cwd("/of/another/machine").transport(echo()).start().unwrap();
    assert_eq!(session.query("go").text().await.unwrap(), "go");
    session.stop().await;
}
