//! A chat service: named sessions in the browser.
//!
//! `cargo run --package chat` checks itself over HTTP on loopback, and ends: no network, no key, no
//! `claude`. `cargo run --package chat -- --serve` serves a scripted CLI at
//! <http://127.0.0.1:3000/>, and `cargo run --package chat -- --live` an installed `claude`. The
//! next arguments are another address, such as `0.0.0.0:3000` in a container, and a file that keeps
//! the conversations for the next run.
//!
//! The service has no login: put a proxy that knows your users in front of it. It answers requests
//! for loopback only, and for the name in `CHAT_HOST`. `service.rs` has its routes, `room.rs` what
//! the pages of a session see.

mod page;
mod room;
mod service;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use claude_wire::player::{ApiReply, PromptMatch};
use claude_wire::transport::{CliPath, Process};
use claude_wire::{Scenario, Session, SessionBuilder, reply};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use self::service::{Chat, Failure, Settings};

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1);
    let mode = args.next();
    let address = args.next().unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    match mode.as_deref() {
        None => check().await,
        Some("--serve") => serve(&address, scripted, None).await,
        Some("--live") => serve(&address, live, args.next().map(PathBuf::from)).await,
        Some(other) => Err(format!("unknown argument {other}: use --serve or --live").into()),
    }
}

/// Serves until Ctrl-C or SIGTERM.
async fn serve(
    address: &str,
    make: fn() -> SessionBuilder,
    saved: Option<PathBuf>,
) -> Result<(), Failure> {
    let bound = TcpListener::bind(address).await;
    let listener = bound.map_err(|error| format!("{address}: {error}"))?;
    println!("http://{}/", listener.local_addr()?);
    let settings = Settings { saved, host: std::env::var("CHAT_HOST").ok() };
    Chat::start(make, settings).await?.serve(listener, stopped()).await
}

async fn stopped() {
    #[cfg(unix)]
    if let Ok(mut term) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
    {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => return,
            _ = term.recv() => return,
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// The CLI that is shipped in the folder `cli` next to this program, or an installed one. The person
/// at the page answers for its tools.
fn live() -> SessionBuilder {
    let bundled = |program: PathBuf| CliPath::Bundled(program.with_file_name("cli"));
    let cli = std::env::current_exe().map_or(CliPath::Auto, bundled);
    Session::builder().transport(Process::new(cli)).system_prompt("You chat with people. Be brief.")
}

/// A CLI that answers these prompts, each as often as it is asked.
fn scripted() -> SessionBuilder {
    let slowly =
        |text: &str| ApiReply::text(text).delta_chars(6).delta_every(Duration::from_millis(60));
    let has = |word: &str| PromptMatch::Contains(word.to_owned());
    let tidy = reply()
        .ask_permission("Bash", json!({"command": "rm -r build"}))
        .tool_result("")
        .if_allowed("The folder is gone.")
        .if_denied("Then I leave it.");
    let cli = Scenario::new()
        .any_order()
        .when(has("tidy"), tidy)
        .always()
        .when(has("count"), reply().text("One. Two. Three. ").hang())
        .always()
        .when(has("crash"), reply().crash("SIGKILL"))
        .always()
        .on_any_prompt(reply().message(slowly("Hello! Ask me to tidy up, to count, or to crash.")))
        .always()
        // Those of the last run, too.
        .any_session();
    Session::builder().transport(cli)
}

/// Starts the service, asks it as a program and as a page would, and stops it.
async fn check() -> Result<(), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let chat = Chat::start(scripted, Settings::default()).await?;
    let served = tokio::spawn(chat.serve(listener, async { drop(stopped.await) }));
    let ask = async |method: &str, path: &str, body: &str| -> Result<String, Failure> {
        let mut connection = TcpStream::connect(address).await?;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        connection.write_all(head.as_bytes()).await?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await?;
        println!("{method} {path}: {}", answer.lines().next().unwrap_or_default());
        if answer.starts_with("HTTP/1.1 2") { Ok(answer) } else { Err(answer.into()) }
    };
    ask("GET", "/", "").await?;
    let answer = ask("POST", "/sessions/check/ask", r#"{"text": "Hello"}"#).await?;
    println!("{}", answer.lines().last().unwrap_or_default());
    ask("GET", "/health", "").await?;
    drop(stop);
    served.await?
}
