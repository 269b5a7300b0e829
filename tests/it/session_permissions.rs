//! Answers to the CLI's permission requests, byte for byte.
#![allow(clippy::unwrap_used, reason = "the helper functions are test code as well")]

use crate::support::cli::{Launches, Log, cli, init, result, serving};
use crate::support::read::{ended_well, read};
use claude_wire::session::PermissionRequest;
use claude_wire::transport::{Exit, Memory};
use claude_wire::{Decision, Session, SessionBuilder};
use serde_json::json;

const ASK: &str = r#"{"type":"control_request","request_id":"5f","request":{"subtype":"can_use_tool","tool_name":"Bash","input":{"command":"ls"},"tool_use_id":"toolu_1"}}"#;

/// Sends this request within a turn and logs the answer.
fn asking(ask: &str, answers: &Log) -> Memory {
    let (ask, answers) = (ask.to_string(), answers.clone());
    cli(move |_, mut cli| {
        let (ask, answers) = (ask.clone(), answers.clone());
        async move {
            cli.handshake().await;
            let (uuid, _) = cli.prompt().await;
            cli.write(init(&uuid)).await;
            cli.write(&ask).await;
            answers.push(cli.read_text().await.unwrap());
            cli.write(result(&uuid, "done")).await;
            cli.drain().await;
            Exit::from_code(0)
        }
    })
}

async fn answer_to(ask: &str, build: impl FnOnce(SessionBuilder) -> SessionBuilder) -> String {
    let answers = Log::default();
    let session = build(Session::builder()).transport(asking(ask, &answers)).start().unwrap();
    assert_eq!(read(session.query("go")).await.text(), "done");
    ended_well(&session).await;
    answers.all().concat()
}

async fn decided(decision: Decision) -> String {
    answer_to(ASK, |session| {
        session.on_permission(move |_| {
            let decision = decision.clone();
            async move { decision }
        })
    })
    .await
}

fn success(response: &str) -> String {
    format!(
        r#"{{"type":"control_response","response":{{"subtype":"success","request_id":"5f","response":{response}}}}}"#
    )
}

#[tokio::test(start_paused = true)]
async fn allowed() {
    let expected =
        success(r#"{"behavior":"allow","updatedInput":{"command":"ls"},"toolUseID":"toolu_1"}"#);
    assert_eq!(decided(Decision::allow()).await, expected);
}

#[tokio::test(start_paused = true)]
async fn allowed_with_another_input() {
    let expected = success(
        r#"{"behavior":"allow","updatedInput":{"command":"ls -l","n":1},"toolUseID":"toolu_1"}"#,
    );
    assert_eq!(decided(Decision::allow_with(json!({"command": "ls -l", "n": 1}))).await, expected);
}

#[tokio::test(start_paused = true)]
async fn denied() {
    let expected =
        success(r#"{"behavior":"deny","message":"not \"here\"\nnot now","toolUseID":"toolu_1"}"#);
    assert_eq!(decided(Decision::deny("not \"here\"\nnot now")).await, expected);
}

#[tokio::test(start_paused = true)]
async fn denied_and_interrupted() {
    let expected =
        success(r#"{"behavior":"deny","message":"stop","interrupt":true,"toolUseID":"toolu_1"}"#);
    assert_eq!(decided(Decision::deny_and_interrupt("stop")).await, expected);
}

#[tokio::test(start_paused = true)]
async fn without_a_handler_it_is_denied() {
    let answer = answer_to(ASK, |session| session).await;
    assert_eq!(
        answer,
        success(
            r#"{"behavior":"deny","message":"no permission handler is set","toolUseID":"toolu_1"}"#
        )
    );
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_panics_denies() {
    let expected = success(
        r#"{"behavior":"deny","message":"the permission handler panicked","toolUseID":"toolu_1"}"#,
    );
    let later = |_: PermissionRequest| async { panic!("inside the future") };
    assert_eq!(answer_to(ASK, |session| session.on_permission(later)).await, expected);
    #[allow(unreachable_code, reason = "the future is never made")]
    let at_once = |_: PermissionRequest| {
        panic!("before the future");
        std::future::ready(Decision::allow())
    };
    assert_eq!(answer_to(ASK, |session| session.on_permission(at_once)).await, expected);
}

/// Input that `serde_json` would reject does not have to be parsed.
#[tokio::test(start_paused = true)]
async fn the_input_is_returned_byte_for_byte() {
    let deep = format!("{}1{}", "[".repeat(3000), "]".repeat(3000));
    let input = format!(
        r#"{{"b" : 1.0e2,  "a":"\ud83d","a":2,"big":123456789012345678901234567890,"deep":{deep}}}"#
    );
    let ask = format!(
        r#"{{"type":"control_request","request_id":"5f","request":{{"subtype":"can_use_tool","tool_name":"Write","input":{input}}}}}"#
    );
    let answer =
        answer_to(&ask, |session| session.on_permission(|_| async { Decision::allow() })).await;
    assert_eq!(answer, success(&format!(r#"{{"behavior":"allow","updatedInput":{input}}}"#)));
}

#[tokio::test(start_paused = true)]
async fn the_fields_of_a_request_are_readable() {
    let seen = Log::default();
    let log = seen.clone();
    answer_to(ASK, |session| {
        session.on_permission(move |request| {
            log.push(format!(
                "{} {} {:?}",
                request.tool_name(),
                request.input().text(),
                request.tool_use_id()
            ));
            log.push(request.request().field("tool_name").unwrap().text());
            async { Decision::allow() }
        })
    })
    .await;
    assert_eq!(seen.all(), [r#"Bash {"command":"ls"} Some("toolu_1")"#, r#""Bash""#]);
}

#[tokio::test(start_paused = true)]
async fn only_a_handler_makes_the_cli_ask_its_host() {
    let (with, without) = (Launches::default(), Launches::default());
    for (launches, ask) in [(&with, true), (&without, false)] {
        let transport = serving(launches);
        let builder = if ask {
            Session::builder().on_permission(|_| async { Decision::allow() })
        } else {
            Session::builder()
        };
        let session = builder.transport(transport).start().unwrap();
        session.connect().await.unwrap();
        ended_well(&session).await;
    }
    assert_eq!(with.flag(0, "--permission-prompt-tool").as_deref(), Some("stdio"));
    assert_eq!(without.flag(0, "--permission-prompt-tool"), None);
}

/// The handler belongs to the session: turns, queries and processes do not consume it.
#[tokio::test(start_paused = true)]
async fn one_handler_answers_in_every_turn_and_every_process() {
    let (answers, launches) = (Log::default(), Launches::default());
    let (noted, launched) = (answers.clone(), launches.clone());
    let transport = cli(move |launch, mut cli| {
        launched.note(launch);
        let answers = noted.clone();
        async move {
            cli.handshake().await;
            // Two turns, each with a request; then the process exits.
            for _ in 0..2 {
                let Some(prompt) = cli.read().await else { return Exit::from_code(0) };
                let uuid = prompt["uuid"].as_str().unwrap();
                cli.write(init(uuid)).await;
                cli.write(ASK).await;
                answers.push(cli.read_text().await.unwrap());
                cli.write(result(uuid, "done")).await;
            }
            Exit::from_code(1)
        }
    });
    let session = Session::builder()
        .on_permission(|_| async { Decision::allow() })
        .transport(transport)
        .start()
        .unwrap();
    for prompt in ["one", "two", "three"] {
        assert_eq!(read(session.query(prompt)).await.text(), "done", "{prompt}");
    }
    assert_eq!(read(session.query("four").max_turns(3)).await.text(), "done");
    session.stop().await.unwrap();
    let expected =
        success(r#"{"behavior":"allow","updatedInput":{"command":"ls"},"toolUseID":"toolu_1"}"#);
    assert_eq!(answers.all(), vec![expected; 4]);
    assert_eq!(launches.len(), 3, "one exited, one was replaced for the options of a query");
}
