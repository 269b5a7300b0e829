//! The crate claude-codes. It reads every message as its own type; there is no way to read less.

use std::hint::black_box;

use claude_codes::{
    AsyncClient, ClaudeCliBuilder, ClaudeInput, ClaudeOutput, ControlRequestPayload,
    ControlResponse,
};
use meter::{Client, Failure, GO, Job, Read};
use serde_json::json;

struct Codes(AsyncClient);

fn main() -> Result<(), Failure> {
    meter::run::<Codes>()
}

impl Client for Codes {
    async fn start(job: &Job) -> Result<Self, Failure> {
        let builder = ClaudeCliBuilder::new().command(&job.cli).permission_prompt_tool("stdio");
        Ok(Self(AsyncClient::from_builder(builder).await?))
    }

    async fn turn(
        &mut self,
        prompt: &str,
        read: Read,
        mut see: impl FnMut(&str),
    ) -> Result<(), Failure> {
        self.ask(prompt).await?;
        loop {
            match self.0.receive().await? {
                ClaudeOutput::Result(_) => return Ok(()),
                ClaudeOutput::ControlRequest(request) => {
                    let answer = match &request.request {
                        ControlRequestPayload::CanUseTool(tool) => tool.allow(&request.request_id),
                        _ => ControlResponse::success(&request.request_id, json!({})),
                    };
                    self.0.send_control_response(answer).await?;
                }
                ClaudeOutput::StreamEvent(event) if read != Read::Untouched => {
                    see(event.event["delta"]["text"].as_str().unwrap_or_default());
                }
                other => {
                    black_box(other);
                    see("");
                }
            }
        }
    }

    async fn interrupts(&mut self, count: usize) -> Result<(), Failure> {
        self.ask(GO).await?;
        for _ in 0..count {
            self.0.interrupt().await?;
            while !matches!(self.0.receive().await?, ClaudeOutput::ControlResponse(_)) {}
        }
        while !matches!(self.0.receive().await?, ClaudeOutput::Result(_)) {}
        Ok(())
    }

    async fn stop(self) -> Result<(), Failure> {
        Ok(self.0.shutdown().await?)
    }
}

impl Codes {
    async fn ask(&mut self, prompt: &str) -> Result<(), Failure> {
        Ok(self.0.send(&ClaudeInput::user_message_without_session(prompt)).await?)
    }
}
