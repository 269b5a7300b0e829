//! Results that do not belong to the turn: each turn gets its own answer, and a warning reports the
//! others.

use std::time::Duration;

use crate::support::cli::{FakeCli, Launches, cli, first};
use crate::support::read::{Read, ended_well, quiet, read};
use claude_wire::session::Events;
use claude_wire::transport::{Exit, Memory};
use claude_wire::{Session, SessionEvent};
use futures_util::FutureExt;
use tokio::time::Instant;

const INIT: &str = r#"{"type":"system","subtype":"init","session_id":"s"}"#;
const NAMED_INIT: &str =
    r#"{"type":"system","subtype":"init","session_id":"s","user_message_uuids":["$UUID"]}"#;
const QUEUED: &str = r#"{"type":"command_lifecycle","command_uuid":"$UUID","state":"queued"}"#;
const STARTED: &str = r#"{"type":"command_lifecycle","command_uuid":"$UUID","state":"started"}"#;
const COMPLETED: &str =
    r#"{"type":"command_lifecycle","command_uuid":"$UUID","state":"completed"}"#;
const NOTIFICATION: &str = r#"{"type":"system","subtype":"task_notification","task_id":"b1","status":"completed","output_file":"/tmp/x"}"#;
const STALE_ERROR: &str = r#"{"type":"result","subtype":"error_during_execution","is_error":true,"num_turns":0,"session_id":"s","errors":["stale"]}"#;
const STALE_EMPTY: &str = r#"{"type":"result","subtype":"success","is_error":false,"num_turns":0,"session_id":"s","result":""}"#;
const STALE_TEXT: &str = r#"{"type":"result","subtype":"success","is_error":false,"num_turns":1,"session_id":"s","result":"stale"}"#;
const STALE_HUMAN: &str = r#"{"type":"result","subtype":"success","is_error":false,"num_turns":1,"session_id":"s","result":"stale","origin":{"kind":"human"},"user_message_uuid":null}"#;
const STALE: [&str; 4] = [STALE_ERROR, STALE_EMPTY, STALE_TEXT, STALE_HUMAN];
const OTHER: &str = r#"{"type":"result","subtype":"success","is_error":false,"num_turns":1,"session_id":"s","result":"another's","user_message_uuid":"of-another"}"#;
const NOTE: &str = r#"{"type":"result","subtype":"success","is_error":false,"num_turns":1,"session_id":"s","result":"note","origin":{"kind":"task-notification"},"total_cost_usd":0.5}"#;

fn said(text: &str) -> String {
    format!(
        r#"{{"type":"assistant","message":{{"id":"m","role":"assistant","content":[{{"type":"text","text":"{text}"}}]}},"parent_tool_use_id":null,"session_id":"s"}}"#
    )
}

fn result(text: &str) -> String {
    format!(
        r#"{{"type":"result","subtype":"success","is_error":false,"num_turns":1,"session_id":"s","result":"{text}"}}"#
    )
}

fn named(text: &str) -> String {
    result(text).replacen('{', r#"{"user_message_uuid":"$UUID","user_message_uuids":["$UUID"],"#, 1)
}

/// A CLI that answers its prompts with these lines, where `$UUID` is the prompt's uuid, and then
/// waits.
fn scripted(answers: &[Vec<String>]) -> Memory {
    let answers = answers.to_vec();
    cli(move |_, mut cli| {
        let answers = answers.clone();
        async move {
            cli.handshake().await;
            for lines in answers {
                answer(&mut cli, &lines).await;
            }
            cli.drain().await;
            Exit::from_code(0)
        }
    })
}

async fn answer(cli: &mut FakeCli, lines: &[String]) {
    let (uuid, _) = cli.prompt().await;
    for line in lines {
        cli.write(line.replace("$UUID", &uuid)).await;
    }
}

/// The turn of a CLI that names prompts, with one extra line before this many of its own.
fn with_stray(own: &[String], stray: &str, at: usize) -> Vec<String> {
    let (before, after) = own.split_at(at);
    [before, &[stray.to_owned()], after].concat()
}

fn naming(text: &str) -> Vec<String> {
    let said = said(text).replacen('{', r#"{"user_message_uuid":"$UUID","#, 1);
    [QUEUED, STARTED, NAMED_INIT, &said, &named(text), COMPLETED].map(String::from).to_vec()
}

fn silent(text: &str) -> Vec<String> {
    vec![INIT.to_owned(), said(text), result(text)]
}

fn texts(events: &mut Events) -> (Vec<String>, Vec<String>) {
    let (mut warnings, mut messages) = (Vec::new(), Vec::new());
    while let Some(Some(event)) = events.next().now_or_never() {
        match event {
            SessionEvent::Warning(warning) => warnings.push(warning),
            SessionEvent::Message(message) => messages.push(message.frame().text().into_owned()),
            _ => {}
        }
    }
    (warnings, messages)
}

#[tokio::test(start_paused = true)]
async fn a_stray_result_anywhere_does_not_end_a_turn_of_a_naming_cli() {
    for stray in STALE.into_iter().chain([OTHER, NOTE]) {
        // The last two places are after the turn's own result.
        for at in 0..=6 {
            let script = [naming("one"), with_stray(&naming("two"), stray, at), naming("three")];
            let session = Session::builder().transport(scripted(&script)).start().unwrap();
            let mut events = session.events();
            assert_eq!(session.query("1").text().await.unwrap(), "one");
            quiet().await;
            texts(&mut events);
            let two = read(session.query("2")).await;
            assert_eq!(two.text(), "two", "{stray} at {at}");
            assert!(!two.lines.iter().any(|line| line.contains("stale")), "{:?}", two.lines);
            assert_eq!(session.query("3").text().await.unwrap(), "three", "{stray} at {at}");
            let (warnings, messages) = texts(&mut events);
            assert!(messages.contains(&stray.to_owned()), "{stray} at {at}: {messages:?}");
            // No warning for a turn that the CLI started itself, or for lines between turns.
            assert_eq!(warnings.len(), usize::from(stray != NOTE && at < 5), "{stray} at {at}");
            for warning in warnings {
                let what = if stray == OTHER { "another prompt (of-another)" } else { "no prompt" };
                assert!(warning.contains(what), "{warning}");
            }
            ended_well(&session).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_result_for_another_prompt_is_reported_at_once_and_not_at_the_time_limit() {
    let script = [[QUEUED, STARTED, NAMED_INIT, OTHER].map(String::from).to_vec()];
    let session = Session::builder().transport(scripted(&script)).start().unwrap();
    let mut events = session.events();
    let begun = Instant::now();
    let mut turn = session.query("1");
    for _ in 0..3 {
        turn.next().await.unwrap().unwrap();
    }
    loop {
        if let SessionEvent::Warning(warning) = events.next().await.unwrap() {
            assert!(warning.contains(turn.uuid().unwrap()), "{warning}");
            break;
        }
    }
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

/// In the form of CLIs before 2.1.206.
#[tokio::test(start_paused = true)]
async fn a_stray_result_does_not_leave_a_session_one_answer_behind() {
    for stray in STALE {
        let script = [
            silent("one"),
            with_stray(&silent("two"), stray, 0),
            silent("three"),
            with_stray(&with_stray(&silent("four"), stray, 0), stray, 0),
            silent("five"),
        ];
        let session = Session::builder().transport(scripted(&script)).start().unwrap();
        let mut events = session.events();
        // All of them wait, so that each is written as soon as the previous one has ended.
        let ask = |prompt: &'static str| read(session.query(prompt));
        let all = tokio::join!(ask("1"), ask("2"), ask("3"), ask("4"), ask("5"));
        let all = [all.0, all.1, all.2, all.3, all.4];
        let answers: Vec<_> = all.iter().map(Read::text).collect();
        assert_eq!(answers, ["one", "two", "three", "four", "five"], "{stray}");
        let (warnings, messages) = texts(&mut events);
        assert_eq!(messages, [stray; 3]);
        assert_eq!(warnings.len(), 3, "{warnings:?}");
        ended_well(&session).await;
    }
}

/// The prompts that a CLI names its turns by, if any.
const DIALECTS: [fn(&str) -> Vec<String>; 4] = [
    silent,
    |text| {
        let lifecycle = [QUEUED, STARTED].map(String::from).to_vec();
        [lifecycle, silent(text), vec![COMPLETED.to_owned()]].concat()
    },
    |text| {
        let said = said(text).replacen('{', r#"{"user_message_uuid":"$UUID","#, 1);
        [QUEUED, STARTED, INIT, &said, &named(text), COMPLETED].map(String::from).to_vec()
    },
    naming,
];

/// With the report of a background task, and the turn that the CLI starts for it, before ours.
#[tokio::test(start_paused = true)]
async fn a_turn_started_by_the_cli_is_separate_in_every_dialect() {
    for (dialect, own) in DIALECTS.into_iter().enumerate() {
        for reports in 1..=2 {
            let note = [vec![NOTIFICATION; reports], vec![INIT]].concat();
            let note =
                [note.into_iter().map(String::from).collect(), vec![said("note"), NOTE.into()]];
            let before = note.concat();
            let mixed = match own("two").split_first() {
                Some((queued, rest)) if queued == QUEUED => {
                    [vec![queued.clone()], before, rest.to_vec()].concat()
                }
                _ => [before, own("two")].concat(),
            };
            let script = [own("one"), mixed.clone(), own("three"), mixed];
            let session = Session::builder().transport(scripted(&script)).start().unwrap();
            let mut events = session.events();
            let pieces =
                async |prompt| session.query(prompt).text_content().collect().await.unwrap();
            assert_eq!(pieces("1").await, ["one"], "{dialect}");
            assert_eq!(pieces("2").await, ["two"], "{dialect}");
            let summary = session.query("3").collect_summary().await.unwrap();
            assert_eq!(summary.texts, ["three"], "{dialect}");
            assert_eq!(session.query("4").text().await.unwrap(), "two", "{dialect}");
            let (warnings, messages) = texts(&mut events);
            assert_eq!(warnings, [""; 0], "{dialect}");
            let notes = messages.iter().filter(|message| message.contains("note\"")).count();
            assert_eq!(notes, 4, "{dialect}: {messages:?}");
            ended_well(&session).await;
        }
    }
}

/// Observed with the official TypeScript SDK: the result does not even have an origin.
#[tokio::test(start_paused = true)]
async fn an_empty_turn_before_ours_is_separate() {
    let empty = [NOTIFICATION, INIT, STALE_EMPTY].map(String::from).to_vec();
    let script = [[empty, silent("real")].concat(), silent("second")];
    let session = Session::builder().transport(scripted(&script)).start().unwrap();
    assert_eq!(session.query("1").text().await.unwrap(), "real");
    assert_eq!(session.query("2").text().await.unwrap(), "second");
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn an_empty_turn_of_an_old_cli_ends_after_a_second_with_its_usage() {
    let empty = STALE_EMPTY.replacen('{', r#"{"total_cost_usd":0.25,"#, 1);
    let script = [vec![INIT.to_owned(), empty], silent("next")];
    let session = Session::builder().transport(scripted(&script)).start().unwrap();
    let begun = Instant::now();
    let mut turn = session.query("/clear");
    while let Some(message) = turn.next().await {
        message.unwrap();
    }
    assert_eq!(begun.elapsed().as_secs(), 1);
    assert_eq!(turn.spending().unwrap().cost_usd, 0.25);
    assert_eq!(session.query("2").text().await.unwrap(), "next");
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn the_last_unnamed_result_before_an_exit_ends_the_turn() {
    let launches = Launches::default();
    let transport = first(&launches, |mut cli, uuid| async move {
        for line in [STARTED, NAMED_INIT, STALE_ERROR] {
            cli.write(line.replace("$UUID", &uuid)).await;
        }
        Exit::from_code(1)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let error = session.query("1").text().await.unwrap_err();
    assert_eq!(error.result_text(), Some("stale"), "{error}");
    assert_eq!(session.query("2").text().await.unwrap(), "2");
}
