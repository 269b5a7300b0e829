use claude_wire::Session;
use std::io::Write;
use std::time::Duration;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let answer = claude_wire::query("What is 2 + 2?").await?.text();

    let session = Session::builder()
        .model("opus")
        .system_prompt("You are a Rust expert")
        .allowed_tools(["Read", "Edit", "Bash(git:*)"])
        .include_partial_messages(true)
        .timeout(Duration::from_secs(120))
        .start()?; // validated now, connected at the first query

    let mut text = session.query("Hello, my name is Alice").text_deltas();
    while let Some(piece) = text.next().await {
        print!("{}", piece?);
        std::io::stdout().flush()?; // otherwise the terminal shows whole lines only
    }
    let reply = session.query("What's my name?").text().await?;
    Ok(())
}
