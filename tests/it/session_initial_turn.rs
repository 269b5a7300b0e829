//! A turn that the CLI starts by itself before it has read the first prompt, as for the
//! `initialPrompt` of an agent: the prompt gets its own answer.

use crate::support::cli::cli;
use crate::support::read::{ended_well, read};
use claude_wire::transport::{Exit, Memory};
use claude_wire::{Session, SessionEvent};
use futures_util::FutureExt;
use tokio::time::Instant;

const OWN: [&str; 3] = [
    r#"{"type":"system","subtype":"init","session_id":"s","capabilities":["msg_lifecycle_v1"]}"#,
    r#"{"type":"assistant","message":{"id":"m1","role":"assistant","content":[{"type":"text","text":"hello"}]},"parent_tool_use_id":null,"session_id":"s"}"#,
    r#"{"type":"result","subtype":"success","is_error":false,"num_turns":1,"session_id":"s","result":"hello"}"#,
];
const QUEUED: &str = r#"{"type":"command_lifecycle","command_uuid":"$UUID","state":"queued"}"#;
const ANSWER: [&str; 4] = [
    r#"{"type":"command_lifecycle","command_uuid":"$UUID","state":"started"}"#,
    r#"{"type":"system","subtype":"init","session_id":"s","capabilities":["msg_lifecycle_v1"],"user_message_uuids":["$UUID"]}"#,
    r#"{"type":"assistant","message":{"id":"m2","role":"assistant","content":[{"type":"text","text":"mine"}]},"parent_tool_use_id":null,"session_id":"s","user_message_uuid":"$UUID"}"#,
    r#"{"type":"result","subtype":"success","is_error":false,"num_turns":1,"session_id":"s","result":"mine","user_message_uuid":"$UUID"}"#,
];

/// A CLI that has these lines for its first prompt, where `$UUID` is the prompt's, and then the
/// answer.
fn scripted(first: Vec<&'static str>) -> Memory {
    cli(move |_, mut cli| {
        let first = first.clone();
        async move {
            cli.handshake().await;
            for lines in [first, vec![QUEUED]] {
                let (uuid, _) = cli.prompt().await;
                for line in lines.into_iter().chain(ANSWER) {
                    cli.write(line.replace("$UUID", &uuid)).await;
                }
            }
            cli.drain().await;
            Exit::from_code(0)
        }
    })
}

#[tokio::test(start_paused = true)]
async fn first_query_has_its_own_answer_wherever_its_prompt_is_named() {
    for own_turns in 1..=2 {
        for place in 0..=own_turns * OWN.len() {
            let mut first = OWN.repeat(own_turns);
            first.insert(place, QUEUED);
            let session = Session::builder().transport(scripted(first)).start().unwrap();
            let mut events = session.events();
            let begun = Instant::now();
            let mine = read(session.query("1")).await;
            assert_eq!(mine.text(), "mine", "{own_turns} {place}");
            assert!(!mine.lines.iter().any(|line| line.contains("hello")), "{:?}", mine.lines);
            assert_eq!(session.query("2").text().await.unwrap(), "mine");
            assert_eq!(begun.elapsed().as_millis(), 0, "no line waits for a time limit");
            let mut own = 0;
            while let Some(Some(event)) = events.next().now_or_never() {
                if let SessionEvent::Message(message) = event {
                    own += usize::from(message.as_result().is_some());
                }
            }
            assert_eq!(own, own_turns, "the CLI's own turns are events");
            ended_well(&session).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn cli_without_lifecycle_lines_names_the_prompt_when_its_turn_begins() {
    for own_turns in 1..=3 {
        let session =
            Session::builder().transport(scripted(OWN.repeat(own_turns))).start().unwrap();
        assert_eq!(session.query("1").text().await.unwrap(), "mine", "{own_turns}");
        assert_eq!(session.query("2").text().await.unwrap(), "mine");
        ended_well(&session).await;
    }
}
