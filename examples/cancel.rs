//! Ctrl-C ends the turn and not the session.
//!
//! `cargo run --example cancel` plays a scripted CLI, and a timer replaces the user's Ctrl-C: no
//! network, no key, no `claude`. `cargo run --example cancel -- --live` asks an installed `claude`,
//! and waits for the real key.

use std::io;
use std::time::Duration;

use claude_wire::{Scenario, Session, reply};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let live = std::env::args().nth(1).as_deref() == Some("--live");
    let mut builder = Session::builder();
    if !live {
        let endless = reply().text("One. Two. Three. ").hang();
        builder = builder.transport(
            Scenario::new().on_any_prompt(endless).on_any_prompt(reply().text("You stopped me.")),
        );
    }
    let session = builder.start()?;

    let mut turn = session.query("Count to a million, aloud, one number to a line.");
    let mut cancel = std::pin::pin!(cancelled(live));
    loop {
        tokio::select! {
            // `next` is cancel safe: what the other branch interrupts is not lost.
            message = turn.next() => match message {
                Some(message) => {
                    let message = message?;
                    if let Some(assistant) = message.as_assistant() {
                        println!("{}", assistant.text());
                    }
                    if let Some(result) = message.as_result() {
                        println!("[ended by itself: {}]", result.outcome());
                    }
                }
                None => break,
            },
            done = &mut cancel => {
                done?;
                println!("[cancelled]");
                // Dropping the turn interrupts the CLI; the rest of its output is dropped before
                // the next turn.
                drop(turn);
                break;
            }
        }
    }
    println!("{}", session.query("What happened?").text().await?);
    session.stop().await?;
    Ok(())
}

/// The user has had enough.
async fn cancelled(live: bool) -> io::Result<()> {
    if live {
        return tokio::signal::ctrl_c().await;
    }
    // A timer replaces the user's key. It synchronises nothing: the answer has no end.
    tokio::time::sleep(Duration::from_millis(200)).await;
    Ok(())
}
