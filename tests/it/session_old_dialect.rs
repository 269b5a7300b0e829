//! An old stand-in that writes its lines whatever the input is, and exits: nothing waits for lines
//! that never come.

use crate::support::cli::cli;
use claude_wire::Session;
use claude_wire::transport::Exit;

#[tokio::test(start_paused = true)]
async fn an_exit_without_a_handshake_fails_the_start_at_once() {
    let transport = cli(|_, mut cli| async move {
        cli.write(
            r#"{"type":"message","role":"assistant","content":[{"type":"text","text":"Hello!"}]}"#,
        )
        .await;
        cli.write(r#"{"type":"done"}"#).await;
        Exit::from_code(0)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let begun = tokio::time::Instant::now();
    let error = session.query("go").text().await.unwrap_err();
    assert!(error.is_ended_without_result(), "{error}");
    assert_eq!(error.exit(), Some(&Exit::from_code(0)));
    assert!(
        begun.elapsed() < std::time::Duration::from_secs(5),
        "the handshake timeout is not awaited"
    );
}
