//! A streamed answer, tool calls, cost and timing.
//!
//! `cargo run --example quickstart` replays a recording of the real CLI: no network, no key, no
//! `claude`. `cargo run --example quickstart -- "Print three lines"` asks for something that was
//! not recorded, and reports what differs.
//! `cargo run --example quickstart -- --live "Which files are here?"` asks the installed `claude`,
//! which costs money.

use std::io::Write;
use std::process::ExitCode;

use claude_wire::wire::Body;
use claude_wire::{Replay, Session};

/// The prompt of the recording. A replay compares each prompt with the recorded one.
const RECORDED: &str = "Print two lines";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match ask().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("quickstart: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn ask() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1).peekable();
    let live = args.next_if_eq("--live").is_some();
    let mut builder = Session::builder().include_partial_messages(true).allowed_tools(["Bash"]);
    if !live {
        let recording =
            concat!(env!("CARGO_MANIFEST_DIR"), "/recordings/2.1.332/partial-messages.jsonl");
        builder = builder.transport(Replay::open(recording)?);
    }
    let asked = if live { "Which files are here? Answer in one sentence." } else { RECORDED };
    let prompt = args.next().unwrap_or_else(|| asked.into());
    let session = builder.start()?;

    println!("> {prompt}");
    let mut turn = session.query(prompt);
    let mut failure = None;
    while let Some(message) = turn.next().await {
        let message = message?;
        if let Some(piece) = message.text_delta() {
            print!("{piece}");
            std::io::stdout().flush()?;
        }
        match message.body() {
            Body::Assistant(assistant) => {
                for call in assistant.message.content.iter().filter_map(|block| block.as_tool_use())
                {
                    println!("\n[{} {}]", call.name, call.input.clone().unwrap_or_default());
                }
            }
            Body::User(user) => {
                user.tool_results().for_each(|result| println!("[=> {}]", result.text()))
            }
            Body::Result(result) => {
                println!(
                    "\n\n{} API round trips, {} ms, {} US dollars",
                    result.num_turns,
                    result.duration_ms,
                    result.total_cost_usd.unwrap_or_default(),
                );
                failure = result.error_text();
            }
            _ => {}
        }
    }
    session.stop().await?;
    failure.map_or(Ok(()), |why| Err(why.into()))
}
