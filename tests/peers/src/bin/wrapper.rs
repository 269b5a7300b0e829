//! One conversation by claude-wrapper: each argument is a prompt, asked when the turn before it is over.
//! STAND_IN is the path of the CLI; with DECISION the program decides about permissions: `allow`, or
//! the message of a denial.

use std::error::Error;

use claude_wrapper::duplex::{DuplexOptions, DuplexSession, PermissionDecision, PermissionHandler};
use claude_wrapper::{Claude, PermissionMode};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let claude = Claude::builder().binary(std::env::var("STAND_IN")?).build()?;
    let mut options = DuplexOptions::default();
    if let Ok(decision) = std::env::var("DECISION") {
        let handler = PermissionHandler::new(move |request| {
            println!("ASK {}", request.tool_name);
            let decision = match decision.as_str() {
                "allow" => PermissionDecision::Allow { updated_input: None },
                message => PermissionDecision::Deny { message: message.to_owned() },
            };
            async move { decision }
        });
        options = options.on_permission(handler).permission_mode(PermissionMode::Default);
    }
    let session = DuplexSession::spawn(&claude, options).await?;
    for prompt in std::env::args().skip(1) {
        let turn = session.send(prompt).await?;
        println!("RESULT {:?}", turn.result_text());
        if turn.is_error() {
            return Err(format!("{:?}", turn.result).into());
        }
    }
    Ok(session.close().await?)
}
