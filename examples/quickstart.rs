//! A streamed answer, tool calls, cost and timing.
//!
//! `cargo run --example quickstart` plays a recording of the real CLI: no network, no key, no `claude`.
//! `cargo run --example quickstart -- --live "Which files are here?"` asks an installed `claude`.

use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

use claude_wire::wire::Body;
use claude_wire::{Replay, Session};

/// The prompt of the recording: a replay compares what is asked with what was asked then.
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
    let mut args = std::env::args().skip(1);
    let live = args.next().is_some_and(|arg| arg == "--live");
    let builder = Session::builder().include_partial_messages(true).allowed_tools(["Bash"]);
    let (session, prompt) = if live {
        (
            builder.start()?,
            args.next().unwrap_or_else(|| "Which files are here? Answer in one sentence.".into()),
        )
    } else {
        let recording =
            concat!(env!("CARGO_MANIFEST_DIR"), "/recordings/2.1.332/partial-messages.jsonl");
        (builder.transport(Replay::open(recording)?).start()?, RECORDED.into())
    };

    println!("> {prompt}");
    let started = Instant::now();
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
                    "\n\n{} API round trips: {} ms as recorded, {:?} here, {} US dollars",
                    result.num_turns,
                    result.duration_ms,
                    started.elapsed(),
                    result.total_cost_usd.unwrap_or_default(),
                );
                failure = result.error_text();
            }
            _ => {}
        }
    }
    session.stop().await;
    failure.map_or(Ok(()), |why| Err(why.into()))
}
