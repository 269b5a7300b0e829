//! A session on a replay and on a scenario: the same code as with the real CLI.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use crate::support::cli::cli;
use crate::support::project;
use claude_wire::Session;
use claude_wire::player::{Replay, Scenario, reply};
use claude_wire::transport::Exit;

#[tokio::test(start_paused = true)]
async fn a_recorded_conversation() {
    let replay = Replay::open(project::recording("three-turns")).unwrap();
    let session = Session::builder().transport(replay.clone()).start().unwrap();
    for prompt in prompts() {
        let mut turn = session.query(prompt.as_str());
        let mut last = None;
        while let Some(message) = turn.next().await {
            last = Some(message.unwrap_or_else(|error| panic!("{error}\n{}", replay.report())));
        }
        assert_eq!(last.unwrap().frame().kind_name(), "result");
    }
    assert!(session.stop().await.unwrap().unwrap().success(), "{}", replay.report());
    replay.assert_finished();
}

/// The prompts of the recorded host.
fn prompts() -> Vec<String> {
    use claude_wire::player::{HostAction, HostScript};
    let recording = claude_wire::recording::Recording::open(project::recording("three-turns"));
    let script = HostScript::from_recording(&recording.unwrap());
    let prompts = script.steps().iter().filter_map(|step| match &step.action {
        HostAction::Prompt { content, .. } => content.as_str().map(String::from),
        _ => None,
    });
    prompts.collect()
}

#[tokio::test(start_paused = true)]
async fn a_scripted_conversation() {
    let scenario =
        Scenario::new().on_prompt("Hello", reply().text("Hi!")).on_any_prompt(reply().text("Bye."));
    let session = Session::builder().transport(scenario.clone()).start().unwrap();
    for (prompt, expected) in [("Hello", "Hi!"), ("And now?", "Bye.")] {
        assert_eq!(session.query(prompt).text().await.unwrap(), expected);
    }
    session.stop().await.unwrap().unwrap();
    scenario.assert_finished();
}

#[tokio::test(start_paused = true)]
async fn a_different_prompt_fails_the_turn_with_the_report() {
    let scenario = Scenario::new().on_prompt("Hello", reply().text("Hi!"));
    let session = Session::builder().transport(scenario.clone()).start().unwrap();
    let error = session.query("Goodbye").text().await.unwrap_err();
    let text = format!("{error:?} {error}");
    assert!(
        text.contains("expected \\\"Hello\\\"") || text.contains("expected \"Hello\""),
        "{text}"
    );
    assert_eq!(scenario.report().divergences().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_divergence_names_the_recording_and_how_to_record_again() {
    let path = project::recording("three-turns");
    let session = Session::builder().transport(Replay::open(&path).unwrap()).start().unwrap();
    let error = session.query("Something else").text().await.unwrap_err();
    assert!(error.is_divergence() && error.is_result(), "{error}");
    let text = error.to_string();
    let replay = format!("the replay diverged:\nreplay of {}: ", path.display());
    assert!(text.starts_with(&replay), "{text}");
    assert!(text.contains("to record again: CLAUDE_WIRE_RECORD=rewrite"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn an_exit_code_alone_is_not_a_divergence() {
    for (stderr, code) in [("", 70), ("replay: not mine", 70), ("replay: played=1 left=0", 1)] {
        let cli = cli(move |_, mut cli| async move {
            cli.handshake().await;
            cli.prompt().await;
            cli.complain(stderr).await;
            Exit::from_code(code)
        });
        let session = Session::builder().transport(cli).start().unwrap();
        let error = session.query("Hello").text().await.unwrap_err();
        assert!(error.is_process() && !error.is_divergence(), "{error}");
    }
}
