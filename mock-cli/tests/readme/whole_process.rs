use claude_wire::Session;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let session = Session::builder()
        .cli_path(claude_wire::testing::mock_claude()?)
        .env("CLAUDE_WIRE_REPLAY", "recordings/2.1.332/one-shot.jsonl")
        .start()?;
    assert_eq!(session.query("What is 2 + 2?").text().await?, "2 + 2 is 4.");
    Ok(())
}
