//! Gives the agent a calculator that lives in this program.
//!
//! `cargo run --package calculator` replays a recorded session: no network, no key, no `claude`.
//! `cargo run --package calculator -- --live` asks an installed `claude`.
//!
//! A tool is a method: its doc comment is what the model reads about it, its parameters are a type
//! with a schema, and an `Err` is a failure that the model sees and can react to. The tools are
//! rmcp's own, so a server written for another program fits as well. Your project needs no
//! `rmcp` next to `claude-wire`: its macros find the one that is imported here.

use claude_wire::mcp::rmcp::handler::server::wrapper::Parameters;
use claude_wire::mcp::rmcp::{self, ServerHandler, schemars, tool, tool_handler, tool_router};
use claude_wire::{Replay, Session};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut builder = Session::builder()
        .tool_server("calc", || Calculator)
        // Without this, the CLI would ask for permission at each call.
        .allowed_tools(["mcp__calc__multiply", "mcp__calc__divide"]);
    if std::env::args().nth(1).as_deref() != Some("--live") {
        builder = builder.transport(Replay::open(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../recordings/2.1.332/in-process-server.jsonl"
        ))?);
    }
    let session = builder.start()?;
    println!("{}", session.query("What is 6 times 7, and 1 divided by 0?").text().await?);
    session.stop().await?;
    Ok(())
}

/// The server. One is made for each connection of the CLI, so what its fields hold belongs to one
/// session.
struct Calculator;

/// What the model passes in.
#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Pair {
    a: f64,
    b: f64,
}

#[tool_router]
impl Calculator {
    /// Multiplies two numbers.
    #[tool]
    async fn multiply(&self, Parameters(Pair { a, b }): Parameters<Pair>) -> String {
        println!("  {a} * {b}");
        (a * b).to_string()
    }

    /// Divides one number by another.
    #[tool]
    async fn divide(&self, Parameters(Pair { a, b }): Parameters<Pair>) -> Result<String, String> {
        println!("  {a} / {b}");
        if b == 0.0 { Err("division by zero".into()) } else { Ok((a / b).to_string()) }
    }
}

#[tool_handler]
impl ServerHandler for Calculator {}
