//! Turns run one after another, in the order in which they are first polled.

mod support;

use claude_wire::Session;
use claude_wire::transport::Exit;
use support::cli::{SESSION, cli};

#[tokio::test(start_paused = true)]
async fn two_turns_in_one_process() {
    let transport = cli(|_, mut cli| async move {
        cli.acknowledge("initialize").await;
        for answer in ["one", "two"] {
            let (uuid, _) = cli.prompt().await;
            cli.turn(&uuid, answer).await;
        }
        cli.drain().await;
        Exit::from_code(0)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    for expected in ["one", "two"] {
        let mut turn = session.query("go");
        let mut kinds = Vec::new();
        let mut text = String::new();
        while let Some(message) = turn.next().await {
            let message = message.unwrap();
            kinds.push(message.frame().kind_name().into_owned());
            text.push_str(&message.frame().field("result").and_then(|text| text.as_str().map(String::from)).unwrap_or_default());
        }
        assert_eq!(kinds, ["system", "assistant", "result"]);
        assert_eq!(text, expected);
    }
    assert_eq!(session.session_id().as_deref(), Some(SESSION));
    assert!(session.stop().await.unwrap().success());
}

#[tokio::test(start_paused = true)]
async fn a_turn_keeps_the_uuid_of_its_prompt() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.turn(&uuid, &uuid).await;
        cli.drain().await;
        Exit::from_code(0)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let mut turn = session.query("go");
    assert_eq!(turn.uuid(), None, "nothing has been sent");
    let mut last = None;
    while let Some(message) = turn.next().await {
        last = Some(message.unwrap());
    }
    assert_eq!(turn.uuid(), last.unwrap().as_result().unwrap().result.as_deref());
    assert!(session.stop().await.unwrap().success());
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_was_read_to_its_end_still_says_how_it_ended() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        for answer in 0..3 {
            let (uuid, _) = cli.prompt().await;
            cli.turn(&uuid, &format!("answer {answer}")).await;
        }
        cli.prompt().await;
        Exit::from_code(3)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let read = async || {
        let mut turn = session.query("go");
        while turn.next().await.is_some() {}
        turn
    };
    assert_eq!(read().await.text().await.unwrap(), "answer 0");
    assert_eq!(read().await.final_text().await.unwrap().as_deref(), Some("answer 1"));
    assert_eq!(read().await.collect_summary().await.unwrap().text(), "answer 2");
    assert_eq!(read().await.text().await.unwrap_err().exit(), Some(&Exit::from_code(3)));
    session.stop().await;
}
