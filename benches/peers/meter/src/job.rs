//! What a client is to do.

use std::env;
use std::path::PathBuf;

use crate::Failure;

/// The arguments of a client.
pub struct Job {
    pub work: Work,
    pub read: Read,
    /// Whether to run on `#[tokio::main]`'s runtime, else on `current_thread`.
    pub multi_thread: bool,
    pub cli: PathBuf,
    /// How many sessions, starts, requests or interrupts.
    pub count: usize,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// A turn: CPU time and memory from its first message to its end.
    Stream,
    /// A turn in which the CLI asks for permission or calls a hook: CPU time of its answers.
    Ask,
    /// A turn whose deltas carry the time at which they were written.
    Stamps,
    /// Interrupts, each of which is answered.
    Interrupt,
    /// From before the start of a CLI to its first message.
    First,
    /// The memory of sessions after one turn.
    Idle,
}

/// What is read of each message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    Untouched,
    Text,
    Every,
}

impl Job {
    pub(crate) fn from_arguments() -> Result<Self, Failure> {
        let arguments: Vec<String> = env::args().skip(1).collect();
        let [work, read, flavour, cli, count] = arguments.as_slice() else {
            return Err("usage: CLIENT WORK READ FLAVOUR CLI COUNT".into());
        };
        Ok(Self {
            work: match work.as_str() {
                "stream" => Work::Stream,
                "ask" => Work::Ask,
                "stamps" => Work::Stamps,
                "interrupt" => Work::Interrupt,
                "first" => Work::First,
                "idle" => Work::Idle,
                other => return Err(format!("unknown work {other}").into()),
            },
            read: match read.as_str() {
                "untouched" => Read::Untouched,
                "text" => Read::Text,
                "every" => Read::Every,
                other => return Err(format!("unknown way to read {other}").into()),
            },
            multi_thread: flavour == "tokio::main",
            cli: cli.into(),
            count: count.parse()?,
        })
    }
}
