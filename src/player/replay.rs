//! A recording as a transport.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use crate::recording::{Error, Recording};
use crate::transport::{self, BoxFuture, Connection, Exit, Launch, Memory, Peer, Transport};

use super::play::{self, Shared, Streams};
use super::report::Report;
use super::script::Script;
use super::signal::Signal;

/// Plays a recording to whoever opens it: the CLI's part, in memory, strictly.
///
/// Each prompt must be the recorded one, and so on (see the [module](self)); otherwise the connection ends with a report on stderr and exit
/// code 70. The report can also be had from here, and from every clone: keep one while the session owns the other.
///
/// ```
/// use claude_wire::player::Replay;
/// use claude_wire::recording::{Event, EventKind, Header, Recording};
/// use claude_wire::transport::{Launch, Transport};
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut recording = Recording::new(Header::new());
/// recording.events.push(Event::new(0, EventKind::In(r#"{"type":"user","message":{"role":"user","content":"Hi"}}"#.into())));
/// recording.events.push(Event::new(9, EventKind::Out(r#"{"type":"result","subtype":"success","result":"Hello"}"#.into())));
///
/// let replay = Replay::new(recording)?;
/// let mut cli = replay.clone().open(Launch::default()).await?;
/// cli.stdin.write_all(b"{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":\"Hi\"}}\n").await?;
/// drop(cli.stdin);
/// let mut said = String::new();
/// cli.stdout.read_to_string(&mut said).await?;
/// assert!(said.contains("Hello"));
/// replay.assert_finished();
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Replay {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    scripts: Vec<Arc<Script>>,
    /// Whether each script is for one opening, in order; otherwise the one script is played at each.
    in_order: bool,
    runs: Mutex<Vec<Shared>>,
}

impl Replay {
    /// Reads a recording from a file.
    ///
    /// # Errors
    /// When it cannot be read, or is truncated: [`open_truncated`](Self::open_truncated) takes those too.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let recording = Recording::open(&path)?;
        recording.require_sealed()?;
        Ok(Self::of(vec![script(&recording).named(path.as_ref().display().to_string())], false))
    }

    /// Takes a recording from memory. Opened again, it is played from its start again.
    ///
    /// # Errors
    /// When it is truncated.
    pub fn new(recording: Recording) -> Result<Self, Error> {
        recording.require_sealed()?;
        Ok(Self::of(vec![script(&recording)], false))
    }

    fn of(scripts: Vec<Script>, in_order: bool) -> Self {
        let scripts = scripts.into_iter().map(Arc::new).collect();
        Self { inner: Arc::new(Inner { scripts, in_order, runs: Mutex::default() }) }
    }
}

fn script(recording: &Recording) -> Script {
    Script::new(&recording.expand(&BTreeMap::new()))
}
