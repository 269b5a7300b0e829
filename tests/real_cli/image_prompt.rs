//! A prompt with an image reaches the model as it is.

use claude_wire::fake_api::{ApiScript, Reply};
use claude_wire::session::Prompt;
use serde_json::json;

use crate::support::{finish, place};

/// One red pixel.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";

pub(crate) async fn run() {
    let place = place(ApiScript::new().on_prompt("What is this?", [Reply::text("A pixel.")])).await;
    let session = place.session().start().unwrap();
    let image = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}});
    let prompt = Prompt::blocks([json!({"type": "text", "text": "What is this?"}), image.clone()]);
    assert_eq!(session.query(prompt).text().await.unwrap(), "A pixel.");
    let requests = place.api().requests();
    let blocks = requests[0].body()["messages"][0]["content"].as_array().unwrap();
    let arrived = blocks.iter().find(|block| block["type"] == "image").unwrap();
    assert_eq!(arrived["source"]["media_type"], "image/png");
    assert_eq!(arrived["source"]["data"], PNG);
    assert!(finish(session, place).await.success());
}
