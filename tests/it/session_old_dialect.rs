//! A stand-in of long ago, which writes its lines whatever it is asked, and goes: nobody waits for what it will not say.

use crate::support::cli::cli;
use claude_wire::Session;
use claude_wire::transport::Exit;

#[tokio::test(start_paused = true)]
async fn without_a_handshake_its_exit_fails_the_start_at_once() {
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
        "nobody waits for the limit of the handshake"
    );
}
