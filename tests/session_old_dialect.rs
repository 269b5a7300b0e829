//! A stand-in of long ago, whose lines no CLI writes any more: what it says is kept, and nobody waits for what it will not say.

mod support;

use claude_wire::Session;
use claude_wire::session::SessionEvent;
use claude_wire::transport::{Exit, Memory};
use support::cli::cli;
use support::read::read;

/// A message without a type around it, a call that is no block, a result that is the output of a tool, and the line that says it is done.
const LINES: [&str; 4] = [
    r#"{"role":"assistant","content":[{"type":"text","text":"Hello!"}]}"#,
    r#"{"type":"tool_use","id":"t1","name":"Read","input":{"path":"/x"}}"#,
    r#"{"type":"result","tool_use_id":"t1","output":"content"}"#,
    r#"{"type":"done"}"#,
];

/// Writes its lines whatever it is asked, and goes.
fn old(answers_the_handshake: bool) -> Memory {
    cli(move |_, mut cli| async move {
        if answers_the_handshake {
            cli.handshake().await;
            cli.prompt().await;
        }
        for line in LINES {
            cli.write(line).await;
        }
        Exit::from_code(0)
    })
}

#[tokio::test(start_paused = true)]
async fn its_lines_end_no_turn_and_its_exit_does() {
    let session = Session::builder().transport(old(true)).start().unwrap();
    let mut events = session.events();
    let turn = read(session.query("go")).await;
    assert!(turn.error().is_ended_without_result(), "{}", turn.error());
    assert_eq!(turn.error().exit(), Some(&Exit::from_code(0)));
    assert_eq!(turn.lines, LINES[1..], "what has a type is a message of the turn");
    let first = loop {
        if let SessionEvent::Malformed(malformed) = events.next().await.unwrap() {
            break malformed;
        }
    };
    assert!(first.to_string().contains("type"), "{first}");
    assert!(session.stop().await.is_some());
}

#[tokio::test(start_paused = true)]
async fn without_a_handshake_its_exit_fails_the_start_at_once() {
    let session = Session::builder().transport(old(false)).start().unwrap();
    let begun = tokio::time::Instant::now();
    let error = session.query("go").text().await.unwrap_err();
    assert!(error.is_ended_without_result(), "{error}");
    assert!(begun.elapsed() < std::time::Duration::from_secs(5), "nobody waits for the limit of the handshake");
}
