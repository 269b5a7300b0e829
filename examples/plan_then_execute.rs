//! Plans first, and changes nothing; executes the plan once it is approved.
//!
//! `cargo run --example plan_then_execute` plays a scripted CLI, and approves by itself: no
//! network, no key, no `claude`.
//! `cargo run --example plan_then_execute -- --live "Add a licence header to each file"` asks an
//! installed `claude`, and you.

use std::io::Write;

use claude_wire::{PermissionMode, Scenario, Session, reply};
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let live = args.next().is_some_and(|arg| arg == "--live");
    let task = args.next().unwrap_or_else(|| "Greet the world".into());
    let mut builder = Session::builder().no_timeout();
    if !live {
        builder = builder.transport(scripted());
    }
    let session = builder.start()?;

    // Options of one query: the mode is switched before this turn, and back after it.
    let ask = format!("{task}. Do nothing yet: answer with a plan in a few lines.");
    let plan = session.query(ask).permission_mode(PermissionMode::Plan).text().await?;
    println!("The plan:\n{plan}");

    if !live || approved()? {
        let done =
            session.query("Carry it out.").permission_mode(PermissionMode::AcceptEdits).await?;
        for tool in &done.tool_calls {
            println!("[{}]", tool.call.name);
        }
        println!("{} ({} US dollars)", done.text(), done.spending.cost_usd);
    }
    session.stop().await?;
    Ok(())
}

fn approved() -> std::io::Result<bool> {
    print!("Carry it out? [y/N] ");
    std::io::stdout().flush()?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line.trim() == "y")
}

/// A CLI that plans, then does.
fn scripted() -> Scenario {
    let execute = reply()
        .tool_use("Write", json!({"file_path": "hello.txt", "content": "Hello, world!\n"}))
        .tool_result("File created successfully")
        .text("The world has been greeted.");
    Scenario::new()
        .on_any_prompt(reply().text("1. Write `hello.txt`.\n2. There is no 2."))
        .on_prompt("Carry it out.", execute)
}
