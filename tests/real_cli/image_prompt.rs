//! Images and files of a prompt reach the model unchanged, and the CLI reads the files that a text
//! names.

use base64::prelude::*;
use claude_wire::Prompt;
use claude_wire::lab::{ApiReply, ApiScript, When};

use crate::support::{finish, place};

/// One red pixel.
const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";

pub(crate) async fn run() {
    let script = ApiScript::new().on_prompt("What is this?", [ApiReply::text("A pixel.")]);
    let place = place(script.always(When::any(), [ApiReply::text("A file.")])).await;
    std::fs::write(place.cwd().join("named.txt"), "the named file").unwrap();
    let session = place.session().start().unwrap();
    let prompt = Prompt::from("What is this?")
        .image("image/png", BASE64_STANDARD.decode(PNG).unwrap())
        .text_file("a.txt", "the given file");
    assert_eq!(session.query(prompt).text().await.unwrap(), "A pixel.");
    assert_eq!(session.query("What is in @named.txt?").text().await.unwrap(), "A file.");
    let requests = place.api().requests();
    let last = requests.last().unwrap().body()["messages"].to_string();
    assert!(last.contains("the given file") && last.contains("the named file"), "{last}");
    let blocks = requests[0].body()["messages"][0]["content"].as_array().unwrap();
    let arrived = blocks.iter().find(|block| block["type"] == "image").unwrap();
    assert_eq!(arrived["source"]["media_type"], "image/png");
    assert_eq!(arrived["source"]["data"], PNG);
    assert!(finish(session, place).await.success());
}
