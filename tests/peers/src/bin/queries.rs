//! Queries by claude-wrapper: each argument is a launch of `claude -p`, and the second and later ones go
//! on with the session. STAND_IN is the path of the CLI.

use std::error::Error;
use std::sync::Arc;

use claude_wrapper::session::Session;
use claude_wrapper::{Claude, QueryCommand};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let claude = Claude::builder().binary(std::env::var("STAND_IN")?).build()?;
    let mut session = Session::new(Arc::new(claude));
    for prompt in std::env::args().skip(1) {
        let answer = session.execute(QueryCommand::new(prompt).max_turns(1)).await?;
        println!("RESULT {} {}", answer.result, answer.is_error);
        if answer.is_error {
            return Err(answer.result.into());
        }
    }
    Ok(())
}
