//! The crate claude-codes. It reads every message as its own type; there is no way to read less.

use std::hint::black_box;

use claude_codes::{
    AsyncClient, ClaudeCliBuilder, ClaudeInput, ClaudeOutput, ContentBlock, ControlRequestPayload,
    ControlResponse, ControlResponsePayload,
};
use meter::{Client, Failure, GO, Job, Read};
use serde_json::json;

struct Codes {
    client: AsyncClient,
    answered: usize,
}

fn main() -> Result<(), Failure> {
    meter::run::<Codes>()
}

impl Client for Codes {
    async fn start(job: &Job) -> Result<Self, Failure> {
        let builder = ClaudeCliBuilder::new().command(&job.cli).permission_prompt_tool("stdio");
        Ok(Self { client: AsyncClient::from_builder(builder).await?, answered: 0 })
    }

    async fn turn(
        &mut self,
        prompt: &str,
        read: Read,
        mut see: impl FnMut(&str),
    ) -> Result<(), Failure> {
        self.ask(prompt).await?;
        loop {
            match self.client.receive().await? {
                ClaudeOutput::Result(_) => return Ok(()),
                ClaudeOutput::ControlRequest(request) => {
                    let answer = match &request.request {
                        ControlRequestPayload::CanUseTool(tool) => tool.allow(&request.request_id),
                        _ => ControlResponse::success(&request.request_id, json!({})),
                    };
                    self.client.send_control_response(answer).await?;
                    self.answered += 1;
                }
                ClaudeOutput::StreamEvent(event) if read != Read::Untouched => {
                    see(event.event["delta"]["text"].as_str().unwrap_or_default());
                }
                ClaudeOutput::Assistant(answer) if read != Read::Untouched => {
                    match &*black_box(answer.message.content) {
                        [ContentBlock::Text(text), ContentBlock::ToolUse(_)] => see(&text.text),
                        other => return Err(format!("an answer of {other:?}").into()),
                    }
                }
                other => {
                    black_box(other);
                    see("");
                }
            }
        }
    }

    fn answered(&self) -> usize {
        self.answered
    }

    async fn interrupts(&mut self, count: usize) -> Result<usize, Failure> {
        self.ask(GO).await?;
        let mut confirmed = 0;
        for _ in 0..count {
            let sent = self.client.interrupt().await?;
            let reply = loop {
                if let ClaudeOutput::ControlResponse(reply) = self.client.receive().await? {
                    break reply.response;
                }
            };
            let is_success = matches!(reply, ControlResponsePayload::Success { request_id, .. }
                if request_id == sent);
            confirmed += usize::from(is_success);
        }
        while !matches!(self.client.receive().await?, ClaudeOutput::Result(_)) {}
        Ok(confirmed)
    }

    async fn stop(self) -> Result<(), Failure> {
        Ok(self.client.shutdown().await?)
    }
}

impl Codes {
    async fn ask(&mut self, prompt: &str) -> Result<(), Failure> {
        Ok(self.client.send(&ClaudeInput::user_message_without_session(prompt)).await?)
    }
}
