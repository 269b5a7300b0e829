//! Options that would make the CLI exit at once, or cannot work on this machine, are rejected at
//! `start`.

use std::path::Path;

use crate::support::cli::echo;
use claude_wire::recorder::Recorder;
use claude_wire::transport::{CliPath, Process};
use claude_wire::{AppConfig, Error, Session, SessionBuilder};

/// The rejected option and the error text.
fn refused(builder: SessionBuilder) -> (String, String) {
    let error = builder.start().unwrap_err();
    named(&error)
}

fn named(error: &Error) -> (String, String) {
    let option = error.option_error().unwrap_or_else(|| panic!("{error}"));
    (option.field().to_owned(), error.to_string())
}

#[test]
fn an_unknown_value_is_rejected_with_the_known_ones() {
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
    let (field, text) = refused(builder().permission_prompts("never"));
    assert_eq!(field, "permission_prompts");
    assert!(text.contains("host, none"), "{text}");
}

#[test]
fn every_known_value_is_accepted() {
    for word in ["default", "acceptEdits", "bypassPermissions", "plan", "dontAsk", "auto", "manual"]
    {
        Session::builder().permission_mode(word).transport(echo()).start().unwrap();
    }
    let all = ["user", "project", "local"];
    Session::builder().setting_sources(all).transport(echo()).start().unwrap();
}

#[test]
fn values_of_the_configuration_are_checked_as_well() {
    let config = AppConfig::from_vars([("CLAUDE_WIRE_PERMISSION_MODE", "yolo")]).unwrap();
    let (field, _) = refused(Session::builder().config(&config).transport(echo()));
    assert_eq!(field, "permission_mode");
}

#[tokio::test]
async fn an_unknown_value_of_one_query_is_rejected_before_anything_is_sent() {
    let session = Session::builder().transport(echo()).start().unwrap();
    let error = session.query("go").permission_mode("acceptEdit").text().await.unwrap_err();
    assert_eq!(named(&error).0, "permission_mode");
    assert_eq!(session.state().launches, 0);
}

/// Each way to select a CLI on this machine.
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
async fn a_missing_directory_is_rejected() {
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

/// A recording, a script, another machine: the directory need not exist here.
#[tokio::test]
async fn a_directory_on_another_machine_is_not_checked() {
    let session = Session::builder().cwd("/of/another/machine").transport(echo()).start().unwrap();
    assert_eq!(session.query("go").text().await.unwrap(), "go");
    session.stop().await.unwrap();
}
