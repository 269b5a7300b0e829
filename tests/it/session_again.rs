//! A prompt that no CLI has read is sent again, and if a conversation is not found, the previous
//! one is resumed.

use crate::support::cli::{FakeCli, Launches, Log, cli, init, result};
use crate::support::read::{ended_well, quiet, read};
use claude_wire::session::Events;
use claude_wire::transport::{Exit, Memory};
use claude_wire::{Session, SessionEvent};
use futures_util::FutureExt;
use serde_json::json;

const SECOND: &str = "the second prompt";

/// A CLI whose first process answers one prompt and then ends as `end` says; what the others
/// receive is logged. `how` is what happens to the input before the exit.
fn leaving(launches: &Launches, given: &Log, how: How) -> Memory {
    let (launches, given) = (launches.clone(), given.clone());
    cli(move |launch, mut cli| {
        let (process, given) = (launches.note(launch), given.clone());
        async move {
            if process > 0 {
                return serve(&mut cli, &given).await;
            }
            cli.handshake().await;
            let (uuid, _) = cli.prompt().await;
            cli.turn(&uuid, "one").await;
            match how {
                How::ClosesItsInput => {
                    cli.close_stdin();
                    // The prompt is written in the meantime.
                    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
                    Exit::from_code(1)
                }
                How::Reads => {
                    cli.prompt().await;
                    Exit::from_code(1)
                }
                How::Names => {
                    let (uuid, _) = cli.prompt().await;
                    cli.write(json!({"type": "command_lifecycle", "command_uuid": uuid, "state": "queued"}))
                        .await;
                    Exit::from_code(1)
                }
            }
        }
    })
}

#[derive(Clone, Copy, Debug)]
enum How {
    ClosesItsInput,
    Reads,
    Names,
}

async fn serve(cli: &mut FakeCli, given: &Log) -> Exit {
    while let Some(line) = cli.read().await {
        if line["type"] == "user" {
            let text = line["message"]["content"].as_str().unwrap_or_default();
            given.push(text);
            cli.turn(line["uuid"].as_str().unwrap_or_default(), text).await;
        } else {
            cli.write(crate::support::cli::success(&line, json!({}))).await;
        }
    }
    Exit::from_code(0)
}

fn warnings(events: &mut Events) -> Vec<String> {
    let mut warnings = Vec::new();
    while let Some(Some(event)) = events.next().now_or_never() {
        if let SessionEvent::Warning(warning) = event {
            warnings.push(warning);
        }
    }
    warnings
}

#[tokio::test(start_paused = true)]
async fn a_prompt_written_to_a_closed_pipe_is_answered_by_the_next_process() {
    // A long prompt is partly written, as far as the pipe accepts it.
    for prompt in [SECOND.to_owned(), "x".repeat(1 << 20)] {
        let (launches, given) = (Launches::default(), Log::default());
        let transport = leaving(&launches, &given, How::ClosesItsInput);
        let session = Session::builder().transport(transport).start().unwrap();
        let mut events = session.events();
        assert_eq!(session.query("the first").text().await.unwrap(), "one");
        let second = read(session.query(prompt.as_str())).await;
        assert!(second.error.is_none(), "{:?}", second.error);
        assert_eq!((second.text(), given.all()), (prompt.clone(), vec![prompt]));
        assert_eq!(launches.len(), 2);
        let warnings = warnings(&mut events);
        assert!(warnings.iter().any(|it| it.contains("before it read a prompt")), "{warnings:?}");
        ended_well(&session).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_prompt_that_the_cli_has_read_is_never_sent_again() {
    for how in [How::Reads, How::Names] {
        let (launches, given) = (Launches::default(), Log::default());
        let transport = leaving(&launches, &given, how);
        let session = Session::builder().transport(transport).start().unwrap();
        assert_eq!(session.query("the first").text().await.unwrap(), "one");
        let second = read(session.query(SECOND)).await;
        assert!(second.error().is_closed(), "{how:?}: {:?}", second.error);
        assert_eq!((launches.len(), given.len()), (1, 0), "{how:?}");
        assert_eq!(session.query("third").text().await.unwrap(), "third");
        assert_eq!(given.all(), ["third"], "{how:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_prompt_that_every_cli_refuses_to_read_fails_at_the_second() {
    let launches = Launches::default();
    let noted = launches.clone();
    let transport = cli(move |launch, mut cli| {
        noted.note(launch);
        async move {
            cli.handshake().await;
            cli.close_stdin();
            tokio::time::sleep(std::time::Duration::from_secs(5)).await;
            Exit::from_code(1)
        }
    });
    let session = Session::builder().transport(transport).start().unwrap();
    session.connect().await.unwrap();
    let error = session.query(SECOND).text().await.unwrap_err();
    assert!(error.is_process(), "{error}");
    assert!(launches.len() <= 3, "{} launches", launches.len());
}

/// How a CLI reports that it does not find a conversation.
#[derive(Clone, Copy, Debug)]
enum Says {
    Stderr,
    StderrAfterTheHandshake,
    Result,
}

/// A CLI that resumes the given id but reports another one, which it does not find later; it only
/// finds `given`, or no id at all.
fn renaming(launches: &Launches, given: &'static str, says: Says) -> Memory {
    let launches = launches.clone();
    cli(move |launch, mut cli| {
        let process = launches.note(launch);
        let resumed = launches.flag(process, "--resume").unwrap_or_default();
        async move {
            if resumed == given {
                cli.handshake().await;
                let (uuid, _) = cli.prompt().await;
                let id = format!("unknown-{process}");
                for mut line in [init(&uuid), result(&uuid, &format!("answer {process}"))] {
                    line["session_id"] = json!(id);
                    cli.write(line).await;
                }
                return Exit::from_code(1);
            }
            let text = format!("No conversation found with session ID: {resumed}");
            match says {
                Says::Stderr => cli.complain(&format!("{text}\n")).await,
                Says::StderrAfterTheHandshake => {
                    cli.handshake().await;
                    cli.complain(&format!("{text}\n")).await;
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
                Says::Result => {
                    cli.read_text().await;
                    cli.write(json!({"type": "result", "subtype": "error_during_execution",
                        "is_error": true, "session_id": "none", "errors": [text]}))
                        .await;
                    cli.drain().await;
                }
            }
            Exit::from_code(1)
        }
    })
}

#[tokio::test(start_paused = true)]
async fn an_unknown_id_falls_back_to_the_given_id() {
    for says in [Says::Stderr, Says::StderrAfterTheHandshake, Says::Result] {
        let launches = Launches::default();
        let builder = Session::builder().resume("11111111-1111-4111-8111-111111111111");
        let transport = renaming(&launches, "11111111-1111-4111-8111-111111111111", says);
        let session = builder.transport(transport).start().unwrap();
        let mut events = session.events();
        assert_eq!(session.query("1").text().await.unwrap(), "answer 0");
        quiet().await;
        for turn in 1..4 {
            let text = session.query("again").text().await;
            let text = text.unwrap_or_else(|error| panic!("{says:?} {turn}: {error}"));
            assert_eq!(text, format!("answer {}", 2 * turn), "{says:?}");
            quiet().await;
        }
        let resumed: Vec<_> =
            (0..launches.len()).map(|launch| launches.flag(launch, "--resume").unwrap()).collect();
        assert_eq!(resumed[1..3], ["unknown-0", &resumed[0]]);
        let warnings = warnings(&mut events);
        let lost = warnings.iter().filter(|it| it.contains("cannot find conversation unknown-"));
        assert_eq!(lost.count(), 3, "{warnings:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_conversation_is_not_lost_without_an_error() {
    // No id was given: without the id that is not found, a new conversation would begin.
    let launches = Launches::default();
    let transport = renaming(&launches, "", Says::Stderr);
    let session = Session::builder().transport(transport).start().unwrap();
    assert_eq!(session.query("1").text().await.unwrap(), "answer 0");
    quiet().await;
    for _ in 0..2 {
        let error = session.query("2").text().await.unwrap_err();
        assert!(error.stderr_tail().contains("No conversation found"), "{error}");
    }
}
