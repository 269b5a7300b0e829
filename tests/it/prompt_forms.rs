//! What a prompt may contain, as it is on the wire.

use crate::support::cli::{Log, cli};
use claude_wire::transport::Exit;
use claude_wire::wire::RawJson;
use claude_wire::{Prompt, Session};
use serde_json::json;

/// Returns `message.content` of this prompt.
async fn content(prompt: impl Into<Prompt>) -> String {
    let seen = Log::default();
    let log = seen.clone();
    let transport = cli(move |_, mut cli| {
        let log = log.clone();
        async move {
            cli.handshake().await;
            let (uuid, content) = cli.prompt().await;
            log.push(content.to_string());
            cli.turn(&uuid, "seen").await;
            cli.drain().await;
            Exit::from_code(0)
        }
    });
    let session = Session::builder().transport(transport).start().unwrap();
    assert_eq!(session.query(prompt).text().await.unwrap(), "seen");
    assert!(session.stop().await.unwrap().unwrap().success());
    seen.all().remove(0)
}

#[tokio::test(start_paused = true)]
async fn a_text_is_a_string() {
    assert_eq!(content("a \"quoted\"\nline").await, r#""a \"quoted\"\nline""#);
    assert_eq!(content(String::new()).await, r#""""#);
}

#[tokio::test(start_paused = true)]
async fn images_and_files_come_after_the_text() {
    let prompt = Prompt::from("Look.")
        .image("image/png", [0x89, b'P'])
        .pdf(b"%PDF")
        .text_file("a.txt", "x\n");
    let expected = json!([
        {"type": "text", "text": "Look."},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVA="}},
        {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERg=="}},
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x\n"}, "title": "a.txt"},
    ]);
    assert_eq!(content(prompt).await, expected.to_string());
}

#[tokio::test(start_paused = true)]
async fn blocks_of_the_caller_come_first_and_the_rest_is_kept() {
    let block = json!({"type": "text", "text": "Look.", "cache_control": {"type": "ephemeral"}});
    let image = json!({"type": "image", "source": {"type": "base64", "media_type": "image/gif", "data": ""}});
    assert_eq!(
        content(Prompt::blocks([block.clone()]).image("image/gif", [])).await,
        json!([block, image]).to_string()
    );
    let odd = || RawJson::parse(r#"{"b":1}"#).unwrap();
    assert_eq!(content(Prompt::raw(odd()).pdf([])).await, r#"{"b":1}"#);
}
