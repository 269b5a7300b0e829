//! claude-wire.

use std::hint::black_box;

use claude_wire::wire::Body;
use claude_wire::wire::hook::{HookOutput, PreToolUse};
use claude_wire::wire::stream::{ApiEvent, Delta};
use claude_wire::{Decision, Session};
use meter::{Client, Failure, GO, Job, Read, Work};

struct Wire(Session);

fn main() -> Result<(), Failure> {
    meter::run::<Wire>()
}

impl Client for Wire {
    async fn start(job: &Job) -> Result<Self, Failure> {
        let mut session = Session::builder()
            .cli_path(&job.cli)
            .include_partial_messages(true)
            .max_line(128 << 20);
        if job.work == Work::Ask {
            session = session
                .on_permission(|_| async { Decision::allow() })
                .on_hook("Bash", |_: PreToolUse, _| async { HookOutput::new() });
        }
        Ok(Self(session.start()?))
    }

    async fn turn(
        &mut self,
        prompt: &str,
        read: Read,
        mut see: impl FnMut(&str),
    ) -> Result<(), Failure> {
        let mut turn = self.0.query(prompt);
        while let Some(message) = turn.next().await {
            let message = message?;
            if message.is_result() {
                continue;
            }
            match read {
                Read::Untouched => {
                    black_box(&message);
                    see("");
                }
                Read::Text => match message.text_delta() {
                    Some(text) => see(&text),
                    None => {
                        black_box(message.text());
                        see("");
                    }
                },
                Read::Every => see(delta_of(black_box(message.body()))),
            }
        }
        Ok(())
    }

    async fn interrupts(&mut self, count: usize) -> Result<(), Failure> {
        let mut turn = self.0.query(GO);
        turn.next().await.ok_or("no first message")??;
        for _ in 0..count {
            self.0.interrupt().await?;
        }
        Ok(turn.drain().await?)
    }

    async fn stop(self) -> Result<(), Failure> {
        self.0.stop().await?;
        Ok(())
    }
}

/// The text in a typed body, if it is a delta.
fn delta_of(body: &Body) -> &str {
    match body {
        Body::StreamEvent(event) => match &event.event {
            ApiEvent::ContentBlockDelta(event) => match &event.delta {
                Delta::Text(delta) => &delta.text,
                _ => "",
            },
            _ => "",
        },
        _ => "",
    }
}
