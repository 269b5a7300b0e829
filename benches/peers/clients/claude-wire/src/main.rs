//! claude-wire.

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};

use claude_wire::wire::hook::{HookOutput, PreToolUse};
use claude_wire::wire::message::UserContent;
use claude_wire::wire::stream::{ApiEvent, Delta};
use claude_wire::wire::system::System;
use claude_wire::wire::{Body, ContentBlock, Message};
use claude_wire::{Decision, Session};
use meter::{Client, Failure, GO, Job, Read, Work};

struct Wire(Session);

/// The permissions and hooks that were answered.
static ANSWERED: AtomicUsize = AtomicUsize::new(0);

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
                .on_permission(|_| async {
                    ANSWERED.fetch_add(1, Ordering::Relaxed);
                    Decision::allow()
                })
                .on_hook("Bash", |_: PreToolUse, _| async {
                    ANSWERED.fetch_add(1, Ordering::Relaxed);
                    HookOutput::new()
                });
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
        let mut has_result = false;
        while let Some(message) = turn.next().await {
            let message = message?;
            if message.is_result() {
                has_result = true;
                continue;
            }
            match read {
                Read::Untouched => {
                    black_box(&message);
                    see("");
                }
                Read::Text => match message.text_delta().or_else(|| message.text()) {
                    Some(text) => see(&text),
                    None => see(""),
                },
                Read::Every => see(read_body(&message)?),
            }
        }
        if has_result { Ok(()) } else { Err("no result".into()) }
    }

    fn answered(&self) -> usize {
        ANSWERED.load(Ordering::Relaxed)
    }

    async fn interrupts(&mut self, count: usize) -> Result<usize, Failure> {
        let mut turn = self.0.query(GO);
        turn.next().await.ok_or("no first message")??;
        let mut confirmed = 0;
        for _ in 0..count {
            self.0.interrupt().await?;
            confirmed += 1;
        }
        turn.drain().await?;
        Ok(confirmed)
    }

    async fn stop(self) -> Result<(), Failure> {
        self.0.stop().await?;
        Ok(())
    }
}

/// The text in a body, if it is that of a delta or an answer. Fails unless the body has the type
/// that the stand-in wrote, and all of its fields.
fn read_body(message: &Message) -> Result<&str, Failure> {
    if let Some(defect) = message.defects().first() {
        return Err(format!("a body that is not typed: {defect}").into());
    }
    let typed = match black_box(message.body()) {
        Body::StreamEvent(event) => match &event.event {
            ApiEvent::ContentBlockDelta(event) => match &event.delta {
                Delta::Text(delta) => Some(&*delta.text),
                _ => None,
            },
            _ => None,
        },
        Body::Assistant(answer) => match &*answer.message.content {
            [ContentBlock::Text(text), ContentBlock::ToolUse(_)] => Some(&*text.text),
            _ => None,
        },
        Body::User(user) => match &user.message.content {
            UserContent::Blocks(blocks) if matches!(**blocks, [ContentBlock::ToolResult(_)]) => {
                Some("")
            }
            _ => None,
        },
        Body::System(System::Init(_)) => Some(""),
        _ => None,
    };
    typed.ok_or_else(|| format!("a body that is not typed: {}", message.line_text()).into())
}
