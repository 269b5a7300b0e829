//! Turns run one after another, in the order in which they are first polled.

use crate::support::cli::{Log, SESSION, cli};
use crate::support::read::ended_well;
use claude_wire::Session;
use claude_wire::transport::Exit;

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
            text.push_str(
                &message
                    .frame()
                    .field("result")
                    .and_then(|text| text.as_str().map(String::from))
                    .unwrap_or_default(),
            );
        }
        assert_eq!(kinds, ["system", "assistant", "result"]);
        assert_eq!(text, expected);
    }
    assert_eq!(session.session_id().as_deref(), Some(SESSION));
    assert!(session.stop().await.unwrap().unwrap().success());
}

#[tokio::test(start_paused = true)]
async fn each_prompt_has_a_random_uuid_that_its_turn_knows_once_it_is_sent() {
    let written = Log::default();
    let log = written.clone();
    let transport = cli(move |_, mut cli| {
        let log = log.clone();
        async move {
            cli.handshake().await;
            for _ in 0..2 {
                let (uuid, _) = cli.prompt().await;
                cli.turn(&uuid, "done").await;
                log.push(uuid);
            }
            cli.drain().await;
            Exit::from_code(0)
        }
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let mut known = Vec::new();
    for _ in 0..2 {
        let mut turn = session.query("go");
        assert_eq!(turn.uuid(), None, "nothing is sent yet");
        turn.next().await.unwrap().unwrap();
        known.extend(turn.uuid().map(str::to_owned));
        while let Some(message) = turn.next().await {
            message.unwrap();
        }
        assert_eq!(turn.uuid(), known.last().map(String::as_str), "and keeps it");
    }
    assert_eq!(written.all(), known);
    assert!(
        known[0] != known[1]
            && known.iter().all(|id| uuid::Uuid::parse_str(id).unwrap().get_version_num() == 4),
        "{known:?}"
    );
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn a_turn_read_to_its_end_still_reports_how_it_ended() {
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
    session.stop().await.unwrap();
}
