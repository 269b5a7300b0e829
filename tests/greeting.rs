//! The first test of the README.

use claude_wire::{Result, Scenario, Session, reply};

/// The code under test. It takes a session, and does not care what answers.
async fn greet(session: &Session, name: &str) -> Result<String> {
    session.query(format!("Greet {name}")).text().await
}

#[tokio::test]
async fn greets_by_name() -> Result<()> {
    let cli = Scenario::new().on_prompt("Greet Alice", reply().text("Good morning, Alice!"));
    let session = Session::builder().transport(cli.clone()).start()?;
    assert_eq!(greet(&session, "Alice").await?, "Good morning, Alice!");
    Ok(()) // When `cli` is dropped, it verifies that every scripted prompt came.
}
