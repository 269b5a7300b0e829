//! The crate claude-wrapper. `stream_query` reads the streams: it keeps no message, and its process
//! has one turn. `DuplexSession` keeps every event of a turn; it has the permissions and interrupts.
//! Hooks are not in its protocol.

use std::sync::atomic::{AtomicUsize, Ordering};

use claude_wrapper::duplex::{DuplexOptions, DuplexSession, PermissionDecision, PermissionHandler};
use claude_wrapper::streaming::{BlockDelta, PartialMessageEvent, StreamEvent, stream_query};
use claude_wrapper::{Claude, OutputFormat, QueryCommand};
use meter::{Client, Failure, GO, Job, Read, Work};

enum Wrapper {
    Query(Box<Claude>),
    Duplex(DuplexSession),
}

/// The permissions that were given.
static ANSWERED: AtomicUsize = AtomicUsize::new(0);

fn main() -> Result<(), Failure> {
    meter::run::<Wrapper>()
}

impl Client for Wrapper {
    async fn start(job: &Job) -> Result<Self, Failure> {
        let claude = Claude::builder().binary(&job.cli).build()?;
        match job.work {
            Work::Ask | Work::Interrupt | Work::Idle => {
                let allow = |_| async {
                    ANSWERED.fetch_add(1, Ordering::Relaxed);
                    PermissionDecision::Allow { updated_input: None }
                };
                let options = DuplexOptions::default().on_permission(PermissionHandler::new(allow));
                Ok(Self::Duplex(DuplexSession::spawn(&claude, options).await?))
            }
            Work::Stream | Work::Stamps | Work::First => Ok(Self::Query(Box::new(claude))),
        }
    }

    async fn turn(
        &mut self,
        prompt: &str,
        read: Read,
        mut see: impl FnMut(&str),
    ) -> Result<(), Failure> {
        let claude = match self {
            Self::Query(claude) => claude,
            Self::Duplex(session) => {
                // It has no messages before the result: what is measured begins with the prompt.
                see("");
                let turn = session.send(prompt).await?;
                let has_message = turn.events.iter().any(|event| event["type"] == "system");
                return if has_message { Ok(()) } else { Err("no message came".into()) };
            }
        };
        let command = QueryCommand::new(prompt).output_format(OutputFormat::StreamJson);
        let mut has_result = false;
        stream_query(claude, &command, |event: StreamEvent| {
            if event.is_result() {
                has_result = true;
                return;
            }
            match (read != Read::Untouched).then(|| event.partial_message()).flatten() {
                Some(PartialMessageEvent::BlockDelta { delta: BlockDelta::Text(text), .. }) => {
                    see(&text);
                }
                _ if read == Read::Untouched => see(""),
                _ => see(event.data["message"]["content"][0]["text"].as_str().unwrap_or_default()),
            }
        })
        .await?;
        if has_result { Ok(()) } else { Err("no result".into()) }
    }

    fn answered(&self) -> usize {
        ANSWERED.load(Ordering::Relaxed)
    }

    async fn interrupts(&mut self, count: usize) -> Result<usize, Failure> {
        let Self::Duplex(session) = self else { return Err("no session".into()) };
        let interrupts = async {
            let mut confirmed = 0;
            for _ in 0..count {
                session.interrupt().await?;
                confirmed += 1;
            }
            Ok(confirmed)
        };
        let (turn, interrupts) = tokio::join!(session.send(GO), interrupts);
        turn?;
        interrupts
    }

    async fn stop(self) -> Result<(), Failure> {
        match self {
            Self::Query(_) => Ok(()),
            Self::Duplex(session) => Ok(session.close().await?),
        }
    }
}
