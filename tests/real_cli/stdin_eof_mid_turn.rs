//! The end of input within a turn: the CLI finishes the turn, then exits.

use claude_wire::lab::{ApiReply, ApiScript};
use claude_wire::transport::{CliPath, Process, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{close, launch, place};

pub(crate) async fn run() {
    let place = place(
        ApiScript::new()
            .on_prompt("Hello", [ApiReply::text("The whole answer.").hold(3, "middle")]),
    )
    .await;
    let cli = claude_wire::lab::real_cli().unwrap();
    let args =
        ["--print", "--output-format", "stream-json", "--input-format", "stream-json", "--verbose"];
    let mut connection =
        Process::new(CliPath::Explicit(cli)).open(launch(&place, args)).await.unwrap();
    let prompt = br#"{"type":"user","message":{"role":"user","content":"Hello"}}"#;
    connection.stdin.write_all(&[prompt, b"\n".as_slice()].concat()).await.unwrap();
    connection.stdin.flush().await.unwrap();
    place.api().reached("middle").await;
    drop(connection.stdin);
    place.api().release("middle");
    let mut output = String::new();
    connection.stdout.read_to_string(&mut output).await.unwrap();
    let last: serde_json::Value = serde_json::from_str(output.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&last["type"], &last["is_error"], &last["result"]),
        (&"result".into(), &false.into(), &"The whole answer.".into())
    );
    assert!(connection.control.wait().await.unwrap().success());
    close(place);
}
