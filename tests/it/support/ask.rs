//! A CLI that sends requests to its host within a turn.

use claude_wire::SessionBuilder;
use claude_wire::transport::{Exit, Memory};

use super::cli::{Log, cli, init, result};
use super::read::{ended_well, read};

/// A request of the CLI.
pub fn ask(id: &str, request: &str) -> String {
    format!(r#"{{"type":"control_request","request_id":"{id}","request":{request}}}"#)
}

/// The line with which the host confirms `id`.
pub fn yes(id: &str, response: &str) -> String {
    format!(
        r#"{{"type":"control_response","response":{{"subtype":"success","request_id":"{id}","response":{response}}}}}"#
    )
}

/// The line with which the host refuses `id`.
pub fn no(id: &str, error: &str) -> String {
    format!(
        r#"{{"type":"control_response","response":{{"subtype":"error","request_id":"{id}","error":"{error}"}}}}"#
    )
}

/// A CLI that supports everything and sends these requests one by one; logs the host's answers.
pub fn asking(asks: &[String], answers: &Log) -> Memory {
    let (asks, answers) = (asks.to_vec(), answers.clone());
    cli(move |_, mut cli| {
        let (asks, answers) = (asks.clone(), answers.clone());
        async move {
            cli.handshake_with_hooks().await;
            let (uuid, _) = cli.prompt().await;
            cli.write(init(&uuid)).await;
            for ask in asks {
                cli.write(ask).await;
                answers.push(cli.read_text().await.unwrap());
            }
            cli.write(result(&uuid, "done")).await;
            cli.drain().await;
            Exit::from_code(0)
        }
    })
}

/// The answers of such a session, line by line.
pub async fn answers(builder: SessionBuilder, asks: &[String]) -> Vec<String> {
    let answers = Log::default();
    let session = builder.transport(asking(asks, &answers)).start().unwrap();
    assert_eq!(read(session.query("go")).await.text(), "done");
    ended_well(&session).await;
    answers.all()
}
