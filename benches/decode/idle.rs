//! The memory of an idle session: the growth of this process over many sessions, each connected and
//! after one turn, minus the growth over as many bare connections to the same in-memory CLI.

use claude_wire::Session;
use claude_wire::transport::{Connection, Launch, Memory, Transport};

use crate::pipe;

const SESSIONS: usize = 1000;
/// KiB for each session, of resident memory: with what the allocator adds to the 8 KiB that
/// `tests/idle_memory.rs` allows. The goal is 8 here, too.
const BUDGET: f64 = 13.0;

/// Run this first, while the heap has no holes. Prints a note if the system cannot tell.
pub(crate) fn run() -> Option<String> {
    let Some(before) = resident() else {
        println!("idle sessions: no /proc here, not measured");
        return None;
    };
    let runtime = pipe::runtime();
    let sessions = runtime.block_on(sessions());
    let with_sessions = resident()? - before;
    let connections = runtime.block_on(connections());
    let with_connections = resident()? - before - with_sessions;
    drop((sessions, connections));
    let each = (with_sessions - with_connections) / SESSIONS as f64;
    println!(
        "idle session: {each:.1} KiB (with its pipes and the CLI's side of them: {:.1} KiB)",
        with_sessions / SESSIONS as f64
    );
    (each > BUDGET).then(|| format!("idle session: {each:.1} KiB, must be at most {BUDGET}"))
}

async fn sessions() -> Vec<Session> {
    let mut sessions = Vec::new();
    for _ in 0..SESSIONS {
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
        connections.push(cli().open(Launch::default()).await.expect("a pipe"));
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
