//! The memory of an idle session: the growth of this process over many sessions, each connected and
//! after one turn, minus the growth over as many bare connections to the same in-memory CLI that have
//! had a turn, too.

use claude_wire::Session;
use claude_wire::transport::{Connection, Launch, Memory, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::pipe;

const SESSIONS: usize = 1000;
/// KiB for each session, of resident memory.
const BUDGET: f64 = 8.0;
/// A session keeps more than this. With less, it was not the sessions that were measured.
const LEAST: f64 = 2.0;

/// What a session writes in its first turn, about as long.
const INITIALIZE: &str = concat!(
    r#"{"type":"control_request","request_id":"claude-wire-00000000","#,
    r#""request":{"subtype":"initialize"}}"#,
    "\n"
);
const PROMPT: &str = concat!(
    r#"{"type":"user","message":{"role":"user","content":"go"},"parent_tool_use_id":null,"#,
    r#""session_id":"","uuid":"00000000-0000-4000-8000-000000000000"}"#,
    "\n"
);

/// Run this first, while the heap has no holes. Prints a note if the system cannot tell.
pub(crate) fn run() -> Option<String> {
    let runtime = pipe::runtime();
    // What the first session of a program creates stays.
    drop(runtime.block_on(sessions(1)));
    let Some(before) = resident() else {
        println!("idle sessions: no /proc here, not measured");
        return None;
    };
    let sessions = runtime.block_on(sessions(SESSIONS));
    let with_sessions = resident()? - before;
    let connections = runtime.block_on(connections());
    let with_connections = resident()? - before - with_sessions;
    drop((sessions, connections));
    let each = (with_sessions - with_connections) / SESSIONS as f64;
    println!(
        "idle session: {each:.1} KiB (with its pipes and the CLI's side of them: {:.1} KiB)",
        with_sessions / SESSIONS as f64
    );
    (!(LEAST..=BUDGET).contains(&each))
        .then(|| format!("idle session: {each:.1} KiB, must be {LEAST} to {BUDGET}"))
}

async fn sessions(count: usize) -> Vec<Session> {
    let mut sessions = Vec::new();
    for _ in 0..count {
        let session = Session::builder().transport(cli()).start().expect("a session");
        let mut turn = session.query("go");
        while let Some(message) = turn.next().await {
            message.expect("a message");
        }
        sessions.push(session);
    }
    sessions
}

async fn connections() -> Vec<Connection> {
    let mut connections = Vec::new();
    for _ in 0..SESSIONS {
        let mut connection = cli().open(Launch::default()).await.expect("a pipe");
        for line in [INITIALIZE, PROMPT] {
            connection.stdin.write_all(line.as_bytes()).await.expect("a pipe");
            while connection.stdout.read_u8().await.expect("an answer") != b'\n' {}
        }
        connections.push(connection);
    }
    // Lets each CLI come to the point where it waits.
    tokio::task::yield_now().await;
    connections
}

fn cli() -> Memory {
    pipe::answering([].into(), 512)
}

/// The resident memory of this process, in KiB.
fn resident() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}
