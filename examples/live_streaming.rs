//! An answer while it is written: text, thinking and tool input, token by token.
//!
//! `cargo run --example live_streaming` replays a recorded session at its recorded speed: no
//! network, no key, no `claude`.
//! `cargo run --example live_streaming -- --live "Write a haiku about pipes"` asks an installed
//! `claude`.

use std::io::Write;

use claude_wire::session::ContentDelta;
use claude_wire::{Replay, Session};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let live = args.next().is_some_and(|arg| arg == "--live");
    // Without partial messages the pieces are whole blocks.
    let mut builder = Session::builder().include_partial_messages(true).allowed_tools(["Bash"]);
    let mut prompt = args.next().unwrap_or_else(|| "Write a haiku about pipes".into());
    if !live {
        let recording =
            concat!(env!("CARGO_MANIFEST_DIR"), "/recordings/2.1.332/partial-messages.jsonl");
        builder = builder.transport(Replay::open(recording)?.speed(1.0));
        prompt = "Print two lines".into();
    }
    let session = builder.start()?;

    let mut pieces = session.query(prompt).content_deltas();
    let mut before = None;
    while let Some(piece) = pieces.next().await {
        let (what, piece) = match piece? {
            ContentDelta::Thinking { thinking, .. } => ("thinking", thinking),
            ContentDelta::ToolUse { name, .. } => ("tool", name),
            ContentDelta::InputJson { partial_json, .. } => ("tool input", partial_json),
            ContentDelta::Text { text, .. } => ("text", text),
            // What was printed cannot be taken off the terminal.
            ContentDelta::Restart { .. } => ("the reply starts over", String::new()),
            _ => continue,
        };
        if before.replace(what) != Some(what) {
            print!("\n[{what}] ");
        }
        print!("{piece}");
        // Otherwise the terminal shows whole lines only.
        std::io::stdout().flush()?;
    }
    println!();
    session.stop().await?;
    Ok(())
}
