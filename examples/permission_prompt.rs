//! Asks in the terminal before a tool runs.
//!
//! `cargo run --example permission_prompt` plays a scripted CLI: no network, no key, no `claude`.
//! `cargo run --example permission_prompt -- --live` asks an installed `claude`.
//!
//! The handler decides the clear cases, and leaves the rest to the person at the keyboard. At the
//! end of input the answer is no.

use std::io::Write;

use claude_wire::session::DecisionClassification;
use claude_wire::{Confirmer, Decision, PermissionRequest, Scenario, Session, reply};
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut builder = Session::builder().no_timeout().confirmer(Terminal).on_permission(decide);
    if std::env::args().nth(1).as_deref() != Some("--live") {
        builder = builder.transport(scripted());
    }
    for warning in builder.warnings() {
        eprintln!("warning: {warning}");
    }
    let session = builder.start()?;
    println!("{}", session.query("Tidy up the build directory").text().await?);
    session.stop().await?;
    Ok(())
}

/// The clear cases.
async fn decide(request: PermissionRequest) -> Decision {
    match request.tool_name() {
        "Read" | "Glob" | "Grep" => Decision::allow(),
        "WebFetch" => Decision::deny("this session stays off the network"),
        tool => Decision::confirm(format!("{tool} {}", request.input())),
    }
}

/// The person at the keyboard.
struct Terminal;

impl Confirmer for Terminal {
    async fn confirm(&self, prompt: String, request: PermissionRequest) -> Decision {
        if let Some(reason) = &request.fields().decision_reason {
            println!("{}", reason.escape_debug());
        }
        // Reading a line blocks its thread, so it needs its own.
        let answer = tokio::task::spawn_blocking(move || {
            print!("{prompt}\n  [y]es, [a]lways, anything else is no: ");
            std::io::stdout().flush()?;
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).map(|_| line)
        });
        match answer.await.ok().and_then(Result::ok).as_deref().map(str::trim) {
            Some("y") => Decision::allow().classified(DecisionClassification::UserTemporary),
            Some("a") => {
                Decision::allow_always(&request).classified(DecisionClassification::UserPermanent)
            }
            _ => Decision::deny("the user said no").classified(DecisionClassification::UserReject),
        }
    }
}

/// A CLI that wants to delete something, twice.
fn scripted() -> Scenario {
    let tidy = reply()
        .ask_permission("Bash", json!({"command": "rm -rf build"}))
        .tool_result("")
        .ask_permission(
            "WebFetch",
            json!({"url": "https://example.com/", "prompt": "how to tidy up"}),
        )
        .tool_result("")
        .text("That is all I could do.");
    Scenario::new().on_any_prompt(tidy)
}
