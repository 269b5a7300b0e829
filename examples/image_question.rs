//! A question about an image.
//!
//! `cargo run --example image_question` plays a scripted CLI: no network, no key, no `claude`.
//! `cargo run --example image_question -- --live picture.png` asks an installed `claude`.

use base64::prelude::*;
use claude_wire::{Prompt, Scenario, Session, reply};

/// One red pixel.
const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let live = args.next().is_some_and(|arg| arg == "--live");
    let (media_type, image) = match args.next() {
        Some(path) => (media_type(&path)?, std::fs::read(path)?),
        None => ("image/png", BASE64_STANDARD.decode(PIXEL)?),
    };
    let mut builder = Session::builder();
    if !live {
        builder =
            builder.transport(Scenario::new().on_any_prompt(reply().text("A single red pixel.")));
    }
    let session = builder.start()?;

    let prompt = Prompt::from("What is in this picture? One sentence.").image(media_type, image);
    println!("{}", session.query(prompt).text().await?);
    session.stop().await?;
    Ok(())
}

/// What the API takes.
fn media_type(path: &str) -> Result<&'static str, String> {
    match path.rsplit('.').next().map(str::to_ascii_lowercase).as_deref() {
        Some("png") => Ok("image/png"),
        Some("jpg" | "jpeg") => Ok("image/jpeg"),
        Some("gif") => Ok("image/gif"),
        Some("webp") => Ok("image/webp"),
        _ => Err(format!("{path}: not a PNG, JPEG, GIF or WebP by its name")),
    }
}
