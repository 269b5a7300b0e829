//! One conversation by claude-codes: each argument is a prompt, asked when the turn before it is over.
//! STAND_IN is the path of the CLI; with DECISION the program decides about permissions: `allow`, or
//! the message of a denial.

use std::error::Error;

use claude_codes::{AsyncClient, ClaudeCliBuilder, ClaudeOutput, ControlRequestPayload, PermissionMode};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let decision = std::env::var("DECISION").ok();
    let mut builder = ClaudeCliBuilder::new().command(std::env::var("STAND_IN")?);
    if decision.is_some() {
        builder = builder.permission_prompt_tool("stdio").permission_mode(PermissionMode::Default);
    }
    let mut client = AsyncClient::from_builder(builder).await?;
    client.enable_tool_approval().await?;
    for prompt in std::env::args().skip(1) {
        client.send(&claude_codes::ClaudeInput::user_message_without_session(&prompt)).await?;
        loop {
            match client.receive().await? {
                ClaudeOutput::ControlRequest(request) => {
                    let ControlRequestPayload::CanUseTool(asked) = &request.request else { continue };
                    println!("ASK {}", asked.tool_name);
                    let answer = match decision.as_deref() {
                        Some("allow") => asked.allow(&request.request_id),
                        other => asked.deny(other.unwrap_or_default(), &request.request_id),
                    };
                    client.send_control_response(answer).await?;
                }
                ClaudeOutput::Result(result) => {
                    println!("RESULT {:?}", result.result);
                    if result.is_error {
                        return Err(format!("{:?}", result.result).into());
                    }
                    break;
                }
                _ => {}
            }
        }
    }
    Ok(client.shutdown().await?)
}
